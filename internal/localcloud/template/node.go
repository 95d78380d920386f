package template

import (
	"bytes"
	"encoding/json"
	"strings"
)

// kind is the type of a node's value.
type kind int

const (
	broken kind = iota // a problem was reported for it; it is passed over in silence from there on
	null
	boolean
	number
	text
	list
	object
)

func (k kind) String() string {
	return [...]string{"unreadable", "null", "a boolean", "a number", "a text", "a list", "an object"}[k]
}

// node is one value of the template, with the line where it stands.
type node struct {
	kind   kind
	line   int
	text   string  // of a boolean, a number or a text
	items  []*node // of a list
	fields []field // of an object, in the order of the template
}

type field struct {
	name  string
	line  int
	value *node
}

// get returns the value of an object's field, or nil.
func (n *node) get(name string) *node {
	if n == nil {
		return nil
	}
	for _, f := range n.fields {
		if f.name == name {
			return f.value
		}
	}
	return nil
}

// fieldsOrNone returns an object's fields, and none of nil.
func (n *node) fieldsOrNone() []field {
	if n == nil {
		return nil
	}
	return n.fields
}

func (n *node) scalar() bool { return n.kind == boolean || n.kind == number || n.kind == text }

// intrinsic returns the name and the argument of an object that is a call of an intrinsic function.
func (n *node) intrinsic() (name string, argument *node, ok bool) {
	if n.kind != object || len(n.fields) != 1 {
		return "", nil, false
	}
	f := n.fields[0]
	return f.name, f.value, f.name == "Ref" || strings.HasPrefix(f.name, "Fn::")
}

// json encodes the node as CloudFormation hands it on: fields in the template's order, numbers as they are written.
func (n *node) json() json.RawMessage {
	var b bytes.Buffer
	n.encode(&b)
	return b.Bytes()
}

func (n *node) encode(b *bytes.Buffer) {
	switch n.kind {
	case boolean, number:
		b.WriteString(n.text)
	case text:
		encodeText(b, n.text)
	case list:
		b.WriteByte('[')
		for i, item := range n.items {
			if i > 0 {
				b.WriteByte(',')
			}
			item.encode(b)
		}
		b.WriteByte(']')
	case object:
		b.WriteByte('{')
		for i, f := range n.fields {
			if i > 0 {
				b.WriteByte(',')
			}
			encodeText(b, f.name)
			b.WriteByte(':')
			f.value.encode(b)
		}
		b.WriteByte('}')
	default:
		b.WriteString("null")
	}
}

func encodeText(b *bytes.Buffer, s string) {
	encoder := json.NewEncoder(b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(s); err != nil {
		panic(err) // a string always encodes, and a buffer takes everything
	}
	b.Truncate(b.Len() - 1) // the encoder ends with a line feed
}

// The functions below build the nodes that SAM's expansion adds; all stand at the line they were expanded from.

func textNode(line int, s string) *node { return &node{kind: text, line: line, text: s} }

func listNode(line int, items ...*node) *node { return &node{kind: list, line: line, items: items} }

func call(line int, function string, argument *node) *node {
	return &node{kind: object, line: line, fields: []field{{function, line, argument}}}
}

func ref(line int, name string) *node { return call(line, "Ref", textNode(line, name)) }

func arnOf(line int, name string) *node { return call(line, "Fn::GetAtt", textNode(line, name+".Arn")) }

func objectNode(line int, fields ...field) *node {
	return &node{kind: object, line: line, fields: fields}
}
