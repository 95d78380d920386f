package attribute

import "slices"

// Keys are bytes in the order of their values. An encoded key is never the beginning of another one of the same type,
// so that keys can be strung together.
const (
	keyEnd     = 0x00 // followed by keyLast or keyEscape
	keyLast    = 0x01
	keyEscaped = 0xFF // after keyEnd: the byte 0 itself

	keyNegative = 0x01
	keyZero     = 0x02
	keyPositive = 0x03

	exponentBias = -minExponent // exponents from -130 to 125 fit one byte exactly
)

// AppendKey appends the ordered encoding of a key, which must be a String, a Number or Binary.
func AppendKey(to []byte, key Value) []byte {
	if key.Type == Number {
		return appendNumberKey(to, normalisedDecimal(key.Text))
	}
	return append(AppendKeyPrefix(to, key.Text), keyEnd, keyLast)
}

// AppendKeyPrefix appends what the encodings of all String or Binary keys that begin with a text have in common.
func AppendKeyPrefix(to []byte, text string) []byte {
	for i := range len(text) {
		to = append(to, text[i])
		if text[i] == keyEnd {
			to = append(to, keyEscaped)
		}
	}
	return to
}

func appendNumberKey(to []byte, number decimal) []byte {
	if number.digits == "" {
		return append(to, keyZero)
	}
	start := len(to)
	to = append(to, keyPositive, byte(number.exponent+exponentBias))
	to = append(to, number.digits...)
	to = append(to, 0)
	if number.negative {
		to[start] = keyNegative
		for i := range to[start+1:] {
			to[start+1+i] ^= 0xFF
		}
	}
	return to
}

// After returns the smallest bytes that come after all that begin with prefix; nil when there are none.
func After(prefix []byte) []byte {
	for i := len(prefix) - 1; i >= 0; i-- {
		if prefix[i] != 0xFF {
			after := slices.Clone(prefix[:i+1])
			after[i]++
			return after
		}
	}
	return nil
}
