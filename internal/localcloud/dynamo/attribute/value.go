// Package attribute is DynamoDB's data model: attribute values and items, their JSON, their stored form, the order of
// keys, numbers and sizes.
package attribute

import (
	"slices"
	"strings"
)

// Type is the type of a value.
type Type byte

// The types, as they are stored: their numbers must not change.
const (
	String    Type = 1
	Number    Type = 2
	Binary    Type = 3
	Bool      Type = 4
	Null      Type = 5
	MapType   Type = 6
	List      Type = 7
	StringSet Type = 8
	NumberSet Type = 9
	BinarySet Type = 10
)

// names returns the type's name on the wire and as some of AWS's error texts have it.
func (t Type) names() (short, long string) {
	switch t {
	case String:
		return "S", "STRING"
	case Number:
		return "N", "NUMBER"
	case Binary:
		return "B", "BINARY"
	case Bool:
		return "BOOL", "BOOLEAN"
	case Null:
		return "NULL", "NULL"
	case MapType:
		return "M", "MAP"
	case List:
		return "L", "LIST"
	case StringSet:
		return "SS", "STRING_SET"
	case NumberSet:
		return "NS", "NUMBER_SET"
	case BinarySet:
		return "BS", "BINARY_SET"
	}
	return "", ""
}

// String returns the type's name on the wire, such as S or NS.
func (t Type) String() string {
	short, _ := t.names()
	return short
}

// Long returns the type's name as some of AWS's error texts have it, such as STRING.
func (t Type) Long() string {
	_, long := t.names()
	return long
}

// IsSet tells whether values of the type are sets.
func (t Type) IsSet() bool { return t >= StringSet && t <= BinarySet }

// Element returns the type of a set's elements.
func (t Type) Element() Type { return t - StringSet + String }

// HasOrder tells whether two values of the type can be compared by < and >.
func (t Type) HasOrder() bool { return t == String || t == Number || t == Binary }

// ParseType finds a type by its name on the wire.
func ParseType(name string) (Type, bool) {
	for t := String; t <= BinarySet; t++ {
		if t.String() == name {
			return t, true
		}
	}
	return 0, false
}

// Value is one attribute value. It is not changed once it is made: what looks like a change makes another Value.
type Value struct {
	Type Type
	Bool bool    // of a Bool
	Text string  // of a String; a Number in normalised form; a Binary's bytes
	List []Value // the elements of a List or of a set; a set's are in ascending order
	Map  Map     // of a MapType
}

// Text makes a String.
func Text(text string) Value { return Value{Type: String, Text: text} }

// Equal tells whether two values are the same value. Sets are equal when they have the same elements.
func (v Value) Equal(other Value) bool {
	return v.Type == other.Type && v.Bool == other.Bool && v.Text == other.Text &&
		slices.EqualFunc(v.List, other.List, Value.Equal) && slices.EqualFunc(v.Map, other.Map, Member.equal)
}

// Compare orders two values of the same type, which must have an order: negative when v comes first.
func (v Value) Compare(other Value) int {
	if v.Type == Number {
		return compareNumbers(v.Text, other.Text)
	}
	return strings.Compare(v.Text, other.Text)
}

// Member is one named value of a map or an item.
type Member struct {
	Name  string
	Value Value
}

func (m Member) equal(other Member) bool { return m.Name == other.Name && m.Value.Equal(other.Value) }

// Map holds named values, ordered by name. An item is a Map.
type Map []Member

// Get finds a member.
func (m Map) Get(name string) (Value, bool) {
	i, found := m.find(name)
	if !found {
		return Value{}, false
	}
	return m[i].Value, true
}

// With returns the map with a member set; m stays as it is.
func (m Map) With(name string, value Value) Map {
	i, found := m.find(name)
	if found {
		m = slices.Clone(m)
		m[i].Value = value
		return m
	}
	return slices.Insert(slices.Clip(m), i, Member{name, value})
}

// Without returns the map without a member; m stays as it is.
func (m Map) Without(name string) Map {
	i, found := m.find(name)
	if !found {
		return m
	}
	return slices.Delete(slices.Clone(m), i, i+1)
}

func (m Map) find(name string) (int, bool) {
	if len(m) <= 12 { // a short search in order is quicker than a binary one
		for i := range m {
			if m[i].Name >= name {
				return i, m[i].Name == name
			}
		}
		return len(m), false
	}
	return slices.BinarySearchFunc(m, name, func(m Member, name string) int { return strings.Compare(m.Name, name) })
}

// normalised puts members into order; of two with the same name the later one stays.
func normalised(members []Member) Map {
	byName := func(a, b Member) int { return strings.Compare(a.Name, b.Name) }
	if !slices.IsSortedFunc(members, byName) {
		slices.SortStableFunc(members, byName)
	}
	kept := members[:0]
	for i, member := range members {
		if i+1 < len(members) && members[i+1].Name == member.Name {
			continue
		}
		kept = append(kept, member)
	}
	return kept
}
