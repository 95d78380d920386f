package pattern

import (
	"math"
	"slices"
	"strconv"
)

// number is a JSON number as EventBridge compares it: as a float64, provided that this says exactly what was written.
// Two numbers written so long that float64 rounds them are compared by their text instead.
type number struct {
	value float64
	exact bool
}

func newNumber(lexeme []byte) number {
	const surelyExact = 15 // digits that float64 always holds
	if n, ok := smallInteger(lexeme, surelyExact); ok {
		return number{float64(n), true}
	}
	value, err := strconv.ParseFloat(string(lexeme), 64)
	if err != nil {
		return number{}
	}
	var buffer [32]byte
	shortest := strconv.AppendFloat(buffer[:0], value, 'e', -1, 64)
	return number{value, decimalOf(shortest) == decimalOf(lexeme)}
}

func smallInteger(lexeme []byte, digits int) (int64, bool) {
	negative := lexeme[0] == '-'
	if negative {
		lexeme = lexeme[1:]
	}
	if len(lexeme) > digits {
		return 0, false
	}
	var n int64
	for _, c := range lexeme {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int64(c-'0')
	}
	if negative {
		n = -n
	}
	return n, true
}

// decimal is the canonical form of a number's text: 0.digits × 10^exponent without zeros around the digits.
type decimal struct {
	negative bool
	digits   string
	exponent int
}

func decimalOf(lexeme []byte) decimal {
	var d decimal
	digits := make([]byte, 0, len(lexeme))
	point := -1
	for i, c := range lexeme {
		switch c {
		case '-':
			d.negative = true
		case '.':
			point = len(digits)
		case 'e', 'E':
			exponent, err := strconv.Atoi(string(lexeme[i+1:]))
			if err != nil {
				exponent = math.MaxInt32 // beyond every float64, so equal to none
			}
			return d.normalised(digits, point, exponent)
		default:
			digits = append(digits, c)
		}
	}
	return d.normalised(digits, point, 0)
}

func (d decimal) normalised(digits []byte, point, exponent int) decimal {
	if point < 0 {
		point = len(digits)
	}
	leading := 0
	for leading < len(digits) && digits[leading] == '0' {
		leading++
	}
	end := len(digits)
	for end > leading && digits[end-1] == '0' {
		end--
	}
	if leading == end {
		return decimal{}
	}
	d.digits = string(digits[leading:end])
	d.exponent = exponent + point - leading
	return d
}

// numeric reads the value of the operator numeric: one comparison, or a lower and then an upper bound.
func (c *compiler) numeric(list *tests) error {
	kind, err := c.next()
	if err != nil {
		return err
	}
	if kind != arrayStart {
		return c.fail("Value of numeric must be an array.")
	}
	if kind, err = c.next(); err != nil {
		return err
	}
	if kind != stringValue {
		return c.fail("Invalid member in numeric match: %s", c.written(kind))
	}
	operator, err := c.textOfString()
	if err != nil {
		return err
	}
	within, err := c.comparison(operator)
	if err != nil {
		return err
	}
	list.add(within)
	return c.end(tooManyElements)
}

// comparison reads the number after an operator, and the rest of the list.
func (c *compiler) comparison(operator string) (test, error) {
	kind, err := c.next()
	if err != nil {
		return nil, err
	}
	if !slices.Contains([]string{"=", "<", "<=", ">", ">="}, operator) {
		return nil, c.fail("Unrecognized numeric range operator: %s", operator)
	}
	bound, err := c.bound(operator, kind)
	if err != nil {
		return nil, err
	}
	if kind, err = c.next(); err != nil {
		return nil, err
	}
	lower := operator == ">" || operator == ">="
	if kind != arrayEnd && lower {
		return c.upperBound(operator, bound, kind)
	}
	if kind != arrayEnd {
		return nil, c.fail("%s", tooManyElements)
	}
	within := numericRange{low: math.Inf(-1), high: math.Inf(1)}
	if operator == "=" || lower {
		within.low, within.above = bound.value, operator == ">"
	}
	if operator == "=" || !lower {
		within.high, within.below = bound.value, operator == "<"
	}
	return within, c.comparable(bound)
}

// upperBound reads the second half of a range.
func (c *compiler) upperBound(lowerOperator string, low bound, kind token) (test, error) {
	if kind != stringValue {
		return nil, c.fail("Bad value in numeric range: %s", c.written(kind))
	}
	operator, err := c.textOfString()
	if err != nil {
		return nil, err
	}
	if operator != "<" && operator != "<=" {
		return nil, c.fail("Bad numeric range operator: %s", operator)
	}
	if kind, err = c.next(); err != nil {
		return nil, err
	}
	high, err := c.bound(operator, kind)
	if err != nil {
		return nil, err
	}
	if kind, err = c.next(); err != nil {
		return nil, err
	}
	if kind != arrayEnd {
		return nil, c.fail("Too many terms in numeric range expression")
	}
	if err := c.comparable(low, high); err != nil {
		return nil, err
	}
	if low.value >= high.value {
		return nil, c.fail("Bottom must be less than top")
	}
	return numericRange{low: low.value, high: high.value, above: lowerOperator == ">", below: operator == "<"}, nil
}

// bound is a number that values are compared with.
type bound struct {
	number
	lexeme string
}

func (c *compiler) bound(operator string, kind token) (bound, error) {
	if kind != numberValue {
		if operator == "=" {
			operator = "equals"
		}
		return bound{}, c.fail("Value of %s must be numeric", operator)
	}
	return bound{newNumber(c.lexeme), string(c.lexeme)}, nil
}

func (c *compiler) comparable(bounds ...bound) error {
	for _, bound := range bounds {
		if !bound.exact {
			return c.fail("Cannot compare number : %s", bound.lexeme)
		}
	}
	return nil
}

// numericRange lets numbers through from low to high, without the bounds themselves where above or below is set.
type numericRange struct {
	low, high    float64
	above, below bool
}

func (r numericRange) passes(v *value) bool {
	if v.kind != numberValue || !v.number.exact {
		return false
	}
	n := v.number.value
	return (n > r.low || !r.above && n == r.low) && (n < r.high || !r.below && n == r.high)
}

// equalNumber lets one number through, however it is written.
type equalNumber bound

func (e equalNumber) passes(v *value) bool {
	if v.kind != numberValue {
		return false
	}
	if e.exact && v.number.exact {
		return e.value == v.number.value
	}
	return !v.number.exact && string(v.text) == e.lexeme
}
