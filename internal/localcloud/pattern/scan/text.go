package scan

import (
	"bytes"
	"unicode/utf16"
	"unicode/utf8"
)

// String returns the index after the string whose opening quote is data[i].
func String(data []byte, i int) int {
	i++
	for i < len(data) {
		switch c := data[i]; {
		case isPlain(c):
			i++
		case c == '"':
			return i + 1
		case c == '\\':
			if i = escaped(data, i); i == Invalid {
				return Invalid
			}
		default:
			return Invalid
		}
	}
	return Invalid
}

// isPlain tells whether a byte stands for itself inside a string.
func isPlain(c byte) bool { return c >= ' ' && c != '"' && c != '\\' }

func escaped(data []byte, i int) int {
	if i+1 >= len(data) {
		return Invalid
	}
	switch data[i+1] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return i + 2
	case 'u':
		if _, ok := codeUnit(data, i); ok {
			return i + 6
		}
	}
	return Invalid
}

// codeUnit reads the \uXXXX at data[i].
func codeUnit(data []byte, i int) (rune, bool) {
	if i+6 > len(data) || data[i] != '\\' || data[i+1] != 'u' {
		return 0, false
	}
	var unit rune
	for _, c := range data[i+2 : i+6] {
		switch {
		case isDigit(c):
			c -= '0'
		case 'a' <= c && c <= 'f':
			c -= 'a' - 10
		case 'A' <= c && c <= 'F':
			c -= 'A' - 10
		default:
			return 0, false
		}
		unit = unit<<4 | rune(c)
	}
	return unit, true
}

// AppendText appends what a well-formed string token, quotes included, says.
func AppendText(dst, token []byte) []byte {
	rest := token[1 : len(token)-1]
	start := len(dst)
	for {
		stop := bytes.IndexByte(rest, '\\')
		if stop < 0 {
			dst = append(dst, rest...)
			break
		}
		dst = append(dst, rest[:stop]...)
		dst, rest = appendEscaped(dst, rest[stop:])
	}
	if utf8.Valid(dst[start:]) {
		return dst
	}
	return appendReplaced(dst[:start], bytes.Clone(dst[start:]))
}

func appendEscaped(dst, rest []byte) (extended, after []byte) {
	switch c := rest[1]; c {
	case 'b':
		return append(dst, '\b'), rest[2:]
	case 'f':
		return append(dst, '\f'), rest[2:]
	case 'n':
		return append(dst, '\n'), rest[2:]
	case 'r':
		return append(dst, '\r'), rest[2:]
	case 't':
		return append(dst, '\t'), rest[2:]
	case 'u':
		unit, _ := codeUnit(rest, 0)
		rest = rest[6:]
		if utf16.IsSurrogate(unit) {
			low, _ := codeUnit(rest, 0)
			if unit = utf16.DecodeRune(unit, low); unit != utf8.RuneError {
				rest = rest[6:]
			}
		}
		return utf8.AppendRune(dst, unit), rest
	default:
		return append(dst, c), rest[2:]
	}
}

// appendReplaced appends text with U+FFFD for each byte that is not part of UTF-8.
func appendReplaced(dst, text []byte) []byte {
	for len(text) > 0 {
		character, size := utf8.DecodeRune(text)
		dst = utf8.AppendRune(dst, character)
		text = text[size:]
	}
	return dst
}

// Plain tells whether a well-formed string token says just what stands between its quotes.
func Plain(token []byte) bool {
	return bytes.IndexByte(token, '\\') < 0 && utf8.Valid(token)
}

// AppendString appends text as a string token, quotes included.
func AppendString(dst []byte, text string) []byte {
	const hex = "0123456789abcdef"
	dst = append(dst, '"')
	start := 0
	for i := range len(text) {
		c := text[i]
		if isPlain(c) {
			continue
		}
		dst = append(dst, text[start:i]...)
		start = i + 1
		switch c {
		case '"', '\\':
			dst = append(dst, '\\', c)
		case '\n':
			dst = append(dst, '\\', 'n')
		case '\r':
			dst = append(dst, '\\', 'r')
		case '\t':
			dst = append(dst, '\\', 't')
		default:
			dst = append(dst, '\\', 'u', '0', '0', hex[c>>4], hex[c&0xF])
		}
	}
	dst = append(dst, text[start:]...)
	return append(dst, '"')
}
