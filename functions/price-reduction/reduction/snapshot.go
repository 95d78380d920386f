package reduction

import (
	"errors"

	"github.com/bayon-coagent/event-consumers/internal/listing"
	"github.com/bayon-coagent/event-consumers/internal/price"
	"github.com/bayon-coagent/event-consumers/internal/table"
)

// snapshot is a listing as it was last seen. The zero snapshot is that of a listing never seen.
type snapshot struct {
	MLSNumber string             `dynamodbav:"mlsNumber"`
	Price     price.Amount       `dynamodbav:"price"`
	Status    string             `dynamodbav:"status"`
	SyncedAt  table.Milliseconds `dynamodbav:"syncedAt"`
	Version   int64              `dynamodbav:"version"` // 1 at first sight, one more for each change seen

	stored storedSnapshot
}

// storedSnapshot is how the parts are stored by which one state of a snapshot is told from another.
type storedSnapshot struct {
	Version  table.Raw `dynamodbav:"version"`
	SyncedAt table.Raw `dynamodbav:"syncedAt"`
}

func snapshotKey(userID, mlsNumber string) table.Key {
	return table.UserKey(userID, "LISTING_SNAPSHOT#"+mlsNumber)
}

// seen tells whether the listing was ever seen before.
func (s snapshot) seen() bool { return s.MLSNumber != "" }

func (s snapshot) status() listing.Status { return listing.StatusOf(s.Status) }

// following is the snapshot after the listing was seen.
func (s snapshot) following(is listing.Listing, change change) snapshot {
	next := snapshot{
		MLSNumber: is.MLSNumber,
		Price:     is.Price,
		Status:    string(is.Status),
		SyncedAt:  is.SyncedAt,
		Version:   s.Version,
	}
	if change.news {
		next.Version++
	}
	return next
}

// unchanged holds as long as the snapshot in the table is this one.
func (s snapshot) unchanged() table.Condition {
	if !s.seen() {
		return table.Absent()
	}
	return table.DataIs("version", s.stored.Version.AttributeValue).
		And(table.DataIs("syncedAt", s.stored.SyncedAt.AttributeValue))
}

// snapshotOf reads a snapshot from its item. It fails with *table.MalformedError.
func snapshotOf(item table.Item) (snapshot, error) {
	var read snapshot
	if err := table.Decode(item, &read); err != nil {
		return snapshot{}, err
	}
	if read.MLSNumber == "" {
		return snapshot{}, &table.MalformedError{Key: item.Key, Err: errors.New("mlsNumber is missing")}
	}
	return read, table.Decode(item, &read.stored)
}
