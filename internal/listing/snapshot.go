package listing

import (
	"context"
	"errors"
	"fmt"

	"github.com/bayon-coagent/event-consumers/internal/metrics"
	"github.com/bayon-coagent/event-consumers/internal/price"
	"github.com/bayon-coagent/event-consumers/internal/table"
)

// Snapshot is a listing as a watcher last saw it. The zero Snapshot is that of a listing never seen. Each watcher has
// snapshots of its own, at keys of its own.
type Snapshot struct {
	MLSNumber string             `dynamodbav:"mlsNumber"`
	Price     price.Amount       `dynamodbav:"price"`
	Status    Status             `dynamodbav:"status"`
	SyncedAt  table.Milliseconds `dynamodbav:"syncedAt"`
	Version   int64              `dynamodbav:"version"` // 1 at first sight, one more for each change seen

	stored storedSnapshot
}

// storedSnapshot is how the parts are stored by which one state of a snapshot is told from another.
type storedSnapshot struct {
	Version  table.Raw `dynamodbav:"version"`
	SyncedAt table.Raw `dynamodbav:"syncedAt"`
}

// SnapshotOf reads a snapshot from its item. It fails with *table.MalformedError.
func SnapshotOf(item table.Item) (Snapshot, error) {
	var read Snapshot
	if err := table.Decode(item, &read); err != nil {
		return Snapshot{}, err
	}
	if read.MLSNumber == "" {
		return Snapshot{}, &table.MalformedError{Key: item.Key, Err: errNoMLSNumber}
	}
	read.Status = StatusOf(string(read.Status))
	return read, table.Decode(item, &read.stored)
}

// Seen tells whether the listing was ever seen before.
func (s Snapshot) Seen() bool { return s.MLSNumber != "" }

// News tells whether something happened to the listing: its price or its status is another one.
func (s Snapshot) News(is Listing) bool { return is.Price != s.Price || is.Status != s.Status }

// Differs tells whether the snapshot must follow the listing. What an older sync stored shows nothing. An import moves the
// snapshot also when it brings no news: then what is older, and lies at another key, is known to be older.
func (s Snapshot) Differs(is Listing) bool {
	if is.SyncedAt < s.SyncedAt {
		return false
	}
	return s.News(is) || (is.Imported() && is.SyncedAt > s.SyncedAt)
}

// Following is the snapshot after the listing was seen.
func (s Snapshot) Following(is Listing) Snapshot {
	next := Snapshot{
		MLSNumber: is.MLSNumber,
		Price:     is.Price,
		Status:    is.Status,
		SyncedAt:  is.SyncedAt,
		Version:   s.Version,
	}
	if s.News(is) {
		next.Version++
	}
	return next
}

// Unchanged holds as long as the snapshot in the table is this one.
func (s Snapshot) Unchanged() table.Condition {
	if !s.Seen() {
		return table.Absent()
	}
	return table.DataIs("version", s.stored.Version.AttributeValue).
		And(table.DataIs("syncedAt", s.stored.SyncedAt.AttributeValue))
}

// SnapshotItem is the part of *table.Table that ReadSnapshot calls.
type SnapshotItem interface {
	Get(ctx context.Context, key table.Key) (table.Item, bool, error)
}

// ReadSnapshot reads the snapshot at key; that of a listing never seen is the zero S. It fails as of does where the snapshot
// cannot be read.
func ReadSnapshot[S any](ctx context.Context, items SnapshotItem, key table.Key, of func(table.Item) (S, error)) (S, error) {
	item, seen, err := items.Get(ctx, key)
	if err != nil || !seen {
		var never S
		return never, err
	}
	return of(item)
}

// SnapshotItems is the part of *table.Table that ReadSnapshots calls.
type SnapshotItems interface {
	GetAll(ctx context.Context, keys []table.Key) ([]table.Item, error)
}

// ReadSnapshots reads the snapshots at keys; that of a listing never seen is the zero S. A snapshot that cannot be read is
// left out and counted: it must not hold up the others.
func ReadSnapshots[S any](
	ctx context.Context, items SnapshotItems, keys []table.Key, of func(table.Item) (S, error),
) (map[table.Key]S, error) {
	snapshots := make(map[table.Key]S, len(keys))
	for _, key := range keys {
		var never S
		snapshots[key] = never
	}
	found, err := items.GetAll(ctx, keys)
	if err != nil {
		return nil, fmt.Errorf("snapshots: %w", err)
	}
	for _, item := range found {
		was, err := of(item)
		var malformed *table.MalformedError
		switch {
		case errors.As(err, &malformed):
			metrics.Add(ctx, metrics.ItemsUnreadable, 1)
			delete(snapshots, item.Key)
		case err != nil:
			return nil, err
		default:
			snapshots[item.Key] = was
		}
	}
	return snapshots, nil
}
