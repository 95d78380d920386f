package review

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/bayon-coagent/event-consumers/internal/alert"
	"github.com/bayon-coagent/event-consumers/internal/metrics"
	"github.com/bayon-coagent/event-consumers/internal/table"
)

// concurrentTransactions bounds how many transactions are under way together.
const concurrentTransactions = 4

// Apply makes the changes of all steps, as many steps in one transaction as fit, and tells the bus of the alerts that were
// raised: also of those raised before an error. A step whose conflict does not pass, one that the table refuses, and an
// alert that the bus refuses are held back for the pass's End.
func (p *Pass) Apply(ctx context.Context, steps []Step) error {
	groups := grouped(steps)
	raised := make([][]alert.Raised, len(groups))
	var workers errgroup.Group
	workers.SetLimit(concurrentTransactions)
	for i, group := range groups {
		workers.Go(func() (err error) {
			raised[i], err = p.applyGroup(ctx, group)
			return err
		})
	}
	err := workers.Wait()
	if refused := p.alerts.Announce(ctx, slices.Concat(raised...)); refused != nil {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.untold = append(p.untold, refused)
	}
	return err
}

// grouped puts steps together up to the limits of a transaction: so many changes, and one for an item.
func grouped(steps []Step) [][]Step {
	var groups [][]Step
	var changed map[table.Key]bool
	for _, next := range steps {
		if len(groups) == 0 || len(changed)+len(next.Changes) > table.TransactionLimit || next.touches(changed) {
			groups, changed = append(groups, nil), map[table.Key]bool{}
		}
		last := len(groups) - 1
		groups[last] = append(groups[last], next)
		for _, change := range next.Changes {
			changed[table.KeyOf(change)] = true
		}
	}
	return groups
}

func (s Step) touches(changed map[table.Key]bool) bool {
	return slices.ContainsFunc(s.Changes, func(change table.Change) bool { return changed[table.KeyOf(change)] })
}

// applyGroup makes the changes of a group in one transaction. Where one of them meets a conflict or is refused, each is
// settled alone.
func (p *Pass) applyGroup(ctx context.Context, group []Step) ([]alert.Raised, error) {
	var changes []table.Change
	for _, next := range group {
		changes = append(changes, next.Changes...)
	}
	err := p.items.Transact(ctx, changes...)
	if ofOneStep(err) {
		return p.settleEach(ctx, group)
	}
	if err != nil {
		return nil, err
	}
	var raised []alert.Raised
	for _, next := range group {
		raised = append(raised, next.done(ctx)...)
	}
	return raised, nil
}

// done counts a step whose changes are made, and returns the alerts that it raised.
func (s Step) done(ctx context.Context) []alert.Raised {
	metrics.Add(ctx, s.Counts, 1)
	metrics.Add(ctx, metrics.AlertsCreated, len(s.raised))
	return s.raised
}

// settleEach settles the steps of a group one by one.
func (p *Pass) settleEach(ctx context.Context, group []Step) (raised []alert.Raised, err error) {
	for _, next := range group {
		settled, err := p.settle(ctx, next)
		raised = append(raised, settled...)
		if ofOneStep(err) {
			p.holdBack(err)
		} else if err != nil {
			return raised, err
		}
	}
	return raised, nil
}

// ofOneStep tells whether an error is about one step, and may be held back.
func ofOneStep(err error) bool {
	var refused *table.RefusedError
	return errors.Is(err, table.ErrConflict) || errors.As(err, &refused)
}

// The bounds of settling one step's conflicts.
const (
	settleAttempts = 10
	settlePause    = 20 * time.Millisecond // at most, times the attempt
)

// settle plans one step afresh, and makes the changes that it then needs, until no one else interferes.
func (p *Pass) settle(ctx context.Context, stale Step) ([]alert.Raised, error) {
	for attempt := range settleAttempts {
		if err := pause(ctx, rand.N(settlePause*time.Duration(attempt)+1)); err != nil {
			return nil, err
		}
		next, needed, err := p.Plan(ctx, stale.Again)
		if err != nil || !needed {
			return nil, err
		}
		err = p.items.Transact(ctx, next.Changes...)
		if err == nil {
			return next.done(ctx), nil
		}
		if !errors.Is(err, table.ErrConflict) {
			return nil, fmt.Errorf("%s: %w", stale.Subject, err)
		}
	}
	return nil, fmt.Errorf("%s: %w, %d times", stale.Subject, table.ErrConflict, settleAttempts)
}

// pause waits, but no longer than the context lives.
func pause(ctx context.Context, duration time.Duration) error {
	timer := time.NewTimer(duration)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
