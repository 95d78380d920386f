package prospect_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bayon-coagent/event-consumers/functions/life-event-processor/prospect"
	"github.com/bayon-coagent/event-consumers/internal/alert"
	"github.com/bayon-coagent/event-consumers/internal/awsenv"
	"github.com/bayon-coagent/event-consumers/internal/deadline"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/dynamo"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/platformtest"
	"github.com/bayon-coagent/event-consumers/internal/metrics"
	"github.com/bayon-coagent/event-consumers/internal/table"
	"github.com/bayon-coagent/event-consumers/pkg/events"
	"github.com/bayon-coagent/event-consumers/pkg/events/eventstest"
)

type fields = platformtest.Fields

const (
	agent = platformtest.Agent
	day   = 24 * time.Hour
	ms    = time.Millisecond
)

var now = platformtest.Now()

// world is one agent's part of the platform, with a watcher on it.
type world struct {
	*platformtest.World

	t       testing.TB
	watcher *prospect.Watcher
}

func newWorld(t testing.TB) *world { return newWorldOf(t, dynamo.Config{}) }

func newWorldOf(t testing.TB, config dynamo.Config) *world {
	t.Helper()
	w := &world{World: platformtest.NewWorldOf(t, config), t: t}
	w.watcher = prospect.New(w.Items(), w.Alerts(), w.Now)
	w.settings(nil)
	return w
}

// settings stores the agent's settings: life events in zip 98029, but for what is changed.
func (w *world) settings(changed fields) {
	w.t.Helper()
	w.Settings(alert.LifeEventLead, changed)
}

// prospect stores a prospect in a location as the platform does.
func (w *world) prospect(id string, location any, happened ...fields) {
	w.t.Helper()
	w.Put("PROSPECT#"+id, "Prospect", fields{"id": id, "location": location, "name": "Dana", "events": happened})
}

// happened is an event of a type that happened so long before the world began.
func happened(id, eventType string, ago time.Duration, changed fields) fields {
	event := fields{
		"id": id, "personId": "someone", "eventType": eventType, "eventDate": iso(now.Add(-ago)), "location": "98029",
		"confidence": 80, "source": "public records",
	}
	maps.Copy(event, changed)
	return event
}

func iso(at time.Time) string { return table.Date{Time: at}.String() }

func (w *world) check() error { return w.checkIn(context.Background()) }

func (w *world) checkIn(ctx context.Context) error {
	return w.watcher.CheckDue(ctx, events.Event[events.CheckDue]{Detail: events.CheckDue{Check: "life-event", UserID: agent}})
}

func (w *world) mustCheck() {
	w.t.Helper()
	if err := w.check(); err != nil {
		w.t.Fatal(err)
	}
}

// mustCount checks, and returns what was counted.
func (w *world) mustCount() map[metrics.Count]int {
	w.t.Helper()
	ctx, tally := metrics.WithTally(context.Background())
	if err := w.checkIn(ctx); err != nil {
		w.t.Fatal(err)
	}
	return tally.Counts()
}

func (w *world) userCreated() error {
	return w.watcher.UserCreated(context.Background(), events.Event[events.UserCreated]{Detail: events.UserCreated{UserID: agent}})
}

// score is the stored score of a prospect; nil when there is none.
func (w *world) score(id string) any {
	w.t.Helper()
	return w.Data("PROSPECT#")[id]["leadScore"]
}

// alerts are the stored alerts in words, sorted.
func (w *world) alerts() []string {
	var words []string
	for _, data := range w.Data("ALERT#") {
		details := data["data"].(fields)
		words = append(words, fmt.Sprintf("%s: %v in %v, %v", data["priority"], details["eventType"], details["prospectLocation"], details["leadScore"]))
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

func TestLeadBecomesOneAlert(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.prospect("p1", "98029-1234",
		happened("e1", "birth", 120*day, nil), happened("e2", "death", 31*day, nil), happened("e3", "job-change", 20*day, nil),
		happened("e4", "retirement", 800*day, nil), happened("e5", "marriage", -day, nil))
	w.mustCheck()
	w.want("high: death in 98029-1234, 100") // 75 and 15 for each of two others

	var stored fields
	for _, data := range w.Data("ALERT#") {
		stored = data
	}
	want := fields{
		"prospectLocation": "98029-1234", "eventType": "death", "eventDate": "2026-10-24T08:30:00.000Z", "leadScore": 100.0,
		"recommendedAction": "Write a personal note of condolence. After some weeks, ask gently whether you can help the family with the home.",
		"additionalEvents":  []any{"job-change", "birth", "retirement"},
	}
	if diff := cmp.Diff(want, stored["data"]); diff != "" {
		t.Error(diff)
	}
	if stored["status"] != "unread" || stored["type"] != "life-event-lead" || stored["createdAt"] != "2026-11-24T08:30:00.000Z" || stored["userId"] != agent {
		t.Errorf("alert %v", stored)
	}
	var told fields
	if err := json.Unmarshal(eventstest.Published[events.AlertCreated](t, w.Bus)[0].Detail.Data, &told); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, told); diff != "" {
		t.Errorf("the bus was told something else than what is stored: %s", diff)
	}
	is := w.Data("PROSPECT#")["p1"]
	if is["leadScore"] != 100.0 || is["lastAnalyzed"] != "2026-11-24T08:30:00.000Z" || is["name"] != "Dana" || len(is["events"].([]any)) != 5 {
		t.Errorf("prospect %v", is)
	}
}

func TestAlertOfAPointAndOfOneEvent(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.settings(fields{"targetAreas": []fields{polygon("p", 47, 48)}})
	w.prospect("p1", fields{"lat": 47.5, "lng": 47.25, "secret": []byte("x")}, happened("e1", "divorce", 0, nil))
	w.mustCheck()
	w.want("medium: divorce in map[lat:47.5 lng:47.25], 84")
	for _, data := range w.Data("ALERT#") {
		if others, found := data["data"].(fields)["additionalEvents"]; found {
			t.Errorf("other events %v", others)
		}
	}
}

// polygon is a target area: a square between two degrees of latitude, and the same of longitude.
func polygon(id string, from, to float64) fields {
	corner := func(latitude, longitude float64) fields { return fields{"lat": latitude, "lng": longitude} }
	return fields{"id": id, "type": "polygon", "value": fields{"coordinates": []fields{
		corner(from, from), corner(from, to), corner(to, to), corner(to, from),
	}}}
}

func TestRepeatingChangesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.prospect("p1", "98029", happened("e1", "divorce", 31*day, nil))
	w.prospect("p2", "98029")
	if counts := w.mustCount(); counts[metrics.ProspectsScored] != 2 || counts[metrics.AlertsCreated] != 1 {
		t.Errorf("counts %v", counts)
	}
	for _, later := range []time.Duration{time.Minute, 15*time.Hour + 30*time.Minute - ms} { // to the end of the day
		w.Clock = func() time.Time { return now.Add(later) }
		if counts := w.mustCount(); counts[metrics.ProspectsScored] != 0 || counts[metrics.AlertsCreated] != 0 {
			t.Errorf("after %v: counts %v", later, counts)
		}
	}
	if got := w.Data("PROSPECT#")["p1"]["lastAnalyzed"]; got != "2026-11-24T08:30:00.000Z" {
		t.Errorf("analyzed %v", got)
	}
	w.Clock = func() time.Time { return now.Add(15*time.Hour + 30*time.Minute) } // the next day
	if counts := w.mustCount(); counts[metrics.ProspectsScored] != 2 {
		t.Errorf("the next day: counts %v", counts)
	}
	if got := w.Data("PROSPECT#")["p2"]["lastAnalyzed"]; got != "2026-11-25T00:00:00.000Z" {
		t.Errorf("analyzed %v", got)
	}
	w.want("medium: divorce in 98029, 70")
}

func TestScoreFollowsWhatIsStored(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		stored fields
		scored bool // anew
	}{
		{"the same score of today", fields{"leadScore": 45, "lastAnalyzed": "2026-11-24T00:00:00.000Z"}, false},
		{"the same, in milliseconds", fields{"leadScore": 45, "lastAnalyzed": now.UnixMilli()}, false},
		{"the same, of today in another zone", fields{"leadScore": 45, "lastAnalyzed": "2026-11-25T01:00:00+02:00"}, false},
		{"the same, of yesterday", fields{"leadScore": 45, "lastAnalyzed": "2026-11-23T23:59:59.999Z"}, true},
		{"another of today", fields{"leadScore": 46, "lastAnalyzed": "2026-11-24T00:00:00.000Z"}, true},
		{"half a point more", fields{"leadScore": 45.5, "lastAnalyzed": "2026-11-24T00:00:00.000Z"}, true},
		{"in words", fields{"leadScore": "45", "lastAnalyzed": "2026-11-24T00:00:00.000Z"}, true},
		{"never analyzed", fields{"leadScore": 45}, true},
		{"analyzed null", fields{"leadScore": 45, "lastAnalyzed": nil}, true},
		{"analyzed some day", fields{"leadScore": 45, "lastAnalyzed": "soon"}, true},
		{"nothing", nil, true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			data := fields{"id": "p1", "location": "98029", "events": []fields{happened("e1", "job-change", 31*day, nil)}}
			maps.Copy(data, test.stored)
			w.Put("PROSPECT#p1", "Prospect", data)
			if got := w.mustCount()[metrics.ProspectsScored] == 1; got != test.scored || w.score("p1") == nil {
				t.Errorf("scored %v, score %v", got, w.score("p1"))
			}
			if test.scored && w.score("p1") != 45.0 {
				t.Errorf("score %v", w.score("p1"))
			}
		})
	}
}

func TestAgeIsInWholeDaysOfTheClock(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.prospect("p1", "98029", happened("e1", "job-change", 0, nil))
	for _, at := range []struct {
		later time.Duration
		score float64
	}{
		{0, 54}, {31*day - ms, 54}, {31 * day, 45}, {91*day - ms, 45}, {91 * day, 36}, {181*day - ms, 36}, {181 * day, 27}, {366*day - ms, 27}, {366 * day, 14},
	} {
		w.Clock = func() time.Time { return now.Add(at.later) }
		w.mustCheck()
		if got := w.score("p1"); got != at.score {
			t.Errorf("after %v: %v, want %v", at.later, got, at.score)
		}
	}
	w.Clock = func() time.Time { return now.Add(-ms) }
	w.mustCheck()
	if got := w.score("p1"); got != 0.0 {
		t.Errorf("before it happened: %v", got)
	}
}

func TestThreshold(t *testing.T) {
	t.Parallel()
	// 49, 50, 69, 70, 90 and 91 points
	prospects := map[string][]fields{
		"49": {happened("1", "birth", 366*day, nil), happened("2", "birth", 370*day, nil), happened("3", "birth", 371*day, nil)},
		"50": {happened("1", "marriage", 366*day, nil), happened("2", "birth", 370*day, nil), happened("3", "birth", 371*day, nil)},
		"69": {happened("1", "retirement", 31*day, nil)},
		"70": {happened("1", "divorce", 31*day, nil)},
		"90": {happened("1", "death", 0, nil)},
		"91": {happened("1", "retirement", 0, nil), happened("2", "birth", 5*day, nil), happened("3", "birth", 6*day, nil)},
	}
	cities := map[string]string{"49": "tight", "50": "even", "69": "tight", "70": "even", "90": "even", "91": "slow"}
	tests := []struct {
		threshold any
		alerted   []string
	}{
		{49, []string{"50", "69", "70", "90", "91"}}, // as 50
		{50, []string{"50", "69", "70", "90", "91"}},
		{50.5, []string{"69", "70", "90", "91"}},
		{69, []string{"69", "70", "90", "91"}},
		{nil, []string{"70", "90", "91"}}, // as 70
		{70, []string{"70", "90", "91"}},
		{71, []string{"90", "91"}},
		{90, []string{"90", "91"}},
		{91, []string{"90", "91"}}, // as 90
		{1000, []string{"90", "91"}},
		{-1000, []string{"50", "69", "70", "90", "91"}},
	}
	for _, test := range tests {
		t.Run(fmt.Sprint(test.threshold), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.settings(fields{"leadScoreThreshold": test.threshold, "targetAreas": []fields{
				{"type": "city", "value": "tight"}, {"type": "city", "value": "slow"}, {"type": "city", "value": "even"},
			}})
			w.listIn("tight", 0, 1)
			w.listIn("slow", 7, 1)
			for score, events := range prospects {
				w.prospect(score, cities[score], events...)
			}
			w.mustCheck()
			var alerted []string
			for _, data := range w.Data("ALERT#") {
				alerted = append(alerted, fmt.Sprint(data["data"].(fields)["leadScore"]))
			}
			slices.Sort(alerted)
			if diff := cmp.Diff(test.alerted, alerted); diff != "" {
				t.Error(diff)
			}
			for score := range prospects {
				if got := fmt.Sprint(w.score(score)); got != score {
					t.Errorf("%s is scored %s", score, got)
				}
			}
			w.ToldOnce(len(test.alerted))
		})
	}
}

// listIn stores so many listings in a city that are active, and so many that were sold today.
func (w *world) listIn(city string, active, sold int) {
	w.t.Helper()
	for i := range active {
		w.List(fmt.Sprint(city, "-active-", i), 500_000, 0, fields{"address": fields{"city": city}})
	}
	for i := range sold {
		w.List(fmt.Sprint(city, "-sold-", i), nil, 0, fields{"address": fields{"city": city}, "status": "Closed", "statusChangedAt": iso(now)})
	}
}

func TestPriority(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.settings(fields{"leadScoreThreshold": 50, "targetAreas": []fields{{"type": "city", "value": "even"}, {"type": "city", "value": "tight"}}})
	w.listIn("tight", 0, 1)
	w.prospect("69", "tight", happened("1", "retirement", 31*day, nil))
	w.prospect("70", "even", happened("1", "divorce", 31*day, nil))
	w.prospect("84", "even", happened("1", "divorce", 0, nil))
	w.prospect("85", "even", happened("1", "divorce", 31*day, nil), happened("2", "birth", 31*day, nil))
	w.mustCheck()
	w.want("high: divorce in even, 85", "low: retirement in tight, 69", "medium: divorce in even, 70", "medium: divorce in even, 84")
}

func TestMonthsOfSupply(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name         string
		active, sold int
		want         float64
	}{
		{"nothing", 0, 0, 60},
		{"no sale", 20, 0, 60},
		{"no listing but a sale", 0, 1, 69},
		{"just under 3", 5, 2, 69},
		{"3", 6, 2, 60},
		{"6", 12, 2, 60},
		{"just over 6", 13, 2, 51},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.listIn("ISSAQUAH ", test.active, test.sold)
			w.listIn("Sammamish", 50, 1)
			w.prospect("p1", " issaquah", happened("1", "retirement", 31*day, nil))
			w.mustCheck()
			if got := w.score("p1"); got != test.want {
				t.Errorf("score %v, want %v", got, test.want)
			}
		})
	}
}

func TestSalesOfThirtyDaysCount(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		changed fields
		want    float64
	}{
		{"30 days ago", fields{"statusChangedAt": iso(now.Add(-30 * day))}, 69},
		{"just over 30 days ago", fields{"statusChangedAt": iso(now.Add(-30*day - ms))}, 60},
		{"in the future", fields{"statusChangedAt": iso(now.Add(ms))}, 60},
		{"some day", nil, 60},
		{"not sold", fields{"statusChangedAt": iso(now), "status": "Pending"}, 60},
		{"synced next week", fields{"statusChangedAt": iso(now), "syncedAt": now.Add(7 * day).UnixMilli()}, 60},
		{"in another zip", fields{"statusChangedAt": iso(now), "address": fields{"zip": "98030"}}, 60},
		{"in the zip, with four more digits", fields{"statusChangedAt": iso(now), "address": fields{"zip": "98029-4321"}}, 69},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			sale := fields{"status": "Sold"}
			maps.Copy(sale, test.changed)
			w.List("A", 500_000, 0, sale)
			w.prospect("p1", "98029", happened("1", "retirement", 31*day, nil))
			w.mustCheck()
			if got := w.score("p1"); got != test.want {
				t.Errorf("score %v, want %v", got, test.want)
			}
		})
	}
}

func TestImportsDoNotCountTwice(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	sold := fields{"status": "Sold", "statusChangedAt": iso(now)}
	for i := range 6 {
		w.List(fmt.Sprint("A", i), 500_000, 0, nil)
	}
	for i := range 3 { // imported again and again: 9 active of 3 sold would be no slow market
		sold["mlsNumber"] = "S"
		w.List(fmt.Sprint("mls-S-", i), 500_000, int64(i), sold)
	}
	w.List("A6", 500_000, 0, nil)
	w.List("mls-A7-1", 500_000, 1, fields{"mlsNumber": "A7"})
	w.List("A7", 500_000, 2, fields{"status": "Withdrawn"}) // newer than the import
	w.prospect("p1", "98029", happened("1", "retirement", 31*day, nil))
	w.mustCheck()
	if got := w.score("p1"); got != 51.0 { // 7 active, 1 sold
		t.Errorf("score %v", got)
	}
}

func TestSupplyOfPolygons(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.settings(fields{"targetAreas": []fields{polygon("bad", 0, 0), polygon("first", 10, 12), polygon("second", 11, 15)}})
	at := func(degrees float64) fields {
		return fields{"latitude": degrees, "longitude": degrees, "status": "Sold", "statusChangedAt": iso(now)}
	}
	w.List("A", 1, 0, at(14))
	w.List("B", 1, 0, fields{"latitude": 95, "longitude": 11})
	for id, degrees := range map[string]float64{"in the first": 11.5, "in the second": 12.5, "in neither": 16} {
		w.prospect(id, fields{"lat": degrees, "lng": degrees}, happened("1", "retirement", 31*day, nil))
	}
	counts := w.mustCount()
	for id, want := range map[string]float64{"in the first": 60, "in the second": 69, "in neither": 60} {
		if got := w.score(id); got != want {
			t.Errorf("%s: %v, want %v", id, got, want)
		}
	}
	if counts[metrics.ListingsUnlocated] != 1 || counts[metrics.AreasUnusable] != 1 || counts[metrics.ListingsReviewed] != 2 {
		t.Errorf("counts %v", counts)
	}
}

func TestListingsAreReadOnlyWhenSomethingHappened(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.List("A", 1, 0, nil)
	w.prospect("p1", "98029")
	w.prospect("p2", "98029", happened("1", "death", -day, nil), happened("2", "lottery", 0, nil))
	if counts := w.mustCount(); counts[metrics.ListingsReviewed] != 0 || counts[metrics.ProspectsScored] != 2 {
		t.Errorf("counts %v", counts)
	}
	w.prospect("p3", "98029", happened("1", "death", 0, nil))
	w.prospect("p4", "98029", happened("1", "death", 0, nil))
	if counts := w.mustCount(); counts[metrics.ListingsReviewed] != 1 {
		t.Errorf("counts %v", counts)
	}
}

func TestWhereAProspectIsWatched(t *testing.T) {
	t.Parallel()
	areas := []fields{{"type": "zip", "value": "98029-0001"}, {"type": "city", "value": " New York "}, polygon("p", 47, 48)}
	for _, test := range []struct {
		location any
		alerted  bool
	}{
		{"98029", true},
		{"98029-1234", true},
		{"98030", false},
		{"new york", true},
		{"York", false},
		{"New York, 98029", false},
		{fields{"lat": 47.5, "lng": 47.5}, true},
		{fields{"lat": 48, "lng": 47.5}, true},
		{fields{"lat": 48.001, "lng": 47.5}, false},
	} {
		t.Run(fmt.Sprint(test.location), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.settings(fields{"targetAreas": areas})
			w.prospect("p1", test.location, happened("1", "death", 31*day, nil))
			w.mustCheck()
			if got := len(w.alerts()) == 1; got != test.alerted || w.score("p1") != 75.0 {
				t.Errorf("alerts %v, score %v", w.alerts(), w.score("p1"))
			}
		})
	}
}

func TestWhoGetsNoAlerts(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		settings fields
		scored   bool
	}{
		"type not enabled":    {fields{"enabledAlertTypes": []string{"price-reduction"}}, false},
		"no areas":            {fields{"targetAreas": nil}, true},
		"only unusable areas": {fields{"targetAreas": []fields{{"id": "x", "type": "zip", "value": "980"}}}, true},
		"another area":        {fields{"targetAreas": []fields{{"id": "x", "type": "zip", "value": "98030"}}}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.settings(test.settings)
			w.prospect("p1", "98029", happened("1", "death", 0, nil))
			w.mustCheck()
			w.want()
			if got := w.score("p1") != nil; got != test.scored {
				t.Errorf("score %v", w.score("p1"))
			}
		})
	}
}

func TestAreaAddedLaterThatDayBringsTheAlert(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.settings(fields{"targetAreas": nil})
	w.prospect("p1", "98029", happened("1", "death", 0, nil))
	w.mustCheck()
	w.want()
	w.settings(nil)
	w.mustCheck()
	w.mustCheck()
	w.want("high: death in 98029, 90")
}

func TestSettingsThatCannotBeReadAreAnError(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.settings(fields{"enabledAlertTypes": "life-event-lead"})
	var malformed *table.MalformedError
	if err := w.check(); !errors.As(err, &malformed) || !malformed.Permanent() {
		t.Errorf("error %v", err)
	}
}

func TestOtherChecksAreNotOurs(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.prospect("p1", "98029")
	err := w.watcher.CheckDue(t.Context(), events.Event[events.CheckDue]{Detail: events.CheckDue{Check: "price", UserID: agent}})
	if err != nil || w.score("p1") != nil {
		t.Errorf("error %v, score %v", err, w.score("p1"))
	}
}

func TestPoisonHoldsUpNothingElse(t *testing.T) {
	t.Parallel()
	event := happened("1", "death", 0, nil)
	for name, poison := range map[string]fields{
		"no id":             {"location": "98029", "events": []fields{event}},
		"too long an id":    {"id": strings.Repeat("9", 1500), "location": "98029", "events": []fields{event}},
		"no location":       {"id": "x", "events": []fields{event}},
		"a binary location": {"id": "x", "location": []byte("x"), "events": []fields{event}},
		"an endless city":   {"id": "x", "location": strings.Repeat("x", 300_000), "events": []fields{event}},
		"events in words":   {"id": "x", "location": "98029", "events": "many"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.prospect("a", "98029", event)
			w.Put("PROSPECT#b", "Prospect", poison)
			w.prospect("c", "98029", happened("0", "lottery", 0, nil), event, happened("2", "death", 0, fields{"confidence": 101}))
			counts := w.mustCount()
			w.want("high: death in 98029, 90", "high: death in 98029, 90")
			if counts[metrics.ItemsUnreadable] != 1 || counts[metrics.LifeEventsUnusable] != 2 || counts[metrics.ProspectsScored] != 2 {
				t.Errorf("counts %v", counts)
			}
		})
	}
}

func TestFieldsThatDifferInCaseAreNotConfused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Put("PROSPECT#p1", "Prospect", fields{
		"id": "p1", "ID": 7, "location": "98029", "Location": 7, "events": []fields{happened("1", "death", 0, nil)}, "EVENTS": "none", "LastAnalyzed": 7,
	})
	w.mustCheck()
	w.want("high: death in 98029, 90")
}

func TestDeletedProspectDoesNotComeBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.prospect("p1", "98029", happened("1", "death", 0, nil))
	w.prospect("p2", "98029", happened("1", "divorce", 0, nil))
	w.Between = func() { w.Delete("PROSPECT#p1") }
	w.mustCheck()
	w.want("medium: divorce in 98029, 84")
	if got := w.Data("PROSPECT#"); len(got) != 1 || got["p2"]["leadScore"] != 84.0 {
		t.Errorf("prospects %v", got)
	}
}

func TestProspectThatChangesMeanwhileIsLookedAtAfresh(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		between func(w *world)
		score   float64
		alerts  []string
	}{
		"an event less": {func(w *world) { w.prospect("p1", "98029") }, 0, nil},
		"an event more": {func(w *world) {
			w.prospect("p1", "98029", happened("1", "death", 0, nil), happened("2", "birth", 0, nil))
		}, 100, []string{"high: death in 98029, 100"}},
		"another date":     {func(w *world) { w.prospect("p1", "98029", happened("1", "death", 366*day, nil)) }, 23, nil},
		"another location": {func(w *world) { w.prospect("p1", "98030", happened("1", "death", 0, nil)) }, 90, nil},
		"no location":      {func(w *world) { w.prospect("p1", nil, happened("1", "death", 0, nil)) }, 0, nil},
		"another name": {func(w *world) {
			w.Put("PROSPECT#p1", "Prospect", fields{"id": "p1", "location": "98029", "name": "Kim", "events": []fields{happened("1", "death", 0, nil)}})
		}, 90, []string{"high: death in 98029, 90"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.prospect("p1", "98029", happened("1", "death", 0, nil))
			w.Between = func() { test.between(w) }
			w.mustCheck()
			w.want(test.alerts...)
			is := w.Data("PROSPECT#")["p1"]
			if score, _ := is["leadScore"].(float64); score != test.score {
				t.Errorf("score %v, want %v", is["leadScore"], test.score)
			}
			if name == "another name" && is["name"] != "Kim" {
				t.Errorf("the platform's change was lost: %v", is)
			}
		})
	}
}

func TestSomethingHappensMeanwhileToThatNothingHappenedTo(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for i := range 20 { // in one transaction: each is then planned afresh, and needs the market
		w.prospect(fmt.Sprint("p", i), "98029")
	}
	w.List("A", 1, 0, fields{"status": "Sold", "statusChangedAt": iso(now)})
	w.Between = func() {
		for i := range 20 {
			w.prospect(fmt.Sprint("p", i), "98029", happened("1", "retirement", 31*day, nil))
		}
	}
	if counts := w.mustCount(); counts[metrics.ListingsReviewed] != 1 {
		t.Errorf("counts %v", counts)
	}
	for id, is := range w.Data("PROSPECT#") {
		if is["leadScore"] != 69.0 {
			t.Errorf("%s: %v", id, is["leadScore"])
		}
	}
}

func TestPassThatOvertakesAnotherIsNotRepeated(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.prospect("p1", "98029", happened("1", "death", 0, nil))
	w.prospect("p2", "98029", happened("1", "birth", 31*day, nil))
	var inner map[metrics.Count]int
	w.Between = func() { inner = w.mustCount() }
	outer := w.mustCount()
	if inner[metrics.ProspectsScored] != 2 || outer[metrics.ProspectsScored] != 0 {
		t.Errorf("%v, then %v", inner, outer)
	}
	w.want("high: death in 98029, 90")
}

func TestKnownFactStillLetsTheScoreBeStored(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.prospect("p1", "98029", happened("1", "death", 0, nil))
	w.mustCheck()
	for sort := range w.Data("ALERT#") {
		w.Delete("ALERT#" + sort)
	}
	w.prospect("p1", "98029", happened("1", "death", 0, nil), happened("2", "birth", 0, nil)) // and no score
	w.mustCheck()
	if got := w.alerts(); got != nil || w.score("p1") != 100.0 || len(w.Told()) != 1 {
		t.Errorf("alerts %v, score %v, told %v", got, w.score("p1"), w.Told())
	}
	w.prospect("p1", "98029", happened("1", "death", 0, nil), happened("3", "death", 0, fields{"eventDate": iso(now)}), happened("0", "death", 0, nil))
	w.mustCheck() // another event weighs most: another fact
	if got := w.alerts(); len(got) != 1 || len(w.Told()) != 2 {
		t.Errorf("alerts %v, told %v", got, w.Told())
	}
}

func TestRefusedAlertIsToldByTheRetry(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for i := range 10 {
		w.prospect(fmt.Sprint("p", i), "98029", happened("1", "death", 0, nil))
	}
	w.Bus.Refuse(1, "AccessDeniedException") // not one that the publisher sends again
	var refused *events.RefusedError
	if err := w.check(); !errors.As(err, &refused) {
		t.Fatalf("error %v", err)
	}
	if got := len(w.Told()); got != 9 {
		t.Fatalf("%d of 10 were told", got)
	}
	w.mustCheck()
	w.want(slices.Repeat([]string{"high: death in 98029, 90"}, 10)...)
}

// The agent may want no such alerts any more when the event is tried again: those that are stored are told all the same.
func TestRefusedAlertIsToldByTheRetryOfWhoWatchesNoMore(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.prospect("p", "98029", happened("1", "death", 0, nil))
	w.Bus.Refuse(1, "AccessDeniedException")
	if err := w.check(); err == nil {
		t.Fatal("no error")
	}
	w.settings(fields{"enabledAlertTypes": []string{}})
	w.mustCheck()
	w.want("high: death in 98029, 90")
}

func TestStopsBetweenPagesWhenTimeRunsShort(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, progress      string
		prospects, listings int
		scored              int // by the first run
	}{
		{"between prospects", "200 prospects", 450, 1, 200},
		{"between listings", "500 listings", 1, 501, 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			for i := range test.listings {
				w.List(fmt.Sprintf("L%03d", i), 1, 0, fields{"status": "Sold", "statusChangedAt": iso(now)})
			}
			for i := range test.prospects {
				w.prospect(fmt.Sprintf("p%03d", i), "98029", happened("1", "retirement", 31*day, nil))
			}
			end := time.Now().Add(time.Hour)
			ctx, cancel := context.WithDeadline(t.Context(), end)
			defer cancel()
			ctx = deadline.Start(ctx, end.Add(-100*time.Second))
			w.Clock = func() time.Time { return end.Add(-9 * time.Second) } // less than a tenth is left
			var short *deadline.ShortError
			if err := w.checkIn(ctx); !errors.As(err, &short) || short.Progress != test.progress {
				t.Fatalf("error %v", err)
			}
			scored := 0
			for _, is := range w.Data("PROSPECT#") {
				if is["leadScore"] != nil {
					scored++
				}
			}
			if scored != test.scored {
				t.Errorf("%d were scored", scored)
			}
			w.Clock = func() time.Time { return end.Add(-99 * time.Second) }
			counted, tally := metrics.WithTally(ctx)
			if err := w.checkIn(counted); err != nil {
				t.Fatal(err)
			}
			if got := tally.Counts()[metrics.ProspectsScored]; got != test.prospects-test.scored {
				t.Errorf("the retry scored %d", got)
			}
		})
	}
}

func TestNewAgentGetsDefaults(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Delete("SETTINGS#ALERTS")
	w.prospect("p1", "98029", happened("1", "death", 0, nil))
	if err := w.userCreated(); err != nil {
		t.Fatal(err)
	}
	types := []any{"life-event-lead", "competitor-new-listing", "competitor-price-reduction", "competitor-withdrawal", "neighborhood-trend", "price-reduction"}
	want := map[string]fields{
		"ALERTS": {
			"userId": agent, "enabledAlertTypes": types, "frequency": "real-time", "leadScoreThreshold": 70.0, "targetAreas": []any{},
			"trackedCompetitors": []any{}, "updatedAt": iso(now),
		},
		"NOTIFICATIONS": {
			"userId": agent, "emailNotifications": true, "frequency": "real-time", "enabledAlertTypes": types, "updatedAt": iso(now),
		},
	}
	if diff := cmp.Diff(want, w.Data("SETTINGS#")); diff != "" {
		t.Error(diff)
	}
	if w.score("p1") != 90.0 { // scored, but no area is watched
		t.Errorf("score %v", w.score("p1"))
	}
	w.want()
	w.Clock = func() time.Time { return now.Add(time.Hour) }
	if err := w.userCreated(); err != nil { // a duplicate
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, w.Data("SETTINGS#")); diff != "" {
		t.Errorf("written again: %s", diff)
	}
}

func TestSettingsThatAreThereCount(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	preferences := fields{"emailNotifications": false}
	w.Put("SETTINGS#NOTIFICATIONS", "NotificationPreferences", preferences)
	before := w.Data("SETTINGS#")
	w.prospect("p1", "98029", happened("1", "death", 0, nil))
	if err := w.userCreated(); err != nil {
		t.Fatal(err)
	}
	w.want("high: death in 98029, 90")
	if diff := cmp.Diff(before, w.Data("SETTINGS#")); diff != "" {
		t.Errorf("overwritten: %s", diff)
	}
	w.settings(fields{"enabledAlertTypes": []string{}})
	w.prospect("p2", "98029", happened("1", "death", 0, nil))
	if err := w.userCreated(); err != nil || w.score("p2") != nil {
		t.Errorf("error %v, score %v", err, w.score("p2"))
	}
}

// hastyItems let the agent store something right before each save.
type hastyItems struct {
	platformtest.InterruptedTable

	before func()
}

func (i hastyItems) Save(ctx context.Context, save table.Save) error {
	i.before()
	return i.InterruptedTable.Save(ctx, save)
}

func TestDefaultsNeverOverwriteWhatTheAgentSavesMeanwhile(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Delete("SETTINGS#ALERTS")
	w.watcher = prospect.New(hastyItems{w.Items(), func() {
		w.settings(fields{"enabledAlertTypes": []string{"price-reduction"}})
		w.Put("SETTINGS#NOTIFICATIONS", "NotificationPreferences", fields{"emailNotifications": false})
	}}, w.Alerts(), w.Now)
	w.prospect("p1", "98029", happened("1", "death", 0, nil))
	if err := w.userCreated(); err != nil {
		t.Fatal(err)
	}
	settings := w.Data("SETTINGS#")
	if diff := cmp.Diff([]any{"price-reduction"}, settings["ALERTS"]["enabledAlertTypes"]); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(fields{"emailNotifications": false}, settings["NOTIFICATIONS"]); diff != "" {
		t.Error(diff)
	}
	if w.score("p1") != nil {
		t.Errorf("scored %v by settings that are not there", w.score("p1"))
	}
}

func TestHandlersSayWhatTheyPublish(t *testing.T) {
	t.Parallel()
	got := map[string]string{}
	for _, handler := range prospect.Handlers(&awsenv.Platform{}) {
		detailType, check := handler.Trigger()
		for _, fact := range handler.Publishes() {
			got[detailType+check] += fact.DetailType()
		}
	}
	want := map[string]string{"User Created": "Alert Created", "Check Due": "Alert Created", "life-event": "Check Due"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
