package lambdahost_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/activity"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/awsapi"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/iam"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/lambdahost"
)

const eventBridgeEvent = `{"version":"0","id":"e-1","detail-type":"Alert Created","source":"bayon.coagent.alert",
	"detail":{"userId":"u","metadata":{"correlationId":"c-1"}}}`

func TestEventIsRetriedTwiceAndThenHandedOver(t *testing.T) {
	t.Parallel()
	director, diary, queues := newDirector(t), newDiary(), newFailures()
	var waits []time.Duration
	host := newHost(t, lambdahost.Config{
		Recorder: diary, Queues: queues,
		Scale: func(wait time.Duration) time.Duration { waits = append(waits, wait); return time.Millisecond },
	})
	create(t, host, function("price", director.environment("directed")))
	requestID, err := host.InvokeAsync(t.Context(), iam.Caller{}, arn("price"), []byte(eventBridgeEvent), "Root=1-a-b;Sampled=1")
	if err != nil {
		t.Fatal(err)
	}
	for attempt := range 3 {
		told := director.next(t)
		if told.RequestID != requestID || told.ARN != arn("price") ||
			told.TraceID != "Root=1-a-b;Sampled=1" || told.Payload != eventBridgeEvent {
			t.Errorf("attempt %d saw %+v", attempt+1, told)
		}
		told.answer(order{"fail", fmt.Sprintf("failure %d\nof three", attempt+1)})
	}
	sent := queues.next(t)
	if sent.caller != (iam.Caller{Service: iam.Lambda, SourceARN: arn("price")}) || sent.queue != failuresARN ||
		sent.message.TraceHeader != "Root=1-a-b;Sampled=1" {
		t.Errorf("sent %+v", sent)
	}
	var got map[string]any
	if err := json.Unmarshal([]byte(sent.message.Body), &got); err != nil {
		t.Fatal(err)
	}
	if _, err := time.Parse("2006-01-02T15:04:05.000Z", fmt.Sprint(got["timestamp"])); err != nil {
		t.Error(err)
	}
	delete(got, "timestamp")
	var want map[string]any
	// As AWS wrote it for such an event.
	expected := `{"version":"1.0",
		"requestContext":{"requestId":"` + requestID + `","functionArn":"` + arn("price") + `:$LATEST",
			"condition":"RetriesExhausted","approximateInvokeCount":3},
		"requestPayload":` + eventBridgeEvent + `,
		"responseContext":{"statusCode":200,"executedVersion":"$LATEST","functionError":"Unhandled"},
		"responsePayload":{"errorMessage":"failure 3\nof three","errorType":"PermanentError"}}`
	if err := json.Unmarshal([]byte(expected), &want); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]time.Duration{time.Minute, 2 * time.Minute}, waits); diff != "" {
		t.Error(diff)
	}

	entry := func(kind activity.Kind, attempt int, reason, queue string) activity.Activity {
		return activity.Activity{
			Kind: kind, EventID: "e-1", CorrelationID: "c-1", DetailType: "Alert Created", Source: "bayon.coagent.alert",
			Function: "price", RequestID: requestID, Attempt: attempt, Reason: reason, Queue: queue,
		}
	}
	wantEntries := []activity.Activity{
		entry(activity.Failed, 1, "PermanentError: failure 1 of three", ""),
		entry(activity.Retried, 2, "PermanentError: failure 1 of three", ""),
		entry(activity.Failed, 2, "PermanentError: failure 2 of three", ""),
		entry(activity.Retried, 3, "PermanentError: failure 2 of three", ""),
		entry(activity.Failed, 3, "PermanentError: failure 3 of three", ""),
		entry(activity.DeadLettered, 3, "RetriesExhausted: PermanentError: failure 3 of three", "failures"),
	}
	entries := diary.of(t, len(wantEntries),
		activity.Failed, activity.Retried, activity.DeadLettered, activity.Delivered, activity.Lost)
	for _, e := range entries {
		if (e.RetryAt != nil) != (e.Kind == activity.Retried) || (e.DurationMS > 0) != (e.Kind == activity.Failed) || e.At.IsZero() {
			t.Errorf("activity %+v", e)
		}
	}
	if diff := cmp.Diff(wantEntries, entries, cmpopts.IgnoreFields(activity.Activity{}, "At", "RetryAt", "DurationMS")); diff != "" {
		t.Error(diff)
	}
	awaitQuiet(t, host)
}

// awaitQuiet waits until nothing is in flight.
func awaitQuiet(t testing.TB, host *lambdahost.Host) {
	t.Helper()
	for late := time.Now().Add(20 * time.Second); ; time.Sleep(time.Millisecond) {
		left := host.InFlight()
		if len(left) == 0 {
			return
		}
		if time.Now().After(late) {
			t.Fatalf("in flight: %v", left)
		}
	}
}

func TestEventSucceedsOnARetry(t *testing.T) {
	t.Parallel()
	director, diary := newDirector(t), newDiary()
	host := newHost(t, lambdahost.Config{Recorder: diary, Scale: atOnce})
	create(t, host, function("price", director.environment("directed")))
	requestID := invokeAsync(t, host, "price", `[1,2]`)
	director.next(t).answer(order{"fail", "not yet"})
	director.next(t).answer(order{"answer", "null"})
	delivered := diary.of(t, 1, activity.Delivered)
	if delivered[0].Attempt != 2 || delivered[0].RequestID != requestID || delivered[0].EventID != "" {
		t.Errorf("delivered %+v", delivered)
	}
	awaitQuiet(t, host)
}

func TestEventsThatNoQueueTakesAreLost(t *testing.T) {
	t.Parallel()
	refusal := awsapi.Errorf("AWS.SimpleQueueService.NonExistentQueue", "The specified queue does not exist.")
	tests := []struct {
		name      string
		onFailure string
		queues    lambdahost.Queues
		want      string
	}{
		{"no queue", "", nil, "RetriesExhausted: PermanentError: x (the function has no on-failure queue)"},
		{
			"a queue that refuses", failuresARN, &failures{err: func() error { return refusal }},
			"RetriesExhausted: PermanentError: x (the on-failure queue refused it: " + refusal.Error() + ")",
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			director, diary := newDirector(t), newDiary()
			host := newHost(t, lambdahost.Config{Recorder: diary, Queues: test.queues})
			definition := function("price", director.environment("directed"))
			definition.MaxRetries, definition.OnFailure = 0, test.onFailure
			create(t, host, definition)
			invokeAsync(t, host, "price", "{}")
			director.next(t).answer(order{"fail", "x"})
			if lost := diary.of(t, 1, activity.Lost); lost[0].Reason != test.want || lost[0].Attempt != 1 {
				t.Errorf("lost %+v, want the reason %q", lost[0], test.want)
			}
			awaitQuiet(t, host)
		})
	}
}

func TestEventStaysUntilTheQueueHasTakenIt(t *testing.T) {
	t.Parallel()
	director, queues := newDirector(t), newFailures()
	var sends atomic.Int32
	queues.err = func() error {
		if sends.Add(1) < 3 {
			return errors.New("the disk is full")
		}
		return nil
	}
	host := newHost(t, lambdahost.Config{Queues: queues})
	definition := function("price", director.environment("directed"))
	definition.MaxRetries = 0
	create(t, host, definition)
	invokeAsync(t, host, "price", "{}")
	director.next(t).answer(order{"fail", "x"})
	queues.next(t)
	if got := sends.Load(); got != 3 {
		t.Errorf("sent %d times, want 3", got)
	}
	awaitQuiet(t, host)
}

func wantCode(t testing.TB, err error, code string) {
	t.Helper()
	var refusal *awsapi.Error
	if !errors.As(err, &refusal) || refusal.Code != code {
		t.Errorf("error %v, want %s", err, code)
	}
}

func TestFaults(t *testing.T) {
	t.Parallel()
	once := func() func() bool {
		var hit sync.Once
		return func() (so bool) { hit.Do(func() { so = true }); return so }
	}
	t.Run("duplicate", func(t *testing.T) {
		t.Parallel()
		director := newDirector(t)
		host := newHost(t, lambdahost.Config{Faults: lambdahost.Faults{Duplicate: once()}})
		create(t, host, function("price", director.environment("directed")))
		requestID := invokeAsync(t, host, "price", "{}")
		for range 2 {
			told := director.next(t)
			if told.RequestID != requestID {
				t.Errorf("request %s, want %s", told.RequestID, requestID)
			}
			told.answer(order{"answer", "1"})
		}
		awaitQuiet(t, host)
	})
	t.Run("delay", func(t *testing.T) {
		t.Parallel()
		director := newDirector(t)
		host := newHost(t, lambdahost.Config{Faults: lambdahost.Faults{Delay: func() time.Duration { return 50 * time.Millisecond }}})
		create(t, host, function("price", director.environment("directed")))
		began := time.Now()
		invokeAsync(t, host, "price", "{}")
		director.next(t).answer(order{"answer", "1"})
		if took := time.Since(began); took < 50*time.Millisecond {
			t.Errorf("delivered after %v", took)
		}
		awaitQuiet(t, host)
	})
	t.Run("throttle is asked once for each attempt", func(t *testing.T) {
		t.Parallel()
		var asked atomic.Int32
		diary := newDiary()
		host := newHost(t, lambdahost.Config{Concurrency: 1, Recorder: diary, Faults: lambdahost.Faults{
			Throttle: func(string) bool { asked.Add(1); return false },
		}})
		create(t, host, echo("price"))
		const events = 50
		for range events {
			invokeAsync(t, host, "price", "{}")
		}
		diary.of(t, events, activity.Delivered)
		if got := asked.Load(); got != events {
			t.Errorf("asked %d times for %d attempts", got, events)
		}
	})
	t.Run("crash", func(t *testing.T) {
		t.Parallel()
		director, diary := newDirector(t), newDiary()
		crashes := once()
		crashOnce := func(string) (lambdahost.Crash, bool) { return lambdahost.Crash{}, crashes() }
		host := newHost(t, lambdahost.Config{Recorder: diary, Scale: atOnce, Faults: lambdahost.Faults{Crash: crashOnce}})
		create(t, host, function("price", director.environment("directed")))
		invokeAsync(t, host, "price", "{}")
		first := director.next(t)
		first.answer(order{"answer", "1"})
		second := director.next(t)
		second.answer(order{"answer", "1"})
		diary.of(t, 1, activity.Delivered)
		failed := diary.of(t, 1, activity.Failed)
		if !strings.HasSuffix(failed[0].Reason, "Runtime exited with error: signal: killed") || first.Process == second.Process {
			t.Errorf("failed %+v in process %d, then %d", failed[0], first.Process, second.Process)
		}
	})
}

func TestMoreEventsAreGivenUpThanAtATime(t *testing.T) {
	t.Parallel()
	queues, diary := newFailures(), newDiary()
	host := newHost(t, lambdahost.Config{Queues: queues, Recorder: diary})
	closed := echo("price")
	closed.Reserved = new(0)
	create(t, host, closed)
	const events = 100
	for range events {
		invokeAsync(t, host, "price", "{}")
	}
	diary.of(t, events, activity.DeadLettered)
	awaitQuiet(t, host)
}

func TestPermissionsDecideWhoMayInvoke(t *testing.T) {
	t.Parallel()
	rule := "arn:aws:events:us-east-1:123456789012:rule/bus/price"
	host := newHost(t, lambdahost.Config{})
	open, closed, narrow := echo("open"), echo("closed"), echo("narrow")
	open.Permissions = []lambdahost.Permission{{
		SID: "Rule", Action: "lambda:InvokeFunction", Principal: iam.EventBridge, SourceARN: rule,
	}}
	narrow.Permissions = []lambdahost.Permission{{
		SID: "Rule", Action: "lambda:InvokeFunction", Principal: iam.EventBridge, SourceARN: rule, SourceAccount: awsapi.Account,
	}}
	create(t, host, open, closed, narrow)
	eventBridge := iam.Caller{Service: iam.EventBridge, SourceARN: rule}
	tests := []struct {
		name     string
		caller   iam.Caller
		function string
		code     string
	}{
		{"the rule that is let in", eventBridge, arn("open"), ""},
		{"another rule", iam.Caller{Service: iam.EventBridge, SourceARN: rule + "-2"}, arn("open"), "AccessDeniedException"},
		{"a rule without permission", eventBridge, arn("closed"), "AccessDeniedException"},
		{"a permission for an account, which EventBridge does not tell", eventBridge, arn("narrow"), "AccessDeniedException"},
		{"a schedule's role", iam.Caller{Service: iam.Scheduler, SourceARN: "arn"}, arn("closed"), ""},
		{"the administrator", iam.Caller{}, arn("closed"), ""},
		{"no such function", eventBridge, arn("none"), "ResourceNotFoundException"},
		{"no such version", eventBridge, arn("open") + ":7", "ResourceNotFoundException"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := host.InvokeAsync(context.Background(), test.caller, test.function, []byte("{}"), "")
			if test.code != "" {
				wantCode(t, err, test.code)
			} else if err != nil {
				t.Error(err)
			}
		})
	}
}

func TestPoisonEventHoldsUpNoOther(t *testing.T) {
	t.Parallel()
	director, queues := newDirector(t), newFailures()
	host := newHost(t, lambdahost.Config{Queues: queues, Concurrency: 1, Scale: func(time.Duration) time.Duration { return time.Second }})
	create(t, host, function("price", director.environment("directed")))
	invokeAsync(t, host, "price", `"poison"`)
	const others = 5
	for i := range others {
		invokeAsync(t, host, "price", fmt.Sprint(i))
	}
	var before []string // what the function got before the poison came again
	for poisoned := 0; poisoned < 3; {
		told := director.next(t)
		if told.Payload == `"poison"` {
			poisoned++
			told.answer(order{"fail", "poison"})
			continue
		}
		if poisoned == 1 {
			before = append(before, told.Payload)
		}
		told.answer(order{"answer", "1"})
	}
	if len(before) != others {
		t.Errorf("before the poison's second attempt came %v, want all %d others", before, others)
	}
	if got := queues.next(t).record(t); string(got.RequestPayload) != `"poison"` || got.RequestContext.ApproximateInvokeCount != 3 {
		t.Errorf("record %+v", got)
	}
	awaitQuiet(t, host)
}

func TestEventThatGrowsTooOldTellsItsLastError(t *testing.T) {
	t.Parallel()
	director, queues := newDirector(t), newFailures()
	host := newHost(t, lambdahost.Config{Queues: queues, Scale: atOnce})
	definition := function("price", director.environment("directed"))
	definition.MaxAge = 2 * time.Minute // the first retry comes after one minute, the second one would come after three
	create(t, host, definition)
	invokeAsync(t, host, "price", "{}")
	director.next(t).answer(order{"fail", "first"})
	director.next(t).answer(order{"fail", "second"})
	got := queues.next(t).record(t)
	if got.RequestContext.Condition != "EventAgeExceeded" || got.RequestContext.ApproximateInvokeCount != 2 ||
		got.ResponseContext == nil || got.ResponseContext.FunctionError != "Unhandled" || got.ResponsePayload.ErrorMessage != "second" {
		t.Errorf("record %+v", got)
	}
	awaitQuiet(t, host)
}
