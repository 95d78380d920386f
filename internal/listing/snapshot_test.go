package listing_test

import (
	"testing"

	"github.com/bayon-coagent/event-consumers/internal/listing"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/platformtest"
	"github.com/bayon-coagent/event-consumers/internal/metrics"
	"github.com/bayon-coagent/event-consumers/internal/price"
	"github.com/bayon-coagent/event-consumers/internal/table"
)

func TestSnapshotFollows(t *testing.T) {
	t.Parallel()
	was := listing.Snapshot{MLSNumber: "A", Price: 500, Status: listing.Active, SyncedAt: 1000, Version: 3}
	is := func(sort string, price price.Amount, status listing.Status, syncedAt table.Milliseconds) listing.Listing {
		return listing.Listing{Key: table.UserKey("u", "LISTING#"+sort), MLSNumber: "A", Price: price, Status: status, SyncedAt: syncedAt}
	}
	tests := []struct {
		name    string
		was     listing.Snapshot
		is      listing.Listing
		differs bool
		version int64
	}{
		{"first sight", listing.Snapshot{}, is("A", 500, listing.Active, 1000), true, 1},
		{"first sight without a price", listing.Snapshot{}, is("A", 0, listing.Active, 1000), true, 1},
		{"another price", was, is("A", 501, listing.Active, 2000), true, 4},
		{"another status", was, is("A", 500, listing.Sold, 1000), true, 4},
		{"both", was, is("A", 501, listing.Sold, 2000), true, 4},
		{"older", was, is("A", 501, listing.Sold, 999), false, 4},
		{"synced again", was, is("A", 500, listing.Active, 2000), false, 3},
		{"imported again", was, is("mls-A-2000", 500, listing.Active, 2000), true, 3},
		{"imported at the same time", was, is("mls-A-1000", 500, listing.Active, 1000), false, 3},
	}
	for _, test := range tests {
		if got := test.was.Differs(test.is); got != test.differs {
			t.Errorf("%s: differs %v", test.name, got)
		}
		next := test.was.Following(test.is)
		if next.Version != test.version || next.Price != test.is.Price || next.Status != test.is.Status || next.SyncedAt != test.is.SyncedAt {
			t.Errorf("%s: followed by %+v", test.name, next)
		}
	}
}

func TestUnreadableSnapshotHoldsUpNoOther(t *testing.T) {
	t.Parallel()
	w := platformtest.NewWorld(t)
	w.Put("SNAPSHOT#A", "Snapshot", values{"mlsNumber": "A", "price": 500, "status": "Coming Soon", "version": 2})
	w.Put("SNAPSHOT#B", "Snapshot", values{"mlsNumber": "B", "price": "many"})
	w.Put("SNAPSHOT#C", "Snapshot", values{"price": 500})
	var keys []table.Key
	for _, number := range []string{"A", "B", "C", "D"} {
		keys = append(keys, table.UserKey(platformtest.Agent, "SNAPSHOT#"+number))
	}
	ctx, tally := metrics.WithTally(t.Context())
	snapshots, err := listing.ReadSnapshots(ctx, w.Items(), keys, listing.SnapshotOf)
	if err != nil {
		t.Fatal(err)
	}
	_, unseen := snapshots[keys[3]]
	if len(snapshots) != 2 || snapshots[keys[0]].Status != listing.Active || !unseen || snapshots[keys[3]].Seen() {
		t.Errorf("snapshots %+v", snapshots)
	}
	if got := tally.Counts()[metrics.ItemsUnreadable]; got != 2 {
		t.Errorf("%d unreadable", got)
	}
}
