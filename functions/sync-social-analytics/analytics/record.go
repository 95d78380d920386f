package analytics

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/bayon-coagent/event-consumers/internal/metrics"
	"github.com/bayon-coagent/event-consumers/internal/table"
	"github.com/bayon-coagent/event-consumers/pkg/events"
)

// record is how the last sync of a platform ended. It is the Last sync item (rules: Data).
type record struct {
	UserID       string      `dynamodbav:"userId"`
	Channel      string      `dynamodbav:"channel"`
	SyncID       string      `dynamodbav:"syncId"`
	Status       status      `dynamodbav:"status"`
	LastSyncedAt table.Date  `dynamodbav:"lastSyncedAt"`
	ItemsSynced  int64       `dynamodbav:"itemsSynced"`
	Error        string      `dynamodbav:"error,omitempty"`
	PausedUntil  *table.Date `dynamodbav:"pausedUntil,omitempty"` // the network is not to be asked before
	PublishedAt  *table.Date `dynamodbav:"publishedAt,omitempty"` // when the bus has accepted what is to be told

	seen table.Condition // holds as long as the item is what was read
}

// status is how a sync ended.
type status string

const (
	syncCompleted status = "completed"
	syncFailed    status = "failed" // the agent has to do something
	syncPaused    status = "paused" // the network was asked too often
)

func recordKey(userID, platform string) table.Key { return table.UserKey(userID, "SYNC#"+platform) }

// lastSync reads how the last sync ended. An item that cannot be read counts as none, and is replaced.
func (s *Syncer) lastSync(ctx context.Context, userID, platform string) (record, error) {
	item, found, err := s.items.Get(ctx, recordKey(userID, platform))
	if err != nil {
		return record{}, err
	}
	if !found {
		return record{seen: table.Absent()}, nil
	}
	var last record
	var raw map[string]table.Raw
	if readable := table.Decode(item, &last) == nil && table.Decode(item, &raw) == nil; !readable {
		metrics.Add(ctx, metrics.ItemsUnreadable, 1)
		return record{}, nil
	}
	last.seen = table.DataIs("syncId", raw["syncId"].AttributeValue).
		And(table.DataIs("lastSyncedAt", raw["lastSyncedAt"].AttributeValue))
	return last, nil
}

// longestPause bounds a pause that is believed. No network asks for more than a day.
const longestPause = 2 * day

// pause is until when the network is not to be asked; zero if it may be now.
func (r record) pause(now time.Time) time.Time {
	if r.PausedUntil == nil || !now.Before(r.PausedUntil.Time) || r.PausedUntil.Sub(now) > longestPause {
		return time.Time{}
	}
	return r.PausedUntil.Time
}

// fact is what the bus is to be told of the sync, if it is to be told.
func (r record) fact() events.Fact {
	switch {
	case r.Status == syncFailed:
		return events.IntegrationSyncFailed{
			SyncID: r.SyncID, UserID: r.UserID, Provider: r.Channel, Status: events.StatusFailed,
			CompletedAt: events.At(r.LastSyncedAt.Time), Error: r.Error,
		}
	case r.ItemsSynced > 0:
		return events.IntegrationSyncCompleted{
			SyncID: r.SyncID, UserID: r.UserID, Provider: r.Channel, Status: events.StatusCompleted,
			CompletedAt: events.At(r.LastSyncedAt.Time), ItemsSynced: &r.ItemsSynced,
		}
	}
	return nil
}

// after is the record that follows another. The same end of the same sync is recorded once; a sync that was told is not told
// again; and a pause lasts, whatever sync met it.
func (r record) after(last record, now time.Time) (next record, changed bool) {
	same := last.SyncID == r.SyncID
	if same && last.Status == r.Status && last.ItemsSynced == r.ItemsSynced && last.Error == r.Error {
		return last, false
	}
	next = r
	if pause := last.pause(now); !pause.IsZero() && (r.PausedUntil == nil || pause.After(r.PausedUntil.Time)) {
		next.PausedUntil = &table.Date{Time: pause}
	}
	if same && (last.Status == syncFailed) == (r.Status == syncFailed) {
		next.PublishedAt = last.PublishedAt
	}
	return next, true
}

// save records how a sync ended, and returns what is stored.
func (s *Syncer) save(ctx context.Context, ended record) (record, error) {
	key := recordKey(ended.UserID, ended.Channel)
	for range attempts {
		last, err := s.lastSync(ctx, ended.UserID, ended.Channel)
		if err != nil {
			return record{}, err
		}
		next, changed := ended.after(last, s.now())
		if !changed {
			return next, nil
		}
		err = s.items.Save(ctx, table.Save{Key: key, EntityType: "SyncRecord", Data: next, Now: s.now(), Condition: last.seen})
		if !errors.Is(err, table.ErrConflict) {
			return next, err
		}
	}
	return record{}, fmt.Errorf("save %s: %w, %d times", key, table.ErrConflict, attempts)
}

// tell tells the bus of a sync once, and remembers that it has.
func (s *Syncer) tell(ctx context.Context, ended record) error {
	fact := ended.fact()
	if fact == nil || ended.PublishedAt != nil {
		return nil
	}
	if err := s.publisher.Publish(ctx, fact); err != nil {
		return err
	}
	now := s.now()
	_, err := s.items.Amend(ctx, table.Amend{
		Key:       recordKey(ended.UserID, ended.Channel),
		Fields:    map[string]any{"publishedAt": table.Date{Time: now}},
		Now:       now,
		Condition: table.DataIs("syncId", table.Text(ended.SyncID)).And(table.DataIs("status", table.Text(string(ended.Status)))),
	})
	if errors.Is(err, table.ErrConflict) {
		return nil // another sync has ended since; who tells of this one again tells the same
	}
	return err
}
