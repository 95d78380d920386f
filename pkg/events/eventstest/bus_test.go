package eventstest_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	"github.com/google/go-cmp/cmp"

	"github.com/bayon-coagent/event-consumers/pkg/events"
	"github.com/bayon-coagent/event-consumers/pkg/events/eventstest"
)

type requested = types.PutEventsRequestEntry

func entry(change func(*requested)) requested {
	entry := requested{
		EventBusName: aws.String(eventstest.BusName),
		Source:       aws.String("source"),
		DetailType:   aws.String("Type"),
		Detail:       aws.String("{}"),
	}
	change(&entry)
	return entry
}

func unchanged(*requested) {}

func TestBusRefusesCallsAsEventBridgeDoes(t *testing.T) {
	t.Parallel()
	sized := func(size int) requested {
		return entry(func(e *requested) {
			e.Detail = aws.String(`{"a":"` + strings.Repeat("x", size-len(`sourceType{"a":""}`)) + `"}`)
		})
	}
	for name, test := range map[string]struct {
		entries []requested
		refused bool
	}{
		"none":             {nil, true},
		"ten":              {slices.Repeat([]requested{entry(unchanged)}, 10), false},
		"eleven":           {slices.Repeat([]requested{entry(unchanged)}, 11), true},
		"less than 1 MB":   {[]requested{sized(500_000), sized(499_999)}, false},
		"1 MB":             {[]requested{sized(500_000), sized(500_000)}, true},
		"1 MB with a time": {[]requested{sized(999_999 - 13), entry(unchanged)}, false},
		"no name of a bus": {
			[]requested{entry(func(e *requested) { e.EventBusName = aws.String("") })}, true,
		},
		"a long trace header": {
			[]requested{
				entry(func(e *requested) { e.TraceHeader = aws.String(strings.Repeat("x", 501)) }),
			}, true,
		},
	} {
		_, err := eventstest.NewBus().PutEvents(t.Context(), &eventbridge.PutEventsInput{Entries: test.entries})
		var refused *eventstest.AWSError
		if errors.As(err, &refused) != test.refused || test.refused && refused.ErrorCode() != "ValidationException" {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestBusRefusesEntriesAsEventBridgeDoes(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		change func(*requested)
		code   string
	}{
		"as it should be":    {unchanged, ""},
		"no source":          {func(e *requested) { e.Source = nil }, "InvalidArgument"},
		"no detail type":     {func(e *requested) { e.DetailType = aws.String("") }, "InvalidArgument"},
		"no detail":          {func(e *requested) { e.Detail = nil }, "InvalidArgument"},
		"a long detail type": {func(e *requested) { e.DetailType = aws.String(strings.Repeat("x", 129)) }, "InvalidArgument"},
		"a list":             {func(e *requested) { e.Detail = aws.String("[]") }, "MalformedDetail"},
		"null":               {func(e *requested) { e.Detail = aws.String("null") }, "MalformedDetail"},
		"no JSON":            {func(e *requested) { e.Detail = aws.String("{") }, "MalformedDetail"},
		"a source of AWS":    {func(e *requested) { e.Source = aws.String("aws.s3") }, "NotAuthorizedForSourceException"},
	} {
		bus := eventstest.NewBus()
		output, err := bus.PutEvents(t.Context(), &eventbridge.PutEventsInput{
			Entries: []requested{entry(test.change), entry(unchanged)},
		})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		accepted := 1
		if test.code == "" {
			accepted = 2
		}
		if got := aws.ToString(output.Entries[0].ErrorCode); got != test.code || len(bus.Accepted()) != accepted ||
			int(output.FailedEntryCount) != 2-accepted || output.Entries[1].EventId == nil {
			t.Errorf("%s: code %q, %d accepted, %d failed", name, got, len(bus.Accepted()), output.FailedEntryCount)
		}
	}
}

func TestBusDeliversAsEventBridgeDoes(t *testing.T) {
	t.Parallel()
	bus := eventstest.NewBus()
	_, err := bus.PutEvents(t.Context(), &eventbridge.PutEventsInput{Entries: []requested{
		entry(unchanged),
		entry(func(e *requested) {
			e.Time, e.Resources = aws.Time(time.Unix(1, 5)), []string{"arn"}
		}),
	}})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, delivery := range bus.Accepted() {
		at := delivery.Time.Format(time.RFC3339Nano)
		got = append(got, fmt.Sprintf("%s %s %v %s", delivery.ID, at, delivery.Resources, delivery.Detail))
	}
	if diff := cmp.Diff([]string{
		"00000000-0000-4000-8000-000000000001 2026-11-20T09:30:00Z [] {}",
		"00000000-0000-4000-8000-000000000002 1970-01-01T00:00:01Z [arn] {}",
	}, got); diff != "" {
		t.Errorf("accepted (-want +got):\n%s", diff)
	}
}

func TestBusFailsWhenItIsTold(t *testing.T) {
	t.Parallel()
	bus := eventstest.NewBus()
	cutOff := errors.New("cut off")
	bus.FailCalls(cutOff)
	bus.Refuse(2, "ThrottlingException")
	var codes []string
	for range 3 {
		output, err := bus.PutEvents(t.Context(), &eventbridge.PutEventsInput{Entries: []requested{
			entry(unchanged), entry(unchanged),
		}})
		if err != nil {
			codes = append(codes, err.Error())
			continue
		}
		for _, result := range output.Entries {
			codes = append(codes, aws.ToString(result.ErrorCode))
		}
	}
	if diff := cmp.Diff([]string{"cut off", "ThrottlingException", "ThrottlingException", "", ""}, codes); diff != "" {
		t.Errorf("answers (-want +got):\n%s", diff)
	}
}

func TestPublishedIsTyped(t *testing.T) {
	t.Parallel()
	bus := eventstest.NewBus()
	user, check := eventstest.Valid[events.UserCreated](), eventstest.Valid[events.CheckDue]()
	if err := bus.Publisher().Publish(t.Context(), check, user, check); err != nil {
		t.Fatal(err)
	}
	users, checks := eventstest.Published[events.UserCreated](t, bus), eventstest.Published[events.CheckDue](t, bus)
	if len(users) != 1 || users[0].Detail != user || len(checks) != 2 {
		t.Errorf("users %+v, checks %+v", users, checks)
	}
}

func TestChangesOfAnEvent(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 1, 2, 3, 4, 5, 678e6, time.UTC)
	fact := eventstest.Valid(func(f *events.UserCreated) { f.UserID = "u" })
	event := eventstest.Event(fact, eventstest.WithID("id"), eventstest.WithTime(at), eventstest.Replayed("again"))
	if event.Detail.UserID != "u" || event.ID != "id" || event.ReplayName != "again" ||
		event.Time != at.Truncate(time.Second) || event.Metadata.OccurredAt.Time != at || event.Metadata.EventKey != "User Created:u" {
		t.Errorf("event %+v", event)
	}
	if same := eventstest.Event(fact); same.ID != eventstest.Event(fact).ID || len(same.ID) != 36 {
		t.Errorf("the id %q must be a UUID that stays", same.ID)
	}
	bare := eventstest.Delivery(t, fact, eventstest.WithMetadata(events.Metadata{}))
	if strings.Contains(string(bare.Detail), "metadata") {
		t.Errorf("detail %s", bare.Detail)
	}
}
