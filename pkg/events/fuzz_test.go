package events_test

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bayon-coagent/event-consumers/pkg/events"
	"github.com/bayon-coagent/event-consumers/pkg/events/eventstest"
)

// FuzzParseDelivery: whatever Lambda hands over is an event or an error, and an event is read the same when it is written
// again.
func FuzzParseDelivery(f *testing.F) {
	for _, entry := range events.Catalogue() {
		f.Add(eventstest.Payload(f, entry.Example, eventstest.Replayed("again")))
	}
	f.Add([]byte(`{"id":1,"ID":"a","detail-type":{},"resources":[[]],"time":5,"detail":{`))
	f.Fuzz(func(t *testing.T, payload []byte) {
		delivery, err := events.ParseDelivery(payload)
		if err != nil {
			return
		}
		written, err := json.Marshal(delivery)
		if err != nil {
			t.Fatalf("cannot be written again: %v", err)
		}
		again, err := events.ParseDelivery(written)
		if err != nil {
			t.Fatalf("cannot be read again: %v", err)
		}
		if diff := cmp.Diff(delivery.Envelope, again.Envelope); diff != "" {
			t.Errorf("read otherwise the second time (-first +second):\n%s", diff)
		}
	})
}

// FuzzDecode: whatever a detail holds is the fact or an error; a fact that is decoded is valid, and is the same fact when
// it is written again.
func FuzzDecode(f *testing.F) {
	catalogue := events.Catalogue()
	for i, entry := range catalogue {
		f.Add(uint8(i), []byte(eventstest.Delivery(f, entry.Example).Detail))
		f.Add(uint8(i), []byte(`{"userId":{},"USERID":[1],"metadata":{"hops":"","occurredAt":0},"alertIds":[null]}`))
	}
	f.Fuzz(func(t *testing.T, index uint8, detail []byte) {
		entry := catalogue[int(index)%len(catalogue)]
		event, err := entry.Decode(rawDelivery(entry.Fact, string(detail)))
		if err != nil {
			return
		}
		if err := event.Detail.Validate(); err != nil {
			t.Fatalf("decoded, but invalid: %v", err)
		}
		written, err := json.Marshal(event)
		if err != nil {
			t.Fatalf("cannot be written again: %v", err)
		}
		delivery, err := events.ParseDelivery(written)
		if err != nil {
			t.Fatalf("cannot be read again: %v", err)
		}
		again, err := entry.Decode(delivery)
		if err != nil {
			t.Fatalf("cannot be decoded again: %v", err)
		}
		if event.Identity() != again.Identity() || event.Detail.Identity() != again.Detail.Identity() {
			t.Errorf("the identity was %q, then %q", event.Identity(), again.Identity())
		}
	})
}
