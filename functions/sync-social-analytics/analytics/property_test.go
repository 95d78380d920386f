package analytics_test

import (
	"fmt"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/dynamo"
	"github.com/bayon-coagent/event-consumers/internal/social"
	"github.com/bayon-coagent/event-consumers/pkg/events"
)

// Whatever events come in whatever order, however often and together, and whatever fails meanwhile: in the end each post has
// the figures that the network tells of the newest publication, and no sync was told in two ways.
func TestAnyOrderAnyOverlapAnyFault(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		var throttled atomic.Bool
		var calls atomic.Int64
		faults := rapid.SliceOfN(rapid.IntRange(0, 5), 7, 7).Draw(r, "faults") // a call is throttled where there is a 0
		w := newWorldOf(t, dynamo.Config{Throttle: func(string, string) bool {
			return throttled.Load() && faults[calls.Add(1)%7] == 0
		}})
		for _, platform := range events.SocialPlatforms() {
			w.connect(platform, fields{"expiresAt": 0})
		}
		newest := map[string]events.ContentPublished{}
		var facts []func() error
		for i := range rapid.IntRange(1, 8).Draw(r, "publications") {
			fact := publication(
				rapid.SampledFrom([]string{"a", "b"}).Draw(r, "content"),
				rapid.SampledFrom([]string{"facebook", "twitter"}).Draw(r, "platform"),
				fmt.Sprintf("post-%d", i))
			fact.PublishedAt = events.At(now.Add(-time.Duration(rapid.IntRange(0, 3).Draw(r, "age")) * time.Hour))
			w.does(fact.PlatformPostID, social.Metrics{Views: int64(100 + i)})
			facts = append(facts, func() error { return w.published(fact) })
			at := fact.ContentID + "#" + fact.Platform
			was, known := newest[at]
			if !known || fact.PublishedAt.After(was.PublishedAt.Time) ||
				fact.PublishedAt.Equal(was.PublishedAt.Time) && fact.PlatformPostID > was.PlatformPostID {
				newest[at] = fact
			}
		}
		facts = append(facts, func() error { return w.check(now) }, func() error { return w.check(now.Add(-time.Hour)) })
		for range rapid.IntRange(0, 10).Draw(r, "steps") {
			drawn := rapid.SliceOfN(rapid.SampledFrom(facts), 1, 4).Draw(r, "together")
			switch rapid.SampledFrom([]string{"handle", "handle", "throttle", "refuse", "limit"}).Draw(r, "step") {
			case "throttle":
				throttled.Store(true)
			case "refuse":
				w.Bus.Refuse(1, "AccessDeniedException")
			case "limit":
				w.limits = map[string]limit{"facebook": {rapid.IntRange(0, 3).Draw(r, "answers"), time.Minute}}
			}
			var handlers sync.WaitGroup
			for _, handle := range drawn { // what fails, Lambda would try again: the end of the test does
				handlers.Go(func() { _ = handle() })
			}
			handlers.Wait()
			throttled.Store(false)
			w.limits = nil
		}
		w.later(2 * time.Minute) // no pause lasts
		for _, i := range rapid.Permutation(slices.Collect(func(yield func(int) bool) {
			for i := range facts {
				if !yield(i) {
					return
				}
			}
		})).Draw(r, "order") {
			for tries := 20; facts[i]() != nil; tries-- {
				if tries == 0 {
					r.Fatal("it does not end")
				}
			}
		}
		checkWorld(r, w, newest)
	})
}

func checkWorld(r *rapid.T, w *world, newest map[string]events.ContentPublished) {
	shown := map[string]string{}
	want := map[string]string{}
	for at, data := range w.Data("ANALYTICS#") {
		own := data["platformMetrics"].(fields)
		shown[at] = fmt.Sprint(own["platformPostId"], " ", data["publishedAt"], " ", data["metrics"].(fields)["views"], " ", data["syncStatus"], " ", data["anomaly"])
	}
	for at, fact := range newest {
		var number int
		fmt.Sscanf(fact.PlatformPostID, "post-%d", &number)
		want[at] = fmt.Sprint(fact.PlatformPostID, " ", fact.PublishedAt, " ", 100+number, " synced ", nil)
	}
	if diff := cmp.Diff(want, shown); diff != "" {
		r.Errorf("stored: %s", diff)
	}
	providers := map[string]string{}
	for _, delivery := range w.Bus.Accepted() {
		event, err := events.Decode[events.IntegrationSyncCompleted](delivery)
		if err != nil {
			r.Fatal(err)
		}
		key := event.Detail.SyncID
		if was, known := providers[key]; known && was != event.Detail.Provider {
			r.Errorf("%s is a sync of %s and of %s", key, was, event.Detail.Provider)
		}
		providers[key] = event.Detail.Provider
	}
	for platform, record := range w.Data("SYNC#") {
		if record["itemsSynced"] != 0.0 && record["publishedAt"] == nil {
			r.Errorf("the last sync of %s was not told: %v", platform, maps.Clone(record))
		}
	}
}

// A figure leaps as exact fractions say.
func TestLeapsAreExact(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		from := rapid.Int64Range(0, 1_000_000).Draw(r, "from")
		to := rapid.OneOf(
			rapid.Int64Range(0, 20_000_000),
			rapid.Map(rapid.Int64Range(-2, 2), func(off int64) int64 { return max(0, from*10+off) }),
			rapid.Map(rapid.Int64Range(-2, 2), func(off int64) int64 { return max(0, from-from/10+off) }),
		).Draw(r, "to")
		w := newWorld(t)
		w.post("a", "facebook", fields{"metrics": fields{"views": from}, "lastSynced": ago(2 * day)})
		w.does("a", social.Metrics{Views: to})
		w.mustCheck()
		_, flagged := w.stored("a", "facebook")["anomaly"]
		if want := from > 0 && (10*(from-to) > from || to > 10*from); flagged != want {
			r.Errorf("%d to %d: flagged %v", from, to, flagged)
		}
	})
}
