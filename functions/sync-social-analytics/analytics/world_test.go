package analytics_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bayon-coagent/event-consumers/functions/sync-social-analytics/analytics"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/dynamo"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/platformtest"
	"github.com/bayon-coagent/event-consumers/internal/social"
	"github.com/bayon-coagent/event-consumers/internal/table"
	"github.com/bayon-coagent/event-consumers/pkg/events"
	"github.com/bayon-coagent/event-consumers/pkg/events/eventstest"
)

type fields = platformtest.Fields

const (
	agent  = platformtest.Agent
	secret = "EAAB-secret-token"
)

var now = platformtest.Now()

// ago is a time before now as items have it.
func ago(span time.Duration) string { return table.Date{Time: now.Add(-span)}.String() }

const day = 24 * time.Hour

// world is one agent's part of the platform, with a syncer on it and networks that answer as they are told.
type world struct {
	*platformtest.World
	*networks

	t      testing.TB
	syncer *analytics.Syncer
	items  *interrupted
}

func newWorld(t testing.TB) *world { return newWorldOf(t, dynamo.Config{}) }

func newWorldOf(t testing.TB, config dynamo.Config) *world {
	t.Helper()
	w := &world{World: platformtest.NewWorldOf(t, config), t: t, networks: &networks{
		answers: map[string]social.Metrics{}, problems: map[string]error{}, asked: map[string]int{},
	}}
	w.items = &interrupted{Table: table.New(w.Client, platformtest.Table)}
	w.syncer = analytics.New(w.items, w.networks, w.Bus.Publisher(), w.Now)
	for _, platform := range events.SocialPlatforms() {
		w.connect(platform, nil)
	}
	return w
}

// interrupted is a table between whose reading and writing something else can happen, once.
type interrupted struct {
	*table.Table

	mu      sync.Mutex
	between func()
}

func (i *interrupted) interrupt() {
	i.mu.Lock()
	between := i.between
	i.between = nil
	i.mu.Unlock()
	if between != nil {
		between()
	}
}

func (i *interrupted) Amend(ctx context.Context, amend table.Amend) (table.Item, error) {
	i.interrupt()
	return i.Table.Amend(ctx, amend)
}

func (i *interrupted) Save(ctx context.Context, save table.Save) error {
	i.interrupt()
	return i.Table.Save(ctx, save)
}

// networks answer by the post's id.
type networks struct {
	mu       sync.Mutex
	answers  map[string]social.Metrics
	problems map[string]error
	asked    map[string]int
	accounts []string
	limits   map[string]limit // by platform
}

// limit lets a network answer so often, and then say that it is asked too often.
type limit struct {
	answers int
	pause   time.Duration
}

func (n *networks) For(platform string) (social.Network, bool) {
	return network{networks: n, platform: platform}, social.IsSocial(platform)
}

// Decrypt fails: connections have plain tokens.
func (n *networks) Decrypt(context.Context, []byte) ([]byte, error) {
	return nil, errors.New("no key")
}

type network struct {
	social.Network

	*networks
	platform string
}

func (n network) Metrics(_ context.Context, account social.Account, postID string) (social.Metrics, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.asked[postID]++
	n.accounts = append(n.accounts, account.ID)
	if limit, limited := n.limits[n.platform]; limited {
		if limit.answers == 0 {
			return social.Metrics{}, &social.RateLimitedError{Network: n.platform, RetryAfter: limit.pause}
		}
		limit.answers--
		n.limits[n.platform] = limit
	}
	return n.answers[postID], n.problems[postID]
}

// does tells the networks how a post does.
func (n *networks) does(postID string, metrics social.Metrics) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.answers[postID] = metrics
	delete(n.problems, postID)
}

// fails tells the networks to answer with an error; nil ends it.
func (n *networks) fails(postID string, problem error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.problems[postID] = problem
}

// times returns how often posts were asked for, in all.
func (n *networks) times() int {
	n.mu.Lock()
	defer n.mu.Unlock()
	all := 0
	for _, times := range n.asked {
		all += times
	}
	return all
}

// connect stores a connection that holds for another hour, but for what is changed.
func (w *world) connect(platform string, changed fields) {
	w.t.Helper()
	data := fields{
		"provider": strings.ToUpper(platform), "accessToken": secret, "expiresAt": now.Add(time.Hour).UnixMilli(), "platformUserId": "user-1",
	}
	maps.Copy(data, changed)
	w.Put("SOCIAL#"+strings.ToUpper(platform), "SocialConnection", data)
}

// post stores a post of two days ago, which was never synced, but for what is changed. Its id at the network is that of the
// content.
func (w *world) post(contentID, platform string, changed fields) {
	w.t.Helper()
	data := fields{
		"id": contentID, "userId": agent, "contentId": contentID, "contentType": "social_media", "channel": platform,
		"publishedAt": ago(2 * day), "platformMetrics": fields{"platformPostId": contentID, "publishedUrl": "https://example.com/" + contentID},
	}
	maps.Copy(data, changed)
	w.Put("ANALYTICS#"+contentID+"#"+platform, "Analytics", data)
}

// stored is a post's Data.
func (w *world) stored(contentID, platform string) fields {
	w.t.Helper()
	return w.Data("ANALYTICS#")[contentID+"#"+platform]
}

func (w *world) views(contentID, platform string) any {
	w.t.Helper()
	metrics, _ := w.stored(contentID, platform)["metrics"].(fields)
	return metrics["views"]
}

// check handles the check of a time.
func (w *world) check(dueAt time.Time) error {
	return w.syncer.CheckDue(context.Background(), events.Event[events.CheckDue]{
		Detail: events.CheckDue{Check: events.CheckAnalytics, UserID: agent, DueAt: events.At(dueAt)},
	})
}

func (w *world) mustCheck() {
	w.t.Helper()
	if err := w.check(now); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) published(fact events.ContentPublished) error {
	return w.syncer.ContentPublished(context.Background(), events.Event[events.ContentPublished]{Detail: fact})
}

func (w *world) mustPublish(fact events.ContentPublished) {
	w.t.Helper()
	if err := w.published(fact); err != nil {
		w.t.Fatal(err)
	}
}

// publication is an event of a post, now.
func publication(contentID, platform, postID string) events.ContentPublished {
	return events.ContentPublished{
		ContentID: contentID, UserID: agent, ContentType: "social_media", Platform: platform, PublishedAt: events.At(now), PlatformPostID: postID,
	}
}

// told is what the bus was told, in words, sorted.
func (w *world) told() []string {
	w.t.Helper()
	var words []string
	for _, event := range eventstest.Published[events.IntegrationSyncCompleted](w.t, w.Bus) {
		words = append(words, fmt.Sprintf("%s completed %d", event.Detail.Provider, *event.Detail.ItemsSynced))
	}
	for _, event := range eventstest.Published[events.IntegrationSyncFailed](w.t, w.Bus) {
		words = append(words, fmt.Sprintf("%s failed: %s", event.Detail.Provider, event.Detail.Error))
	}
	slices.Sort(words)
	return words
}

func (w *world) want(words ...string) {
	w.t.Helper()
	if diff := cmp.Diff(words, w.told()); diff != "" {
		w.t.Errorf("the bus was told something else: %s", diff)
	}
}

// later moves the clock.
func (w *world) later(span time.Duration) { w.Clock = func() time.Time { return now.Add(span) } }
