package fallbackqueue_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	bus "github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/google/go-cmp/cmp"

	"github.com/bayon-coagent/event-consumers/pkg/events"
	"github.com/bayon-coagent/event-consumers/pkg/events/eventstest"
	"github.com/bayon-coagent/event-consumers/pkg/events/fallbackqueue"
)

const queueURL = "https://sqs.us-east-1.amazonaws.com/123456789012/fallback"

// queue is SQS in memory. It refuses what the test wants refused.
type queue struct {
	bodies  []string
	calls   [][]string // the ids of each call
	refuse  func(id string) *types.BatchResultErrorEntry
	failure error
}

func (q *queue) SendMessageBatch(
	_ context.Context, input *sqs.SendMessageBatchInput, _ ...func(*sqs.Options),
) (*sqs.SendMessageBatchOutput, error) {
	size := 0
	var ids []string
	for _, entry := range input.Entries {
		size += len(*entry.MessageBody)
		ids = append(ids, *entry.Id)
	}
	q.calls = append(q.calls, ids)
	if q.failure != nil {
		return nil, q.failure
	}
	if len(ids) == 0 || len(ids) > 10 || size > 1<<20 || *input.QueueUrl != queueURL {
		return nil, fmt.Errorf("%d messages of %d bytes for %s", len(ids), size, *input.QueueUrl)
	}
	output := &sqs.SendMessageBatchOutput{}
	for _, entry := range input.Entries {
		if q.refuse != nil {
			if refused := q.refuse(*entry.Id); refused != nil {
				output.Failed = append(output.Failed, *refused)
				continue
			}
		}
		q.bodies = append(q.bodies, *entry.MessageBody)
		output.Successful = append(output.Successful, types.SendMessageBatchResultEntry{Id: entry.Id})
	}
	return output, nil
}

func entries(details ...string) []bus.PutEventsRequestEntry {
	var entries []bus.PutEventsRequestEntry
	for _, detail := range details {
		entries = append(entries, bus.PutEventsRequestEntry{
			EventBusName: aws.String("bus"), Source: aws.String("source"), DetailType: aws.String("Type"), Detail: aws.String(detail),
		})
	}
	return entries
}

func TestMessagesAreCompleteEntries(t *testing.T) {
	t.Parallel()
	sent := &queue{}
	errs := fallbackqueue.New(sent, queueURL).Keep(t.Context(), []bus.PutEventsRequestEntry{
		entries(`{"a":"é"}`)[0],
		{
			EventBusName: aws.String("bus"), Source: aws.String("source"), DetailType: aws.String("Type"), Detail: aws.String("{}"),
			Resources: []string{"arn"}, Time: aws.Time(time.Date(2026, 11, 20, 9, 30, 0, 0, time.UTC)), TraceHeader: aws.String("Root=1"),
		},
	})
	if errs[0] != nil || errs[1] != nil {
		t.Fatal(errs)
	}
	if diff := cmp.Diff([]string{
		`{"EventBusName":"bus","Source":"source","DetailType":"Type","Detail":"{\"a\":\"é\"}"}`,
		`{"EventBusName":"bus","Source":"source","DetailType":"Type","Detail":"{}",` +
			`"Resources":["arn"],"Time":"2026-11-20T09:30:00Z","TraceHeader":"Root=1"}`,
	}, sent.bodies); diff != "" {
		t.Errorf("bodies (-want +got):\n%s", diff)
	}
}

// A message that is sent to EventBridge later is the same fact.
func TestAKeptEventCanBePublishedLater(t *testing.T) {
	t.Parallel()
	kept := &queue{}
	bus := eventstest.NewBus()
	bus.FailCalls(errors.New("cut off"))
	publisher := bus.Publisher(events.WithFallback(fallbackqueue.New(kept, queueURL)))
	fact := eventstest.Valid[events.UserCreated]()
	publisher.PublishBestEffort(t.Context(), fact)

	var input eventbridge.PutEventsInput
	if err := json.Unmarshal([]byte(`{"Entries":[`+strings.Join(kept.bodies, ",")+`]}`), &input); err != nil {
		t.Fatal(err)
	}
	if _, err := bus.PutEvents(t.Context(), &input); err != nil {
		t.Fatal(err)
	}
	published := eventstest.Published[events.UserCreated](t, bus)
	if len(published) != 1 || published[0].Detail != fact || published[0].Metadata.EventKey != events.EventKey(fact) {
		t.Errorf("published %+v", published)
	}
}

func TestCallsKeepToTheLimits(t *testing.T) {
	t.Parallel()
	overhead := len(`{"EventBusName":"bus","Source":"source","DetailType":"Type","Detail":""}`)
	half := strings.Repeat("x", 1<<19-overhead)
	for name, test := range map[string]struct {
		details []string
		want    []int
	}{
		"nothing":           {nil, nil},
		"ten":               {slices.Repeat([]string{"{}"}, 10), []int{10}},
		"eleven":            {slices.Repeat([]string{"{}"}, 11), []int{10, 1}},
		"1 MiB":             {[]string{half, half}, []int{2}},
		"a byte more":       {[]string{half, half + "x"}, []int{1, 1}},
		"one that is 1 MiB": {[]string{"{}", strings.Repeat("x", 1<<20-overhead), "{}"}, []int{1, 1, 1}},
	} {
		sent := &queue{}
		errs := fallbackqueue.New(sent, queueURL).Keep(t.Context(), entries(test.details...))
		if err := errors.Join(errs...); err != nil || len(errs) != len(test.details) || len(sent.bodies) != len(test.details) {
			t.Errorf("%s: %d errors, %d messages: %v", name, len(errs), len(sent.bodies), err)
		}
		var got []int
		for _, call := range sent.calls {
			got = append(got, len(call))
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s: messages of the calls (-want +got):\n%s", name, diff)
		}
	}
}

func TestAnEventThatIsTooLargeDoesNotHoldUpTheOthers(t *testing.T) {
	t.Parallel()
	sent := &queue{}
	errs := fallbackqueue.New(sent, queueURL).Keep(t.Context(), entries("{}", strings.Repeat("x", 1<<20), "{}"))
	if errs[0] != nil || errs[1] == nil || errs[2] != nil || len(sent.bodies) != 2 {
		t.Errorf("%d messages, errors %v", len(sent.bodies), errs)
	}
}

func TestACallThatFailsIsToldOfEachOfItsEvents(t *testing.T) {
	t.Parallel()
	sent := &queue{failure: errors.New("no such queue")}
	errs := fallbackqueue.New(sent, queueURL).Keep(t.Context(), entries("{}", "{}"))
	if len(errs) != 2 || !errors.Is(errs[0], sent.failure) || !errors.Is(errs[1], sent.failure) || len(sent.calls) != 1 {
		t.Errorf("%d calls, errors %v", len(sent.calls), errs)
	}
}

func TestOnlyWhatSQSIsToBlameForIsSentAgain(t *testing.T) {
	t.Parallel()
	refusals := map[string]int{}
	sent := &queue{refuse: func(id string) *types.BatchResultErrorEntry {
		refusals[id]++
		refused := types.BatchResultErrorEntry{Id: &id, Code: aws.String("InternalError"), Message: aws.String("sorry")}
		switch {
		case id == "1" && refusals[id] == 1, id == "2":
			return &refused
		case id == "3":
			refused.SenderFault = true
			return &refused
		}
		return nil
	}}
	errs := fallbackqueue.New(sent, queueURL).Keep(t.Context(), entries("{}", "{}", "{}", "{}"))
	if diff := cmp.Diff([][]string{{"0", "1", "2", "3"}, {"1", "2"}}, sent.calls); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
	if errs[0] != nil || errs[1] != nil || errs[2] == nil || errs[3] == nil ||
		errs[2].Error() != "fallback queue: InternalError: sorry" {
		t.Errorf("errors %v", errs)
	}
}

func TestAnAnswerThatLeavesAMessageOut(t *testing.T) {
	t.Parallel()
	other := "another"
	sent := &queue{refuse: func(string) *types.BatchResultErrorEntry { return &types.BatchResultErrorEntry{Id: &other} }}
	errs := fallbackqueue.New(sent, queueURL).Keep(t.Context(), entries("{}"))
	if errs[0] == nil {
		t.Error("an event that SQS does not tell of counts as kept")
	}
}
