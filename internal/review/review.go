// Package review is what the watchers do alike: one pass over what an agent has, in which each thing that has changed is
// followed in a conditional transaction, together with the alerts that it raises, and the bus is told of these (rules:
// Alerts).
//
// What a watcher plans for one thing is a Step. A step's conditions hold only as long as what was read is still so; when
// something has interfered, the step is planned afresh. So overlapping passes neither lose nor repeat a change. What cannot
// be done for one thing holds up no other: the pass tells of it at its end.
package review

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/bayon-coagent/event-consumers/internal/alert"
	"github.com/bayon-coagent/event-consumers/internal/metrics"
	"github.com/bayon-coagent/event-consumers/internal/table"
)

// Items is the part of *table.Table that a Pass calls.
type Items interface {
	Transact(ctx context.Context, changes ...table.Change) error
}

// Alerts is the part of *alert.Store that a Pass calls.
type Alerts interface {
	Prepare(finding alert.Finding) (alert.Raised, []table.Change, error)
	Known(ctx context.Context, finding alert.Finding) (bool, error)
	Announce(ctx context.Context, alerts []alert.Raised) error
	AnnounceForgotten(ctx context.Context, userID string, alertTypes ...alert.Type) error
}

// Pass is one pass. It is safe for concurrent use.
type Pass struct {
	items  Items
	alerts Alerts

	mu        sync.Mutex
	unsettled []error // steps that could not be made
	untold    []error // alerts that the bus does not know yet
}

// Begin begins a pass over what an agent has. First it tells the bus of alerts of these types that an earlier pass has
// stored, but not told; so it comes before the look whether the agent still wants such alerts.
func Begin(ctx context.Context, items Items, alerts Alerts, userID string, alertTypes ...alert.Type) *Pass {
	pass := &Pass{items: items, alerts: alerts}
	if err := alerts.AnnounceForgotten(ctx, userID, alertTypes...); err != nil {
		pass.untold = append(pass.untold, fmt.Errorf("announce what was forgotten: %w", err))
	}
	return pass
}

// End returns what could not be done for single things, and was held back so that it held up no other.
func (p *Pass) End() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return errors.Join(errors.Join(p.unsettled...), errors.Join(p.untold...))
}

// Settled tells whether all that was to be followed is followed, even if the bus does not know of all alerts yet.
func (p *Pass) Settled() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.unsettled) == 0
}

func (p *Pass) holdBack(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.unsettled = append(p.unsettled, err)
}

// Step is what one thing that has changed needs: changes that are made together, and the alerts that they raise.
type Step struct {
	Changes []table.Change
	// Again plans the step afresh, by what is there now, after something has interfered.
	Again Plan
	// Counts names what is counted when the changes are made.
	Counts metrics.Count
	// Subject names the thing in errors, such as "listing A1"; it holds no personal data.
	Subject string

	raised []alert.Raised
}

// Plan plans a step, if one is needed.
type Plan func(ctx context.Context) (step Step, needed bool, err error)

// Raise adds to a step the alert that a finding deserves, unless its fact is known already.
func (p *Pass) Raise(ctx context.Context, step *Step, finding alert.Finding) error {
	known, err := p.alerts.Known(ctx, finding)
	if err != nil || known {
		return err
	}
	raised, changes, err := p.alerts.Prepare(finding)
	if err != nil {
		return err
	}
	step.raised = append(step.raised, raised)
	step.Changes = append(step.Changes, changes...)
	return nil
}

// Plan runs a plan. An item that cannot be read is counted, and needs nothing: it must not hold up the others.
func (p *Pass) Plan(ctx context.Context, plan Plan) (step Step, needed bool, err error) {
	step, needed, err = plan(ctx)
	var malformed *table.MalformedError
	if errors.As(err, &malformed) {
		metrics.Add(ctx, metrics.ItemsUnreadable, 1)
		return Step{}, false, nil
	}
	return step, needed, err
}
