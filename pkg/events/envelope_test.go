package events_test

import (
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bayon-coagent/event-consumers/pkg/events"
	"github.com/bayon-coagent/event-consumers/pkg/events/eventstest"
)

func TestParseDeliveryReadsTheEnvelope(t *testing.T) {
	t.Parallel()
	got, err := events.ParseDelivery([]byte(`{
		"version": "0",
		"id": "6a7e8feb-b491-4cf7-a9f1-bf3703467718",
		"detail-type": "Check Due",
		"source": "bayon.coagent.schedule",
		"account": "123456789012",
		"time": "2026-11-20T09:30:00Z",
		"region": "us-east-1",
		"resources": ["arn:aws:scheduler:us-east-1:123456789012:schedule/default/price"],
		"replay-name": "after-the-outage",
		"ingestion-time": "of a field to come",
		"detail": {"check": "price"}
	}`))
	want := events.Delivery{
		Envelope: events.Envelope{
			Version:    "0",
			ID:         "6a7e8feb-b491-4cf7-a9f1-bf3703467718",
			DetailType: "Check Due",
			Source:     "bayon.coagent.schedule",
			Account:    "123456789012",
			Time:       time.Date(2026, 11, 20, 9, 30, 0, 0, time.UTC),
			Region:     "us-east-1",
			Resources:  []string{"arn:aws:scheduler:us-east-1:123456789012:schedule/default/price"},
			ReplayName: "after-the-outage",
		},
		Detail: json.RawMessage(`{"check": "price"}`),
	}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("error %v (-want +got):\n%s", err, diff)
	}
}

func TestParseDeliveryRefusesWhatIsNoEvent(t *testing.T) {
	t.Parallel()
	const (
		nothing = "event: id is missing; detail-type is missing; source is missing; detail must be a JSON object"
		begin   = `{"id":"1","detail-type":"Check Due","source":"s",`
	)
	for payload, want := range map[string]string{
		``:                                       "event: is no JSON object",
		`null`:                                   "event: is no JSON object",
		`"text"`:                                 "event: is no JSON object",
		`[{}]`:                                   "event: is no JSON object",
		`{`:                                      "event: is malformed JSON",
		`{} {}`:                                  "event: is malformed JSON",
		`{"id":"1" "source":"dana-secret"}`:      "event: is malformed JSON",
		`{}`:                                     nothing,
		`{"schedule":"price","dueAt":"now"}`:     nothing,
		begin + `"detail":"dana-secret"}`:        "Check Due: detail must be a JSON object",
		begin + `"detail":[{}]}`:                 "Check Due: detail must be a JSON object",
		begin + `"detail":null}`:                 "Check Due: detail must be a JSON object",
		begin + `"detail":{},"time":"dana"}`:     "Check Due: time must be an RFC 3339 date and time",
		begin + `"detail":{},"resources":"arn"}`: "Check Due: resources must be a list",
		`{"id":1,"detail-type":"Check Due","source":["s"],"detail":{},"resources":[1]}`: "Check Due: id must be a string; " +
			"resources must be a list of strings; source must be a string",
	} {
		_, err := events.ParseDelivery([]byte(payload))
		var permanent interface{ Permanent() bool }
		if !errors.As(err, &permanent) || !permanent.Permanent() || err.Error() != want {
			t.Errorf("%s\n got %v\nwant %s", payload, err, want)
		}
	}
}

// A log line about an event that does not fit must be able to name it.
func TestParseDeliveryReturnsWhatItCouldRead(t *testing.T) {
	t.Parallel()
	delivery, err := events.ParseDelivery([]byte(`{"id":"1","detail-type":"Check Due","source":5,"detail":[]}`))
	if err == nil || delivery.ID != "1" || delivery.DetailType != "Check Due" {
		t.Errorf("delivery %+v, error %v", delivery, err)
	}
}

func TestDecodeRefusesAnotherFact(t *testing.T) {
	t.Parallel()
	delivery := eventstest.Delivery(t, eventstest.Valid[events.UserCreated]())
	if _, err := events.Decode[events.CheckDue](delivery); err == nil ||
		err.Error() != "Check Due: detail-type must be Check Due; source must be bayon.coagent.schedule" {
		t.Errorf("another fact: %v", err)
	}
	delivery.Source = "bayon.coagent.billing"
	if _, err := events.Decode[events.UserCreated](delivery); err == nil ||
		err.Error() != "User Created: source must be bayon.coagent.user" {
		t.Errorf("another source: %v", err)
	}
}

func TestDecodeRefusesADetailThatIsNoObject(t *testing.T) {
	t.Parallel()
	for detail, want := range map[string]string{
		``:            "User Created: detail is no JSON object",
		`[]`:          "User Created: detail is no JSON object",
		`{"userId":}`: "User Created: detail is malformed JSON",
	} {
		_, err := events.Decode[events.UserCreated](rawDelivery(events.UserCreated{}, detail))
		var undecodable *events.UndecodableError
		if !errors.As(err, &undecodable) || !undecodable.Permanent() || err.Error() != want {
			t.Errorf("%q: got %v, want %s", detail, err, want)
		}
	}
}

func TestDecodeReadsMetadata(t *testing.T) {
	t.Parallel()
	occurredAt := events.At(time.Date(2026, 11, 20, 9, 30, 0, 123e6, time.UTC))
	for metadata, want := range map[string]events.Metadata{
		``:                                   {},
		`,"metadata":null`:                   {},
		`,"metadata":{}`:                     {},
		`,"metadata":{"to":"come","hops":3}`: {Hops: 3},
		`,"metadata":{"schemaVersion":"1.7.0","eventKey":"k","correlationId":"c","causationId":"e","hops":8,
			"occurredAt":"2026-11-20T09:30:00.123Z"}`: {
			SchemaVersion: "1.7.0", EventKey: "k", CorrelationID: "c", CausationID: "e", Hops: 8, OccurredAt: occurredAt,
		},
	} {
		event := decodePayload[events.CheckDue](t, `{"id":"1","detail-type":"Check Due","source":"bayon.coagent.schedule",
			"detail":{"check":"price","userId":"u","dueAt":"2026-11-20T09:30:00Z"`+metadata+`}}`)
		if diff := cmp.Diff(want, event.Metadata); diff != "" {
			t.Errorf("%s (-want +got):\n%s", metadata, diff)
		}
	}
}

// Others may have facts of their own; theirs are decoded and published alike.
func TestAFactOfSomeoneElse(t *testing.T) {
	t.Parallel()
	bus := eventstest.NewBus()
	if err := bus.Publisher().Publish(t.Context(), listingViewed{}); err != nil {
		t.Fatal(err)
	}
	viewed := eventstest.Published[listingViewed](t, bus)
	if len(viewed) != 1 || viewed[0].Identity() != "Listing Viewed:" || viewed[0].Metadata.SchemaVersion != "1.0.0" {
		t.Errorf("published %+v", viewed)
	}
	_, err := events.Decode[brokenFact](events.Delivery{
		Envelope: events.Envelope{DetailType: "Broken", Source: "elsewhere"}, Detail: json.RawMessage(`{}`),
	})
	if !errors.Is(err, errBroken) {
		t.Errorf("its own error is lost: %v", err)
	}
}

// listingViewed is a fact without any field.
type listingViewed struct{}

func (listingViewed) DetailType() string { return "Listing Viewed" }
func (listingViewed) Source() string     { return "elsewhere" }
func (listingViewed) Identity() string   { return "" }
func (listingViewed) Validate() error    { return nil }

var errBroken = errors.New("broken")

// brokenFact is a fact whose error is of its own type.
type brokenFact struct{ listingViewed }

func (brokenFact) DetailType() string { return "Broken" }
func (brokenFact) Validate() error    { return errBroken }
