// Package percent tells by how many percent a number has changed: exactly, so that a limit such as "more than 10 %" is not
// met by 10 %, whatever floating point would make of it.
package percent

import (
	"math/big"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/bayon-coagent/event-consumers/internal/decimal"
)

// Percent is a share in hundredths of a percent: 1234 is 12.34 %. It is for showing and storing; limits are compared with
// the unrounded share.
type Percent int64

// Of is part as a share of a positive whole, rounded half up.
func Of(part, whole int64) Percent {
	rounded, _ := decimal.Hundredths(new(big.Rat).Mul(big.NewRat(part, whole), big.NewRat(100, 1)))
	return Percent(rounded)
}

// String writes the share as a decimal number without needless zeros: 12.5.
func (p Percent) String() string { return decimal.Format(int64(p)) }

// MarshalDynamoDBAttributeValue writes the share as a number of percent.
func (p Percent) MarshalDynamoDBAttributeValue() (types.AttributeValue, error) {
	return &types.AttributeValueMemberN{Value: p.String()}, nil
}
