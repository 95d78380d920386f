package notification

import (
	"fmt"
	"time"

	"github.com/bayon-coagent/event-consumers/internal/agent"
)

// quietHours are the times of day between which no mail is sent, in a zone. The zero quietHours are none.
type quietHours struct {
	start, end timeOfDay // start inclusive, end exclusive; the same twice is none
	zone       *time.Location
}

// quietHoursOf reads an agent's quiet hours. What is enabled but cannot be read is a *quietHoursError: a mail that waits
// can still be sent, one that was sent at night cannot be taken back.
func quietHoursOf(contact agent.Contact) (quietHours, error) {
	asked := contact.Preferences.QuietHours
	if !asked.Enabled {
		return quietHours{}, nil
	}
	start, err := parseTimeOfDay(asked.StartTime)
	if err != nil {
		return quietHours{}, &quietHoursError{field: "startTime", err: err}
	}
	end, err := parseTimeOfDay(asked.EndTime)
	if err != nil {
		return quietHours{}, &quietHoursError{field: "endTime", err: err}
	}
	zone, _ := contact.QuietZone()
	return quietHours{start: start, end: end, zone: zone}, nil
}

// quietHoursError says that quiet hours are enabled, but cannot be read. Trying again does not help until they are changed.
type quietHoursError struct {
	field string
	err   error
}

func (e *quietHoursError) Error() string {
	return fmt.Sprintf("the agent's preferences cannot be read: quietHours.%s is %v", e.field, e.err)
}

// Unwrap returns what is wrong.
func (e *quietHoursError) Unwrap() error { return e.err }

// Permanent tells the consumer that a retry would fail alike.
func (e *quietHoursError) Permanent() bool { return true }

// until tells whether a moment is within the quiet hours, and when they end.
func (q quietHours) until(at time.Time) (end time.Time, quiet bool) {
	if q.start == q.end {
		return time.Time{}, false
	}
	for {
		next, within := q.periodAround(at)
		if !within {
			return at, quiet
		}
		at, quiet = next, true // where the clocks are set back, the next quiet hours may have begun already
	}
}

// periodAround returns the end of the quiet hours that a moment lies in.
func (q quietHours) periodAround(at time.Time) (end time.Time, within bool) {
	today := dateOf(at, q.zone)
	overnight := 0
	if q.end.before(q.start) {
		overnight = 1
	}
	for days := -2; days <= 1; days++ { // a clock change can move a day by a day
		start, _ := today.plus(days).at(q.start, q.zone)
		_, end := today.plus(days+overnight).at(q.end, q.zone)
		if !at.Before(start) && at.Before(end) {
			return end, true
		}
	}
	return time.Time{}, false
}

func (t timeOfDay) before(other timeOfDay) bool {
	return t.hour < other.hour || t.hour == other.hour && t.minute < other.minute
}
