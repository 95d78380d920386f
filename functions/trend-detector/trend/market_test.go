package trend

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/bayon-coagent/event-consumers/internal/listing"
	"github.com/bayon-coagent/event-consumers/internal/price"
)

func TestMedian(t *testing.T) {
	t.Parallel()
	tests := []struct {
		prices []price.Amount
		want   price.Amount
	}{
		{[]price.Amount{7}, 7},
		{[]price.Amount{9, 1}, 5},
		{[]price.Amount{1, 2}, 2}, // half up
		{[]price.Amount{2, 3}, 3},
		{[]price.Amount{9, 1, 2}, 2},
		{[]price.Amount{9, 1, 2, 4}, 3},
		{[]price.Amount{5, 5, 5, 5}, 5},
		{[]price.Amount{999_999_999_999_999, 999_999_999_999_999}, 999_999_999_999_999},
	}
	for _, test := range tests {
		if got := medianOf(slices.Clone(test.prices)); got != test.want {
			t.Errorf("%v: %d, want %d", test.prices, got, test.want)
		}
	}
}

// At least half of the prices are no higher than the median, and at least half no lower.
func TestMedianIsInTheMiddle(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		cents := rapid.SliceOfN(rapid.Int64Range(1, 50), 1, 40).Draw(r, "prices")
		var prices []price.Amount
		for _, amount := range cents {
			prices = append(prices, price.Amount(amount))
		}
		got := medianOf(slices.Clone(prices))
		notAbove, notBelow := 0, 0
		for _, amount := range prices {
			if amount <= got {
				notAbove++
			}
			if amount >= got {
				notBelow++
			}
		}
		if 2*notAbove < len(prices) || 2*notBelow < len(prices) {
			r.Errorf("%d is not the median of %v", got, prices)
		}
	})
}

func TestWhatAListingCountsIn(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 24, 8, 30, 0, 0, time.UTC)
	const day = 24 * time.Hour
	active := func(listed time.Time) listing.Listing {
		return listing.Listing{Price: 100, Status: listing.Active, ListDate: listed}
	}
	sold := func(at time.Time) listing.Listing {
		return listing.Listing{Price: 100, Status: listing.Sold, StatusChangedAt: at, ListDate: now.Add(-9 * day)}
	}
	month := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	tests := []struct {
		name string
		is   listing.Listing
		want market
	}{
		{"active for 40 days", active(now.Add(-40 * day)), market{prices: []price.Amount{100}, days: 40, dated: 1}},
		{"active for almost 40 days", active(now.Add(-40*day + 1)), market{prices: []price.Amount{100}, days: 39, dated: 1}},
		{"active from tomorrow", active(now.Add(day)), market{prices: []price.Amount{100}, days: 0, dated: 1}},
		{"active since who knows when", active(time.Time{}), market{prices: []price.Amount{100}}},
		{"pending", listing.Listing{Price: 100, Status: listing.Pending, ListDate: now, StatusChangedAt: now}, market{}},
		{"withdrawn", listing.Listing{Price: 100, Status: listing.Withdrawn, ListDate: now, StatusChangedAt: now}, market{}},
		{"expired", listing.Listing{Price: 100, Status: listing.Expired, ListDate: now, StatusChangedAt: now}, market{}},
		{"an unknown status", listing.Listing{Price: 100, Status: "Delete", ListDate: now, StatusChangedAt: now}, market{}},
		{"sold as the month began", sold(month), market{sold: 1}},
		{"sold just before the month", sold(month.Add(-time.Millisecond)), market{}},
		{"sold now", sold(now), market{sold: 1}},
		{"sold in a moment", sold(now.Add(time.Millisecond)), market{}},
		{"sold a year ago", sold(now.AddDate(-1, 0, 0)), market{}},
		{"sold when no one knows", sold(time.Time{}), market{}},
		{"sold in this month of another zone", sold(time.Date(2026, 11, 1, 1, 0, 0, 0, time.FixedZone("east", 2*3600))), market{}},
	}
	for _, test := range tests {
		var got market
		got.add(test.is, now)
		if !slices.Equal(got.prices, test.want.prices) || got.days != test.want.days || got.dated != test.want.dated || got.sold != test.want.sold {
			t.Errorf("%s: %+v", test.name, got)
		}
	}
}
