// Package deadline tells a handler when its invocation's time runs short, so that it can stop between two pages of work
// and say how far it came, rather than be killed in the middle of one.
package deadline

import (
	"context"
	"fmt"
	"iter"
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

const (
	// leaseMargin is added to the end of an invocation, for clocks that differ.
	leaseMargin = 5 * time.Second
	// longestLease bounds a lease where an invocation has no end: no Lambda invocation lasts longer.
	longestLease = 15 * time.Minute
)

// LeaseEnd is until when work that is claimed now belongs to its worker: a moment after the invocation ends, when the worker
// is surely gone.
func LeaseEnd(ctx context.Context, now time.Time) time.Time {
	if end, ok := ctx.Deadline(); ok {
		return end.Add(leaseMargin)
	}
	return now.Add(longestLease)
}

// ShortError says that a handler stopped because its time ran short. Trying again goes on with the rest.
type ShortError struct {
	Progress string // how far it came, in words
}

func (e *ShortError) Error() string { return "time ran short after " + e.Progress }

// Pages yields pages of work until the time runs short. Then, between two of them, it yields a *ShortError that says how
// much was done: size counts what is in a page, what names it, such as "listings". The first page is always yielded.
func Pages[Page any](
	ctx context.Context, now func() time.Time, pages iter.Seq2[Page, error], size func(Page) int, what string,
) iter.Seq2[Page, error] {
	return func(yield func(Page, error) bool) {
		done, begun := 0, false
		for page, err := range pages {
			if err == nil && begun && Near(ctx, now()) {
				var none Page
				yield(none, &ShortError{Progress: fmt.Sprintf("%d %s", done, what)})
				return
			}
			if !yield(page, err) || err != nil {
				return
			}
			done, begun = done+size(page), true
		}
	}
}
