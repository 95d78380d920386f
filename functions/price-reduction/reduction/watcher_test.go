package reduction_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bayon-coagent/event-consumers/functions/price-reduction/reduction"
	"github.com/bayon-coagent/event-consumers/internal/alert"
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

var now = platformtest.Now()

// world is one agent's part of the platform, with a watcher on it.
type world struct {
	*platformtest.World

	t       testing.TB
	watcher *reduction.Watcher
}

func newWorld(t testing.TB) *world { return newWorldOf(t, dynamo.Config{}) }

func newWorldOf(t testing.TB, config dynamo.Config) *world {
	t.Helper()
	w := &world{World: platformtest.NewWorldOf(t, config), t: t}
	w.watcher = reduction.New(w.Items(), w.Alerts(), w.Now)
	w.settings(nil)
	return w
}

// settings stores the agent's settings: price reductions in zip 98029, but for what is changed.
func (w *world) settings(changed fields) {
	w.t.Helper()
	w.Settings(alert.PriceReduction, changed)
}

func (w *world) sync() error {
	return w.watcher.SyncCompleted(context.Background(), events.Event[events.IntegrationSyncCompleted]{
		Detail: events.IntegrationSyncCompleted{SyncID: "s", UserID: agent, Provider: "mls"},
	})
}

func (w *world) mustSync() {
	w.t.Helper()
	if err := w.sync(); err != nil {
		w.t.Fatal(err)
	}
}

// alerts are the stored alerts in words, sorted.
func (w *world) alerts() []string {
	var words []string
	for _, data := range w.Data("ALERT#") {
		details, readable := data["data"].(fields)
		if !readable {
			continue // poison
		}
		words = append(words, fmt.Sprintf("%s: %v -> %v (%v %%)", data["priority"], details["originalPrice"], details["newPrice"], details["priceReductionPercent"]))
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

func TestReductionBecomesOneAlert(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.List("A", 500_000, 0, nil)
	w.List("B", 400_000, 0, nil)
	w.mustSync()
	w.want()
	w.List("A", 450_000, 10, nil)
	w.mustSync()
	w.want("high: 500000 -> 450000 (10 %)")

	var stored fields
	for _, data := range w.Data("ALERT#") {
		stored = data
	}
	want := fields{
		"propertyAddress": "1 Main St, Issaquah, WA 98029", "originalPrice": 500000.0, "newPrice": 450000.0, "priceReduction": 50000.0,
		"priceReductionPercent": 10.0, "daysOnMarket": 40.0,
		"propertyDetails": fields{"bedrooms": 3.0, "bathrooms": 2.5, "squareFeet": 1500.0, "propertyType": "Residential"},
	}
	if diff := cmp.Diff(want, stored["data"]); diff != "" {
		t.Error(diff)
	}
	if stored["status"] != "unread" || stored["type"] != "price-reduction" || stored["createdAt"] != "2026-11-24T08:30:00.000Z" || stored["userId"] != agent {
		t.Errorf("alert %v", stored)
	}
	var told fields
	if err := json.Unmarshal(eventstest.Published[events.AlertCreated](t, w.Bus)[0].Detail.Data, &told); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, told); diff != "" {
		t.Errorf("the bus was told something else than what is stored: %s", diff)
	}
	snapshots := w.Data("LISTING_SNAPSHOT#")
	wantSnapshot := fields{"mlsNumber": "A", "price": 450000.0, "status": "active", "syncedAt": float64(now.UnixMilli() + 10_000), "version": 2.0}
	if diff := cmp.Diff(wantSnapshot, snapshots["A"]); diff != "" {
		t.Errorf("snapshot: %s", diff)
	}
	wantHistory := fields{
		"mlsNumber": "A", "propertyAddress": "1 Main St, Issaquah, WA 98029", "lastUpdated": "2026-11-24T08:30:00.000Z",
		"priceHistory": []any{
			fields{"date": "2026-11-24T08:30:00.000Z", "price": 500000.0, "source": "mls"},
			fields{"date": "2026-11-24T08:30:10.000Z", "price": 450000.0, "source": "mls"},
		},
	}
	if diff := cmp.Diff(wantHistory, w.Data("PRICE_HISTORY#")["A"]); diff != "" {
		t.Errorf("history: %s", diff)
	}
}

func TestRepeatingChangesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.List("A", 500_000, 0, nil)
	w.mustSync()
	w.List("A", 490_000, 10, nil)
	for range 3 {
		w.mustSync()
	}
	w.want("low: 500000 -> 490000 (2 %)")
	w.List("A", 490_000, 20, nil) // synced again, at the same price
	w.mustSync()
	w.want("low: 500000 -> 490000 (2 %)")
	if got := w.Data("LISTING_SNAPSHOT#")["A"]["version"]; got != 2.0 {
		t.Errorf("an unchanged listing was written: version %v", got)
	}
}

func TestUpAndDownAgainAreTwoAlerts(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for i, price := range []int{500_000, 490_000, 500_000, 490_000} {
		w.List("A", price, int64(i), nil)
		w.mustSync()
	}
	w.want("low: 500000 -> 490000 (2 %)", "low: 500000 -> 490000 (2 %)")
}

func TestOlderSyncNeverOverwrites(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.List("A", 500_000, 10, nil)
	w.mustSync()
	w.List("A", 400_000, 9, nil)
	w.mustSync()
	w.want()
	if got := w.Data("LISTING_SNAPSHOT#")["A"]["price"]; got != 500000.0 {
		t.Errorf("snapshot at %v", got)
	}
}

func TestWithheldAlertsStillMoveTheSnapshot(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		filters fields
		alerted bool
	}{
		{"no filter", nil, true},
		{"empty filter", fields{}, true},
		{"at the lower bound", fields{"min": 450_000}, true},
		{"under the lower bound", fields{"min": 450_000.01}, false},
		{"at the upper bound", fields{"max": 450_000}, true},
		{"over the upper bound", fields{"max": 449_999.99}, false},
		{"within both", fields{"min": 1, "max": 450_000}, true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			if test.filters != nil {
				w.settings(fields{"priceRangeFilters": test.filters})
			}
			w.List("A", 500_000, 0, nil)
			w.mustSync()
			w.List("A", 450_000, 10, nil)
			w.mustSync()
			if got := len(w.alerts()) == 1; got != test.alerted {
				t.Errorf("alerts %v", w.alerts())
			}
			if got := w.Data("LISTING_SNAPSHOT#")["A"]["price"]; got != 450000.0 {
				t.Errorf("snapshot at %v", got)
			}
			if got := len(w.Data("PRICE_HISTORY#")["A"]["priceHistory"].([]any)); got != 2 {
				t.Errorf("%d prices in the history", got)
			}
		})
	}
}

func TestWhoGetsNoAlerts(t *testing.T) {
	t.Parallel()
	for name, changed := range map[string]fields{
		"type not enabled":    {"enabledAlertTypes": []string{"neighborhood-trend"}},
		"no areas":            {"targetAreas": []fields{}},
		"only unusable areas": {"targetAreas": []fields{{"id": "x", "type": "zip", "value": "980"}, {"id": "y", "type": "zip", "value": 98029}}},
		"another area":        {"targetAreas": []fields{{"id": "x", "type": "zip", "value": "98030"}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.settings(changed)
			w.List("A", 500_000, 0, nil)
			w.mustSync()
			w.List("A", 400_000, 1, nil)
			w.mustSync()
			w.want()
			if len(w.Data("LISTING_SNAPSHOT#")) != 0 {
				t.Error("a listing that nobody watches was followed")
			}
		})
	}
}

func TestSeveralAreasGiveOneAlert(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.settings(fields{"targetAreas": []fields{
		{"id": "a", "type": "zip", "value": "98029"}, {"id": "b", "type": "city", "value": "issaquah"}, {"id": "c", "type": "zip", "value": "98029-1111"},
	}})
	w.List("A", 500_000, 0, nil)
	w.mustSync()
	w.List("A", 490_000, 1, nil)
	w.mustSync()
	w.want("low: 500000 -> 490000 (2 %)")
}

func TestSettingsThatCannotBeReadAreAnError(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.settings(fields{"enabledAlertTypes": "price-reduction"})
	var malformed *table.MalformedError
	if err := w.sync(); !errors.As(err, &malformed) || !malformed.Permanent() {
		t.Errorf("error %v", err)
	}
}

func TestOtherSyncsAndChecksAreNotOurs(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.List("A", 500_000, 0, nil)
	sync := func(provider string) {
		t.Helper()
		err := w.watcher.SyncCompleted(t.Context(), events.Event[events.IntegrationSyncCompleted]{
			Detail: events.IntegrationSyncCompleted{UserID: agent, Provider: provider},
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	sync("facebook")
	if err := w.watcher.CheckDue(t.Context(), events.Event[events.CheckDue]{Detail: events.CheckDue{Check: "trend", UserID: agent}}); err != nil {
		t.Fatal(err)
	}
	if len(w.Data("LISTING_SNAPSHOT#")) != 0 {
		t.Fatal("a sync that brings no listings was followed")
	}
	for i, provider := range []string{"mls", "mlsgrid", "bridgeInteractive"} {
		w.List("A", 500_000-i, int64(i), nil)
		sync(provider)
		if got := w.Data("LISTING_SNAPSHOT#")["A"]["version"]; got != float64(i+1) {
			t.Errorf("%s: version %v", provider, got)
		}
	}
	w.List("A", 400_000, 9, nil)
	if err := w.watcher.CheckDue(t.Context(), events.Event[events.CheckDue]{Detail: events.CheckDue{Check: "price", UserID: agent}}); err != nil {
		t.Fatal(err)
	}
	if len(w.alerts()) != 3 {
		t.Errorf("alerts %v", w.alerts())
	}
}

func TestNewestOfSeveralItemsCounts(t *testing.T) {
	t.Parallel()
	imported := func(price int, at int64) (string, any, int64, fields) {
		return fmt.Sprintf("mlsgrid-A-%d", at), price, at, fields{"mlsNumber": "A", "mlsProvider": "mlsgrid"}
	}
	w := newWorld(t)
	w.List("A", 500_000, 10, nil)
	w.List(imported(400_000, 5)) // older, and cheaper
	w.mustSync()
	w.List("A", 500_000, 20, nil)
	w.mustSync()
	w.want()
	w.List(imported(480_000, 30))
	w.mustSync()
	w.mustSync()
	w.want("low: 500000 -> 480000 (4 %)")
	if got := len(w.Data("LISTING_SNAPSHOT#")); got != 1 {
		t.Errorf("%d snapshots of one listing", got)
	}
}

func TestHalfWrittenListingsSpoilNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.List("A", 500_000, 0, nil)
	w.List("B", 500_000, 0, nil)
	w.mustSync()
	w.List("A", 490_000, 1, nil)
	w.List("B", "on request", 1, nil)
	w.List("C", 0, 1, nil)
	w.List("D", -5, 1, nil)
	w.List("E", nil, 1, nil)
	w.List("F", 1, 1, fields{"mlsNumber": nil})
	w.Put("PRICE_HISTORY#G", "PriceHistory", fields{"priceHistory": "none"})
	w.Put("LISTING_SNAPSHOT#G", "ListingSnapshot", fields{"mlsNumber": "G", "price": 9, "version": 1})
	w.List("G", 8, 1, nil)
	w.Put("LISTING_SNAPSHOT#H", "ListingSnapshot", fields{"mlsNumber": "H", "price": "nine"})
	w.List("H", 8, 1, nil)
	ctx, tally := metrics.WithTally(t.Context())
	err := w.watcher.SyncCompleted(ctx, events.Event[events.IntegrationSyncCompleted]{
		Detail: events.IntegrationSyncCompleted{UserID: agent, Provider: "mls"},
	})
	if err != nil {
		t.Fatal(err)
	}
	w.want("low: 500000 -> 490000 (2 %)", "medium: 9 -> 8 (11.11 %)")
	counts := tally.Counts()
	if counts[metrics.ListingsUnpriced] != 4 || counts[metrics.ItemsUnreadable] != 3 || counts[metrics.AlertsCreated] != 2 {
		t.Errorf("counts %v", counts)
	}
	w.List("B", 480_000, 2, nil) // has a price again: compared with the last one
	w.mustSync()
	w.want("low: 500000 -> 480000 (4 %)", "low: 500000 -> 490000 (2 %)", "medium: 9 -> 8 (11.11 %)")
}

func TestPoisonHoldsUpNothingElse(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		poison  func(w *world)
		alerted bool // whether listing A, which is poisoned, is alerted all the same
	}{
		{"a snapshot without a version", func(w *world) {
			w.Put("LISTING_SNAPSHOT#A", "ListingSnapshot", fields{"mlsNumber": "A", "price": 500_000, "status": "active", "syncedAt": now.UnixMilli()})
		}, true},
		{"a snapshot with a null version", func(w *world) {
			w.Put("LISTING_SNAPSHOT#A", "ListingSnapshot", fields{"mlsNumber": "A", "price": 500_000, "status": "active", "version": nil})
		}, true},
		{"a snapshot synced at a text", func(w *world) {
			w.Put("LISTING_SNAPSHOT#A", "ListingSnapshot", fields{
				"mlsNumber": "A", "price": 500_000, "status": "active", "version": 1, "syncedAt": "2026-11-24T08:30:00.000Z",
			})
		}, true},
		{"a foreign item in the snapshot's place", func(w *world) { w.Put("LISTING_SNAPSHOT#A", "Foreign", nil) }, false},
		{"a history without prices", func(w *world) { w.Put("PRICE_HISTORY#A", "PriceHistory", fields{"mlsNumber": "A"}) }, true},
		{"a history with null prices", func(w *world) { w.Put("PRICE_HISTORY#A", "PriceHistory", fields{"priceHistory": nil}) }, true},
		{"a foreign item in the history's place", func(w *world) { w.Put("PRICE_HISTORY#A", "Foreign", nil) }, true},
		{"an unreadable alert fact", func(w *world) { w.Put("ALERT_FACT#x", "AlertFact", fields{"alertId": "x", "createdAt": "soon"}) }, true},
		{"an unreadable alert", func(w *world) {
			w.Put("ALERT_FACT#x", "AlertFact", fields{"alertId": "x", "createdAt": 5})
			w.Put("ALERT#5#x", "Alert", fields{"createdAt": "soon"})
		}, true},
		{"a number too long for a key", func(w *world) {
			w.List("LONG", 1, 1, fields{"mlsNumber": strings.Repeat("9", 1500)})
		}, true},
		{"an endless address", func(w *world) {
			w.List("HUGE", 2, 1, fields{"address": fields{"street": strings.Repeat("x", 300_000), "zip": "98029"}})
		}, true},
		{"a sync in microseconds", func(w *world) { w.List("MICRO", 3, 0, fields{"syncedAt": now.UnixMicro()}) }, true},
		{"a sync of next week", func(w *world) { w.List("WEEK", 4, 7*24*3600, nil) }, true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.List("A", 500_000, 0, nil)
			w.List("B", 500_000, 0, nil)
			w.mustSync()
			test.poison(w)
			w.List("A", 490_000, 1, nil)
			w.List("B", 480_000, 1, nil)
			w.mustSync()
			want := []string{"low: 500000 -> 480000 (4 %)"}
			if test.alerted {
				want = append(want, "low: 500000 -> 490000 (2 %)")
			}
			if diff := cmp.Diff(want, w.alerts()); diff != "" || len(w.Told()) != len(want) {
				t.Errorf("alerts: %s, told %v", diff, w.Told())
			}
		})
	}
}

func TestProviderThatMendsItsClockIsHeardAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.List("A", 500_000, 0, fields{"syncedAt": now.UnixMicro()})
	w.mustSync()
	w.List("A", 490_000, 1, fields{"syncedAt": now.UnixMicro() + 1})
	w.mustSync()
	w.List("A", 480_000, 2, nil)
	w.mustSync()
	w.want("low: 490000 -> 480000 (2.04 %)", "low: 500000 -> 490000 (2 %)")
}

func TestNewerImportThatBringsNoNewsStillCounts(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.List("A", 500_000, 10, nil)
	w.List("mls-B-1", 1, 0, nil) // so that the agent is known to have imported listings
	w.mustSync()
	w.List("A", 490_000, 20, nil)
	w.Between = func() { // while 490 000 is about to be written, a newer import says 500 000 again
		w.List("mls-A-30", 500_000, 30, fields{"mlsNumber": "A"})
		w.mustSync()
	}
	w.mustSync()
	w.want()
	if got := w.Data("LISTING_SNAPSHOT#")["A"]; got["price"] != 500000.0 || got["version"] != 1.0 {
		t.Errorf("snapshot %v", got)
	}
}

func TestListingsThatNoPolygonCanHoldAreCounted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	corner := func(latitude, longitude float64) fields { return fields{"lat": latitude, "lng": longitude} }
	w.settings(fields{"targetAreas": []fields{{"id": "p", "type": "polygon", "value": fields{"coordinates": []fields{corner(47, -122), corner(47, -121), corner(48, -121)}}}}})
	w.List("A", 500_000, 0, nil)
	w.List("B", 500_000, 0, fields{"latitude": 147.5, "longitude": -121.5})
	w.List("C", 500_000, 0, fields{"latitude": 47.1, "longitude": -121.1})
	ctx, tally := metrics.WithTally(t.Context())
	err := w.watcher.SyncCompleted(ctx, events.Event[events.IntegrationSyncCompleted]{Detail: events.IntegrationSyncCompleted{UserID: agent, Provider: "mls"}})
	if err != nil || tally.Counts()[metrics.ListingsUnlocated] != 2 || len(w.Data("LISTING_SNAPSHOT#")) != 1 {
		t.Errorf("error %v, counts %v", err, tally.Counts())
	}
}

func TestDeletedAlertDoesNotComeBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.List("A", 500_000, 0, nil)
	w.mustSync()
	snapshot := w.Data("LISTING_SNAPSHOT#")["A"]
	w.List("A", 490_000, 1, nil)
	w.mustSync()
	for sort := range w.Data("ALERT#") {
		w.Delete("ALERT#" + sort)
	}
	w.Put("LISTING_SNAPSHOT#A", "ListingSnapshot", snapshot) // as if restored from a backup: the reduction is found again
	w.mustSync()
	if got := w.alerts(); got != nil {
		t.Errorf("alerts %v", got)
	}
	if got := w.Data("LISTING_SNAPSHOT#")["A"]["price"]; got != 490000.0 {
		t.Errorf("the snapshot did not follow: %v", got)
	}
	if got := w.Told(); len(got) != 1 {
		t.Errorf("the bus was told %v", got)
	}
}

func TestRefusedAlertIsToldByTheRetry(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for i := range 10 {
		w.List(fmt.Sprintf("L%d", i), 500_000, 0, nil)
	}
	w.mustSync()
	for i := range 10 {
		w.List(fmt.Sprintf("L%d", i), 490_000, 1, nil)
	}
	w.Bus.Refuse(1, "AccessDeniedException") // not one that the publisher sends again
	var refused *events.RefusedError
	if err := w.sync(); !errors.As(err, &refused) {
		t.Fatalf("error %v", err)
	}
	if got := len(w.Told()); got != 9 {
		t.Fatalf("%d of 10 were told", got)
	}
	w.mustSync()
	var want []string
	for range 10 {
		want = append(want, "low: 500000 -> 490000 (2 %)")
	}
	w.want(want...)
}

// The agent may want no such alerts any more when the event is tried again: those that are stored are told all the same.
func TestRefusedAlertIsToldByTheRetryOfWhoWatchesNoMore(t *testing.T) {
	t.Parallel()
	for name, watchesNoMore := range map[string]fields{"no type": {"enabledAlertTypes": []string{}}, "no area": {"targetAreas": []fields{}}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.List("A", 500_000, 0, nil)
			w.mustSync()
			w.List("A", 490_000, 1, nil)
			w.Bus.Refuse(1, "AccessDeniedException")
			if err := w.sync(); err == nil {
				t.Fatal("no error")
			}
			w.settings(watchesNoMore)
			w.Bus.Refuse(1, "AccessDeniedException")
			if err := w.sync(); err == nil {
				t.Error("no error, though the bus still does not know")
			}
			w.mustSync()
			w.want("low: 500000 -> 490000 (2 %)")
		})
	}
}

func TestListingThatChangesMeanwhileIsLookedAtAfresh(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.List("A", 500_000, 0, nil)
	w.mustSync()
	w.List("A", 490_000, 1, nil)
	w.Between = func() { w.List("A", 480_000, 2, nil) }
	w.mustSync()
	w.want("low: 500000 -> 480000 (4 %)")
}

func TestReviewThatOvertakesAnotherIsNotRepeated(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.List("A", 500_000, 0, nil)
	w.List("B", 500_000, 0, nil)
	w.Between = w.mustSync
	w.mustSync()
	w.List("A", 490_000, 1, nil)
	w.List("B", 500_000, 1, fields{"status": "Pending"})
	w.Between = w.mustSync
	w.mustSync()
	w.want("low: 500000 -> 490000 (2 %)")
	for number, snapshot := range w.Data("LISTING_SNAPSHOT#") {
		if snapshot["version"] != 2.0 {
			t.Errorf("the snapshot of %s has version %v after one change", number, snapshot["version"])
		}
	}
	if points := w.Data("PRICE_HISTORY#")["A"]["priceHistory"].([]any); len(points) != 2 {
		t.Errorf("history %v", points)
	}
}

func TestSnapshotThatMovesMeanwhileIsNotOverwritten(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.List("A", 500_000, 0, nil)
	w.List("mls-B-1", 1, 0, nil) // so that the agent is known to have imported listings
	w.mustSync()
	w.List("A", 500_000, 1, fields{"status": "Pending"})
	w.Between = func() {
		w.List("mls-A-2", 500_000, 2, fields{"mlsNumber": "A", "status": "Sold"})
		w.mustSync()
	}
	w.mustSync()
	if got := w.Data("LISTING_SNAPSHOT#")["A"]; got["status"] != "sold" || got["version"] != 2.0 {
		t.Errorf("snapshot %v", got)
	}
}

func TestStopsBetweenPagesWhenTimeRunsShort(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	padding := strings.Repeat("x", 20_000) // so that a page of a megabyte holds some fifty
	for i := range 120 {
		w.List(fmt.Sprintf("L%03d", i), 500_000, 0, fields{"notes": padding})
	}
	ctx, cancel := context.WithDeadline(t.Context(), now.Add(100*time.Hour*24*365))
	defer cancel()
	end, _ := ctx.Deadline()
	ctx = deadline.Start(ctx, now)
	w.Clock = func() time.Time { return end.Add(-end.Sub(now)/10 + time.Second) } // less than a tenth is left
	run := func() error {
		return w.watcher.SyncCompleted(ctx, events.Event[events.IntegrationSyncCompleted]{Detail: events.IntegrationSyncCompleted{UserID: agent, Provider: "mls"}})
	}
	var short *deadline.ShortError
	if err := run(); !errors.As(err, &short) || !strings.Contains(short.Progress, "listings") {
		t.Fatalf("error %v", err)
	}
	first := len(w.Data("LISTING_SNAPSHOT#"))
	if first == 0 || first == 120 {
		t.Fatalf("%d listings were followed", first)
	}
	w.Clock = func() time.Time { return now }
	if err := run(); err != nil {
		t.Fatal(err)
	}
	if got := len(w.Data("LISTING_SNAPSHOT#")); got != 120 {
		t.Errorf("%d listings were followed after the retry", got)
	}
}
