package idempotency

import (
	"context"
	"errors"
	"time"
)

// longestInvocation bounds a claim whose context has no deadline: no Lambda invocation lasts longer.
const longestInvocation = 15 * time.Minute

// releaseTimeout bounds how long giving a claim back may take when the invocation's own time is over.
const releaseTimeout = 900 * time.Millisecond

// The waits between two looks at someone else's claim.
const (
	firstWait   = 100 * time.Millisecond
	longestWait = 2 * time.Second
)

// Once acts for an id unless that has been done before, and tells whether it acted now.
//
// While someone else acts for the id, Once waits for the end of it: then it has nothing to do, or it takes over. When ctx
// ends first, it fails with *InProgressError, so that the caller's retry looks again. When act fails, the id is free again.
func (r *Records) Once(ctx context.Context, id, requestID string, act func(context.Context) error) (acted bool, err error) {
	claim, err := r.claimOrWait(ctx, id, requestID)
	if errors.Is(err, ErrCompleted) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	if err := act(ctx); err != nil {
		return false, errors.Join(err, claim.releaseAnyway(ctx))
	}
	err = claim.Complete(ctx)
	if errors.Is(err, ErrTakenOver) {
		return true, nil // the act is done; whoever took over finds its effects
	}
	return err == nil, err
}

func (r *Records) claimOrWait(ctx context.Context, id, requestID string) (*Claim, error) {
	wait := firstWait
	for {
		deadline, ok := ctx.Deadline()
		if !ok {
			deadline = r.now().Add(longestInvocation)
		}
		claim, err := r.Claim(ctx, id, requestID, deadline)
		var busy *InProgressError
		if !errors.As(err, &busy) {
			return claim, err
		}
		pause := min(wait, max(busy.Until.Sub(r.now())+time.Millisecond, firstWait))
		if r.now().Add(pause).After(deadline) {
			return nil, err
		}
		timer := time.NewTimer(pause)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return nil, err
		}
		wait = min(2*wait, longestWait)
	}
}

// releaseAnyway gives the claim back even when ctx has ended. A claim that someone else has taken over is not ours to give.
func (c *Claim) releaseAnyway(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), releaseTimeout)
	defer cancel()
	if err := c.Release(ctx); !errors.Is(err, ErrTakenOver) {
		return err
	}
	return nil
}
