package analytics

import "github.com/bayon-coagent/event-consumers/internal/social"

// leap is how a figure moved that moved too far to be believed at once.
type leap struct {
	From int64 `dynamodbav:"from"`
	To   int64 `dynamodbav:"to"`
}

// The limits beyond which a figure leaps (rules: Social analytics).
const (
	fallDivisor = 10 // a fall by more than a tenth
	riseFactor  = 10 // a rise to more than ten times
)

// leapOf tells whether a figure fell or rose too far. Nothing leaps from 0.
func leapOf(from, to int64) (leap, bool) {
	if from <= 0 {
		return leap{}, false
	}
	// In whole numbers these divisions are exact, where products could overflow.
	fell := from-to > from/fallDivisor
	rose := to > 0 && (to-1)/riseFactor >= from
	return leap{From: from, To: to}, fell || rose
}

// leapsOf are the figures that leapt since they were stored, by name.
func leapsOf(was fields, is social.Metrics) map[string]leap {
	leaps := map[string]leap{}
	for name, to := range map[string]int64{"views": is.Views, "likes": is.Likes, "shares": is.Shares, "comments": is.Comments} {
		if found, leapt := leapOf(was.number(name), to); leapt {
			leaps[name] = found
		}
	}
	return leaps
}
