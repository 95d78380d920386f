package trend

import (
	"math/big"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/bayon-coagent/event-consumers/internal/alert"
	"github.com/bayon-coagent/event-consumers/internal/decimal"
)

// alertData is the data of a neighborhood-trend alert (rules: Alerts). The values are dollars, listings or days.
type alertData struct {
	Neighborhood      string            `dynamodbav:"neighborhood"`
	TrendType         trendType         `dynamodbav:"trendType"`
	CurrentValue      rounded           `dynamodbav:"currentValue"`
	PreviousValue     rounded           `dynamodbav:"previousValue"`
	ChangePercent     rounded           `dynamodbav:"changePercent"` // without a sign: the type tells the direction
	HistoricalContext historicalContext `dynamodbav:"historicalContext"`
}

type historicalContext struct {
	Avg90Day  rounded `dynamodbav:"avg90Day"`
	Avg365Day rounded `dynamodbav:"avg365Day"`
}

// rounded is a number that is written with 2 decimals, half up.
type rounded struct{ *big.Rat }

// MarshalDynamoDBAttributeValue writes the number.
func (r rounded) MarshalDynamoDBAttributeValue() (types.AttributeValue, error) {
	hundredths, _ := decimal.Hundredths(r.Rat) // it fits: no figure is that large
	return &types.AttributeValueMemberN{Value: decimal.Format(hundredths)}, nil
}

// findingOf is the alert that a trend deserves. The fact is the neighborhood, the kind of trend and the month.
func findingOf(userID, neighborhood string, of month, moved movement, before history, is figures) alert.Finding {
	return alert.Finding{
		UserID:   userID,
		Type:     alert.NeighborhoodTrend,
		Priority: moved.priority(),
		Fact:     []string{neighborhood, string(moved.trend), of.String()},
		Data: alertData{
			Neighborhood:  neighborhood,
			TrendType:     moved.trend,
			CurrentValue:  rounded{moved.to},
			PreviousValue: rounded{moved.from},
			ChangePercent: rounded{new(big.Rat).Abs(moved.change)},
			HistoricalContext: historicalContext{
				Avg90Day:  rounded{before.mean(moved.indicator, is, monthsOf90Days)},
				Avg365Day: rounded{before.mean(moved.indicator, is, monthsOfYear)},
			},
		},
	}
}
