package attribute

import (
	"encoding/binary"
	"errors"
)

// ErrCorrupt is the error for stored bytes that are no item.
var ErrCorrupt = errors.New("a stored item cannot be decoded")

// AppendStored appends the compact form in which items are stored. Equal items have equal forms.
func (m Map) AppendStored(to []byte) []byte {
	to = binary.AppendUvarint(to, uint64(len(m)))
	for _, member := range m {
		to = appendText(to, member.Name)
		to = member.Value.appendStored(to)
	}
	return to
}

func (v Value) appendStored(to []byte) []byte {
	to = append(to, byte(v.Type))
	switch v.Type {
	case Bool:
		if v.Bool {
			return append(to, 1)
		}
		return append(to, 0)
	case Null:
		return to
	case MapType:
		return v.Map.AppendStored(to)
	case List:
		to = binary.AppendUvarint(to, uint64(len(v.List)))
		for _, element := range v.List {
			to = element.appendStored(to)
		}
		return to
	case StringSet, NumberSet, BinarySet:
		to = binary.AppendUvarint(to, uint64(len(v.List)))
		for _, element := range v.List {
			to = appendText(to, element.Text)
		}
		return to
	default:
		return appendText(to, v.Text)
	}
}

func appendText(to []byte, text string) []byte {
	return append(binary.AppendUvarint(to, uint64(len(text))), text...)
}

// DecodeStored is the reverse of AppendStored. It copies what it keeps.
func DecodeStored(stored []byte) (Map, error) {
	d := decoder{rest: string(stored)}
	item := d.members(0)
	if d.failed || d.rest != "" {
		return nil, ErrCorrupt
	}
	return item, nil
}

// decoder takes parts from the front of rest. After a failure it returns empty parts.
type decoder struct {
	rest   string
	failed bool
}

func (d *decoder) members(depth int) Map {
	count := d.count()
	members := make(Map, 0, count)
	for range count {
		members = append(members, Member{d.text(), d.value(depth)})
	}
	return members
}

func (d *decoder) value(depth int) Value {
	if depth > maxNesting {
		d.fail()
	}
	v := Value{Type: Type(d.byte())}
	switch v.Type {
	case String, Number, Binary:
		v.Text = d.text()
	case Bool:
		v.Bool = d.byte() == 1
	case Null:
	case MapType:
		v.Map = d.members(depth + 1)
	case List:
		v.List = d.list(func() Value { return d.value(depth + 1) })
	case StringSet, NumberSet, BinarySet:
		v.List = d.list(func() Value { return Value{Type: v.Type.Element(), Text: d.text()} })
	default:
		d.fail()
	}
	return v
}

func (d *decoder) list(element func() Value) []Value {
	count := d.count()
	if count == 0 {
		return nil
	}
	values := make([]Value, 0, count)
	for range count {
		values = append(values, element())
	}
	return values
}

func (d *decoder) text() string {
	length := d.count()
	text := d.rest[:length]
	d.rest = d.rest[length:]
	return text
}

// count takes the number of parts or bytes that follow, which cannot be more than there are bytes.
func (d *decoder) count() int {
	var value uint64
	for shift := 0; ; shift += 7 {
		b := d.byte()
		value |= uint64(b&0x7F) << shift
		if b < 0x80 {
			break
		}
		if shift > 28 {
			d.fail()
			return 0
		}
	}
	if value > uint64(len(d.rest)) {
		d.fail()
		return 0
	}
	return int(value)
}

func (d *decoder) byte() byte {
	if d.rest == "" {
		d.fail()
		return 0
	}
	b := d.rest[0]
	d.rest = d.rest[1:]
	return b
}

func (d *decoder) fail() { d.failed, d.rest = true, "" }
