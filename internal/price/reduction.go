package price

import "github.com/bayon-coagent/event-consumers/internal/percent"

// Reduction is a fall from one positive price to a lower one.
type Reduction struct {
	From, To Amount
}

// ReductionOf tells whether a price fell. Prices that are not positive are no prices, and fall to nothing.
func ReductionOf(was, is Amount) (Reduction, bool) {
	return Reduction{From: was, To: is}, 0 < is && is < was
}

// By is the amount of the fall.
func (r Reduction) By() Amount { return r.From - r.To }

// Percent is the fall as a share of the former price, rounded half up.
func (r Reduction) Percent() percent.Percent { return percent.Of(int64(r.By()), int64(r.From)) }

// AtLeast tells whether the fall is that share of the former price or more, unrounded.
func (r Reduction) AtLeast(percent int64) bool { return int64(r.By())*100 >= int64(r.From)*percent }

// MoreThan tells whether the fall is more than that share of the former price, unrounded.
func (r Reduction) MoreThan(percent int64) bool { return int64(r.By())*100 > int64(r.From)*percent }
