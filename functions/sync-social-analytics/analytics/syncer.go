// Package analytics keeps the figures of an agent's posts on the social networks up to date: it asks the networks how the
// posts do, and stores what they answer (rules: Social analytics).
//
// A post is changed in one conditional write that remembers which sync made it. So overlapping syncs never replace a newer
// figure by an older one; and a retry goes on with what is still stale, yet knows what the attempt before it has done. A
// sync of a platform is told to the bus when it is over: completed, or failed because the agent has to do something.
package analytics

import (
	"context"
	"iter"
	"time"

	"github.com/bayon-coagent/event-consumers/internal/social"
	"github.com/bayon-coagent/event-consumers/internal/table"
	"github.com/bayon-coagent/event-consumers/pkg/events"
)

// Items is the part of *table.Table that a Syncer calls.
type Items interface {
	Get(ctx context.Context, key table.Key) (table.Item, bool, error)
	Pages(ctx context.Context, query table.Query) iter.Seq2[[]table.Item, error]
	Save(ctx context.Context, save table.Save) error
	Amend(ctx context.Context, amend table.Amend) (table.Item, error)
}

// Networks are the social networks, and what opens the tokens for them that are stored encrypted (*socialenv.Networks).
type Networks interface {
	For(platform string) (social.Network, bool)
	Decrypt(ctx context.Context, ciphertext []byte) ([]byte, error)
}

// Publisher is the part of *events.Publisher that a Syncer calls.
type Publisher interface {
	Publish(ctx context.Context, facts ...events.Fact) error
}

// Syncer syncs the figures of posts. It is safe for concurrent use.
type Syncer struct {
	items     Items
	networks  Networks
	publisher Publisher
	now       func() time.Time
}

// New syncs posts among items with the networks; now is the clock.
func New(items Items, networks Networks, publisher Publisher, now func() time.Time) *Syncer {
	return &Syncer{items: items, networks: networks, publisher: publisher, now: now}
}

// ContentPublished syncs the post that was published; other platforms than social networks are not ours.
func (s *Syncer) ContentPublished(ctx context.Context, event events.Event[events.ContentPublished]) error {
	fact := event.Detail
	if !events.IsSocialPlatform(fact.Platform) {
		return nil
	}
	item, found, err := s.register(ctx, fact)
	if err != nil || !found {
		return err
	}
	p := s.begin(fact.UserID, events.EventKey(fact), time.Time{})
	p.due = func(is post) bool { return is.id != "" && is.syncID != p.syncID(is.platform) }
	return p.run(ctx, func(yield func([]table.Item, error) bool) { yield([]table.Item{item}, nil) })
}

// pageSize is how many items are read at once: little enough to notice between two pages that time runs short.
const pageSize = 100

// CheckDue syncs an agent's stale posts when the analytics check is due; other checks are not ours.
func (s *Syncer) CheckDue(ctx context.Context, event events.Event[events.CheckDue]) error {
	fact := event.Detail
	if fact.Check != events.CheckAnalytics {
		return nil
	}
	p := s.begin(fact.UserID, events.EventKey(fact), fact.DueAt.Time)
	began := s.now()
	p.due = func(is post) bool { return is.stale(began) }
	return p.run(ctx, s.items.Pages(ctx, table.Query{
		Partition: table.UserPartition(fact.UserID),
		Prefix:    postPrefix,
		Limit:     pageSize,
	}))
}
