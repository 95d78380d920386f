package price

import (
	"math/big"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// Percent is a share in hundredths of a percent: 1234 is 12.34 %. It is for showing and storing; limits are compared with
// the unrounded share (Reduction.AtLeast).
type Percent int64

// String writes the share as a decimal number without needless zeros: 12.5.
func (p Percent) String() string { return decimal(int64(p)) }

// MarshalDynamoDBAttributeValue writes the share as a number of percent.
func (p Percent) MarshalDynamoDBAttributeValue() (types.AttributeValue, error) {
	return &types.AttributeValueMemberN{Value: p.String()}, nil
}

// Reduction is a fall from one positive price to a lower one.
type Reduction struct {
	From, To Amount
}

// ReductionOf tells whether a price fell. Prices that are not positive are no prices, and fall to nothing.
func ReductionOf(was, is Amount) (Reduction, bool) {
	return Reduction{From: was, To: is}, 0 < is && is < was
}

// By is the amount of the fall.
func (r Reduction) By() Amount { return r.From - r.To }

// Percent is the fall as a share of the former price, rounded half up.
func (r Reduction) Percent() Percent {
	rounded, _ := hundredths(big.NewRat(int64(r.By())*100, int64(r.From)))
	return Percent(rounded)
}

// AtLeast tells whether the fall is that share of the former price or more, unrounded.
func (r Reduction) AtLeast(percent int64) bool { return int64(r.By())*100 >= int64(r.From)*percent }
