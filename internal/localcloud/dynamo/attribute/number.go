package attribute

import (
	"strconv"
	"strings"

	"github.com/cockroachdb/apd/v3"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/dynamo/refusal"
)

// DynamoDB's numbers have up to 38 significant digits and magnitudes from 1E-130 to 9.99…E+125.
const (
	maxDigits   = 38
	maxExponent = 125
	minExponent = -130
)

// NewNumber makes a Number of its text, such as -12.50 or 1e3, and normalises it.
func NewNumber(text string) (Value, error) {
	if isPlainInteger(text) {
		return Value{Type: Number, Text: text}, nil
	}
	number, err := parseDecimal(text)
	if err != nil {
		return Value{}, err
	}
	return Value{Type: Number, Text: number.String()}, nil
}

// Int makes a Number of a whole number.
func Int(value int) Value { return Value{Type: Number, Text: strconv.Itoa(value)} }

// isPlainInteger tells whether a text is a non-negative whole number in normalised form, as most numbers are.
func isPlainInteger(text string) bool {
	if text == "" || len(text) > maxDigits || text[0] == '0' && len(text) > 1 {
		return false
	}
	for i := range len(text) {
		if text[i] < '0' || text[i] > '9' {
			return false
		}
	}
	return true
}

// Plus returns the exact sum of two numbers. A sum that is too large or too long is refused.
func (v Value) Plus(other Value) (Value, error) {
	return calculate(v, other, (*apd.Context).Add)
}

// Minus returns the exact difference of two numbers. One that is too large or too long is refused.
func (v Value) Minus(other Value) (Value, error) {
	return calculate(v, other, (*apd.Context).Sub)
}

type operation func(c *apd.Context, result, x, y *apd.Decimal) (apd.Condition, error)

func calculate(x, y Value, operation operation) (Value, error) {
	overflow := refusal.Validation("Number overflow. Attempting to store a number with magnitude larger than supported range")
	left, _, err := apd.NewFromString(x.Text)
	if err != nil {
		return Value{}, notNumeric(x.Text)
	}
	right, _, err := apd.NewFromString(y.Text)
	if err != nil {
		return Value{}, notNumeric(y.Text)
	}
	var result apd.Decimal
	if _, err := operation(&apd.BaseContext, &result, left, right); err != nil {
		return Value{}, overflow
	}
	number, err := parseDecimal(result.Text('E'))
	if err != nil {
		return Value{}, overflow // AWS's text also for a result of more than 38 digits
	}
	return Value{Type: Number, Text: number.String()}, nil
}

// decimal is the number ±d.ddd × 10^exponent. Its digits neither begin nor end with 0; zero has none.
type decimal struct {
	negative bool
	digits   string
	exponent int
}

func parseDecimal(text string) (decimal, error) {
	if text == "" {
		return decimal{}, refusal.Validation("The parameter cannot be converted to a numeric value")
	}
	var number decimal
	rest := text
	if rest[0] == '-' || rest[0] == '+' {
		number.negative = rest[0] == '-'
		rest = rest[1:]
	}
	mantissa, exponent := rest, 0
	if i := strings.IndexAny(rest, "eE"); i >= 0 {
		var ok bool
		if exponent, ok = parseExponent(rest[i+1:]); !ok {
			return decimal{}, notNumeric(text)
		}
		mantissa = rest[:i]
	}
	whole, fraction, _ := strings.Cut(mantissa, ".")
	digits := whole + fraction
	if digits == "" || strings.Trim(digits, "0123456789") != "" {
		return decimal{}, notNumeric(text)
	}
	significant := strings.TrimLeft(digits, "0")
	number.exponent = exponent + len(whole) - 1 - (len(digits) - len(significant))
	number.digits = strings.TrimRight(significant, "0")
	if number.digits == "" {
		return decimal{}, nil
	}
	return number, number.check()
}

// parseExponent reads what follows the E. One too long for an int becomes the largest or smallest that fits the
// calculation.
func parseExponent(text string) (int, bool) {
	digits := strings.TrimLeft(text, "+-")
	if digits == "" || len(text)-len(digits) > 1 || strings.Trim(digits, "0123456789") != "" {
		return 0, false
	}
	const huge = 1 << 30
	exponent, err := strconv.Atoi(digits)
	if err != nil || exponent > huge {
		exponent = huge
	}
	if text[0] == '-' {
		exponent = -exponent
	}
	return exponent, true
}

func (d decimal) check() error {
	switch {
	case d.exponent > maxExponent:
		return refusal.Validation("Number overflow. Attempting to store a number with magnitude larger than supported range")
	case d.exponent < minExponent:
		return refusal.Validation("Number underflow. Attempting to store a number with magnitude smaller than supported range")
	case len(d.digits) > maxDigits:
		return refusal.Validation("Attempting to store more than 38 significant digits in a Number")
	}
	return nil
}

func notNumeric(text string) error {
	return refusal.Validation("The parameter cannot be converted to a numeric value: %s", text)
}

// String writes the number in full, without exponent and superfluous zeros, as AWS does.
func (d decimal) String() string {
	if d.digits == "" {
		return "0"
	}
	var text strings.Builder
	if d.negative {
		text.WriteByte('-')
	}
	whole := d.exponent + 1 // digits before the point
	switch {
	case whole <= 0:
		text.WriteString("0.")
		text.WriteString(strings.Repeat("0", -whole))
		text.WriteString(d.digits)
	case whole >= len(d.digits):
		text.WriteString(d.digits)
		text.WriteString(strings.Repeat("0", whole-len(d.digits)))
	default:
		text.WriteString(d.digits[:whole])
		text.WriteByte('.')
		text.WriteString(d.digits[whole:])
	}
	return text.String()
}

// sign returns -1, 0 or 1.
func (d decimal) sign() int {
	switch {
	case d.digits == "":
		return 0
	case d.negative:
		return -1
	}
	return 1
}

// compareNumbers orders two numbers in normalised form.
func compareNumbers(a, b string) int {
	if a == b {
		return 0
	}
	if isPlainInteger(a) && isPlainInteger(b) {
		if len(a) != len(b) {
			return len(a) - len(b)
		}
		return strings.Compare(a, b)
	}
	x, y := normalisedDecimal(a), normalisedDecimal(b)
	sign := x.sign()
	if sign != y.sign() || sign == 0 {
		return sign - y.sign()
	}
	if x.exponent != y.exponent {
		return sign * (x.exponent - y.exponent)
	}
	return sign * strings.Compare(x.digits, y.digits)
}

// normalisedDecimal parses a number that was checked when it was made.
func normalisedDecimal(text string) decimal {
	number, _ := parseDecimal(text)
	return number
}
