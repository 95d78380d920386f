package reduction

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/bayon-coagent/event-consumers/internal/agent"
	"github.com/bayon-coagent/event-consumers/internal/alert"
	"github.com/bayon-coagent/event-consumers/internal/area"
	"github.com/bayon-coagent/event-consumers/internal/deadline"
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

	mu        sync.Mutex
	unsettled []error
}

// run looks at all listings, page by page. What could not be done for one listing is told at the end: it holds up no
// other.
func (r *review) run(ctx context.Context) error {
	reviewed := 0
	for page, err := range r.listings.Pages(ctx) {
		if err != nil {
			return err
		}
		if reviewed > 0 && deadline.Near(ctx, r.now()) {
			return &deadline.ShortError{Progress: fmt.Sprintf("%d listings", reviewed)}
		}
		if err := r.page(ctx, page); err != nil {
			return err
		}
		reviewed += len(page.Listings)
	}
	return errors.Join(r.unsettled...)
}

// holdBack keeps an error for the end.
func (r *review) holdBack(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.unsettled = append(r.unsettled, err)
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
		if !readable || !changeOf(was, is).differs {
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
	if refused := r.alerts.Announce(ctx, raised); refused != nil {
		r.holdBack(refused)
	}
	return err
}

// clockSkew is how far ahead of the function's clock a sync's may be. What is further ahead has no usable time.
const clockSkew = 24 * time.Hour

// watched are the listings with a usable price in the agent's areas.
func (r *review) watched(ctx context.Context, listings []listing.Listing) []listing.Listing {
	var watched []listing.Listing
	for _, is := range listings {
		if r.areas.NeedLocations() && (is.Location == nil || !is.Location.Valid()) {
			metrics.Add(ctx, metrics.ListingsUnlocated, 1)
		}
		switch {
		case !is.HasPrice():
			metrics.Add(ctx, metrics.ListingsUnpriced, 1)
		case is.SyncedAt.Date().After(r.now().Add(clockSkew)):
			metrics.Add(ctx, metrics.ItemsUnreadable, 1)
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
	if !change.differs {
		return step{}, false, nil
	}
	now := r.now()
	planned = step{is: is, changes: []table.Change{
		table.Check{Key: is.Key, Condition: is.Unchanged()},
		table.Save{
			Key:        snapshotKey(r.userID, is.MLSNumber),
			EntityType: "ListingSnapshot",
			Data:       was.following(is, change),
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
	raised, changes, err := r.alerts.Prepare(finding)
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
		save.Condition = kept.unchanged()
	}
	save.Data = kept.following(was, is, now)
	return save, nil
}
