package events_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/bayon-coagent/event-consumers/pkg/events"
	"github.com/bayon-coagent/event-consumers/pkg/events/eventstest"
)

func checksDue(number int) []events.Fact {
	facts := make([]events.Fact, number)
	for i := range facts {
		facts[i] = eventstest.Valid(func(f *events.CheckDue) { f.UserID = fmt.Sprintf("user-%d", i) })
	}
	return facts
}

func TestPublishResendsOnlyWhatWasRefusedForAReasonThatPasses(t *testing.T) {
	t.Parallel()
	bus := eventstest.NewBus()
	is := func(user string) func(types.PutEventsRequestEntry) bool {
		return func(entry types.PutEventsRequestEntry) bool { return strings.Contains(*entry.Detail, user) }
	}
	bus.RefuseThose(2, "ThrottlingException", is("user-1"))
	bus.RefuseThose(1, "InternalFailure", is("user-3"))
	bus.RefuseThose(1, "SomethingNew", is("user-4"))
	bus.RefuseThose(9, "MalformedDetail", is("user-2"))
	err := bus.Publisher().Publish(t.Context(), checksDue(5)...)

	if diff := cmp.Diff([]int{5, 3, 1}, callLengths(bus)); diff != "" {
		t.Errorf("entries of the calls (-want +got):\n%s", diff)
	}
	var publishError *events.PublishError
	if !errors.As(err, &publishError) || len(publishError.Accepted()) != 4 || len(publishError.NotAccepted()) != 1 {
		t.Fatalf("error %v", err)
	}
	refused := publishError.NotAccepted()[0]
	if refused.EventKey != "Check Due:price#user-2#2026-11-20T09:30:00.123Z" || refused.Retryable() || !permanent(err) {
		t.Errorf("refused %+v", refused)
	}
	if got := err.Error(); got != "publish: 1 of 5 facts not accepted; "+
		"Check Due:price#user-2#2026-11-20T09:30:00.123Z: MalformedDetail: refused by the test" {
		t.Errorf("error %s", got)
	}
}

func callLengths(bus *eventstest.Bus) []int {
	var lengths []int
	for _, call := range bus.Calls() {
		lengths = append(lengths, len(call))
	}
	return lengths
}

func TestEveryCodeThatAWSCallsFinalIsFinal(t *testing.T) {
	t.Parallel()
	for code, final := range map[string]bool{
		"AccessDeniedException":                true,
		"InvalidAccountIdException":            true,
		"InvalidArgument":                      true,
		"MalformedDetail":                      true,
		"RedactionFailure":                     true,
		"NotAuthorizedForSourceException":      true,
		"NotAuthorizedForDetailTypeException":  true,
		"ThrottlingException":                  false,
		"InternalFailure":                      false,
		"CodeThatAWSHasNotThoughtOfYetFailure": false,
	} {
		bus := eventstest.NewBus()
		bus.Refuse(1000, code)
		err := bus.Publisher().Publish(t.Context(), checksDue(1)...)
		var refused *events.RefusedError
		if !errors.As(err, &refused) || refused.Code != code || permanent(err) != final {
			t.Errorf("%s: error %v, permanent %v", code, err, permanent(err))
		}
		want := 5
		if final {
			want = 1
		}
		if got := len(bus.Calls()); got != want {
			t.Errorf("%s: %d calls, want %d", code, got, want)
		}
	}
}

// One fact that may pass makes publishing again worthwhile.
func TestPublishErrorIsPermanentOnlyIfNothingCanPass(t *testing.T) {
	t.Parallel()
	bus := eventstest.NewBus()
	bus.RefuseThose(9, "MalformedDetail", func(entry types.PutEventsRequestEntry) bool {
		return strings.Contains(*entry.Detail, "user-0")
	})
	bus.Refuse(9, "ThrottlingException")
	err := bus.Publisher().Publish(t.Context(), checksDue(2)...)
	if err == nil || permanent(err) {
		t.Errorf("error %v, permanent %v", err, permanent(err))
	}
}

func TestPublishErrorNamesTheFirstFew(t *testing.T) {
	t.Parallel()
	bus := eventstest.NewBus()
	bus.Refuse(1000, "InvalidArgument")
	err := bus.Publisher().Publish(t.Context(), checksDue(12)...)
	if err == nil || strings.Count(err.Error(), "InvalidArgument") != 5 || !strings.HasSuffix(err.Error(), "; and 7 more") {
		t.Errorf("error %v", err)
	}
}

func TestPausesGrowAndAreRandomUpToALimit(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		bus := eventstest.NewBus()
		bus.Refuse(1000, "ThrottlingException")
		var limits []time.Duration
		publisher := bus.Publisher(events.WithJitter(func(limit time.Duration) time.Duration {
			limits = append(limits, limit)
			return limit / 2
		}))
		began := time.Now()
		if err := publisher.Publish(t.Context(), checksDue(1)...); err == nil {
			t.Error("the bus refuses everything, but Publish does not fail")
		}
		const ms = time.Millisecond
		if diff := cmp.Diff([]time.Duration{100 * ms, 200 * ms, 400 * ms, 800 * ms}, limits); diff != "" {
			t.Errorf("limits (-want +got):\n%s", diff)
		}
		if took := time.Since(began); took != 750*ms {
			t.Errorf("it took %v, want half of the limits", took)
		}
	})
}

func TestJitterIsRandomByDefault(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		times := map[time.Duration]bool{}
		for range 20 {
			bus := eventstest.NewBus()
			bus.Refuse(1, "ThrottlingException")
			began := time.Now()
			if err := events.NewPublisher(bus, "bus").Publish(t.Context(), checksDue(1)...); err != nil {
				t.Fatal(err)
			}
			took := time.Since(began)
			if took < 0 || took >= 100*time.Millisecond {
				t.Errorf("the first pause took %v", took)
			}
			times[took] = true
		}
		if len(times) < 10 {
			t.Errorf("only %d different pauses of 20", len(times))
		}
	})
}

func TestPublishNeverSleepsPastTheDeadline(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 250*time.Millisecond)
		defer cancel()
		bus := eventstest.NewBus()
		bus.Refuse(1000, "ThrottlingException")
		publisher := bus.Publisher(events.WithJitter(func(limit time.Duration) time.Duration { return limit }))
		began := time.Now()
		err := publisher.Publish(ctx, checksDue(1)...)
		if took := time.Since(began); took != 100*time.Millisecond {
			t.Errorf("it took %v; the second pause would have ended after the deadline", took)
		}
		var refused *events.RefusedError
		if !errors.As(err, &refused) || len(bus.Calls()) != 2 {
			t.Errorf("%d calls, error %v", len(bus.Calls()), err)
		}
	})
}

func TestPublishEndsItsPauseWhenItIsCancelled(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(30*time.Millisecond, cancel)
		bus := eventstest.NewBus()
		bus.Refuse(1000, "ThrottlingException")
		publisher := bus.Publisher(events.WithJitter(func(limit time.Duration) time.Duration { return limit }))
		began := time.Now()
		if err := publisher.Publish(ctx, checksDue(1)...); err == nil || time.Since(began) != 30*time.Millisecond {
			t.Errorf("it took %v, error %v", time.Since(began), err)
		}
	})
}

func TestPublishInAContextThatIsOverSendsNothing(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	client := putEvents(func(context.Context, *eventbridge.PutEventsInput) (*eventbridge.PutEventsOutput, error) {
		t.Error("a call is made")
		return &eventbridge.PutEventsOutput{}, nil
	})
	err := events.NewPublisher(client, "bus").Publish(ctx, checksDue(1)...)
	if !errors.Is(err, context.Canceled) || permanent(err) {
		t.Errorf("error %v", err)
	}
}

func TestACallThatFailsAsAWholeIsNotMadeAgain(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		err   error
		final bool
	}{
		"validation":    {&eventstest.AWSError{Code: "ValidationException"}, true},
		"access denied": {&eventstest.AWSError{Code: "AccessDeniedException"}, true},
		"throttled":     {&eventstest.AWSError{Code: "ThrottlingException"}, false},
		"network":       {&net.OpError{Op: "dial", Err: errors.New("connection refused")}, false},
		"deadline":      {context.DeadlineExceeded, false},
	} {
		bus := eventstest.NewBus()
		bus.FailCalls(test.err)
		err := bus.Publisher().Publish(t.Context(), checksDue(3)...)
		var call *events.CallError
		if !errors.Is(err, test.err) || !errors.As(err, &call) || permanent(err) != test.final {
			t.Errorf("%s: error %v, permanent %v", name, err, permanent(err))
		}
		if len(bus.Calls()) != 1 {
			t.Errorf("%s: %d calls", name, len(bus.Calls()))
		}
	}
}

func TestOneCallThatFailsDoesNotStopTheOthers(t *testing.T) {
	t.Parallel()
	bus := eventstest.NewBus()
	bus.FailCalls(errors.New("cut off"))
	err := bus.Publisher().Publish(t.Context(), checksDue(25)...)
	var publishError *events.PublishError
	if !errors.As(err, &publishError) {
		t.Fatalf("error %v", err)
	}
	if accepted := len(publishError.Accepted()); accepted != len(bus.Accepted()) || accepted < 15 || accepted > 20 {
		t.Errorf("%d are told to be accepted, the bus has %d", accepted, len(bus.Accepted()))
	}
}

func TestAnswersThatCannotBeUnderstood(t *testing.T) {
	t.Parallel()
	accepted := types.PutEventsResultEntry{EventId: aws.String("1")}
	for name, output := range map[string]*eventbridge.PutEventsOutput{
		"none":               nil,
		"no entries":         {},
		"too few entries":    {Entries: []types.PutEventsResultEntry{accepted}},
		"too many entries":   {Entries: []types.PutEventsResultEntry{accepted, accepted, accepted}},
		"entries of nothing": {Entries: make([]types.PutEventsResultEntry, 2)},
	} {
		calls := 0
		client := putEvents(func(context.Context, *eventbridge.PutEventsInput) (*eventbridge.PutEventsOutput, error) {
			calls++
			return output, nil
		})
		err := events.NewPublisher(client, "bus").Publish(t.Context(), checksDue(2)...)
		var publishError *events.PublishError
		if !errors.As(err, &publishError) || len(publishError.NotAccepted()) != 2 || permanent(err) || calls != 1 {
			t.Errorf("%s: %d calls, error %v", name, calls, err)
		}
	}
}

func TestPublishMakesFourCallsAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		bus := eventstest.NewBus()
		slow := putEvents(func(ctx context.Context, input *eventbridge.PutEventsInput) (*eventbridge.PutEventsOutput, error) {
			time.Sleep(time.Second)
			return bus.PutEvents(ctx, input)
		})
		began := time.Now()
		if err := events.NewPublisher(slow, "bus").Publish(t.Context(), checksDue(80)...); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(began); took != 2*time.Second || len(bus.Accepted()) != 80 {
			t.Errorf("%d events in %v, want 8 calls in 2 s", len(bus.Accepted()), took)
		}
	})
}

func TestAClientsPanicReachesTheCaller(t *testing.T) {
	t.Parallel()
	client := putEvents(func(context.Context, *eventbridge.PutEventsInput) (*eventbridge.PutEventsOutput, error) {
		panic("out of order")
	})
	for _, number := range []int{1, 100} {
		func() {
			defer func() {
				if reason := recover(); reason != "out of order" {
					t.Errorf("%d facts: recovered %v", number, reason)
				}
			}()
			_ = events.NewPublisher(client, "bus").Publish(t.Context(), checksDue(number)...)
		}()
	}
}

// Whatever the bus refuses, and how often: what is accepted is accepted once, nothing is sent again that was accepted or
// refused for good, and the results say what happened.
func TestPublishUnderAnyPatternOfRefusals(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		facts := checksDue(rapid.IntRange(0, 35).Draw(t, "facts"))
		script := newScript(t, facts)
		publisher := events.NewPublisher(script, "bus", events.WithJitter(func(time.Duration) time.Duration { return 0 }))
		for i, result := range publisher.PublishBatch(t.Context(), facts) {
			sent := script.sent[result.EventKey]
			wantSent, wantCode := script.expected(result.EventKey)
			code := ""
			var refused *events.RefusedError
			if errors.As(result.Err, &refused) {
				code = refused.Code
			}
			if result.Fact != facts[i] || sent != wantSent || code != wantCode || (result.EventID != "") != (wantCode == "") {
				t.Fatalf("%s: sent %d times, result %+v; want %d times, code %q", result.EventKey, sent, result, wantSent, wantCode)
			}
		}
	})
}

// script is a client that refuses each fact as often and with the codes that chance has chosen.
type script struct {
	mu    sync.Mutex
	codes map[string][]string // by event key; empty for accepted
	sent  map[string]int
}

func newScript(t *rapid.T, facts []events.Fact) *script {
	s := &script{codes: map[string][]string{}, sent: map[string]int{}}
	code := rapid.SampledFrom([]string{"", "", "ThrottlingException", "InternalFailure", "MalformedDetail", "New"})
	for _, fact := range facts {
		s.codes[events.EventKey(fact)] = rapid.SliceOfN(code, 5, 5).Draw(t, "codes")
	}
	return s
}

// expected is how often a fact is sent, and the code of its last answer.
func (s *script) expected(key string) (sent int, code string) {
	for i, code := range s.codes[key] {
		if code == "" || code == "MalformedDetail" {
			return i + 1, code
		}
	}
	return 5, s.codes[key][4]
}

func (s *script) PutEvents(
	_ context.Context, input *eventbridge.PutEventsInput, _ ...func(*eventbridge.Options),
) (*eventbridge.PutEventsOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(input.Entries) == 0 || len(input.Entries) > 10 {
		return nil, errors.New("wrong number of entries")
	}
	output := &eventbridge.PutEventsOutput{}
	for _, entry := range input.Entries {
		delivery := events.Delivery{
			Envelope: events.Envelope{DetailType: *entry.DetailType, Source: *entry.Source}, Detail: []byte(*entry.Detail),
		}
		event, err := events.Decode[events.CheckDue](delivery)
		if err != nil {
			return nil, err
		}
		key := event.Metadata.EventKey
		code := s.codes[key][min(s.sent[key], 4)]
		s.sent[key]++
		if code == "" {
			output.Entries = append(output.Entries, types.PutEventsResultEntry{EventId: &key})
		} else {
			output.Entries = append(output.Entries, types.PutEventsResultEntry{ErrorCode: &code})
		}
	}
	return output, nil
}
