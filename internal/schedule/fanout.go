package schedule

import (
	"context"
	"fmt"
	"iter"
	"time"

	"github.com/bayon-coagent/event-consumers/internal/deadline"
	"github.com/bayon-coagent/event-consumers/internal/metrics"
	"github.com/bayon-coagent/event-consumers/internal/table"
	"github.com/bayon-coagent/event-consumers/pkg/events"
)

// Items is the part of *table.Table that a FanOut calls.
type Items interface {
	Get(ctx context.Context, key table.Key) (table.Item, bool, error)
	EntityPages(ctx context.Context, entityType string, limit int32, from table.Place) iter.Seq2[table.EntityPage, error]
	Save(ctx context.Context, save table.Save) error
}

// Publisher is the part of *events.Publisher that a FanOut calls.
type Publisher interface {
	Publish(ctx context.Context, facts ...events.Fact) error
}

// Concerned returns the agent whose check is due because of an item, if the item is one's and concerns the check.
type Concerned func(item table.Item) (userID string, concerned bool)

// FanOut publishes one Check Due for each agent that a check concerns. Page by page it saves its place, so that a retry
// goes on where it stopped.
type FanOut struct {
	Items      Items
	Publisher  Publisher
	Now        func() time.Time
	EntityType string // of the items that tell which agents are concerned
	Concerned  Concerned
}

// pageSize is how many items are looked at between two savings of the place.
const pageSize = 200

// placeLifetime is how long a place is kept: retries end long before.
const placeLifetime = 24 * time.Hour

// place is how far a fan-out came.
type place struct {
	Next      table.Place `dynamodbav:"next"`
	Published int         `dynamodbav:"published"`
	Done      bool        `dynamodbav:"done"`
}

// Run publishes what is due at a tick. It stops with *deadline.ShortError between two pages when time runs short.
func (f *FanOut) Run(ctx context.Context, tick Tick) error {
	at, err := f.load(ctx, tick)
	if err != nil || at.Done {
		return err
	}
	for page, err := range f.Items.EntityPages(ctx, f.EntityType, pageSize, at.Next) {
		if err != nil {
			return err
		}
		due := f.due(ctx, tick, page.Items)
		if err := f.Publisher.Publish(ctx, due...); err != nil {
			return err
		}
		metrics.Add(ctx, metrics.ChecksDue, len(due))
		at = place{Next: page.Next, Published: at.Published + len(due), Done: len(page.Next) == 0}
		if err := f.save(ctx, tick, at); err != nil {
			return err
		}
		if !at.Done && deadline.Near(ctx, f.Now()) {
			return &deadline.ShortError{Progress: fmt.Sprintf("%d checks", at.Published)}
		}
	}
	return nil
}

// due is what to publish. An agent whose id makes no valid fact is left out and counted, and holds up no one else.
func (f *FanOut) due(ctx context.Context, tick Tick, items []table.Item) []events.Fact {
	var due []events.Fact
	for _, item := range items {
		userID, concerned := f.Concerned(item)
		if !concerned {
			continue
		}
		fact := events.CheckDue{Check: tick.Check, UserID: userID, DueAt: events.At(tick.DueAt)}
		if fact.Validate() != nil {
			metrics.Add(ctx, metrics.ItemsUnreadable, 1)
			continue
		}
		due = append(due, fact)
	}
	return due
}

func placeKey(tick Tick) table.Key {
	return table.Key{Partition: "SYSTEM", Sort: "FANOUT#" + tick.Check + "#" + (table.Date{Time: tick.DueAt}).String()}
}

func (f *FanOut) load(ctx context.Context, tick Tick) (place, error) {
	item, found, err := f.Items.Get(ctx, placeKey(tick))
	if err != nil || !found {
		return place{}, err
	}
	var at place
	err = table.Decode(item, &at)
	return at, err
}

func (f *FanOut) save(ctx context.Context, tick Tick, at place) error {
	now := f.Now()
	expires := now.Add(placeLifetime)
	return f.Items.Save(ctx, table.Save{Key: placeKey(tick), EntityType: "FanOut", Data: at, Now: now, Expires: &expires})
}
