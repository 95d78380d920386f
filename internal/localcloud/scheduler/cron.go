package scheduler

import (
	"errors"
	"fmt"
	"math/bits"
	"strconv"
	"strings"
	"time"
)

// cron is due whenever the clocks of its time zone show a time that all six fields let in.
//
// https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html#cron-based
type cron struct {
	location *time.Location
	minutes  set
	hours    set
	months   set
	years    map[int]bool
	day      func(date time.Time) bool
}

// The years that AWS knows.
const (
	firstYear = 1970
	lastYear  = 2199
)

// set holds small numbers, one bit each.
type set uint64

func (s set) has(n int) bool { return s&(1<<n) != 0 }

func parseCron(body string, location *time.Location) (Expression, error) {
	fields := strings.Split(body, " ")
	if len(fields) != 6 {
		return nil, fmt.Errorf("want six fields with one blank between them, not %d", len(fields))
	}
	var problems [5]error
	c := cron{location: location}
	c.minutes, problems[0] = parseSet("minutes", fields[0], 0, 59, "")
	c.hours, problems[1] = parseSet("hours", fields[1], 0, 23, "")
	c.day, problems[2] = parseDay(fields[2], fields[4])
	c.months, problems[3] = parseSet("month", fields[3], 1, 12, monthNames)
	c.years, problems[4] = parseYears(fields[5])
	if err := errors.Join(problems[:]...); err != nil {
		return nil, err
	}
	return c, nil
}

// The names that a field's numbers have, from its lower bound.
const (
	monthNames   = "JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC"
	weekdayNames = "SUN MON TUE WED THU FRI SAT"
)

// parseSet reads a field of numbers, ranges and steps between two bounds.
func parseSet(field, written string, lowest, highest int, names string) (set, error) {
	var numbers set
	err := parseList(written, lowest, highest, names, func(n int) { numbers |= 1 << n })
	if err != nil {
		return 0, fmt.Errorf("%s: %w", field, err)
	}
	return numbers, nil
}

func parseYears(written string) (map[int]bool, error) {
	years := map[int]bool{}
	if err := parseList(written, firstYear, lastYear, "", func(year int) { years[year] = true }); err != nil {
		return nil, fmt.Errorf("year: %w", err)
	}
	return years, nil
}

// parseList calls add with each number of a comma-separated list.
func parseList(written string, lowest, highest int, names string, add func(int)) error {
	for item := range strings.SplitSeq(written, ",") {
		span, step, stepped := strings.Cut(item, "/")
		from, to, err := parseSpan(span, lowest, highest, names)
		if err != nil {
			return err
		}
		distance := 1
		if stepped {
			if distance, err = strconv.Atoi(step); err != nil || distance < 1 || distance > highest {
				return fmt.Errorf("%q is no step between 1 and %d", step, highest)
			}
			if !strings.ContainsAny(span, "*-") {
				to = highest
			}
		}
		for n := from; n <= to; n += distance {
			add(n)
		}
	}
	return nil
}

// parseSpan reads *, a number or a range.
func parseSpan(written string, lowest, highest int, names string) (from, to int, err error) {
	if written == "*" {
		return lowest, highest, nil
	}
	first, last, isRange := strings.Cut(written, "-")
	if from, err = parseNumber(first, lowest, highest, names); err != nil || !isRange {
		return from, from, err
	}
	if to, err = parseNumber(last, lowest, highest, names); err == nil && to < from {
		err = fmt.Errorf("the range %s ends before it begins", written)
	}
	return from, to, err
}

func parseNumber(written string, lowest, highest int, names string) (int, error) {
	for i, name := range strings.Fields(names) {
		if strings.EqualFold(written, name) {
			return lowest + i, nil
		}
	}
	n, err := strconv.ParseUint(written, 10, 16)
	if err != nil || int(n) < lowest || int(n) > highest {
		return 0, fmt.Errorf("%q is not between %d and %d", written, lowest, highest)
	}
	return int(n), nil
}

// parseDay reads the two fields that choose days, of which exactly one is a question mark.
func parseDay(ofMonth, ofWeek string) (func(time.Time) bool, error) {
	switch {
	case ofMonth == "?" && ofWeek == "?", ofMonth != "?" && ofWeek != "?":
		return nil, errors.New("exactly one of day-of-month and day-of-week must be ?")
	case ofWeek == "?":
		return parseDayOfMonth(ofMonth)
	default:
		return parseDayOfWeek(ofWeek)
	}
}

// parseDayOfMonth reads numbers, L (the last day) or a number with W (the weekday nearest to that day, in its month).
func parseDayOfMonth(written string) (func(time.Time) bool, error) {
	if written == "L" {
		return func(date time.Time) bool { return date.Day() == lastDay(date) }, nil
	}
	if number, isWeekday := strings.CutSuffix(written, "W"); isWeekday {
		day, err := parseNumber(number, 1, 31, "")
		if err != nil {
			return nil, fmt.Errorf("day-of-month: %w", err)
		}
		return func(date time.Time) bool { return date.Day() == nearestWeekday(date, day) }, nil
	}
	days, err := parseSet("day-of-month", written, 1, 31, "")
	return func(date time.Time) bool { return days.has(date.Day()) }, err
}

// parseDayOfWeek reads numbers from 1 for Sunday, L (Saturday), a number with L (the last such day of the month), or two
// numbers with # between them (the how-many-eth such day of the month).
func parseDayOfWeek(written string) (func(time.Time) bool, error) {
	if strings.Contains(written, "/") {
		return nil, errors.New("day-of-week: takes no steps")
	}
	if written == "L" {
		written = "SAT"
	}
	if name, isLast := strings.CutSuffix(written, "L"); isLast {
		weekday, err := parseWeekday(name)
		return func(date time.Time) bool {
			return date.Weekday() == weekday && date.Day()+7 > lastDay(date)
		}, err
	}
	if name, count, isNumbered := strings.Cut(written, "#"); isNumbered {
		weekday, weekdayErr := parseWeekday(name)
		number, err := parseNumber(count, 1, 5, "")
		if err != nil {
			err = fmt.Errorf("day-of-week: %w", err)
		}
		return func(date time.Time) bool {
			return date.Weekday() == weekday && (date.Day()+6)/7 == number
		}, errors.Join(weekdayErr, err)
	}
	days, err := parseSet("day-of-week", written, 1, 7, weekdayNames)
	return func(date time.Time) bool { return days.has(int(date.Weekday()) + 1) }, err
}

func parseWeekday(written string) (time.Weekday, error) {
	n, err := parseNumber(written, 1, 7, weekdayNames)
	if err != nil {
		return 0, fmt.Errorf("day-of-week: %w", err)
	}
	return time.Weekday(n - 1), nil
}

// lastDay returns the number of days in a date's month.
func lastDay(date time.Time) int {
	return time.Date(date.Year(), date.Month()+1, 0, 0, 0, 0, 0, time.UTC).Day()
}

// nearestWeekday returns the day between Monday and Friday that is nearest to a day of the date's month, without leaving
// the month; 0 when the month has no such day.
func nearestWeekday(date time.Time, day int) int {
	last := lastDay(date)
	if day > last {
		return 0
	}
	switch time.Date(date.Year(), date.Month(), day, 0, 0, 0, 0, time.UTC).Weekday() {
	case time.Saturday:
		if day == 1 {
			return 3
		}
		return day - 1
	case time.Sunday:
		if day == last {
			return day - 2
		}
		return day + 1
	default:
		return day
	}
}

// Next walks through the days from the one of after, which its zone's clocks show.
func (c cron) Next(after time.Time) (time.Time, bool) {
	year, month, day := after.In(c.location).Date()
	date := time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
	for date.Year() <= lastYear {
		switch {
		case !c.years[date.Year()]:
			date = time.Date(date.Year()+1, time.January, 1, 0, 0, 0, 0, time.UTC)
			continue
		case !c.months.has(int(date.Month())):
			date = time.Date(date.Year(), date.Month()+1, 1, 0, 0, 0, 0, time.UTC)
			continue
		case c.day(date):
			if at, ok := c.nextOfDay(date, after); ok {
				return at, true
			}
		}
		date = date.AddDate(0, 0, 1)
	}
	return time.Time{}, false
}

func (c cron) nextOfDay(date, after time.Time) (time.Time, bool) {
	for hours := c.hours; hours != 0; hours &= hours - 1 {
		hour := bits.TrailingZeros64(uint64(hours))
		for minutes := c.minutes; minutes != 0; minutes &= minutes - 1 {
			minute := bits.TrailingZeros64(uint64(minutes))
			local := date.Add(time.Duration(hour)*time.Hour + time.Duration(minute)*time.Minute)
			if at, exists := instant(local, c.location); exists && at.After(after) {
				return at, true
			}
		}
	}
	return time.Time{}, false
}
