package attribute_test

import (
	"strings"
	"testing"

	"github.com/cockroachdb/apd/v3"
	"pgregory.net/rapid"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/dynamo/attribute"
)

func TestNumbersAreNormalised(t *testing.T) {
	t.Parallel()
	tests := []struct{ text, want string }{
		{"0", "0"}, {"00", "0"}, {"-0", "0"}, {"-0.0", "0"}, {"+0", "0"}, {"0e5", "0"}, {"0.0e-3", "0"}, {"0e126", "0"},
		{"1", "1"}, {"007", "7"}, {"+3", "3"}, {"-5", "-5"}, {"100", "100"}, {"1000.000", "1000"},
		{"1.0", "1"}, {"1.10", "1.1"}, {"001.23", "1.23"}, {".5", "0.5"}, {"-.5", "-0.5"}, {"5.", "5"},
		{"1e3", "1000"}, {"1E+3", "1000"}, {"1.5e2", "150"}, {"123e-2", "1.23"}, {"1e-3", "0.001"}, {"1.0e-1", "0.1"},
		{"9.9e10", "99000000000"}, {"1e-20", "0.00000000000000000001"},
		{"1e125", "1" + strings.Repeat("0", 125)}, {"0.1e126", "1" + strings.Repeat("0", 125)},
		{"1e-130", "0." + strings.Repeat("0", 129) + "1"},
		{strings.Repeat("9", 38), strings.Repeat("9", 38)},
		{strings.Repeat("9", 38) + "00", strings.Repeat("9", 38) + "00"},
		{"-" + strings.Repeat("1", 20) + "." + strings.Repeat("2", 18), "-" + strings.Repeat("1", 20) + "." + strings.Repeat("2", 18)},
	}
	for _, test := range tests {
		got, err := attribute.NewNumber(test.text)
		if err != nil || got.Text != test.want {
			t.Errorf("NewNumber(%q) = %q, %v, want %q", test.text, got.Text, err, test.want)
		}
	}
}

func TestNumbersAreRefused(t *testing.T) {
	t.Parallel()
	const (
		notNumeric = "The parameter cannot be converted to a numeric value"
		overflow   = "Number overflow. Attempting to store a number with magnitude larger than supported range"
		underflow  = "Number underflow. Attempting to store a number with magnitude smaller than supported range"
		tooLong    = "Attempting to store more than 38 significant digits in a Number"
	)
	tests := []struct{ text, want string }{
		{"", notNumeric}, {"dog", notNumeric + ": dog"}, {" 1", notNumeric + ":  1"}, {"1 ", notNumeric + ": 1 "},
		{"NaN", notNumeric + ": NaN"}, {"Infinity", notNumeric + ": Infinity"}, {"-", notNumeric + ": -"}, {".", notNumeric + ": ."},
		{"e5", notNumeric + ": e5"}, {"1e", notNumeric + ": 1e"}, {"1e+", notNumeric + ": 1e+"}, {"1e+-5", notNumeric + ": 1e+-5"},
		{"1e5.5", notNumeric + ": 1e5.5"}, {"--1", notNumeric + ": --1"}, {"1.2.3", notNumeric + ": 1.2.3"}, {"0x1", notNumeric +
			": 0x1"},
		{"1_0", notNumeric + ": 1_0"}, {"١", notNumeric + ": ١"},
		{"1e126", overflow}, {"-11e125", overflow}, {"1e999999999999999999999", overflow},
		{"1e-131", underflow}, {"0.9e-130", underflow}, {"-1e-999999999999999999999", underflow},
		{strings.Repeat("1", 39), tooLong}, {"3.14159265358979323846264338327950288419", tooLong},
	}
	for _, test := range tests {
		if got, err := attribute.NewNumber(test.text); err == nil || err.Error() != "ValidationException: "+test.want {
			t.Errorf("NewNumber(%q) = %q, %v, want %q", test.text, got.Text, err, test.want)
		}
	}
}

func TestArithmeticIsExactOrRefused(t *testing.T) {
	t.Parallel()
	tests := []struct {
		left, right, sum, difference string // "" for refused
	}{
		{"0.3", "-0.3", "0", "0.6"},
		{"5", "5.00", "10", "0"},
		{"1e22", "1", "10000000000000000000001", "9999999999999999999999"},
		{"9e125", "9e124", "9.9e125", "8.1e125"},
		{"9e125", "9e125", "", "0"},
		{"9e125", "-9e125", "0", ""},
		{"1e50", "1", "", ""},
		{"1e-130", "1e-130", "2e-130", "0"},
	}
	for _, test := range tests {
		left, right := number(t, test.left), number(t, test.right)
		check := func(what string, got attribute.Value, err error, want string) {
			switch {
			case want == "":
				if err == nil {
					t.Errorf("%s %s %s = %s, want a refusal", test.left, what, test.right, got.Text)
				}
			case err != nil || !got.Equal(number(t, want)):
				t.Errorf("%s %s %s = %s, %v, want %s", test.left, what, test.right, got.Text, err, want)
			}
		}
		sum, err := left.Plus(right)
		check("+", sum, err, test.sum)
		difference, err := left.Minus(right)
		check("-", difference, err, test.difference)
	}
}

func number(t interface {
	Helper()
	Fatalf(string, ...any)
}, text string) attribute.Value {
	t.Helper()
	value, err := attribute.NewNumber(text)
	if err != nil {
		t.Fatalf("NewNumber(%q): %v", text, err)
	}
	return value
}

// numbers generates numbers that DynamoDB takes, in many notations.
func numbers() *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		sign := rapid.SampledFrom([]string{"", "-", "+"}).Draw(t, "sign")
		digits := rapid.StringMatching(`[0-9]{1,20}(\.[0-9]{1,18})?`).Draw(t, "digits")
		exponent := rapid.SampledFrom([]string{"", "e0", "E+5", "e-7", "e60", "e-60", "e100"}).Draw(t, "exponent")
		return sign + digits + exponent
	})
}

func TestNumbersKeepTheirValueAndOrder(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		texts := [2]string{numbers().Draw(t, "a"), numbers().Draw(t, "b")}
		var values [2]attribute.Value
		var exact [2]*apd.Decimal
		for i, text := range texts {
			values[i] = number(t, text)
			exact[i], _, _ = apd.NewFromString(text)
			if normalised, _, err := apd.NewFromString(values[i].Text); err != nil || normalised.Cmp(exact[i]) != 0 {
				t.Fatalf("%s became %s (%v)", text, values[i].Text, err)
			}
			if again := number(t, values[i].Text); !again.Equal(values[i]) {
				t.Fatalf("%s is normalised to %s, that to %s", text, values[i].Text, again.Text)
			}
		}
		want := exact[0].Cmp(exact[1])
		if got := sign(values[0].Compare(values[1])); got != want {
			t.Errorf("Compare(%s, %s) = %d, want %d", texts[0], texts[1], got, want)
		}
		a, b := attribute.AppendKey(nil, values[0]), attribute.AppendKey(nil, values[1])
		if got := strings.Compare(string(a), string(b)); got != want {
			t.Errorf("the keys of %s and %s compare as %d, want %d", texts[0], texts[1], got, want)
		}
	})
}

func sign(n int) int {
	switch {
	case n < 0:
		return -1
	case n > 0:
		return 1
	}
	return 0
}

// FuzzNumbers takes any texts for numbers: what is taken keeps its value and its order, as a number and as a key, and sums
// can be taken apart again.
func FuzzNumbers(f *testing.F) {
	for _, pair := range [][2]string{{"1", "-1.50"}, {"1e125", "9.9e-130"}, {"+007", ".5"}, {"5.", "-0"}, {"1E400", "e1"}, {"0.3", "-0.30"},
		{strings.Repeat("9", 38), "1e-37"}} {
		f.Add(pair[0], pair[1])
	}
	f.Fuzz(func(t *testing.T, one, other string) {
		a, err := attribute.NewNumber(one)
		if err != nil {
			return
		}
		b, err := attribute.NewNumber(other)
		if err != nil {
			return
		}
		x, _, err := apd.NewFromString(a.Text)
		if err != nil {
			t.Fatalf("%q became %q: %v", one, a.Text, err)
		}
		y, _, err := apd.NewFromString(b.Text)
		if err != nil {
			t.Fatalf("%q became %q: %v", other, b.Text, err)
		}
		if got := sign(a.Compare(b)); got != x.Cmp(y) {
			t.Errorf("Compare(%s, %s) = %d", a.Text, b.Text, got)
		}
		if got := strings.Compare(string(attribute.AppendKey(nil, a)), string(attribute.AppendKey(nil, b))); got != x.Cmp(y) {
			t.Errorf("the keys of %s and %s compare as %d", a.Text, b.Text, got)
		}
		sum, err := a.Plus(b)
		if err != nil {
			return
		}
		if again := number(t, sum.Text); !again.Equal(sum) {
			t.Errorf("the sum of %s and %s is written as %s", a.Text, b.Text, sum.Text)
		}
		if back, err := sum.Minus(b); err != nil || !back.Equal(a) {
			t.Errorf("%s + %s - %s = %s, %v", a.Text, b.Text, b.Text, back.Text, err)
		}
	})
}
