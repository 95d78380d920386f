package reduction

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/bayon-coagent/event-consumers/internal/alert"
	"github.com/bayon-coagent/event-consumers/internal/listing"
	"github.com/bayon-coagent/event-consumers/internal/metrics"
	"github.com/bayon-coagent/event-consumers/internal/table"
)

// concurrentTransactions bounds how many transactions of one page are under way together.
const concurrentTransactions = 4

// apply makes the changes of all steps, as many steps in one transaction as fit, and returns the alerts that were raised:
// also those raised before an error. A listing whose conflict does not pass holds up no other; review.unsettled tells of it.
func (r *review) apply(ctx context.Context, steps []step) ([]alert.Raised, error) {
	groups := grouped(steps)
	raised := make([][]alert.Raised, len(groups))
	var workers errgroup.Group
	workers.SetLimit(concurrentTransactions)
	for i, group := range groups {
		workers.Go(func() (err error) {
			raised[i], err = r.applyGroup(ctx, group)
			return err
		})
	}
	err := workers.Wait()
	return slices.Concat(raised...), err
}

// grouped puts steps together up to the limit of a transaction.
func grouped(steps []step) [][]step {
	var groups [][]step
	size := table.TransactionLimit
	for _, next := range steps {
		if size+len(next.changes) > table.TransactionLimit {
			groups, size = append(groups, nil), 0
		}
		last := len(groups) - 1
		groups[last] = append(groups[last], next)
		size += len(next.changes)
	}
	return groups
}

// applyGroup makes the changes of a group in one transaction. Where one of them meets a conflict, each is settled alone.
func (r *review) applyGroup(ctx context.Context, group []step) ([]alert.Raised, error) {
	var changes []table.Change
	var raised []alert.Raised
	for _, next := range group {
		changes = append(changes, next.changes...)
		raised = append(raised, next.raised...)
	}
	err := r.items.Transact(ctx, changes...)
	if err == nil {
		metrics.Add(ctx, metrics.ListingsChanged, len(group))
		metrics.Add(ctx, metrics.AlertsCreated, len(raised))
		return raised, nil
	}
	if !errors.Is(err, table.ErrConflict) {
		return nil, err
	}
	return r.settleEach(ctx, group)
}

// settleEach settles the listings of a group one by one.
func (r *review) settleEach(ctx context.Context, group []step) (raised []alert.Raised, err error) {
	for _, next := range group {
		settled, err := r.settle(ctx, next.is)
		raised = append(raised, settled...)
		var malformed *table.MalformedError
		switch {
		case errors.As(err, &malformed):
			metrics.Add(ctx, metrics.ItemsUnreadable, 1)
		case errors.Is(err, table.ErrConflict):
			r.holdBack(err)
		case err != nil:
			return raised, err
		}
	}
	return raised, nil
}

// The bounds of settling one listing's conflicts.
const (
	settleAttempts = 10
	settlePause    = 20 * time.Millisecond // at most, times the attempt
)

// settle looks at one listing afresh, and follows what it shows now, until no one else interferes.
func (r *review) settle(ctx context.Context, stale listing.Listing) ([]alert.Raised, error) {
	for attempt := range settleAttempts {
		if err := pause(ctx, rand.N(settlePause*time.Duration(attempt)+1)); err != nil {
			return nil, err
		}
		next, needed, err := r.freshStep(ctx, stale)
		if err != nil || !needed {
			return nil, err
		}
		err = r.items.Transact(ctx, next.changes...)
		if err == nil {
			metrics.Add(ctx, metrics.ListingsChanged, 1)
			metrics.Add(ctx, metrics.AlertsCreated, len(next.raised))
			return next.raised, nil
		}
		if !errors.Is(err, table.ErrConflict) {
			return nil, err
		}
	}
	return nil, fmt.Errorf("listing %s: %w, %d times", stale.MLSNumber, table.ErrConflict, settleAttempts)
}

// freshStep reads a listing and its snapshot again, and plans what their difference needs.
func (r *review) freshStep(ctx context.Context, stale listing.Listing) (step, bool, error) {
	is, found, err := r.listings.Reread(ctx, stale)
	if err != nil || !found || !r.areas.Contains(is.Place()) {
		return step{}, false, err
	}
	item, seen, err := r.items.Get(ctx, snapshotKey(r.userID, is.MLSNumber))
	if err != nil {
		return step{}, false, err
	}
	var was snapshot
	if seen {
		if was, err = snapshotOf(item); err != nil {
			return step{}, false, err
		}
	}
	return r.step(ctx, was, is)
}

func pause(ctx context.Context, duration time.Duration) error {
	timer := time.NewTimer(duration)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
