package trend

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/bayon-coagent/event-consumers/internal/area"
	"github.com/bayon-coagent/event-consumers/internal/table"
)

// neighborhood is one or more of the agent's target areas that are the same to people (rules: Trends).
type neighborhood struct {
	name  string // as first given
	areas []area.Areas
}

// contains tells whether a place lies in any of the neighborhood's areas.
func (n neighborhood) contains(place area.Place) bool {
	return slices.ContainsFunc(n.areas, func(areas area.Areas) bool { return areas.Contains(place) })
}

// needsLocations tells whether a place without a location may be missed.
func (n neighborhood) needsLocations() bool {
	return slices.ContainsFunc(n.areas, area.Areas.NeedLocations)
}

// rowKey is the key of a month's row. What separates the parts of a key is encoded in the name.
func (n neighborhood) rowKey(userID string, of month) table.Key {
	encoded := strings.NewReplacer("%", "%25", "#", "%23").Replace(n.name)
	return table.UserKey(userID, "TREND#"+encoded+"#"+of.String())
}

// neighborhoodsOf makes neighborhoods of target areas, in the order in which they are first given. Areas that cannot be
// used are left out, and told in one error each.
func neighborhoodsOf(targets []area.Target) (neighborhoods []neighborhood, unusable []error) {
	places := map[string]int{} // in neighborhoods, by identity
	for _, target := range targets {
		areas, errs := area.New([]area.Target{target})
		if errs != nil {
			unusable = append(unusable, errs...)
			continue
		}
		name, identity := named(target)
		if err := checkName(name); err != nil {
			unusable = append(unusable, fmt.Errorf("target area %q: %w", target.ID, err))
			continue
		}
		place, known := places[identity]
		if !known { // areas of different types that are spelled the same would share their rows
			place = slices.IndexFunc(neighborhoods, func(other neighborhood) bool { return other.name == name })
		}
		if place < 0 {
			place = len(neighborhoods)
			neighborhoods = append(neighborhoods, neighborhood{name: name})
		}
		places[identity] = place
		neighborhoods[place].areas = append(neighborhoods[place].areas, areas)
	}
	return neighborhoods, unusable
}

// named is the name of a usable area, and what it shares with all spellings of the same neighborhood.
func named(target area.Target) (name, identity string) {
	name = strings.TrimSpace(target.Value.Text)
	switch target.Type {
	case area.ZIP:
		identity, _ = area.FiveDigits(name)
	case area.City:
		identity = area.FoldedCity(name)
	case area.Polygon:
		name = strings.TrimSpace(target.Label)
		identity = name
	}
	return name, target.Type + " " + identity
}

// longestName is how many bytes a name may have, so that its key is short enough even when each of them is encoded.
const longestName = 256

func checkName(name string) error {
	switch {
	case name == "":
		return errors.New("a neighborhood needs a name")
	case len(name) > longestName:
		return fmt.Errorf("the name of a neighborhood must not have more than %d bytes", longestName)
	}
	return nil
}
