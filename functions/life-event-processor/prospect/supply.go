package prospect

import (
	"time"

	"github.com/bayon-coagent/event-consumers/internal/area"
	"github.com/bayon-coagent/event-consumers/internal/listing"
)

// market is how much the market where a prospect lives favours a move, in percent (rules: Life events).
type market int

// The markets.
const (
	tight market = 115 // homes sell fast
	even  market = 100 // or it is not known
	slow  market = 85
)

// The months of supply that bound an even market, both inclusive.
const (
	fewestMonths = 3
	mostMonths   = 6
)

// homes are the listings of a place: those on the market, and those sold in a month.
type homes struct{ active, sold int }

// market follows from the months of supply: how long it would take to sell what is on the market.
func (h homes) market() market {
	switch {
	case h.sold == 0:
		return even
	case h.active < fewestMonths*h.sold:
		return tight
	case h.active > mostMonths*h.sold:
		return slow
	}
	return even
}

// soldWithin is the month that sales are counted in.
const soldWithin = 30 * day

// supply counts an agent's own listings by zip, by city and by the agent's polygons.
type supply struct {
	zips     map[string]homes
	cities   map[string]homes // by the folded name
	polygons []area.Areas     // each of one polygon, in the agent's order
	within   []homes          // each polygon
}

func newSupply(targets []area.Target) *supply {
	counted := &supply{zips: map[string]homes{}, cities: map[string]homes{}}
	for _, target := range targets {
		if target.Type != area.Polygon {
			continue
		}
		if polygon, unusable := area.New([]area.Target{target}); len(unusable) == 0 {
			counted.polygons = append(counted.polygons, polygon)
		}
	}
	counted.within = make([]homes, len(counted.polygons))
	return counted
}

// add counts a listing in each place that it lies in, if it is on the market or was sold within the month until now.
func (s *supply) add(is listing.Listing, now time.Time) {
	var one homes
	switch {
	case is.Status == listing.Active:
		one.active = 1
	case is.Status == listing.Sold && !is.StatusChangedAt.After(now) && now.Sub(is.StatusChangedAt) <= soldWithin:
		one.sold = 1
	default:
		return
	}
	if zip, ok := area.FiveDigits(is.Address.ZIP); ok {
		s.zips[zip] = s.zips[zip].and(one)
	}
	if city := area.FoldedCity(is.Address.City); city != "" {
		s.cities[city] = s.cities[city].and(one)
	}
	for i, polygon := range s.polygons {
		if polygon.Contains(area.Place{Location: is.Location}) {
			s.within[i] = s.within[i].and(one)
		}
	}
}

func (h homes) and(more homes) homes {
	return homes{active: h.active + more.active, sold: h.sold + more.sold}
}

// where are the homes in a prospect's zip or city, or in the first polygon that holds the prospect's point.
func (s *supply) where(place area.Place) homes {
	if zip, ok := area.FiveDigits(place.ZIP); ok {
		return s.zips[zip]
	}
	if place.Location == nil {
		return s.cities[area.FoldedCity(place.City)]
	}
	for i, polygon := range s.polygons {
		if polygon.Contains(place) {
			return s.within[i]
		}
	}
	return homes{}
}
