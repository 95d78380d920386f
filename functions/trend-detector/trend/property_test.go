package trend_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math/big"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/bayon-coagent/event-consumers/functions/trend-detector/trend"
	"github.com/bayon-coagent/event-consumers/internal/alert"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/dynamo"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/platformtest"
	"github.com/bayon-coagent/event-consumers/internal/table"
)

// drawn is a listing as the tests draw it.
type drawn struct {
	cents, days int64
	status      string
	soldInMonth bool
}

func drawListings(r *rapid.T) []drawn {
	return rapid.SliceOfN(rapid.Custom(func(r *rapid.T) drawn {
		return drawn{
			cents:       rapid.Int64Range(1, 40).Draw(r, "cents"),
			days:        rapid.Int64Range(-3, 90).Draw(r, "days"),
			status:      rapid.SampledFrom([]string{"Active", "Active", "Active", "Pending", "Sold"}).Draw(r, "status"),
			soldInMonth: rapid.Bool().Draw(r, "sold in the month"),
		}
	}), 0, 12).Draw(r, "listings")
}

func (d drawn) store(w *world, key, number string, syncedAt int64) {
	changed := "2026-10-31"
	if d.soldInMonth {
		changed = "2026-11-01"
	}
	w.List(key, float64(d.cents)/100, syncedAt, fields{
		"mlsNumber": number, "status": d.status, "daysOnMarket": d.days, "statusChangedAt": changed,
	})
}

// rowOf is the row that listings come to, worked out without haste.
func rowOf(listings []drawn) fields {
	var cents, days []int64
	sold := 0
	for _, d := range listings {
		if d.status == "Active" {
			cents, days = append(cents, d.cents), append(days, max(d.days, 0))
		}
		if d.status == "Sold" && d.soldInMonth {
			sold++
		}
	}
	row := fields{
		"neighborhood": "98029", "period": "2026-11", "inventoryLevel": float64(len(cents)), "sampleSize": float64(len(cents)),
		"salesVolume": float64(sold), "calculatedAt": "2026-11-24T08:30:00.000Z",
	}
	if len(cents) == 0 {
		return row
	}
	slices.Sort(cents)
	twice := cents[len(cents)/2] + cents[(len(cents)-1)/2]
	row["medianPrice"] = float64((twice+1)/2) / 100
	sum := new(big.Rat)
	for _, d := range days {
		sum.Add(sum, big.NewRat(d, 1))
	}
	row["avgDaysOnMarket"], _ = sum.Quo(sum, big.NewRat(int64(len(days)), 1)).Float64()
	return row
}

// Whatever order the listings come in, however they are paged, and whichever older items lie beside them: the row is the
// same.
func TestSameListingsGiveTheSameRow(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		w := newWorld(t)
		items := paged{w.Items(), rapid.Int32Range(1, 20).Draw(r, "items in a page")}
		w.watcher = trend.New(items, w.Alerts(), w.Now)
		listings := drawListings(r)
		for place, i := range rapid.Permutation(indices(listings)).Draw(r, "order") {
			number := fmt.Sprint("N", place)
			switch rapid.SampledFrom([]string{"synced", "imported", "both", "twice"}).Draw(r, "items") {
			case "synced":
				listings[i].store(w, number, number, 0)
			case "imported":
				listings[i].store(w, "mls-"+number+"-1", number, 0)
			case "both":
				listings[i].store(w, number, number, 0)
				drawn{cents: 99, status: "Active"}.store(w, "mls-"+number+"-1", number, -1)
			case "twice":
				listings[i].store(w, "mls-"+number+"-2", number, 0)
				drawn{cents: 99, status: "Sold", soldInMonth: true}.store(w, "mls-"+number+"-1", number, -1)
			}
		}
		w.mustSync()
		if diff := cmp.Diff(rowOf(listings), w.Data("TREND#98029#")["2026-11"]); diff != "" {
			r.Error(diff)
		}
	})
}

// paged is a table that is read in pages of at most so many items.
type paged struct {
	platformtest.InterruptedTable

	limit int32
}

func (p paged) Pages(ctx context.Context, query table.Query) iter.Seq2[[]table.Item, error] {
	query.Limit = p.limit
	return p.InterruptedTable.Pages(ctx, query)
}

func indices[E any](of []E) []int {
	all := make([]int, len(of))
	for i := range all {
		all[i] = i
	}
	return all
}

// crashing is a store of alerts whose function ends before it can tell the bus.
type crashing struct{ *alert.Store }

func (crashing) Announce(context.Context, []alert.Raised) error {
	return errors.New("the function ended")
}

// Whatever is repeated, overlapped or interrupted: the row is what the listings come to, each trend that a pass can have
// seen is at most one alert, those that a pass has seen are one, and the bus is told of each alert.
func TestAnyOverlapAnyFault(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		var throttled atomic.Bool
		var calls atomic.Int64
		faults := rapid.SliceOfN(rapid.IntRange(0, 5), 7, 7).Draw(r, "faults") // a call is throttled where there is a 0
		w := newWorldOf(t, dynamo.Config{Throttle: func(string, string) bool {
			return throttled.Load() && faults[calls.Add(1)%7] == 0
		}})
		w.put("2026-10", nil)
		m := &model{World: w, r: r, possible: map[string]bool{}, certain: map[string]bool{}, month: 11, price: 500_000, count: 10, days: 40}
		m.list()
		for range rapid.IntRange(1, 10).Draw(r, "steps") {
			switch rapid.SampledFrom([]string{"list", "list", "wait", "pass", "overlap", "fault", "crash", "refuse", "month"}).Draw(r, "step") {
			case "list":
				m.price = rapid.SampledFrom([]int{500_000, 550_000, 560_000}).Draw(r, "price")
				m.count = rapid.SampledFrom([]int{4, 5, 8, 10}).Draw(r, "count")
				m.days = rapid.SampledFrom([]int{40, 34, 33}).Draw(r, "days")
				m.list()
			case "wait":
				m.later++
			case "pass":
				m.pass(1, w.watcher)
			case "overlap":
				m.pass(3, w.watcher)
			case "fault":
				m.faults = &throttled
				m.pass(2, w.watcher)
				m.faults = nil
			case "crash":
				m.pass(1, trend.New(w.Items(), crashing{w.Alerts()}, w.Now))
			case "refuse":
				w.Bus.Refuse(1, "AccessDeniedException")
			case "month":
				m.month = 12
			}
		}
		for refusals := 12; !m.pass(1, w.watcher) && refusals > 0; refusals-- { // what was refused is told by the next
		}
		if !m.pass(1, w.watcher) {
			r.Fatal("a pass fails for no reason")
		}
		m.check()
	})
}

// model knows what the world should come to.
type model struct {
	World  *world
	r      *rapid.T
	faults *atomic.Bool // set while passes run

	month, later       int
	price, count, days int

	possible, certain map[string]bool // trends that a pass can have seen, and has seen
}

func (m *model) list() {
	for i := range 10 {
		m.World.Delete(fmt.Sprintf("LISTING#L%03d", i))
	}
	m.World.list(m.count, m.price, fields{"daysOnMarket": m.days})
}

// pass runs several passes at once, and tells whether one of them succeeded. What fails by faults, Lambda would try again:
// the last pass of all does.
func (m *model) pass(times int, watcher *trend.Watcher) bool {
	clock := time.Date(2026, time.Month(m.month), 24, 8, 30, 0, m.later*1e6, time.UTC)
	m.World.Clock = func() time.Time { return clock }
	for _, trend := range m.trends() {
		m.possible[trend] = true
	}
	if m.faults != nil {
		m.faults.Store(true)
	}
	var passes sync.WaitGroup
	var succeeded atomic.Int64
	for range times {
		passes.Go(func() {
			w := *m.World
			w.watcher = watcher
			if w.sync() == nil {
				succeeded.Add(1)
			}
		})
	}
	passes.Wait()
	if m.faults != nil {
		m.faults.Store(false)
	}
	if succeeded.Load() == 0 {
		return false
	}
	for _, trend := range m.trends() {
		m.certain[trend] = true
	}
	return true
}

// trends are what a pass sees now in November; in December only where November was counted when it had enough.
func (m *model) trends() []string {
	was := m.World.Data("TREND#98029#")
	before := was["2026-10"]
	if november, counted := was["2026-11"]; m.month == 12 && counted && november["inventoryLevel"].(float64) >= 5 {
		before = november
	}
	if m.count < 5 {
		return nil
	}
	var found []string
	add := func(kind string, is bool) {
		if is {
			found = append(found, fmt.Sprintf("2026-%d %s", m.month, kind))
		}
	}
	add("price-increase", float64(m.price)*10 > before["medianPrice"].(float64)*11)
	add("inventory-decrease", float64(m.count)*10 < before["inventoryLevel"].(float64)*8)
	add("dom-decrease", float64(m.days)*100 < before["avgDaysOnMarket"].(float64)*85)
	return found
}

func (m *model) check() {
	row := m.World.Data("TREND#98029#")[fmt.Sprintf("2026-%d", m.month)]
	if row["inventoryLevel"] != float64(m.count) || row["medianPrice"] != float64(m.price) || row["avgDaysOnMarket"] != float64(m.days) {
		m.r.Errorf("row %v, listings %+v", row, m)
	}
	alerts, facts, told := m.World.Data("ALERT#"), m.World.Data("ALERT_FACT#"), m.World.Told()
	if len(alerts) != len(facts) || len(told) != len(facts) {
		m.r.Errorf("%d alerts, %d facts, %d told", len(alerts), len(facts), len(told))
	}
	raised := map[string]bool{}
	for key, stored := range alerts {
		data := stored["data"].(fields)
		found := fmt.Sprintf("%s %s", stored["createdAt"].(string)[:7], data["trendType"])
		if raised[found] || !m.possible[found] {
			m.r.Errorf("%s is %s: raised before: %v, possible: %v", key, found, raised[found], m.possible)
		}
		raised[found] = true
	}
	for found := range m.certain {
		if !raised[found] {
			m.r.Errorf("%s was seen, but not raised", found)
		}
	}
	for id, fact := range facts {
		if fact["publishedAt"] == nil {
			m.r.Errorf("fact %s is not remembered as published", id)
		}
	}
}
