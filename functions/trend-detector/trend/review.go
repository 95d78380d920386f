package trend

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/bayon-coagent/event-consumers/internal/deadline"
	"github.com/bayon-coagent/event-consumers/internal/listing"
	"github.com/bayon-coagent/event-consumers/internal/metrics"
	"github.com/bayon-coagent/event-consumers/internal/review"
	"github.com/bayon-coagent/event-consumers/internal/table"
)

// pass is one pass over the neighborhoods of one agent.
type pass struct {
	*Watcher
	*review.Pass
	userID        string
	began         time.Time // the pass takes this for now; in whole milliseconds, UTC
	month         month     // of began
	neighborhoods []neighborhood
	listings      *listing.Reader
}

// run counts all listings, page by page, and writes what they show of each neighborhood.
func (p *pass) run(ctx context.Context) error {
	markets, err := p.count(ctx)
	if err != nil {
		return err
	}
	rows, err := p.rows(ctx, p.neighborhoods...)
	if err != nil {
		return err
	}
	var steps []review.Step
	for i, n := range p.neighborhoods {
		shown := computed{neighborhood: n, figures: markets[i].figures(), sold: markets[i].sold}
		next, needed, err := p.Plan(ctx, func(ctx context.Context) (review.Step, bool, error) {
			return p.step(ctx, shown, rows)
		})
		if err != nil {
			return err
		}
		if needed {
			steps = append(steps, next)
		}
	}
	if err := p.Apply(ctx, steps); err != nil {
		return err
	}
	return p.End()
}

// count returns what all listings show of the neighborhoods, in their order.
func (p *pass) count(ctx context.Context) ([]market, error) {
	markets := make([]market, len(p.neighborhoods))
	pages := deadline.Pages(ctx, p.now, p.listings.NewestPages(ctx), listing.Page.Size, "listings")
	for page, err := range pages {
		if err != nil {
			return nil, err
		}
		metrics.Add(ctx, metrics.ItemsUnreadable, page.Unreadable)
		metrics.Add(ctx, metrics.ListingsReviewed, len(page.Listings))
		for _, is := range page.Listings {
			p.countOne(ctx, markets, is)
		}
	}
	return markets, nil
}

// countOne counts a listing in each neighborhood that it lies in, if it counts at all.
func (p *pass) countOne(ctx context.Context, markets []market, is listing.Listing) {
	if !is.HasPrice() {
		metrics.Add(ctx, metrics.ListingsUnpriced, 1)
		return
	}
	place, missed := is.Place(), false
	for i, n := range p.neighborhoods {
		if n.contains(place) {
			markets[i].add(is, p.began)
		}
		missed = missed || n.needsLocations() && !is.Located()
	}
	if missed {
		metrics.Add(ctx, metrics.ListingsUnlocated, 1)
	}
}

// rows reads the rows of this month and those before it that a step may need, by their keys.
func (p *pass) rows(ctx context.Context, neighborhoods ...neighborhood) (map[table.Key]table.Item, error) {
	keys := make([]table.Key, 0, len(neighborhoods)*(monthsOfYear+1))
	for _, n := range neighborhoods {
		for ago := range monthsOfYear + 1 {
			keys = append(keys, n.rowKey(p.userID, p.month-month(ago)))
		}
	}
	found, err := p.items.GetAll(ctx, keys)
	if err != nil {
		return nil, fmt.Errorf("trends: %w", err)
	}
	rows := make(map[table.Key]table.Item, len(found))
	for _, item := range found {
		rows[item.Key] = item
	}
	return rows, nil
}

// computed is what this month's listings show of a neighborhood.
type computed struct {
	neighborhood
	figures
	sold int64
}

// step plans what a neighborhood needs: its row, and the alerts that it deserves. Where a pass that began later has written
// the row, that is nothing.
func (p *pass) step(ctx context.Context, shown computed, rows map[table.Key]table.Item) (review.Step, bool, error) {
	key := shown.rowKey(p.userID, p.month)
	var was standing
	if item, found := rows[key]; found {
		if err := table.Decode(item, &was); err != nil {
			return review.Step{}, false, err
		}
	}
	if was.laterThan(p.began) {
		return review.Step{}, false, nil
	}
	before, err := p.historyOf(ctx, shown.neighborhood, rows)
	if err != nil {
		return review.Step{}, false, err
	}
	moved := before.movements(shown.figures)
	step := review.Step{
		Subject: "a neighborhood's " + p.month.String(),
		Counts:  metrics.NeighborhoodsCounted,
		Again:   p.afresh(shown),
		Changes: []table.Change{table.Save{
			Key:        key,
			EntityType: rowEntity,
			Data:       p.row(shown, moved),
			Now:        p.now(),
			Condition:  was.unchanged(),
		}},
	}
	for _, m := range moved {
		if !m.isTrend(m.change) {
			continue
		}
		finding := findingOf(p.userID, shown.name, p.month, m, before, shown.figures)
		if err := p.Raise(ctx, &step, finding); err != nil {
			return review.Step{}, false, err
		}
	}
	return step, true, nil
}

// afresh reads a neighborhood's rows again, and plans what it then needs.
func (p *pass) afresh(shown computed) review.Plan {
	return func(ctx context.Context) (review.Step, bool, error) {
		rows, err := p.rows(ctx, shown.neighborhood)
		if err != nil {
			return review.Step{}, false, err
		}
		return p.step(ctx, shown, rows)
	}
}

// historyOf is what the earlier rows of a neighborhood say. One that cannot be read is counted, and says nothing.
func (p *pass) historyOf(ctx context.Context, n neighborhood, rows map[table.Key]table.Item) (history, error) {
	before := history{}
	for ago := 1; ago <= monthsOfYear; ago++ {
		item, found := rows[n.rowKey(p.userID, p.month-month(ago))]
		if !found {
			continue
		}
		read, err := figuresOf(item)
		var malformed *table.MalformedError
		switch {
		case errors.As(err, &malformed):
			metrics.Add(ctx, metrics.ItemsUnreadable, 1)
		case err != nil:
			return nil, err
		default:
			before[ago] = read
		}
	}
	return before, nil
}

// row is this month's row.
func (p *pass) row(shown computed, moved []movement) row {
	is := row{
		Neighborhood: shown.name,
		Period:       p.month.String(),
		figures:      shown.figures,
		SalesVolume:  shown.sold,
		SampleSize:   *shown.InventoryLevel,
		CalculatedAt: table.Date{Time: p.began},
	}
	for _, m := range moved {
		switch m.trend {
		case priceIncrease:
			is.PriceChange = m.percent()
		case inventoryDecrease:
			is.InventoryChange = m.percent()
		case daysDecrease:
			is.DOMChange = m.percent()
		}
	}
	return is
}
