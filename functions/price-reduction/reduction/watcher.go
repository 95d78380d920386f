// Package reduction finds out which of the listings that an agent watches got cheaper, and raises one alert for each
// (rules: Price reduction).
//
// A listing is compared with its snapshot. Whatever changed is written in one transaction: the snapshot follows, a new
// price joins the price history, a reduction becomes an alert. The transaction holds only if the listing and its snapshot
// are still what was read; so overlapping syncs neither lose nor repeat a change, and nothing older overwrites anything
// newer.
package reduction

import (
	"context"
	"fmt"
	"iter"
	"time"

	"github.com/bayon-coagent/event-consumers/internal/agent"
	"github.com/bayon-coagent/event-consumers/internal/alert"
	"github.com/bayon-coagent/event-consumers/internal/area"
	"github.com/bayon-coagent/event-consumers/internal/listing"
	"github.com/bayon-coagent/event-consumers/internal/metrics"
	"github.com/bayon-coagent/event-consumers/internal/review"
	"github.com/bayon-coagent/event-consumers/internal/table"
	"github.com/bayon-coagent/event-consumers/pkg/events"
)

// Items is the part of *table.Table that a Watcher calls.
type Items interface {
	Get(ctx context.Context, key table.Key) (table.Item, bool, error)
	GetAll(ctx context.Context, keys []table.Key) ([]table.Item, error)
	Pages(ctx context.Context, query table.Query) iter.Seq2[[]table.Item, error]
	Transact(ctx context.Context, changes ...table.Change) error
}

// Watcher watches the prices of listings. It is safe for concurrent use.
type Watcher struct {
	items  Items
	alerts review.Alerts
	now    func() time.Time
}

// New watches the listings among items and raises alerts; now is the clock.
func New(items Items, alerts review.Alerts, now func() time.Time) *Watcher {
	return &Watcher{items: items, alerts: alerts, now: now}
}

// SyncCompleted reviews an agent's listings after a sync with an MLS; other syncs bring no listings.
func (w *Watcher) SyncCompleted(ctx context.Context, event events.Event[events.IntegrationSyncCompleted]) error {
	if !events.IsMLSProvider(event.Detail.Provider) {
		return nil
	}
	return w.review(ctx, event.Detail.UserID)
}

// CheckDue reviews an agent's listings when the price check is due; other checks are not ours.
func (w *Watcher) CheckDue(ctx context.Context, event events.Event[events.CheckDue]) error {
	if event.Detail.Check != events.CheckPrice {
		return nil
	}
	return w.review(ctx, event.Detail.UserID)
}

func snapshotKey(userID, mlsNumber string) table.Key {
	return table.UserKey(userID, "LISTING_SNAPSHOT#"+mlsNumber)
}

// Concerns tells whether the price check is due for the agent of these settings.
func Concerns(settings agent.AlertSettings) bool { return settings.Wants(alert.PriceReduction) }

// review looks at all listings of one agent, once.
func (w *Watcher) review(ctx context.Context, userID string) error {
	settings, err := agent.LoadAlertSettings(ctx, w.items, userID)
	if err != nil {
		return fmt.Errorf("alert settings: %w", err)
	}
	begun := review.Begin(ctx, w.items, w.alerts, userID, alert.PriceReduction)
	areas, unusable := area.New(settings.TargetAreas)
	metrics.Add(ctx, metrics.AreasUnusable, len(unusable))
	if !Concerns(settings) || areas.Empty() {
		return begun.End()
	}
	p := pass{
		Watcher:  w,
		Pass:     begun,
		userID:   userID,
		areas:    areas,
		prices:   settings.PriceRange,
		listings: listing.NewReader(w.items, userID, events.MLSProviders(), w.now),
	}
	return p.run(ctx)
}
