package trend_test

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

	"github.com/bayon-coagent/event-consumers/functions/trend-detector/trend"
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

var now = platformtest.Now() // in November 2026

// world is one agent's part of the platform, with a watcher on it.
type world struct {
	*platformtest.World

	t       testing.TB
	watcher *trend.Watcher
}

func newWorld(t testing.TB) *world { return newWorldOf(t, dynamo.Config{}) }

func newWorldOf(t testing.TB, config dynamo.Config) *world {
	t.Helper()
	w := &world{World: platformtest.NewWorldOf(t, config), t: t}
	w.watcher = trend.New(w.Items(), w.Alerts(), w.Now)
	w.settings(nil)
	return w
}

// settings stores the agent's settings: trends in zip 98029, but for what is changed.
func (w *world) settings(changed fields) {
	w.t.Helper()
	w.Settings(alert.NeighborhoodTrend, changed)
}

// areas stores the agent's settings with these target areas.
func (w *world) areas(areas ...fields) {
	w.t.Helper()
	w.settings(fields{"targetAreas": areas})
}

// put stores the row of a month of zip 98029, but for what is changed: ten active listings of 500 000 after 40 days.
func (w *world) put(month string, changed fields) {
	w.t.Helper()
	w.putIn("98029", month, changed)
}

func (w *world) putIn(neighborhood, month string, changed fields) {
	w.t.Helper()
	data := fields{
		"neighborhood": neighborhood, "period": month, "medianPrice": 500_000, "inventoryLevel": 10, "avgDaysOnMarket": 40,
		"salesVolume": 1, "sampleSize": 10, "calculatedAt": month + "-28T07:00:00.000Z",
	}
	for name, value := range changed {
		if data[name] = value; value == nil {
			delete(data, name)
		}
	}
	w.Put("TREND#"+neighborhood+"#"+month, "TrendIndicators", data)
}

// list stores so many active listings at a price.
func (w *world) list(count, price int, changed fields) {
	w.t.Helper()
	for i := range count {
		w.List(fmt.Sprintf("L%03d", i), price, 0, changed)
	}
}

func (w *world) syncIn(ctx context.Context) error {
	return w.watcher.SyncCompleted(ctx, events.Event[events.IntegrationSyncCompleted]{
		Detail: events.IntegrationSyncCompleted{SyncID: "s", UserID: agent, Provider: "mls"},
	})
}

func (w *world) sync() error { return w.syncIn(context.Background()) }

func (w *world) mustSync() {
	w.t.Helper()
	if err := w.sync(); err != nil {
		w.t.Fatal(err)
	}
}

// counted are the counts of a pass that must succeed.
func (w *world) counted() map[metrics.Count]int {
	w.t.Helper()
	ctx, tally := metrics.WithTally(context.Background())
	if err := w.syncIn(ctx); err != nil {
		w.t.Fatal(err)
	}
	return tally.Counts()
}

// alerts are the stored alerts in words, sorted.
func (w *world) alerts() []string {
	var words []string
	for _, data := range w.Data("ALERT#") {
		details, readable := data["data"].(fields)
		if !readable {
			continue // poison
		}
		words = append(words, fmt.Sprintf("%s: %s %s %v -> %v (%v %%)", data["priority"], details["neighborhood"], details["trendType"],
			details["previousValue"], details["currentValue"], details["changePercent"]))
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

// rises is the alert of a median price that rose from 500 000 to 600 000 in zip 98029.
const rises = "medium: 98029 price-increase 500000 -> 600000 (20 %)"

func TestTrendsBecomeOneAlertEach(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.put("2026-10", nil)
	w.put("2026-09", fields{"medianPrice": 400_000, "inventoryLevel": 21, "avgDaysOnMarket": 50})
	w.put("2026-01", fields{"medianPrice": 300_000.01, "inventoryLevel": 2, "avgDaysOnMarket": 10.5})
	w.list(6, 600_000, fields{"daysOnMarket": 25})
	w.List("S", 1, 0, fields{"status": "Closed", "statusChangedAt": "2026-11-03T10:00:00Z"})
	w.mustSync()
	w.want(
		"high: 98029 dom-decrease 40 -> 25 (37.5 %)",
		"high: 98029 inventory-decrease 10 -> 6 (40 %)",
		rises,
	)
	wantRow := fields{
		"neighborhood": "98029", "period": "2026-11", "medianPrice": 600000.0, "priceChange": 20.0, "inventoryLevel": 6.0, "inventoryChange": -40.0,
		"avgDaysOnMarket": 25.0, "domChange": -37.5, "salesVolume": 1.0, "sampleSize": 6.0, "calculatedAt": "2026-11-24T08:30:00.000Z",
	}
	if diff := cmp.Diff(wantRow, w.Data("TREND#98029#")["2026-11"]); diff != "" {
		t.Errorf("row: %s", diff)
	}

	want := map[string]fields{
		"price-increase": {
			"neighborhood": "98029", "trendType": "price-increase", "currentValue": 600000.0, "previousValue": 500000.0, "changePercent": 20.0,
			"historicalContext": fields{"avg90Day": 500000.0, "avg365Day": 450000.0}, // (600+500+400)/3 and with 300 000.01
		},
		"inventory-decrease": {
			"neighborhood": "98029", "trendType": "inventory-decrease", "currentValue": 6.0, "previousValue": 10.0, "changePercent": 40.0,
			"historicalContext": fields{"avg90Day": 12.33, "avg365Day": 9.75},
		},
		"dom-decrease": {
			"neighborhood": "98029", "trendType": "dom-decrease", "currentValue": 25.0, "previousValue": 40.0, "changePercent": 37.5,
			"historicalContext": fields{"avg90Day": 38.33, "avg365Day": 31.38},
		},
	}
	for _, stored := range w.Data("ALERT#") {
		data := stored["data"].(fields)
		if diff := cmp.Diff(want[data["trendType"].(string)], data); diff != "" {
			t.Errorf("alert: %s", diff)
		}
		if stored["type"] != "neighborhood-trend" || stored["status"] != "unread" || stored["createdAt"] != "2026-11-24T08:30:00.000Z" || stored["userId"] != agent {
			t.Errorf("alert %v", stored)
		}
	}
	for _, event := range eventstest.Published[events.AlertCreated](t, w.Bus) {
		var told fields
		if err := json.Unmarshal(event.Detail.Data, &told); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want[told["trendType"].(string)], told); diff != "" {
			t.Errorf("the bus was told something else than what is stored: %s", diff)
		}
	}
}

func TestFirstMonthIsComparedWithNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.list(5, 600_000, nil)
	w.List("L005", 100_000, 0, fields{"listDate": nil})
	w.mustSync()
	w.want()
	want := fields{
		"neighborhood": "98029", "period": "2026-11", "medianPrice": 600000.0, "inventoryLevel": 6.0, "avgDaysOnMarket": 40.0,
		"salesVolume": 0.0, "sampleSize": 6.0, "calculatedAt": "2026-11-24T08:30:00.000Z",
	}
	if diff := cmp.Diff(map[string]fields{"98029#2026-11": want}, w.Data("TREND#")); diff != "" {
		t.Error(diff)
	}
}

func TestMonthWithoutListingsIsARow(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.put("2026-10", nil)
	w.mustSync()
	w.want()
	want := fields{
		"neighborhood": "98029", "period": "2026-11", "inventoryLevel": 0.0, "salesVolume": 0.0, "sampleSize": 0.0,
		"calculatedAt": "2026-11-24T08:30:00.000Z",
	}
	if diff := cmp.Diff(want, w.Data("TREND#98029#")["2026-11"]); diff != "" {
		t.Error(diff)
	}
}

func TestRepeatingChangesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.put("2026-10", nil)
	w.list(10, 600_000, nil)
	for range 3 {
		w.mustSync()
	}
	w.want(rises)
	w.Clock = func() time.Time { return now.Add(time.Hour) }
	w.list(10, 700_000, nil) // still the same trend in the same month
	w.mustSync()
	w.want(rises)
	if got := w.Data("TREND#98029#")["2026-11"]; got["medianPrice"] != 700000.0 || got["priceChange"] != 40.0 || got["calculatedAt"] != "2026-11-24T09:30:00.000Z" {
		t.Errorf("row %v", got)
	}
}

func TestMonthsAndYearsChange(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	at := func(text string, price int, want ...string) {
		t.Helper()
		moment, err := time.Parse(time.RFC3339, text)
		if err != nil {
			t.Fatal(err)
		}
		w.Clock = func() time.Time { return moment }
		w.list(5, price, fields{"daysOnMarket": 7})
		w.mustSync()
		w.want(want...)
	}
	first := "medium: 98029 price-increase 500000 -> 600000 (20 %)"
	second := "medium: 98029 price-increase 600000 -> 700000 (16.67 %)"
	at("2026-11-30T23:59:59.999Z", 500_000)
	at("2026-12-01T00:00:00Z", 500_000)
	at("2026-12-31T15:59:59.999-08:00", 600_000, first)
	at("2026-12-31T16:00:00-08:00", 700_000, first, second)
	third := "high: 98029 price-increase 700000 -> 900000 (28.57 %)"
	at("2027-04-01T00:00:00Z", 900_000, third, first, second)  // January is three months ago
	at("2027-08-01T00:00:00Z", 1800_000, third, first, second) // April is four
	if diff := cmp.Diff([]string{"2026-11", "2026-12", "2027-01", "2027-04", "2027-08"}, slices.Sorted(keysOf(w.Data("TREND#98029#")))); diff != "" {
		t.Error(diff)
	}
}

func keysOf(found map[string]fields) func(func(string) bool) {
	return func(yield func(string) bool) {
		for key := range found {
			if !yield(key) {
				return
			}
		}
	}
}

func TestWhatCounts(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.List("A", 100_000, 0, nil)
	w.List("B", 300_000.01, 0, fields{"daysOnMarket": 20, "status": "Coming Soon"})
	w.List("C", nil, 0, nil)                                                                          // no price
	w.List("D", 900_000, 0, fields{"status": "Pending"})                                              // under contract
	w.List("E", 900_000, 0, fields{"address": fields{"zip": "98030"}})                                // elsewhere
	w.List("F", 900_000, 0, fields{"syncedAt": now.Add(24*time.Hour + time.Millisecond).UnixMilli()}) // from the future
	w.List("G", 1, 0, fields{"status": "Sold", "statusChangedAt": "2026-11-01T00:00:00.000Z"})
	w.List("H", 1, 0, fields{"status": "Sold", "statusChangedAt": "2026-10-31T23:59:59.999Z"}) // last month
	w.List("I", 1, 0, fields{"status": "Sold", "statusChangedAt": "2026-11-24T08:30:00.001Z"}) // not yet
	w.List("J", "sold", 0, fields{"status": "Sold", "statusChangedAt": "2026-11-02"})          // no price
	w.Put("LISTING#K", "Listing", fields{"price": 5})                                          // no number
	counts := w.counted()
	got := w.Data("TREND#98029#")["2026-11"]
	if got["medianPrice"] != 200000.01 || got["inventoryLevel"] != 2.0 || got["avgDaysOnMarket"] != 30.0 || got["salesVolume"] != 1.0 || got["sampleSize"] != 2.0 {
		t.Errorf("row %v", got)
	}
	if counts[metrics.ListingsUnpriced] != 2 || counts[metrics.ItemsUnreadable] != 2 || counts[metrics.ListingsReviewed] != 9 || counts[metrics.NeighborhoodsCounted] != 1 {
		t.Errorf("counts %v", counts)
	}
}

func TestNewestOfSeveralItemsCounts(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	imported := func(number string, at int64, price any, changed fields) {
		data := fields{"mlsNumber": number, "mlsProvider": "mlsgrid"}
		for name, value := range changed {
			data[name] = value
		}
		w.List(fmt.Sprintf("mlsgrid-%s-%d", number, at), price, at, data)
	}
	w.List("A", 100_000, 10, nil)
	imported("A", 5, 900_000, nil) // older
	w.List("B", 900_000, 10, nil)
	imported("B", 20, 300_000, nil)
	imported("B", 15, 900_000, nil)
	w.List("C", 900_000, 10, nil)
	imported("C", 20, nil, nil) // the newest has no price: it counts in nothing
	w.List("D", 900_000, 10, nil)
	imported("D", 20, 900_000, fields{"status": "Sold", "statusChangedAt": "2026-11-20"})
	imported("E", 20, 500_000, nil)
	imported("E", 30, 500_000, nil)
	w.mustSync()
	got := w.Data("TREND#98029#")["2026-11"]
	if got["medianPrice"] != 300000.0 || got["inventoryLevel"] != 3.0 || got["salesVolume"] != 1.0 {
		t.Errorf("row %v", got)
	}
}

func TestSeveralAreasOfOneNeighborhood(t *testing.T) {
	t.Parallel()
	corner := func(latitude, longitude float64) fields { return fields{"lat": latitude, "lng": longitude} }
	polygon := fields{"coordinates": []fields{corner(47, -122), corner(47, -121), corner(48, -121)}}
	w := newWorld(t)
	w.areas(
		fields{"id": "a", "type": "zip", "value": " 98029-1111"},
		fields{"id": "b", "type": "zip", "value": "98029"},
		fields{"id": "c", "type": "city", "value": "ISSAQUAH"},
		fields{"id": "d", "type": "city", "value": "issaquah "},
		fields{"id": "e", "type": "polygon", "value": polygon, "label": "50 % of Lake #1"},
		fields{"id": "f", "type": "polygon", "value": polygon},
		fields{"id": "g", "type": "zip", "value": 98029},
		fields{"id": "h", "type": "city", "value": strings.Repeat("x", 257)},
	)
	for month, neighborhood := range map[string]string{"98029-1111": "98029-1111", "ISSAQUAH": "ISSAQUAH", "50 %25 of Lake %231": "50 % of Lake #1"} {
		w.putIn(month, "2026-10", fields{"neighborhood": neighborhood})
	}
	w.list(10, 600_000, fields{"latitude": 47.1, "longitude": -121.1}) // in all of them
	w.List("M", 1, 0, fields{"address": fields{"city": "Issaquah"}})   // no zip, and nowhere
	counts := w.counted()
	var rows []string
	for key, row := range w.Data("TREND#") {
		if strings.HasSuffix(key, "#2026-11") {
			rows = append(rows, fmt.Sprint(key, " ", row["neighborhood"], " ", row["inventoryLevel"]))
		}
	}
	slices.Sort(rows)
	want := []string{"50 %25 of Lake %231#2026-11 50 % of Lake #1 10", "98029-1111#2026-11 98029-1111 10", "ISSAQUAH#2026-11 ISSAQUAH 11"}
	if diff := cmp.Diff(want, rows); diff != "" {
		t.Error(diff)
	}
	if counts[metrics.AreasUnusable] != 3 || counts[metrics.ListingsUnlocated] != 1 || counts[metrics.NeighborhoodsCounted] != 3 || counts[metrics.AlertsCreated] != 3 {
		t.Errorf("counts %v", counts)
	}
	w.want(
		"medium: 50 % of Lake #1 price-increase 500000 -> 600000 (20 %)",
		"medium: 98029-1111 price-increase 500000 -> 600000 (20 %)",
		"medium: ISSAQUAH price-increase 500000 -> 600000 (20 %)",
	)
}

func TestWhoGetsNoAlerts(t *testing.T) {
	t.Parallel()
	for name, changed := range map[string]fields{
		"type not enabled":    {"enabledAlertTypes": []string{"price-reduction"}},
		"no areas":            {"targetAreas": []fields{}},
		"only unusable areas": {"targetAreas": []fields{{"id": "x", "type": "zip", "value": "980"}, {"id": "y", "type": "zip", "value": 98029}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.settings(changed)
			w.put("2026-10", nil)
			w.list(10, 600_000, nil)
			w.mustSync()
			w.want()
			if len(w.Data("TREND#")) != 1 {
				t.Error("a neighborhood that nobody watches was counted")
			}
		})
	}
}

func TestSettingsThatCannotBeReadAreAnError(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.settings(fields{"enabledAlertTypes": "neighborhood-trend"})
	var malformed *table.MalformedError
	if err := w.sync(); !errors.As(err, &malformed) || !malformed.Permanent() {
		t.Errorf("error %v", err)
	}
}

func TestOtherSyncsAndChecksAreNotOurs(t *testing.T) {
	t.Parallel()
	sync := func(provider string) func(w *world) error {
		return func(w *world) error {
			return w.watcher.SyncCompleted(context.Background(), events.Event[events.IntegrationSyncCompleted]{
				Detail: events.IntegrationSyncCompleted{UserID: agent, Provider: provider},
			})
		}
	}
	check := func(name string) func(w *world) error {
		return func(w *world) error {
			return w.watcher.CheckDue(context.Background(), events.Event[events.CheckDue]{Detail: events.CheckDue{Check: name, UserID: agent}})
		}
	}
	tests := []struct {
		name string
		run  func(*world) error
		ours bool
	}{
		{"mls", sync("mls"), true},
		{"mlsgrid", sync("mlsgrid"), true},
		{"bridgeInteractive", sync("bridgeInteractive"), true},
		{"facebook", sync("facebook"), false},
		{"check trend", check("trend"), true},
		{"check price", check("price"), false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			if err := test.run(w); err != nil {
				t.Fatal(err)
			}
			if got := len(w.Data("TREND#")) == 1; got != test.ours {
				t.Errorf("counted: %v", got)
			}
		})
	}
}

func TestPoisonHoldsUpNothingElse(t *testing.T) {
	t.Parallel()
	const bridged = "medium: 98029 price-increase 480000 -> 600000 (25 %)" // from September
	tests := []struct {
		name       string
		poison     func(w *world)
		want       string
		unreadable int
	}{
		{"no poison", func(*world) {}, rises, 0},
		{"no median", func(w *world) { w.put("2026-10", fields{"medianPrice": nil}) }, "", 0},
		{"no inventory", func(w *world) { w.put("2026-10", fields{"inventoryLevel": nil}) }, bridged, 0},
		{"no days", func(w *world) { w.put("2026-10", fields{"avgDaysOnMarket": nil}) }, rises, 0},
		{"nothing", func(w *world) { w.Put("TREND#98029#2026-10", "TrendIndicators", fields{}) }, bridged, 0},
		{"a median of 0", func(w *world) { w.put("2026-10", fields{"medianPrice": 0}) }, "", 0},
		{"days of 0", func(w *world) { w.put("2026-10", fields{"avgDaysOnMarket": 0}) }, rises, 0},
		{"a median in words", func(w *world) { w.put("2026-10", fields{"medianPrice": "500000"}) }, bridged, 1},
		{"a negative median", func(w *world) { w.put("2026-10", fields{"medianPrice": -1}) }, bridged, 1},
		{"an endless median", func(w *world) { w.put("2026-10", fields{"medianPrice": 1e100}) }, bridged, 1},
		{"half a listing", func(w *world) { w.put("2026-10", fields{"inventoryLevel": 10.5}) }, bridged, 1},
		{"negative inventory", func(w *world) { w.put("2026-10", fields{"inventoryLevel": -10}) }, bridged, 1},
		{"endless inventory", func(w *world) { w.put("2026-10", fields{"inventoryLevel": int64(1) << 62}) }, bridged, 1},
		{"negative days", func(w *world) { w.put("2026-10", fields{"avgDaysOnMarket": -1}) }, bridged, 1},
		{"endless days", func(w *world) { w.put("2026-10", fields{"avgDaysOnMarket": 1e100}) }, bridged, 1},
		{"hardly any days", func(w *world) { w.put("2026-10", fields{"avgDaysOnMarket": 1e-100}) }, rises, 0},
		{"days in a list", func(w *world) { w.put("2026-10", fields{"avgDaysOnMarket": []int{40}}) }, bridged, 1},
		{"a foreign item", func(w *world) { w.Put("TREND#98029#2026-10", "Foreign", nil) }, bridged, 0},
		{"an old row in words", func(w *world) { w.put("2026-02", fields{"medianPrice": "much"}) }, rises, 1},
		{"another row in words", func(w *world) { w.putIn("98030", "2026-10", fields{"medianPrice": "much"}) }, rises, 0},
		{"this month in words", func(w *world) { w.put("2026-11", fields{"medianPrice": "much", "inventoryLevel": "many"}) }, rises, 0},
		{"a foreign item in this month's place", func(w *world) { w.Put("TREND#98029#2026-11", "Foreign", nil) }, rises, 0},
		{"an unreadable alert fact", func(w *world) { w.Put("ALERT_FACT#x", "AlertFact", fields{"alertId": "x", "createdAt": "soon"}) }, rises, 1},
		{"a listing without a number", func(w *world) { w.List("N", 1, 0, fields{"mlsNumber": nil}) }, rises, 1},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.put("2026-10", nil)
			w.put("2026-09", fields{"medianPrice": 480_000})
			w.list(10, 600_000, nil)
			test.poison(w)
			counts := w.counted()
			if got := strings.Join(w.alerts(), "; "); got != test.want {
				t.Errorf("alerts %q, want %q", got, test.want)
			}
			if counts[metrics.ItemsUnreadable] != test.unreadable {
				t.Errorf("counts %v", counts)
			}
			if got := w.Data("TREND#98029#")["2026-11"]; got["medianPrice"] != 600000.0 || got["calculatedAt"] != "2026-11-24T08:30:00.000Z" {
				t.Errorf("row %v", got)
			}
		})
	}
}

func TestWhichRowIsReplaced(t *testing.T) {
	t.Parallel()
	at := func(offset time.Duration) string { return now.Add(offset).Format("2006-01-02T15:04:05.000Z07:00") }
	tests := []struct {
		name         string
		calculatedAt any
		replaced     bool
	}{
		{"earlier", at(-time.Millisecond), true},
		{"at the same time", at(0), true},
		{"later", at(time.Millisecond), false},
		{"a day later", at(24 * time.Hour), false},
		{"later than any clock", at(24*time.Hour + time.Millisecond), true},
		{"earlier, in seconds", "2026-11-24T08:29:59Z", true},
		{"later, in seconds", "2026-11-24T08:30:01Z", false},
		{"later, in another zone", "2026-11-24T00:30:01-08:00", false},
		{"earlier, as a number", now.UnixMilli() - 1, true},
		{"later, as a number", now.UnixMilli() + 1, false},
		{"in words", "yesterday", true},
		{"in a list", []string{at(time.Millisecond)}, true},
		{"never", nil, true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.put("2026-10", nil)
			w.put("2026-11", fields{"medianPrice": 1, "calculatedAt": test.calculatedAt})
			w.list(10, 600_000, nil)
			w.mustSync()
			row := w.Data("TREND#98029#")["2026-11"]
			if got := row["medianPrice"] == 600000.0; got != test.replaced {
				t.Errorf("row %v", row)
			}
			if test.replaced {
				w.want(rises)
			} else {
				w.want()
			}
		})
	}
}

func TestNullIsNoTime(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Put("TREND#98029#2026-11", "TrendIndicators", fields{"calculatedAt": nil, "medianPrice": nil})
	w.Put("TREND#98029#2026-10", "TrendIndicators", fields{"calculatedAt": nil, "medianPrice": nil, "inventoryLevel": 10, "avgDaysOnMarket": nil})
	w.list(7, 600_000, nil)
	w.mustSync()
	w.want("high: 98029 inventory-decrease 10 -> 7 (30 %)")
}

func TestPassThatBeganEarlierNeverOverwrites(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.put("2026-10", nil)
	w.list(10, 600_000, nil)
	w.Between = func() { // before the first pass writes, another begins, finds more and writes
		w.Clock = func() time.Time { return now.Add(time.Millisecond) }
		w.list(11, 600_000, nil)
		w.mustSync()
	}
	w.mustSync()
	w.want(rises)
	if got := w.Data("TREND#98029#")["2026-11"]; got["inventoryLevel"] != 11.0 || got["calculatedAt"] != "2026-11-24T08:30:00.001Z" {
		t.Errorf("row %v", got)
	}
}

func TestPassThatBeganLaterOverwrites(t *testing.T) {
	t.Parallel()
	for name, earlier := range map[string]time.Duration{"later": time.Millisecond, "in the same millisecond": 0} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.put("2026-10", nil)
			w.list(10, 600_000, nil)
			w.Between = func() {
				w.Clock = func() time.Time { return now.Add(-earlier) }
				w.list(11, 600_000, nil)
				w.mustSync()
			}
			w.mustSync()
			w.want(rises)
			if got := w.Data("TREND#98029#")["2026-11"]; got["inventoryLevel"] != 10.0 || got["calculatedAt"] != "2026-11-24T08:30:00.000Z" {
				t.Errorf("row %v", got)
			}
		})
	}
}

// What a later pass does not find is no trend any more, and what only it finds is told.
func TestLaterPassDecidesWhatIsATrend(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.put("2026-10", nil)
	w.list(10, 600_000, nil)
	w.Between = func() {
		w.Clock = func() time.Time { return now.Add(time.Second) }
		w.list(10, 500_000, fields{"daysOnMarket": 30})
		w.mustSync()
	}
	w.mustSync()
	w.want("medium: 98029 dom-decrease 40 -> 30 (25 %)")
}

func TestRowThatIsThereAlreadyHoldsUpNoOtherNeighborhood(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.areas(fields{"id": "a", "type": "zip", "value": "98029"}, fields{"id": "b", "type": "city", "value": "Issaquah"})
	w.putIn("98029", "2026-10", nil)
	w.putIn("Issaquah", "2026-10", nil)
	w.list(10, 600_000, nil)
	w.Between = func() { w.put("2026-11", fields{"calculatedAt": now.UnixMilli() + 1}) }
	w.mustSync()
	w.want("medium: Issaquah price-increase 500000 -> 600000 (20 %)")
}

func TestDeletedAlertDoesNotComeBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.put("2026-10", nil)
	w.list(10, 600_000, nil)
	w.mustSync()
	for sort := range w.Data("ALERT#") {
		w.Delete("ALERT#" + sort)
	}
	w.mustSync()
	if got := w.alerts(); got != nil || len(w.Told()) != 1 {
		t.Errorf("alerts %v, told %v", got, w.Told())
	}
}

func TestRefusedAlertIsToldByTheRetry(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.put("2026-10", nil)
	w.list(7, 600_000, fields{"daysOnMarket": 20})
	w.Bus.Refuse(1, "AccessDeniedException") // not one that the publisher sends again
	var refused *events.RefusedError
	if err := w.sync(); !errors.As(err, &refused) {
		t.Fatalf("error %v", err)
	}
	if got := len(w.Told()); got != 2 {
		t.Fatalf("%d of 3 were told", got)
	}
	w.list(10, 500_000, fields{"daysOnMarket": 40}) // the retry finds no trend any more
	w.mustSync()
	w.want("high: 98029 dom-decrease 40 -> 20 (50 %)", "high: 98029 inventory-decrease 10 -> 7 (30 %)", rises)
}

// The agent may want no such alerts any more when the event is tried again: those that are stored are told all the same.
func TestRefusedAlertIsToldByTheRetryOfWhoWatchesNoMore(t *testing.T) {
	t.Parallel()
	for name, watchesNoMore := range map[string]fields{"no type": {"enabledAlertTypes": []string{}}, "no area": {"targetAreas": []fields{}}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.put("2026-10", nil)
			w.list(7, 600_000, fields{"daysOnMarket": 20})
			w.Bus.Refuse(1, "AccessDeniedException")
			if err := w.sync(); err == nil {
				t.Fatal("no error")
			}
			w.settings(watchesNoMore)
			w.mustSync()
			w.want("high: 98029 dom-decrease 40 -> 20 (50 %)", "high: 98029 inventory-decrease 10 -> 7 (30 %)", rises)
		})
	}
}

func TestStopsBetweenPagesWhenTimeRunsShort(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.put("2026-10", nil)
	w.list(120, 600_000, fields{"notes": strings.Repeat("x", 20_000)}) // so that a page of a megabyte holds some fifty
	ctx, cancel := context.WithDeadline(t.Context(), now.Add(100*time.Hour*24*365))
	defer cancel()
	end, _ := ctx.Deadline()
	ctx = deadline.Start(ctx, now)
	reads := 0
	w.Clock = func() time.Time { // when the pass began there was time enough; then less than a tenth is left
		if reads++; reads == 1 {
			return now
		}
		return end.Add(-end.Sub(now)/10 + time.Second)
	}
	var short *deadline.ShortError
	if err := w.syncIn(ctx); !errors.As(err, &short) || !strings.Contains(short.Progress, "listings") {
		t.Fatalf("error %v", err)
	}
	if got := len(w.Data("TREND#")); got != 1 {
		t.Error("half of the listings became a row")
	}
	w.Clock = func() time.Time { return now }
	if err := w.syncIn(ctx); err != nil {
		t.Fatal(err)
	}
	w.want(rises)
	if got := w.Data("TREND#98029#")["2026-11"]["inventoryLevel"]; got != 120.0 {
		t.Errorf("%v listings after the retry", got)
	}
}
