package pattern

import (
	"bytes"
	"strings"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/pattern/scan"
)

// steps is a tree of keys: the fields that the patterns of a set ask for. A key with dots is several steps.
type steps struct {
	children map[string]*steps
	field    int // the field that ends here, or none
}

const none = -1

func newSteps() *steps { return &steps{field: none} }

func (s *steps) child(key []byte) *steps {
	for s != nil {
		dot := bytes.IndexByte(key, '.')
		if dot < 0 {
			return s.children[string(key)]
		}
		s, key = s.children[string(key[:dot])], key[dot+1:]
	}
	return nil
}

func (s *steps) add(path string) *steps {
	for key := range strings.SplitSeq(path, ".") {
		if s.children == nil {
			s.children = make(map[string]*steps)
		}
		next, known := s.children[key]
		if !known {
			next = newSteps()
			s.children[key] = next
		}
		s = next
	}
	return s
}

// event is what the patterns of a set look at in one event: the values of the fields that any of them asks for. It is
// reused for the next event.
type event struct {
	json               []byte
	source, detailType value
	read               bool // what follows has been filled
	values             []fieldValue
	first              []int // by field: its first value, or none
	scopes             []scope
	arrays             int
	text               []byte // what strings say that are written with escapes
}

type fieldValue struct {
	value
	scope int // the array element that it stands in
	next  int // the next value of the same field, or none
}

// scope is an element of an array that is itself an object or array: two values of different elements of one array do not
// go together. Scope 0 is the event itself.
type scope struct {
	parent, array, index int
}

func (e *event) begin(source, detailType string, json []byte) {
	e.json, e.read = json, false
	e.source = value{kind: stringValue, text: append(e.source.text[:0], source...)}
	e.detailType = value{kind: stringValue, text: append(e.detailType.text[:0], detailType...)}
}

// end lets go of the event's text.
func (e *event) end() {
	clear(e.values)
	e.json = nil
}

func (e *event) reset(fields int) {
	e.values, e.scopes, e.text = e.values[:0], append(e.scopes[:0], scope{}), e.text[:0]
	e.arrays = 0
	e.first = e.first[:0]
	for range fields {
		e.first = append(e.first, none)
	}
}

// object reads the object that starts at data[i] and returns the index after it, or scan.Invalid.
func (e *event) object(data []byte, i int, at *steps, in int) int {
	i = scan.Space(data, i+1)
	for first := true; i < len(data) && data[i] != '}'; first = false {
		if !first {
			if data[i] != ',' {
				return scan.Invalid
			}
			i = scan.Space(data, i+1)
		}
		end, start := scan.Key(data, i)
		if end == scan.Invalid {
			return scan.Invalid
		}
		if i = e.value(data, start, at.child(e.textOf(data[i:end])), in); i == scan.Invalid {
			return scan.Invalid
		}
		i = scan.Space(data, i)
	}
	if i >= len(data) {
		return scan.Invalid
	}
	return i + 1
}

func (e *event) value(data []byte, i int, at *steps, in int) int {
	switch {
	case at == nil || i >= len(data):
		return scan.Value(data, i)
	case data[i] == '{':
		if at.children == nil {
			return scan.Value(data, i)
		}
		return e.object(data, i, at, in)
	case data[i] == '[':
		return e.array(data, i, at, in)
	default:
		return e.scalar(data, i, at.field, in)
	}
}

func (e *event) array(data []byte, i int, at *steps, in int) int {
	array := e.arrays
	e.arrays++
	i = scan.Space(data, i+1)
	for index := 0; i < len(data) && data[i] != ']'; index++ {
		if index > 0 {
			if data[i] != ',' {
				return scan.Invalid
			}
			i = scan.Space(data, i+1)
		}
		within := in
		if i < len(data) && (data[i] == '{' || data[i] == '[') {
			within = len(e.scopes)
			e.scopes = append(e.scopes, scope{in, array, index})
		}
		if i = e.value(data, i, at, within); i == scan.Invalid {
			return scan.Invalid
		}
		i = scan.Space(data, i)
	}
	if i >= len(data) {
		return scan.Invalid
	}
	return i + 1
}

func (e *event) scalar(data []byte, i, field, in int) int {
	end := scan.Value(data, i)
	if end == scan.Invalid || field == none {
		return end
	}
	v := value{text: data[i:end]}
	switch data[i] {
	case '"':
		v.kind, v.text = stringValue, e.textOf(v.text)
	case 't':
		v.kind = trueValue
	case 'f':
		v.kind = falseValue
	case 'n':
		v.kind = nullValue
	default:
		v.kind, v.number = numberValue, newNumber(v.text)
	}
	e.values = append(e.values, fieldValue{value: v, scope: in, next: e.first[field]})
	e.first[field] = len(e.values) - 1
	return end
}

// textOf returns what a string token says.
func (e *event) textOf(token []byte) []byte {
	if bytes.IndexByte(token, '\\') < 0 {
		return token[1 : len(token)-1]
	}
	start := len(e.text)
	e.text = scan.AppendText(e.text, token)
	return e.text[start:len(e.text):len(e.text)]
}
