package notification_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/platformtest"
	"github.com/bayon-coagent/event-consumers/internal/mail"
	"github.com/bayon-coagent/event-consumers/internal/table"
)

// count stores a counter: so many mails in the window that begins at a time.
func (w *world) count(partition, window string, start time.Time, mails int) {
	w.t.Helper()
	item, err := attributevalue.MarshalMap(fields{
		"PK": partition, "SK": "RATE_LIMIT#" + window, "EntityType": "RateLimitCounter", "CreatedAt": 1, "UpdatedAt": 1,
		"Data": fields{"windowStart": start.Format("2006-01-02T15:04:05.000Z"), "count": mails},
	})
	if err != nil {
		w.t.Fatal(err)
	}
	if _, err := w.Client.PutItem(w.t.Context(), &dynamodb.PutItemInput{TableName: aws.String(platformtest.Table), Item: item}); err != nil {
		w.t.Fatal(err)
	}
}

// counted is how many mails a counter counts, in which window, and when it expires.
func (w *world) counted(partition, window string) string {
	w.t.Helper()
	answer, err := w.Client.GetItem(w.t.Context(), &dynamodb.GetItemInput{TableName: aws.String(platformtest.Table), Key: map[string]types.AttributeValue{
		"PK": table.Text(partition), "SK": table.Text("RATE_LIMIT#" + window),
	}})
	if err != nil {
		w.t.Fatal(err)
	}
	var read struct {
		TTL  int64
		Data struct {
			WindowStart string `dynamodbav:"windowStart"`
			Count       int    `dynamodbav:"count"`
		}
	}
	if err := attributevalue.UnmarshalMap(answer.Item, &read); err != nil {
		w.t.Fatal(err)
	}
	return fmt.Sprint(read.Data.Count, " since ", read.Data.WindowStart, " until ", time.Unix(read.TTL, 0).UTC().Format(time.RFC3339))
}

const (
	user   = "USER#" + agent
	system = "SYSTEM"
)

func TestLimits(t *testing.T) {
	t.Parallel()
	minute, hour, day := now.Truncate(time.Minute), now.Truncate(time.Hour), now.Truncate(24*time.Hour)
	tests := []struct {
		name              string
		partition, window string
		start             time.Time
		mails             int
		told              string
	}{
		{"the 10th in a minute", user, "MINUTE", minute, 9, "Sent"},
		{"the 11th in a minute", user, "MINUTE", minute, 10, "Deferred until 2026-11-24T08:31:00.000Z: limit of 10 mails a minute"},
		{"the 100th in an hour", user, "HOUR", hour, 99, "Sent"},
		{"the 101st in an hour", user, "HOUR", hour, 100, "Deferred until 2026-11-24T09:00:00.000Z: limit of 100 mails an hour"},
		{"the 500th on a day", user, "DAY", day, 499, "Sent"},
		{"the 501st on a day", user, "DAY", day, 500, "Deferred until 2026-11-25T00:00:00.000Z: limit of 500 mails a day"},
		{"the 1,000th of all in a minute", system, "MINUTE", minute, 999, "Sent"},
		{"the 1,001st of all in a minute", system, "MINUTE", minute, 1000, "Deferred until 2026-11-24T08:31:00.000Z: limit of 1,000 mails a minute for all"},
		{"the 10,000th of all in an hour", system, "HOUR", hour, 9_999, "Sent"},
		{"the 10,001st of all in an hour", system, "HOUR", hour, 10_000, "Deferred until 2026-11-24T09:00:00.000Z: limit of 10,000 mails an hour for all"},
		{"a window that is over", user, "MINUTE", minute.Add(-time.Minute), 10, "Sent"},
		{"a clock that is ahead, with room", user, "MINUTE", minute.Add(time.Minute), 9, "Sent"},
		{"a clock that is ahead", user, "MINUTE", minute.Add(time.Minute), 10, "Deferred until 2026-11-24T08:31:00.000Z"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.count(test.partition, test.window, test.start, test.mails)
			w.mustRaise("A")
			w.want(test.told)
			if test.told == "Sent" {
				return
			}
			// what was reserved before is given back
			for _, other := range []string{"MINUTE", "HOUR", "DAY"} {
				if other != test.window || test.partition != user {
					if got := w.counted(user, other); got[0] != '0' && got[0] != ' ' {
						t.Errorf("%s counts %s", other, got)
					}
				}
			}
			w.wantMails()
		})
	}
}

func TestCountersAsTheyAreStored(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.mustRaise("A")
	w.mustRaise("B")
	for place, want := range map[[2]string]string{
		{user, "MINUTE"}: "2 since 2026-11-24T08:30:00.000Z until 2026-11-24T08:31:00Z", {system, "MINUTE"}: "2 since 2026-11-24T08:30:00.000Z until 2026-11-24T08:31:00Z",
		{user, "HOUR"}: "2 since 2026-11-24T08:00:00.000Z until 2026-11-24T09:00:00Z", {user, "DAY"}: "2 since 2026-11-24T00:00:00.000Z until 2026-11-25T00:00:00Z",
	} {
		if got := w.counted(place[0], place[1]); got != want {
			t.Errorf("%v: %s", place, got)
		}
	}
	w.pass(time.Minute)
	w.mustRaise("C")
	if got := w.counted(user, "MINUTE"); got != "1 since 2026-11-24T08:31:00.000Z until 2026-11-24T08:32:00Z" {
		t.Errorf("a minute later: %s", got)
	}
}

// What was not sent is not counted; what may have been sent is.
func TestOnlyMailsCount(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		answer error
		want   byte
	}{
		"sent": {nil, '1'}, "away": {&mail.UnavailableError{}, '0'}, "refused": {&mail.RefusedError{}, '0'}, "uncertain": {&mail.UncertainError{}, '1'},
	} {
		w := newWorld(t)
		w.mailer.answers = []error{test.answer}
		w.mustRaise("A")
		for _, place := range [][2]string{{user, "MINUTE"}, {user, "HOUR"}, {user, "DAY"}, {system, "MINUTE"}, {system, "HOUR"}} {
			if got := w.counted(place[0], place[1]); got[0] != test.want {
				t.Errorf("%s: %v counts %s", name, place, got)
			}
		}
	}
}

func TestWhatIsOverTheLimitIsSentInTheEnd(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for i := range 25 {
		w.mustRaise(fmt.Sprint("A", i))
	}
	if got := len(w.mailer.mails()); got != 10 {
		t.Errorf("%d mails at once", got)
	}
	for range 3 {
		w.pass(15 * time.Minute)
		w.mustTick()
	}
	if got := len(w.mailer.mails()); got != 25 {
		t.Errorf("%d mails in the end", got)
	}
	w.checkOutcome(t, "in the end", make([]string, 25)...)
}
