package area_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/bayon-coagent/event-consumers/internal/area"
)

var square = []area.Location{{Latitude: 47, Longitude: -122}, {Latitude: 47, Longitude: -121}, {Latitude: 48, Longitude: -121}, {Latitude: 48, Longitude: -122}}

func TestContains(t *testing.T) {
	t.Parallel()
	zip := area.Target{Type: area.ZIP, Value: area.Value{Text: "98029"}}
	longZIP := area.Target{Type: area.ZIP, Value: area.Value{Text: "98029-7700"}}
	city := area.Target{Type: area.City, Value: area.Value{Text: " Sammamish "}}
	polygon := area.Target{Type: area.Polygon, Value: area.Value{Coordinates: square}}
	closed := area.Target{Type: area.Polygon, Value: area.Value{Coordinates: append(square[:4:4], square[0])}}
	at := func(latitude, longitude float64) area.Place {
		return area.Place{Location: &area.Location{Latitude: latitude, Longitude: longitude}}
	}
	tests := []struct {
		name   string
		target area.Target
		place  area.Place
		want   bool
	}{
		{"same zip", zip, area.Place{ZIP: "98029"}, true},
		{"zip+4 of the place", zip, area.Place{ZIP: "98029-1234"}, true},
		{"zip+4 of the area", longZIP, area.Place{ZIP: "98029"}, true},
		{"another zip", zip, area.Place{ZIP: "98028"}, false},
		{"four digits", zip, area.Place{ZIP: "9802"}, false},
		{"zip of nine digits", zip, area.Place{ZIP: "980291234"}, true},
		{"no zip", zip, area.Place{}, false},
		{"city in other case and blanks", city, area.Place{City: "SAMMAMISH  "}, true},
		{"city is a whole word", city, area.Place{City: "Sammamish Plateau"}, false},
		{"part of a city", city, area.Place{City: "Samma"}, false},
		{"no city", city, area.Place{City: " "}, false},
		{"inside", polygon, at(47.5, -121.5), true},
		{"inside a closed ring", closed, at(47.5, -121.5), true},
		{"outside", polygon, at(48.5, -121.5), false},
		{"on an edge", polygon, at(47.5, -122), true},
		{"on the edge that closes the ring", polygon, at(47.25, -122), true},
		{"on a corner", polygon, at(48, -121), true},
		{"just outside an edge", polygon, at(47.5, -122.0000001), false},
		{"no coordinates", polygon, area.Place{ZIP: "98029", City: "Sammamish"}, false},
		{"impossible coordinates", polygon, at(147.5, -121.5), false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			areas, unusable := area.New([]area.Target{test.target})
			if unusable != nil {
				t.Fatal(unusable)
			}
			if got := areas.Contains(test.place); got != test.want {
				t.Errorf("Contains(%+v) = %v", test.place, got)
			}
		})
	}
}

func TestUnusableTargetsSpoilNothing(t *testing.T) {
	t.Parallel()
	areas, unusable := area.New([]area.Target{
		{ID: "a", Type: area.ZIP, Value: area.Value{Text: "9802"}},
		{ID: "b", Type: area.City, Value: area.Value{Text: "  "}},
		{ID: "c", Type: area.Polygon, Value: area.Value{Coordinates: square[:2]}},
		{ID: "d", Type: area.Polygon, Value: area.Value{Coordinates: []area.Location{square[0], square[1], square[0], square[1]}}},
		{ID: "e", Type: area.Polygon, Value: area.Value{Coordinates: append(square[:3:3], area.Location{Latitude: 91})}},
		{ID: "f", Type: "county", Value: area.Value{Text: "King"}},
		{ID: "g", Type: area.ZIP, Value: area.Value{Text: "98029"}},
	})
	var got []string
	for _, err := range unusable {
		got = append(got, err.Error())
	}
	want := []string{
		`target area "a": a zip needs five digits`,
		`target area "b": a city needs a name`,
		`target area "c": a polygon needs three different corners`,
		`target area "d": a polygon needs three different corners`,
		`target area "e": a polygon's coordinates must be degrees of latitude and longitude`,
		`target area "f": the type must be zip, city or polygon`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if areas.Empty() || !areas.Contains(area.Place{ZIP: "98029"}) {
		t.Error("the usable area was lost")
	}
}

func TestNoAreasContainNothing(t *testing.T) {
	t.Parallel()
	areas, _ := area.New(nil)
	if !areas.Empty() || areas.Contains(area.Place{ZIP: "98029", City: "Seattle"}) {
		t.Error("no areas must contain nothing")
	}
}

func TestTargetsAreReadFromItems(t *testing.T) {
	t.Parallel()
	text := func(value string) types.AttributeValue { return &types.AttributeValueMemberS{Value: value} }
	number := func(value string) types.AttributeValue { return &types.AttributeValueMemberN{Value: value} }
	fields := func(fields map[string]types.AttributeValue) types.AttributeValue {
		return &types.AttributeValueMemberM{Value: fields}
	}
	corner := fields(map[string]types.AttributeValue{"lat": number("47.5"), "lng": number("-122")})
	coordinates := fields(map[string]types.AttributeValue{
		"coordinates": &types.AttributeValueMemberL{Value: []types.AttributeValue{corner}},
	})
	tests := []struct {
		name       string
		value      types.AttributeValue
		want       area.Value
		unreadable bool
	}{
		{name: "text", value: text("98029"), want: area.Value{Text: "98029"}},
		{name: "coordinates", value: coordinates, want: area.Value{Coordinates: []area.Location{{Latitude: 47.5, Longitude: -122}}}},
		{name: "no coordinates", value: fields(nil)},
		{name: "number", value: number("98029"), unreadable: true},
		{name: "half a point", value: fields(map[string]types.AttributeValue{
			"coordinates": &types.AttributeValueMemberL{Value: []types.AttributeValue{fields(map[string]types.AttributeValue{"lat": number("47")})}},
		}), unreadable: true},
		{name: "coordinates as text", value: fields(map[string]types.AttributeValue{"coordinates": text("47,-122")}), unreadable: true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			var got area.Target
			err := attributevalue.Unmarshal(fields(map[string]types.AttributeValue{"value": test.value}), &got)
			if err != nil {
				t.Fatalf("an unreadable area makes the settings unreadable: %v", err)
			}
			if diff := cmp.Diff(test.want, got.Value); !test.unreadable && diff != "" {
				t.Error(diff)
			}
			if areas, unusable := area.New([]area.Target{got}); test.unreadable && (unusable == nil || !areas.Empty()) {
				t.Errorf("New says %v of an unreadable area", unusable)
			}
		})
	}
}

// A point that is a mean of a triangle's corners lies inside it, wherever the triangle is and whichever way it turns.
func TestMeansOfCornersLieInside(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		corner := rapid.Custom(func(t *rapid.T) area.Location {
			return area.Location{
				Latitude:  float64(rapid.IntRange(-80, 80).Draw(t, "latitude")),
				Longitude: float64(rapid.IntRange(-170, 170).Draw(t, "longitude")),
			}
		})
		a, b, c := corner.Draw(t, "a"), corner.Draw(t, "b"), corner.Draw(t, "c")
		twiceSurface := (b.Latitude-a.Latitude)*(c.Longitude-a.Longitude) - (c.Latitude-a.Latitude)*(b.Longitude-a.Longitude)
		if twiceSurface == 0 {
			t.Skip("no triangle")
		}
		areas, unusable := area.New([]area.Target{{Type: area.Polygon, Value: area.Value{Coordinates: []area.Location{a, b, c}}}})
		if unusable != nil {
			t.Fatal(unusable)
		}
		mean := area.Location{
			Latitude:  (a.Latitude + b.Latitude + c.Latitude) / 3,
			Longitude: (a.Longitude + b.Longitude + c.Longitude) / 3,
		}
		if !areas.Contains(area.Place{Location: &mean}) {
			t.Fatalf("%v is outside %v %v %v", mean, a, b, c)
		}
	})
}

func TestCrossesItself(t *testing.T) {
	t.Parallel()
	at := func(coordinates ...float64) (corners []area.Location) {
		for i := 0; i < len(coordinates); i += 2 {
			corners = append(corners, area.Location{Latitude: coordinates[i], Longitude: coordinates[i+1]})
		}
		return corners
	}
	tests := []struct {
		name    string
		corners []area.Location
		usable  bool
	}{
		{"triangle", at(0, 0, 0, 1, 1, 1), true},
		{"bow tie", at(0, 0, 1, 1, 1, 0, 0, 1), false},
		{"closed bow tie", at(0, 0, 1, 1, 1, 0, 0, 1, 0, 0), false},
		{"star", at(0, 3, 6, 5, 2, 0, 2, 6, 6, 1), false},
		{"notch", at(0, 0, 0, 4, 4, 4, 4, 0, 2, 2), true},
		{"notch as deep as the opposite edge", at(0, 0, 0, 4, 4, 4, 4, 0, 2, 4), true},
		{"notch through the opposite edge", at(0, 0, 0, 4, 4, 4, 4, 0, 2, 5), false},
		{"a corner given twice", at(0, 0, 0, 0, 0, 1, 1, 1), true},
		{"a way and back", at(0, 0, 0, 1, 1, 1, 0, 1), true},
		{"two points", at(0, 0, 1, 1), false},
	}
	for _, test := range tests {
		_, unusable := area.New([]area.Target{{Type: area.Polygon, Value: area.Value{Coordinates: test.corners}}})
		if usable := unusable == nil; usable != test.usable {
			t.Errorf("%s: usable %v, %v", test.name, usable, unusable)
		}
	}
}

func TestCitiesFoldAsGoComparesThem(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		letters := rapid.SampledFrom([]rune("aAkK\u212asS\u017fßẞéÉ σςΣ1"))
		one, other := string(rapid.SliceOfN(letters, 0, 3).Draw(r, "one")), string(rapid.SliceOfN(letters, 0, 3).Draw(r, "other"))
		want := strings.EqualFold(strings.TrimSpace(one), strings.TrimSpace(other))
		if got := area.FoldedCity(one) == area.FoldedCity(other); got != want {
			r.Errorf("%q and %q: %v", one, other, got)
		}
	})
}

func TestEverywhereLeavesNothingOut(t *testing.T) {
	t.Parallel()
	areas := area.Everywhere()
	for _, place := range []area.Place{{}, {ZIP: "98029"}, {City: "Issaquah"}, {Location: &area.Location{Latitude: 91}}} {
		if !areas.Contains(place) {
			t.Errorf("%+v is left out", place)
		}
	}
	if areas.Empty() || areas.NeedLocations() {
		t.Error("everywhere is empty, or needs locations")
	}
}
