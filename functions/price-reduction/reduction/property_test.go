package reduction_test

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"pgregory.net/rapid"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/dynamo"
)

// Whatever is reordered, repeated, overlapped or interrupted: each fall of a price that the history shows is one alert, the
// bus is told of each alert, and the snapshot is the newest listing.
func TestAnyOrderAnyOverlapAnyFault(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		var throttled atomic.Bool
		var calls atomic.Int64
		faults := rapid.SliceOfN(rapid.IntRange(0, 5), 7, 7).Draw(r, "faults") // a call is throttled where there is a 0
		w := newWorldOf(t, dynamo.Config{Throttle: func(string, string) bool {
			return throttled.Load() && faults[calls.Add(1)%7] == 0
		}})
		newest := map[string][2]int64{} // by listing: when it was synced, and its price
		for step := range rapid.IntRange(1, 12).Draw(r, "steps") {
			switch rapid.SampledFrom([]string{"list", "list", "old", "review", "overlap", "fault", "refuse"}).Draw(r, "step") {
			case "list":
				number, price := drawListing(r)
				newest[number] = [2]int64{int64(step), price}
				w.List(number, price, int64(step), nil)
			case "old": // imported by the app, older than what the sync has stored
				number, price := drawListing(r)
				if known, ok := newest[number]; ok {
					w.List(fmt.Sprintf("mls-%s-%d", number, step), price, known[0]-100, fields{"mlsNumber": number})
				}
			case "review":
				_ = w.sync()
			case "overlap":
				overlapping(w, 3)
			case "fault":
				throttled.Store(true)
				overlapping(w, 2)
				throttled.Store(false)
			case "refuse":
				w.Bus.Refuse(1, "AccessDeniedException")
			}
		}
		for refusals := 12; w.sync() != nil && refusals > 0; refusals-- { // what was refused is told by the next
		}
		w.mustSync()
		checkWorld(r, w, newest)
	})
}

func drawListing(r *rapid.T) (string, int64) {
	return rapid.SampledFrom([]string{"A", "B", "C"}).Draw(r, "listing"), rapid.Int64Range(1, 5).Draw(r, "price") * 100_000
}

// overlapping reviews several times at once. What fails by faults, Lambda would try again: the last review of all does.
func overlapping(w *world, times int) {
	var reviews sync.WaitGroup
	for range times {
		reviews.Go(func() { _ = w.sync() })
	}
	reviews.Wait()
}

func checkWorld(r *rapid.T, w *world, newest map[string][2]int64) {
	snapshots, histories := w.Data("LISTING_SNAPSHOT#"), w.Data("PRICE_HISTORY#")
	falls := 0
	for number, listed := range newest {
		if got := snapshots[number]["price"]; got != float64(listed[1]) {
			r.Errorf("the snapshot of %s is at %v, the listing at %d", number, got, listed[1])
		}
		points := histories[number]["priceHistory"].([]any)
		for i := range points[1:] {
			was, is := points[i].(fields)["price"].(float64), points[i+1].(fields)["price"].(float64)
			if was == is {
				r.Errorf("the history of %s repeats %v", number, is)
			}
			if is < was {
				falls++
			}
		}
	}
	alerts, facts, told := w.Data("ALERT#"), w.Data("ALERT_FACT#"), w.Told()
	if len(alerts) != falls || len(facts) != falls || len(told) != falls {
		r.Errorf("%d falls, but %d alerts, %d facts, %d told", falls, len(alerts), len(facts), len(told))
	}
	for id, fact := range facts {
		if fact["publishedAt"] == nil {
			r.Errorf("fact %s is not remembered as published", id)
		}
	}
}
