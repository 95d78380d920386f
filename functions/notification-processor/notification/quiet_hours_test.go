package notification

import (
	"errors"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/bayon-coagent/event-consumers/internal/agent"
)

func TestQuietHours(t *testing.T) {
	t.Parallel()
	const newYork = "America/New_York"
	tests := []struct{ name, zone, start, end, at, until string }{ // until is empty where it is not quiet
		{"before", newYork, "22:00", "07:00", "2026-01-16T02:59:59.999Z", ""},
		{"start is inclusive", newYork, "22:00", "07:00", "2026-01-16T03:00:00Z", "2026-01-16T12:00:00Z"},
		{"after midnight", newYork, "22:00", "07:00", "2026-01-16T08:00:00Z", "2026-01-16T12:00:00Z"},
		{"last millisecond", newYork, "22:00", "07:00", "2026-01-16T11:59:59.999Z", "2026-01-16T12:00:00Z"},
		{"end is exclusive", newYork, "22:00", "07:00", "2026-01-16T12:00:00Z", ""},
		{"by day", "UTC", "12:00", "13:00", "2026-01-16T12:30:00Z", "2026-01-16T13:00:00Z"},
		{"by day, in the night", "UTC", "12:00", "13:00", "2026-01-16T00:30:00Z", ""},
		{"the same twice is none", "UTC", "12:00", "12:00", "2026-01-16T12:00:00Z", ""},
		{"until midnight", "UTC", "22:00", "00:00", "2026-01-16T23:59:59.999Z", "2026-01-17T00:00:00Z"},
		{"from midnight", "UTC", "00:00", "06:00", "2026-01-16T00:00:00Z", "2026-01-16T06:00:00Z"},
		{"the night that the clocks skip an hour", newYork, "22:00", "07:00", "2026-03-08T03:00:00Z", "2026-03-08T11:00:00Z"},
		{"the night that they double one", newYork, "22:00", "07:00", "2026-11-01T02:00:00Z", "2026-11-01T12:00:00Z"},
		{"ends at a skipped time", newYork, "22:00", "02:30", "2026-03-08T06:59:59Z", "2026-03-08T07:00:00Z"},
		{"begins at a skipped time", newYork, "02:30", "05:00", "2026-03-08T07:00:00Z", "2026-03-08T09:00:00Z"},
		{"before it begins at a skipped time", newYork, "02:30", "05:00", "2026-03-08T06:59:59Z", ""},
		{"skipped altogether", newYork, "02:10", "02:50", "2026-03-08T07:00:00Z", ""},
		{"begins at the first of a doubled time", newYork, "01:30", "05:00", "2026-11-01T05:30:00Z", "2026-11-01T10:00:00Z"},
		{"ends at the last of a doubled time", newYork, "22:00", "01:30", "2026-11-01T06:29:59Z", "2026-11-01T06:30:00Z"},
		{"doubled altogether", newYork, "01:10", "01:50", "2026-11-01T06:00:00Z", "2026-11-01T06:50:00Z"},
		{"begins again before it has ended", newYork, "01:30", "01:00", "2026-11-01T05:59:00Z", "2026-11-02T06:00:00Z"},
		{"half an hour", "Australia/Lord_Howe", "22:00", "01:45", "2026-04-04T15:00:00Z", "2026-04-04T15:15:00Z"},
		{"an offset of 5:45", "Asia/Kathmandu", "22:00", "07:00", "2026-06-01T16:15:00Z", "2026-06-02T01:15:00Z"},
		{"an offset of 5:45, before", "Asia/Kathmandu", "22:00", "07:00", "2026-06-01T16:14:59Z", ""},
		{"over a day that is skipped", "Pacific/Apia", "22:00", "07:00", "2011-12-30T09:00:00Z", "2011-12-30T17:00:00Z"},
	}
	for _, test := range tests {
		hours := quietHours{start: clockOf(t, test.start), end: clockOf(t, test.end), zone: zoneOf(t, test.zone)}
		until, quiet := hours.until(moment(t, test.at))
		if quiet != (test.until != "") || quiet && !until.Equal(moment(t, test.until)) {
			t.Errorf("%s: quiet %v until %s, want %q", test.name, quiet, until.Format(time.RFC3339), test.until)
		}
	}
}

func contactWith(hours agent.QuietHours) agent.Contact {
	return agent.Contact{Preferences: agent.Preferences{QuietHours: hours}}
}

func TestQuietHoursAreRead(t *testing.T) {
	t.Parallel()
	disabled, err := quietHoursOf(contactWith(agent.QuietHours{StartTime: "late", EndTime: "early"}))
	if _, quiet := disabled.until(time.Now()); err != nil || quiet {
		t.Errorf("disabled: quiet %v, error %v", quiet, err)
	}
	contact := contactWith(agent.QuietHours{Enabled: true, StartTime: "22:00", EndTime: "07:00", Timezone: "Asia/Kathmandu"})
	contact.Preferences.Timezone = "America/New_York"
	own, err := quietHoursOf(contact)
	if err != nil || own.zone.String() != "Asia/Kathmandu" {
		t.Errorf("in %s, error %v", own.zone, err)
	}
	for _, hours := range []agent.QuietHours{
		{Enabled: true, StartTime: "10 pm", EndTime: "07:00"}, {Enabled: true, StartTime: "22:00", EndTime: "24:00"}, {Enabled: true},
	} {
		_, err := quietHoursOf(contactWith(hours))
		var unreadable *quietHoursError
		if !errors.As(err, &unreadable) || !unreadable.Permanent() {
			t.Errorf("%+v: error %v", hours, err)
		}
	}
}

// Where quiet hours end, it is not quiet; every moment before that is quiet until then.
func TestQuietHoursEndWhereTheySay(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		hours := quietHours{start: drawClock(r, "start"), end: drawClock(r, "end"), zone: zoneOf(r, rapid.SampledFrom(zones).Draw(r, "zone"))}
		at := drawMoment(r, hours.zone)
		until, quiet := hours.until(at)
		if !quiet {
			return
		}
		if _, still := hours.until(until); still || !until.After(at) {
			r.Errorf("quiet at %s until %s, where it is quiet: %v", at, until, still)
		}
		between := at.Add(time.Duration(rapid.Float64Range(0, 0.999).Draw(r, "between") * float64(until.Sub(at))))
		if then, still := hours.until(between); !still || !then.Equal(until) {
			r.Errorf("quiet at %s until %s, but at %s until %s (%v)", at, until, between, then, still)
		}
	})
}

// On a day without a clock change, it is quiet exactly when the clock shows a time within the hours.
func TestQuietHoursAreThoseOfTheClock(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		hours := quietHours{start: drawClock(r, "start"), end: drawClock(r, "end"), zone: zoneOf(r, rapid.SampledFrom(zones).Draw(r, "zone"))}
		at := drawMoment(r, hours.zone)
		begins, ends := at.In(hours.zone).ZoneBounds()
		if !begins.IsZero() && at.Sub(begins) < aroundChange || !ends.IsZero() && ends.Sub(at) < aroundChange {
			return
		}
		shows := timeOfDay{at.In(hours.zone).Hour(), at.In(hours.zone).Minute()}
		want := !shows.before(hours.start) && shows.before(hours.end)
		if hours.end.before(hours.start) {
			want = !shows.before(hours.start) || shows.before(hours.end)
		}
		if _, quiet := hours.until(at); quiet != want {
			r.Errorf("%s: quiet %v", at.In(hours.zone), quiet)
		}
	})
}
