package benchmark

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/bayon-coagent/event-consumers/pkg/events"
)

// subject is a function that is measured, and the work that it is given. All work begins with an agent in whose area
// listings appear and get cheaper.
type subject struct {
	name       string // of its folder
	functionID string // its logical id
	alertTypes []string

	// items are what the agent has beside settings and listings.
	items func(m *market) ([]types.WriteRequest, error)
	// turn is what appears in each turn of the measurement of memory, beside a listing or a lower price of one.
	turn func(m *market, turn int) ([]types.WriteRequest, error)
	// event makes the function look at everything.
	event func(m *market) ([]byte, error)

	// The items that must be there at the end of the measurement of memory, and after syncs of so many listings: nil where
	// listings are none of the function's business.
	afterTurns []expectation
	afterSyncs func(listings int) []expectation
}

// expectation is a number of items whose sort keys begin with a prefix.
type expectation struct {
	prefix string
	count  int
}

// competitorMLSID is who lists all listings.
const competitorMLSID = "MLS-4711"

// prospectsAtFirst is how many prospects an agent has who is to be told of life events.
const prospectsAtFirst = 10

func subjects() []subject {
	none := func(*market) ([]types.WriteRequest, error) { return nil, nil }
	nothing := func(*market, int) ([]types.WriteRequest, error) { return nil, nil }
	const falls = callsPerAgent - listingsPerAgent
	return []subject{
		{
			name: "life-event-processor", functionID: "LifeEventProcessorFunction", alertTypes: []string{"life-event-lead"},
			items: func(m *market) (items []types.WriteRequest, err error) {
				for number := range prospectsAtFirst {
					prospect, err := m.prospect(fmt.Sprint("first-", number))
					if err != nil {
						return nil, err
					}
					items = append(items, prospect)
				}
				return items, nil
			},
			turn: func(m *market, turn int) ([]types.WriteRequest, error) {
				prospect, err := m.prospect(fmt.Sprint("turn-", turn))
				return []types.WriteRequest{prospect}, err
			},
			event:      func(m *market) ([]byte, error) { return m.checked(events.CheckLifeEvent) },
			afterTurns: []expectation{{"ALERT#", prospectsAtFirst + callsPerAgent}},
			afterSyncs: func(int) []expectation { return []expectation{{"ALERT#", prospectsAtFirst}} },
		},
		{
			name: "competitor-monitor", functionID: "CompetitorMonitorProcessorFunction",
			alertTypes: []string{"competitor-new-listing", "competitor-price-reduction", "competitor-withdrawal"},
			items: func(m *market) ([]types.WriteRequest, error) {
				competitor, err := m.item("TRACKED_COMPETITOR#c", "TrackedCompetitor", fields{
					"id": "c", "name": "A competitor", "mlsId": competitorMLSID, "isActive": true, "addedAt": time.Now().UnixMilli(),
				})
				return []types.WriteRequest{competitor}, err
			},
			turn:       nothing,
			event:      (*market).published,
			afterTurns: []expectation{{"ALERT#", falls + listingsPerAgent - 1}}, // the first listing is seen at the baseline
			afterSyncs: func(listings int) []expectation { return []expectation{{"ALERT#", onePercent(listings)}} },
		},
		{
			name: "trend-detector", functionID: "TrendDetectorProcessorFunction", alertTypes: []string{"neighborhood-trend"},
			items: none, turn: nothing, event: (*market).synced,
			afterTurns: []expectation{{"TREND#", 1}},
			afterSyncs: func(int) []expectation { return []expectation{{"TREND#", 1}} },
		},
		{
			name: "price-reduction", functionID: "PriceReductionProcessorFunction", alertTypes: []string{"price-reduction"},
			items: none, turn: nothing, event: (*market).synced,
			afterTurns: []expectation{{"ALERT#", falls}},
			afterSyncs: func(listings int) []expectation { return []expectation{{"ALERT#", onePercent(listings)}} },
		},
		{
			name: "notification-processor", functionID: "NotificationProcessorFunction",
			items: func(m *market) ([]types.WriteRequest, error) {
				profile, err := m.item("PROFILE", "UserProfile", fields{"name": "An agent", "email": "agent@example.com"})
				return []types.WriteRequest{profile}, err
			},
			turn:       nothing,
			event:      (*market).alerted, // the first ten of a minute are mailed
			afterTurns: []expectation{{"NOTIFICATION#", callsPerAgent}, {"NOTIFICATION_JOB#", callsPerAgent}},
		},
		{
			name: "publish-scheduled-content", functionID: "PublishScheduledContentFunction",
			items: (*market).connection,
			turn: func(m *market, turn int) ([]types.WriteRequest, error) {
				content, err := m.scheduled(fmt.Sprint("post-", turn))
				return []types.WriteRequest{content}, err
			},
			event:      (*market).written,
			afterTurns: []expectation{{"ANALYTICS#", callsPerAgent}}, // written with each post
		},
		{
			name: "sync-social-analytics", functionID: "SyncSocialAnalyticsFunction",
			items: (*market).connection, turn: nothing, event: (*market).posted,
			afterTurns: []expectation{{"ANALYTICS#", callsPerAgent}},
		},
	}
}

// Functions are the names of the functions that can be measured.
func Functions() []string { return namesOf(subjects()) }

// Watchers are the names of the functions whose syncs can be measured.
func Watchers() []string { return namesOf(watchers(subjects())) }

func namesOf(subjects []subject) (names []string) {
	for _, subject := range subjects {
		names = append(names, subject.name)
	}
	return names
}

// subjects are the functions that are to be measured.
func (b *bench) subjects() []subject {
	return slices.DeleteFunc(subjects(), func(subject subject) bool {
		return len(b.Functions) > 0 && !slices.Contains(b.Functions, subject.name)
	})
}

// watchers are those whose business are listings.
func watchers(subjects []subject) []subject {
	return slices.DeleteFunc(subjects, func(subject subject) bool { return subject.afterSyncs == nil })
}

// ofEach measures something of each function, and puts the function's name before the names of the figures.
func (b *bench) ofEach(subjects []subject, measure func(subject) ([]Figure, error)) (figures []Figure, err error) {
	for _, subject := range subjects {
		b.progress("%s", subject.name)
		measured, err := measure(subject)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", subject.name, err)
		}
		for _, figure := range measured {
			figure.Name = strings.Join([]string{subject.name, figure.Name}, ": ")
			figures = append(figures, figure)
		}
	}
	return figures, nil
}
