package trend

import (
	"errors"
	"time"

	"github.com/bayon-coagent/event-consumers/internal/percent"
	"github.com/bayon-coagent/event-consumers/internal/price"
	"github.com/bayon-coagent/event-consumers/internal/table"
)

const rowEntity = "TrendIndicators"

// figures are the numbers of a month that are compared with another month's. What is not known is nil.
type figures struct {
	MedianPrice     *price.Amount `dynamodbav:"medianPrice,omitempty"`
	InventoryLevel  *int64        `dynamodbav:"inventoryLevel,omitempty"`
	AvgDaysOnMarket *float64      `dynamodbav:"avgDaysOnMarket,omitempty"` // unrounded, for the months that follow
}

// row is a month of a neighborhood as it is stored (rules: Trends).
type row struct {
	Neighborhood string `dynamodbav:"neighborhood"`
	Period       string `dynamodbav:"period"`
	figures
	PriceChange     *percent.Percent `dynamodbav:"priceChange,omitempty"` // the changes are absent without a month to compare with
	InventoryChange *percent.Percent `dynamodbav:"inventoryChange,omitempty"`
	DOMChange       *percent.Percent `dynamodbav:"domChange,omitempty"`
	SalesVolume     int64            `dynamodbav:"salesVolume"`
	SampleSize      int64            `dynamodbav:"sampleSize"`
	CalculatedAt    table.Date       `dynamodbav:"calculatedAt"`
}

// most is what no number of a row reaches, but for a price; what does was written in error.
const most = 1_000_000_000

// figuresOf reads the figures of a row, whoever wrote it. It fails with *table.MalformedError.
func figuresOf(item table.Item) (figures, error) {
	var read figures
	if err := table.Decode(item, &read); err != nil {
		return figures{}, err
	}
	malformed := func(problem string) (figures, error) {
		return figures{}, &table.MalformedError{Key: item.Key, Err: errors.New(problem)}
	}
	if inventory := read.InventoryLevel; inventory != nil && (*inventory < 0 || *inventory > most) {
		return malformed("inventoryLevel is no number of listings")
	}
	if days := read.AvgDaysOnMarket; days != nil && !(0 <= *days && *days <= most) {
		return malformed("avgDaysOnMarket is no number of days")
	}
	if median := read.MedianPrice; median != nil && *median < 0 {
		return malformed("medianPrice is no price")
	}
	return read.ofListings(), nil
}

// ofListings leaves out what no listing can have said: some writers put 0 for what is not known.
func (f figures) ofListings() figures {
	if f.InventoryLevel != nil && *f.InventoryLevel == 0 {
		return figures{InventoryLevel: f.InventoryLevel}
	}
	if f.MedianPrice != nil && *f.MedianPrice == 0 {
		f.MedianPrice = nil
	}
	return f
}

// standing is what a row that is to be replaced says of when it was calculated, as it is stored.
type standing struct {
	CalculatedAt table.Raw `dynamodbav:"calculatedAt"`
}

// clockSkew is how far ahead of the function's clock the clock of a row's writer may be.
const clockSkew = 24 * time.Hour

// laterThan tells whether the row was calculated by a pass that began later. What is further ahead than clocks differ is
// no time.
func (s standing) laterThan(began time.Time) bool {
	var at table.Date
	if s.CalculatedAt.AttributeValue == nil || at.UnmarshalDynamoDBAttributeValue(s.CalculatedAt.AttributeValue) != nil {
		return false
	}
	return at.After(began) && !at.After(began.Add(clockSkew))
}

// unchanged holds as long as no one else has written the row.
func (s standing) unchanged() table.Condition {
	return table.DataIs("calculatedAt", s.CalculatedAt.AttributeValue)
}
