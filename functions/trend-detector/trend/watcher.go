// Package trend finds out in which of the neighborhoods that an agent watches the market turns, and raises one alert for
// each neighborhood, kind of trend and month (rules: Trends).
//
// A pass reads the agent's listings once, page by page, and keeps nothing of a listing but its price. What they show of a
// neighborhood is the row of this month, which is compared with an earlier month's. The row and the alerts that it raises
// are written in one transaction, which holds only if no pass that began later has written the row.
package trend

import (
	"context"
	"fmt"
	"iter"
	"time"

	"github.com/bayon-coagent/event-consumers/internal/agent"
	"github.com/bayon-coagent/event-consumers/internal/alert"
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

// Watcher watches the markets of neighborhoods. It is safe for concurrent use.
type Watcher struct {
	items  Items
	alerts review.Alerts
	now    func() time.Time
}

// New watches the listings among items and raises alerts; now is the clock.
func New(items Items, alerts review.Alerts, now func() time.Time) *Watcher {
	return &Watcher{items: items, alerts: alerts, now: now}
}

// SyncCompleted reviews an agent's neighborhoods after a sync with an MLS; other syncs bring no listings.
func (w *Watcher) SyncCompleted(ctx context.Context, event events.Event[events.IntegrationSyncCompleted]) error {
	if !events.IsMLSProvider(event.Detail.Provider) {
		return nil
	}
	return w.review(ctx, event.Detail.UserID)
}

// CheckDue reviews an agent's neighborhoods when the trend check is due; other checks are not ours.
func (w *Watcher) CheckDue(ctx context.Context, event events.Event[events.CheckDue]) error {
	if event.Detail.Check != events.CheckTrend {
		return nil
	}
	return w.review(ctx, event.Detail.UserID)
}

// Concerns tells whether the trend check is due for the agent of these settings.
func Concerns(settings agent.AlertSettings) bool { return settings.Wants(alert.NeighborhoodTrend) }

// review looks at all neighborhoods of one agent, once.
func (w *Watcher) review(ctx context.Context, userID string) error {
	settings, err := agent.LoadAlertSettings(ctx, w.items, userID)
	if err != nil {
		return fmt.Errorf("alert settings: %w", err)
	}
	begun := review.Begin(ctx, w.items, w.alerts, userID, alert.NeighborhoodTrend)
	neighborhoods, unusable := neighborhoodsOf(settings.TargetAreas)
	metrics.Add(ctx, metrics.AreasUnusable, len(unusable))
	if !Concerns(settings) || len(neighborhoods) == 0 {
		return begun.End()
	}
	began := w.now().UTC().Truncate(time.Millisecond)
	p := pass{
		Watcher:       w,
		Pass:          begun,
		userID:        userID,
		began:         began,
		month:         monthOf(began),
		neighborhoods: neighborhoods,
		listings:      listing.NewReader(w.items, userID, events.MLSProviders(), w.now),
	}
	return p.run(ctx)
}
