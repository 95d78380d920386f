package main

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/bus"
)

func TestWindow(t *testing.T) {
	t.Parallel()
	seattle, err := time.LoadLocation("America/Los_Angeles")
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 11, 24, 16, 30, 5, 700, seattle)
	end := time.Date(2026, 11, 24, 16, 30, 6, 0, seattle)
	local := func(day, hour, minute, second int) time.Time {
		return time.Date(2026, 11, day, hour, minute, second, 0, seattle)
	}
	tests := []struct {
		flags    windowFlags
		from, to time.Time
		problem  string
	}{
		{flags: windowFlags{Last: "2h"}, from: local(24, 14, 30, 5), to: end},
		{flags: windowFlags{Last: "1.5d"}, from: local(23, 4, 30, 5), to: end},
		{flags: windowFlags{From: "14:30"}, from: local(24, 14, 30, 0), to: end},
		{flags: windowFlags{From: "14:30:07", To: "15:00"}, from: local(24, 14, 30, 7), to: local(24, 15, 0, 0)},
		{flags: windowFlags{From: "2026-11-20", To: "2026-11-21 08:15"}, from: local(20, 0, 0, 0), to: local(21, 8, 15, 0)},
		{flags: windowFlags{From: "2026-11-20T08:15", To: "2026-11-20 08:15:01"}, from: local(20, 8, 15, 0), to: local(20, 8, 15, 1)},
		{flags: windowFlags{From: "2026-11-20T16:00:00Z", To: "2026-11-20T17:00:00+01:00"}, problem: "holds nothing"},
		{flags: windowFlags{From: "2026-11-20T16:00:00Z", To: "2026-11-20T18:00:00+01:00"}, from: local(20, 8, 0, 0), to: local(20, 9, 0, 0)},
		{flags: windowFlags{}, problem: "which events?"},
		{flags: windowFlags{To: "15:00"}, problem: "which events?"},
		{flags: windowFlags{Last: "2h", From: "15:00"}, problem: "either --last, or --from and --to"},
		{flags: windowFlags{Last: "soon"}, problem: "--last soon must be"},
		{flags: windowFlags{Last: "-2h"}, problem: "--last -2h must be"},
		{flags: windowFlags{Last: "1e9d"}, problem: "--last 1e9d must be"},
		{flags: windowFlags{Last: "NaNd"}, problem: "--last NaNd must be"},
		{flags: windowFlags{From: "yesterday"}, problem: "--from yesterday must be"},
		{flags: windowFlags{From: "15:00", To: "late"}, problem: "--to late must be"},
		{flags: windowFlags{From: "15:00", To: "15:00"}, problem: "holds nothing"},
	}
	for _, test := range tests {
		got, err := test.flags.read(now)
		if test.problem != "" {
			var usage *usageError
			if !errors.As(err, &usage) || !strings.Contains(err.Error(), test.problem) {
				t.Errorf("%+v: error %v, want one with %q", test.flags, err, test.problem)
			}
			continue
		}
		if err != nil || !got.from.Equal(test.from) || !got.to.Equal(test.to) {
			t.Errorf("%+v: %s to %s, error %v; want %s to %s", test.flags, got.from, got.to, err, test.from, test.to)
		}
	}
}

func TestChooseRule(t *testing.T) {
	t.Parallel()
	rules := map[string]string{
		"bayon-coagent-trend-detector-development": "1", "bayon-coagent-trend-detector-check-development": "2", "mine": "3",
	}
	tests := []struct{ given, arn, problem string }{
		{given: "trend-detector", arn: "1"},
		{given: "bayon-coagent-trend-detector-development", arn: "1"},
		{given: "detector-check", arn: "2"},
		{given: "mi", arn: "3"},
		{given: "trend", problem: "several rules have \"trend\" in their names, so give one or more of them, each with --rule\n  trend-detector\n  trend-detector-check"},
		{given: "yours", problem: "the bus has no rule \"yours\"; its rules are\n  mine\n  trend-detector\n  trend-detector-check"},
		{given: "", problem: "the bus has no rule \"\"; its rules are\n  mine\n  trend-detector\n  trend-detector-check"},
	}
	for _, test := range tests {
		arn, err := chooseRule(test.given, rules)
		if problem := errorText(err); arn != test.arn || problem != test.problem {
			t.Errorf("%q: %q, error %q", test.given, arn, problem)
		}
	}
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func TestReplayPercent(t *testing.T) {
	t.Parallel()
	from := time.Date(2026, 11, 24, 8, 0, 0, 0, time.UTC)
	at := func(minutes int) *time.Time {
		at := from.Add(time.Duration(minutes) * time.Minute)
		return &at
	}
	for _, test := range []struct {
		state string
		last  *time.Time
		want  int
	}{{"STARTING", nil, 0}, {"RUNNING", at(0), 0}, {"RUNNING", at(30), 50}, {"RUNNING", at(59), 98}, {"CANCELLED", at(15), 25}, {"COMPLETED", nil, 100}} {
		replay := replayLine{State: test.state, From: from, To: *at(60), LastReplayed: test.last}
		if got := replay.percent(); got != test.want {
			t.Errorf("%s at %v: %d %%, want %d", test.state, test.last, got, test.want)
		}
	}
}

func TestReplaysForPeople(t *testing.T) {
	t.Parallel()
	var none, preview strings.Builder
	if err := listReplays(&none, nil); err != nil || none.String() != "There are no replays.\n" {
		t.Error(none.String(), err)
	}
	err := showPreview(&preview, &bus.Preview{Archived: 5, Replayed: 3, Types: []bus.PreviewType{
		{DetailType: "Check Due", Source: "s\x1b[2J", Archived: 3, Replayed: 3, Rules: map[string]int{"bayon-coagent-trend-detector-check-development": 3, "b": 1}},
		{DetailType: "Other", Source: "s", Archived: 2},
	}})
	want := `TYPE       SOURCE  ARCHIVED  REPLAYED  TO
Check Due  s�[2J   3         3         b (1), trend-detector-check (3)
Other      s       2         0         
all                5         3         
`
	if diff := cmp.Diff(want, preview.String()); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
}
