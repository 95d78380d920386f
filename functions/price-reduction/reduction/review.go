package reduction

import (
	"context"
	"time"

	"github.com/bayon-coagent/event-consumers/internal/agent"
	"github.com/bayon-coagent/event-consumers/internal/area"
	"github.com/bayon-coagent/event-consumers/internal/deadline"
	"github.com/bayon-coagent/event-consumers/internal/listing"
	"github.com/bayon-coagent/event-consumers/internal/metrics"
	"github.com/bayon-coagent/event-consumers/internal/review"
	"github.com/bayon-coagent/event-consumers/internal/table"
)

// pass is one pass over the listings of one agent.
type pass struct {
	*Watcher
	*review.Pass
	userID   string
	areas    area.Areas
	prices   agent.PriceRange
	listings *listing.Reader
}

// run looks at all listings, page by page.
func (p *pass) run(ctx context.Context) error {
	pages := deadline.Pages(ctx, p.now, p.listings.Pages(ctx), listing.Page.Size, "listings")
	for page, err := range pages {
		if err != nil {
			return err
		}
		if err := p.page(ctx, page); err != nil {
			return err
		}
	}
	return p.End()
}

// page follows the changes of one page of listings.
func (p *pass) page(ctx context.Context, page listing.Page) error {
	metrics.Add(ctx, metrics.ItemsUnreadable, page.Unreadable)
	metrics.Add(ctx, metrics.ListingsReviewed, len(page.Listings))
	watched := p.watched(ctx, page.Listings)
	snapshots, err := p.snapshots(ctx, watched)
	if err != nil {
		return err
	}
	var steps []review.Step
	for _, is := range watched {
		was, readable := snapshots[snapshotKey(p.userID, is.MLSNumber)]
		if !readable || !changeOf(was, is).differs {
			continue
		}
		next, needed, err := p.Plan(ctx, p.newest(was, is))
		if err != nil {
			return err
		}
		if needed {
			steps = append(steps, next)
		}
	}
	return p.Apply(ctx, steps)
}

// watched are the listings with a usable price in the agent's areas.
func (p *pass) watched(ctx context.Context, listings []listing.Listing) []listing.Listing {
	var watched []listing.Listing
	for _, is := range listings {
		if p.areas.NeedLocations() && !is.Located() {
			metrics.Add(ctx, metrics.ListingsUnlocated, 1)
		}
		switch {
		case !is.HasPrice():
			metrics.Add(ctx, metrics.ListingsUnpriced, 1)
		case p.areas.Contains(is.Place()):
			watched = append(watched, is)
		}
	}
	return watched
}

func (p *pass) snapshots(ctx context.Context, listings []listing.Listing) (map[table.Key]listing.Snapshot, error) {
	keys := make([]table.Key, len(listings))
	for i, is := range listings {
		keys[i] = snapshotKey(p.userID, is.MLSNumber)
	}
	return listing.ReadSnapshots(ctx, p.items, keys, listing.SnapshotOf)
}

// newest plans what the newest item of a listing needs against its snapshot. A listing that has left the agent's areas
// needs nothing.
func (p *pass) newest(was listing.Snapshot, is listing.Listing) review.Plan {
	return func(ctx context.Context) (review.Step, bool, error) {
		newest, err := p.listings.Newest(ctx, is)
		if err != nil || !p.areas.Contains(newest.Place()) {
			return review.Step{}, false, err
		}
		return p.step(ctx, was, newest)
	}
}

// afresh reads a listing and its snapshot again, and plans what their difference needs.
func (p *pass) afresh(stale listing.Listing) review.Plan {
	return func(ctx context.Context) (review.Step, bool, error) {
		is, found, err := p.listings.Reread(ctx, stale)
		if err != nil || !found || !p.areas.Contains(is.Place()) {
			return review.Step{}, false, err
		}
		was, err := listing.ReadSnapshot(ctx, p.items, snapshotKey(p.userID, is.MLSNumber), listing.SnapshotOf)
		if err != nil {
			return review.Step{}, false, err
		}
		return p.step(ctx, was, is)
	}
}

// step plans what the listing's change needs, if it needs anything: the snapshot follows, a new price joins the history, a
// reduction within the agent's price range is an alert.
func (p *pass) step(ctx context.Context, was listing.Snapshot, is listing.Listing) (review.Step, bool, error) {
	change := changeOf(was, is)
	if !change.differs {
		return review.Step{}, false, nil
	}
	now := p.now()
	step := review.Step{
		Subject: "listing " + is.MLSNumber,
		Counts:  metrics.ListingsChanged,
		Again:   p.afresh(is),
		Changes: []table.Change{
			table.Check{Key: is.Key, Condition: is.Unchanged()},
			table.Save{
				Key:        snapshotKey(p.userID, is.MLSNumber),
				EntityType: "ListingSnapshot",
				Data:       was.Following(is),
				Now:        now,
				Condition:  was.Unchanged(),
			},
		},
	}
	if change.price {
		save, err := p.historyAfter(ctx, was, is, now)
		if err != nil {
			return review.Step{}, false, err
		}
		step.Changes = append(step.Changes, save)
	}
	if change.reduction == nil || !p.prices.Contains(is.Price) {
		return step, true, nil
	}
	err := p.Raise(ctx, &step, findingOf(p.userID, was, is, *change.reduction, now))
	return step, true, err
}

// historyAfter is the price history with the listing's new price. At first sight a history that is there already is kept.
func (p *pass) historyAfter(ctx context.Context, was listing.Snapshot, is listing.Listing, now time.Time) (table.Save, error) {
	save := table.Save{Key: historyKey(p.userID, is.MLSNumber), EntityType: "PriceHistory", Now: now}
	if !was.Seen() {
		save.Data, save.KeepOld = history{}.following(was, is, now), true
		return save, nil
	}
	item, found, err := p.items.Get(ctx, save.Key)
	if err != nil {
		return table.Save{}, err
	}
	var kept history
	save.Condition = table.Absent()
	if found {
		if table.Decode(item, &kept) != nil {
			metrics.Add(ctx, metrics.ItemsUnreadable, 1)
			kept = history{} // a new one begins: the listing's news must not wait for someone to mend it
		}
		save.Condition = kept.unchanged()
	}
	save.Data = kept.following(was, is, now)
	return save, nil
}
