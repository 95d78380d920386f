// Package wire reads and writes the JSON of DynamoDB's protocol in one pass, without building a tree of it. What does
// not fit is refused with a SerializationException worded as AWS words it.
package wire

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/dynamo/refusal"
)

// maxDepth bounds the nesting of a document, far above the 32 levels that an item may have.
const maxDepth = 200

// Reader reads one JSON document from its beginning. The caller asks for what it expects next. Strings that a Reader
// returns share the memory of the document.
type Reader struct {
	text  string
	at    int
	depth int
}

// NewReader makes a Reader of a document, which it copies.
func NewReader(document []byte) (*Reader, error) {
	if !utf8.Valid(document) {
		return nil, refusal.Serialization("The request body is not valid UTF-8.")
	}
	return &Reader{text: string(document)}, nil
}

// Document reads one object that is the whole document: read is called with each member's name when its value is next,
// and must read the value. Members that are null are passed over, as AWS takes them for absent.
func (r *Reader) Document(read func(name string) error) error {
	if r.next() != '{' {
		return refusal.Serialization("Start of structure expected")
	}
	if err := r.Object(read); err != nil {
		return err
	}
	if r.next() != 0 || r.at < len(r.text) {
		return r.broken()
	}
	return nil
}

// Object reads an object; see Document for read.
func (r *Reader) Object(read func(name string) error) error {
	if err := r.enter('{'); err != nil {
		return err
	}
	defer r.leave()
	if r.take('}') {
		return nil
	}
	for {
		name, err := r.quoted()
		if err != nil {
			return err
		}
		if !r.take(':') {
			return r.broken()
		}
		if !r.null() {
			if err := read(name); err != nil {
				return err
			}
		}
		if r.take('}') {
			return nil
		}
		if !r.take(',') {
			return r.broken()
		}
	}
}

// Array reads an array: read is called when an element is next, and must read it.
func (r *Reader) Array(read func() error) error {
	if err := r.enter('['); err != nil {
		return err
	}
	defer r.leave()
	if r.take(']') {
		return nil
	}
	for {
		if err := read(); err != nil {
			return err
		}
		if r.take(']') {
			return nil
		}
		if !r.take(',') {
			return r.broken()
		}
	}
}

// String reads a string.
func (r *Reader) String() (string, error) {
	if r.next() != '"' {
		return "", r.mismatch("String")
	}
	return r.quoted()
}

// Bool reads true or false.
func (r *Reader) Bool() (bool, error) {
	switch {
	case r.literal("true"):
		return true, nil
	case r.literal("false"):
		return false, nil
	}
	return false, r.mismatch("Boolean")
}

// Int reads a whole number; what follows a decimal point is dropped, as AWS does.
func (r *Reader) Int() (int, error) {
	if c := r.next(); c != '-' && (c < '0' || c > '9') {
		return 0, r.mismatch("Integer")
	}
	number, err := r.number()
	if err != nil {
		return 0, err
	}
	whole, _, _ := strings.Cut(number, ".")
	value, err := strconv.Atoi(whole)
	if err != nil {
		return 0, refusal.Serialization("%s cannot be converted to Integer", number)
	}
	return value, nil
}

// Skip reads a value of any kind and forgets it.
func (r *Reader) Skip() error {
	switch c := r.next(); {
	case c == '{':
		return r.Object(func(string) error { return r.Skip() })
	case c == '[':
		return r.Array(r.Skip)
	case c == '"':
		_, err := r.quoted()
		return err
	case c == '-' || c >= '0' && c <= '9':
		_, err := r.number()
		return err
	case r.literal("true") || r.literal("false") || r.literal("null"):
		return nil
	}
	return r.broken()
}

// next returns the next byte that is not white space, without taking it; 0 at the end.
func (r *Reader) next() byte {
	for r.at < len(r.text) {
		switch c := r.text[r.at]; c {
		case ' ', '\t', '\n', '\r':
			r.at++
		default:
			return c
		}
	}
	return 0
}

func (r *Reader) take(c byte) bool {
	if r.next() != c {
		return false
	}
	r.at++
	return true
}

func (r *Reader) null() bool { return r.next() == 'n' && r.literal("null") }

func (r *Reader) literal(word string) bool {
	r.next()
	if !strings.HasPrefix(r.text[r.at:], word) {
		return false
	}
	r.at += len(word)
	return true
}

// enter takes the opening bracket of an object or an array.
func (r *Reader) enter(open byte) error {
	switch c := r.next(); c {
	case open:
		r.at++
	case '{':
		return refusal.Serialization("Start of structure or map found where not expected")
	case '[':
		return refusal.Serialization("Start of list found where not expected")
	case 0:
		return r.broken()
	default:
		return refusal.Serialization("Unexpected field type")
	}
	if r.depth++; r.depth > maxDepth {
		return refusal.Serialization("The request body is nested more than %d levels deep", maxDepth)
	}
	return nil
}

func (r *Reader) leave() { r.depth-- }

// number takes the characters of a JSON number.
func (r *Reader) number() (string, error) {
	start := r.at
	for r.at < len(r.text) && strings.IndexByte("+-.0123456789eE", r.text[r.at]) >= 0 {
		r.at++
	}
	number := r.text[start:r.at]
	if _, err := strconv.ParseFloat(number, 64); err != nil && !isRange(err) {
		return "", r.broken()
	}
	return number, nil
}

func (r *Reader) mismatch(wanted string) error {
	switch c := r.next(); c {
	case '{':
		return refusal.Serialization("Start of structure or map found where not expected")
	case '[':
		return refusal.Serialization("Unrecognized collection type class java.lang.%s", wanted)
	case '"':
		return refusal.Serialization("STRING_VALUE cannot be converted to %s", wanted)
	case 't':
		return refusal.Serialization("TRUE_VALUE cannot be converted to %s", wanted)
	case 'f':
		return refusal.Serialization("FALSE_VALUE cannot be converted to %s", wanted)
	case 'n':
		return refusal.Serialization("NULL_VALUE cannot be converted to %s", wanted)
	case '-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9':
		return refusal.Serialization("NUMBER_VALUE cannot be converted to %s", wanted)
	}
	return r.broken()
}

func (r *Reader) broken() error {
	return refusal.Serialization("The request body is not valid JSON at byte %d", r.at)
}
