package competitor_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"github.com/bayon-coagent/event-consumers/functions/competitor-monitor/competitor"
	"github.com/bayon-coagent/event-consumers/functions/price-reduction/reduction"
	"github.com/bayon-coagent/event-consumers/internal/deadline"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/dynamo"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/platformtest"
	"github.com/bayon-coagent/event-consumers/internal/metrics"
	"github.com/bayon-coagent/event-consumers/internal/table"
	"github.com/bayon-coagent/event-consumers/pkg/events"
	"github.com/bayon-coagent/event-consumers/pkg/events/eventstest"
)

type fields = platformtest.Fields

const agent = platformtest.Agent

var (
	now = platformtest.Now()

	allTypes = []string{"competitor-new-listing", "competitor-price-reduction", "competitor-withdrawal"}
)

const (
	hour = time.Hour
	day  = 24 * time.Hour
)

// world is one agent's part of the platform, with a watcher on it and one competitor, Carla, whose MLS id is M1.
type world struct {
	*platformtest.World

	t       testing.TB
	watcher *competitor.Watcher
	logs    *observer.ObservedLogs
}

func newWorld(t testing.TB) *world { return newWorldOf(t, dynamo.Config{}) }

func newWorldOf(t testing.TB, config dynamo.Config) *world {
	t.Helper()
	core, logs := observer.New(zap.WarnLevel)
	w := &world{World: platformtest.NewWorldOf(t, config), t: t, logs: logs}
	w.watcher = competitor.New(w.Items(), w.Alerts(), w.Now, zap.New(core))
	w.settings(nil)
	w.track("c1", fields{"name": "Carla", "mlsId": "M1"})
	return w
}

// newWorldAfterBaseline is a world in which the competitor has been looked at, and had no listings.
func newWorldAfterBaseline(t testing.TB) *world {
	t.Helper()
	w := newWorld(t)
	w.mustCheck()
	return w
}

// settings stores the agent's settings: all competitor alerts in zip 98029, but for what is changed.
func (w *world) settings(changed fields) {
	w.t.Helper()
	data := fields{"enabledAlertTypes": allTypes}
	maps.Copy(data, changed)
	w.Settings("", data)
}

// track stores a competitor as the platform does, but for what is changed.
func (w *world) track(id string, changed fields) {
	w.t.Helper()
	data := fields{"id": id, "name": "Name of " + id, "mlsId": "mls-of-" + id, "isActive": true, "addedAt": "2026-11-01T00:00:00.000Z"}
	maps.Copy(data, changed)
	w.Put("TRACKED_COMPETITOR#"+id, "TrackedCompetitor", data)
}

// list stores a listing of Carla's, 40 days on the market, but for what is changed.
func (w *world) list(mlsNumber string, price any, at int64, changed fields) {
	w.t.Helper()
	data := fields{"listAgentMlsId": "M1"}
	maps.Copy(data, changed)
	w.List(mlsNumber, price, at, data)
}

func checkDue(check string) events.Event[events.CheckDue] {
	return events.Event[events.CheckDue]{Detail: events.CheckDue{Check: check, UserID: agent}}
}

func (w *world) check() error {
	return w.watcher.CheckDue(context.Background(), checkDue("competitor"))
}

func (w *world) mustCheck() {
	w.t.Helper()
	if err := w.check(); err != nil {
		w.t.Fatal(err)
	}
}

// counted checks, and returns what was counted.
func (w *world) counted() map[metrics.Count]int {
	w.t.Helper()
	ctx, tally := metrics.WithTally(context.Background())
	if err := w.watcher.CheckDue(ctx, checkDue("competitor")); err != nil {
		w.t.Fatal(err)
	}
	return tally.Counts()
}

// snapshots are the competitors' snapshots, by competitor's id # mlsNumber; looks are when competitors were first looked at.
func (w *world) snapshots() map[string]fields {
	found := w.Data("COMPETITOR_SNAPSHOT#")
	maps.DeleteFunc(found, func(sort string, _ fields) bool { return !strings.Contains(sort, "#") })
	return found
}

func (w *world) looks() map[string]any {
	looks := map[string]any{}
	for sort, data := range w.Data("COMPETITOR_SNAPSHOT#") {
		if !strings.Contains(sort, "#") {
			looks[sort] = data["firstLookedAt"]
		}
	}
	return looks
}

// alerts are the stored alerts in words, sorted.
func (w *world) alerts() []string {
	var words []string
	for _, data := range w.Data("ALERT#") {
		details, readable := data["data"].(fields)
		if !readable {
			continue // poison
		}
		told := fmt.Sprintf("%s, %s: %s", data["type"], data["priority"], details["competitorName"])
		told = strings.TrimPrefix(told, "competitor-")
		switch data["type"] {
		case "competitor-new-listing":
			told += fmt.Sprintf(" at %v", details["listingPrice"])
		case "competitor-price-reduction":
			told += fmt.Sprintf(" %v -> %v (%v %%)", details["originalPrice"], details["newPrice"], details["priceReductionPercent"])
		case "competitor-withdrawal":
			told += fmt.Sprintf(" %v after %v days", details["status"], details["daysOnMarket"])
		}
		words = append(words, told)
	}
	slices.Sort(words)
	return words
}

// want compares the alerts, and looks whether the bus was told of each exactly once.
func (w *world) want(alerts ...string) {
	w.t.Helper()
	if diff := cmp.Diff(alerts, w.alerts()); diff != "" {
		w.t.Errorf("alerts: %s", diff)
	}
	w.ToldOnce(len(alerts))
}

// onlyAlert is the stored alert of a type, and what the bus was told of it.
func (w *world) onlyAlert(alertType string) (stored fields, told fields) {
	w.t.Helper()
	for _, data := range w.Data("ALERT#") {
		if data["type"] == alertType {
			stored = data
		}
	}
	for _, event := range eventstest.Published[events.AlertCreated](w.t, w.Bus) {
		if event.Detail.AlertType == alertType {
			if err := json.Unmarshal(event.Detail.Data, &told); err != nil {
				w.t.Fatal(err)
			}
		}
	}
	return stored, told
}

func TestWhatCompetitorsDoBecomesAlerts(t *testing.T) {
	t.Parallel()
	w := newWorldAfterBaseline(t)
	w.list("A", 600_000, 0, nil)
	w.mustCheck()
	w.want("new-listing, medium: Carla at 600000")
	w.Clock = func() time.Time { return now.Add(hour) }
	w.list("A", 540_000, 10, fields{"status": "Pending"})
	w.mustCheck()
	w.list("A", 540_000, 20, fields{"status": "Cancelled", "daysOnMarket": 12})
	w.mustCheck()
	w.want(
		"new-listing, medium: Carla at 600000",
		"price-reduction, low: Carla 600000 -> 540000 (10 %)",
		"withdrawal, high: Carla withdrawn after 12 days",
	)
	const address = "1 Main St, Issaquah, WA 98029"
	for alertType, want := range map[string]fields{
		"competitor-new-listing": {"competitorName": "Carla", "propertyAddress": address, "listingPrice": 600000.0},
		"competitor-price-reduction": {
			"competitorName": "Carla", "propertyAddress": address, "originalPrice": 600000.0, "newPrice": 540000.0,
			"priceReduction": 60000.0, "priceReductionPercent": 10.0, "daysOnMarket": 40.0,
		},
		"competitor-withdrawal": {"competitorName": "Carla", "propertyAddress": address, "daysOnMarket": 12.0, "status": "withdrawn"},
	} {
		stored, told := w.onlyAlert(alertType)
		if diff := cmp.Diff(want, stored["data"]); diff != "" {
			t.Errorf("%s: %s", alertType, diff)
		}
		if diff := cmp.Diff(want, told); diff != "" {
			t.Errorf("the bus was told something else than what is stored: %s", diff)
		}
		if stored["status"] != "unread" || stored["userId"] != agent {
			t.Errorf("alert %v", stored)
		}
	}
	want := fields{
		"mlsNumber": "A", "price": 540000.0, "status": "withdrawn", "syncedAt": float64(now.UnixMilli() + 20_000), "version": 3.0,
		"competitorId": "c1", "firstSeenAt": "2026-11-24T08:30:00.000Z",
	}
	if diff := cmp.Diff(map[string]fields{"c1#A": want}, w.snapshots()); diff != "" {
		t.Errorf("snapshots: %s", diff)
	}
	if diff := cmp.Diff(fields{"competitorId": "c1", "mlsId": "M1", "firstLookedAt": "2026-11-24T08:30:00.000Z"}, w.Data("COMPETITOR_SNAPSHOT#")["c1"]); diff != "" {
		t.Errorf("first look: %s", diff)
	}
}

func TestWhatIsNotKnownIsAbsent(t *testing.T) {
	t.Parallel()
	w := newWorldAfterBaseline(t)
	unknown := fields{"listDate": nil, "address": fields{"zip": "98029"}}
	w.list("A", 100_000.50, 0, unknown)
	w.mustCheck()
	w.list("A", 90_000, 1, unknown)
	w.mustCheck()
	unknown["status"] = "Expired"
	w.list("A", 90_000, 2, unknown)
	w.mustCheck()
	for alertType, want := range map[string]fields{
		"competitor-price-reduction": {
			"competitorName": "Carla", "propertyAddress": "98029", "originalPrice": 100000.5, "newPrice": 90000.0,
			"priceReduction": 10000.5, "priceReductionPercent": 10.0,
		},
		"competitor-withdrawal": {"competitorName": "Carla", "propertyAddress": "98029", "status": "expired"},
	} {
		stored, _ := w.onlyAlert(alertType)
		if diff := cmp.Diff(want, stored["data"]); diff != "" {
			t.Errorf("%s: %s", alertType, diff)
		}
	}
}

func TestLimits(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		was    any
		is     any
		change fields
		want   []string
	}{
		{"5 % exactly", 100_000, 95_000, nil, nil},
		{"just over 5 %", 100_000, 94_999, nil, []string{"price-reduction, low: Carla 100000 -> 94999 (5 %)"}},
		{"15 % exactly", 100_000, 85_000, nil, []string{"price-reduction, low: Carla 100000 -> 85000 (15 %)"}},
		{"just over 15 %", 100_000, 84_999, nil, []string{"price-reduction, high: Carla 100000 -> 84999 (15 %)"}},
		{"withdrawn after 29 days", 1, 1, fields{"status": "Withdrawn", "daysOnMarket": 29}, []string{"withdrawal, high: Carla withdrawn after 29 days"}},
		{"withdrawn after 30 days", 1, 1, fields{"status": "Withdrawn", "daysOnMarket": 30}, []string{"withdrawal, low: Carla withdrawn after 30 days"}},
		{"withdrawn on the first day", 1, 1, fields{"status": "Withdrawn", "daysOnMarket": 0}, []string{"withdrawal, high: Carla withdrawn after 0 days"}},
		{"withdrawn before it was listed", 1, 1, fields{"status": "Withdrawn", "daysOnMarket": -1}, []string{"withdrawal, low: Carla withdrawn after -1 days"}},
		{"expired", 1, 1, fields{"status": "Expired", "daysOnMarket": 5}, []string{"withdrawal, low: Carla expired after 5 days"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.list("A", test.was, 0, nil)
			w.mustCheck()
			w.list("A", test.is, 1, test.change)
			w.mustCheck()
			w.want(test.want...)
		})
	}
	for dollars, priority := range map[float64]string{500_000: "low", 500_000.01: "medium"} {
		w := newWorldAfterBaseline(t)
		w.list("A", dollars, 0, nil)
		w.mustCheck()
		w.want(fmt.Sprintf("new-listing, %s: Carla at %v", priority, dollars))
	}
}

func TestFirstLookIsTheBaseline(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	listed := func(number string, price int, at any) {
		w.list(number, price, 0, fields{"listDate": at})
	}
	listed("EXACT", 101, now.Add(-day).UnixMilli())
	listed("BEFORE", 102, now.Add(-day).UnixMilli()-1)
	listed("AFTER", 103, now.Add(-day).UnixMilli()+1)
	listed("FUTURE", 104, now.Add(day).Format(time.RFC3339))
	listed("UNKNOWN", 105, nil)
	listed("UNREADABLE", 106, "yesterday")
	w.list("PENDING", 107, 0, fields{"listDate": now.Format(time.RFC3339), "status": "Pending"})
	w.mustCheck()
	w.want("new-listing, low: Carla at 101", "new-listing, low: Carla at 103", "new-listing, low: Carla at 104")
	if got := len(w.snapshots()); got != 7 {
		t.Errorf("%d snapshots", got)
	}
	w.list("LATER", 108, 1, nil) // listed 40 days ago, but seen only now
	w.list("OFF", 109, 1, fields{"status": "Withdrawn"})
	w.list("PENDING", 107, 1, nil)
	w.mustCheck()
	w.want(
		"new-listing, low: Carla at 101", "new-listing, low: Carla at 103", "new-listing, low: Carla at 104",
		"new-listing, low: Carla at 108",
	)
}

func TestEachCompetitorHasABaseline(t *testing.T) {
	t.Parallel()
	w := newWorldAfterBaseline(t)
	w.track("c2", fields{"name": "Bob", "mlsId": "M2"})
	w.list("A", 100, 0, nil)
	w.list("B", 200, 0, fields{"listAgentMlsId": "M2"})
	w.mustCheck()
	w.want("new-listing, low: Carla at 100")
	w.list("C", 300, 0, fields{"listAgentMlsId": "M2"})
	w.mustCheck()
	w.want("new-listing, low: Bob at 300", "new-listing, low: Carla at 100")
}

// smallPages is a table whose pages hold three items.
type smallPages struct{ platformtest.InterruptedTable }

func (s smallPages) Pages(ctx context.Context, query table.Query) iter.Seq2[[]table.Item, error] {
	query.Limit = 3
	return s.InterruptedTable.Pages(ctx, query)
}

// newWorldOfSmallPages is a world in which a page holds three listings.
func newWorldOfSmallPages(t testing.TB) *world {
	t.Helper()
	w := newWorld(t)
	w.watcher = competitor.New(smallPages{w.Items()}, w.Alerts(), w.Now, zap.NewNop())
	return w
}

// checkOnePage checks, with only as much time as a page takes.
func (w *world) checkOnePage() error {
	ctx, cancel := context.WithDeadline(context.Background(), now.Add(100*time.Hour*24*365))
	defer cancel()
	end, _ := ctx.Deadline()
	ctx = deadline.Start(ctx, now)
	clock := w.Clock
	defer func() { w.Clock = clock }()
	began := clock()
	calls := 0
	w.Clock = func() time.Time { // the pass begins at its time; then less than a tenth is left
		if calls++; calls == 1 {
			return began
		}
		return end.Add(-end.Sub(now)/10 + time.Second)
	}
	return w.watcher.CheckDue(ctx, checkDue("competitor"))
}

func TestInterruptedFirstLookStaysTheBaseline(t *testing.T) {
	t.Parallel()
	w := newWorldOfSmallPages(t)
	for i := range 8 {
		w.list(fmt.Sprint("L", i), 500_000, 0, nil)
	}
	var short *deadline.ShortError
	if err := w.checkOnePage(); !errors.As(err, &short) || !strings.Contains(short.Progress, "listings") {
		t.Fatalf("error %v", err)
	}
	if first := len(w.snapshots()); first != 3 || len(w.looks()) != 0 {
		t.Fatalf("%d listings were followed, looks %v", first, w.looks())
	}
	w.Clock = func() time.Time { return now.Add(hour) }
	w.mustCheck()
	if got := len(w.snapshots()); got != 8 {
		t.Errorf("%d listings were followed after the retry", got)
	}
	w.want()
	if diff := cmp.Diff(map[string]any{"c1": "2026-11-24T09:30:00.000Z"}, w.looks()); diff != "" {
		t.Errorf("looks: %s", diff)
	}
	w.list("NEW", 500_000, 1, nil)
	w.mustCheck()
	w.want("new-listing, low: Carla at 500000")
}

func TestRefusedAlertDoesNotKeepTheBaselineOpen(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.list("FRESH", 100, 0, fields{"listDate": now.Format(time.RFC3339)})
	w.Bus.Refuse(1, "AccessDeniedException")
	var refused *events.RefusedError
	if err := w.check(); !errors.As(err, &refused) {
		t.Fatalf("error %v", err)
	}
	if looks := w.looks(); len(looks) != 1 {
		t.Fatalf("looks %v: the bus has no say in what was seen", looks)
	}
	w.list("OLD", 200, 1, nil)
	w.mustCheck()
	w.want("new-listing, low: Carla at 100", "new-listing, low: Carla at 200")
	if looks := w.looks(); len(looks) != 1 {
		t.Errorf("looks %v", looks)
	}
}

func TestFasterOfTwoFirstLooksIsRemembered(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.list("A", 100, 0, nil)
	w.Between = func() {
		w.Clock = func() time.Time { return now.Add(hour) }
		w.mustCheck()
	}
	w.mustCheck()
	if diff := cmp.Diff(map[string]any{"c1": "2026-11-24T09:30:00.000Z"}, w.looks()); diff != "" {
		t.Errorf("looks: %s", diff)
	}
}

func TestPassThatWatchesNowhereIsNoLook(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.settings(fields{"targetAreas": []fields{{"id": "x", "type": "zip", "value": "980"}}})
	w.list("A", 100, 0, nil)
	w.mustCheck()
	w.settings(nil)
	w.mustCheck()
	w.want()
}

func TestListingWithoutPriceWaitsForOne(t *testing.T) {
	t.Parallel()
	fresh := fields{"listDate": now.Format(time.RFC3339)}
	tests := []struct {
		name     string
		baseline bool // it is seen at the first look
		first    fields
		then     fields
		alerted  bool
	}{
		{"new at the baseline", true, fresh, nil, true},
		{"old at the baseline", true, nil, nil, false},
		{"old at the baseline, whatever the date says later", true, nil, fresh, false},
		{"seen later", false, nil, nil, true},
		{"seen later as pending", false, fields{"status": "Pending"}, nil, false},
		{"seen later, pending by now", false, nil, fields{"status": "Pending"}, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			if !test.baseline {
				w.mustCheck()
			}
			w.Clock = func() time.Time { return now.Add(hour) }
			for at, price := range []any{nil, "on request", 0, -5} {
				w.list("A", price, int64(at), test.first)
				w.mustCheck()
			}
			w.want()
			if got := w.snapshots()["c1#A"]; got["price"] != 0.0 || got["firstSeenAt"] != "2026-11-24T09:30:00.000Z" || got["syncedAt"] != float64(now.UnixMilli()) {
				t.Fatalf("snapshot %v", got)
			}
			w.list("A", 400_000, 10, test.then)
			w.mustCheck()
			w.mustCheck()
			var want []string
			if test.alerted {
				want = append(want, "new-listing, low: Carla at 400000")
			}
			w.want(want...)
			w.list("A", 400_000, 11, fields{"status": "Sold"})
			w.mustCheck()
			w.list("A", 400_000, 12, nil) // once priced, it is never new again
			w.mustCheck()
			w.want(want...)
		})
	}
}

// A pass that begins later may be the one that sees a listing first, and end after one that began earlier.
func TestListingSeenByOverlappingFirstLooksIsOld(t *testing.T) {
	t.Parallel()
	w := newWorldOfSmallPages(t)
	for i := range 3 {
		w.list(fmt.Sprint("L", i), 500_000, 0, nil)
	}
	w.list("A", nil, 0, nil) // in the first page, without a price
	w.Between = func() {
		clock := w.Clock
		w.Clock = func() time.Time { return now.Add(hour) }
		var short *deadline.ShortError
		if err := w.checkOnePage(); !errors.As(err, &short) {
			t.Errorf("error %v", err)
		}
		w.Clock = clock
	}
	w.mustCheck()
	if looked, seen := w.looks()["c1"], w.snapshots()["c1#A"]["firstSeenAt"]; looked != "2026-11-24T08:30:00.000Z" || seen != "2026-11-24T09:30:00.000Z" {
		t.Fatalf("first looked at %v, the listing first seen at %v", looked, seen)
	}
	w.list("A", 400_000, 1, nil)
	w.mustCheck()
	w.want()
}

func TestListingThatLosesItsPriceIsComparedWithTheLastOne(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.list("A", 500_000, 0, nil)
	w.mustCheck()
	w.list("A", nil, 1, fields{"status": "Withdrawn"})
	w.mustCheck()
	w.want()
	w.list("A", 400_000, 2, nil)
	w.mustCheck()
	w.want("price-reduction, high: Carla 500000 -> 400000 (20 %)")
}

func TestFirstTwentyCompetitorsAreWatched(t *testing.T) {
	t.Parallel()
	for _, more := range []int{0, 1, 3} {
		w := newWorld(t)
		w.Delete("TRACKED_COMPETITOR#c1")
		total := 20 + more
		for i := range total {
			id := fmt.Sprintf("id-%02d", total-i) // their ids are in the opposite order
			added := any(now.Add(time.Duration(i) * hour).UnixMilli())
			if i%2 == 0 {
				added = now.Add(time.Duration(i) * hour).Format(time.RFC3339)
			}
			w.track(id, fields{"addedAt": added, "name": fmt.Sprint("N", i), "mlsId": fmt.Sprint("M", i)})
		}
		w.track("0-inactive", fields{"isActive": false, "addedAt": 1})
		w.track("0-elsewhere", fields{"mlsId": nil, "addedAt": 1})
		w.mustCheck()
		for i := range total {
			w.list(fmt.Sprint("L", i), 100+i, 0, fields{"listAgentMlsId": fmt.Sprint("M", i)})
		}
		if counts := w.counted(); counts[metrics.CompetitorsLeftOut] != more || counts[metrics.CompetitorsUnusable] != 0 {
			t.Errorf("%d competitors: counts %v", total, counts)
		}
		var want []string
		for i := range 20 {
			want = append(want, fmt.Sprintf("new-listing, low: N%d at %d", i, 100+i))
		}
		slices.Sort(want)
		w.want(want...)
		warnings := w.logs.FilterMessage("more competitors are tracked than are watched").All()
		if warned := len(warnings) > 0; warned != (more > 0) {
			t.Errorf("%d competitors: warnings %v", total, warnings)
		}
		for _, warning := range warnings {
			if warning.Level != zap.WarnLevel || warning.ContextMap()["leftOut"] != int64(more) {
				t.Errorf("warning %v", warning)
			}
		}
	}
}

func TestCompetitorsWithoutADateAreTheLast(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for i := range 20 {
		w.track(fmt.Sprintf("x-%02d", i), nil)
	}
	w.track("c1", fields{"mlsId": "M1", "addedAt": nil})
	w.mustCheck()
	w.list("A", 100, 0, nil)
	w.mustCheck()
	w.want()
	w.track("c1", fields{"name": "Carla", "mlsId": "M1", "addedAt": "2020-01-01"})
	w.mustCheck()
	w.list("B", 200, 0, nil)
	w.mustCheck()
	w.want("new-listing, low: Carla at 200")
}

func TestUnusableCompetitorsSpoilNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	unusable := func(sort string, data fields) { w.Put("TRACKED_COMPETITOR#"+sort, "TrackedCompetitor", data) }
	unusable("no-id", fields{"name": "X", "mlsId": "M1", "isActive": true})
	unusable("null-id", fields{"id": nil, "mlsId": "M1", "isActive": true})
	unusable("number-id", fields{"id": 5, "mlsId": "M1", "isActive": true})
	unusable("twin", fields{"id": "c1", "name": "Twin", "mlsId": "M1", "isActive": true})
	unusable("", fields{"id": "", "mlsId": "M1", "isActive": true})
	unusable("c1#A", fields{"id": "c1#A", "mlsId": "M1", "isActive": true})
	unusable("active-text", fields{"id": "active-text", "mlsId": "M1", "isActive": "yes"})
	long := strings.Repeat("i", 257)
	unusable(long, fields{"id": long, "mlsId": "M1", "isActive": true})
	unusable("empty", fields{})
	w.Put("TRACKED_COMPETITOR#foreign", "Foreign", nil) // ignored
	if got := w.counted()[metrics.CompetitorsUnusable]; got != 9 {
		t.Errorf("%d unusable competitors were counted", got)
	}
	longest := strings.Repeat("i", 256)
	w.track(longest, fields{"name": "Long", "mlsId": " M2\n", "addedAt": "soon"})
	w.track("nameless", fields{"name": " ", "mlsId": "M3", "addedAt": fields{"seconds": 5}})
	w.track("endless", fields{"name": strings.Repeat("x", 300_000), "mlsId": "M4"})
	w.mustCheck()
	w.list("A", 100, 0, nil)
	for i := 2; i <= 4; i++ {
		w.list(strings.Repeat(fmt.Sprint(i), 256), 100*i, 0, fields{"listAgentMlsId": fmt.Sprint("M", i)})
	}
	w.mustCheck()
	w.want(
		"new-listing, low: Carla at 100", "new-listing, low: Long at 200", "new-listing, low: M3 at 300", "new-listing, low: M4 at 400",
	)
}

func TestTwoCompetitorsOfOneMLSIDAreBothTold(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.track("c2", fields{"name": "Carla's team", "mlsId": "M1"})
	w.mustCheck()
	for i := range 3 {
		w.list(fmt.Sprint("L", i), 100+i, 0, nil)
	}
	w.mustCheck()
	w.mustCheck()
	w.want(
		"new-listing, low: Carla at 100", "new-listing, low: Carla at 101", "new-listing, low: Carla at 102",
		"new-listing, low: Carla's team at 100", "new-listing, low: Carla's team at 101", "new-listing, low: Carla's team at 102",
	)
}

func TestWhoseAListingIs(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		change fields
		carlas bool
	}{
		{"the provider says so", fields{"listAgentMlsId": "M1"}, true},
		{"the provider says so, with blanks", fields{"listAgentMlsId": " M1 "}, true},
		{"another agent", fields{"listAgentMlsId": "M10"}, false},
		{"another case", fields{"listAgentMlsId": "m1"}, false},
		{"the sync says so", fields{"listAgentMlsId": nil, "syncId": "hers"}, true},
		{"the provider's word before the sync's", fields{"listAgentMlsId": "M2", "syncId": "hers"}, false},
		{"another agent's sync", fields{"listAgentMlsId": nil, "syncId": "other"}, false},
		{"a sync of nobody", fields{"listAgentMlsId": nil, "syncId": "nobody"}, false},
		{"a lost sync", fields{"listAgentMlsId": nil, "syncId": "lost"}, false},
		{"nothing is known", fields{"listAgentMlsId": nil}, false},
		{"the provider's own key is no agent's", fields{"listAgentMlsId": nil, "mlsId": "M1"}, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := newWorldAfterBaseline(t)
			w.Put("MLSSYNC#hers", "SyncOperation", fields{"syncId": "hers", "agentId": "M1"})
			w.Put("MLSSYNC#other", "SyncOperation", fields{"syncId": "other", "agentId": "M2"})
			w.Put("MLSSYNC#nobody", "SyncOperation", fields{"syncId": "nobody"})
			w.list("A", 100, 0, test.change)
			w.mustCheck()
			var want []string
			if test.carlas {
				want = append(want, "new-listing, low: Carla at 100")
			}
			w.want(want...)
		})
	}
}

func TestListingThatChangesHandsIsNewForTheOther(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.track("c2", fields{"name": "Bob", "mlsId": "M2"})
	w.list("A", 100, 0, nil)
	w.mustCheck()
	w.list("A", 90, 1, fields{"listAgentMlsId": "M2"})
	w.mustCheck()
	w.want("new-listing, low: Bob at 90")
}

func TestWhereCompetitorsAreWatched(t *testing.T) {
	t.Parallel()
	zip := func(value any) fields { return fields{"id": "x", "type": "zip", "value": value} }
	for name, test := range map[string]struct {
		areas   any
		alerted bool
		unused  int
	}{
		"no areas are everywhere":      {nil, true, 0},
		"empty areas are everywhere":   {[]fields{}, true, 0},
		"unusable areas are nowhere":   {[]fields{zip("980"), zip(98029)}, false, 2},
		"one of two areas is unusable": {[]fields{zip("980"), zip("98029")}, true, 1},
		"another area":                 {[]fields{zip("98030")}, false, 0},
		"several areas give one alert": {[]fields{zip("98029"), zip("98029-1111"), {"id": "b", "type": "city", "value": "issaquah"}}, true, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorldAfterBaseline(t)
			w.settings(fields{"targetAreas": test.areas})
			w.list("A", 100, 0, nil)
			if got := w.counted()[metrics.AreasUnusable]; got != test.unused {
				t.Errorf("%d unusable areas were counted", got)
			}
			var want []string
			if test.alerted {
				want = append(want, "new-listing, low: Carla at 100")
			}
			w.want(want...)
			if followed := len(w.snapshots()) == 1; followed == (name == "unusable areas are nowhere") {
				t.Errorf("snapshots %v", w.snapshots())
			}
		})
	}
}

func TestListingWithoutAddressIsEverywhere(t *testing.T) {
	t.Parallel()
	w := newWorldAfterBaseline(t)
	w.settings(fields{"targetAreas": nil})
	w.list("A", 100, 0, fields{"address": nil})
	if counts := w.counted(); counts[metrics.ListingsUnlocated] != 0 {
		t.Errorf("counts %v", counts)
	}
	w.want("new-listing, low: Carla at 100")
}

func TestListingsThatNoPolygonCanHoldAreCounted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	corner := func(latitude, longitude float64) fields { return fields{"lat": latitude, "lng": longitude} }
	w.settings(fields{"targetAreas": []fields{{"id": "p", "type": "polygon", "value": fields{"coordinates": []fields{corner(47, -122), corner(47, -121), corner(48, -121)}}}}})
	w.list("A", 500_000, 0, nil)
	w.list("B", 500_000, 0, fields{"latitude": 147.5, "longitude": -121.5})
	w.list("C", 500_000, 0, fields{"latitude": 47.1, "longitude": -121.1})
	w.list("OTHERS", 500_000, 0, fields{"listAgentMlsId": "M9"})
	if counts := w.counted(); counts[metrics.ListingsUnlocated] != 2 || len(w.snapshots()) != 3 {
		t.Errorf("counts %v", counts)
	}
}

func TestTypesThatAreOffRaiseNothing(t *testing.T) {
	t.Parallel()
	all := map[string]string{
		"competitor-new-listing":     "new-listing, medium: Carla at 600000",
		"competitor-price-reduction": "price-reduction, low: Carla 600000 -> 540000 (10 %)",
		"competitor-withdrawal":      "withdrawal, low: Carla withdrawn after 40 days",
	}
	for alertType, want := range all {
		t.Run(alertType, func(t *testing.T) {
			t.Parallel()
			w := newWorldAfterBaseline(t)
			w.settings(fields{"enabledAlertTypes": []string{"price-reduction", alertType}})
			for at, change := range []fields{{"price": 600_000}, {"price": 540_000}, {"price": 540_000, "status": "Withdrawn"}} {
				w.list("A", change["price"], int64(at), change)
				w.mustCheck()
			}
			w.want(want)
			if got := w.snapshots()["c1#A"]; got["status"] != "withdrawn" || got["version"] != 3.0 {
				t.Errorf("the snapshot did not follow: %v", got)
			}
			w.settings(nil) // what was withheld does not come later
			w.mustCheck()
			w.want(want)
		})
	}
}

func TestWhoIsNotConcernedIsLeftAlone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.settings(fields{"enabledAlertTypes": []string{"price-reduction", "neighborhood-trend", "life-event-lead"}})
	w.list("A", 100, 0, nil)
	w.mustCheck()
	w.Delete("SETTINGS#ALERTS")
	w.mustCheck()
	w.settings(nil)
	w.Delete("TRACKED_COMPETITOR#c1")
	w.mustCheck()
	if found := w.Data("COMPETITOR_SNAPSHOT#"); len(found) != 0 {
		t.Errorf("snapshots %v", found)
	}
	w.want()
}

func TestSettingsThatCannotBeReadAreAnError(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.settings(fields{"enabledAlertTypes": "competitor-withdrawal"})
	var malformed *table.MalformedError
	if err := w.check(); !errors.As(err, &malformed) || !malformed.Permanent() {
		t.Errorf("error %v", err)
	}
}

func TestWhatTriggersAReview(t *testing.T) {
	t.Parallel()
	w := newWorldAfterBaseline(t)
	w.list("A", 100, 0, nil)
	for _, check := range events.Checks() {
		if check == "competitor" {
			continue
		}
		if err := w.watcher.CheckDue(t.Context(), checkDue(check)); err != nil {
			t.Fatal(err)
		}
	}
	published := func(userID string) error {
		return w.watcher.ContentPublished(t.Context(), events.Event[events.ContentPublished]{Detail: events.ContentPublished{UserID: userID}})
	}
	if err := published("agent-2"); err != nil {
		t.Fatal(err)
	}
	w.want()
	if err := published(agent); err != nil {
		t.Fatal(err)
	}
	w.want("new-listing, low: Carla at 100")
}

func TestRepeatingChangesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.list("A", 500_000, 0, nil)
	w.mustCheck()
	w.list("A", 400_000, 10, nil)
	for range 3 {
		w.mustCheck()
	}
	w.list("A", 400_000, 20, nil) // synced again, at the same price
	w.mustCheck()
	w.want("price-reduction, high: Carla 500000 -> 400000 (20 %)")
	if got := w.snapshots()["c1#A"]["version"]; got != 2.0 {
		t.Errorf("an unchanged listing was written: version %v", got)
	}
}

func TestDownAndUpAndDownAgainAreTwoAlerts(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for i, price := range []int{500_000, 400_000, 500_000, 400_000} {
		w.list("A", price, int64(i), nil)
		w.mustCheck()
	}
	const alerted = "price-reduction, high: Carla 500000 -> 400000 (20 %)"
	w.want(alerted, alerted)
}

func TestOlderSyncNeverOverwrites(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.list("A", 500_000, 10, nil)
	w.mustCheck()
	w.list("A", 400_000, 9, fields{"status": "Withdrawn"})
	w.mustCheck()
	w.want()
	if got := w.snapshots()["c1#A"]; got["price"] != 500000.0 || got["status"] != "active" {
		t.Errorf("snapshot %v", got)
	}
}

func TestNewestOfSeveralItemsCounts(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	imported := func(price int, at int64, listAgent string) {
		w.list(fmt.Sprintf("mlsgrid-A-%d", at), price, at, fields{"mlsNumber": "A", "mlsProvider": "mlsgrid", "listAgentMlsId": listAgent})
	}
	w.list("A", 500_000, 10, nil)
	imported(400_000, 5, "M1") // older, and cheaper
	w.mustCheck()
	w.list("A", 500_000, 20, nil)
	w.mustCheck()
	w.want()
	imported(450_000, 30, "M1")
	w.mustCheck()
	w.mustCheck()
	w.want("price-reduction, low: Carla 500000 -> 450000 (10 %)")
	imported(300_000, 40, "M2") // it is another agent's by now
	w.list("A", 350_000, 35, nil)
	w.mustCheck()
	w.want("price-reduction, low: Carla 500000 -> 450000 (10 %)")
	if got := len(w.snapshots()); got != 1 {
		t.Errorf("%d snapshots of one listing", got)
	}
}

func TestHalfWrittenItemsAreCounted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.list("A", 500_000, 0, nil)
	w.mustCheck()
	w.list("A", 400_000, 1, nil)
	w.list("B", "on request", 1, nil)
	w.list("C", -5, 1, nil)
	w.list("F", 1, 1, fields{"mlsNumber": nil})
	w.list("OTHERS", nil, 1, fields{"listAgentMlsId": "M9"})
	w.Put("COMPETITOR_SNAPSHOT#c1#H", "CompetitorSnapshot", fields{"mlsNumber": "H", "price": "nine"})
	w.list("H", 8, 1, nil)
	w.list("WEEK", 4, 7*24*3600, nil)
	counts := w.counted()
	w.want("price-reduction, high: Carla 500000 -> 400000 (20 %)")
	if counts[metrics.ListingsUnpriced] != 2 || counts[metrics.ItemsUnreadable] != 3 || counts[metrics.AlertsCreated] != 1 ||
		counts[metrics.ListingsReviewed] != 5 || counts[metrics.ListingsChanged] != 3 {
		t.Errorf("counts %v", counts)
	}
}

func TestPoisonHoldsUpNothingElse(t *testing.T) {
	t.Parallel()
	snapshot := func(w *world, changed fields) {
		data := fields{
			"mlsNumber": "A", "price": 500_000, "status": "active", "syncedAt": now.UnixMilli(), "version": 1,
			"competitorId": "c1", "firstSeenAt": "2026-11-24T08:30:00.000Z",
		}
		maps.Copy(data, changed)
		w.Put("COMPETITOR_SNAPSHOT#c1#A", "CompetitorSnapshot", data)
	}
	tests := []struct {
		name   string
		poison func(w *world)
		want   string // of listing A, which is poisoned
	}{
		{"a snapshot with a null version", func(w *world) { snapshot(w, fields{"version": nil}) }, "price-reduction, high: Carla 500000 -> 400000 (20 %)"},
		{"a snapshot synced at a text", func(w *world) { snapshot(w, fields{"syncedAt": "2026-11-24T08:30:00.000Z"}) }, "price-reduction, high: Carla 500000 -> 400000 (20 %)"},
		{"a snapshot never seen", func(w *world) { snapshot(w, fields{"firstSeenAt": nil}) }, "price-reduction, high: Carla 500000 -> 400000 (20 %)"},
		{"a snapshot first seen at no time", func(w *world) { snapshot(w, fields{"firstSeenAt": "long ago"}) }, ""},
		{"a foreign item in the snapshot's place", func(w *world) { w.Put("COMPETITOR_SNAPSHOT#c1#A", "Foreign", nil) }, "new-listing, low: Carla at 400000"}, // as if never seen
		{"a look without a time", func(w *world) { w.Put("COMPETITOR_SNAPSHOT#c1", "CompetitorSnapshot", fields{"firstLookedAt": "once"}) }, "price-reduction, high: Carla 500000 -> 400000 (20 %)"},
		{"a foreign item in the look's place", func(w *world) { w.Put("COMPETITOR_SNAPSHOT#c1", "Foreign", nil) }, "price-reduction, high: Carla 500000 -> 400000 (20 %)"},
		{"a sync that cannot be read", func(w *world) {
			w.Put("MLSSYNC#s", "SyncOperation", fields{"agentId": 5})
			w.list("S", 1, 1, fields{"listAgentMlsId": nil, "syncId": "s"})
		}, "price-reduction, high: Carla 500000 -> 400000 (20 %)"},
		{"an unreadable alert", func(w *world) {
			w.Put("ALERT_FACT#x", "AlertFact", fields{"alertId": "x", "createdAt": 5})
			w.Put("ALERT#5#x", "Alert", fields{"createdAt": "soon"})
		}, "price-reduction, high: Carla 500000 -> 400000 (20 %)"},
		{"a number too long for a key", func(w *world) {
			w.list("LONG", 1, 1, fields{"mlsNumber": strings.Repeat("9", 1500)})
		}, "price-reduction, high: Carla 500000 -> 400000 (20 %)"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.list("A", 500_000, 0, nil)
			w.list("B", 500_000, 0, nil)
			w.mustCheck()
			test.poison(w)
			w.list("A", 400_000, 1, nil)
			w.list("B", 450_000, 1, nil)
			w.mustCheck()
			want := []string{"price-reduction, low: Carla 500000 -> 450000 (10 %)"}
			if test.want != "" {
				want = append(want, test.want)
			}
			slices.Sort(want)
			if diff := cmp.Diff(want, w.alerts()); diff != "" || len(w.Told()) != len(want) {
				t.Errorf("alerts: %s, told %v", diff, w.Told())
			}
		})
	}
}

func TestNumbersWithHashesAreToldApart(t *testing.T) {
	t.Parallel()
	w := newWorldAfterBaseline(t)
	w.track("c1-2", fields{"name": "Bob", "mlsId": "M2"})
	w.mustCheck()
	w.list("2#A", 100, 0, nil)
	w.list("A", 200, 0, nil)
	w.list("#", 300, 0, fields{"listAgentMlsId": "M2"})
	w.mustCheck()
	w.mustCheck()
	w.want("new-listing, low: Bob at 300", "new-listing, low: Carla at 100", "new-listing, low: Carla at 200")
}

func TestDeletedAlertDoesNotComeBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.list("A", 500_000, 0, nil)
	w.mustCheck()
	snapshot := w.snapshots()["c1#A"]
	w.list("A", 400_000, 1, nil)
	w.mustCheck()
	for sort := range w.Data("ALERT#") {
		w.Delete("ALERT#" + sort)
	}
	w.Put("COMPETITOR_SNAPSHOT#c1#A", "CompetitorSnapshot", snapshot) // as if restored from a backup: the reduction is found again
	w.mustCheck()
	if got := w.alerts(); got != nil {
		t.Errorf("alerts %v", got)
	}
	if got := w.snapshots()["c1#A"]["price"]; got != 400000.0 {
		t.Errorf("the snapshot did not follow: %v", got)
	}
	if got := w.Told(); len(got) != 1 {
		t.Errorf("the bus was told %v", got)
	}
}

func TestRefusedAlertIsToldByTheRetry(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		change fields
		want   string
	}{
		"new listing":     {fields{"mlsNumber": "N"}, "new-listing, low: Carla at 400000"},
		"reduction":       {nil, "price-reduction, high: Carla 500000 -> 400000 (20 %)"},
		"left the market": {fields{"status": "Expired"}, "withdrawal, low: Carla expired after 40 days"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			for i := range 10 {
				w.list(fmt.Sprint("L", i), 500_000, 0, nil)
			}
			w.mustCheck()
			for i := range 10 {
				change := maps.Clone(test.change)
				if number, isNew := change["mlsNumber"]; isNew {
					change["mlsNumber"] = fmt.Sprint(number, i)
				}
				w.list(fmt.Sprint("L", i), 400_000, 1, change)
			}
			w.Bus.Refuse(1, "AccessDeniedException") // not one that the publisher sends again
			var refused *events.RefusedError
			if err := w.check(); !errors.As(err, &refused) {
				t.Fatalf("error %v", err)
			}
			if got := len(w.Told()); got != 9 {
				t.Fatalf("%d of 10 were told", got)
			}
			for _, other := range allTypes { // what is stored is told all the same
				w.settings(fields{"enabledAlertTypes": []string{other}})
				w.mustCheck()
			}
			w.want(slices.Repeat([]string{test.want}, 10)...)
		})
	}
}

// The agent may want no such alerts any more when the event is tried again: those that are stored are told all the same.
func TestRefusedAlertIsToldByTheRetryOfWhoWatchesNoMore(t *testing.T) {
	t.Parallel()
	for name, watchNoMore := range map[string]func(*world){
		"no type":       func(w *world) { w.settings(fields{"enabledAlertTypes": []string{}}) },
		"no area":       func(w *world) { w.settings(fields{"targetAreas": []fields{{"id": "a", "type": "zip", "value": ""}}}) },
		"no competitor": func(w *world) { w.Delete("TRACKED_COMPETITOR#c1") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorldAfterBaseline(t)
			w.list("N", 400_000, 1, nil)
			w.Bus.Refuse(1, "AccessDeniedException")
			if err := w.check(); err == nil {
				t.Fatal("no error")
			}
			watchNoMore(w)
			w.mustCheck()
			w.want("new-listing, low: Carla at 400000")
		})
	}
}

func TestListingThatChangesMeanwhileIsLookedAtAfresh(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		between fields
		want    []string
	}{
		"another price": {fields{"price": 300_000}, []string{"price-reduction, high: Carla 500000 -> 300000 (40 %)"}},
		"another agent": {fields{"listAgentMlsId": "M2"}, nil},
		"another area":  {fields{"address": fields{"zip": "98030"}}, nil},
		"no news":       {fields{"price": 500_000}, nil},
		"withdrawn":     {fields{"status": "Withdrawn"}, []string{"withdrawal, low: Carla withdrawn after 40 days"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.list("A", 500_000, 0, nil)
			w.mustCheck()
			w.list("A", 400_000, 1, nil)
			w.Between = func() { w.list("A", 400_000, 2, test.between) }
			w.mustCheck()
			w.want(test.want...)
		})
	}
}

func TestPassThatOvertakesAnotherIsNotRepeated(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.list("A", 500_000, 0, nil)
	w.list("B", 500_000, 0, fields{"listDate": now.Format(time.RFC3339)})
	w.Between = w.mustCheck
	w.mustCheck()
	w.want("new-listing, low: Carla at 500000")
	w.list("A", 400_000, 1, nil)
	w.list("B", 500_000, 1, fields{"status": "Withdrawn"})
	w.list("C", 500_000, 1, nil)
	w.Between = w.mustCheck
	w.mustCheck()
	w.want(
		"new-listing, low: Carla at 500000", "new-listing, low: Carla at 500000",
		"price-reduction, high: Carla 500000 -> 400000 (20 %)", "withdrawal, low: Carla withdrawn after 40 days",
	)
	for key, version := range map[string]any{"c1#A": 2.0, "c1#B": 2.0, "c1#C": 1.0} {
		if got := w.snapshots()[key]["version"]; got != version {
			t.Errorf("the snapshot of %s has version %v", key, got)
		}
	}
}

func TestSnapshotThatMovesMeanwhileIsNotOverwritten(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.list("A", 500_000, 1, nil)
	w.list("mls-B-1", 1, 0, nil) // so that the agent is known to have imported listings
	w.mustCheck()
	w.list("A", 500_000, 2, fields{"status": "Pending"})
	w.Between = func() {
		w.list("mls-A-3", 500_000, 3, fields{"mlsNumber": "A", "status": "Sold"})
		w.mustCheck()
	}
	w.mustCheck()
	if got := w.snapshots()["c1#A"]; got["status"] != "sold" || got["version"] != 2.0 {
		t.Errorf("snapshot %v", got)
	}
}

func TestWatchersDoNotDisturbEachOther(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.settings(fields{"enabledAlertTypes": append([]string{"price-reduction"}, allTypes...)})
	prices := reduction.New(w.Items(), w.Alerts(), w.Now)
	synced := func() {
		t.Helper()
		err := prices.SyncCompleted(t.Context(), events.Event[events.IntegrationSyncCompleted]{
			Detail: events.IntegrationSyncCompleted{UserID: agent, Provider: "mls"},
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	w.list("A", 500_000, 0, nil)
	synced()
	w.mustCheck()
	w.list("A", 490_000, 1, nil) // followed by one of them alone
	synced()
	w.list("A", 400_000, 2, nil)
	w.Between = synced
	w.mustCheck()
	w.list("A", 400_000, 3, fields{"status": "Withdrawn"})
	w.mustCheck()
	w.mustCheck()
	var types []string
	for _, data := range w.Data("ALERT#") {
		details := data["data"].(fields)
		types = append(types, fmt.Sprintf("%s %v -> %v", data["type"], details["originalPrice"], details["newPrice"]))
	}
	slices.Sort(types)
	if diff := cmp.Diff([]string{
		"competitor-price-reduction 500000 -> 400000", "competitor-withdrawal <nil> -> <nil>",
		"price-reduction 490000 -> 400000", "price-reduction 500000 -> 490000",
	}, types); diff != "" {
		t.Errorf("alerts: %s", diff)
	}
	w.ToldOnce(4)
	own, others := w.snapshots()["c1#A"], w.Data("LISTING_SNAPSHOT#")["A"]
	if own["status"] != "withdrawn" || own["version"] != 3.0 || others["status"] != "active" || others["version"] != 3.0 {
		t.Errorf("snapshots %v and %v", own, others)
	}
}

func TestAreaThatIsAddedMakesNoOldListingNew(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.settings(fields{"targetAreas": []fields{{"id": "z", "type": "zip", "value": "98101"}}})
	w.list("A", 100, 0, nil)
	w.mustCheck()
	w.list("B", 200, 1, nil) // new, but elsewhere
	w.mustCheck()
	w.want()
	w.settings(fields{"targetAreas": []fields{{"id": "z", "type": "zip", "value": "98101"}, {"id": "y", "type": "zip", "value": "98029"}}})
	w.list("C", 300, 2, nil)
	w.mustCheck()
	w.want("new-listing, low: Carla at 300")
}

func TestAnotherMLSIDIsLookedAtFirstAnew(t *testing.T) {
	t.Parallel()
	w := newWorldAfterBaseline(t)
	w.list("A", 100, 0, fields{"listAgentMlsId": "M2"})
	w.list("B", 200, 0, fields{"listAgentMlsId": "M2"})
	w.track("c1", fields{"name": "Carla", "mlsId": "M2"})
	w.mustCheck()
	w.want()
	w.list("C", 300, 1, fields{"listAgentMlsId": "M2"})
	w.mustCheck()
	w.want("new-listing, low: Carla at 300")
}
