package scenario_test

import (
	"context"
	"flag"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/iam"
)

// permissions are those of the project's template, with how often all stories together have used them.
var permissions = &usedPermissions{calls: map[iam.Permission]int{}}

// usedPermissions adds up what the roles of many local clouds did.
type usedPermissions struct {
	mu    sync.Mutex
	calls map[iam.Permission]int
}

// collect looks at a local cloud before it ends. What a role was refused fails the story: the template lacks a permission.
// Stories of other templates have other roles, and say nothing of the project's.
func (p *usedPermissions) collect(c *cloud) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	report, err := c.console().Permissions(ctx)
	if err != nil {
		return // it has ended, as it was told to
	}
	for _, refused := range report.Refused {
		c.t.Errorf("%s wanted to do %s with %s, and may not (%d times)", refused.Role, refused.Action, refused.Resource, refused.Calls)
	}
	if slices.Contains(c.arguments, "--template") || slices.Contains(c.arguments, "--empty") {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, used := range report.Permissions {
		p.calls[used.Permission] += used.Calls
	}
}

// unused are the permissions that no story has used, but for those that none can.
func (p *usedPermissions) unused() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	var unused []string
	for permission, calls := range p.calls {
		if reason := beyondStories(permission); calls == 0 && reason == "" {
			unused = append(unused, fmt.Sprint(permission))
		}
	}
	slices.Sort(unused)
	return unused
}

// beyondStories says why no story can use a permission; empty for the others.
func beyondStories(permission iam.Permission) string {
	switch {
	case strings.HasPrefix(permission.Action, "xray:"):
		return "functions hand their traces to X-Ray's daemon, which alone calls X-Ray"
	case permission.SID == "InvokeItsFunctionOnly", permission.SID == "HandOverWhatCannotBeDelivered":
		return "schedules come round every few hours; a test of provision looks at their roles"
	}
	return ""
}

// wholeSuite tells whether all stories were told.
func wholeSuite() bool {
	for _, name := range []string{"test.run", "test.skip", "test.list", "test.bench"} {
		if chosen := flag.Lookup(name); chosen != nil && chosen.Value.String() != "" {
			return false
		}
	}
	return true
}

// A database that refuses nine of ten calls makes every function fail now and then: it gives back what it has claimed,
// and what it fails on for good is handed over. Both need permissions that a story without faults does not.
func TestWhatAFunctionFailsOnIsHandedOver(t *testing.T) {
	t.Parallel()
	c := start(t, "--time-scale", "600", "--chaos", "dynamo-throttle=90%,seed=7")
	const rounds = 8
	checks := []string{"life-event", "competitor", "trend", "price", "publishing", "notifications", "analytics"}
	for round := range rounds {
		for _, check := range checks {
			c.publish("Check Due", "bayon.coagent.schedule", fmt.Sprintf(`{"check":%q,"userId":"agent-%d","dueAt":"2026-11-24T12:30:00.000Z"}`, check, round))
		}
	}
	c.quietWithin(5 * time.Minute)
	handedOver := c.failures()
	report, err := c.console().Permissions(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	released := 0
	for _, used := range report.Permissions {
		switch {
		case used.SID == "HandOverFailures" && used.Calls == 0:
			t.Errorf("%s has handed nothing over", used.Role)
		case used.SID == "RememberWhatWasHandled" && used.Action == "dynamodb:DeleteItem" && used.Calls > 0:
			released++
		}
	}
	if released != len(checks) {
		t.Errorf("%d of %d functions have given back what they had claimed", released, len(checks))
	}
	if len(handedOver) < len(checks) {
		t.Errorf("%d failures lie in the queue", len(handedOver))
	}
}
