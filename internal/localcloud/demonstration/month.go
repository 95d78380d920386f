package demonstration

import (
	"slices"
	"time"

	"github.com/bayon-coagent/event-consumers/internal/price"
)

// Offer is a property as an MLS sync finds it.
type Offer struct {
	Property

	Place        int // in the sample
	Status       string
	DaysOnMarket int
	ListAgent    string // MLS id; empty where another agent lists it
}

// competitorMLSID is the MLS id of the competitor whom the agent tracks.
const competitorMLSID = "WA-4711"

// What the competitor lists, by place in the sample. He puts up newListing between the two syncs, and takes down
// withdrawnListing.
const (
	newListing       = 151
	withdrawnListing = 3
)

func competitorsPlaces() []int { return []int{withdrawnListing, 5, 9, 30, 45, 140, newListing} }

// soldBelow is the price in 98029 below which what does not get cheaper is sold: so the median of what is left rises.
const soldBelow = 570_000_00

// First is the market at the first sync: part of the homes in Wallingford, and one of the competitor's, come later.
func First(market []Property) []Offer {
	var offers []Offer
	for place, property := range market {
		if place != newListing && !comesLater(place, property) {
			offers = append(offers, offerOf(place, property))
		}
	}
	return offers
}

// Second is the market four weeks later. Every tenth price has fallen. In 98029 the cheaper homes are sold, in Sammamish
// homes at all prices; in Wallingford new ones have come. The competitor has a new listing, and has withdrawn one.
func Second(market []Property) []Offer {
	falls := map[string]price.Amount{}
	for _, fall := range Falls(market) {
		falls[fall.MLSNumber] = fall.NewPrice
	}
	offers := make([]Offer, len(market))
	for place, property := range market {
		offer := offerOf(place, property)
		amount, fallen := falls[property.MLSNumber]
		switch {
		case fallen:
			offer.Price = amount
		case place == withdrawnListing:
			offer.Status = "Withdrawn"
		case sold(place, property):
			offer.Status = "Closed"
		case place == newListing, comesLater(place, property):
			offer.DaysOnMarket = 0
		}
		offers[place] = offer
	}
	return offers
}

func offerOf(place int, property Property) Offer {
	offer := Offer{Property: property, Place: place, Status: "Active", DaysOnMarket: place % 60}
	if slices.Contains(competitorsPlaces(), place) {
		offer.ListAgent = competitorMLSID
	}
	return offer
}

// sold tells whether a property is sold between the two syncs.
func sold(place int, property Property) bool {
	switch {
	case slices.Contains(competitorsPlaces(), place):
		return false
	case property.City() == "Issaquah":
		return property.Price < soldBelow
	case property.City() == "Sammamish":
		return place%4 == 1
	}
	return false
}

// comesLater tells whether a property comes on the market between the two syncs.
func comesLater(place int, property Property) bool {
	return wallingford.contains(property) && place > 90
}

// listDate is when an offer came on the market, if a sync at a time finds it.
func (o Offer) listDate(at time.Time) time.Time { return at.AddDate(0, 0, -o.DaysOnMarket) }
