package price

import (
	"fmt"
	"math/big"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// Percent is a share in hundredths of a percent: 1234 is 12.34 %. It is for showing and storing; limits are compared with
// the unrounded share (Reduction.AtLeast, Reduction.MoreThan).
type Percent int64

// String writes the share as a decimal number without needless zeros: 12.5.
func (p Percent) String() string { return decimal(int64(p)) }

// MarshalJSON writes the share as a JSON number of percent.
func (p Percent) MarshalJSON() ([]byte, error) { return []byte(p.String()), nil }

// MarshalDynamoDBAttributeValue writes the share as a number of percent.
func (p Percent) MarshalDynamoDBAttributeValue() (types.AttributeValue, error) {
	return &types.AttributeValueMemberN{Value: p.String()}, nil
}

// UnmarshalDynamoDBAttributeValue reads a number of percent.
func (p *Percent) UnmarshalDynamoDBAttributeValue(value types.AttributeValue) error {
	number, ok := value.(*types.AttributeValueMemberN)
	if !ok {
		return fmt.Errorf("a percentage must be a number")
	}
	parsed, err := Parse(number.Value)
	*p = Percent(parsed)
	return err
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

// MoreThan tells whether the fall is more than that share of the former price, unrounded.
func (r Reduction) MoreThan(percent int64) bool { return int64(r.By())*100 > int64(r.From)*percent }
