package competitor

import (
	"time"

	"github.com/bayon-coagent/event-consumers/internal/alert"
	"github.com/bayon-coagent/event-consumers/internal/listing"
	"github.com/bayon-coagent/event-consumers/internal/price"
)

// change is what a competitor's listing shows against its snapshot. It is news in at most one way.
type change struct {
	differs     bool             // the snapshot must follow
	awaitsPrice bool             // it is a new listing as soon as it has a price
	listed      bool             // it is a new listing
	reduction   *price.Reduction // the price of a listing for sale fell markedly
	left        bool             // it left the market
}

// The limits of what is news, and of the priorities (rules: Competitors).
const (
	reductionPercent     = 5
	highReductionPercent = 15
	freshDays            = 30
)

const mediumPrice = price.Amount(500_000_00)

// changeOf compares a competitor's listing with its snapshot (rules: Competitors). A listing that was seen before and has
// no usable price now, and one that an older sync stored than the snapshot's, show nothing.
func changeOf(was snapshot, is listing.Listing, taken look) change {
	if !was.Seen() {
		isNew := taken.takesForNew(is)
		return change{differs: true, listed: isNew && is.HasPrice(), awaitsPrice: isNew && !is.HasPrice()}
	}
	if !is.HasPrice() || !was.Differs(is) {
		return change{}
	}
	reduction, fell := price.ReductionOf(was.Price, is.Price)
	switch {
	case was.AwaitsPrice && is.Status == listing.Active:
		return change{differs: true, listed: true}
	case fell && is.Status.ForSale() && reduction.MoreThan(reductionPercent):
		return change{differs: true, reduction: &reduction}
	}
	return change{differs: true, left: offMarket(is.Status) && !offMarket(was.Status)}
}

// offMarket tells whether a listing is off the market without having been sold.
func offMarket(status listing.Status) bool {
	return status == listing.Withdrawn || status == listing.Expired
}

// newListingPriority says how urgent a new listing is.
func newListingPriority(is listing.Listing) alert.Priority {
	if is.Price > mediumPrice {
		return alert.Medium
	}
	return alert.Low
}

// reductionPriority says how urgent a reduction is.
func reductionPriority(reduction price.Reduction) alert.Priority {
	if reduction.MoreThan(highReductionPercent) {
		return alert.High
	}
	return alert.Low
}

// withdrawalPriority says how urgent it is that a listing left the market: a seller who gives up early may want another
// agent.
func withdrawalPriority(is listing.Listing, now time.Time) alert.Priority {
	days, known := is.DaysOnMarket(now)
	if is.Status == listing.Withdrawn && known && 0 <= days && days < freshDays {
		return alert.High
	}
	return alert.Low
}
