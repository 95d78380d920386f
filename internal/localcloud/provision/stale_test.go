package provision_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/activity"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/bus"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/platformtest"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/provision"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/store"
)

type noDiary struct{}

func (noDiary) Record(activity.Activity) {}

func TestRulesThatTheTemplateNoLongerHasAreRemoved(t *testing.T) {
	t.Parallel()
	memory, err := store.OpenMemory()
	if err != nil {
		t.Fatal(err)
	}
	defer memory.Close()
	events, err := bus.New(bus.Config{State: memory.Space("events"), Recorder: noDiary{}})
	if err != nil {
		t.Fatal(err)
	}
	stack := platformtest.Stack(t)
	start := func() string {
		t.Helper()
		if err := provision.Buses(events, stack); err != nil {
			t.Fatal(err)
		}
		if err := provision.ForgetStaleRules(memory.Space("provision"), events, stack.Rules); err != nil {
			t.Fatal(err)
		}
		request := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", strings.NewReader(`{"EventBusName":"`+stack.Buses[0].Name+`"}`))
		request.Header.Set("X-Amz-Target", "AWSEvents.ListRules")
		answer := httptest.NewRecorder()
		events.Handler().ServeHTTP(answer, request)
		return answer.Body.String()
	}
	first := start()
	if _, err := events.PutRule(bus.Rule{Name: "mine", Bus: stack.Buses[0].Name, Pattern: `{"source":["me"]}`}); err != nil {
		t.Fatal(err)
	}
	gone := stack.Rules[0].Name
	stack.Rules = stack.Rules[1:]
	second := start()
	kept := stack.Rules[0].Name
	for name, test := range map[string]struct {
		rules string
		rule  string
		want  bool
	}{
		"at first": {first, gone, true}, "later": {second, gone, false}, "another": {second, kept, true}, "someone's own": {second, "mine", true},
	} {
		if got := strings.Contains(test.rules, `"`+test.rule+`"`); got != test.want {
			t.Errorf("%s: %s is there: %v\n%s", name, test.rule, got, test.rules)
		}
	}
}
