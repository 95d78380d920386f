// Package demonstration plays a small story on the running system with the clients that anyone has: an agent, a market of
// real listings, and an MLS sync in which some prices have fallen. Then it looks whether everything that it promised is
// there.
package demonstration

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"

	"github.com/bayon-coagent/event-consumers/internal/price"
	"github.com/bayon-coagent/event-consumers/pkg/events"
)

// The agent of the story watches a zip, a city and a polygon, for prices within bounds.
const (
	agentID  = "agent-maria"
	minPrice = 450_000
	maxPrice = 950_000
)

// Story is the demonstration on one running system.
type Story struct {
	Database  *dynamodb.Client
	Bus       *eventbridge.Client
	TableName string
	BusName   string
	Now       func() time.Time
	// Quiet waits until nothing is under way any more.
	Quiet func(context.Context) error
	// Tell says what happens next, in a line.
	Tell func(line string)
}

// Outcome is how the story ended.
type Outcome struct {
	Falls    int // prices that fell
	Outside  int // of these, outside the agent's areas
	Withheld int // of these, in the areas but outside the price range
	Alerts   []Alert
	Missing  []string // promised effects that are not there, and effects that were not promised, in words
}

// Play plays the story and looks at its effects. The story can be played again on the same system: each time brings syncs
// of its own.
func (s Story) Play(ctx context.Context) (Outcome, error) {
	market, err := Market()
	if err != nil {
		return Outcome{}, err
	}
	falls := Falls(market)
	begun := s.Now()
	if err := s.forget(ctx); err != nil {
		return Outcome{}, err
	}

	s.Tell(fmt.Sprintf("Maria is a real-estate agent. She watches zip 98029, the city of Sammamish and the blocks of Wallingford, "+
		"from $%d to $%d.", minPrice, maxPrice))
	if err := s.saveSettings(ctx); err != nil {
		return Outcome{}, err
	}
	s.Tell(fmt.Sprintf("Her MLS syncs %d real listings of King County. It is the first look at them, so nothing is news.", len(market)))
	if err := s.sync(ctx, market, nil, begun.Add(-24*time.Hour), "first"); err != nil {
		return Outcome{}, err
	}
	s.Tell(fmt.Sprintf("A day later the MLS syncs again: %d prices have fallen.", len(falls)))
	if err := s.sync(ctx, market, falls, begun, "second"); err != nil {
		return Outcome{}, err
	}
	return s.look(ctx, falls)
}

// sync stores the market as an MLS sync does, tells the bus, and waits until everything that follows has happened.
func (s Story) sync(ctx context.Context, market []Property, falls []Fall, at time.Time, name string) error {
	if err := s.saveListings(ctx, market, falls, at); err != nil {
		return err
	}
	publisher := events.NewPublisher(s.Bus, s.BusName)
	count := int64(len(market))
	err := publisher.Publish(ctx, events.IntegrationSyncCompleted{
		SyncID:      fmt.Sprintf("demonstration-%s-%d", name, at.UnixMilli()),
		UserID:      agentID,
		Provider:    "mls",
		Status:      events.StatusCompleted,
		CompletedAt: events.Instant{Time: at},
		ItemsSynced: &count,
	})
	if err != nil {
		return fmt.Errorf("publish Integration Sync Completed: %w", err)
	}
	return s.Quiet(ctx)
}

// look compares what is there with what the story promised.
func (s Story) look(ctx context.Context, falls []Fall) (Outcome, error) {
	outcome := Outcome{Falls: len(falls)}
	promised := map[string]price.Amount{}
	for _, fall := range falls {
		switch {
		case !watched(fall.Property):
			outcome.Outside++
		case fall.NewPrice < price.Dollars(minPrice) || fall.NewPrice > price.Dollars(maxPrice):
			outcome.Withheld++
		default:
			promised[addressOf(fall.Property)] = fall.NewPrice
		}
	}
	alerts, err := s.alerts(ctx)
	if err != nil {
		return Outcome{}, err
	}
	outcome.Alerts = alerts
	for _, found := range alerts {
		if promised[found.Address] != found.NewPrice {
			outcome.Missing = append(outcome.Missing, "an alert that nobody promised: "+found.Address)
		}
		if !found.Published {
			outcome.Missing = append(outcome.Missing, "Alert Created was not published: "+found.Address)
		}
		delete(promised, found.Address)
	}
	for address := range promised {
		outcome.Missing = append(outcome.Missing, "the alert is missing: "+address)
	}
	slices.Sort(outcome.Missing)
	return outcome, nil
}

// watched tells whether a property lies in one of the agent's areas, by what the sample says of its zips: all of 98029,
// all of Sammamish (98075), and of Seattle those in the polygon.
func watched(property Property) bool {
	return property.ZIP == "98029" || property.City() == "Sammamish" || wallingford.contains(property)
}

// box is a rectangle of latitudes and longitudes.
type box struct{ south, north, west, east float64 }

var wallingford = box{south: 47.655, north: 47.675, west: -122.36, east: -122.33} //nolint:gochecknoglobals // a place does not change

func (b box) contains(property Property) bool {
	return b.south <= property.Latitude && property.Latitude <= b.north &&
		b.west <= property.Longitude && property.Longitude <= b.east
}

// addressOf is a made-up street, since the sample has none; the parcel makes it the property's own.
func addressOf(property Property) string {
	return strings.TrimSpace(street(property) + ", " + property.City() + ", WA " + property.ZIP)
}

func street(property Property) string {
	return "Parcel " + strings.TrimPrefix(property.MLSNumber, "KC")
}
