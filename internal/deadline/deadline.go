// Package deadline tells a handler when its invocation's time runs short, so that it can stop between two pages of work
// and say how far it came, rather than be killed in the middle of one.
package deadline

import (
	"context"
	"time"
)

// reserve is the share of an invocation's time that is kept for stopping in order: a tenth.
const reserve = 10

type startedKey struct{}

// Start notes in the context when its work began.
func Start(ctx context.Context, now time.Time) context.Context {
	return context.WithValue(ctx, startedKey{}, now)
}

// Near tells whether less than a tenth is left of the time between Start and the context's deadline. Without a deadline it
// is never near.
func Near(ctx context.Context, now time.Time) bool {
	started, ok := ctx.Value(startedKey{}).(time.Time)
	if !ok {
		return false
	}
	end, ok := ctx.Deadline()
	if !ok {
		return false
	}
	return end.Sub(now) < end.Sub(started)/reserve
}

// ShortError says that a handler stopped because its time ran short. Trying again goes on with the rest.
type ShortError struct {
	Progress string // how far it came, in words
}

func (e *ShortError) Error() string { return "time ran short after " + e.Progress }
