package notification

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/bayon-coagent/event-consumers/internal/agent"
)

func TestLatestDigestTime(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name                      string
		frequency                 agent.Frequency
		zone, clock, at, due, was string
	}{
		{"right at it", agent.Daily, "UTC", "09:00", "2026-11-24T09:00:00Z", "2026-11-24T09:00:00Z", "2026-11-23T09:00:00Z"},
		{"a millisecond before", agent.Daily, "UTC", "09:00", "2026-11-24T08:59:59.999Z", "2026-11-23T09:00:00Z", "2026-11-22T09:00:00Z"},
		{"in the agent's zone", agent.Daily, "Asia/Kathmandu", "09:00", "2026-11-24T03:15:00Z", "2026-11-24T03:15:00Z", "2026-11-23T03:15:00Z"},
		{"Monday", agent.Weekly, "UTC", "09:00", "2026-11-23T09:00:00Z", "2026-11-23T09:00:00Z", "2026-11-16T09:00:00Z"},
		{"Monday morning", agent.Weekly, "UTC", "09:00", "2026-11-23T08:59:59.999Z", "2026-11-16T09:00:00Z", "2026-11-09T09:00:00Z"},
		{"Sunday", agent.Weekly, "UTC", "09:00", "2026-11-29T23:00:00Z", "2026-11-23T09:00:00Z", "2026-11-16T09:00:00Z"},
		{"Monday there, Sunday here", agent.Weekly, "Pacific/Kiritimati", "09:00", "2026-11-22T19:00:00Z", "2026-11-22T19:00:00Z", "2026-11-15T19:00:00Z"},
		{"a time that is skipped", agent.Daily, "America/New_York", "02:30", "2026-03-08T07:00:00Z", "2026-03-08T07:00:00Z", "2026-03-07T07:30:00Z"},
		{"a time that is doubled", agent.Daily, "America/New_York", "01:30", "2026-11-01T06:45:00Z", "2026-11-01T05:30:00Z", "2026-10-31T05:30:00Z"},
		{"the short day", agent.Daily, "America/New_York", "09:00", "2026-03-08T13:00:00Z", "2026-03-08T13:00:00Z", "2026-03-07T14:00:00Z"},
		{"a date that is skipped", agent.Daily, "Pacific/Apia", "00:00", "2011-12-30T12:00:00Z", "2011-12-30T10:00:00Z", "2011-12-29T10:00:00Z"},
	}
	for _, test := range tests {
		times := digestTimes{frequency: test.frequency, clock: clockOf(t, test.clock), zone: zoneOf(t, test.zone)}
		due := times.latest(moment(t, test.at))
		if was := times.window(due).After; !due.Equal(moment(t, test.due)) || !was.Equal(moment(t, test.was)) {
			t.Errorf("%s: due %s after %s", test.name, due.Format(time.RFC3339), was.Format(time.RFC3339))
		}
	}
}

func TestDigestTimesAreRead(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		text       string
		clock      timeOfDay
		unreadable int
	}{{"", timeOfDay{9, 0}, 0}, {"17:30", timeOfDay{17, 30}, 0}, {"noon", timeOfDay{9, 0}, 1}} {
		times, unreadable := digestTimesOf(agent.Contact{Preferences: agent.Preferences{DigestTime: test.text}})
		if times.clock != test.clock || unreadable != test.unreadable || times.zone != time.UTC {
			t.Errorf("%q: %+v, %d unreadable", test.text, times, unreadable)
		}
	}
}

// Windows lie one after another, without gap and without overlap, whatever the clocks do; all of them have ended.
func TestWindowsTileTime(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		times := digestTimes{
			frequency: rapid.SampledFrom([]agent.Frequency{agent.Daily, agent.Weekly}).Draw(r, "frequency"),
			clock:     drawClock(r, "digest"),
			zone:      zoneOf(r, rapid.SampledFrom(zones).Draw(r, "zone")),
		}
		at := drawMoment(r, times.zone)
		windows := times.windows(at)
		for i, is := range windows {
			if !is.After.Before(is.Until) || is.Until.After(at) {
				r.Errorf("window %v at %s", is, at)
			}
			if i > 0 && !windows[i-1].Until.Equal(is.After) {
				r.Errorf("%v follows %v", is, windows[i-1])
			}
		}
		last := windows[len(windows)-1]
		if earliest := windows[0].After; !earliest.Before(at.Add(-lookBack)) {
			r.Errorf("only back to %s", earliest)
		}
		longest := 8 * 24 * time.Hour
		if times.frequency == agent.Daily {
			longest = 49 * time.Hour
		}
		if at.Sub(last.Until) > longest || last.Until.Sub(last.After) > longest {
			r.Errorf("the latest window at %s is %v", at, last)
		}
		later := last.Until.Add(time.Duration(rapid.Int64Range(0, int64(lookBack)).Draw(r, "later")))
		if found := times.windows(later); !slices.Contains(found, last) {
			r.Errorf("%v is not among %v", last, found)
		}
	})
}
