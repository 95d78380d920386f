package simulation_test

import (
	"fmt"
	"time"
)

// What follows tells local times as a person does who looks at a clock on the wall all day long: minute by minute, without a
// word of offsets and of when they change.

// wall is what a clock shows in a zone.
type wall struct {
	date    string // such as 2026-03-29
	minutes int    // since midnight
}

func wallAt(at time.Time, zone *time.Location) wall {
	local := at.In(zone)
	return wall{local.Format(time.DateOnly), local.Hour()*60 + local.Minute()}
}

func minutesOf(clock string) int {
	var hour, minute int
	if _, err := fmt.Sscanf(clock, "%d:%d", &hour, &minute); err != nil {
		panic(err)
	}
	return hour*60 + minute
}

// quiet are hours in which an agent wants no mail.
type quiet struct {
	start, end string
	zone       *time.Location
}

// holds tells whether it is quiet at a moment: while the clock shows a time from the start to before the end; and between
// two such times, if the clock was set back between them.
func (q *quiet) holds(at time.Time) bool {
	if q == nil || q.start == q.end {
		return false
	}
	if q.shown(at) {
		return true
	}
	const longest = time.Hour // that clocks are set back
	if !setBack(at.Add(-longest), at.Add(longest), q.zone) {
		return false
	}
	before, after := false, false
	for span := time.Duration(0); span <= longest; span += time.Minute {
		before = before || q.shown(at.Add(-span))
		after = after || q.shown(at.Add(span))
	}
	return before && after
}

// shown tells whether the clock shows a time within the hours.
func (q *quiet) shown(at time.Time) bool {
	shows, start, end := wallAt(at, q.zone).minutes, minutesOf(q.start), minutesOf(q.end)
	if start > end {
		return start <= shows || shows < end
	}
	return start <= shows && shows < end
}

// setBack tells whether less time passes on the clock of a zone than does.
func setBack(from, to time.Time, zone *time.Location) bool {
	shown := func(at time.Time) time.Time {
		local := at.In(zone)
		return time.Date(local.Year(), local.Month(), local.Day(), local.Hour(), local.Minute(), local.Second(), 0, time.UTC)
	}
	return shown(to).Sub(shown(from)) < to.Sub(from)
}

// skippedClock is a time that the clock of a zone does not show on a day of the year from a moment on; empty if there is none.
func skippedClock(zone *time.Location, from time.Time) string {
	const step, year = 15 * time.Minute, 365 * 24 * time.Hour
	for at := from.Truncate(step); at.Before(from.Add(year)); at = at.Add(step) {
		const day, longest = 24 * 60, 60
		after := wallAt(at.Add(step), zone).minutes
		gap := (after-wallAt(at, zone).minutes+day)%day - int(step.Minutes())
		if gap > 0 && gap <= longest {
			middle := (after - gap/2 + day) % day
			return fmt.Sprintf("%02d:%02d", middle/60, middle%60)
		}
	}
	return ""
}

// over is the first minute from a moment on at which it is not quiet.
func (q *quiet) over(at time.Time) time.Time {
	for at = at.Truncate(time.Minute); q.holds(at); at = at.Add(time.Minute) {
	}
	return at
}

// calendar tells when digests are due.
type calendar struct {
	frequency string // daily or weekly
	clock     string
	zone      *time.Location
	known     map[string]time.Time
}

// on is when the clock of a date first shows the digest's time, or, should it skip that, the first time after it.
func (c *calendar) on(date time.Time) time.Time {
	name := date.Format(time.DateOnly)
	if due, known := c.known[name]; known {
		return due
	}
	want := minutesOf(c.clock)
	due := time.Date(date.Year(), date.Month(), date.Day()-1, 8, 0, 0, 0, time.UTC) // well before that date begins anywhere
	for shown := wallAt(due, c.zone); shown.date < name || shown.date == name && shown.minutes < want; shown = wallAt(due, c.zone) {
		due = due.Add(time.Minute)
	}
	c.known[name] = due
	return due
}

// after is the first digest time at a moment or later.
func (c *calendar) after(at time.Time) time.Time {
	for days := -2; ; days++ {
		date := time.Date(at.Year(), at.Month(), at.Day()+days, 12, 0, 0, 0, time.UTC)
		if c.frequency == "weekly" && date.Weekday() != time.Monday {
			continue
		}
		if due := c.on(date); !due.Before(at) {
			return due
		}
	}
}
