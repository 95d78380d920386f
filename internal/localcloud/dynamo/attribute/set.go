package attribute

import (
	"encoding/base64"
	"slices"
	"strings"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/dynamo/refusal"
)

// newSet makes a set of elements that came in any order. Sets are never empty and have no element twice.
func newSet(set Type, elements []Value) (Value, error) {
	if len(elements) == 0 {
		return Value{}, emptySet(set)
	}
	sorted := slices.Clone(elements)
	slices.SortFunc(sorted, Value.Compare)
	for i := range sorted[1:] {
		if sorted[i].Text == sorted[i+1].Text {
			return Value{}, duplicates(set, elements)
		}
	}
	return Value{Type: set, List: sorted}, nil
}

func emptySet(set Type) error {
	switch set {
	case StringSet:
		return refusal.Parameter("An string set  may not be empty")
	case NumberSet:
		return refusal.Parameter("An number set  may not be empty")
	default:
		return refusal.Parameter("Binary sets should not be empty")
	}
}

func duplicates(set Type, elements []Value) error {
	if set == NumberSet {
		return refusal.Validation("Input collection contains duplicates")
	}
	texts := make([]string, len(elements))
	for i, element := range elements {
		texts[i] = element.Text
		if set == BinarySet {
			texts[i] = base64.StdEncoding.EncodeToString([]byte(element.Text))
		}
	}
	list := strings.Join(texts, ", ")
	if set == BinarySet {
		return refusal.Parameter("Input collection [%s]of type BS contains duplicates.", list)
	}
	return refusal.Parameter("Input collection [%s] contains duplicates.", list)
}

// Union returns the set of the elements of two sets of the same type.
func (v Value) Union(other Value) Value {
	both := append(slices.Clone(v.List), other.List...)
	slices.SortFunc(both, Value.Compare)
	return Value{Type: v.Type, List: slices.CompactFunc(both, Value.Equal)}
}

// Difference returns the set without the elements of another of the same type. It says false when no element is left,
// as there is no empty set.
func (v Value) Difference(other Value) (Value, bool) {
	var left []Value
	for _, element := range v.List {
		if !other.Contains(element) {
			left = append(left, element)
		}
	}
	return Value{Type: v.Type, List: left}, len(left) > 0
}

// Contains tells whether a value is among the elements of a set or list.
func (v Value) Contains(element Value) bool { return slices.ContainsFunc(v.List, element.Equal) }
