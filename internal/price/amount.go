// Package price counts money and the falls of it exactly, in cents, so that a limit such as "15 % or more" is met by 15 %
// and not by what floating point makes of it.
package price

import (
	"fmt"
	"math/big"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/bayon-coagent/event-consumers/internal/decimal"
)

// Amount is money in cents.
type Amount int64

// Dollars is an amount without cents.
func Dollars(dollars int64) Amount { return Amount(dollars * 100) }

// maxDigits keeps amounts, and their products with percentages, within 64 bits; no house costs 10^13 dollars.
const maxDigits = 13

// Parse reads a decimal number of dollars, such as 499999.5 or 4.5E+5. Fractions of a cent are rounded half up.
func Parse(text string) (Amount, error) {
	if len(text) > 64 || strings.ContainsAny(text, "/pPxX_") {
		return 0, fmt.Errorf("not a decimal number")
	}
	if _, exponent, found := strings.Cut(strings.ToUpper(text), "E"); found {
		if power, err := strconv.Atoi(exponent); err != nil || power > maxDigits || power < -64 {
			return 0, fmt.Errorf("not a decimal number of a usual size")
		}
	}
	value, ok := new(big.Rat).SetString(text)
	if !ok {
		return 0, fmt.Errorf("not a decimal number")
	}
	cents, ok := decimal.Hundredths(value)
	if !ok || len(strconv.FormatInt(cents, 10)) > maxDigits+2 {
		return 0, fmt.Errorf("more than %d digits of dollars", maxDigits)
	}
	return Amount(cents), nil
}

// String writes the amount as a decimal number of dollars without needless zeros: 499999.5.
func (a Amount) String() string { return decimal.Format(int64(a)) }

// MarshalDynamoDBAttributeValue writes the amount as a number of dollars.
func (a Amount) MarshalDynamoDBAttributeValue() (types.AttributeValue, error) {
	return &types.AttributeValueMemberN{Value: a.String()}, nil
}

// UnmarshalDynamoDBAttributeValue reads a number of dollars.
func (a *Amount) UnmarshalDynamoDBAttributeValue(value types.AttributeValue) (err error) {
	number, ok := value.(*types.AttributeValueMemberN)
	if !ok {
		return fmt.Errorf("an amount must be a number")
	}
	*a, err = Parse(number.Value)
	return err
}
