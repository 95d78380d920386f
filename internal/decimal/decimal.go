// Package decimal rounds and writes exact numbers with two decimals, such as dollars and percentages.
package decimal

import (
	"fmt"
	"math/big"
	"strings"
)

// Hundredths rounds a number to two decimals, half up, and tells whether the result fits.
func Hundredths(value *big.Rat) (int64, bool) {
	scaled := new(big.Rat).Mul(value, big.NewRat(200, 1))
	doubled := new(big.Int).Add(scaled.Num(), scaled.Denom())
	rounded := new(big.Int).Div(doubled, new(big.Int).Lsh(scaled.Denom(), 1))
	return rounded.Int64(), rounded.IsInt64()
}

// Format writes hundredths as a decimal number without needless zeros: 1250 is 12.5.
func Format(hundredths int64) string {
	sign, magnitude := "", uint64(hundredths)
	if hundredths < 0 {
		sign, magnitude = "-", -magnitude
	}
	text := fmt.Sprintf("%s%d.%02d", sign, magnitude/100, magnitude%100)
	return strings.TrimSuffix(strings.TrimRight(text, "0"), ".")
}
