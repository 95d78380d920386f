package reduction

import (
	"time"

	"github.com/bayon-coagent/event-consumers/internal/alert"
	"github.com/bayon-coagent/event-consumers/internal/listing"
	"github.com/bayon-coagent/event-consumers/internal/price"
)

// change is what a listing shows against its snapshot.
type change struct {
	differs   bool             // the snapshot must follow
	price     bool             // the price is another one
	reduction *price.Reduction // the price of a listing for sale fell
}

// changeOf compares a listing with its snapshot (rules: Price reduction). A listing without a usable price, and one that
// an older sync stored than the snapshot's, show nothing.
func changeOf(was listing.Snapshot, is listing.Listing) change {
	if !is.HasPrice() || !was.Differs(is) {
		return change{}
	}
	found := change{differs: true, price: is.Price != was.Price}
	if reduction, fell := price.ReductionOf(was.Price, is.Price); fell && is.Status.ForSale() {
		found.reduction = &reduction
	}
	return found
}

// The limits of the priorities (rules: Price reduction).
const (
	highPercent   = 15
	mediumPercent = 8
	freshDays     = 30
)

const highAmount = price.Amount(50_000_00)

// priorityOf says how urgent a reduction is; the first rule that fits decides.
func priorityOf(reduction price.Reduction, is listing.Listing, now time.Time) alert.Priority {
	days, known := is.DaysOnMarket(now)
	switch {
	case reduction.AtLeast(highPercent), reduction.By() >= highAmount:
		return alert.High
	case reduction.AtLeast(mediumPercent), known && days <= freshDays:
		return alert.Medium
	}
	return alert.Low
}
