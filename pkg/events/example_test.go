package events_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"

	"github.com/bayon-coagent/event-consumers/pkg/events"
	"github.com/bayon-coagent/event-consumers/pkg/events/eventstest"
)

func Example() {
	bus := eventstest.NewBus() // in production: eventbridge.NewFromConfig(config)
	publisher := events.NewPublisher(bus, "bayon-coagent-events-development")

	err := publisher.Publish(context.Background(), events.CheckDue{
		Check:  events.CheckPrice,
		UserID: "user-1",
		DueAt:  events.At(time.Date(2026, time.November, 20, 8, 30, 0, 0, time.UTC)),
	})
	if err != nil {
		fmt.Println(err)
	}
	for _, delivery := range bus.Accepted() {
		fmt.Println(delivery.DetailType, "of", delivery.Source)
	}
	// Output: Check Due of bayon.coagent.schedule
}

// A fact that the bus refuses is named, with the reason; the others are accepted.
func ExamplePublisher_Publish() {
	bus := eventstest.NewBus()
	bus.Refuse(1, "NotAuthorizedForDetailTypeException")

	err := bus.Publisher().Publish(context.Background(),
		events.UserCreated{UserID: "user-1", Email: "dana@example.com", CreatedAt: events.At(time.Now())},
		events.UserCreated{UserID: "user-2", Email: "kim@example.com", CreatedAt: events.At(time.Now())},
	)
	var publishError *events.PublishError
	if errors.As(err, &publishError) {
		for _, result := range publishError.NotAccepted() {
			fmt.Println("not accepted:", result.EventKey, "- worth another try:", result.Retryable())
		}
		for _, result := range publishError.Accepted() {
			fmt.Println("accepted:", result.EventKey)
		}
	}
	// Output:
	// not accepted: User Created:user-1 - worth another try: false
	// accepted: User Created:user-2
}

// A fact that is invalid is named, field by field, before anything is sent.
func ExamplePublisher_Publish_invalid() {
	publisher := eventstest.NewBus().Publisher()
	err := publisher.Publish(context.Background(), events.UserCreated{UserID: "user-1", Email: "dana"})
	var invalid *events.InvalidError
	if errors.As(err, &invalid) {
		for _, field := range invalid.Fields {
			fmt.Println(field)
		}
	}
	// Output:
	// email must be an e-mail address
	// createdAt is missing
}

// drawer is a fallback that keeps events in memory; package fallbackqueue keeps them in SQS.
type drawer []types.PutEventsRequestEntry

func (d *drawer) Keep(_ context.Context, entries []types.PutEventsRequestEntry) []error {
	*d = append(*d, entries...)
	return make([]error, len(entries))
}

// What the bus does not accept goes to the fallback; the producer goes on with its work.
func ExamplePublisher_PublishBestEffort() {
	bus := eventstest.NewBus()
	bus.FailCalls(errors.New("no route to host"))
	var kept drawer
	publisher := bus.Publisher(events.WithFallback(&kept))

	publisher.PublishBestEffort(context.Background(), events.UserCreated{
		UserID: "user-1", Email: "dana@example.com", CreatedAt: events.At(time.Now()),
	})
	fmt.Println("published:", len(bus.Accepted()), "kept:", len(kept))
	// Output: published: 0 kept: 1
}

// Each fact stands for itself: what is wrong with one does not hold up the others.
func ExamplePublisher_PublishBatch() {
	bus := eventstest.NewBus()
	results := bus.Publisher().PublishBatch(context.Background(), []events.Fact{
		events.CheckDue{Check: events.CheckTrend, UserID: "user-1", DueAt: events.At(time.Unix(0, 0))},
		events.CheckDue{Check: "weather", UserID: "user-1", DueAt: events.At(time.Unix(0, 0))},
	})
	for _, result := range results {
		fmt.Println(result.EventKey, "accepted:", result.Err == nil)
	}
	// Output:
	// Check Due:trend#user-1#1970-01-01T00:00:00.000Z accepted: true
	// Check Due:weather#user-1#1970-01-01T00:00:00.000Z accepted: false
}

func ExamplePublisher_PublishUserCreated() {
	bus := eventstest.NewBus()
	err := bus.Publisher().PublishUserCreated(context.Background(), events.UserCreated{
		UserID: "user-1", Email: "dana@example.com", CreatedAt: events.At(time.Now()),
	})
	fmt.Println(bus.Accepted()[0].DetailType, err)
	// Output: User Created <nil>
}

func ExamplePublisher_PublishContentPublished() {
	bus := eventstest.NewBus()
	err := bus.Publisher().PublishContentPublished(context.Background(), events.ContentPublished{
		ContentID:   "content-1",
		UserID:      "user-1",
		ContentType: "social_media",
		Platform:    events.PlatformLinkedIn,
		PublishedAt: events.At(time.Now()),
	})
	fmt.Println(bus.Accepted()[0].DetailType, err)
	// Output: Content Published <nil>
}

// The status picks the fact.
func ExamplePublisher_PublishAIJobCompleted() {
	bus := eventstest.NewBus()
	err := bus.Publisher().PublishAIJobCompleted(context.Background(), events.AIJob{
		JobID:       "job-1",
		UserID:      "user-1",
		JobType:     events.JobBlogPost,
		Status:      events.StatusFailed,
		CompletedAt: events.At(time.Now()),
		Error:       "The model did not answer in time.",
	})
	fmt.Println(bus.Accepted()[0].DetailType, err)
	// Output: AI Job Failed <nil>
}

// The status picks the fact.
func ExamplePublisher_PublishIntegrationSyncCompleted() {
	bus := eventstest.NewBus()
	err := bus.Publisher().PublishIntegrationSyncCompleted(context.Background(), events.IntegrationSync{
		SyncID:      "sync-1",
		UserID:      "user-1",
		Provider:    events.ProviderMLSGrid,
		Status:      events.StatusCompleted,
		CompletedAt: events.At(time.Now()),
		ItemsSynced: new(int64(128)),
	})
	fmt.Println(bus.Accepted()[0].DetailType, err)
	// Output: Integration Sync Completed <nil>
}

// What is published while an event is handled tells of it.
func ExampleWithCause() {
	bus := eventstest.NewBus()
	ctx := events.WithCause(context.Background(), events.Cause{
		EventID:       "6a7e8feb-b491-4cf7-a9f1-bf3703467718",
		CorrelationID: "User Created:user-1",
		MayPublish:    []events.Fact{events.CheckDue{}},
	})
	due := events.CheckDue{Check: events.CheckLifeEvent, UserID: "user-1", DueAt: events.At(time.Now())}
	if err := bus.Publisher().Publish(ctx, due); err != nil {
		fmt.Println(err)
	}
	event, err := events.Decode[events.CheckDue](bus.Accepted()[0])
	fmt.Println(event.Metadata.CorrelationID, event.Metadata.CausationID, event.Metadata.Hops, err)
	// Output: User Created:user-1 6a7e8feb-b491-4cf7-a9f1-bf3703467718 1 <nil>
}

func ExampleDecode() {
	delivery, err := events.ParseDelivery([]byte(`{
		"version": "0",
		"id": "6a7e8feb-b491-4cf7-a9f1-bf3703467718",
		"detail-type": "Integration Sync Completed",
		"source": "bayon.coagent.integration",
		"account": "123456789012",
		"time": "2026-11-20T09:30:00Z",
		"region": "us-east-1",
		"resources": [],
		"detail": {
			"syncId": "sync-1",
			"userId": "user-1",
			"provider": "bridgeInteractive",
			"status": "completed",
			"completedAt": "2026-11-20T10:29:59+01:00"
		}
	}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	event, err := events.Decode[events.IntegrationSyncCompleted](delivery)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(event.Identity())
	fmt.Println(event.Detail.CompletedAt, events.IsMLSProvider(event.Detail.Provider))
	// Output:
	// Integration Sync Completed:sync-1
	// 2026-11-20T09:29:59.000Z true
}
