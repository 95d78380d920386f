package notification

import (
	"time"

	"github.com/bayon-coagent/event-consumers/internal/agent"
)

// defaultDigestTime is when digests are due for agents who have chosen no time, or none that can be read.
const defaultDigestTime = "09:00"

// digestDay is the day of weekly digests.
const digestDay = time.Monday

// lookBack is how long a digest can be late and is still made: a weekly one that was missed is made with the next, whose tick
// comes a moment after a week.
const lookBack = 8 * 24 * time.Hour

// window is the time whose alerts a digest tells of: those stored after After, and at Until at the latest.
type window struct{ After, Until time.Time }

// digestTimes tell when digests are due.
type digestTimes struct {
	frequency agent.Frequency // daily or weekly
	clock     timeOfDay
	zone      *time.Location
}

// digestTimesOf reads when an agent's digests are due. unreadable counts what had to be passed over.
func digestTimesOf(contact agent.Contact) (times digestTimes, unreadable int) {
	times.frequency = contact.Preferences.Frequency
	times.zone, unreadable = contact.Zone()
	text := contact.Preferences.DigestTime
	if text == "" {
		text = defaultDigestTime
	}
	clock, err := parseTimeOfDay(text)
	if err != nil {
		clock, unreadable = timeOfDay{hour: 9}, unreadable+1
	}
	times.clock = clock
	return times, unreadable
}

// latest is the last digest time at a moment or before it.
func (t digestTimes) latest(at time.Time) time.Time {
	for today, days := dateOf(at, t.zone), 2; ; days-- {
		due, ok := t.on(today.plus(days))
		if ok && !due.After(at) {
			return due
		}
	}
}

// on is when a digest is due on a date, if one is.
func (t digestTimes) on(day date) (due time.Time, ok bool) {
	if t.frequency == agent.Weekly && day.Weekday() != digestDay {
		return time.Time{}, false
	}
	due, _ = day.at(t.clock, t.zone)
	return due, true
}

// window is the one that ends at a digest time.
func (t digestTimes) window(until time.Time) window {
	return window{After: t.latest(until.Add(-time.Nanosecond)), Until: until}
}

// windows are those that have ended at a moment, but not longer than lookBack ago, the oldest first. The latest is among
// them in any case.
func (t digestTimes) windows(at time.Time) []window {
	var windows []window
	for next := t.window(t.latest(at)); len(windows) == 0 || !next.Until.Before(at.Add(-lookBack)); next = t.window(next.After) {
		windows = append([]window{next}, windows...)
	}
	return windows
}
