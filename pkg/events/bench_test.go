package events_test

import (
	"context"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"

	"github.com/bayon-coagent/event-consumers/pkg/events"
	"github.com/bayon-coagent/event-consumers/pkg/events/eventstest"
)

func BenchmarkParseDelivery(b *testing.B) {
	payload := eventstest.Payload(b, eventstest.Valid[events.IntegrationSyncCompleted]())
	b.SetBytes(int64(len(payload)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := events.ParseDelivery(payload); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkDecode(b *testing.B) {
	large := eventstest.Valid(func(f *events.AlertCreated) { f.Data = []byte(`{"a":"` + strings.Repeat("x", 200_000) + `"}`) })
	b.Run("Integration Sync Completed", func(b *testing.B) {
		benchmarkDecode[events.IntegrationSyncCompleted](b, eventstest.Delivery(b, eventstest.Valid[events.IntegrationSyncCompleted]()))
	})
	b.Run("Alert Created", func(b *testing.B) {
		benchmarkDecode[events.AlertCreated](b, eventstest.Delivery(b, eventstest.Valid[events.AlertCreated]()))
	})
	b.Run("Alert Created of 200 KB", func(b *testing.B) {
		benchmarkDecode[events.AlertCreated](b, eventstest.Delivery(b, large))
	})
}

func benchmarkDecode[D events.Fact](b *testing.B, delivery events.Delivery) {
	b.SetBytes(int64(len(delivery.Detail)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := events.Decode[D](delivery); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkPublish measures everything but the network, for one call of ten facts.
func BenchmarkPublish(b *testing.B) {
	ids := make([]types.PutEventsResultEntry, 10)
	for i := range ids {
		ids[i].EventId = aws.String("00000000-0000-4000-8000-000000000001")
	}
	answer := &eventbridge.PutEventsOutput{Entries: ids}
	client := putEvents(func(context.Context, *eventbridge.PutEventsInput) (*eventbridge.PutEventsOutput, error) {
		return answer, nil
	})
	publisher := events.NewPublisher(client, "bus")
	facts := checksDue(10)
	b.ReportAllocs()
	for b.Loop() {
		if err := publisher.Publish(b.Context(), facts...); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(len(facts)*b.N)/b.Elapsed().Seconds(), "facts/s")
}
