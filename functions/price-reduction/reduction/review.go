package reduction

import (
	"context"
	"errors"
	"fmt"

	"github.com/bayon-coagent/event-consumers/internal/agent"
	"github.com/bayon-coagent/event-consumers/internal/alert"
	"github.com/bayon-coagent/event-consumers/internal/area"
	"github.com/bayon-coagent/event-consumers/internal/listing"
	"github.com/bayon-coagent/event-consumers/internal/metrics"
	"github.com/bayon-coagent/event-consumers/internal/table"
)

// review is one pass over the listings of one agent.
type review struct {
	*Watcher
	userID   string
	areas    area.Areas
	prices   agent.PriceRange
	listings *listing.Reader
}

// step is what one listing's change needs: changes that are made together, and the alert that they raise, if any.
type step struct {
	is      listing.Listing
	changes []table.Change
	raised  []alert.Raised
}

// page follows the changes of one page of listings, then tells of the alerts.
func (r *review) page(ctx context.Context, page listing.Page) error {
	metrics.Add(ctx, metrics.ItemsUnreadable, page.Unreadable)
	metrics.Add(ctx, metrics.ListingsReviewed, len(page.Listings))
	watched := r.watched(ctx, page.Listings)
	snapshots, err := r.snapshots(ctx, watched)
	if err != nil {
		return err
	}
	var steps []step
	for _, is := range watched {
		was, readable := snapshots[is.MLSNumber]
		if !readable || !changeOf(was, is).seen {
			continue
		}
		next, needed, err := r.newestStep(ctx, was, is)
		var malformed *table.MalformedError
		switch {
		case errors.As(err, &malformed):
			metrics.Add(ctx, metrics.ItemsUnreadable, 1)
		case err != nil:
			return err
		case needed:
			steps = append(steps, next)
		}
	}
	raised, err := r.apply(ctx, steps)
	if err != nil {
		return errors.Join(err, r.alerts.Announce(ctx, raised))
	}
	return r.alerts.Announce(ctx, raised)
}

// watched are the listings with a usable price in the agent's areas.
func (r *review) watched(ctx context.Context, listings []listing.Listing) []listing.Listing {
	var watched []listing.Listing
	for _, is := range listings {
		switch {
		case !is.HasPrice():
			metrics.Add(ctx, metrics.ListingsUnpriced, 1)
		case r.areas.Contains(is.Place()):
			watched = append(watched, is)
		}
	}
	return watched
}

// snapshots reads the snapshots of listings by mlsNumber; that of a listing never seen is zero. A snapshot that cannot be
// read is left out and counted: it must not hold up the others.
func (r *review) snapshots(ctx context.Context, listings []listing.Listing) (map[string]snapshot, error) {
	keys := make([]table.Key, len(listings))
	numbers := make(map[table.Key]string, len(listings))
	snapshots := make(map[string]snapshot, len(listings))
	for i, is := range listings {
		keys[i] = snapshotKey(r.userID, is.MLSNumber)
		numbers[keys[i]] = is.MLSNumber
		snapshots[is.MLSNumber] = snapshot{}
	}
	items, err := r.items.GetAll(ctx, keys)
	if err != nil {
		return nil, fmt.Errorf("snapshots: %w", err)
	}
	for _, item := range items {
		was, err := snapshotOf(item)
		if err != nil {
			metrics.Add(ctx, metrics.ItemsUnreadable, 1)
			delete(snapshots, numbers[item.Key])
			continue
		}
		snapshots[numbers[item.Key]] = was
	}
	return snapshots, nil
}

// newestStep plans what the newest item of a listing needs. A listing that has left the agent's areas needs nothing.
func (r *review) newestStep(ctx context.Context, was snapshot, is listing.Listing) (step, bool, error) {
	newest, err := r.listings.Newest(ctx, is)
	if err != nil || !r.areas.Contains(newest.Place()) {
		return step{}, false, err
	}
	return r.step(ctx, was, newest)
}

// step plans what the listing's change needs, if it needs anything.
func (r *review) step(ctx context.Context, was snapshot, is listing.Listing) (planned step, needed bool, err error) {
	change := changeOf(was, is)
	if !change.seen {
		return step{}, false, nil
	}
	now := r.now()
	planned = step{is: is, changes: []table.Change{
		table.Check{Key: is.Key, Condition: is.Unchanged()},
		table.Save{
			Key:        snapshotKey(r.userID, is.MLSNumber),
			EntityType: "ListingSnapshot",
			Data:       was.following(is),
			Now:        now,
			Condition:  was.unchanged(),
		},
	}}
	if change.price {
		save, err := r.historyAfter(ctx, was, is)
		if err != nil {
			return step{}, false, err
		}
		planned.changes = append(planned.changes, save)
	}
	if change.reduction == nil || !r.prices.Contains(is.Price) {
		return planned, true, nil
	}
	finding := findingOf(r.userID, was, is, *change.reduction, now)
	known, err := r.alerts.Known(ctx, finding)
	if err != nil || known {
		return planned, true, err
	}
	raised, changes, err := r.alerts.Raise(finding)
	planned.raised = []alert.Raised{raised}
	planned.changes = append(planned.changes, changes...)
	return planned, true, err
}

// historyAfter is the price history with the listing's new price. At first sight a history that is there already is kept.
func (r *review) historyAfter(ctx context.Context, was snapshot, is listing.Listing) (table.Save, error) {
	now := r.now()
	save := table.Save{Key: historyKey(r.userID, is.MLSNumber), EntityType: "PriceHistory", Now: now}
	if !was.seen() {
		save.Data, save.KeepOld = history{}.following(was, is, now), true
		return save, nil
	}
	item, found, err := r.items.Get(ctx, save.Key)
	if err != nil {
		return table.Save{}, err
	}
	var kept history
	save.Condition = table.Absent()
	if found {
		if err := table.Decode(item, &kept); err != nil {
			return table.Save{}, err
		}
		save.Condition = table.DataLength("priceHistory", len(kept.PriceHistory))
	}
	save.Data = kept.following(was, is, now)
	return save, nil
}
