package main

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// windowFlags say which events are meant, by their time.
type windowFlags struct {
	Last string `help:"The events of the last 2h, 90m or 3d." placeholder:"DURATION"`
	From string `help:"The events from this time on: 14:30, 2026-11-24, \"2026-11-24 14:30\" (your local time), or 2026-11-24T14:30:00Z."`
	To   string `help:"The events before this time; now where none is given."`
}

// window is [from, to), in whole seconds.
type window struct{ from, to time.Time }

// read tells which window is meant.
func (f *windowFlags) read(now time.Time) (window, error) {
	w := window{to: now.Truncate(time.Second).Add(time.Second)} // what happened in this very second, too
	var err error
	switch {
	case f.Last != "" && (f.From != "" || f.To != ""):
		return w, &usageError{"either --last, or --from and --to"}
	case f.Last != "":
		var ago time.Duration
		if ago, err = daysOrDuration(f.Last); err != nil || ago <= 0 {
			return w, &usageError{fmt.Sprintf("--last %s must be a duration such as 2h, 90m or 3d", f.Last)}
		}
		w.from = now.Add(-ago).Truncate(time.Second)
		return w, nil
	case f.From == "":
		return w, &usageError{"which events? --last 2h, or --from and --to"}
	}
	if w.from, err = localTime(f.From, now); err != nil {
		return w, &usageError{"--from " + err.Error()}
	}
	if f.To != "" {
		if w.to, err = localTime(f.To, now); err != nil {
			return w, &usageError{"--to " + err.Error()}
		}
	}
	if !w.from.Before(w.to) {
		return w, &usageError{fmt.Sprintf("the window from %s to %s holds nothing", shown(w.from), shown(w.to))}
	}
	return w, nil
}

func (w window) String() string { return fmt.Sprintf("from %s to %s", shown(w.from), shown(w.to)) }

// shown writes a time for people where they are.
func shown(at time.Time) string { return at.Local().Format("2006-01-02 15:04:05 MST") }

// daysOrDuration reads 3d, and what Go reads as a duration.
func daysOrDuration(text string) (time.Duration, error) {
	if days, found := strings.CutSuffix(text, "d"); found {
		const mostDays = 100 * 365
		number, err := strconv.ParseFloat(days, 64)
		if err != nil || number > mostDays {
			return 0, fmt.Errorf("%q is no number of days", days)
		}
		return time.Duration(number * 24 * float64(time.Hour)), nil
	}
	return time.ParseDuration(text)
}

// localTime reads a time of today, a date, both, or a time in ISO 8601. Without a zone it is local time.
func localTime(text string, now time.Time) (time.Time, error) {
	if at, err := time.Parse(time.RFC3339, text); err == nil {
		return at, nil
	}
	for _, layout := range []string{"2006-01-02 15:04:05", "2006-01-02 15:04", "2006-01-02T15:04:05", "2006-01-02T15:04", time.DateOnly} {
		if at, err := time.ParseInLocation(layout, text, now.Location()); err == nil {
			return at, nil
		}
	}
	for _, layout := range []string{time.TimeOnly, "15:04"} {
		if at, err := time.ParseInLocation(layout, text, now.Location()); err == nil {
			year, month, day := now.Date()
			return time.Date(year, month, day, at.Hour(), at.Minute(), at.Second(), 0, now.Location()), nil
		}
	}
	return time.Time{}, fmt.Errorf("%s must be a time such as 14:30, 2026-11-24, \"2026-11-24 14:30\" or 2026-11-24T14:30:00Z", text)
}
