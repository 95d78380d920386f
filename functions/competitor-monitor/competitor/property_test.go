package competitor_test

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"go.uber.org/zap"
	"pgregory.net/rapid"

	"github.com/bayon-coagent/event-consumers/functions/competitor-monitor/competitor"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/dynamo"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/platformtest"
	"github.com/bayon-coagent/event-consumers/internal/table"
)

// followed is a competitor's snapshot as it was written.
type followed struct {
	price     float64
	status    string
	awaiting  bool
	alertType string // what was raised in the same transaction
}

// recorder is a table that remembers, by key, in which states a competitor's snapshots were written.
type recorder struct {
	platformtest.InterruptedTable

	mu     sync.Mutex
	states map[string][]followed
}

func (r *recorder) Transact(ctx context.Context, changes ...table.Change) error {
	r.mu.Lock() // one at a time, so that the states are in their order
	defer r.mu.Unlock()
	if err := r.InterruptedTable.Transact(ctx, changes...); err != nil {
		return err
	}
	var key string
	for _, change := range changes {
		save, ok := change.(table.Save)
		if !ok {
			continue
		}
		encoded, err := attributevalue.Marshal(save.Data)
		if err != nil {
			return err
		}
		var data fields
		if err := attributevalue.Unmarshal(encoded, &data); err != nil {
			return err
		}
		switch save.EntityType {
		case "CompetitorSnapshot":
			key = save.Key.Sort
			awaiting, _ := data["awaitsPrice"].(bool)
			r.states[key] = append(r.states[key], followed{price: data["price"].(float64), status: data["status"].(string), awaiting: awaiting})
		case "Alert": // it follows its snapshot
			r.states[key][len(r.states[key])-1].alertType = data["type"].(string)
		}
	}
	return nil
}

// listed is a listing as it was last listed.
type listed struct {
	at     int64
	price  int64
	status string
}

// Whatever is reordered, repeated, overlapped or interrupted: each state that a snapshot takes on is one step of the
// listing's life, each step that is news is one alert, the bus is told of each alert, and the snapshot is the newest listing.
func TestAnyOrderAnyOverlapAnyFault(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		var throttled atomic.Bool
		var calls atomic.Int64
		faults := rapid.SliceOfN(rapid.IntRange(0, 5), 7, 7).Draw(r, "faults") // a call is throttled where there is a 0
		w := newWorldOf(t, dynamo.Config{Throttle: func(string, string) bool {
			return throttled.Load() && faults[calls.Add(1)%7] == 0
		}})
		record := &recorder{InterruptedTable: w.Items(), states: map[string][]followed{}}
		w.watcher = competitor.New(record, w.Alerts(), w.Now, zap.NewNop())
		w.track("c2", fields{"mlsId": "M1"}) // the same listings, followed apart
		w.mustCheck()                        // the baseline, so that whatever is active when first seen is new
		newest := map[string]listed{}
		for step := range rapid.IntRange(1, 12).Draw(r, "steps") {
			switch rapid.SampledFrom([]string{"list", "list", "list", "old", "check", "overlap", "fault", "refuse"}).Draw(r, "step") {
			case "list":
				number, is := drawListing(r, int64(step))
				newest[number] = is
				w.list(number, is.price, is.at, fields{"status": is.status})
			case "old": // imported by the app, older than what the sync has stored
				number, is := drawListing(r, int64(step))
				if known, ok := newest[number]; ok {
					w.list(fmt.Sprintf("mls-%s-%d", number, step), is.price, known.at-100, fields{"mlsNumber": number, "status": is.status})
				}
			case "check":
				_ = w.check()
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
		for refusals := 12; w.check() != nil && refusals > 0; refusals-- { // what was refused is told by the next
		}
		w.mustCheck()
		checkStates(r, w, record.states)
		checkNewest(r, w, newest)
	})
}

func drawListing(r *rapid.T, at int64) (string, listed) {
	return rapid.SampledFrom([]string{"A", "B", "C"}).Draw(r, "listing"), listed{
		at:     at,
		price:  rapid.SampledFrom([]int64{0, 90, 94, 95, 100, 200}).Draw(r, "price") * 1000,
		status: rapid.SampledFrom([]string{"active", "active", "pending", "sold", "withdrawn", "expired"}).Draw(r, "status"),
	}
}

// overlapping checks several times at once. What fails by faults, Lambda would try again: the last check of all does.
func overlapping(w *world, times int) {
	var checks sync.WaitGroup
	for range times {
		checks.Go(func() { _ = w.check() })
	}
	checks.Wait()
}

// newsOf is what the step from one state of a listing to the next is worth.
func newsOf(was, is followed) string {
	off := func(status string) bool { return status == "withdrawn" || status == "expired" }
	switch {
	case was.awaiting && is.status == "active", was == (followed{}) && is.status == "active" && is.price > 0:
		return "competitor-new-listing"
	case was == (followed{}):
		return ""
	case (was.price-is.price)*20 > was.price && (is.status == "active" || is.status == "pending"):
		return "competitor-price-reduction"
	case off(is.status) && !off(was.status):
		return "competitor-withdrawal"
	}
	return ""
}

func checkStates(r *rapid.T, w *world, states map[string][]followed) {
	news := 0
	for key, taken := range states {
		was := followed{}
		for _, is := range taken {
			if want := newsOf(was, is); is.alertType != want {
				r.Errorf("%s: from %+v to %+v the alert %q was raised, want %q", key, was, is, is.alertType, want)
			}
			if is.alertType != "" {
				news++
			}
			was = is
			was.alertType = ""
		}
	}
	alerts, facts, told := w.Data("ALERT#"), w.Data("ALERT_FACT#"), w.Told()
	if len(alerts) != news || len(facts) != news || len(told) != news {
		r.Errorf("%d news, but %d alerts, %d facts, %d told", news, len(alerts), len(facts), len(told))
	}
	for id, fact := range facts {
		if fact["publishedAt"] == nil {
			r.Errorf("fact %s is not remembered as published", id)
		}
	}
}

func checkNewest(r *rapid.T, w *world, newest map[string]listed) {
	snapshots := w.snapshots()
	for number, is := range newest {
		for _, id := range []string{"c1", "c2"} {
			got, found := snapshots[id+"#"+number]
			if !found {
				r.Errorf("%s has no snapshot of %s", id, number)
			}
			if is.price > 0 && (got["price"] != float64(is.price) || got["status"] != is.status) {
				r.Errorf("the snapshot of %s is at %v, the listing at %v", number, got, is)
			}
		}
	}
}

// Whenever a first look is cut short, however often, and whatever overlaps it: what was there before is never new.
func TestBaselineStandsWhateverInterruptsIt(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		w := newWorldOfSmallPages(t)
		clock := now
		w.Clock = func() time.Time { return clock }
		count := rapid.IntRange(0, 10).Draw(r, "listings")
		for i := range count {
			price := any(100 + i)
			if i%3 == 0 {
				price = nil
			}
			w.list(fmt.Sprintf("L%02d", i), price, 0, nil)
		}
		for range rapid.IntRange(0, 3).Draw(r, "interruptions") {
			clock = clock.Add(hour)
			if rapid.Bool().Draw(r, "overlapped") {
				w.Between = func() {
					began := clock
					clock = clock.Add(hour)
					_ = w.checkOnePage()
					clock = began
				}
			}
			_ = w.checkOnePage()
		}
		w.mustCheck()
		w.list("NEW", 99, 1, nil)
		for i := range count {
			w.list(fmt.Sprintf("L%02d", i), 100+i, 1, nil)
		}
		w.mustCheck()
		if alerts := w.alerts(); len(alerts) != 1 || alerts[0] != "new-listing, low: Carla at 99" {
			r.Errorf("alerts %v", alerts)
		}
	})
}
