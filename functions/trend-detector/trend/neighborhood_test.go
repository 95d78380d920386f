package trend

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/bayon-coagent/event-consumers/internal/area"
)

func zip(value string) area.Target {
	return area.Target{ID: value, Type: area.ZIP, Value: area.Value{Text: value}, Label: "a zip"}
}

func city(value string) area.Target {
	return area.Target{ID: value, Type: area.City, Value: area.Value{Text: value}, Label: "a city"}
}

func polygon(label string, south float64) area.Target {
	return area.Target{ID: label, Type: area.Polygon, Label: label, Value: area.Value{Coordinates: []area.Location{
		{Latitude: south, Longitude: -122}, {Latitude: south, Longitude: -121}, {Latitude: south + 1, Longitude: -121},
	}}}
}

func TestNeighborhoods(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name     string
		targets  []area.Target
		want     []string
		unusable int
	}{
		{"each type", []area.Target{zip("98029"), city("Issaquah"), polygon("Highlands", 47)}, []string{"98029", "Issaquah", "Highlands"}, 0},
		{"zips of the same five digits", []area.Target{zip(" 98029-1111 "), zip("98029"), zip("980292222")}, []string{"98029-1111"}, 0},
		{"cities that differ by case", []area.Target{city(" issaquah"), city("ISSAQUAH "), city("Issaquah Heights")}, []string{"issaquah", "Issaquah Heights"}, 0},
		{"polygons of one label", []area.Target{polygon("Lake", 47), polygon(" Lake ", 10), polygon("lake", 47)}, []string{"Lake", "lake"}, 0},
		{"different types of one spelling", []area.Target{polygon("Issaquah", 47), city("Issaquah"), city("ISSAQUAH")}, []string{"Issaquah"}, 0},
		{"different types of similar spelling", []area.Target{polygon("issaquah", 47), city("Issaquah"), zip("98029"), polygon("98029-1111", 47)}, []string{
			"issaquah", "Issaquah", "98029", "98029-1111",
		}, 0},
		{"no label", []area.Target{polygon("", 47), polygon("  ", 47), zip("98029")}, []string{"98029"}, 2},
		{"unusable areas give no spelling", []area.Target{polygon("A", 91), polygon("a", 47), zip("980")}, []string{"a"}, 2},
		{"longest names", []area.Target{city(strings.Repeat("x", 256)), polygon(strings.Repeat("é", 128), 47)}, []string{strings.Repeat("x", 256), strings.Repeat("é", 128)}, 0},
		{"names that are too long", []area.Target{city(strings.Repeat("x", 257)), polygon(strings.Repeat("é", 128)+"x", 47), zip("98029" + strings.Repeat("-", 252))}, nil, 3},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			neighborhoods, unusable := neighborhoodsOf(test.targets)
			var got []string
			for _, n := range neighborhoods {
				got = append(got, n.name)
			}
			if diff := cmp.Diff(test.want, got); diff != "" || len(unusable) != test.unusable {
				t.Errorf("unusable %v, neighborhoods %s", unusable, diff)
			}
		})
	}
}

func TestNeighborhoodIsTheUnionOfItsAreas(t *testing.T) {
	t.Parallel()
	neighborhoods, _ := neighborhoodsOf([]area.Target{polygon("Issaquah", 47), city("Issaquah"), polygon("Issaquah", 10)})
	if len(neighborhoods) != 1 {
		t.Fatalf("%d neighborhoods", len(neighborhoods))
	}
	for place, want := range map[area.Place]bool{
		{City: "issaquah "}: true,
		{City: "Sammamish"}: false,
		{City: "Sammamish", Location: &area.Location{Latitude: 47.1, Longitude: -121.1}}: true,
		{City: "Sammamish", Location: &area.Location{Latitude: 10.1, Longitude: -121.1}}: true,
		{City: "Sammamish", Location: &area.Location{Latitude: 20.1, Longitude: -121.1}}: false,
	} {
		if got := neighborhoods[0].contains(place); got != want {
			t.Errorf("%+v: %v", place, got)
		}
	}
}

func TestRowKeys(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"98029":             "TREND#98029#2026-11",
		"Issaquah":          "TREND#Issaquah#2026-11",
		"Unit #3":           "TREND#Unit %233#2026-11",
		"100 % #1":          "TREND#100 %25 %231#2026-11",
		"%23":               "TREND#%2523#2026-11",
		"Saint-Jérôme (QC)": "TREND#Saint-Jérôme (QC)#2026-11",
	} {
		if got := (neighborhood{name: name}).rowKey("u", month(2026*12+10)).Sort; got != want {
			t.Errorf("%s: %s", name, got)
		}
	}
}

func TestDifferentNamesHaveDifferentKeys(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		letters := rapid.SampledFrom([]rune("#%2356a"))
		one, other := string(rapid.SliceOfN(letters, 1, 6).Draw(r, "one")), string(rapid.SliceOfN(letters, 1, 6).Draw(r, "other"))
		m := month(2026 * 12)
		if same := (neighborhood{name: one}).rowKey("u", m) == (neighborhood{name: other}).rowKey("u", m); same != (one == other) {
			r.Errorf("%q and %q share a key", one, other)
		}
		if key := (neighborhood{name: one}).rowKey("u", m).Sort; strings.Count(key, "#") != 2 {
			r.Errorf("key %q", key)
		}
	})
}
