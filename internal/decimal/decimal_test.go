package decimal_test

import (
	"math/big"
	"testing"

	"github.com/bayon-coagent/event-consumers/internal/decimal"
)

func TestRoundedHalfUpAndWritten(t *testing.T) {
	t.Parallel()
	tests := []struct{ value, want string }{
		{"0", "0"},
		{"12.5", "12.5"},
		{"1/3", "0.33"},
		{"2/3", "0.67"},
		{"0.005", "0.01"},
		{"0.00499999", "0"},
		{"-0.005", "0"},
		{"-0.0050001", "-0.01"},
		{"-12.34", "-12.34"},
		{"100", "100"},
	}
	for _, test := range tests {
		value, _ := new(big.Rat).SetString(test.value)
		hundredths, fits := decimal.Hundredths(value)
		if got := decimal.Format(hundredths); got != test.want || !fits {
			t.Errorf("%s is written %s, want %s; it fits: %v", test.value, got, test.want, fits)
		}
	}
	if _, fits := decimal.Hundredths(new(big.Rat).SetInt64(1 << 62)); fits {
		t.Error("what does not fit in 64 bits fits")
	}
}
