package trend

import (
	"slices"
	"time"

	"github.com/bayon-coagent/event-consumers/internal/listing"
	"github.com/bayon-coagent/event-consumers/internal/price"
)

// market is what the listings of a neighborhood show. Of a listing it keeps nothing but the price.
type market struct {
	prices []price.Amount // of the active listings
	days   int64          // that the active listings have been on the market, together
	dated  int64          // active listings of which these days are known
	sold   int64          // in the month
}

// add counts a listing with a usable price, as it is at a time and in the month of that time.
func (m *market) add(is listing.Listing, at time.Time) {
	if is.Status == listing.Sold && monthOf(is.StatusChangedAt) == monthOf(at) && !is.StatusChangedAt.After(at) {
		m.sold++
	}
	if is.Status != listing.Active {
		return
	}
	m.prices = append(m.prices, is.Price)
	if days, known := is.DaysOnMarket(at); known {
		m.days += int64(max(days, 0))
		m.dated++
	}
}

// figures are what the market comes to.
func (m *market) figures() figures {
	inventory := int64(len(m.prices))
	shown := figures{InventoryLevel: &inventory}
	if inventory > 0 {
		median := medianOf(m.prices)
		shown.MedianPrice = &median
	}
	if m.dated > 0 {
		mean := float64(m.days) / float64(m.dated)
		shown.AvgDaysOnMarket = &mean
	}
	return shown
}

// medianOf is the middle one of some prices, or the mean of the two middle ones, rounded half up to cents. It sorts them.
func medianOf(prices []price.Amount) price.Amount {
	slices.Sort(prices)
	middle := len(prices) / 2
	if len(prices)%2 == 1 {
		return prices[middle]
	}
	return (prices[middle-1] + prices[middle] + 1) / 2
}
