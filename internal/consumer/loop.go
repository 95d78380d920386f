package consumer

import "context"

// maxHops is how many consumers an event may have passed through. The routing allows no loop (rules: No loop); this
// catches what a wrong deployment would do.
const maxHops = 8

func (c *Consumer) refuseLoops(handle next) next {
	return func(ctx context.Context, call *invocation) error {
		if call.metadata.Hops > maxHops {
			return &loopError{hops: call.metadata.Hops}
		}
		return handle(ctx, call)
	}
}
