package notification

import (
	"fmt"
	"time"
	_ "time/tzdata" // provided.al2023 was first delivered without zones, and nothing promises them
)

// timeOfDay is a time on a clock on a wall.
type timeOfDay struct{ hour, minute int }

// parseTimeOfDay reads HH:MM, from 00:00 to 23:59.
func parseTimeOfDay(text string) (timeOfDay, error) {
	at, err := time.Parse("15:04", text)
	if err != nil {
		return timeOfDay{}, fmt.Errorf("not a time such as 09:00")
	}
	return timeOfDay{hour: at.Hour(), minute: at.Minute()}, nil
}

// date is a day on a calendar, which a zone makes a time of. Its own zone does not count.
type date struct{ time.Time }

func dateOf(at time.Time, zone *time.Location) date {
	year, month, day := at.In(zone).Date()
	return date{time.Date(year, month, day, 0, 0, 0, 0, time.UTC)}
}

func (d date) plus(days int) date { return date{d.AddDate(0, 0, days)} }

// aroundChange is longer than any clock change together with any offset from UTC.
const aroundChange = 50 * time.Hour

// at returns when a clock in a zone shows a time on a date: the first and the last moment, which differ where the clocks
// are set back. A time that the clocks skip is the moment at which they skip it.
func (d date) at(clock timeOfDay, zone *time.Location) (first, last time.Time) {
	shown := d.Add(time.Duration(clock.hour)*time.Hour + time.Duration(clock.minute)*time.Minute)
	end := shown.Add(aroundChange)
	for from := shown.Add(-aroundChange).In(zone); from.Before(end); {
		_, offset := from.Zone()
		_, until := from.ZoneBounds() // from when on the offset is another; zero for never
		moment := shown.Add(-time.Duration(offset) * time.Second)
		switch {
		case moment.Before(from): // skipped right before from, or shown earlier
			if first.IsZero() {
				first, last = from, from
			}
		case until.IsZero() || moment.Before(until):
			if first.IsZero() {
				first = moment
			}
			last = moment
		}
		if until.IsZero() {
			break
		}
		from = until
	}
	return first.UTC(), last.UTC()
}
