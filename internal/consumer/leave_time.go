package consumer

import (
	"context"
	"time"

	"github.com/bayon-coagent/event-consumers/internal/deadline"
)

// longestMargin is kept of an invocation's time for what follows the handling: giving the claim back and reporting.
const longestMargin = time.Second

// leaveTime ends the handler's context a moment before Lambda would kill the function: a tenth of the time, a second at
// the most.
func (c *Consumer) leaveTime(handle next) next {
	return func(ctx context.Context, call *invocation) error {
		now := c.Now()
		if end, ok := ctx.Deadline(); ok {
			margin := min(end.Sub(now)/10, longestMargin)
			var cancel context.CancelFunc
			ctx, cancel = context.WithDeadline(ctx, end.Add(-margin))
			defer cancel()
		}
		return handle(deadline.Start(ctx, now), call)
	}
}
