// Package scan reads JSON text in place: it finds where values end and what strings say, without building a tree. The bus
// reads every event through it, several times, so it allocates nothing.
//
// It takes JSON as RFC 8259 has it, nested at most MaxDepth deep. Like encoding/json it reads half surrogate pairs and
// invalid UTF-8 inside strings as U+FFFD.
//
// The functions take the text and an index, and answer with the index after what they read, or Invalid.
package scan

import (
	"math/bits"
	"strconv"
)

// Invalid is answered where there is no well-formed JSON.
const Invalid = -1

// MaxDepth is how deeply arrays and objects may nest (PutEvents, API reference).
const MaxDepth = 1000

// Space returns the index of the first byte from i on that is not white space.
func Space(data []byte, i int) int {
	for i < len(data) && (data[i] == ' ' || data[i] == '\n' || data[i] == '\t' || data[i] == '\r') {
		i++
	}
	return i
}

// Whole tells whether data is exactly one JSON value, with white space around it or without.
func Whole(data []byte) bool {
	end := Value(data, Space(data, 0))
	return end != Invalid && Space(data, end) == len(data)
}

// Value returns the index after the value that starts at data[i].
func Value(data []byte, i int) int { return value(data, i, anyInteger) }

// Int64Value is Value for JSON whose integers must be within int64, as those of PutEvents (API reference).
func Int64Value(data []byte, i int) int { return value(data, i, isInt64) }

func value(data []byte, i int, integer func(digits []byte) bool) int {
	if i >= len(data) {
		return Invalid
	}
	switch data[i] {
	case '{', '[':
		return container(data, i, integer)
	default:
		return scalar(data, i, integer)
	}
}

// container reads an object or array. It keeps the kinds of the open ones in a bit set rather than on Go's stack, so that
// hostile nesting costs nothing.
func container(data []byte, i int, integer func([]byte) bool) int {
	var open nesting
	if !open.enter(data[i]) {
		return Invalid
	}
	i = Space(data, i+1)
	first := true
	for i < len(data) {
		if data[i] == open.closer() {
			i++
			if open.leave() {
				return i
			}
			i, first = Space(data, i), false
			continue
		}
		if i = item(data, i, first, open.inObject()); i == Invalid || i >= len(data) {
			return Invalid
		}
		if data[i] == '{' || data[i] == '[' {
			if !open.enter(data[i]) {
				return Invalid
			}
			i, first = Space(data, i+1), true
			continue
		}
		if i = scalar(data, i, integer); i == Invalid {
			return Invalid
		}
		i, first = Space(data, i), false
	}
	return Invalid
}

// item passes over the comma before a member or element that is not the first, and over a member's key, to the value.
func item(data []byte, i int, first, inObject bool) int {
	if !first {
		if data[i] != ',' {
			return Invalid
		}
		i = Space(data, i+1)
	}
	if inObject {
		_, i = Key(data, i)
	}
	return i
}

// Key reads the key that starts at data[i] and its colon: it returns the index after the key's token, and that of the
// member's value.
func Key(data []byte, i int) (end, value int) {
	if i >= len(data) || data[i] != '"' {
		return Invalid, Invalid
	}
	if end = String(data, i); end == Invalid {
		return Invalid, Invalid
	}
	if i = Space(data, end); i >= len(data) || data[i] != ':' {
		return Invalid, Invalid
	}
	return end, Space(data, i+1)
}

func scalar(data []byte, i int, integer func([]byte) bool) int {
	switch c := data[i]; {
	case c == '"':
		return String(data, i)
	case c == '-' || isDigit(c):
		return number(data, i, integer)
	case c == 't':
		return literal(data, i, "true")
	case c == 'f':
		return literal(data, i, "false")
	case c == 'n':
		return literal(data, i, "null")
	default:
		return Invalid
	}
}

func literal(data []byte, i int, word string) int {
	if end := i + len(word); end <= len(data) && string(data[i:end]) == word {
		return end
	}
	return Invalid
}

// Number returns the index after the number that starts at data[i].
func Number(data []byte, i int) int { return number(data, i, anyInteger) }

func number(data []byte, i int, integer func(digits []byte) bool) int {
	start := i
	if i < len(data) && data[i] == '-' {
		i++
	}
	switch {
	case i >= len(data) || !isDigit(data[i]):
		return Invalid
	case data[i] == '0':
		i++
	default:
		i = digits(data, i)
	}
	fraction := i
	if i < len(data) && data[i] == '.' {
		if i = someDigits(data, i+1); i == Invalid {
			return Invalid
		}
	}
	if i < len(data) && (data[i] == 'e' || data[i] == 'E') {
		i++
		if i < len(data) && (data[i] == '+' || data[i] == '-') {
			i++
		}
		return someDigits(data, i)
	}
	if fraction == i && !integer(data[start:i]) {
		return Invalid
	}
	return i
}

func anyInteger([]byte) bool { return true }

// isInt64 tells whether the digits of an integer, with a sign or without, are a number that int64 holds.
func isInt64(digits []byte) bool {
	const surelyShort = 18
	if len(digits) <= surelyShort {
		return true
	}
	_, err := strconv.ParseInt(string(digits), 10, 64)
	return err == nil
}

func someDigits(data []byte, i int) int {
	if end := digits(data, i); end > i {
		return end
	}
	return Invalid
}

func digits(data []byte, i int) int {
	for i < len(data) && isDigit(data[i]) {
		i++
	}
	return i
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// nesting is the stack of open arrays and objects, one bit each.
type nesting struct {
	objects [(MaxDepth + bits.UintSize - 1) / bits.UintSize]uint
	depth   int
}

func (n *nesting) enter(bracket byte) bool {
	if n.depth == MaxDepth {
		return false
	}
	word, bit := n.depth/bits.UintSize, uint(1)<<(n.depth%bits.UintSize)
	if bracket == '{' {
		n.objects[word] |= bit
	} else {
		n.objects[word] &^= bit
	}
	n.depth++
	return true
}

func (n *nesting) leave() (outermost bool) {
	n.depth--
	return n.depth == 0
}

func (n *nesting) inObject() bool {
	last := n.depth - 1
	return n.objects[last/bits.UintSize]&(1<<(last%bits.UintSize)) != 0
}

func (n *nesting) closer() byte {
	if n.inObject() {
		return '}'
	}
	return ']'
}
