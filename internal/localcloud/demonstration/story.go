// Package demonstration plays a small story on the running system with the clients that anyone has: an agent joins, says
// what to watch, and a market of real listings moves for a month. Then it looks whether everything that it promised is
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

	"github.com/bayon-coagent/event-consumers/pkg/events"
)

// The agent of the story, who wants to know of prices within these bounds. The sample events of the functions are about
// the same agent.
const (
	agentID  = "agent-maria"
	minPrice = 450_000
	maxPrice = 950_000
)

// betweenSyncs is how much time of the story passes between the two syncs.
const betweenSyncs = 28 * 24 * time.Hour

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
	Notified Notified
	Missing  []string // promised effects that are not there, and effects that were not promised, in words
}

// Play plays the story and looks at its effects. The story can be played again on the same system: each time has an agent
// of its own.
func (s Story) Play(ctx context.Context) (Outcome, error) {
	market, err := Market()
	if err != nil {
		return Outcome{}, err
	}
	begun := s.Now()
	p := &play{Story: s, agentID: agentID, market: market}
	if err := p.makeWay(ctx, begun); err != nil {
		return Outcome{}, err
	}
	missing, err := p.join(ctx, begun)
	if err != nil {
		return Outcome{}, err
	}
	if err := p.firstSync(ctx, begun.Add(-betweenSyncs)); err != nil {
		return Outcome{}, err
	}
	if err := p.secondSync(ctx, begun); err != nil {
		return Outcome{}, err
	}
	unposted, err := p.schedulePost(ctx, begun)
	if err != nil {
		return Outcome{}, err
	}
	outcome := Outcome{}
	outcome.Falls, outcome.Outside, outcome.Withheld = countFalls(market)
	if outcome.Alerts, err = p.alerts(ctx); err != nil {
		return Outcome{}, err
	}
	if outcome.Notified, err = p.notified(ctx); err != nil {
		return Outcome{}, err
	}
	outcome.Missing = slices.Concat(missing, unposted, compare(promised(market), outcome.Alerts), outcome.Notified.missing(outcome.Alerts))
	return outcome, nil
}

// play is the story, played once.
type play struct {
	Story

	agentID string
	market  []Property
}

// makeWay gives the agent another id if there is an agent of this one already: an agent joins only once.
func (p *play) makeWay(ctx context.Context, at time.Time) error {
	found, err := p.query(ctx, "SETTINGS#")
	if len(found) > 0 {
		p.agentID = fmt.Sprintf("%s-%d", agentID, at.UnixMilli())
	}
	return err
}

// join lets the agent join, and tells what of it has no effect.
func (p *play) join(ctx context.Context, at time.Time) (missing []string, err error) {
	p.Tell("Maria joins. She knows four people whose lives are changing: a retirement, a divorce, a death in the family, a wedding.")
	if err := p.saveProspects(ctx, at); err != nil {
		return nil, err
	}
	err = p.publish(ctx, events.UserCreated{UserID: p.agentID, Email: email, CreatedAt: events.At(at)})
	if err != nil {
		return nil, err
	}
	return p.lookAtNewAgent(ctx)
}

// firstSync is the baseline of everything.
func (p *play) firstSync(ctx context.Context, at time.Time) error {
	p.Tell(fmt.Sprintf("She watches zip 98029, the city of Sammamish and the blocks of Wallingford, from $%d to $%d, and tracks a "+
		"competitor, Bob Stone.", minPrice, maxPrice))
	if err := p.saveWishes(ctx, at); err != nil {
		return err
	}
	offers := First(p.market)
	p.Tell(fmt.Sprintf("Her MLS syncs %d real listings of King County, and she publishes her first post, which makes the competitor "+
		"monitor look, too. It is the first look at them, so nothing is news.", len(offers)))
	if err := p.sync(ctx, offers, at, "first"); err != nil {
		return err
	}
	if err := p.post(ctx, at); err != nil {
		return err
	}
	return p.monthPasses(ctx)
}

// secondSync brings the news of a month.
func (p *play) secondSync(ctx context.Context, at time.Time) error {
	p.Tell(fmt.Sprintf("Four weeks later the MLS syncs again: %d prices have fallen, homes in 98029 and Sammamish are sold, new ones "+
		"have come to Wallingford.", len(Falls(p.market))))
	if err := p.sync(ctx, Second(p.market), at, "second"); err != nil {
		return err
	}
	p.Tell("She publishes another post: what has Bob Stone been up to?")
	if err := p.post(ctx, at); err != nil {
		return err
	}
	p.Tell("It is six in the morning, and the life event check is due: who is worth a call?")
	return p.publish(ctx, events.CheckDue{Check: events.CheckLifeEvent, UserID: p.agentID, DueAt: events.At(at)})
}

// schedulePost lets a scheduled post go out, and tells what of it has no effect.
func (p *play) schedulePost(ctx context.Context, at time.Time) (missing []string, err error) {
	p.Tell("An AI job has written a post for her that is due: it goes out on Facebook and X, and their figures come back.")
	if err := p.savePost(ctx, at); err != nil {
		return nil, err
	}
	err = p.publish(ctx, events.AIJobCompleted{
		JobID: fmt.Sprintf("demonstration-%d", at.UnixMilli()), UserID: p.agentID, JobType: "social_media",
		Status: events.StatusCompleted, CompletedAt: events.At(at),
	})
	if err != nil {
		return nil, err
	}
	return p.lookAtPost(ctx)
}

// sync stores the market as an MLS sync does, and tells the bus.
func (p *play) sync(ctx context.Context, offers []Offer, at time.Time, name string) error {
	if err := p.saveListings(ctx, offers, at); err != nil {
		return err
	}
	count := int64(len(offers))
	return p.publish(ctx, events.IntegrationSyncCompleted{
		SyncID:      fmt.Sprintf("demonstration-%s-%d", name, at.UnixMilli()),
		UserID:      p.agentID,
		Provider:    "mls",
		Status:      events.StatusCompleted,
		CompletedAt: events.At(at),
		ItemsSynced: &count,
	})
}

// post says that the agent has published content.
func (p *play) post(ctx context.Context, at time.Time) error {
	return p.publish(ctx, events.ContentPublished{
		ContentID:   fmt.Sprintf("demonstration-%d", at.UnixMilli()),
		UserID:      p.agentID,
		ContentType: "blog_post",
		Platform:    "blog",
		PublishedAt: events.At(at),
	})
}

// publish tells the bus, and waits until everything that follows has happened.
func (p *play) publish(ctx context.Context, fact events.Fact) error {
	if err := events.NewPublisher(p.Bus, p.BusName).Publish(ctx, fact); err != nil {
		return fmt.Errorf("publish %s: %w", fact.DetailType(), err)
	}
	return p.Quiet(ctx)
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
