package deadline_test

import (
	"context"
	"testing"
	"time"

	"github.com/bayon-coagent/event-consumers/internal/deadline"
)

func TestNear(t *testing.T) {
	t.Parallel()
	started := time.Now()
	end := started.Add(100 * time.Second)
	ctx, cancel := context.WithDeadline(t.Context(), end)
	defer cancel()
	ctx = deadline.Start(ctx, started)
	for left, want := range map[time.Duration]bool{
		100 * time.Second:  false,
		10 * time.Second:   false,
		10*time.Second - 1: true,
		0:                  true,
		-time.Second:       true,
	} {
		if got := deadline.Near(ctx, end.Add(-left)); got != want {
			t.Errorf("with %s of 100s left: %v", left, got)
		}
	}
	if deadline.Near(deadline.Start(context.Background(), started), end) || deadline.Near(t.Context(), end) {
		t.Error("without a deadline or a start it is never near")
	}
}
