package main

import (
	"strings"
	"testing"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/verification"
)

func TestWhatIsNotServedHasOneLine(t *testing.T) {
	t.Parallel()
	unknown := func(kind, name, reason string) verification.Check {
		return verification.Check{Kind: kind, Name: name, What: "there", Verdict: verification.Unknown, Reason: reason}
	}
	checks := []verification.Check{
		unknown("alarm", "a", "it is not served"),
		unknown("alarm", "b", "it is not served"),
		unknown("bus", "b", "it is not told"),
		{Kind: "rule", Name: "r", What: "state", Verdict: verification.OK},
		unknown("rule", "r", "no permission"),
		unknown("queue", "p", "no permission"),
		unknown("queue", "q", "throttled"),
	}
	const people = `unknown  alarm 2 of them: nothing is known
           because   it is not served
unknown  bus b: there
           because   it is not told
ok       rule r: state
unknown  rule r: there
           because   no permission
unknown  queue p: there
           because   no permission
unknown  queue q: there
           because   throttled
`
	var shown strings.Builder
	if err := (&verifyCommand{}).show(&shown, checks); err != nil || shown.String() != people {
		t.Errorf("%v, shown is:\n%s", err, shown.String())
	}
	shown.Reset()
	if err := (&verifyCommand{JSON: true}).show(&shown, checks); err != nil || strings.Count(shown.String(), "\n") != len(checks) {
		t.Errorf("%v, for programs:\n%s", err, shown.String())
	}
}
