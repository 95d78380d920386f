package events

import (
	"bytes"
	"encoding/json"
)

// member returns the value of an object's own member, or nil if it has none; of several with one name, the last. The
// object must be valid JSON. It only skims the object, which can be large.
func member(object json.RawMessage, name string) (value json.RawMessage) {
	depth, begin := 0, 0 // begin is where a value of the name begins, 0 if none does
	for i := 0; i < len(object); i++ {
		switch object[i] {
		case '"':
			end := stringEnd(object, i)
			if depth == 1 && begin == 0 && string(object[i+1:end-1]) == name {
				begin = valueBegin(object, end)
			}
			i = end - 1
		case '{', '[':
			depth++
		case ',', '}', ']':
			if depth == 1 && begin > 0 {
				value, begin = bytes.TrimSpace(object[begin:i]), 0
			}
			if object[i] != ',' {
				depth--
			}
		}
	}
	return value
}

// stringEnd returns where the string that begins at a quote ends.
func stringEnd(object json.RawMessage, quote int) int {
	for i := quote + 1; ; i++ {
		switch object[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
}

// valueBegin returns where the value of the name that ends here begins, or 0 if it was no name, but a value itself.
func valueBegin(object json.RawMessage, nameEnd int) int {
	for i := nameEnd; ; i++ {
		switch object[i] {
		case ':':
			return i + 1
		case ',', '}':
			return 0
		}
	}
}
