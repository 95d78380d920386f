package reduction

import (
	"testing"
	"time"

	"github.com/bayon-coagent/event-consumers/internal/alert"
	"github.com/bayon-coagent/event-consumers/internal/listing"
	"github.com/bayon-coagent/event-consumers/internal/price"
	"github.com/bayon-coagent/event-consumers/internal/table"
)

func TestChangeOf(t *testing.T) {
	t.Parallel()
	was := listing.Snapshot{MLSNumber: "1", Price: price.Dollars(500_000), Status: "active", SyncedAt: 1000, Version: 3}
	is := func(dollars int64, status listing.Status, syncedAt int64) listing.Listing {
		return listing.Listing{Key: table.UserKey("u", "LISTING#1"), MLSNumber: "1", Price: price.Dollars(dollars), Status: status, SyncedAt: table.Milliseconds(syncedAt)}
	}
	tests := []struct {
		name                 string
		was                  listing.Snapshot
		is                   listing.Listing
		seen, price, reduced bool
	}{
		{"first sight", listing.Snapshot{}, is(500_000, listing.Active, 1000), true, true, false},
		{"the same", was, is(500_000, listing.Active, 2000), false, false, false},
		{"a dollar less", was, is(499_999, listing.Active, 2000), true, true, true},
		{"less, at the same time", was, is(499_999, listing.Active, 1000), true, true, true},
		{"less, but older", was, is(499_999, listing.Active, 999), false, false, false},
		{"less, while pending", was, is(499_999, listing.Pending, 2000), true, true, true},
		{"less, when sold", was, is(499_999, listing.Sold, 2000), true, true, false},
		{"less, when expired", was, is(499_999, listing.Expired, 2000), true, true, false},
		{"less, when withdrawn", was, is(499_999, listing.Withdrawn, 2000), true, true, false},
		{"less, with an unknown status", was, is(499_999, "Delete", 2000), true, true, false},
		{"more", was, is(500_001, listing.Active, 2000), true, true, false},
		{"only another status", was, is(500_000, listing.Pending, 2000), true, false, false},
		{"no usable price", was, is(0, listing.Active, 2000), false, false, false},
		{"no usable price at first sight", listing.Snapshot{}, is(0, listing.Active, 2000), false, false, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got := changeOf(test.was, test.is)
			if got.differs != test.seen || got.price != test.price || (got.reduction != nil) != test.reduced {
				t.Errorf("change %+v", got)
			}
		})
	}
}

func TestPriorityOf(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 24, 8, 30, 0, 0, time.UTC)
	const day = 24 * time.Hour
	tests := []struct {
		name    string
		was, is string
		listed  time.Duration // ago
		want    alert.Priority
	}{
		{"15 % exactly", "200000", "170000", 31 * day, alert.High},
		{"just under 15 %", "200000", "170000.01", 31 * day, alert.Medium},
		{"50 000 exactly, 5 %", "1000000", "950000", 31 * day, alert.High},
		{"just under 50 000", "1000000", "950000.01", 31 * day, alert.Low},
		{"8 % exactly", "100000", "92000", 31 * day, alert.Medium},
		{"just under 8 %", "100000", "92000.01", 31 * day, alert.Low},
		{"a cent, on the market for 30 days", "100000", "99999.99", 31*day - time.Millisecond, alert.Medium},
		{"a cent, on the market for 31 days", "100000", "99999.99", 31 * day, alert.Low},
		{"a cent, new today", "100000", "99999.99", 0, alert.Medium},
		{"15 % and new: the first that fits", "100000", "85000", 0, alert.High},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			was, _ := price.Parse(test.was)
			is, _ := price.Parse(test.is)
			reduction, fell := price.ReductionOf(was, is)
			if !fell {
				t.Fatal("no reduction")
			}
			got := priorityOf(reduction, listing.Listing{Price: is, ListDate: now.Add(-test.listed)}, now)
			if got != test.want {
				t.Errorf("priority %s, want %s", got, test.want)
			}
		})
	}
	reduction, _ := price.ReductionOf(price.Dollars(100_000), price.Dollars(99_999))
	if got := priorityOf(reduction, listing.Listing{Price: reduction.To}, now); got != alert.Low {
		t.Errorf("without days on market: %s", got)
	}
}

func TestHistoryKeepsTheNewest(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 24, 8, 30, 0, 0, time.UTC)
	was, kept := listing.Snapshot{}, history{}
	for i := range int64(historyLength + 5) {
		is := listing.Listing{MLSNumber: "1", Provider: "mls", Price: price.Dollars(1000 + i), SyncedAt: table.Milliseconds(now.UnixMilli() + i)}
		kept = kept.following(was, is, now)
		was = was.Following(is)
	}
	if got := len(kept.PriceHistory); got != historyLength {
		t.Errorf("%d entries", got)
	}
	oldest, newest := kept.PriceHistory[0].Price, kept.PriceHistory[historyLength-1].Price
	if oldest != price.Dollars(1005) || newest != price.Dollars(1104) {
		t.Errorf("from %s to %s", oldest, newest)
	}
}

func TestLostHistoryBeginsWithTheBaseline(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 24, 8, 30, 0, 0, time.UTC)
	was := listing.Snapshot{MLSNumber: "1", Price: price.Dollars(500), SyncedAt: 1000}
	is := listing.Listing{MLSNumber: "1", Provider: "mls", Price: price.Dollars(400), SyncedAt: 2000}
	points := history{}.following(was, is, now).PriceHistory
	if len(points) != 2 || points[0].Price != was.Price || points[0].Date != was.SyncedAt.Date() || points[1].Date != is.SyncedAt.Date() {
		t.Errorf("history %+v", points)
	}
}
