package wire

import (
	"errors"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// quoted takes a JSON string, whose opening quote must be next.
func (r *Reader) quoted() (string, error) {
	if !r.take('"') {
		return "", r.broken()
	}
	start := r.at
	for ; r.at < len(r.text); r.at++ {
		switch c := r.text[r.at]; {
		case c == '"':
			r.at++
			return r.text[start : r.at-1], nil
		case c == '\\':
			return r.escaped(start)
		case c < ' ':
			return "", r.broken()
		}
	}
	return "", r.broken()
}

// escaped goes on with a string that began at start and has a backslash at the present place.
func (r *Reader) escaped(start int) (string, error) {
	var text strings.Builder
	text.WriteString(r.text[start:r.at])
	for r.at < len(r.text) {
		c := r.text[r.at]
		switch {
		case c == '"':
			r.at++
			return text.String(), nil
		case c < ' ':
			return "", r.broken()
		case c == '\\':
			character, ok := r.escape()
			if !ok {
				return "", r.broken()
			}
			text.WriteRune(character)
		default:
			text.WriteByte(c)
			r.at++
		}
	}
	return "", r.broken()
}

const (
	escapes  = `"\/bfnrt`
	escapees = "\"\\/\b\f\n\r\t"
)

// escape takes one escape sequence, or two that are the halves of a surrogate pair. Half a pair becomes U+FFFD.
func (r *Reader) escape() (rune, bool) {
	if r.at+1 >= len(r.text) {
		return 0, false
	}
	kind := r.text[r.at+1]
	if i := strings.IndexByte(escapes, kind); i >= 0 {
		r.at += 2
		return rune(escapees[i]), true
	}
	first, ok := r.hexadecimal()
	if !ok {
		return 0, false
	}
	if !utf16.IsSurrogate(first) {
		return first, true
	}
	before := r.at
	if second, ok := r.hexadecimal(); ok {
		if pair := utf16.DecodeRune(first, second); pair != utf8.RuneError {
			return pair, true
		}
	}
	r.at = before
	return utf8.RuneError, true
}

// hexadecimal takes \uXXXX.
func (r *Reader) hexadecimal() (rune, bool) {
	const length = len(`\u0000`)
	if r.at+length > len(r.text) || r.text[r.at:r.at+2] != `\u` {
		return 0, false
	}
	code, err := strconv.ParseUint(r.text[r.at+2:r.at+length], 16, 16)
	if err != nil {
		return 0, false
	}
	r.at += length
	return rune(code), true
}

func isRange(err error) bool { return errors.Is(err, strconv.ErrRange) }

// AppendString appends a string as JSON.
func AppendString(to []byte, text string) []byte {
	to = append(to, '"')
	start := 0
	for i := range len(text) {
		c := text[i]
		if c >= ' ' && c != '"' && c != '\\' {
			continue
		}
		to = append(to, text[start:i]...)
		if at := strings.IndexByte(escapees, c); at >= 0 {
			to = append(to, '\\', escapes[at])
		} else {
			const digits = "0123456789abcdef"
			to = append(to, '\\', 'u', '0', '0', digits[c>>4], digits[c&15])
		}
		start = i + 1
	}
	return append(append(to, text[start:]...), '"')
}
