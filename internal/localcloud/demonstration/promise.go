package demonstration

import (
	"slices"

	"github.com/bayon-coagent/event-consumers/internal/price"
)

// promise names an alert that the story promises: its type, and what it is about.
type promise struct {
	alertType string
	subject   string // an address, a neighborhood with its trend, or a prospect's place with the event
}

// promised are the alerts that must be there at the end, and no other.
func promised(market []Property) []promise {
	address := func(place int) string { return addressOf(market[place]) }
	promises := []promise{
		{"life-event-lead", "98029: retirement"},
		{"life-event-lead", "47.663, -122.345: death"},
		{"competitor-new-listing", address(newListing)},
		{"competitor-price-reduction", address(30)},
		{"competitor-price-reduction", address(140)},
		{"competitor-withdrawal", address(withdrawnListing)},
		{"neighborhood-trend", "98029: price-increase"},
		{"neighborhood-trend", "98029: inventory-decrease"},
		{"neighborhood-trend", "Sammamish: inventory-decrease"},
		{"neighborhood-trend", "Wallingford: dom-decrease"},
	}
	for _, fall := range Falls(market) {
		if watched(fall.Property) && inPriceRange(fall.NewPrice) {
			promises = append(promises, promise{"price-reduction", addressOf(fall.Property)})
		}
	}
	return promises
}

// countFalls tells how many prices fell, and how many of these brought no alert, outside the agent's areas or price range.
func countFalls(market []Property) (all, outside, withheld int) {
	falls := Falls(market)
	for _, fall := range falls {
		switch {
		case !watched(fall.Property):
			outside++
		case !inPriceRange(fall.NewPrice):
			withheld++
		}
	}
	return len(falls), outside, withheld
}

func inPriceRange(amount price.Amount) bool {
	return price.Dollars(minPrice) <= amount && amount <= price.Dollars(maxPrice)
}

// compare tells in words which promises were not kept, and which alerts nobody promised.
func compare(promises []promise, alerts []Alert) (missing []string) {
	for _, found := range alerts {
		place := slices.Index(promises, promise{found.Type, found.Subject})
		if place < 0 {
			missing = append(missing, "an alert that nobody promised: "+found.Type+", "+found.Subject)
			continue
		}
		promises = slices.Delete(promises, place, place+1)
		if !found.Published {
			missing = append(missing, "Alert Created was not published: "+found.Type+", "+found.Subject)
		}
	}
	for _, left := range promises {
		missing = append(missing, "the alert is missing: "+left.alertType+", "+left.subject)
	}
	slices.Sort(missing)
	return missing
}
