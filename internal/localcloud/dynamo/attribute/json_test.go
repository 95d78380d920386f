package attribute_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/dynamo/attribute"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/dynamo/wire"
)

// read reads an item in DynamoDB's JSON.
func read(document string) (attribute.Map, error) {
	reader, err := wire.NewReader([]byte(document))
	if err != nil {
		return nil, err
	}
	return attribute.ReadMap(reader)
}

func TestItemsAreReadAndWritten(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, document, want string }{
		{"no attribute", `{}`, `{}`},
		{"ordered by name", `{"b":{"S":"2"},"a":{"S":"1"}}`, `{"a":{"S":"1"},"b":{"S":"2"}}`},
		{"the later of two", `{"a":{"S":"1"},"b":{"S":"x"},"a":{"S":"2"}}`, `{"a":{"S":"2"},"b":{"S":"x"}}`},
		{"null is absent", `{"a":null,"b":{"S":"x","N":null}}`, `{"b":{"S":"x"}}`},
		{"unknown type beside", `{"a":{"Q":[{}],"S":"x"}}`, `{"a":{"S":"x"}}`},
		{"empty values", `{"a":{"S":""},"b":{"B":""},"l":{"L":[]},"m":{"M":{}}}`,
			`{"a":{"S":""},"b":{"B":""},"l":{"L":[]},"m":{"M":{}}}`},
		{"scalars", `{"a":{"BOOL":true},"b":{"BOOL":false},"c":{"NULL":true},"d":{"N":"1e2"},"e":{"B":"AP8="}}`,
			`{"a":{"BOOL":true},"b":{"BOOL":false},"c":{"NULL":true},"d":{"N":"100"},"e":{"B":"AP8="}}`},
		{"sets in order", `{"a":{"SS":["b","a",""]},"b":{"NS":["10","9","-1"]},"c":{"BS":["Yg==","YQ=="]}}`,
			`{"a":{"SS":["","a","b"]},"b":{"NS":["-1","9","10"]},"c":{"BS":["YQ==","Yg=="]}}`},
		{"nested", `{"m":{"M":{"y":{"L":[{"N":"1"},{"M":{}}]},"x":{"S":"é\u00e9\n\"\\"}}}}`,
			`{"m":{"M":{"x":{"S":"éé\n\"\\"},"y":{"L":[{"N":"1"},{"M":{}}]}}}}`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			item, err := read(test.document)
			if err != nil {
				t.Fatal(err)
			}
			if got := string(item.AppendJSON(nil)); got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
		})
	}
}

func TestItemsAreRefused(t *testing.T) {
	t.Parallel()
	const (
		validation    = "ValidationException: "
		parameter     = validation + "One or more parameter values were invalid: "
		serialization = "SerializationException: "
		tooDeep       = validation + "Nesting Levels have exceeded supported limits: Attributes in the item have nested levels " +
			"beyond supported limit"
	)
	tests := []struct{ name, document, want string }{
		{"no type", `{"a":{}}`, validation + "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes"},
		{"two types", `{"a":{"S":"x","N":"1"}}`,
			validation + "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes"},
		{"null that is false", `{"a":{"NULL":false}}`, parameter + "Null attribute value types must have the value of true"},
		{"empty string set", `{"a":{"SS":[]}}`, parameter + "An string set  may not be empty"},
		{"empty number set", `{"a":{"NS":[]}}`, parameter + "An number set  may not be empty"},
		{"empty binary set", `{"a":{"BS":[]}}`, parameter + "Binary sets should not be empty"},
		{"string twice", `{"a":{"SS":["x","y","x"]}}`, parameter + "Input collection [x, y, x] contains duplicates."},
		{"number twice", `{"a":{"NS":["1","1.0"]}}`, validation + "Input collection contains duplicates"},
		{"binary twice", `{"a":{"BS":["YQ==","YQ=="]}}`, parameter + "Input collection [YQ==, YQ==]of type BS contains duplicates."},
		{"no number in a set", `{"a":{"NS":["1","b"]}}`, validation + "The parameter cannot be converted to a numeric value: b"},
		{"empty name", `{"":{"S":"x"}}`, validation + "Empty attribute name"},
		{"empty name inside", `{"a":{"M":{"":{"S":"x"}}}}`, validation + "Empty attribute name"},
		{"long name", `{"` + strings.Repeat("x", 65536) + `":{"S":"x"}}`,
			validation + "Attribute name is too large, must be less than 65536 bytes"},
		{"32 lists in one another", nested(32, `{"L":[`, `]}`), tooDeep},
		{"32 maps in one another", nested(32, `{"M":{"a":`, `}}`), tooDeep},
		{"value that is no object", `{"a":"x"}`, serialization + "Unexpected field type"},
		{"value that is a list", `{"a":[]}`, serialization + "Start of list found where not expected"},
		{"string that is a number", `{"a":{"S":1}}`, serialization + "NUMBER_VALUE cannot be converted to String"},
		{"string that is a structure", `{"a":{"S":{}}}`, serialization + "Start of structure or map found where not expected"},
		{"string that is a list", `{"a":{"S":[]}}`, serialization + "Unrecognized collection type class java.lang.String"},
		{"number that is a number", `{"a":{"N":1}}`, serialization + "NUMBER_VALUE cannot be converted to String"},
		{"boolean that is a string", `{"a":{"BOOL":"x"}}`, serialization + "STRING_VALUE cannot be converted to Boolean"},
		{"boolean that is a number", `{"a":{"BOOL":1}}`, serialization + "NUMBER_VALUE cannot be converted to Boolean"},
		{"list that is no list", `{"a":{"L":{}}}`, serialization + "Start of structure or map found where not expected"},
		{"map that is no map", `{"a":{"M":"x"}}`, serialization + "Unexpected field type"},
		{"element that is null", `{"a":{"SS":[null]}}`, serialization + "NULL_VALUE cannot be converted to String"},
		{"binary that is none", `{"a":{"B":"a"}}`, serialization + "only base-64-encoded strings are convertible to bytes"},
		{"binary with loose bits", `{"a":{"B":"YR=="}}`, serialization + "only base-64-encoded strings are convertible to bytes"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if item, err := read(test.document); err == nil || err.Error() != test.want {
				t.Errorf("got %v, %v\nwant %s", item, err, test.want)
			}
		})
	}
}

// nested returns an item with a value inside a number of containers.
func nested(depth int, open, shut string) string {
	return `{"a":` + strings.Repeat(open, depth) + `{"S":"x"}` + strings.Repeat(shut, depth) + `}`
}

func TestDeepestNesting(t *testing.T) {
	t.Parallel()
	for _, document := range []string{nested(31, `{"L":[`, `]}`), nested(31, `{"M":{"a":`, `}}`)} {
		if _, err := read(document); err != nil {
			t.Error(err)
		}
	}
}

// values generates attribute values, nested up to a depth.
func values(depth int) *rapid.Generator[attribute.Value] {
	return rapid.Custom(func(t *rapid.T) attribute.Value {
		kinds := []attribute.Type{attribute.String, attribute.Number, attribute.Binary, attribute.Bool, attribute.Null,
			attribute.StringSet, attribute.NumberSet, attribute.BinarySet}
		if depth > 0 {
			kinds = append(kinds, attribute.List, attribute.MapType)
		}
		kind := rapid.SampledFrom(kinds).Draw(t, "kind")
		value := attribute.Value{Type: kind}
		switch kind {
		case attribute.String, attribute.Number, attribute.Binary:
			value = scalars(kind).Draw(t, "scalar")
		case attribute.Bool:
			value.Bool = rapid.Bool().Draw(t, "bool")
		case attribute.List:
			value.List = rapid.SliceOfN(values(depth-1), 0, 3).Draw(t, "list")
			if len(value.List) == 0 {
				value.List = nil
			}
		case attribute.MapType:
			value.Map = items(depth-1).Draw(t, "map")
		case attribute.StringSet, attribute.NumberSet, attribute.BinarySet:
			for _, element := range rapid.SliceOfN(scalars(kind.Element()), 1, 4).Draw(t, "set") {
				value = value.Union(attribute.Value{Type: kind, List: []attribute.Value{element}})
			}
		default: // a Null is complete
		}
		return value
	})
}

func scalars(kind attribute.Type) *rapid.Generator[attribute.Value] {
	return rapid.Custom(func(t *rapid.T) attribute.Value {
		if kind == attribute.Number {
			return number(t, numbers().Draw(t, "number"))
		}
		if kind == attribute.Binary {
			return attribute.Value{Type: kind, Text: string(rapid.SliceOfN(rapid.Byte(), 0, 5).Draw(t, "bytes"))}
		}
		return attribute.Text(rapid.StringN(0, 8, -1).Draw(t, "text"))
	})
}

// items generates items.
func items(depth int) *rapid.Generator[attribute.Map] {
	return rapid.Custom(func(t *rapid.T) attribute.Map {
		item := attribute.Map{}
		for _, name := range rapid.SliceOfN(rapid.StringN(1, 8, -1), 0, 16).Draw(t, "names") {
			item = item.With(name, values(depth).Draw(t, "value"))
		}
		return item
	})
}

func TestEveryItemSurvivesItsJSONAndItsStoredForm(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		item := items(3).Draw(t, "item")
		document := item.AppendJSON(nil)
		if !json.Valid(document) {
			t.Fatalf("no JSON: %s", document)
		}
		if again, err := read(string(document)); err != nil || !equal(again, item) {
			t.Errorf("JSON %s\nbecame %v, %v", document, again, err)
		}
		stored := item.AppendStored(nil)
		again, err := attribute.DecodeStored(stored)
		if err != nil || !equal(again, item) {
			t.Errorf("%v\nwas stored as %v, %v", item, again, err)
		}
		if !reflect.DeepEqual(again.AppendStored(nil), stored) {
			t.Error("equal items have different stored forms")
		}
	})
}

func equal(a, b attribute.Map) bool {
	return attribute.Value{Map: a}.Equal(attribute.Value{Map: b})
}

func FuzzReadMap(f *testing.F) {
	f.Add(`{"a":{"S":"x"},"m":{"M":{"l":{"L":[{"N":"1.50"},{"NULL":true}]}}},"s":{"SS":["b","a"]},"b":{"BS":["YQ=="]}}`)
	f.Add(`{"a":{"N":"-1e-130"},"b":{"BOOL":false},"é\ud83d\ude00":{"B":"AP8="}}`)
	f.Fuzz(func(t *testing.T, document string) {
		item, err := read(document)
		if err != nil {
			return
		}
		again, err := read(string(item.AppendJSON(nil)))
		if err != nil || !equal(again, item) {
			t.Errorf("%s is written as %s", document, item.AppendJSON(nil))
		}
		if item.Size() < 0 {
			t.Error("an item with a negative size")
		}
	})
}

func FuzzDecodeStored(f *testing.F) {
	item, err := read(`{"a":{"S":"x"},"m":{"M":{"l":{"L":[{"N":"1"},{"NULL":true}]}}},"s":{"SS":["b","a"]},"t":{"BOOL":true}}`)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(item.AppendStored(nil))
	f.Fuzz(func(_ *testing.T, stored []byte) {
		_, _ = attribute.DecodeStored(stored) // whatever it is, it must not panic
	})
}
