// Package prospect scores an agent's prospects by what happens in their lives, and raises an alert for each who is likely to
// move (rules: Life events).
//
// A prospect's score is written in one transaction with the alert that it deserves. The transaction holds only if the
// prospect is still what was read; so no score follows from events that have changed since. The prospect is the platform's:
// only its score, and when that was computed, are written here.
package prospect

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
	Save(ctx context.Context, save table.Save) error
	Transact(ctx context.Context, changes ...table.Change) error
}

// Watcher watches the lives of prospects. It is safe for concurrent use.
type Watcher struct {
	items  Items
	alerts review.Alerts
	now    func() time.Time
}

// New watches the prospects among items and raises alerts; now is the clock.
func New(items Items, alerts review.Alerts, now func() time.Time) *Watcher {
	return &Watcher{items: items, alerts: alerts, now: now}
}

// UserCreated gives a new agent the default settings, and reviews the prospects that are there already.
func (w *Watcher) UserCreated(ctx context.Context, event events.Event[events.UserCreated]) error {
	if err := agent.SaveDefaults(ctx, w.items, event.Detail.UserID, w.now()); err != nil {
		return err
	}
	return w.review(ctx, event.Detail.UserID)
}

// CheckDue reviews an agent's prospects when the life-event check is due; other checks are not ours.
func (w *Watcher) CheckDue(ctx context.Context, event events.Event[events.CheckDue]) error {
	if event.Detail.Check != events.CheckLifeEvent {
		return nil
	}
	return w.review(ctx, event.Detail.UserID)
}

// Concerns tells whether the life-event check is due for the agent of these settings.
func Concerns(settings agent.AlertSettings) bool { return settings.Wants(alert.LifeEventLead) }

// review looks at all prospects of one agent, once. Without an area they are scored all the same.
func (w *Watcher) review(ctx context.Context, userID string) error {
	settings, err := agent.LoadAlertSettings(ctx, w.items, userID)
	if err != nil {
		return fmt.Errorf("alert settings: %w", err)
	}
	begun := review.Begin(ctx, w.items, w.alerts, userID, alert.LifeEventLead)
	if !Concerns(settings) {
		return begun.End()
	}
	areas, unusable := area.New(settings.TargetAreas)
	metrics.Add(ctx, metrics.AreasUnusable, len(unusable))
	p := pass{
		Watcher:  w,
		Pass:     begun,
		userID:   userID,
		settings: settings,
		areas:    areas,
		listings: listing.NewReader(w.items, userID, events.MLSProviders(), w.now),
		at:       w.now(),
	}
	return p.run(ctx)
}
