package attribute

import (
	"encoding/base64"
	"strconv"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/dynamo/refusal"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/dynamo/wire"
)

const (
	maxNesting = 31    // maps and lists in one another, below the item
	maxName    = 65535 // bytes of an attribute's name
)

// CheckName refuses what is no name of an attribute or of a map's member.
func CheckName(name string) error {
	switch {
	case name == "":
		return refusal.Validation("Empty attribute name")
	case len(name) > maxName:
		return refusal.Validation("Attribute name is too large, must be less than %d bytes", maxName+1)
	}
	return nil
}

// ReadMap reads an item, a key or the members of a map in DynamoDB's JSON.
func ReadMap(r *wire.Reader) (Map, error) { return readMap(r, 0) }

// ReadValue reads one attribute value in DynamoDB's JSON.
func ReadValue(r *wire.Reader) (Value, error) { return readValue(r, 0) }

func readMap(r *wire.Reader, depth int) (Map, error) {
	members := make([]Member, 0, 8)
	err := r.Object(func(name string) error {
		if err := CheckName(name); err != nil {
			return err
		}
		value, err := readValue(r, depth)
		members = append(members, Member{name, value})
		return err
	})
	return normalised(members), err
}

func readValue(r *wire.Reader, depth int) (Value, error) {
	var value Value
	types := 0
	err := r.Object(func(name string) error {
		kind, known := ParseType(name)
		if !known {
			return r.Skip()
		}
		types++
		var err error
		value, err = readTyped(r, kind, depth)
		return err
	})
	switch {
	case err != nil:
		return Value{}, err
	case types == 0:
		return Value{}, refusal.Validation("Supplied AttributeValue is empty, must contain exactly one of the supported datatypes")
	case types > 1:
		return Value{}, refusal.Validation(
			"Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes")
	}
	return value, nil
}

func readTyped(r *wire.Reader, kind Type, depth int) (Value, error) {
	if (kind == MapType || kind == List) && depth == maxNesting {
		return Value{}, tooDeep()
	}
	switch kind {
	case Bool:
		value, err := r.Bool()
		return Value{Type: Bool, Bool: value}, err
	case Null:
		value, err := r.Bool()
		if err == nil && !value {
			err = refusal.Parameter("Null attribute value types must have the value of true")
		}
		return Value{Type: Null}, err
	case MapType:
		members, err := readMap(r, depth+1)
		return Value{Type: MapType, Map: members}, err
	case List:
		elements, err := readElements(r, func() (Value, error) { return readValue(r, depth+1) })
		return Value{Type: List, List: elements}, err
	case StringSet, NumberSet, BinarySet:
		elements, err := readElements(r, func() (Value, error) { return readScalar(r, kind.Element()) })
		if err != nil {
			return Value{}, err
		}
		return newSet(kind, elements)
	default:
		return readScalar(r, kind)
	}
}

func tooDeep() error {
	return refusal.Validation("Nesting Levels have exceeded supported limits: " +
		"Attributes in the item have nested levels beyond supported limit")
}

// CheckNesting refuses an item in which maps and lists lie in one another too deep. What was read is not so.
func (m Map) CheckNesting() error {
	if m.depth() > maxNesting {
		return tooDeep()
	}
	return nil
}

// depth counts the maps and lists that lie in one another below the map.
func (m Map) depth() int {
	deepest := 0
	for i := range m {
		deepest = max(deepest, m[i].Value.depth())
	}
	return deepest
}

func (v *Value) depth() int {
	switch v.Type {
	case MapType:
		return 1 + v.Map.depth()
	case List:
		deepest := 0
		for i := range v.List {
			deepest = max(deepest, v.List[i].depth())
		}
		return 1 + deepest
	default:
		return 0
	}
}

func readScalar(r *wire.Reader, kind Type) (Value, error) {
	text, err := r.String()
	if err != nil {
		return Value{}, err
	}
	switch kind {
	case Number:
		return NewNumber(text)
	case Binary:
		decoded, err := base64.StdEncoding.Strict().DecodeString(text)
		if err != nil {
			return Value{}, refusal.Serialization("only base-64-encoded strings are convertible to bytes")
		}
		return Value{Type: Binary, Text: string(decoded)}, nil
	default:
		return Text(text), nil
	}
}

func readElements(r *wire.Reader, read func() (Value, error)) ([]Value, error) {
	var elements []Value
	err := r.Array(func() error {
		element, err := read()
		elements = append(elements, element)
		return err
	})
	return elements, err
}

// AppendJSON appends an item in DynamoDB's JSON, its attributes in the order of their names.
func (m Map) AppendJSON(to []byte) []byte {
	to = append(to, '{')
	for i, member := range m {
		if i > 0 {
			to = append(to, ',')
		}
		to = append(wire.AppendString(to, member.Name), ':')
		to = member.Value.AppendJSON(to)
	}
	return append(to, '}')
}

// AppendJSON appends a value in DynamoDB's JSON.
func (v Value) AppendJSON(to []byte) []byte {
	to = append(append(append(to, `{"`...), v.Type.String()...), `":`...)
	switch v.Type {
	case Bool:
		to = strconv.AppendBool(to, v.Bool)
	case Null:
		to = append(to, "true"...)
	case MapType:
		to = v.Map.AppendJSON(to)
	case List:
		to = appendList(to, v.List, Value.AppendJSON)
	case StringSet, NumberSet, BinarySet:
		to = appendList(to, v.List, Value.appendScalar)
	default:
		to = v.appendScalar(to)
	}
	return append(to, '}')
}

func (v Value) appendScalar(to []byte) []byte {
	switch v.Type {
	case Number:
		return append(append(append(to, '"'), v.Text...), '"')
	case Binary:
		to = append(to, '"')
		to = base64.StdEncoding.AppendEncode(to, []byte(v.Text))
		return append(to, '"')
	default:
		return wire.AppendString(to, v.Text)
	}
}

func appendList(to []byte, values []Value, write func(Value, []byte) []byte) []byte {
	to = append(to, '[')
	for i, value := range values {
		if i > 0 {
			to = append(to, ',')
		}
		to = write(value, to)
	}
	return append(to, ']')
}
