package attribute_test

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/dynamo/attribute"
)

func TestSize(t *testing.T) {
	t.Parallel()
	tests := []struct {
		document string
		want     int
	}{
		{`{}`, 0},
		{`{"name":{"S":"four"}}`, 8},
		{`{"é":{"S":"€"}}`, 5},
		{`{"a":{"B":"AP8A"}}`, 4},
		{`{"a":{"BOOL":true},"b":{"NULL":true}}`, 4},
		{`{"a":{"N":"0"}}`, 2},
		{`{"a":{"N":"1"}}`, 3},
		{`{"a":{"N":"12"}}`, 3},
		{`{"a":{"N":"123"}}`, 4},
		{`{"a":{"N":"-123"}}`, 5},
		{`{"a":{"N":"1200000"}}`, 4},
		{`{"a":{"N":"1.2"}}`, 4},
		{`{"a":{"N":"` + strings.Repeat("9", 38) + `"}}`, 21},
		{`{"a":{"SS":["x","yz"]}}`, 4},
		{`{"a":{"NS":["1","2"]}}`, 5},
		{`{"a":{"L":[]}}`, 4},
		{`{"a":{"L":[{"S":"x"},{"S":"y"}]}}`, 8},
		{`{"a":{"M":{}}}`, 4},
		{`{"a":{"M":{"b":{"S":"x"}}}}`, 7},
	}
	for _, test := range tests {
		item, err := read(test.document)
		if err != nil {
			t.Fatal(err)
		}
		if got := item.Size(); got != test.want {
			t.Errorf("the size of %s is %d, want %d", test.document, got, test.want)
		}
	}
}

func TestMapsAreChangedByCopy(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		present := attribute.Map{}
		model := map[string]string{}
		names := rapid.SampledFrom([]string{"a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l", "m", "n", "o", "p"})
		for range rapid.IntRange(1, 40).Draw(t, "changes") {
			name := names.Draw(t, "name")
			before := present.AppendJSON(nil)
			var after attribute.Map
			if rapid.Bool().Draw(t, "set") {
				model[name] = rapid.StringN(0, 3, -1).Draw(t, "text")
				after = present.With(name, attribute.Text(model[name]))
			} else {
				delete(model, name)
				after = present.Without(name)
			}
			if string(present.AppendJSON(nil)) != string(before) {
				t.Fatal("a change of a copy changed the map")
			}
			present = after
		}
		if len(present) != len(model) {
			t.Fatalf("%d members, want %d", len(present), len(model))
		}
		for name, text := range model {
			if value, found := present.Get(name); !found || value.Text != text {
				t.Errorf("%s is %q (%v), want %q", name, value.Text, found, text)
			}
		}
		for i := range present[:max(0, len(present)-1)] {
			if present[i].Name >= present[i+1].Name {
				t.Error("the members are not in order")
			}
		}
	})
}

func TestTypes(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"S", "N", "B", "BOOL", "NULL", "M", "L", "SS", "NS", "BS"} {
		if kind, known := attribute.ParseType(name); !known || kind.String() != name {
			t.Errorf("ParseType(%q) = %v, %v", name, kind, known)
		}
	}
	for _, name := range []string{"", "Q", "s"} {
		if _, known := attribute.ParseType(name); known {
			t.Errorf("ParseType(%q) knows it", name)
		}
	}
	sets := map[attribute.Type]attribute.Type{
		attribute.StringSet: attribute.String, attribute.NumberSet: attribute.Number, attribute.BinarySet: attribute.Binary,
	}
	for set, element := range sets {
		if !set.IsSet() || element.IsSet() || set.Element() != element {
			t.Errorf("the elements of %v are %v", set, set.Element())
		}
	}
}
