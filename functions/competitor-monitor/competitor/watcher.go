// Package competitor finds out what the competitors whom an agent tracks do on the market, and raises one alert for each
// new listing, each marked reduction and each listing that leaves it (rules: Competitors).
//
// A competitor's listing is compared with the competitor's own snapshot of it. Whatever changed is written in one
// transaction: the snapshot follows, and what is news becomes an alert. The transaction holds only if the listing and its
// snapshot are still what was read; so overlapping passes neither lose nor repeat a change, and nothing older overwrites
// anything newer. The first look at a competitor is the baseline, which tells what is new from what has long been there.
package competitor

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"time"

	"go.uber.org/zap"

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
	Save(ctx context.Context, save table.Save) error
	Transact(ctx context.Context, changes ...table.Change) error
}

// Watcher watches the listings of competitors. It is safe for concurrent use.
type Watcher struct {
	items  Items
	alerts review.Alerts
	now    func() time.Time
	logger *zap.Logger
}

// New watches the competitors' listings among items and raises alerts; now is the clock.
func New(items Items, alerts review.Alerts, now func() time.Time, logger *zap.Logger) *Watcher {
	return &Watcher{items: items, alerts: alerts, now: now, logger: logger}
}

// ContentPublished looks at the competitors of an agent who has published content.
func (w *Watcher) ContentPublished(ctx context.Context, event events.Event[events.ContentPublished]) error {
	return w.review(ctx, event.Detail.UserID)
}

// CheckDue looks at an agent's competitors when the competitor check is due; other checks are not ours.
func (w *Watcher) CheckDue(ctx context.Context, event events.Event[events.CheckDue]) error {
	if event.Detail.Check != events.CheckCompetitor {
		return nil
	}
	return w.review(ctx, event.Detail.UserID)
}

// alertTypes are the types of alert that a Watcher raises.
func alertTypes() []alert.Type {
	return []alert.Type{alert.CompetitorNewListing, alert.CompetitorPriceReduction, alert.CompetitorWithdrawal}
}

// Concerns tells whether the competitor check is due for the agent of these settings.
func Concerns(settings agent.AlertSettings) bool {
	return slices.ContainsFunc(alertTypes(), settings.Wants)
}

// areasOf are the areas in which an agent's competitors are watched: everywhere, if the agent has named none.
func areasOf(ctx context.Context, settings agent.AlertSettings) area.Areas {
	if len(settings.TargetAreas) == 0 {
		return area.Everywhere()
	}
	areas, unusable := area.New(settings.TargetAreas)
	metrics.Add(ctx, metrics.AreasUnusable, len(unusable))
	return areas
}

// review looks at all listings of one agent's competitors, once.
func (w *Watcher) review(ctx context.Context, userID string) error {
	settings, err := agent.LoadAlertSettings(ctx, w.items, userID)
	if err != nil {
		return fmt.Errorf("alert settings: %w", err)
	}
	begun := review.Begin(ctx, w.items, w.alerts, userID, alertTypes()...)
	areas := areasOf(ctx, settings)
	if !Concerns(settings) || areas.Empty() {
		return begun.End()
	}
	competitors, err := w.watched(ctx, userID)
	if err != nil {
		return err
	}
	if len(competitors) == 0 {
		return begun.End()
	}
	looks, err := w.looks(ctx, userID, competitors)
	if err != nil {
		return err
	}
	p := pass{
		Watcher:     w,
		Pass:        begun,
		userID:      userID,
		settings:    settings,
		areas:       areas,
		competitors: competitors,
		looks:       looks,
		listings:    listing.NewReader(w.items, userID, events.MLSProviders(), w.now),
	}
	return p.run(ctx)
}
