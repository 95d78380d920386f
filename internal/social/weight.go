package social

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/rivo/uniseg"
	"golang.org/x/text/unicode/norm"
)

// The numbers of X's own counting, version 3 of its configuration
// (https://github.com/twitter/twitter-text/blob/master/config/v3.json): a character counts 2, one of some ranges 1, a URL as
// much as X's short form of it, and an emoji 2, however many characters make it up.
const (
	weightOfURL   = 23
	weightOfEmoji = 2
)

func weightOf(character rune) int {
	switch {
	case character <= 4351,
		8192 <= character && character <= 8205,
		8208 <= character && character <= 8223,
		8242 <= character && character <= 8247:
		return 1
	}
	return 2
}

// Weight is the length of a text as X counts it (rules: Social networks). It is exact but for what X takes for a URL: here
// that is what begins with http:// or https://, or a bare domain of a common top-level domain, at the beginning of a word. X
// knows all top-level domains, and finds URLs after some letters too.
func Weight(text string) int {
	weight, start := 0, true // start: of a word
	var plain strings.Builder
	for rest := norm.NFC.String(text); rest != ""; {
		if start {
			if length := leadingURL(rest); length > 0 {
				weight += weightOfURL
				rest, start = rest[length:], false
				continue
			}
		}
		character, size := utf8.DecodeRuneInString(rest)
		plain.WriteString(rest[:size])
		rest, start = rest[size:], !isWord(character)
	}
	return weight + weightOfPlain(plain.String())
}

func weightOfPlain(text string) int {
	weight, state := 0, -1
	for text != "" {
		var cluster string
		cluster, text, _, state = uniseg.FirstGraphemeClusterInString(text, state)
		if isEmoji(cluster) {
			weight += weightOfEmoji
			continue
		}
		for _, character := range cluster {
			weight += weightOf(character)
		}
	}
	return weight
}

// isEmoji tells whether a grapheme cluster of several characters is an emoji
// (https://www.unicode.org/reports/tr51/#Emoji_Sequences). One of a single character need not be known: it counts 2, as any
// character beyond the ranges does.
func isEmoji(cluster string) bool {
	const zeroWidthJoiner, emojiPresentation, enclosingKeycap = '\u200d', '\ufe0f', '\u20e3'
	first, size := utf8.DecodeRuneInString(cluster)
	for _, character := range cluster[size:] {
		switch {
		case character == emojiPresentation, character == enclosingKeycap,
			'\U0001f1e6' <= character && character <= '\U0001f1ff', // the letters of flags
			'\U0001f3fb' <= character && character <= '\U0001f3ff', // skin tones
			'\U000e0020' <= character && character <= '\U000e007f': // tags, which the flags of regions end with
			return true
		case character == zeroWidthJoiner:
			return weightOf(first) == 2 // and not a letter of a script that joins, such as Devanagari
		}
	}
	return false
}

func isWord(character rune) bool {
	return unicode.IsLetter(character) || unicode.IsDigit(character) || strings.ContainsRune("@#$_-./", character)
}

// leadingURL is the length in bytes of the URL that a text begins with, 0 if it begins with none.
func leadingURL(text string) int {
	scheme := 0
	for _, prefix := range []string{"https://", "http://"} {
		if len(text) > len(prefix) && strings.EqualFold(text[:len(prefix)], prefix) {
			scheme = len(prefix)
			break
		}
	}
	host := scheme + strings.IndexFunc(text[scheme:]+" ", func(character rune) bool {
		return !isAlphanumeric(character) && character != '-' && character != '.'
	})
	host = scheme + len(strings.TrimRight(text[scheme:host], ".-"))
	labels := strings.Split(text[scheme:host], ".")
	top := strings.ToLower(labels[len(labels)-1])
	if len(labels) < 2 || len(top) < 2 || strings.Contains(text[scheme:host], "..") || labels[0] == "" || isDigits(top) {
		return 0
	}
	if scheme == 0 && (!isCommonTopLevel(top) || strings.HasPrefix(text[host:], "@")) {
		return 0
	}
	return host + pathLength(text[host:])
}

// pathLength is the length in bytes of the port, path, query and fragment that a text begins with. Punctuation at the end
// belongs to the sentence.
func pathLength(text string) int {
	length := 0
	if digits := strings.TrimLeft(strings.TrimPrefix(text, ":"), "0123456789"); strings.HasPrefix(text, ":") && len(text)-len(digits) > 1 {
		length = len(text) - len(digits)
	}
	if rest := text[length:]; rest == "" || !strings.ContainsRune("/?#", rune(rest[0])) {
		return length
	}
	end := strings.IndexFunc(text, func(character rune) bool {
		return character <= ' ' || character > '~' || strings.ContainsRune("<>\"{}|\\^`", character)
	})
	if end < 0 {
		end = len(text)
	}
	trimmed := strings.TrimRight(text[:end], ".,:;!?'")
	if !strings.Contains(trimmed, "(") {
		trimmed = strings.TrimRight(trimmed, ")]")
	}
	return max(length, len(trimmed))
}

func isAlphanumeric(character rune) bool {
	return '0' <= character && character <= '9' || 'a' <= character && character <= 'z' || 'A' <= character && character <= 'Z'
}

func isDigits(text string) bool { return strings.Trim(text, "0123456789") == "" }

func isCommonTopLevel(domain string) bool {
	switch domain {
	case "com", "net", "org", "edu", "gov", "info", "biz", "us", "ca", "uk", "mx", "io", "co", "ai", "me", "tv", "app", "dev",
		"homes", "house", "realtor", "realty", "realestate", "properties", "property", "estate", "agency", "site", "online":
		return true
	}
	return false
}
