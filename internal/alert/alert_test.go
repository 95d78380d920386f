package alert_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	eventbridgetypes "github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/bayon-coagent/event-consumers/internal/alert"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/platformtest"
	"github.com/bayon-coagent/event-consumers/internal/table"
	"github.com/bayon-coagent/event-consumers/pkg/events"
	"github.com/bayon-coagent/event-consumers/pkg/events/eventstest"
)

var now = time.Date(2026, 11, 24, 8, 30, 0, 123_456_789, time.UTC)

var ignoreUnexported = cmpopts.IgnoreUnexported(types.AttributeValueMemberS{}, types.AttributeValueMemberN{})

type details struct {
	PropertyAddress string   `dynamodbav:"propertyAddress"`
	NewPrice        float64  `dynamodbav:"newPrice"`
	Notes           []string `dynamodbav:"notes"`
	Sold            bool     `dynamodbav:"sold"`
	Nothing         *int     `dynamodbav:"nothing"`
}

var finding = alert.Finding{
	UserID: "u1", Type: alert.PriceReduction, Priority: alert.High, Fact: []string{"A", "1"},
	Data: details{PropertyAddress: `1 "Main" <St>`, NewPrice: 450000.5, Notes: []string{"a"}},
}

func newStore(t *testing.T) (*alert.Store, *table.Table, *eventstest.Bus) {
	t.Helper()
	client, _ := platformtest.Database(t)
	items, bus := table.New(client, platformtest.Table), eventstest.NewBus()
	return alert.NewStore(items, bus.Publisher(), func() time.Time { return now }), items, bus
}

// told are the alerts that the bus was told of.
func told(t *testing.T, bus *eventstest.Bus) []events.AlertCreated {
	t.Helper()
	var told []events.AlertCreated
	for _, event := range eventstest.Published[events.AlertCreated](t, bus) {
		told = append(told, event.Detail)
	}
	return told
}

func raise(t *testing.T, store *alert.Store, items *table.Table, finding alert.Finding) alert.Raised {
	t.Helper()
	raised, changes, err := store.Prepare(finding)
	if err != nil {
		t.Fatal(err)
	}
	if err := items.Transact(t.Context(), changes...); err != nil {
		t.Fatal(err)
	}
	return raised
}

func TestIDComesFromTheFact(t *testing.T) {
	t.Parallel()
	ids := map[string]string{}
	for name, other := range map[string]alert.Finding{
		"the finding":             finding,
		"another agent":           {UserID: "u2", Type: finding.Type, Fact: finding.Fact},
		"another type":            {UserID: "u1", Type: alert.NeighborhoodTrend, Fact: finding.Fact},
		"another fact":            {UserID: "u1", Type: finding.Type, Fact: []string{"A", "2"}},
		"parts divided otherwise": {UserID: "u1", Type: finding.Type, Fact: []string{"A1", ""}},
	} {
		if twin, exists := ids[other.ID()]; exists {
			t.Errorf("%s has the id of %s", name, twin)
		}
		ids[other.ID()] = name
	}
	twin := finding
	twin.Priority, twin.Data = alert.Low, nil
	if twin.ID() != finding.ID() {
		t.Error("the id depends on more than the fact")
	}
}

func TestAlertAndFactAreStoredTogetherOnce(t *testing.T) {
	t.Parallel()
	store, items, _ := newStore(t)
	if known, err := store.Known(t.Context(), finding); known || err != nil {
		t.Fatalf("known before: %v, error %v", known, err)
	}
	raise(t, store, items, finding)
	if known, err := store.Known(t.Context(), finding); !known || err != nil {
		t.Errorf("known after: %v, error %v", known, err)
	}
	_, changes, err := store.Prepare(finding)
	if err != nil {
		t.Fatal(err)
	}
	if err := items.Transact(t.Context(), changes...); !errors.Is(err, table.ErrConflict) {
		t.Errorf("raising it again: %v", err)
	}
}

func TestBusIsToldWhatIsStored(t *testing.T) {
	t.Parallel()
	store, items, bus := newStore(t)
	raised := raise(t, store, items, finding)
	if err := store.Announce(t.Context(), []alert.Raised{raised}); err != nil {
		t.Fatal(err)
	}
	want := []events.AlertCreated{{
		AlertID: finding.ID(), UserID: "u1", AlertType: "price-reduction", Priority: "high",
		CreatedAt: events.Instant{Time: now.Truncate(time.Millisecond)},
		Data:      json.RawMessage(`{"newPrice":450000.5,"notes":["a"],"nothing":null,"propertyAddress":"1 \"Main\" \u003cSt\u003e","sold":false}`),
	}}
	if diff := cmp.Diff(want, told(t, bus)); diff != "" {
		t.Error(diff)
	}
	if err := told(t, bus)[0].Validate(); err != nil {
		t.Error(err)
	}
	if err := store.AnnounceForgotten(t.Context(), "u1", alert.PriceReduction); err != nil || len(told(t, bus)) != 1 {
		t.Errorf("told %d times, error %v", len(told(t, bus)), err)
	}
}

func TestAlertsAreFoundByTypeAndFactsEnd(t *testing.T) {
	t.Parallel()
	client, _ := platformtest.Database(t)
	items := table.New(client, platformtest.Table)
	store := alert.NewStore(items, eventstest.NewBus().Publisher(), func() time.Time { return now })
	raised := raise(t, store, items, finding)
	item := func(sort string) map[string]types.AttributeValue {
		answer, err := client.GetItem(t.Context(), &dynamodb.GetItemInput{TableName: aws.String(platformtest.Table), Key: map[string]types.AttributeValue{
			"PK": table.Text("USER#u1"), "SK": table.Text(sort),
		}})
		if err != nil {
			t.Fatal(err)
		}
		return answer.Item
	}
	milliseconds := fmt.Sprint(now.UnixMilli())
	stored := item("ALERT#" + milliseconds + "#" + raised.ID)
	if diff := cmp.Diff([]types.AttributeValue{table.Text("ALERT#u1#price-reduction"), table.Text(milliseconds), table.Number(now.UnixMilli())},
		[]types.AttributeValue{stored["GSI1PK"], stored["GSI1SK"], stored["CreatedAt"]}, ignoreUnexported); diff != "" {
		t.Errorf("alert: %s", diff)
	}
	fact := item("ALERT_FACT#" + raised.ID)
	if diff := cmp.Diff(table.Number(now.Truncate(time.Millisecond).AddDate(0, 0, 400).Unix()), fact["TTL"], ignoreUnexported); diff != "" {
		t.Errorf("the fact's end: %s", diff)
	}
}

func TestAlertThatNoEventCanTellOfHoldsUpNoOther(t *testing.T) {
	t.Parallel()
	store, items, bus := newStore(t)
	untellable := finding
	untellable.Priority, untellable.Fact = "", []string{"C", "1"}
	raise(t, store, items, untellable)
	raise(t, store, items, finding)
	if err := store.AnnounceForgotten(t.Context(), "u1", alert.PriceReduction); err != nil {
		t.Error(err)
	}
	if got := told(t, bus); len(got) != 1 || got[0].AlertID != finding.ID() {
		t.Errorf("told %v", got)
	}
}

func TestForgottenAlertsAreToldTheSame(t *testing.T) {
	t.Parallel()
	store, items, bus := newStore(t)
	refused := raise(t, store, items, finding)
	accepted := finding
	accepted.Fact = []string{"B", "1"}
	second := raise(t, store, items, accepted)
	bus.RefuseThose(1, "AccessDeniedException", func(entry eventbridgetypes.PutEventsRequestEntry) bool {
		return strings.Contains(*entry.Detail, finding.ID())
	})
	if err := store.Announce(t.Context(), []alert.Raised{refused, second}); err == nil {
		t.Error("a refused alert is no error")
	}
	if len(told(t, bus)) != 1 || told(t, bus)[0].AlertID != accepted.ID() {
		t.Fatalf("told %v", told(t, bus))
	}

	for range 2 {
		if err := store.AnnounceForgotten(t.Context(), "u1", alert.NeighborhoodTrend); err != nil || len(told(t, bus)) != 1 {
			t.Fatalf("another type: told %d times, error %v", len(told(t, bus)), err)
		}
	}
	for range 2 {
		if err := store.AnnounceForgotten(t.Context(), "u1", alert.PriceReduction); err != nil {
			t.Fatal(err)
		}
	}
	if len(told(t, bus)) != 2 {
		t.Fatalf("told %d times", len(told(t, bus)))
	}
	again := told(t, bus)[1]
	if events.EventKey(again) != "Alert Created:"+finding.ID() || !again.CreatedAt.Equal(refused.CreatedAt.Time) {
		t.Errorf("told otherwise: %+v", again)
	}
}

func TestDeletedAlertIsNotTold(t *testing.T) {
	t.Parallel()
	store, items, bus := newStore(t)
	_, changes, err := store.Prepare(finding)
	if err != nil {
		t.Fatal(err)
	}
	if err := items.Transact(t.Context(), changes[1]); err != nil { // the fact alone, as after a deletion
		t.Fatal(err)
	}
	if err := store.AnnounceForgotten(t.Context(), "u1", alert.PriceReduction); err != nil || len(told(t, bus)) != 0 {
		t.Errorf("told %v, error %v", told(t, bus), err)
	}
}
