// Package metrics counts what an invocation did, and tells CloudWatch in the embedded metric format: one JSON line on
// standard output, no library and no call.
//
// Format: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
package metrics

import (
	"context"
	"maps"
	"sync"
)

// Count names something that an invocation counts. It stands in the log line and in CloudWatch.
type Count string

// What invocations count. The consumer counts the first four itself, the platform's publisher the fifth.
const (
	EventsHandled   Count = "EventsHandled"
	EventsFailed    Count = "EventsFailed"
	EventsDuplicate Count = "EventsDuplicate"
	EventsIgnored   Count = "EventsIgnored"
	EventsPublished Count = "EventsPublished"

	AlertsCreated     Count = "AlertsCreated"
	AlertsPublished   Count = "AlertsPublished"
	ListingsReviewed  Count = "ListingsReviewed"
	ListingsChanged   Count = "ListingsChanged"
	ItemsUnreadable   Count = "ItemsUnreadable"   // items that are not what their key says
	ListingsUnpriced  Count = "ListingsUnpriced"  // listings without a usable price
	ListingsUnlocated Count = "ListingsUnlocated" // listings without a location, where an area is a polygon
	AreasUnusable     Count = "AreasUnusable"

	CompetitorsUnusable  Count = "CompetitorsUnusable"  // tracked competitors without what they are found by
	CompetitorsLeftOut   Count = "CompetitorsLeftOut"   // tracked competitors beyond the limit
	NeighborhoodsCounted Count = "NeighborhoodsCounted" // months of neighborhoods that were computed
	ProspectsScored      Count = "ProspectsScored"
	LifeEventsUnusable   Count = "LifeEventsUnusable"

	NotificationsCreated Count = "NotificationsCreated" // inside the application
	MailsSent            Count = "MailsSent"
	MailsDeferred        Count = "MailsDeferred" // for quiet hours or a rate limit
	MailsFailed          Count = "MailsFailed"   // for good
	MailsWithheld        Count = "MailsWithheld" // because the agent does not want them, or wants them in a digest
	DigestsMade          Count = "DigestsMade"
	PreferencesUnusable  Count = "PreferencesUnusable" // time zones and digest times that were passed over

	PostsPublished Count = "PostsPublished"
	PostsDelayed   Count = "PostsDelayed" // to be tried again
	PostsFailed    Count = "PostsFailed"  // for good

	PostsSynced  Count = "PostsSynced"
	PostsRefused Count = "PostsRefused" // posts that their network refuses to tell of
	PostsLeft    Count = "PostsLeft"    // posts that were not synced, and may be by another try
	SyncsPaused  Count = "SyncsPaused"  // times that a network was asked too often

	ChecksDue Count = "ChecksDue"
)

// Tally holds the counts of one invocation. It is safe for concurrent use.
type Tally struct {
	mu     sync.Mutex
	counts map[Count]int
}

type tallyKey struct{}

// WithTally gives the context a tally of its own, and returns both.
func WithTally(ctx context.Context) (context.Context, *Tally) {
	tally := &Tally{counts: map[Count]int{}}
	return context.WithValue(ctx, tallyKey{}, tally), tally
}

// Add counts in the context's tally. Without one, nothing is counted.
func Add(ctx context.Context, count Count, number int) {
	tally, ok := ctx.Value(tallyKey{}).(*Tally)
	if !ok || number == 0 {
		return
	}
	tally.mu.Lock()
	defer tally.mu.Unlock()
	tally.counts[count] += number
}

// Counts returns what has been counted so far.
func (t *Tally) Counts() map[Count]int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return maps.Clone(t.counts)
}
