package scenario_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/activity"
)

// Where one event comes after the other, the same seed makes exactly the same faults, and another seed makes others.
func TestTheSameSeedMakesTheSameFaults(t *testing.T) {
	t.Parallel()
	first := faultsOf(t, 5)
	if diff := cmp.Diff(first, faultsOf(t, 5)); diff != "" {
		t.Errorf("the same seed: %s", diff)
	}
	if cmp.Equal(first, faultsOf(t, 6)) {
		t.Errorf("another seed makes the same: %v", first)
	}
}

// faultsOf is what becomes of each attempt to handle some events, one after the other. Schedules come round meanwhile: the dice of
// these faults are the function's own.
func faultsOf(t *testing.T, seed int) (attempts []string) {
	t.Helper()
	begun := time.Now()
	c := start(t, "--time-scale", "6000", "--chaos", fmt.Sprintf("throttle=20%%,crash=30%%,seed=%d", seed))
	const events = 12
	for n := range events {
		c.invokeLater("price-reduction-monitor", fmt.Appendf(nil, `{"version":"0","id":"%d","detail-type":"Integration Sync Completed",`+
			`"source":"bayon.coagent.integration","account":"123456789012","time":"2026-11-24T08:30:00Z","region":"us-east-1","resources":[],`+
			`"detail":{"syncId":"s%d","userId":"u","provider":"mls","status":"completed","completedAt":"2026-11-24T08:29:59.500Z"}}`, n, n))
		c.quiet()
	}
	err := c.console().Activities(t.Context(), begun, false, func(happened activity.Activity) error {
		if happened.Function == functionName && happened.EventID != "" {
			attempts = append(attempts, fmt.Sprintf("%s: %s in attempt %d", happened.EventID, happened.Kind, happened.Attempt))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return attempts
}
