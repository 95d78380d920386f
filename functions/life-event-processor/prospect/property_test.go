package prospect_test

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"pgregory.net/rapid"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/dynamo"
)

// Whatever is changed, repeated, overlapped or interrupted: each prospect has the score of its events, each fact is one
// alert, and the bus is told of each.
func TestAnyOverlapAnyFault(t *testing.T) {
	t.Parallel()
	weights := map[string]float64{"marriage": 65, "divorce": 70, "job-change": 45, "retirement": 60, "birth": 55, "death": 75}
	rapid.Check(t, func(r *rapid.T) {
		var throttled atomic.Bool
		var calls atomic.Int64
		faults := rapid.SliceOfN(rapid.IntRange(0, 5), 7, 7).Draw(r, "faults") // a call is throttled where there is a 0
		w := newWorldOf(t, dynamo.Config{Throttle: func(string, string) bool {
			return throttled.Load() && faults[calls.Add(1)%7] == 0
		}})
		last := map[string]string{} // by prospect: what happened
		for range rapid.IntRange(1, 12).Draw(r, "steps") {
			switch rapid.SampledFrom([]string{"happen", "happen", "happen", "review", "overlap", "fault", "refuse", "between"}).Draw(r, "step") {
			case "happen":
				happen(r, w, last)
			case "review":
				_ = w.check()
			case "overlap":
				overlapping(w, 3)
			case "fault":
				throttled.Store(true)
				overlapping(w, 2)
				throttled.Store(false)
			case "refuse":
				w.Bus.Refuse(1, "AccessDeniedException")
			case "between":
				w.Between = func() { happen(r, w, last) }
				_ = w.check()
				w.Between = nil
			}
		}
		for refusals := 12; w.check() != nil && refusals > 0; refusals-- { // what was refused is told by the next
		}
		w.mustCheck()

		due := 0
		for id, is := range w.Data("PROSPECT#") {
			if got, want := is["leadScore"], weights[last[id]]; got != want {
				r.Errorf("prospect %s is scored %v, want %v", id, got, want)
			}
			if weights[last[id]] >= 70 {
				due++
			}
		}
		alerts, facts, told := w.Data("ALERT#"), w.Data("ALERT_FACT#"), w.Told()
		if len(facts) < due || len(alerts) != len(facts) || len(told) != len(facts) {
			r.Errorf("%d due, %d facts, %d alerts, %d told", due, len(facts), len(alerts), len(told))
		}
		for id, fact := range facts {
			if fact["publishedAt"] == nil {
				r.Errorf("fact %s is not remembered as published", id)
			}
		}
	})
}

// happen lets something else be known of a prospect.
func happen(r *rapid.T, w *world, last map[string]string) {
	id := rapid.SampledFrom([]string{"A", "B", "C"}).Draw(r, "prospect")
	eventType := rapid.SampledFrom([]string{"marriage", "divorce", "job-change", "retirement", "birth", "death"}).Draw(r, "type")
	last[id] = eventType
	w.prospect(id, "98029", happened(fmt.Sprint("of ", eventType), eventType, 40*day, nil))
}

// overlapping reviews several times at once. What fails by faults, Lambda would try again: the last review of all does.
func overlapping(w *world, times int) {
	var reviews sync.WaitGroup
	for range times {
		reviews.Go(func() { _ = w.check() })
	}
	reviews.Wait()
}
