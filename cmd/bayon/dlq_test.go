package main

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/deadletter"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/platformtest"
)

func deadLetter(id, reason, function string, age time.Duration) deadletter.Message {
	return deadletter.Message{
		ID: id, Queue: "failures", SentAt: sampleNow().Add(-age), From: deadletter.Function, Reason: reason, Error: "the detail has no userId",
		Function: "arn:aws:lambda:us-east-1:123456789012:function:" + function + ":$LATEST", Tried: "invoked 3 times: no retry was left",
		DetailType: "Check Due", EventID: "e-1", Event: []byte(`{"id":"e-1"}`),
	}
}

func sampleNow() time.Time { return time.Date(2026, 11, 24, 8, 30, 0, 0, time.UTC) }

func TestFailureQueuesAreTheTemplates(t *testing.T) {
	t.Parallel()
	want := []string{"bayon-coagent-eventbridge-dlq-development", "bayon-coagent-function-failures-development"}
	if diff := cmp.Diff(want, failureQueues(platformtest.Stack(t))); diff != "" {
		t.Error(diff)
	}
}

func TestMessagesAreFoundByTheBeginningOfTheirIDs(t *testing.T) {
	t.Parallel()
	found := deadLetters{messages: []deadletter.Message{
		deadLetter("aab", "X", "f", 0), deadLetter("abc", "X", "f", 0), deadLetter("bcd", "X", "f", 0),
	}}
	var usage *usageError
	tests := []struct {
		ids     []string
		want    string // ids; "none" and "many" for the errors
		problem string
	}{
		{[]string{"b"}, "bcd", ""},
		{[]string{"abc", "aab"}, "abc aab", ""},
		{[]string{"ab", "abc"}, "abc", ""},
		{[]string{"a"}, "", "2 messages have an id that begins with a"},
		{[]string{"b", "x"}, "", "there is no message x"},
	}
	for _, test := range tests {
		messages, err := found.find(test.ids)
		if test.problem != "" {
			if err == nil || err.Error() != test.problem || errors.As(err, &usage) != strings.Contains(test.problem, "begins") {
				t.Errorf("%v: error %v", test.ids, err)
			}
			continue
		}
		var got []string
		for _, message := range messages {
			got = append(got, message.ID)
		}
		if err != nil || strings.Join(got, " ") != test.want {
			t.Errorf("%v: %v, error %v", test.ids, got, err)
		}
	}
	found.hidden = 1
	if _, err := found.find([]string{"x"}); err == nil || !strings.Contains(err.Error(), "or it is hidden") {
		t.Errorf("error %v", err)
	}
}

func TestOneWayToChoose(t *testing.T) {
	t.Parallel()
	for _, flags := range []messageFlags{
		{}, {All: true, Reason: []string{"x"}}, {All: true, IDs: []string{"x"}}, {Reason: []string{"x"}, IDs: []string{"x"}}, {queueFlags: queueFlags{Queue: "x"}},
	} {
		var usage *usageError
		if _, _, err := flags.choose(t.Context(), &commandLine{}); !errors.As(err, &usage) {
			t.Errorf("%+v: error %v", flags, err)
		}
	}
}

func TestOnlyYesConfirms(t *testing.T) {
	t.Parallel()
	answers := []struct {
		answer string
		want   bool
	}{{"y\n", true}, {"YES\n", true}, {" yes \r\n", true}, {"y", true}, {"\n", false}, {"", false}, {"no\n", false}, {"yep\n", false}}
	for _, test := range answers {
		var asked strings.Builder
		if got, err := confirm(strings.NewReader(test.answer), &asked, "Really?"); got != test.want || err != nil || asked.String() != "Really? [y/N] " {
			t.Errorf("%q: %v, error %v, asked %q", test.answer, got, err, asked.String())
		}
	}
}

func TestAgesAreShort(t *testing.T) {
	t.Parallel()
	for age, want := range map[time.Duration]string{
		-time.Second: "0s", 0: "0s", 59 * time.Second: "59s", time.Minute: "1m", 59*time.Minute + 59*time.Second: "59m", time.Hour: "1h",
		24*time.Hour - 1: "23h", 24 * time.Hour: "1d", 14 * 24 * time.Hour: "14d",
	} {
		if got := shortAge(age); got != want {
			t.Errorf("%v: %s, want %s", age, got, want)
		}
	}
}

func TestDeadLettersAreListed(t *testing.T) {
	t.Parallel()
	foreign := deadLetter("cccccccc-3", deadletter.NotUnderstood, "", 0)
	foreign.Function, foreign.Error, foreign.DetailType = "", strings.Repeat("x", 100), ""
	messages := []deadletter.Message{
		deadLetter("aaaaaaaa-1", "PermanentError", "price", 2*time.Hour), deadLetter("bbbbbbbb-2", "PermanentError", "price", 5*time.Minute), foreign,
	}
	var groups, each strings.Builder
	if err := errors.Join(listGroups(&groups, deadletter.GroupOf(messages), sampleNow()), listMessages(&each, messages, sampleNow())); err != nil {
		t.Fatal(err)
	}
	cut := strings.Repeat("x", 79) + "…"
	wantGroups := `MESSAGES  REASON          FUNCTION  OLDEST  NEWEST  QUEUE     NEWEST ID  ITS ERROR
2         PermanentError  price     2h      5m      failures  bbbbbbbb   the detail has no userId
1         NOT_UNDERSTOOD  -         0s      0s      failures  cccccccc   ` + cut + "\n"
	if diff := cmp.Diff(wantGroups, groups.String()); diff != "" {
		t.Error(diff)
	}
	wantEach := `ID        AGE  REASON          FUNCTION  EVENT      ERROR
aaaaaaaa  2h   PermanentError  price     Check Due  the detail has no userId
bbbbbbbb  5m   PermanentError  price     Check Due  the detail has no userId
cccccccc  0s   NOT_UNDERSTOOD  -                    ` + cut + "\n"
	if diff := cmp.Diff(wantEach, each.String()); diff != "" {
		t.Error(diff)
	}
}

func TestDeadLetterIsShown(t *testing.T) {
	t.Parallel()
	var shown strings.Builder
	if err := showMessage(&shown, deadLetter("aaaaaaaa-1", "PermanentError", "price", 2*time.Hour), sampleNow()); err != nil {
		t.Fatal(err)
	}
	want := `Message      aaaaaaaa-1
Queue        failures
Since        2026-11-24 06:30:00Z (2h ago)
From         Lambda, which has given it up
Function     arn:aws:lambda:us-east-1:123456789012:function:price:$LATEST
Reason       PermanentError
Error        the detail has no userId
Tried        invoked 3 times: no retry was left
Event        e-1
Detail type  Check Due
Redrive      bayon dlq redrive aaaaaaaa

{
  "id": "e-1"
}
`
	if diff := cmp.Diff(want, shown.String()); diff != "" {
		t.Error(diff)
	}
	foreign := deadletter.Message{ID: "x", Event: []byte("\x1b[2Jhello\nthere"), Stuck: "it names no function"}
	shown.Reset()
	if err := showMessage(&shown, foreign, sampleNow()); err != nil {
		t.Fatal(err)
	}
	if text := shown.String(); strings.Contains(text, "\x1b") || !strings.Contains(text, "hello\nthere") ||
		!strings.Contains(text, "not possible: it names no function") {
		t.Errorf("shown %q", text)
	}
}
