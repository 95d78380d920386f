package notification

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/bayon-coagent/event-consumers/internal/table"
)

// limit is how many mails there may be in each window of a clock in UTC.
type limit struct {
	sort   string // of the counter's key
	length time.Duration
	most   int64
	words  string
}

// The limits of an agent's mails, and of all mails.
func agentLimits() []limit {
	return []limit{
		{"RATE_LIMIT#MINUTE", time.Minute, 10, "10 mails a minute"},
		{"RATE_LIMIT#HOUR", time.Hour, 100, "100 mails an hour"},
		{"RATE_LIMIT#DAY", 24 * time.Hour, 500, "500 mails a day"},
	}
}

func systemLimits() []limit {
	return []limit{
		{"RATE_LIMIT#MINUTE", time.Minute, 1_000, "1,000 mails a minute for all agents"},
		{"RATE_LIMIT#HOUR", time.Hour, 10_000, "10,000 mails an hour for all agents"},
	}
}

// systemPartition holds what concerns all agents.
const systemPartition = "SYSTEM"

// counter counts the mails of one window of a limit.
type counter struct {
	limit limit
	key   table.Key
	start table.Date
}

// counters are all counters that a mail to an agent is counted in at a moment, in the order in which they are asked.
func counters(userID string, now time.Time) []counter {
	var all []counter
	add := func(partition string, limits []limit) {
		for _, limit := range limits {
			all = append(all, counter{
				limit: limit,
				key:   table.Key{Partition: partition, Sort: limit.sort},
				start: table.Date{Time: now.UTC().Truncate(limit.length)},
			})
		}
	}
	add(table.UserPartition(userID), agentLimits())
	add(systemPartition, systemLimits())
	return all
}

// end is when the counter's window ends.
func (c counter) end() time.Time { return c.start.Add(c.limit.length) }

// count is what a counter's item holds.
type count struct {
	WindowStart table.Date `dynamodbav:"windowStart"`
	Count       int64      `dynamodbav:"count"`
}

// up counts one more mail, unless the limit is reached.
func (c counter) up(ctx context.Context, items Items, now time.Time) (counted bool, err error) {
	for _, count := range []func() error{
		func() error { return items.Add(ctx, c.more(now)) },
		func() error { return items.Save(ctx, c.begin(now)) },
		func() error { return items.Add(ctx, c.more(now)) }, // another has begun the window meanwhile
	} {
		if err := count(); !errors.Is(err, table.ErrConflict) {
			return err == nil, err
		}
	}
	return false, nil
}

// more counts in the window that is there. A window that begins later counts too: another's clock is ahead.
func (c counter) more(now time.Time) table.Add {
	return table.Add{Key: c.key, Field: "count", By: 1, Now: now, Condition: table.Condition{
		Expression: "#Data.#windowStart >= :start AND #Data.#count < :most",
		Names:      map[string]string{"#Data": "Data", "#windowStart": "windowStart", "#count": "count"},
		Values:     placeholders{":start": table.Text(c.start.String()), ":most": table.Number(c.limit.most)},
	}}
}

// begin begins the window with a first mail, where the item is of an earlier one, or of none.
func (c counter) begin(now time.Time) table.Save {
	expires := c.end()
	return table.Save{
		Key:        c.key,
		EntityType: "RateLimitCounter",
		Data:       count{WindowStart: c.start, Count: 1},
		Now:        now,
		Expires:    &expires,
		Condition: table.Condition{
			Expression: "NOT (#Data.#windowStart >= :start)",
			Names:      map[string]string{"#Data": "Data", "#windowStart": "windowStart"},
			Values:     placeholders{":start": table.Text(c.start.String())},
		},
	}
}

// down takes a mail back that was not sent, unless the window is over. One that is taken back twice would let another
// through; one that is not makes the limit stricter.
func (c counter) down(ctx context.Context, items Items, now time.Time) error {
	err := items.Add(ctx, table.Add{Key: c.key, Field: "count", By: -1, Now: now, AtMostOnce: true, Condition: table.Condition{
		Expression: "#Data.#windowStart = :start AND #Data.#count > :none",
		Names:      map[string]string{"#Data": "Data", "#windowStart": "windowStart", "#count": "count"},
		Values:     placeholders{":start": table.Text(c.start.String()), ":none": table.Number(0)},
	}})
	if errors.Is(err, table.ErrConflict) {
		return nil
	}
	return err
}

// full says that a limit is reached.
type full struct {
	until  time.Time
	reason string
}

// reserve counts the job's mail in all its counters, or in none if one of them is full. A crash in between counts a mail
// that is not sent: the limit is then stricter until its window ends.
func (w *worker) reserve(ctx context.Context) (*full, error) {
	now := w.Now()
	for _, next := range counters(w.job.UserID, now) {
		counted, err := next.up(ctx, w.Items, now)
		switch {
		case err != nil:
			return nil, errors.Join(fmt.Errorf("count a mail: %w", err), w.giveBack(ctx))
		case !counted:
			if err := w.giveBack(ctx); err != nil {
				return nil, err
			}
			return &full{until: next.end(), reason: "limit of " + next.limit.words}, nil
		}
		w.reserved = append(w.reserved, next)
	}
	return nil, nil //nolint:nilnil // no limit is reached
}

// giveBack takes the job's mail back from the counters.
func (w *worker) giveBack(ctx context.Context) error {
	ctx, cancel := afterwards(ctx)
	defer cancel()
	var failures []error
	for _, counted := range w.reserved {
		failures = append(failures, counted.down(ctx, w.Items, w.Now()))
	}
	w.reserved = nil
	return errors.Join(failures...)
}
