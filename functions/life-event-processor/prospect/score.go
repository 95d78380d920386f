package prospect

import (
	"cmp"
	"slices"
	"time"

	"github.com/bayon-coagent/event-consumers/internal/alert"
)

const day = 24 * time.Hour

// assessment is what a prospect's past events come to.
type assessment struct {
	score   int         // 0 to 100
	primary lifeEvent   // the event that weighs most; only where there is a score
	others  []lifeEvent // the other events, newest first
}

// The parts of the score (rules: Life events).
const (
	highestScore = 100
	bonus        = 15
	bonusWithin  = 90 * day
)

// thousand is the unit that scores are computed in: timing is in tenths, a market in hundredths.
const thousand = 1000

// assess computes the score that past events come to in a market. It is computed exactly, then rounded half up.
func assess(past []lifeEvent, market market, now time.Time) assessment {
	if len(past) == 0 {
		return assessment{}
	}
	primary := slices.MinFunc(past, byWeight)
	others := slices.DeleteFunc(slices.Clone(past), func(event lifeEvent) bool { return event.id == primary.id })
	slices.SortFunc(others, newestFirst)

	weight, _ := primary.kind.weight()
	thousandths := weight * timing(primary, now) * int(market)
	for _, other := range others {
		if primary.date.Sub(other.date).Abs() <= bonusWithin {
			thousandths += bonus * thousand
		}
	}
	return assessment{
		score:   min((thousandths+thousand/2)/thousand, highestScore),
		primary: primary,
		others:  others,
	}
}

// byWeight orders events by their weight, then by how recent they are, then by their ids.
func byWeight(a, b lifeEvent) int {
	weightOfA, _ := a.kind.weight()
	weightOfB, _ := b.kind.weight()
	return cmp.Or(cmp.Compare(weightOfB, weightOfA), newestFirst(a, b))
}

func newestFirst(a, b lifeEvent) int {
	return cmp.Or(b.date.Compare(a.date), cmp.Compare(a.id, b.id))
}

// timing is how much an event still tells, in tenths, by its age in whole days.
func timing(event lifeEvent, now time.Time) int {
	switch days := now.Sub(event.date) / day; {
	case days <= 30:
		return 12
	case days <= 90:
		return 10
	case days <= 180:
		return 8
	case days <= 365:
		return 6
	}
	return 3
}

// The scores from which an alert is urgent.
const (
	highScore   = 85
	mediumScore = 70
)

// priorityOf says how urgent a prospect of a score is.
func priorityOf(score int) alert.Priority {
	switch {
	case score >= highScore:
		return alert.High
	case score >= mediumScore:
		return alert.Medium
	}
	return alert.Low
}
