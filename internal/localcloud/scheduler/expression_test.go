package scheduler_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/awsapi"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/scheduler"
)

func TestNext(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, expression, zone, after string
		want                          []string // the next times, as many as are of interest
	}{
		{"every day", "cron(0 6 * * ? *)", "UTC", "2026-11-24T05:59:59Z", []string{"2026-11-24T06:00:00Z", "2026-11-25T06:00:00Z"}},
		{"the time itself is not next", "cron(0 6 * * ? *)", "UTC", "2026-11-24T06:00:00Z", []string{"2026-11-25T06:00:00Z"}},
		{"step of hours", "cron(30 */4 * * ? *)", "UTC", "2026-11-24T20:30:00Z",
			[]string{"2026-11-25T00:30:00Z", "2026-11-25T04:30:00Z", "2026-11-25T08:30:00Z"}},
		{"step from a number", "cron(50/4 0 * * ? *)", "UTC", "2026-01-01T00:00:00Z",
			[]string{"2026-01-01T00:50:00Z", "2026-01-01T00:54:00Z", "2026-01-01T00:58:00Z", "2026-01-02T00:50:00Z"}},
		{"step in a range", "cron(0 8-12/2 * * ? *)", "UTC", "2026-01-01T00:00:00Z",
			[]string{"2026-01-01T08:00:00Z", "2026-01-01T10:00:00Z", "2026-01-01T12:00:00Z", "2026-01-02T08:00:00Z"}},
		{"list", "cron(5,10 0 1 1 ? *)", "UTC", "2026-01-01T00:05:00Z", []string{"2026-01-01T00:10:00Z", "2027-01-01T00:05:00Z"}},
		{"names in any case", "cron(0 10 ? jan,DEC mon-Wed *)", "UTC", "2026-01-28T11:00:00Z", []string{"2026-12-01T10:00:00Z"}},
		{"weekdays by number", "cron(0 10 ? * 2-6 *)", "UTC", "2026-11-27T10:00:00Z", []string{"2026-11-30T10:00:00Z"}},
		{"years", "cron(0 0 1 1 ? 2026-2027)", "UTC", "2026-06-01T00:00:00Z", []string{"2027-01-01T00:00:00Z", ""}},
		{"leap day", "cron(0 0 29 2 ? *)", "UTC", "2026-01-01T00:00:00Z", []string{"2028-02-29T00:00:00Z", "2032-02-29T00:00:00Z"}},
		{"no leap day in 2100", "cron(0 0 29 2 ? 2099-2104)", "UTC", "2026-01-01T00:00:00Z", []string{"2104-02-29T00:00:00Z", ""}},
		{"a day that no month has", "cron(0 0 31 2 ? *)", "UTC", "2026-01-01T00:00:00Z", []string{""}},
		{"31st in short months", "cron(0 0 31 * ? *)", "UTC", "2026-03-31T00:00:00Z", []string{"2026-05-31T00:00:00Z"}},
		{"last day of the month", "cron(0 0 L * ? *)", "UTC", "2028-01-31T00:00:00Z",
			[]string{"2028-02-29T00:00:00Z", "2028-03-31T00:00:00Z", "2028-04-30T00:00:00Z"}},
		{"nearest weekday is the day itself", "cron(0 0 15W * ? *)", "UTC", "2026-06-16T00:00:00Z", []string{"2026-07-15T00:00:00Z"}},
		{"nearest weekday of a Saturday", "cron(0 0 15W * ? *)", "UTC", "2026-08-01T00:00:00Z", []string{"2026-08-14T00:00:00Z"}},
		{"nearest weekday of a Sunday", "cron(0 0 15W * ? *)", "UTC", "2026-11-01T00:00:00Z", []string{"2026-11-16T00:00:00Z"}},
		{"nearest weekday of a first that is a Saturday", "cron(0 0 1W * ? *)", "UTC", "2026-07-15T00:00:00Z",
			[]string{"2026-08-03T00:00:00Z"}},
		{"nearest weekday of a last that is a Sunday", "cron(0 0 31W * ? *)", "UTC", "2026-05-02T00:00:00Z",
			[]string{"2026-05-29T00:00:00Z"}},
		{"third Friday", "cron(0 0 ? * 6#3 *)", "UTC", "2026-11-24T00:00:00Z", []string{"2026-12-18T00:00:00Z", "2027-01-15T00:00:00Z"}},
		{"fifth Monday, where there is one", "cron(0 0 ? * MON#5 *)", "UTC", "2026-11-24T00:00:00Z",
			[]string{"2026-11-30T00:00:00Z", "2027-03-29T00:00:00Z"}},
		{"last Friday", "cron(15 10 ? * 6L 2026-2027)", "UTC", "2026-11-24T00:00:00Z",
			[]string{"2026-11-27T10:15:00Z", "2026-12-25T10:15:00Z"}},
		{"last Friday of five", "cron(0 0 ? * FRIL *)", "UTC", "2026-07-01T00:00:00Z", []string{"2026-07-31T00:00:00Z"}},
		{"nearest weekday of a day that the month lacks", "cron(0 0 31W * ? *)", "UTC", "2027-04-02T00:00:00Z",
			[]string{"2027-05-31T00:00:00Z"}},
		{"L alone is Saturday", "cron(0 0 ? * L *)", "UTC", "2026-11-24T00:00:00Z", []string{"2026-11-28T00:00:00Z"}},

		{"in a zone", "cron(0 6 * * ? *)", "America/New_York", "2026-11-24T00:00:00Z", []string{"2026-11-24T11:00:00Z"}},
		{"the zone's day, not UTC's", "cron(0 23 L * ? *)", "America/New_York", "2026-11-30T12:00:00Z", []string{"2026-12-01T04:00:00Z"}},
		{"skipped in spring", "cron(30 2 * * ? *)", "America/New_York", "2026-03-07T12:00:00Z", []string{"2026-03-09T06:30:00Z"}},
		{"around the skipped hour", "cron(0 * * * ? *)", "America/New_York", "2026-03-08T06:00:00Z", []string{"2026-03-08T07:00:00Z"}},
		{"once when it comes twice in autumn", "cron(30 1 * * ? *)", "America/New_York", "2026-10-31T12:00:00Z",
			[]string{"2026-11-01T05:30:00Z", "2026-11-02T06:30:00Z"}},
		{"every hour when one comes twice", "cron(0 * * * ? *)", "America/New_York", "2026-11-01T04:30:00Z",
			[]string{"2026-11-01T05:00:00Z", "2026-11-01T07:00:00Z"}},
		{"south of the equator", "cron(30 2 * * ? *)", "Australia/Sydney", "2026-04-03T20:00:00Z",
			[]string{"2026-04-04T15:30:00Z", "2026-04-05T16:30:00Z"}},
		{"midnight that is skipped", "cron(0 0 * * ? *)", "Africa/Cairo", "2026-04-23T00:00:00Z", []string{"2026-04-24T21:00:00Z"}},

		{"rate begins at its anchor", "rate(5 minutes)", "UTC", "2026-01-01T09:00:00Z",
			[]string{"2026-01-01T10:00:00Z", "2026-01-01T10:05:00Z"}},
		{"rate between two times", "rate(1 hour)", "UTC", "2026-01-01T12:59:59Z", []string{"2026-01-01T13:00:00Z"}},
		{"a day is 24 hours", "rate(1 day)", "America/New_York", "2026-03-08T00:00:00Z",
			[]string{"2026-03-08T10:00:00Z", "2026-03-09T10:00:00Z"}},
		{"at", "at(2026-11-24T06:00:01)", "UTC", "2026-11-24T06:00:00Z", []string{"2026-11-24T06:00:01Z", ""}},
		{"at in a zone", "at(2026-07-01T12:00:00)", "Europe/Berlin", "2026-01-01T00:00:00Z", []string{"2026-07-01T10:00:00Z"}},
		{"at a time that comes twice", "at(2026-11-01T01:30:00)", "America/New_York", "2026-01-01T00:00:00Z",
			[]string{"2026-11-01T05:30:00Z"}},
	}
	anchor := moment(t, "2026-01-01T10:00:00Z")
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			expression, err := scheduler.Parse(test.expression, test.zone, anchor)
			if err != nil {
				t.Fatal(err)
			}
			after := moment(t, test.after)
			var got []string
			for range test.want {
				next, ok := expression.Next(after)
				if !ok {
					got = append(got, "")
					break
				}
				got = append(got, next.Format(time.RFC3339))
				after = next
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestInvalidExpressions(t *testing.T) {
	t.Parallel()
	tests := []struct{ expression, reason string }{
		{"cron(0 1 * * * *)", "exactly one of day-of-month and day-of-week must be ?"},
		{"cron(0 1 ? * ? *)", "exactly one of day-of-month and day-of-week must be ?"},
		{"cron(7 20 * * NOT *)", "exactly one"},
		{"cron(0 0 ? * NOT *)", `day-of-week: "NOT" is not between 1 and 7`},
		{"cron(INVALID)", "want six fields with one blank between them, not 1"},
		{"cron(0 dummy ? * MON-FRI *)", `hours: "dummy" is not between 0 and 23`},
		{"cron(71 8 1 * ? *)", `minutes: "71" is not between 0 and 59`},
		{"cron(0 24 1 * ? *)", `hours: "24" is not between 0 and 23`},
		{"cron(0 0 0 * ? *)", `day-of-month: "0" is not between 1 and 31`},
		{"cron(0 0 32W * ? *)", `day-of-month: "32" is not between 1 and 31`},
		{"cron(0 0 1 13 ? *)", `month: "13" is not between 1 and 12`},
		{"cron(0 0 ? * 0 *)", `day-of-week: "0" is not between 1 and 7`},
		{"cron(0 0 ? * 2/2 *)", "day-of-week: takes no steps"},
		{"cron(0 0 ? * 8L *)", `day-of-week: "8" is not between 1 and 7`},
		{"cron(0 0 ? * 2#6 *)", `day-of-week: "6" is not between 1 and 5`},
		{"cron(0 0 ? * 2#1,3#1 *)", `day-of-week: "1,3#1" is not between 1 and 5`},
		{"cron(0 0 1 1 ? 1969)", `year: "1969" is not between 1970 and 2199`},
		{"cron(0 0 1 1 ? 2200)", `year: "2200" is not between 1970 and 2199`},
		{"cron(30-10 0 1 1 ? *)", "minutes: the range 30-10 ends before it begins"},
		{"cron(*/0 0 1 1 ? *)", `minutes: "0" is no step between 1 and 59`},
		{"cron(1,,2 0 1 1 ? *)", `minutes: "" is not between 0 and 59`},
		{"cron(-1 0 1 1 ? *)", `minutes: "" is not between 0 and 59`},
		{"cron()", "want six fields with one blank between them, not 1"},
		{"cron(0 0 1 1 ? *", "want cron(…), rate(…) or at(…)"},
		{"rate(10 seconds)", "want a number and minutes, hours or days"},
		{"rate(10 years)", "want a number and minutes, hours or days"},
		{"rate()", "want a number and minutes, hours or days"},
		{"rate(10)", "want a number and minutes, hours or days"},
		{"rate(10 minutess)", "want a number and minutes, hours or days"},
		{"rate(foo minutes)", "want a number and minutes, hours or days"},
		{"rate(-10 minutes)", "want a number and minutes, hours or days"},
		{"rate( 10 minutes )", "want a number and minutes, hours or days"},
		{"rate(0 minutes)", "want a positive number"},
		{" rate(10 minutes)", "want cron(…), rate(…) or at(…)"},
		{"at(2021-12-31T23:59:59Z)", "want a time such as 2026-11-24T06:00:00"},
		{"at(2021-12-31)", "want a time such as 2026-11-24T06:00:00"},
		{"at(2026-03-08T02:30:00)", "the clocks of America/New_York never show this time"},
		{"", "want cron(…), rate(…) or at(…)"},
	}
	for _, test := range tests {
		t.Run(test.expression, func(t *testing.T) {
			t.Parallel()
			_, err := scheduler.Parse(test.expression, "America/New_York", time.Time{})
			var refusal *awsapi.Error
			if !errors.As(err, &refusal) || refusal.Code != "ValidationException" {
				t.Fatalf("got %v", err)
			}
			if want := "Invalid Schedule Expression " + test.expression + "."; refusal.Message != want {
				t.Errorf("got the message %q, want %q", refusal.Message, want)
			}
			if !strings.Contains(err.Error(), test.reason) {
				t.Errorf("%q does not say %q", err, test.reason)
			}
		})
	}
	for _, zone := range []string{"", "Local", "Mars/Olympus"} {
		if _, err := scheduler.Parse("rate(1 day)", zone, time.Time{}); err == nil {
			t.Errorf("the zone %q is taken", zone)
		}
	}
}

// FuzzParse looks for expressions that panic, and for times that are not after the one asked for.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{"cron(30 */4 * * ? *)", "cron(0 0 ? * 6#3 2026)", "cron(0 0 15W 2 ? *)", "cron(0 0 L * ? *)",
		"rate(5 minutes)", "at(2026-11-24T06:00:00)", "cron(0 0 ? * L *)"} {
		f.Add(seed, int64(1_700_000_000))
	}
	f.Fuzz(func(t *testing.T, expression string, seconds int64) {
		parsed, err := scheduler.Parse(expression, "America/New_York", time.Unix(1_700_000_000, 0))
		if err != nil {
			return
		}
		after := time.Unix(seconds%(1<<33), 0)
		if next, ok := parsed.Next(after); ok && !next.After(after) {
			t.Fatalf("%s: %v is not after %v", expression, next, after)
		}
	})
}

func moment(t *testing.T, written string) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339, written)
	if err != nil {
		t.Fatal(err)
	}
	return at
}
