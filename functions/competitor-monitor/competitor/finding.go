package competitor

import (
	"strconv"
	"time"

	"github.com/bayon-coagent/event-consumers/internal/alert"
	"github.com/bayon-coagent/event-consumers/internal/listing"
	"github.com/bayon-coagent/event-consumers/internal/percent"
	"github.com/bayon-coagent/event-consumers/internal/price"
)

// newListingData is the data of a competitor-new-listing alert (rules: Competitors).
type newListingData struct {
	CompetitorName  string       `dynamodbav:"competitorName"`
	PropertyAddress string       `dynamodbav:"propertyAddress"`
	ListingPrice    price.Amount `dynamodbav:"listingPrice"`
}

// reductionData is the data of a competitor-price-reduction alert (rules: Competitors).
type reductionData struct {
	CompetitorName        string          `dynamodbav:"competitorName"`
	PropertyAddress       string          `dynamodbav:"propertyAddress"`
	OriginalPrice         price.Amount    `dynamodbav:"originalPrice"`
	NewPrice              price.Amount    `dynamodbav:"newPrice"`
	PriceReduction        price.Amount    `dynamodbav:"priceReduction"`
	PriceReductionPercent percent.Percent `dynamodbav:"priceReductionPercent"`
	DaysOnMarket          *int            `dynamodbav:"daysOnMarket,omitempty"` // absent when it is not known
}

// withdrawalData is the data of a competitor-withdrawal alert (rules: Competitors).
type withdrawalData struct {
	CompetitorName  string         `dynamodbav:"competitorName"`
	PropertyAddress string         `dynamodbav:"propertyAddress"`
	DaysOnMarket    *int           `dynamodbav:"daysOnMarket,omitempty"` // absent when it is not known
	Status          listing.Status `dynamodbav:"status"`                 // withdrawn or expired
}

// findingOf is the alert that a change of a competitor's listing deserves, if it deserves one. The fact is the competitor,
// the listing and the version of the snapshot that the change was seen against.
func findingOf(
	userID string, tracked competitor, was snapshot, is listing.Listing, shown change, now time.Time,
) (finding alert.Finding, deserved bool) {
	finding = alert.Finding{
		UserID: userID,
		Fact:   []string{tracked.ID, is.MLSNumber, strconv.FormatInt(was.Version, 10)},
	}
	switch {
	case shown.listed:
		finding.Type, finding.Priority = alert.CompetitorNewListing, newListingPriority(is)
		finding.Data = newListingData{
			CompetitorName:  tracked.Name,
			PropertyAddress: is.Address.String(),
			ListingPrice:    is.Price,
		}
	case shown.reduction != nil:
		finding.Type, finding.Priority = alert.CompetitorPriceReduction, reductionPriority(*shown.reduction)
		finding.Data = reductionData{
			CompetitorName:        tracked.Name,
			PropertyAddress:       is.Address.String(),
			OriginalPrice:         shown.reduction.From,
			NewPrice:              shown.reduction.To,
			PriceReduction:        shown.reduction.By(),
			PriceReductionPercent: shown.reduction.Percent(),
			DaysOnMarket:          daysOnMarket(is, now),
		}
	case shown.left:
		finding.Type, finding.Priority = alert.CompetitorWithdrawal, withdrawalPriority(is, now)
		finding.Data = withdrawalData{
			CompetitorName:  tracked.Name,
			PropertyAddress: is.Address.String(),
			DaysOnMarket:    daysOnMarket(is, now),
			Status:          is.Status,
		}
	default:
		return alert.Finding{}, false
	}
	return finding, true
}

// daysOnMarket is nil when it is not known.
func daysOnMarket(is listing.Listing, now time.Time) *int {
	days, known := is.DaysOnMarket(now)
	if !known {
		return nil
	}
	return &days
}
