package trend

import (
	"errors"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/bayon-coagent/event-consumers/internal/price"
	"github.com/bayon-coagent/event-consumers/internal/table"
)

// Whatever a row holds: it is malformed, or its figures can be compared, averaged and stored.
func FuzzFigures(f *testing.F) {
	f.Add("500000", "10", "40")
	f.Add("0", "0", "0")
	f.Add("-1", "-1", "-1")
	f.Add("1e125", "1e9", "1e-130")
	f.Add("x", "", "NaN")
	f.Fuzz(func(t *testing.T, median, inventory, days string) {
		number := func(text string) types.AttributeValue { return &types.AttributeValueMemberN{Value: text} }
		item, _ := table.ItemOf(map[string]types.AttributeValue{"Data": &types.AttributeValueMemberM{Value: map[string]types.AttributeValue{
			"medianPrice": number(median), "inventoryLevel": number(inventory), "avgDaysOnMarket": number(days),
		}}})
		was, err := figuresOf(item)
		var malformed *table.MalformedError
		if err != nil {
			if !errors.As(err, &malformed) {
				t.Errorf("error %v", err)
			}
			return
		}
		is := figures{MedianPrice: pointer(price.Dollars(500_000)), InventoryLevel: pointer[int64](10), AvgDaysOnMarket: pointer(40.0)}
		before := history{1: was}
		for _, m := range before.movements(is) {
			if _, err := (rounded{before.mean(m.indicator, is, monthsOfYear)}).MarshalDynamoDBAttributeValue(); err != nil || m.percent() == nil {
				t.Errorf("%s: %v", m.trend, err)
			}
		}
	})
}
