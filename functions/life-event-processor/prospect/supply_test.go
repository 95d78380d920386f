package prospect

import (
	"testing"
	"time"

	"github.com/bayon-coagent/event-consumers/internal/area"
	"github.com/bayon-coagent/event-consumers/internal/listing"
)

func TestMarket(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		homes
		want market
	}{
		{"nothing", homes{0, 0}, even},
		{"no sale", homes{9, 0}, even},
		{"all sold", homes{0, 1}, tight},
		{"just under 3 months", homes{8, 3}, tight},
		{"3 months", homes{9, 3}, even},
		{"6 months", homes{18, 3}, even},
		{"just over 6 months", homes{19, 3}, slow},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if got := test.market(); got != test.want {
				t.Errorf("market %d, want %d", got, test.want)
			}
		})
	}
}

func TestWhichListingsCount(t *testing.T) {
	t.Parallel()
	sold := func(ago time.Duration) listing.Listing {
		return listing.Listing{Status: listing.Sold, StatusChangedAt: now.Add(-ago)}
	}
	tests := []struct {
		name string
		is   listing.Listing
		want homes
	}{
		{"active, without a price", listing.Listing{Status: listing.Active}, homes{active: 1}},
		{"sold now", sold(0), homes{sold: 1}},
		{"sold 30 days ago", sold(30 * day), homes{sold: 1}},
		{"sold just over 30 days ago", sold(30*day + ms), homes{}},
		{"sold in the future", sold(-ms), homes{}},
		{"sold some day", listing.Listing{Status: listing.Sold}, homes{}},
		{"pending", listing.Listing{Status: listing.Pending, StatusChangedAt: now}, homes{}},
		{"withdrawn", listing.Listing{Status: listing.Withdrawn, StatusChangedAt: now}, homes{}},
		{"expired", listing.Listing{Status: listing.Expired, StatusChangedAt: now}, homes{}},
		{"of an unknown status", listing.Listing{Status: "Delete", StatusChangedAt: now}, homes{}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			counted := newSupply(nil)
			test.is.Address = listing.Address{ZIP: "98029-1234", City: " ISSAQUAH "}
			counted.add(test.is, now)
			if got := counted.where(area.Place{ZIP: "98029"}); got != test.want {
				t.Errorf("in the zip: %+v", got)
			}
			if got := counted.where(area.Place{City: "Issaquah"}); got != test.want {
				t.Errorf("in the city: %+v", got)
			}
			if got := counted.where(area.Place{ZIP: "98030"}); got != (homes{}) {
				t.Errorf("elsewhere: %+v", got)
			}
		})
	}
}

// square is a polygon of that many degrees each way from a corner.
func square(id string, corner, size float64) area.Target {
	at := func(latitude, longitude float64) area.Location {
		return area.Location{Latitude: corner + latitude*size, Longitude: corner + longitude*size}
	}
	return area.Target{ID: id, Type: area.Polygon, Value: area.Value{Coordinates: []area.Location{at(0, 0), at(0, 1), at(1, 1), at(1, 0)}}}
}

func TestPointTakesTheFirstPolygonThatHoldsIt(t *testing.T) {
	t.Parallel()
	counted := newSupply([]area.Target{
		{ID: "zip", Type: area.ZIP, Value: area.Value{Text: "98029"}},
		{ID: "line", Type: area.Polygon, Value: area.Value{Coordinates: []area.Location{{Latitude: 1}, {Latitude: 2}}}},
		square("small", 10, 1),
		square("large", 10, 5),
		square("overlapping", 12, 5),
	})
	point := func(at float64) *area.Location { return &area.Location{Latitude: at, Longitude: at} }
	for _, at := range []float64{10.5, 12.5, 16} {
		counted.add(listing.Listing{Status: listing.Active, Location: point(at)}, now)
	}
	counted.add(listing.Listing{Status: listing.Active}, now)
	for at, active := range map[float64]int{10.5: 1, 11: 1, 12: 2, 14: 2, 15: 2, 15.5: 2, 16.9: 2, 18: 0} {
		if got := counted.where(area.Place{Location: point(at)}); got.active != active {
			t.Errorf("at %v: %d active, want %d", at, got.active, active)
		}
	}
}
