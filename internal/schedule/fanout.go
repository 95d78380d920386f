package schedule

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/bayon-coagent/event-consumers/internal/deadline"
	"github.com/bayon-coagent/event-consumers/internal/metrics"
	"github.com/bayon-coagent/event-consumers/internal/table"
	"github.com/bayon-coagent/event-consumers/pkg/events"
)

// Items is the part of *table.Table that a FanOut calls.
type Items interface {
	Get(ctx context.Context, key table.Key) (table.Item, bool, error)
	EntityPages(ctx context.Context, query table.EntityQuery, limit int32, from table.Place) iter.Seq2[table.EntityPage, error]
	IndexPages(ctx context.Context, query table.IndexQuery, limit int32, from table.Place) iter.Seq2[table.EntityPage, error]
	Save(ctx context.Context, save table.Save) error
}

// Publisher is the part of *events.Publisher that a FanOut calls.
type Publisher interface {
	Publish(ctx context.Context, facts ...events.Fact) error
}

// Source is a kind of item that tells which agents a check concerns.
type Source struct {
	EntityType string
	// Filter, if there is one, selects among the items of EntityType; now is the function's time, which may be after the
	// period.
	Filter func(now time.Time) table.Condition
	// Index selects the items in an index, in place of EntityType and Filter.
	Index func(now time.Time) table.IndexQuery
	// Agents returns the agents whose check is due because of some of these items, in a period.
	Agents func(ctx context.Context, items []table.Item, period Period) (userIDs []string, err error)
}

// Period is the time that a tick answers for: from the last tick of its check that was completed to its own, so that a
// tick that never came loses nothing. What happens at After belongs to the earlier tick, what happens at Until to this one.
type Period struct{ After, Until time.Time }

// firstPeriod is how long a period is when no tick of its check was ever completed.
const firstPeriod = 7 * 24 * time.Hour

// FanOut publishes one Check Due for each agent that a check concerns. Page by page it saves its place, so that a retry
// goes on where it stopped.
type FanOut struct {
	Items     Items
	Publisher Publisher
	Now       func() time.Time
	Sources   []Source
}

// pageSize is how many items are looked at between two savings of the place.
const pageSize = 200

// placeLifetime is how long a place is kept: retries end long before.
const placeLifetime = 24 * time.Hour

// rememberedAgents bounds how many agents a fan-out knows it has told. Who is told again is told the same, which is
// handled once; not to tell it saves an invocation.
const rememberedAgents = 10_000

// place is how far a fan-out came.
type place struct {
	Source    int         `dynamodbav:"source"` // the number of the source that is being read
	Next      table.Place `dynamodbav:"next"`
	After     table.Date  `dynamodbav:"after"` // of its period; a retry has the same
	Published int         `dynamodbav:"published"`
	Done      bool        `dynamodbav:"done"`
}

// Run publishes what is due at a tick. It stops with *deadline.ShortError between two pages when time runs short.
func (f *FanOut) Run(ctx context.Context, tick Tick) error {
	at, err := f.load(ctx, tick)
	if err != nil || at.Done {
		return err
	}
	told := map[string]bool{}
	for ; at.Source < len(f.Sources); at.Source++ {
		for page, err := range f.pages(ctx, f.Sources[at.Source], at.Next) {
			if err != nil {
				return err
			}
			userIDs, err := f.Sources[at.Source].Agents(ctx, page.Items, Period{After: at.After.Time, Until: tick.DueAt})
			if err != nil {
				return err
			}
			due := due(ctx, tick, userIDs, told)
			if err := f.Publisher.Publish(ctx, due...); err != nil {
				return err
			}
			metrics.Add(ctx, metrics.ChecksDue, len(due))
			next := place{Source: at.Source, Next: page.Next, After: at.After, Published: at.Published + len(due)}
			if len(page.Next) == 0 {
				next.Source++
				next.Done = next.Source == len(f.Sources)
			}
			if err := f.save(ctx, tick, next); err != nil {
				return err
			}
			at.Next, at.Published = next.Next, next.Published
			if !next.Done && deadline.Near(ctx, f.Now()) {
				return &deadline.ShortError{Progress: fmt.Sprintf("%d checks", at.Published)}
			}
		}
	}
	return f.complete(ctx, tick)
}

func (f *FanOut) pages(ctx context.Context, source Source, from table.Place) iter.Seq2[table.EntityPage, error] {
	if source.Index != nil {
		return f.Items.IndexPages(ctx, source.Index(f.Now()), pageSize, from)
	}
	query := table.EntityQuery{EntityType: source.EntityType}
	if source.Filter != nil {
		query.Filter = source.Filter(f.Now())
	}
	return f.Items.EntityPages(ctx, query, pageSize, from)
}

// due is what to publish for agents who were not told yet. An agent whose id makes no valid fact is left out and counted,
// and holds up no one else.
func due(ctx context.Context, tick Tick, userIDs []string, told map[string]bool) []events.Fact {
	var due []events.Fact
	for _, userID := range userIDs {
		if told[userID] {
			continue
		}
		fact := events.CheckDue{Check: tick.Check, UserID: userID, DueAt: events.At(tick.DueAt)}
		if fact.Validate() != nil {
			metrics.Add(ctx, metrics.ItemsUnreadable, 1)
			continue
		}
		if len(told) == rememberedAgents {
			clear(told)
		}
		told[userID] = true
		due = append(due, fact)
	}
	return due
}

func placeKey(tick Tick) table.Key {
	return table.Key{Partition: "SYSTEM", Sort: "FANOUT#" + tick.Check + "#" + (table.Date{Time: tick.DueAt}).String()}
}

// load returns how far the tick's fan-out came. One that begins answers for the time since the last completed tick, and
// saves that at once, for its retries.
func (f *FanOut) load(ctx context.Context, tick Tick) (place, error) {
	item, found, err := f.Items.Get(ctx, placeKey(tick))
	if err != nil {
		return place{}, err
	}
	if !found {
		after, err := f.lastCompleted(ctx, tick)
		if err != nil {
			return place{}, err
		}
		at := place{After: table.Date{Time: after}}
		return at, f.save(ctx, tick, at)
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

// completed is the last tick of a check whose fan-out came to its end.
type completed struct {
	DueAt table.Date `dynamodbav:"dueAt"`
}

func completedKey(check string) table.Key {
	return table.Key{Partition: "SYSTEM", Sort: "FANOUT#" + check}
}

func (f *FanOut) lastCompleted(ctx context.Context, tick Tick) (time.Time, error) {
	item, found, err := f.Items.Get(ctx, completedKey(tick.Check))
	if err != nil || !found {
		return tick.DueAt.Add(-firstPeriod), err
	}
	var last completed
	err = table.Decode(item, &last)
	return last.DueAt.Time, err
}

// complete remembers that the tick came to its end, unless a later one has. Should it not get that far, the next tick
// answers for a longer time.
func (f *FanOut) complete(ctx context.Context, tick Tick) error {
	dueAt := table.Date{Time: tick.DueAt}
	err := f.Items.Save(ctx, table.Save{
		Key:        completedKey(tick.Check),
		EntityType: "FanOut",
		Data:       completed{DueAt: dueAt},
		Now:        f.Now(),
		Condition: table.Condition{
			Expression: "attribute_not_exists(#Data.#dueAt) OR #Data.#dueAt <= :dueAt",
			Names:      map[string]string{"#Data": "Data", "#dueAt": "dueAt"},
			Values:     map[string]types.AttributeValue{":dueAt": table.Text(dueAt.String())},
		},
	})
	if errors.Is(err, table.ErrConflict) {
		return nil
	}
	return err
}
