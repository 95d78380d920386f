package lambdahost_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/activity"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/iam"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/lambdahost"
)

func TestNoReservedConcurrencyHandsOverAtOnce(t *testing.T) {
	t.Parallel()
	queues := newFailures()
	host := newHost(t, lambdahost.Config{Queues: queues})
	definition := echo("price")
	definition.Reserved = new(0)
	create(t, host, definition)
	requestID := invokeAsync(t, host, "price", `{"a":1}`)
	got := queues.next(t).record(t)
	if got.RequestContext.Condition != "ZeroReservedConcurrency" || got.RequestContext.RequestID != requestID ||
		got.RequestContext.ApproximateInvokeCount != 0 || got.ResponseContext != nil ||
		got.ResponsePayload != nil || string(got.RequestPayload) != `{"a":1}` {
		t.Errorf("record %+v", got)
	}
	_, err := host.Invoke(t.Context(), iam.Caller{}, lambdahost.Request{Function: "price"})
	wantCode(t, err, "TooManyRequestsException")
}

func TestReservedConcurrencyThrottles(t *testing.T) {
	t.Parallel()
	director, diary := newDirector(t), newDiary()
	host := newHost(t, lambdahost.Config{Recorder: diary, Scale: func(time.Duration) time.Duration { return 10 * time.Millisecond }})
	definition := function("price", director.environment("directed"))
	definition.Reserved = new(1)
	create(t, host, definition)
	first := invokeAsync(t, host, "price", `1`)
	told := director.next(t)
	second := invokeAsync(t, host, "price", `2`)
	retried := diary.of(t, 2, activity.Retried)
	for i, entry := range retried {
		if entry.RequestID != second || entry.Reason != "throttled" || entry.Attempt != 1 {
			t.Errorf("retry %d: %+v", i, entry)
		}
	}
	_, err := host.Invoke(t.Context(), iam.Caller{}, lambdahost.Request{Function: "price"})
	wantCode(t, err, "TooManyRequestsException")
	if told.RequestID != first {
		t.Errorf("%s runs, want %s", told.RequestID, first)
	}
	told.answer(order{"answer", "1"})
	director.next(t).answer(order{"answer", "1"})
	awaitQuiet(t, host)
}

func TestThrottledEventIsGivenUpWhenItIsTooOld(t *testing.T) {
	t.Parallel()
	queues := newFailures()
	var waits []time.Duration
	host := newHost(t, lambdahost.Config{
		Queues: queues,
		Faults: lambdahost.Faults{Throttle: func(string) bool { return true }},
		Scale:  func(wait time.Duration) time.Duration { waits = append(waits, wait.Round(time.Second)); return 0 },
	})
	definition := echo("price")
	definition.MaxAge = time.Minute
	create(t, host, definition)
	invokeAsync(t, host, "price", "{}")
	got := queues.next(t).record(t)
	if got.RequestContext.Condition != "EventAgeExceeded" || got.ResponseContext != nil {
		t.Errorf("record %+v", got)
	}
	var seconds []int
	for _, wait := range waits {
		seconds = append(seconds, int(wait.Seconds()))
	}
	if diff := cmp.Diff([]int{1, 2, 4, 8, 16, 29}, seconds); diff != "" {
		t.Error(diff)
	}
}

func TestThrottlesAreCountedInARow(t *testing.T) {
	t.Parallel()
	director := newDirector(t)
	throttles := []bool{true, true, false, true, false}
	var waits []time.Duration
	host := newHost(t, lambdahost.Config{
		Faults: lambdahost.Faults{Throttle: func(string) bool {
			next := throttles[0]
			throttles = throttles[1:]
			return next
		}},
		Scale: func(wait time.Duration) time.Duration { waits = append(waits, wait); return 0 },
	})
	create(t, host, function("price", director.environment("directed")))
	invokeAsync(t, host, "price", "{}")
	director.next(t).answer(order{"fail", "x"})
	director.next(t).answer(order{"answer", "1"})
	awaitQuiet(t, host)
	if diff := cmp.Diff([]time.Duration{time.Second, 2 * time.Second, time.Minute, time.Second}, waits); diff != "" {
		t.Error(diff)
	}
}
