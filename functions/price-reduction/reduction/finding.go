package reduction

import (
	"strconv"
	"time"

	"github.com/bayon-coagent/event-consumers/internal/alert"
	"github.com/bayon-coagent/event-consumers/internal/listing"
	"github.com/bayon-coagent/event-consumers/internal/percent"
	"github.com/bayon-coagent/event-consumers/internal/price"
)

// alertData is the data of a price-reduction alert (rules: Alerts).
type alertData struct {
	PropertyAddress       string          `dynamodbav:"propertyAddress"`
	OriginalPrice         price.Amount    `dynamodbav:"originalPrice"`
	NewPrice              price.Amount    `dynamodbav:"newPrice"`
	PriceReduction        price.Amount    `dynamodbav:"priceReduction"`
	PriceReductionPercent percent.Percent `dynamodbav:"priceReductionPercent"`
	DaysOnMarket          *int            `dynamodbav:"daysOnMarket,omitempty"` // absent when it is not known
	PropertyDetails       propertyDetails `dynamodbav:"propertyDetails"`
}

type propertyDetails struct {
	Bedrooms     float64 `dynamodbav:"bedrooms"`
	Bathrooms    float64 `dynamodbav:"bathrooms"`
	SquareFeet   float64 `dynamodbav:"squareFeet"`
	PropertyType string  `dynamodbav:"propertyType"`
}

// findingOf is the alert that a reduction of a listing deserves. The fact is the listing and the version of the snapshot
// that the reduction was seen against.
func findingOf(userID string, was listing.Snapshot, is listing.Listing, reduction price.Reduction, now time.Time) alert.Finding {
	var daysOnMarket *int
	if days, known := is.DaysOnMarket(now); known {
		daysOnMarket = &days
	}
	return alert.Finding{
		UserID:   userID,
		Type:     alert.PriceReduction,
		Priority: priorityOf(reduction, is, now),
		Fact:     []string{is.MLSNumber, strconv.FormatInt(was.Version, 10)},
		Data: alertData{
			PropertyAddress:       is.Address.String(),
			OriginalPrice:         reduction.From,
			NewPrice:              reduction.To,
			PriceReduction:        reduction.By(),
			PriceReductionPercent: reduction.Percent(),
			DaysOnMarket:          daysOnMarket,
			PropertyDetails: propertyDetails{
				Bedrooms:     is.Bedrooms,
				Bathrooms:    is.Bathrooms,
				SquareFeet:   is.SquareFeet,
				PropertyType: is.PropertyType,
			},
		},
	}
}
