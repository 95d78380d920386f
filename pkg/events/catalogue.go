package events

import (
	"strings"
	"time"
)

// Entry is what the catalogue says of one fact. Schemas and documents are made from it, and tests go by it.
type Entry struct {
	Fact        Fact                // the zero fact, which knows its names
	Description string              // one sentence
	PublishedBy []string            // functions by their folders' names, and OtherServices
	Identity    []string            // the fields that make the business identity
	Values      map[string][]string // by field: all values that there are
	Spellings   map[string][]string // by field: other spellings of its Values that are read, too
	Known       map[string][]string // by field: the values that are known; new ones may come
	Example     Fact                // a valid fact with every field set

	// ConsumedElsewhere says that other services consume the fact, or will: that no function of this project does is meant.
	ConsumedElsewhere bool

	decode func(Delivery) (Event[Fact], error)
}

// OtherServices stands for the other services of Bayon CoAgent among the publishers of a fact.
const OtherServices = "platform"

// The functions that publish facts.
const (
	lifeEventProcessor      = "life-event-processor"
	competitorMonitor       = "competitor-monitor"
	trendDetector           = "trend-detector"
	priceReduction          = "price-reduction"
	notificationProcessor   = "notification-processor"
	publishScheduledContent = "publish-scheduled-content"
	syncSocialAnalytics     = "sync-social-analytics"
)

// Catalogue lists all facts of the application, in the order of their detail types.
func Catalogue() []Entry {
	return []Entry{
		aiJobCompletedEntry(),
		aiJobFailedEntry(),
		alertCreatedEntry(),
		checkDueEntry(),
		contentPublishFailedEntry(),
		contentPublishedEntry(),
		integrationSyncCompletedEntry(),
		integrationSyncFailedEntry(),
		notificationDeferredEntry(),
		notificationFailedEntry(),
		notificationSentEntry(),
		userCreatedEntry(),
	}
}

// SchemaName is the fact's name in the schema registry, such as bayon.coagent.user.created.
func (e Entry) SchemaName() string {
	return "bayon.coagent." + strings.ToLower(strings.ReplaceAll(e.Fact.DetailType(), " ", "."))
}

// Decode reads a delivery of the fact, as the function Decode does.
func (e Entry) Decode(delivery Delivery) (Event[Fact], error) { return e.decode(delivery) }

// entryOf completes what is said of a fact with what the fact says itself.
func entryOf[D Fact](said Entry, example D) Entry {
	var zero D
	said.Fact, said.Example = zero, example
	said.decode = func(delivery Delivery) (Event[Fact], error) {
		event, err := Decode[D](delivery)
		return Event[Fact]{Envelope: event.Envelope, Metadata: event.Metadata, Detail: event.Detail}, err
	}
	return said
}

// exampleTime is when the examples happen.
func exampleTime() Instant { return At(time.Date(2026, time.November, 20, 9, 30, 0, 123e6, time.UTC)) }
