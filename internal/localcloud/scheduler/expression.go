package scheduler

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
	_ "time/tzdata" // the machine may know no time zones

	"github.com/bayon-coagent/event-consumers/internal/localcloud/awsapi"
)

// Expression says when a schedule is due.
type Expression interface {
	// Next returns the first time after an instant at which the schedule is due, and false when there is none any more.
	Next(after time.Time) (time.Time, bool)
}

// Parse reads a schedule expression: cron(…), rate(…) or at(…), in a time zone by its IANA name. A rate counts from the
// anchor, which is its first time. The error holds an *awsapi.Error with AWS's text, and the reason.
//
// https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html
func Parse(expression, zone string, anchor time.Time) (Expression, error) {
	location, err := time.LoadLocation(zone)
	if err != nil || zone == "" || zone == "Local" {
		return nil, awsapi.Errorf("ValidationException", "Invalid Schedule Expression Timezone %s.", zone)
	}
	parsed, err := parse(expression, location, anchor)
	if err != nil {
		refusal := awsapi.Errorf("ValidationException", "Invalid Schedule Expression %s.", expression)
		return nil, fmt.Errorf("%w (%w)", refusal, err)
	}
	return parsed, nil
}

func parse(expression string, location *time.Location, anchor time.Time) (Expression, error) {
	kind, body, _ := strings.Cut(expression, "(")
	body, closed := strings.CutSuffix(body, ")")
	switch {
	case closed && kind == "cron":
		return parseCron(body, location)
	case closed && kind == "rate":
		return parseRate(body, anchor)
	case closed && kind == "at":
		return parseAt(body, location)
	default:
		return nil, errors.New("want cron(…), rate(…) or at(…)")
	}
}

// rate is due at an anchor and then at even distances.
type rate struct {
	anchor   time.Time
	interval time.Duration
}

var rateForm = regexp.MustCompile(`^([0-9]{1,7}) (minute|hour|day)s?$`)

// parseRate reads a value and a unit. A day is 24 hours, whatever the clocks of the time zone do.
func parseRate(body string, anchor time.Time) (Expression, error) {
	parts := rateForm.FindStringSubmatch(body)
	if parts == nil {
		return nil, errors.New("want a number and minutes, hours or days")
	}
	value, err := strconv.Atoi(parts[1])
	if err != nil || value == 0 {
		return nil, errors.New("want a positive number")
	}
	unit := map[string]time.Duration{"minute": time.Minute, "hour": time.Hour, "day": 24 * time.Hour}[parts[2]]
	return rate{anchor.UTC(), time.Duration(value) * unit}, nil
}

func (r rate) Next(after time.Time) (time.Time, bool) {
	if after.Before(r.anchor) {
		return r.anchor, true
	}
	return r.anchor.Add(after.Sub(r.anchor).Truncate(r.interval) + r.interval), true
}

// once is due at one time.
type once struct{ at time.Time }

func parseAt(body string, location *time.Location) (Expression, error) {
	local, err := time.Parse("2006-01-02T15:04:05", body)
	if err != nil {
		return nil, errors.New("want a time such as 2026-11-24T06:00:00")
	}
	at, exists := instant(local, location)
	if !exists {
		return nil, fmt.Errorf("the clocks of %s never show this time", location)
	}
	return once{at}, nil
}

func (o once) Next(after time.Time) (time.Time, bool) {
	return o.at, after.Before(o.at)
}

// instant returns when the clocks of a time zone show the date and time of local, whose own zone does not count. A time
// that is skipped in spring does not exist; of one that comes twice in autumn it is the first.
func instant(local time.Time, location *time.Location) (at time.Time, exists bool) {
	year, month, day := local.Date()
	hour, minute, second := local.Clock()
	shows := func(t time.Time) bool {
		t = t.In(location)
		y, mo, d := t.Date()
		h, mi, s := t.Clock()
		return y == year && mo == month && d == day && h == hour && mi == minute && s == second
	}
	at = time.Date(year, month, day, hour, minute, second, 0, location)
	if !shows(at) {
		return time.Time{}, false
	}
	if change, _ := at.ZoneBounds(); !change.IsZero() {
		_, offset := change.Add(-time.Second).Zone()
		earlier := time.Date(year, month, day, hour, minute, second, 0, time.UTC).Add(-time.Duration(offset) * time.Second)
		if earlier.Before(change) && shows(earlier) {
			at = earlier
		}
	}
	return at.UTC(), true
}
