package prospect

import (
	"context"
	"sync"
	"time"

	"github.com/bayon-coagent/event-consumers/internal/agent"
	"github.com/bayon-coagent/event-consumers/internal/area"
	"github.com/bayon-coagent/event-consumers/internal/deadline"
	"github.com/bayon-coagent/event-consumers/internal/listing"
	"github.com/bayon-coagent/event-consumers/internal/metrics"
	"github.com/bayon-coagent/event-consumers/internal/review"
	"github.com/bayon-coagent/event-consumers/internal/table"
)

// pass is one pass over the prospects of one agent.
type pass struct {
	*Watcher
	*review.Pass
	userID   string
	settings agent.AlertSettings
	areas    area.Areas
	listings *listing.Reader
	at       time.Time // the pass takes all events and sales as of this time

	mu      sync.Mutex
	counted *supply // nil until it is needed
}

// run looks at all prospects, page by page.
func (p *pass) run(ctx context.Context) error {
	size := func(page []table.Item) int { return len(page) }
	for page, err := range deadline.Pages(ctx, p.now, pagesOf(ctx, p.items, p.userID), size, "prospects") {
		if err != nil {
			return err
		}
		if err := p.page(ctx, page); err != nil {
			return err
		}
	}
	return p.End()
}

// page scores one page of prospects.
func (p *pass) page(ctx context.Context, items []table.Item) error {
	var steps []review.Step
	for _, item := range items {
		next, needed, err := p.Plan(ctx, p.first(item))
		if err != nil {
			return err
		}
		if needed {
			steps = append(steps, next)
		}
	}
	return p.Apply(ctx, steps)
}

// first plans what a prospect needs, and counts the events that it cannot be scored by.
func (p *pass) first(item table.Item) review.Plan {
	return func(ctx context.Context) (review.Step, bool, error) {
		is, err := prospectOf(item)
		if err != nil {
			return review.Step{}, false, err
		}
		metrics.Add(ctx, metrics.LifeEventsUnusable, is.unusable)
		return p.step(ctx, is)
	}
}

// afresh reads a prospect again, and plans what it then needs.
func (p *pass) afresh(key table.Key) review.Plan {
	return func(ctx context.Context) (review.Step, bool, error) {
		item, found, err := p.items.Get(ctx, key)
		if err != nil || !found {
			return review.Step{}, false, err
		}
		is, err := prospectOf(item)
		if err != nil {
			return review.Step{}, false, err
		}
		return p.step(ctx, is)
	}
}

// step plans what a prospect needs, if anything: a score that is new, or the first of the day, is stored; one that reaches
// the agent's threshold, in one of the agent's areas, is an alert.
func (p *pass) step(ctx context.Context, is prospect) (review.Step, bool, error) {
	found, err := p.assess(ctx, is)
	if err != nil {
		return review.Step{}, false, err
	}
	step := review.Step{Subject: "prospect " + is.id, Counts: metrics.ProspectsScored, Again: p.afresh(is.key)}
	if float64(found.score) >= p.settings.LeadScore() && p.areas.Contains(is.location.place) {
		if err := p.Raise(ctx, &step, findingOf(p.userID, is, found)); err != nil {
			return review.Step{}, false, err
		}
	}
	if len(step.Changes) == 0 && is.scored(found.score, p.at) {
		return review.Step{}, false, nil
	}
	step.Changes = append(step.Changes, is.score(found.score, p.at))
	return step, true, nil
}

// assess computes a prospect's score. It looks at the market only where something has happened.
func (p *pass) assess(ctx context.Context, is prospect) (assessment, error) {
	happened := past(is.events, p.at)
	if len(happened) == 0 {
		return assessment{}, nil
	}
	supply, err := p.supply(ctx)
	if err != nil {
		return assessment{}, err
	}
	return assess(happened, supply.where(is.location.place).market(), p.at), nil
}

// supply counts the agent's listings when it is first asked.
func (p *pass) supply(ctx context.Context) (*supply, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.counted != nil {
		return p.counted, nil
	}
	counted := newSupply(p.settings.TargetAreas)
	for page, err := range deadline.Pages(ctx, p.now, p.listings.NewestPages(ctx), listing.Page.Size, "listings") {
		if err != nil {
			return nil, err
		}
		metrics.Add(ctx, metrics.ItemsUnreadable, page.Unreadable)
		metrics.Add(ctx, metrics.ListingsReviewed, len(page.Listings))
		for _, is := range page.Listings {
			p.count(ctx, counted, is)
		}
	}
	p.counted = counted
	return counted, nil
}

// count counts one listing.
func (p *pass) count(ctx context.Context, counted *supply, is listing.Listing) {
	if p.areas.NeedLocations() && !is.Located() {
		metrics.Add(ctx, metrics.ListingsUnlocated, 1)
	}
	counted.add(is, p.at)
}
