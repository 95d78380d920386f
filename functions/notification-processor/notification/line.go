package notification

import (
	"strconv"
	"strings"
	"unicode"

	"github.com/bayon-coagent/event-consumers/internal/price"
)

// How many characters texts have at most.
const (
	maxTitle   = 120
	maxMessage = 400
	maxName    = 80 // a value inside a title or a message
)

// line makes a text of unknown origin one line of at most limit characters: valid UTF-8, and without characters that are not
// seen but control how the rest is shown, such as bidirectional marks. The joiners of emoji and of Persian stay.
func line(text string, limit int) string {
	var kept []rune
	blank := false
	for _, char := range text {
		switch {
		case unicode.IsSpace(char):
			blank = len(kept) > 0
			continue
		case char != '\u200c' && char != '\u200d' && unicode.In(char, unicode.Cc, unicode.Cf, unicode.Co, unicode.Zl, unicode.Zp):
			continue
		case blank:
			kept, blank = append(kept, ' '), false
		}
		if kept = append(kept, char); len(kept) > limit {
			return strings.TrimRight(string(kept[:limit-1]), " ") + "…"
		}
	}
	return string(kept)
}

// dollars writes an amount with its thousands apart, and with cents if there are any.
func dollars(amount price.Amount) string {
	whole, cents := int64(amount)/100, int64(amount)%100
	written := "$" + grouped(whole)
	if cents == 0 {
		return written
	}
	return written + "." + strconv.FormatInt(100+cents, 10)[1:]
}

// grouped writes a number that is not negative with its thousands apart.
func grouped(number int64) string {
	digits := strconv.FormatInt(number, 10)
	for place := len(digits) - 3; place > 0; place -= 3 {
		digits = digits[:place] + "," + digits[place:]
	}
	return digits
}

// counted writes a number of things: 1 item, 1,250 items.
func counted(number int64, thing string) string {
	if number != 1 {
		thing += "s"
	}
	return grouped(number) + " " + thing
}
