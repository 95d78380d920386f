package competitor

import (
	"slices"
	"testing"
	"time"

	"github.com/bayon-coagent/event-consumers/internal/alert"
	"github.com/bayon-coagent/event-consumers/internal/listing"
	"github.com/bayon-coagent/event-consumers/internal/price"
	"github.com/bayon-coagent/event-consumers/internal/table"
)

var now = time.Date(2026, 11, 24, 8, 30, 0, 0, time.UTC)

const day = 24 * time.Hour

func amount(t *testing.T, text string) price.Amount {
	t.Helper()
	read, err := price.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return read
}

// shown is what a change shows, in a word.
func (c change) shown() string {
	var words []string
	for word, so := range map[string]bool{
		"listed": c.listed, "awaits price": c.awaitsPrice, "reduced": c.reduction != nil, "left": c.left,
	} {
		if so {
			words = append(words, word)
		}
	}
	switch {
	case len(words) > 1:
		slices.Sort(words)
		return "several: " + words[0] + ", " + words[1]
	case len(words) == 1:
		return words[0]
	case c.differs:
		return "differs"
	}
	return "nothing"
}

func TestChangeOfWhatWasSeenBefore(t *testing.T) {
	t.Parallel()
	seen := func(dollars string, status listing.Status) snapshot {
		return snapshot{Snapshot: listing.Snapshot{MLSNumber: "1", Price: amount(t, dollars), Status: status, SyncedAt: 1000, Version: 3}}
	}
	unpriced, awaiting := seen("0", listing.Active), seen("0", listing.Active)
	awaiting.AwaitsPrice = true
	tests := []struct {
		name     string
		was      snapshot
		dollars  string
		status   listing.Status
		syncedAt int64
		want     string
	}{
		{"the same", seen("100000", listing.Active), "100000", listing.Active, 2000, "nothing"},
		{"more", seen("100000", listing.Active), "200000", listing.Active, 2000, "differs"},
		{"5 % exactly", seen("100000", listing.Active), "95000", listing.Active, 2000, "differs"},
		{"just over 5 %", seen("100000", listing.Active), "94999.99", listing.Active, 2000, "reduced"},
		{"just under 5 %", seen("100000", listing.Active), "95000.01", listing.Active, 2000, "differs"},
		{"5.004 %, which rounds to 5", seen("100000", listing.Active), "94996", listing.Active, 2000, "reduced"},
		{"reduced, at the same time", seen("100000", listing.Active), "90000", listing.Active, 1000, "reduced"},
		{"reduced, but older", seen("100000", listing.Active), "90000", listing.Active, 999, "nothing"},
		{"reduced, while pending", seen("100000", listing.Active), "90000", listing.Pending, 2000, "reduced"},
		{"reduced, when sold", seen("100000", listing.Active), "90000", listing.Sold, 2000, "differs"},
		{"reduced, with an unknown status", seen("100000", listing.Active), "90000", "Delete", 2000, "differs"},
		{"reduced, and back on the market", seen("100000", listing.Withdrawn), "90000", listing.Active, 2000, "reduced"},
		{"back on the market", seen("100000", listing.Withdrawn), "100000", listing.Active, 2000, "differs"},
		{"sold again", seen("100000", listing.Sold), "100000", listing.Active, 2000, "differs"},
		{"withdrawn", seen("100000", listing.Active), "100000", listing.Withdrawn, 2000, "left"},
		{"expired", seen("100000", listing.Pending), "100000", listing.Expired, 2000, "left"},
		{"withdrawn and cheaper", seen("100000", listing.Active), "50000", listing.Withdrawn, 2000, "left"},
		{"withdrawn after it was sold", seen("100000", listing.Sold), "100000", listing.Withdrawn, 2000, "left"},
		{"withdrawn, with an unknown status before", seen("100000", "Delete"), "100000", listing.Withdrawn, 2000, "left"},
		{"withdrawn after it expired", seen("100000", listing.Expired), "100000", listing.Withdrawn, 2000, "differs"},
		{"expired after it was withdrawn", seen("100000", listing.Withdrawn), "100000", listing.Expired, 2000, "differs"},
		{"still withdrawn, at another price", seen("100000", listing.Withdrawn), "90000", listing.Withdrawn, 2000, "differs"},
		{"withdrawn, but older", seen("100000", listing.Active), "100000", listing.Withdrawn, 999, "nothing"},
		{"sold", seen("100000", listing.Active), "100000", listing.Sold, 2000, "differs"},
		{"lost its price", seen("100000", listing.Active), "0", listing.Active, 2000, "nothing"},
		{"lost its price and withdrawn", seen("100000", listing.Active), "0", listing.Withdrawn, 2000, "nothing"},
		{"new, and has a price now", awaiting, "100000", listing.Active, 2000, "listed"},
		{"new, and has a price now, but older", awaiting, "100000", listing.Active, 999, "nothing"},
		{"new, and has a price only when pending", awaiting, "100000", listing.Pending, 2000, "differs"},
		{"new, and has a price only when withdrawn", awaiting, "100000", listing.Withdrawn, 2000, "left"},
		{"new, and still without a price", awaiting, "0", listing.Active, 2000, "nothing"},
		{"not new, and has a price now", unpriced, "100000", listing.Active, 2000, "differs"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			is := listing.Listing{
				Key: table.UserKey("u", "LISTING#1"), MLSNumber: "1", Price: amount(t, test.dollars), Status: test.status,
				SyncedAt: table.Milliseconds(test.syncedAt),
			}
			for _, first := range []bool{true, false} { // what was seen before is judged alike in every look
				if got := changeOf(test.was, is, look{at: now, first: first}).shown(); got != test.want {
					t.Errorf("%s, want %s", got, test.want)
				}
			}
		})
	}
}

func TestChangeOfFirstSight(t *testing.T) {
	t.Parallel()
	baseline, later := look{at: now, first: true}, look{at: now}
	tests := []struct {
		name    string
		taken   look
		status  listing.Status
		dollars string
		listed  time.Time
		want    string
	}{
		{"baseline, listed 24 h before", baseline, listing.Active, "1", now.Add(-day), "listed"},
		{"baseline, listed more than 24 h before", baseline, listing.Active, "1", now.Add(-day - time.Millisecond), "differs"},
		{"baseline, listed less than 24 h before", baseline, listing.Active, "1", now.Add(-day + time.Millisecond), "listed"},
		{"baseline, listed tomorrow", baseline, listing.Active, "1", now.Add(day), "listed"},
		{"baseline, no listing date", baseline, listing.Active, "1", time.Time{}, "differs"},
		{"baseline, pending", baseline, listing.Pending, "1", now, "differs"},
		{"baseline, withdrawn", baseline, listing.Withdrawn, "1", now, "differs"},
		{"baseline, no price", baseline, listing.Active, "0", now, "awaits price"},
		{"baseline, no price, listed long before", baseline, listing.Active, "0", now.Add(-40 * day), "differs"},
		{"baseline, no price, no listing date", baseline, listing.Active, "0", time.Time{}, "differs"},
		{"later, listed long before", later, listing.Active, "1", now.Add(-40 * day), "listed"},
		{"later, no listing date", later, listing.Active, "1", time.Time{}, "listed"},
		{"later, pending", later, listing.Pending, "1", now, "differs"},
		{"later, expired", later, listing.Expired, "1", now, "differs"},
		{"later, unknown status", later, "Delete", "1", now, "differs"},
		{"later, no status and no price", later, "", "0", now, "differs"},
		{"later, no price", later, listing.Active, "0", now.Add(-40 * day), "awaits price"},
		{"later, no price, pending", later, listing.Pending, "0", now, "differs"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			is := listing.Listing{MLSNumber: "1", Price: amount(t, test.dollars), Status: test.status, ListDate: test.listed, SyncedAt: 1000}
			if got := changeOf(snapshot{}, is, test.taken).shown(); got != test.want {
				t.Errorf("%s, want %s", got, test.want)
			}
		})
	}
}

func TestNewListingPriority(t *testing.T) {
	t.Parallel()
	for dollars, want := range map[string]alert.Priority{
		"0.01": alert.Low, "499999.99": alert.Low, "500000": alert.Low, "500000.01": alert.Medium, "9000000": alert.Medium,
	} {
		if got := newListingPriority(listing.Listing{Price: amount(t, dollars)}); got != want {
			t.Errorf("%s: %s, want %s", dollars, got, want)
		}
	}
}

func TestReductionPriority(t *testing.T) {
	t.Parallel()
	for dollars, want := range map[string]alert.Priority{
		"94999.99": alert.Low, "85000.01": alert.Low, "85000": alert.Low, "84999.99": alert.High, "84996": alert.High, "1": alert.High,
	} {
		if got := reductionPriority(price.Reduction{From: price.Dollars(100_000), To: amount(t, dollars)}); got != want {
			t.Errorf("to %s: %s, want %s", dollars, got, want)
		}
	}
}

func TestWithdrawalPriority(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		status listing.Status
		listed time.Time
		want   alert.Priority
	}{
		{"withdrawn on the first day", listing.Withdrawn, now, alert.High},
		{"withdrawn after 29 days", listing.Withdrawn, now.Add(-30*day + time.Millisecond), alert.High},
		{"withdrawn after 30 days", listing.Withdrawn, now.Add(-30 * day), alert.Low},
		{"withdrawn before it was listed", listing.Withdrawn, now.Add(time.Millisecond), alert.Low},
		{"withdrawn after unknown days", listing.Withdrawn, time.Time{}, alert.Low},
		{"expired after 29 days", listing.Expired, now.Add(-29 * day), alert.Low},
	}
	for _, test := range tests {
		if got := withdrawalPriority(listing.Listing{Status: test.status, ListDate: test.listed}, now); got != test.want {
			t.Errorf("%s: %s, want %s", test.name, got, test.want)
		}
	}
}

func TestCompetitorsInOrder(t *testing.T) {
	t.Parallel()
	at := func(id string, added time.Time) competitor {
		return competitor{ID: id, AddedAt: addedAt{table.Date{Time: added}}}
	}
	ordered := []competitor{at("z", now.Add(-day)), at("b", now), at("c", now), at("y", now.Add(1)), at("a", time.Time{}), at("d", time.Time{})}
	for i, one := range ordered {
		for j, other := range ordered {
			if got, want := one.compare(other), sign(i-j); got != want {
				t.Errorf("%s with %s: %d, want %d", one.ID, other.ID, got, want)
			}
		}
	}
}

func sign(number int) int {
	switch {
	case number < 0:
		return -1
	case number > 0:
		return 1
	}
	return 0
}
