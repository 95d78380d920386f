package reduction

import (
	"time"

	"github.com/bayon-coagent/event-consumers/internal/listing"
	"github.com/bayon-coagent/event-consumers/internal/price"
	"github.com/bayon-coagent/event-consumers/internal/table"
)

// history is the prices that a listing has had, oldest first; the first is the one it was first seen at.
type history struct {
	MLSNumber       string       `dynamodbav:"mlsNumber"`
	PropertyAddress string       `dynamodbav:"propertyAddress"`
	PriceHistory    []pricePoint `dynamodbav:"priceHistory"`
	LastUpdated     table.Date   `dynamodbav:"lastUpdated"`
}

type pricePoint struct {
	Date   table.Date   `dynamodbav:"date"`
	Price  price.Amount `dynamodbav:"price"`
	Source string       `dynamodbav:"source"`
}

// historyLength is how many of the newest prices are kept (rules: Price reduction).
const historyLength = 100

func historyKey(userID, mlsNumber string) table.Key {
	return table.UserKey(userID, "PRICE_HISTORY#"+mlsNumber)
}

// following is the history after the listing was seen at another price than its snapshot's.
func (h history) following(was listing.Snapshot, is listing.Listing, now time.Time) history {
	points := h.PriceHistory
	if len(points) == 0 && was.Seen() {
		points = []pricePoint{{Date: was.SyncedAt.Date(), Price: was.Price, Source: is.Provider}}
	}
	points = append(points[:len(points):len(points)], pricePoint{Date: seenAt(is, now), Price: is.Price, Source: is.Provider})
	return history{
		MLSNumber:       is.MLSNumber,
		PropertyAddress: is.Address.String(),
		PriceHistory:    points[max(0, len(points)-historyLength):],
		LastUpdated:     table.Date{Time: now},
	}
}

// unchanged holds as long as no one else has added to the history. One without a list is replaced.
func (h history) unchanged() table.Condition {
	if h.PriceHistory == nil {
		return table.Condition{}
	}
	return table.DataLength("priceHistory", len(h.PriceHistory))
}

// seenAt is when the listing had its price: when it was synced, if that is known.
func seenAt(is listing.Listing, now time.Time) table.Date {
	if is.SyncedAt == 0 {
		return table.Date{Time: now}
	}
	return is.SyncedAt.Date()
}
