package area

import (
	"errors"
	"fmt"
	"strings"
	"unicode"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/planar"
)

// Place is where something stands. Parts that are not known are left empty.
type Place struct {
	ZIP      string
	City     string
	Location *Location
}

// Areas are the areas that an agent watches, made ready for matching. The zero Areas contains nothing.
type Areas struct {
	zips   map[string]bool
	cities map[string]bool // folded
	rings  []orb.Ring

	everywhere bool
}

// Everywhere are areas that contain every place, also one of which nothing is known.
func Everywhere() Areas { return Areas{everywhere: true} }

// New makes areas ready for matching. Targets that cannot be used are left out, and told in one error each: they must not
// spoil the others.
func New(targets []Target) (Areas, []error) {
	areas := Areas{zips: map[string]bool{}, cities: map[string]bool{}}
	var unusable []error
	for _, target := range targets {
		if err := areas.add(target); err != nil {
			unusable = append(unusable, fmt.Errorf("target area %q: %w", target.ID, err))
		}
	}
	return areas, unusable
}

func (a *Areas) add(target Target) error {
	if target.unreadable != nil {
		return target.unreadable
	}
	switch target.Type {
	case ZIP:
		zip, ok := FiveDigits(target.Value.Text)
		if !ok {
			return errors.New("a zip needs five digits")
		}
		a.zips[zip] = true
	case City:
		city := FoldedCity(target.Value.Text)
		if city == "" {
			return errors.New("a city needs a name")
		}
		a.cities[city] = true
	case Polygon:
		ring, err := closedRing(target.Value.Coordinates)
		if err != nil {
			return err
		}
		a.rings = append(a.rings, ring)
	default:
		return errors.New("the type must be zip, city or polygon")
	}
	return nil
}

// Empty tells whether nothing can lie in the areas.
func (a Areas) Empty() bool {
	return !a.everywhere && len(a.zips) == 0 && len(a.cities) == 0 && len(a.rings) == 0
}

// NeedLocations tells whether a place without a location may be missed, because one of the areas is a polygon.
func (a Areas) NeedLocations() bool { return len(a.rings) > 0 }

// Contains tells whether a place lies in any of the areas.
func (a Areas) Contains(place Place) bool {
	if a.everywhere {
		return true
	}
	if zip, ok := FiveDigits(place.ZIP); ok && a.zips[zip] {
		return true
	}
	if len(a.cities) > 0 && a.cities[FoldedCity(place.City)] {
		return true
	}
	return place.Location != nil && place.Location.Valid() && a.ringsContain(*place.Location)
}

func (a Areas) ringsContain(location Location) bool {
	for _, ring := range a.rings {
		if planar.RingContains(ring, point(location)) {
			return true
		}
	}
	return false
}

// closedRing makes a ring of at least three corners, closed if it was open.
func closedRing(coordinates []Location) (orb.Ring, error) {
	ring := make(orb.Ring, 0, len(coordinates)+1)
	corners := map[orb.Point]bool{}
	for _, corner := range coordinates {
		if !corner.Valid() {
			return nil, errors.New("a polygon's coordinates must be degrees of latitude and longitude")
		}
		ring = append(ring, point(corner))
		corners[point(corner)] = true
	}
	if len(corners) < 3 {
		return nil, errors.New("a polygon needs three different corners")
	}
	if !ring.Closed() {
		ring = append(ring, ring[0])
	}
	if crossesItself(ring) {
		return nil, errors.New("a polygon's edges must not cross each other")
	}
	return ring, nil
}

func point(location Location) orb.Point { return orb.Point{location.Longitude, location.Latitude} }

// FiveDigits returns the first five digits of a zip such as 98029-1234, and whether there are five.
func FiveDigits(zip string) (string, bool) {
	digits := make([]byte, 0, 5)
	for i := 0; i < len(zip) && len(digits) < 5; i++ {
		if '0' <= zip[i] && zip[i] <= '9' {
			digits = append(digits, zip[i])
		}
	}
	return string(digits), len(digits) == 5
}

// FoldedCity is a city's name without surrounding blanks and without case: equal for all spellings of one city.
func FoldedCity(name string) string {
	return strings.Map(lowestFold, strings.TrimSpace(name))
}

// lowestFold is the same for all characters that differ by case alone, as strings.EqualFold has it.
func lowestFold(character rune) rune {
	lowest := character
	for next := unicode.SimpleFold(character); next != character; next = unicode.SimpleFold(next) {
		lowest = min(lowest, next)
	}
	return lowest
}
