// Package listing reads the listings that the platform's MLS sync stores for an agent (rules: Listings).
package listing

import (
	"errors"
	"math"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/bayon-coagent/event-consumers/internal/area"
	"github.com/bayon-coagent/event-consumers/internal/price"
	"github.com/bayon-coagent/event-consumers/internal/table"
)

// Listing is a property on the market, as the newest sync that stored it saw it. Parts that are missing or of a wrong type
// in the item are zero: half of a listing must not hide the other half.
type Listing struct {
	Key          table.Key
	MLSNumber    string
	Provider     string
	Price        price.Amount // 0 when the item has no usable price
	Status       Status
	SyncedAt     table.Milliseconds
	Address      Address
	Location     *area.Location
	ListDate     time.Time
	Bedrooms     float64
	Bathrooms    float64
	SquareFeet   float64
	PropertyType string

	ListAgentMLSID  string    // the listing agent, as the provider says; see Reader.ListAgents
	SyncID          string    // the sync that stored the listing
	StatusChangedAt time.Time // zero when the provider does not say

	daysOnMarket *float64
	syncedAt     table.Raw
}

// Address is where a listing stands. Parts that are not known are empty.
type Address struct {
	Street string `dynamodbav:"street"`
	City   string `dynamodbav:"city"`
	State  string `dynamodbav:"state"`
	ZIP    string `dynamodbav:"zip"`
}

// String is "street, city, state zip" with what is there.
func (a Address) String() string {
	parts := make([]string, 0, 3)
	for _, part := range []string{a.Street, a.City, strings.TrimSpace(a.State + " " + a.ZIP)} {
		if part = strings.TrimSpace(part); part != "" {
			parts = append(parts, part)
		}
	}
	return strings.Join(parts, ", ")
}

// HasPrice tells whether the listing has a usable price.
func (l Listing) HasPrice() bool { return l.Price > 0 }

// Place is where the listing stands, for area.Areas.
func (l Listing) Place() area.Place {
	return area.Place{ZIP: l.Address.ZIP, City: l.Address.City, Location: l.Location}
}

// DaysOnMarket is what the provider says, else the whole days of 24 hours from the listing date to now, which are negative
// for a date in the future; without both it is unknown.
func (l Listing) DaysOnMarket(now time.Time) (days int, known bool) {
	if l.daysOnMarket != nil {
		return int(math.Floor(*l.daysOnMarket)), true
	}
	if l.ListDate.IsZero() {
		return 0, false
	}
	return int(math.Floor(now.Sub(l.ListDate).Hours() / 24)), true
}

// Located tells whether the listing has a location that a polygon could hold.
func (l Listing) Located() bool { return l.Location != nil && l.Location.Valid() }

// Imported tells whether the item is one of the app's imports, which stores a listing anew each time.
func (l Listing) Imported() bool { return l.Key.Sort != keyPrefix+l.MLSNumber }

// NewerThan tells which of two items of one mlsNumber counts: the one synced later, else the one of the greater key, so
// that the choice is always the same.
func (l Listing) NewerThan(other Listing) bool {
	if l.SyncedAt != other.SyncedAt {
		return l.SyncedAt > other.SyncedAt
	}
	return l.Key.Sort > other.Key.Sort
}

// Why an item is no listing at all.
var (
	errNoMLSNumber   = errors.New("mlsNumber is missing")
	errLongMLSNumber = errors.New("mlsNumber is too long for a key")
)

// The bounds of what is taken for a listing's own words and numbers.
const (
	longestMLSNumber = 256 // bytes; it becomes a part of keys
	longestText      = 1024
	mostDays         = 100_000
)

// stored is a listing's Data.
type stored struct {
	MLSNumber    text    `dynamodbav:"mlsNumber"`
	Provider     text    `dynamodbav:"mlsProvider"`
	Price        amount  `dynamodbav:"price"`
	Status       text    `dynamodbav:"status"`
	SyncedAt     synced  `dynamodbav:"syncedAt"`
	Address      address `dynamodbav:"address"`
	Latitude     number  `dynamodbav:"latitude"`
	Longitude    number  `dynamodbav:"longitude"`
	ListDate     moment  `dynamodbav:"listDate"`
	DaysOnMarket number  `dynamodbav:"daysOnMarket"`
	Bedrooms     number  `dynamodbav:"bedrooms"`
	Bathrooms    number  `dynamodbav:"bathrooms"`
	SquareFeet   number  `dynamodbav:"squareFeet"`
	PropertyType text    `dynamodbav:"propertyType"`

	ListAgentMLSID  text   `dynamodbav:"listAgentMlsId"`
	SyncID          text   `dynamodbav:"syncId"`
	StatusChangedAt moment `dynamodbav:"statusChangedAt"`
}

// Of reads a listing from its item. Only an item without mlsNumber is no listing; it fails with *table.MalformedError.
func Of(item table.Item) (Listing, error) {
	var data stored
	if err := table.Decode(item, &data); err != nil {
		return Listing{}, err
	}
	if data.MLSNumber == "" {
		return Listing{}, &table.MalformedError{Key: item.Key, Err: errNoMLSNumber}
	}
	if len(data.MLSNumber) > longestMLSNumber {
		return Listing{}, &table.MalformedError{Key: item.Key, Err: errLongMLSNumber}
	}
	listing := Listing{
		Key:          item.Key,
		MLSNumber:    string(data.MLSNumber),
		Provider:     string(data.Provider),
		Price:        price.Amount(data.Price),
		Status:       StatusOf(string(data.Status)),
		SyncedAt:     data.SyncedAt.value,
		Address:      Address(data.Address),
		ListDate:     data.ListDate.Time,
		Bedrooms:     data.Bedrooms.value,
		Bathrooms:    data.Bathrooms.value,
		SquareFeet:   data.SquareFeet.value,
		PropertyType: string(data.PropertyType),

		ListAgentMLSID:  strings.TrimSpace(string(data.ListAgentMLSID)),
		SyncID:          string(data.SyncID),
		StatusChangedAt: data.StatusChangedAt.Time,

		syncedAt: data.SyncedAt.stored,
	}
	if data.Latitude.given && data.Longitude.given {
		listing.Location = &area.Location{Latitude: data.Latitude.value, Longitude: data.Longitude.value}
	}
	if data.DaysOnMarket.given && math.Abs(data.DaysOnMarket.value) <= mostDays {
		listing.daysOnMarket = &data.DaysOnMarket.value
	}
	return listing, nil
}

// The types below read a part of a listing and leave it zero where it is of a wrong type.
type (
	text   string
	amount price.Amount
	moment struct{ table.Date }
	synced struct {
		value  table.Milliseconds
		stored table.Raw
	}
	address Address
	number  struct {
		value float64
		given bool
	}
)

func (t *text) UnmarshalDynamoDBAttributeValue(value types.AttributeValue) error {
	if value, ok := value.(*types.AttributeValueMemberS); ok && len(value.Value) <= longestText {
		*t = text(value.Value)
	}
	return nil
}

func (a *amount) UnmarshalDynamoDBAttributeValue(value types.AttributeValue) error {
	var read price.Amount
	if err := read.UnmarshalDynamoDBAttributeValue(value); err == nil && read > 0 {
		*a = amount(read)
	}
	return nil
}

func (m *moment) UnmarshalDynamoDBAttributeValue(value types.AttributeValue) error {
	var read table.Date
	if err := read.UnmarshalDynamoDBAttributeValue(value); err == nil {
		m.Date = read
	}
	return nil
}

func (s *synced) UnmarshalDynamoDBAttributeValue(value types.AttributeValue) error {
	s.stored.AttributeValue = value
	if err := s.value.UnmarshalDynamoDBAttributeValue(value); err != nil {
		s.value = 0
	}
	return nil
}

func (a *address) UnmarshalDynamoDBAttributeValue(value types.AttributeValue) error {
	parts, ok := value.(*types.AttributeValueMemberM)
	if !ok {
		return nil
	}
	part := func(name string) string {
		var read text
		_ = read.UnmarshalDynamoDBAttributeValue(parts.Value[name]) // it never fails
		return string(read)
	}
	*a = address{Street: part("street"), City: part("city"), State: part("state"), ZIP: part("zip")}
	return nil
}

func (n *number) UnmarshalDynamoDBAttributeValue(value types.AttributeValue) error {
	if value, ok := value.(*types.AttributeValueMemberN); ok {
		n.given = attributevalue.Unmarshal(value, &n.value) == nil
	}
	return nil
}

// Unchanged holds as long as no later sync has stored the listing again.
func (l Listing) Unchanged() table.Condition {
	return table.DataIs("syncedAt", l.syncedAt.AttributeValue)
}
