package social

import (
	"fmt"
	"math/big"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// Metrics is how a post does. None is negative.
type Metrics struct{ Views, Likes, Shares, Comments, Clicks, Saves, Reach, Impressions int64 }

// EngagementRate is the share of those reached who did something: likes, shares, comments and saves by reach, else by
// impressions, else by views; 0 where none of these is known. It is more than 100 % where they did more than one thing.
func (m Metrics) EngagementRate() Rate {
	whole := m.Reach
	if whole <= 0 {
		whole = m.Impressions
	}
	if whole <= 0 {
		whole = m.Views
	}
	if whole <= 0 {
		return 0
	}
	part := new(big.Int)
	for _, count := range []int64{m.Likes, m.Shares, m.Comments, m.Saves} {
		part.Add(part, big.NewInt(max(count, 0)))
	}
	// Half up: (2·part·10⁶ + whole) / 2·whole.
	part.Mul(part, big.NewInt(2*100*rateScale)).Add(part, big.NewInt(whole))
	rate := part.Div(part, new(big.Int).Lsh(big.NewInt(whole), 1))
	if !rate.IsInt64() {
		return 1<<63 - 1
	}
	return Rate(rate.Int64())
}

// Rate is a share in ten-thousandths of a percent: 12345 is 1.2345 %. It is never negative.
type Rate int64

const rateScale = 10_000

// String writes the share as a decimal number of percent without needless zeros: 1.25.
func (r Rate) String() string {
	text := fmt.Sprintf("%d.%04d", r/rateScale, r%rateScale)
	return strings.TrimSuffix(strings.TrimRight(text, "0"), ".")
}

// MarshalDynamoDBAttributeValue writes the share as a number of percent.
func (r Rate) MarshalDynamoDBAttributeValue() (types.AttributeValue, error) {
	return &types.AttributeValueMemberN{Value: r.String()}, nil
}
