package eventstest

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/bayon-coagent/event-consumers/pkg/events"
)

// Valid is a valid fact with every field set: the catalogue's example, changed as the test needs it.
func Valid[D events.Fact](changes ...func(*D)) D {
	for _, entry := range events.Catalogue() {
		fact, ok := entry.Example.(D)
		if !ok {
			continue
		}
		for _, change := range changes {
			change(&fact)
		}
		return fact
	}
	panic(fmt.Sprintf("eventstest: %T is not in the catalogue", *new(D)))
}

// Change changes what surrounds a fact in its event.
type Change func(*events.Envelope, *events.Metadata)

// WithID gives the event another envelope id, as it has when the same fact is published again.
func WithID(id string) Change {
	return func(envelope *events.Envelope, _ *events.Metadata) { envelope.ID = id }
}

// WithTime lets the event be accepted at another time.
func WithTime(at time.Time) Change {
	return func(envelope *events.Envelope, metadata *events.Metadata) {
		envelope.Time, metadata.OccurredAt = at.UTC().Truncate(time.Second), events.At(at)
	}
}

// Replayed lets the event be delivered by a replay.
func Replayed(name string) Change {
	return func(envelope *events.Envelope, _ *events.Metadata) { envelope.ReplayName = name }
}

// WithMetadata gives the event other metadata; zero for none, as other producers send it.
func WithMetadata(metadata events.Metadata) Change {
	return func(_ *events.Envelope, own *events.Metadata) { *own = metadata }
}

// Event is the event that brings a fact from its origin, as a handler gets it. The same fact has the same envelope id.
func Event[D events.Fact](fact D, changes ...Change) events.Event[D] {
	key := events.EventKey(fact)
	hash := sha256.Sum256([]byte(key))
	event := events.Event[D]{
		Envelope: events.Envelope{
			Version:    "0",
			ID:         fmt.Sprintf("%x-%x-4%03x-8%03x-%x", hash[0:4], hash[4:6], hash[6], hash[7], hash[8:14]),
			DetailType: fact.DetailType(),
			Source:     fact.Source(),
			Account:    Account,
			Time:       Now().Truncate(time.Second),
			Region:     Region,
			Resources:  []string{},
		},
		Metadata: events.Metadata{
			SchemaVersion: events.SchemaVersion,
			EventKey:      key,
			CorrelationID: key,
			OccurredAt:    events.At(Now()),
		},
		Detail: fact,
	}
	for _, change := range changes {
		change(&event.Envelope, &event.Metadata)
	}
	return event
}

// Payload is what Lambda hands to a function when a fact is delivered.
func Payload(t testing.TB, fact events.Fact, changes ...Change) []byte {
	t.Helper()
	payload, err := json.Marshal(Event(fact, changes...))
	if err != nil {
		t.Fatalf("write %s: %v", fact.DetailType(), err)
	}
	return payload
}

// Delivery is what ParseDelivery makes of a Payload.
func Delivery(t testing.TB, fact events.Fact, changes ...Change) events.Delivery {
	t.Helper()
	delivery, err := events.ParseDelivery(Payload(t, fact, changes...))
	if err != nil {
		t.Fatalf("parse %s: %v", fact.DetailType(), err)
	}
	return delivery
}
