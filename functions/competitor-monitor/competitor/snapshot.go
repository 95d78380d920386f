package competitor

import (
	"time"

	"github.com/bayon-coagent/event-consumers/internal/listing"
	"github.com/bayon-coagent/event-consumers/internal/table"
)

// snapshot is a competitor's listing as it was last seen. The zero snapshot is that of a listing never seen.
type snapshot struct {
	listing.Snapshot

	CompetitorID string     `dynamodbav:"competitorId"`
	FirstSeenAt  table.Date `dynamodbav:"firstSeenAt"`
	// AwaitsPrice says that the listing was a new one when it was first seen, but had no price. It is decided then, by the
	// pass that saw it: afterwards, when passes have overlapped, no clock tells whether it was seen at the baseline.
	AwaitsPrice bool `dynamodbav:"awaitsPrice,omitempty"`
}

const (
	snapshotEntity = "CompetitorSnapshot"
	snapshotPrefix = "COMPETITOR_SNAPSHOT#"
)

func snapshotKey(userID, competitorID, mlsNumber string) table.Key {
	return table.UserKey(userID, snapshotPrefix+competitorID+"#"+mlsNumber)
}

// snapshotOf reads a snapshot from its item. It fails with *table.MalformedError.
func snapshotOf(item table.Item) (snapshot, error) {
	seen, err := listing.SnapshotOf(item)
	if err != nil {
		return snapshot{}, err
	}
	var read snapshot
	err = table.Decode(item, &read)
	read.Snapshot = seen
	return read, err
}

// following is the snapshot after a competitor's listing showed a change in a pass that began at a time.
func (s snapshot) following(tracked competitor, is listing.Listing, shown change, began time.Time) snapshot {
	next := snapshot{
		Snapshot:     s.Following(is),
		CompetitorID: tracked.ID,
		FirstSeenAt:  s.FirstSeenAt,
		AwaitsPrice:  shown.awaitsPrice,
	}
	if next.FirstSeenAt.IsZero() {
		next.FirstSeenAt = table.Date{Time: began}
	}
	return next
}
