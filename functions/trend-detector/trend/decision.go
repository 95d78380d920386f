package trend

import (
	"math/big"

	"github.com/bayon-coagent/event-consumers/internal/alert"
	"github.com/bayon-coagent/event-consumers/internal/decimal"
	"github.com/bayon-coagent/event-consumers/internal/percent"
)

// trendType is the kind of a trend, as alerts name it.
type trendType string

// The kinds of trend.
const (
	priceIncrease     trendType = "price-increase"
	inventoryDecrease trendType = "inventory-decrease"
	daysDecrease      trendType = "dom-decrease"
)

// indicator is a figure that makes a trend when it moves far enough.
type indicator struct {
	trend    trendType
	limit    int64                                 // in percent; a change beyond it, away from 0, is a trend
	value    func(figures) *big.Rat                // nil where it is not known
	changeOf func(from, to *big.Rat) (by *big.Rat) // in percent; nil where they cannot be compared
}

// indicators are all indicators (rules: Trends).
func indicators() []indicator {
	return []indicator{
		{trend: priceIncrease, limit: 10, value: figures.medianPrice, changeOf: changeOf},
		{trend: inventoryDecrease, limit: -20, value: figures.inventory, changeOf: changeOf},
		{trend: daysDecrease, limit: -15, value: figures.daysOnMarket, changeOf: changeOfMeans},
	}
}

// isTrend tells whether a change lies beyond the limit; the limit itself does not.
func (i indicator) isTrend(change *big.Rat) bool {
	limit := big.NewRat(i.limit, 1)
	return change.Cmp(limit) == limit.Sign()
}

// medianPrice is in dollars.
func (f figures) medianPrice() *big.Rat {
	if f.MedianPrice == nil {
		return nil
	}
	return big.NewRat(int64(*f.MedianPrice), 100)
}

func (f figures) inventory() *big.Rat {
	if f.InventoryLevel == nil {
		return nil
	}
	return big.NewRat(*f.InventoryLevel, 1)
}

func (f figures) daysOnMarket() *big.Rat {
	if f.AvgDaysOnMarket == nil {
		return nil
	}
	return new(big.Rat).SetFloat64(*f.AvgDaysOnMarket)
}

// changeOf is by how many percent a figure has moved, exactly; nil without a figure that is not 0 to compare with.
func changeOf(from, to *big.Rat) *big.Rat {
	if from == nil || to == nil || from.Sign() <= 0 {
		return nil
	}
	by := new(big.Rat).Sub(to, from)
	by.Mul(by.Quo(by, from), big.NewRat(100, 1))
	if _, fits := decimal.Hundredths(by); !fits {
		return nil
	}
	return by
}

// meanDecimals are the decimals of a percent that the changes of means are compared by. A mean of whole days, such as
// 100/3, has no end as a decimal number, and is stored as a float with some 16 digits; so a change that is 15 % exactly is
// seen as 15 % and a little of the fifteenth decimal.
const meanDecimals = 8

// changeOfMeans is changeOf for figures that are exact to 16 digits.
func changeOfMeans(from, to *big.Rat) *big.Rat {
	by := changeOf(from, to)
	if by == nil {
		return nil
	}
	rounded, _ := new(big.Rat).SetString(by.FloatString(meanDecimals))
	return rounded
}

// activeNeeded is how many active listings both months of a comparison have at least (rules: Trends).
const activeNeeded = 5

func (f figures) comparable() bool {
	return f.InventoryLevel != nil && *f.InventoryLevel >= activeNeeded
}

// history is what earlier months showed, by how many months ago they were.
type history map[int]figures

// The months that a pass looks back at (rules: Trends).
const (
	monthsCompared = 3  // before this
	monthsOfYear   = 11 // before this
	monthsOf90Days = 2  // before this
)

// comparable is the newest month that this one may be compared with.
func (h history) comparable() (was figures, found bool) {
	for ago := 1; ago <= monthsCompared; ago++ {
		if was, found := h[ago]; found && was.comparable() {
			return was, true
		}
	}
	return figures{}, false
}

// movement is what an indicator did since the month that this one is compared with.
type movement struct {
	indicator

	from, to *big.Rat
	change   *big.Rat // in percent
}

// movements are how those indicators moved that can be compared (rules: Trends).
func (h history) movements(is figures) []movement {
	was, found := h.comparable()
	if !found || !is.comparable() {
		return nil
	}
	var moved []movement
	for _, i := range indicators() {
		from, to := i.value(was), i.value(is)
		if change := i.changeOf(from, to); change != nil {
			moved = append(moved, movement{indicator: i, from: from, to: to, change: change})
		}
	}
	return moved
}

// percent is the change as it is stored.
func (m movement) percent() *percent.Percent {
	hundredths, _ := decimal.Hundredths(m.change)
	rounded := percent.Percent(hundredths)
	return &rounded
}

// The limits of the priorities (rules: Trends).
const (
	highPercent = 25
	lowPercent  = 15
)

// priority says how urgent a trend is.
func (m movement) priority() alert.Priority {
	magnitude := new(big.Rat).Abs(m.change)
	switch {
	case magnitude.Cmp(big.NewRat(highPercent, 1)) > 0:
		return alert.High
	case magnitude.Cmp(big.NewRat(lowPercent, 1)) < 0:
		return alert.Low
	}
	return alert.Medium
}

// mean is the mean of an indicator over this month and some before it, of those where it is known; nil if it is of none.
func (h history) mean(i indicator, is figures, monthsBefore int) *big.Rat {
	sum, count := new(big.Rat), int64(0)
	include := func(value *big.Rat) {
		if value != nil {
			sum.Add(sum, value)
			count++
		}
	}
	include(i.value(is))
	for ago := 1; ago <= monthsBefore; ago++ {
		include(i.value(h[ago]))
	}
	if count == 0 {
		return nil
	}
	return sum.Quo(sum, big.NewRat(count, 1))
}
