package mail

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// How many characters the parts of a mail have at most. A value that is longer is cut, so that one of ten thousand
// characters spoils neither subject nor layout.
const (
	maxSubject = 150
	maxSummary = 300 // the line that clients show beside the subject, and that a digest has for each alert
	maxValue   = 200
	maxBrief   = 60 // a value inside a subject
	maxReason  = 400
)

// line makes a value of unknown origin one line of text of at most limit characters: valid UTF-8, runs of blanks and line
// breaks made one blank, and no invisible characters that control how the rest is shown (bidirectional marks, overrides and
// isolates among them). The joiners that emoji and Persian are written with stay.
func line(value string, limit int) string {
	var written strings.Builder
	blank := false
	left := limit + 1
	for _, char := range value {
		switch {
		case unicode.IsSpace(char) || char == '\u2028' || char == '\u2029':
			blank = written.Len() > 0
			continue
		case char == utf8.RuneError:
			char = '\ufffd'
		case invisible(char):
			continue
		}
		if blank {
			written.WriteByte(' ')
			left--
		}
		blank = false
		written.WriteRune(char)
		if left--; left <= 0 {
			break
		}
	}
	return cut(written.String(), limit)
}

const (
	zeroWidthNonJoiner = '\u200c'
	zeroWidthJoiner    = '\u200d'
)

func invisible(char rune) bool {
	if char == zeroWidthJoiner || char == zeroWidthNonJoiner {
		return false
	}
	return unicode.In(char, unicode.Cc, unicode.Cf, unicode.Co, unicode.Noncharacter_Code_Point)
}

// cut shortens a text to limit characters, the last of them an ellipsis: at the end of a word if there is one in the second
// half, and never between a letter and its accents.
func cut(text string, limit int) string {
	chars := []rune(text)
	if len(chars) <= limit {
		return text
	}
	end := limit - 1
	for place := end; place > limit/2; place-- {
		if chars[place] == ' ' {
			end = place
			break
		}
	}
	for end > 0 && joined(chars[end]) || end > 0 && chars[end-1] == zeroWidthJoiner {
		end--
	}
	return strings.TrimRight(string(chars[:end]), " ,;:.-–—(") + "…"
}

// joined tells whether a character belongs to the one before it.
func joined(char rune) bool {
	return unicode.Is(unicode.M, char) || char == zeroWidthJoiner || 0x1F3FB <= char && char <= 0x1F3FF
}
