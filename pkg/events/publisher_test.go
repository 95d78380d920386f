package events_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/bayon-coagent/event-consumers/pkg/events"
	"github.com/bayon-coagent/event-consumers/pkg/events/eventstest"
)

func TestPublishSendsTheWholeEntry(t *testing.T) {
	t.Parallel()
	bus := eventstest.NewBus()
	publisher := bus.Publisher(events.WithTraceHeader(func(context.Context) string { return "Root=1-2-3" }))
	fact := eventstest.Valid(func(f *events.UserCreated) { f.TraceID = "" })
	if err := publisher.Publish(t.Context(), fact); err != nil {
		t.Fatal(err)
	}
	want := [][]types.PutEventsRequestEntry{{{
		EventBusName: aws.String(eventstest.BusName),
		Source:       aws.String("bayon.coagent.user"),
		DetailType:   aws.String("User Created"),
		Detail: aws.String(`{"userId":"user-7f3a","email":"dana@example.com","createdAt":"2026-11-20T09:30:00.123Z",` +
			`"metadata":{"schemaVersion":"1.0.0","eventKey":"User Created:user-7f3a","correlationId":"User Created:user-7f3a",` +
			`"hops":0,"occurredAt":"2026-11-20T09:30:00.123Z"}}`),
		TraceHeader: aws.String("Root=1-2-3"),
	}}}
	if diff := cmp.Diff(want, bus.Calls(), cmpopts.IgnoreUnexported(types.PutEventsRequestEntry{})); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
}

// EventBridge refuses a whole call for a trace header that it cannot take.
func TestPublishSendsOnlyATraceHeaderThatEventBridgeTakes(t *testing.T) {
	t.Parallel()
	for header, want := range map[string]bool{"": false, strings.Repeat("x", 500): true, strings.Repeat("x", 501): false} {
		bus := eventstest.NewBus()
		publisher := bus.Publisher(events.WithTraceHeader(func(context.Context) string { return header }))
		if err := publisher.Publish(t.Context(), eventstest.Valid[events.UserCreated]()); err != nil {
			t.Fatal(err)
		}
		if got := bus.Calls()[0][0].TraceHeader != nil; got != want {
			t.Errorf("a header of %d bytes: sent %v", len(header), got)
		}
	}
}

func TestPublishTellsWhatCausedIt(t *testing.T) {
	t.Parallel()
	const key = "User Created:user-7f3a"
	now := events.At(eventstest.Now())
	for name, test := range map[string]struct {
		cause *events.Cause
		want  events.Metadata
	}{
		"outside of any handling": {
			nil,
			events.Metadata{SchemaVersion: "1.0.0", EventKey: key, CorrelationID: key, OccurredAt: now},
		},
		"at a schedule's tick": {
			&events.Cause{},
			events.Metadata{SchemaVersion: "1.0.0", EventKey: key, CorrelationID: key, OccurredAt: now},
		},
		"while an event is handled": {
			&events.Cause{EventID: "event-1", CorrelationID: "correlation-1", Hops: 2},
			events.Metadata{
				SchemaVersion: "1.0.0", EventKey: key, CorrelationID: "correlation-1", CausationID: "event-1", Hops: 3, OccurredAt: now,
			},
		},
	} {
		ctx := t.Context()
		if test.cause != nil {
			ctx = events.WithCause(ctx, *test.cause)
		}
		bus := eventstest.NewBus()
		if err := bus.Publisher().Publish(ctx, eventstest.Valid[events.UserCreated]()); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(test.want, eventstest.Published[events.UserCreated](t, bus)[0].Metadata); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestPublishRefusesWhatTheHandlerHasNotDeclared(t *testing.T) {
	t.Parallel()
	user, check := eventstest.Valid[events.UserCreated](), eventstest.Valid[events.CheckDue]()
	for name, test := range map[string]struct {
		mayPublish []events.Fact
		fact       events.Fact
		allowed    bool
	}{
		"anything":      {nil, user, true},
		"nothing":       {[]events.Fact{}, user, false},
		"declared":      {[]events.Fact{events.CheckDue{}, events.UserCreated{}}, user, true},
		"another":       {[]events.Fact{events.CheckDue{}}, user, false},
		"the other one": {[]events.Fact{events.CheckDue{}}, check, true},
		"other source":  {[]events.Fact{checkDueElsewhere{}}, check, false},
	} {
		bus := eventstest.NewBus()
		ctx := events.WithCause(t.Context(), events.Cause{EventID: "event-1", MayPublish: test.mayPublish})
		err := bus.Publisher().Publish(ctx, test.fact)
		var notDeclared *events.NotDeclaredError
		if test.allowed != (err == nil) || !test.allowed && !errors.As(err, &notDeclared) {
			t.Errorf("%s: %v", name, err)
		}
		if sent := len(bus.Calls()) > 0; sent != test.allowed {
			t.Errorf("%s: sent %v", name, sent)
		}
	}
}

// checkDueElsewhere has the name of another source's fact.
type checkDueElsewhere struct{ events.CheckDue }

func (checkDueElsewhere) Source() string { return "elsewhere" }

// Rules and people read details: texts stay as they are.
func TestPublishWritesTextsAsTheyAre(t *testing.T) {
	t.Parallel()
	bus := eventstest.NewBus()
	fact := eventstest.Valid(func(f *events.AlertCreated) { f.Data = []byte(`{"text":"<5 & >3 é"}`) })
	if err := bus.Publisher().Publish(t.Context(), fact); err != nil {
		t.Fatal(err)
	}
	if detail := string(bus.Accepted()[0].Detail); !strings.Contains(detail, `"data":{"text":"<5 & >3 é"}`) {
		t.Errorf("detail %s", detail)
	}
}

func TestPublishOfNothing(t *testing.T) {
	t.Parallel()
	bus := eventstest.NewBus()
	if err := bus.Publisher().Publish(t.Context()); err != nil || len(bus.Calls()) != 0 {
		t.Errorf("error %v, %d calls", err, len(bus.Calls()))
	}
}

func TestPublishSendsNothingIfOneFactIsInvalid(t *testing.T) {
	t.Parallel()
	bus := eventstest.NewBus()
	err := bus.Publisher().Publish(t.Context(), eventstest.Valid[events.CheckDue](), events.UserCreated{UserID: "u"}, nil)
	want := "publish: 3 of 3 facts not accepted; Check Due:price#user-7f3a#2026-11-20T09:30:00.123Z: not sent; " +
		"User Created:u: User Created: email is missing; createdAt is missing; event: the fact is nil"
	if err == nil || err.Error() != want {
		t.Errorf("got %v\nwant %s", err, want)
	}
	var invalid *events.InvalidError
	if !errors.As(err, &invalid) || len(bus.Calls()) != 0 {
		t.Errorf("%d calls, error %v", len(bus.Calls()), err)
	}
	if !permanent(err) {
		t.Error("publishing the same again would fail alike")
	}
}

func TestPublishBatchSendsWhatItCan(t *testing.T) {
	t.Parallel()
	bus := eventstest.NewBus()
	results := bus.Publisher().PublishBatch(t.Context(), []events.Fact{
		events.UserCreated{UserID: "u"}, eventstest.Valid[events.CheckDue](), nil, eventstest.Valid[events.UserCreated](),
	})
	var got []string
	for _, result := range results {
		got = append(got, fmt.Sprintf("%s %s %v", result.EventKey, result.EventID, result.Err))
	}
	if diff := cmp.Diff([]string{
		"User Created:u  User Created: email is missing; createdAt is missing",
		"Check Due:price#user-7f3a#2026-11-20T09:30:00.123Z 00000000-0000-4000-8000-000000000001 <nil>",
		"  event: the fact is nil",
		"User Created:user-7f3a 00000000-0000-4000-8000-000000000002 <nil>",
	}, got); diff != "" {
		t.Errorf("results (-want +got):\n%s", diff)
	}
}

func TestPublishOfAFactThatIsTooLarge(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		size    int
		options []events.Option
		fits    bool
	}{
		"just within the default":    {256 << 10, nil, true},
		"just beyond the default":    {256<<10 + 1, nil, false},
		"within another limit":       {300 << 10, []events.Option{events.WithMaxDetailSize(300 << 10)}, true},
		"beyond another limit":       {2001, []events.Option{events.WithMaxDetailSize(2000)}, false},
		"just within a call":         {callSize - 1, []events.Option{events.WithMaxDetailSize(2 << 20)}, true},
		"as large as no call may be": {callSize, []events.Option{events.WithMaxDetailSize(2 << 20)}, false},
	} {
		bus := eventstest.NewBus()
		err := bus.Publisher(test.options...).Publish(t.Context(), alertOfSize(t, test.size))
		var tooLarge *events.TooLargeError
		switch {
		case test.fits && err != nil:
			t.Errorf("%s: %v", name, err)
		case !test.fits && (!errors.As(err, &tooLarge) || tooLarge.Size != test.size || !strings.Contains(err.Error(), "S3")):
			t.Errorf("%s: %v", name, err)
		case !test.fits && (len(bus.Calls()) > 0 || !permanent(err)):
			t.Errorf("%s: %d calls, permanent %v", name, len(bus.Calls()), permanent(err))
		}
	}
}

// callSize is the smallest detail of an Alert Created that no call can carry.
const callSize = 1_000_000 - len("bayon.coagent.alert") - len("Alert Created")

// alertOfSize is an alert whose detail has a size as it is sent.
func alertOfSize(t testing.TB, size int) events.AlertCreated {
	t.Helper()
	fill := func(filling int) events.AlertCreated {
		return eventstest.Valid(func(f *events.AlertCreated) {
			f.Data = []byte(`{"a":"` + strings.Repeat("é", filling/2) + strings.Repeat("x", filling%2) + `"}`)
		})
	}
	bus := eventstest.NewBus()
	if err := bus.Publisher().Publish(t.Context(), fill(0)); err != nil {
		t.Fatal(err)
	}
	return fill(size - len(bus.Accepted()[0].Detail))
}

func TestPublishTellsTheCounter(t *testing.T) {
	t.Parallel()
	bus := eventstest.NewBus()
	var told []events.Counts
	publisher := bus.Publisher(events.WithCounter(func(_ context.Context, counts events.Counts) { told = append(told, counts) }))
	facts := []events.Fact{eventstest.Valid[events.CheckDue](), eventstest.Valid[events.UserCreated]()}
	bus.Refuse(1, "MalformedDetail")
	publisher.PublishBatch(t.Context(), facts)
	if err := publisher.Publish(t.Context(), facts...); err != nil {
		t.Fatal(err)
	}
	publisher.PublishBestEffort(t.Context(), facts[0], events.UserCreated{})
	want := []events.Counts{{Published: 1, Failed: 1}, {Published: 2}, {Published: 1, Failed: 1}}
	if diff := cmp.Diff(want, told); diff != "" {
		t.Errorf("counts (-want +got):\n%s", diff)
	}
}

// Whoever publishes the same fact again, at another time, names it and its story alike.
func TestPublishingAgainIsTheSameFact(t *testing.T) {
	t.Parallel()
	bus := eventstest.NewBus()
	now := eventstest.Now()
	publisher := bus.Publisher(events.WithClock(func() time.Time { now = now.Add(time.Hour); return now }))
	for range 2 {
		if err := publisher.Publish(t.Context(), eventstest.Valid[events.UserCreated]()); err != nil {
			t.Fatal(err)
		}
	}
	published := eventstest.Published[events.UserCreated](t, bus)
	first, second := published[0], published[1]
	if first.Identity() != second.Identity() || first.Metadata.CorrelationID != second.Metadata.CorrelationID {
		t.Errorf("first %+v, then %+v", first.Metadata, second.Metadata)
	}
	if first.ID == second.ID || first.Metadata.OccurredAt == second.Metadata.OccurredAt {
		t.Error("the envelope ids and the times of publishing must differ")
	}
}

func TestConveniences(t *testing.T) {
	t.Parallel()
	at := events.At(eventstest.Now())
	job := events.AIJob{JobID: "j", UserID: "u", JobType: events.JobBlogPost, CompletedAt: at, Error: "out of words", TraceID: "t"}
	sync := events.IntegrationSync{
		SyncID: "s", UserID: "u", Provider: "mls", CompletedAt: at, ItemsSynced: new(int64(7)), Error: "cut off", TraceID: "t",
	}
	for name, test := range map[string]struct {
		publish func(context.Context, *events.Publisher) error
		want    events.Fact
	}{
		"user": {
			func(ctx context.Context, p *events.Publisher) error {
				return p.PublishUserCreated(ctx, eventstest.Valid[events.UserCreated]())
			},
			eventstest.Valid[events.UserCreated](),
		},
		"content": {
			func(ctx context.Context, p *events.Publisher) error {
				return p.PublishContentPublished(ctx, eventstest.Valid[events.ContentPublished]())
			},
			eventstest.Valid[events.ContentPublished](),
		},
		"job completed": {
			func(ctx context.Context, p *events.Publisher) error {
				job := job
				job.Status = "completed"
				return p.PublishAIJobCompleted(ctx, job)
			},
			events.AIJobCompleted{
				JobID: "j", UserID: "u", JobType: "blog_post", Status: "completed", CompletedAt: at, TraceID: "t",
			},
		},
		"job failed": {
			func(ctx context.Context, p *events.Publisher) error {
				job := job
				job.Status = "failed"
				return p.PublishAIJobCompleted(ctx, job)
			},
			events.AIJobFailed{
				JobID: "j", UserID: "u", JobType: "blog_post", Status: "failed", CompletedAt: at, Error: "out of words", TraceID: "t",
			},
		},
		"sync completed": {
			func(ctx context.Context, p *events.Publisher) error {
				sync := sync
				sync.Status = "completed"
				return p.PublishIntegrationSyncCompleted(ctx, sync)
			},
			events.IntegrationSyncCompleted{
				SyncID: "s", UserID: "u", Provider: "mls", Status: "completed", CompletedAt: at, ItemsSynced: new(int64(7)), TraceID: "t",
			},
		},
		"sync failed": {
			func(ctx context.Context, p *events.Publisher) error {
				sync := sync
				sync.Status = "failed"
				return p.PublishIntegrationSyncCompleted(ctx, sync)
			},
			events.IntegrationSyncFailed{
				SyncID: "s", UserID: "u", Provider: "mls", Status: "failed", CompletedAt: at, Error: "cut off", TraceID: "t",
			},
		},
	} {
		bus := eventstest.NewBus()
		if err := test.publish(t.Context(), bus.Publisher()); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		event, err := entryOf(t, test.want).Decode(bus.Accepted()[0])
		if diff := cmp.Diff(test.want, event.Detail); diff != "" || err != nil {
			t.Errorf("%s: error %v (-want +got):\n%s", name, err, diff)
		}
	}
}

func TestConveniencesRefuseAnotherStatus(t *testing.T) {
	t.Parallel()
	publisher := eventstest.NewBus().Publisher()
	for _, err := range []error{
		publisher.PublishAIJobCompleted(t.Context(), events.AIJob{Status: "running"}),
		publisher.PublishIntegrationSyncCompleted(t.Context(), events.IntegrationSync{}),
	} {
		var invalid *events.InvalidError
		if !errors.As(err, &invalid) || !strings.HasSuffix(err.Error(), ": status must be completed or failed") {
			t.Errorf("got %v", err)
		}
	}
}

func permanent(err error) bool {
	var told interface{ Permanent() bool }
	return errors.As(err, &told) && told.Permanent()
}

// putEvents is a client made of a function.
type putEvents func(context.Context, *eventbridge.PutEventsInput) (*eventbridge.PutEventsOutput, error)

func (f putEvents) PutEvents(
	ctx context.Context, input *eventbridge.PutEventsInput, _ ...func(*eventbridge.Options),
) (*eventbridge.PutEventsOutput, error) {
	return f(ctx, input)
}
