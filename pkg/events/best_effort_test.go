package events_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	"github.com/google/go-cmp/cmp"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"github.com/bayon-coagent/event-consumers/pkg/events"
	"github.com/bayon-coagent/event-consumers/pkg/events/eventstest"
)

// keeper is a fallback made of a function.
type keeper func(context.Context, []types.PutEventsRequestEntry) []error

func (k keeper) Keep(ctx context.Context, entries []types.PutEventsRequestEntry) []error {
	return k(ctx, entries)
}

// bestEffort publishes, and returns what was logged and counted.
func bestEffort(
	ctx context.Context, client events.PutEventsAPI, fallback events.Fallback, facts ...events.Fact,
) ([]string, events.Counts) {
	core, logs := observer.New(zapcore.DebugLevel)
	var counts events.Counts
	options := []events.Option{
		events.WithLogger(zap.New(core)),
		events.WithCounter(func(_ context.Context, told events.Counts) { counts = told }),
		events.WithJitter(func(time.Duration) time.Duration { return 0 }),
	}
	if fallback != nil {
		options = append(options, events.WithFallback(fallback))
	}
	events.NewPublisher(client, eventstest.BusName, options...).PublishBestEffort(ctx, facts...)
	var lines []string
	for _, line := range logs.All() {
		key, _ := line.ContextMap()["eventKey"].(string)
		lines = append(lines, line.Level.String()+" "+line.Message+" "+key)
	}
	return lines, counts
}

const (
	user0Key = "Check Due:price#user-0#2026-11-20T09:30:00.123Z"
	user1Key = "Check Due:price#user-1#2026-11-20T09:30:00.123Z"
)

func TestBestEffortThatSucceedsSaysNothing(t *testing.T) {
	t.Parallel()
	bus := eventstest.NewBus()
	bus.Refuse(1, "ThrottlingException")
	lines, counts := bestEffort(t.Context(), bus, nil, checksDue(2)...)
	if len(lines) != 0 || counts != (events.Counts{Published: 2}) || len(bus.Accepted()) != 2 {
		t.Errorf("logged %v, counted %+v", lines, counts)
	}
}

func TestBestEffortHandsToTheFallbackWhatTheBusRefuses(t *testing.T) {
	t.Parallel()
	bus := eventstest.NewBus()
	bus.Refuse(1, "AccessDeniedException")
	var kept []types.PutEventsRequestEntry
	lines, counts := bestEffort(t.Context(), bus,
		keeper(func(_ context.Context, entries []types.PutEventsRequestEntry) []error {
			kept = entries
			return make([]error, len(entries))
		}),
		append(checksDue(2), events.UserCreated{UserID: "u"})...)

	if diff := cmp.Diff([]string{
		"warn event not published, but kept for later " + user0Key,
		"error event lost User Created:u",
	}, lines); diff != "" {
		t.Errorf("logged (-want +got):\n%s", diff)
	}
	if want := (events.Counts{Published: 1, Kept: 1, Failed: 1}); counts != want {
		t.Errorf("counted %+v, want %+v", counts, want)
	}
	// What was kept is the entry that the bus refused: sent later, it is the same fact.
	if _, err := bus.PutEvents(t.Context(), &eventbridge.PutEventsInput{Entries: kept}); err != nil {
		t.Fatal(err)
	}
	later := eventstest.Published[events.CheckDue](t, bus)[1]
	if later.Identity() != user0Key || later.Metadata.EventKey != user0Key {
		t.Errorf("published later as %q", later.Identity())
	}
}

func TestBestEffortWithoutAFallbackLosesAndSaysSo(t *testing.T) {
	t.Parallel()
	bus := eventstest.NewBus()
	bus.FailCalls(errors.New("cut off"))
	lines, counts := bestEffort(t.Context(), bus, nil, checksDue(2)...)
	if diff := cmp.Diff([]string{"error event lost " + user0Key, "error event lost " + user1Key}, lines); diff != "" {
		t.Errorf("logged (-want +got):\n%s", diff)
	}
	if counts != (events.Counts{Failed: 2}) {
		t.Errorf("counted %+v", counts)
	}
}

func TestBestEffortDistrustsTheFallback(t *testing.T) {
	t.Parallel()
	for name, answers := range map[string][]error{
		"too few answers":  {nil},
		"one is not kept":  {nil, errors.New("queue is full")},
		"too many answers": {nil, errors.New("queue is full"), nil, errors.New("what")},
	} {
		bus := eventstest.NewBus()
		bus.FailCalls(errors.New("cut off"))
		lines, counts := bestEffort(t.Context(), bus,
			keeper(func(context.Context, []types.PutEventsRequestEntry) []error { return answers }), checksDue(2)...)
		if counts != (events.Counts{Kept: 1, Failed: 1}) || slices.Contains(lines, "error publishing panicked ") {
			t.Errorf("%s: counted %+v, logged %v", name, counts, lines)
		}
	}
}

// A producer's work goes on whatever publishing does.
func TestBestEffortSurvivesPanics(t *testing.T) {
	t.Parallel()
	keepAll := keeper(func(_ context.Context, entries []types.PutEventsRequestEntry) []error {
		return make([]error, len(entries))
	})
	panicking := putEvents(func(context.Context, *eventbridge.PutEventsInput) (*eventbridge.PutEventsOutput, error) {
		panic("client")
	})
	failing := putEvents(func(context.Context, *eventbridge.PutEventsInput) (*eventbridge.PutEventsOutput, error) {
		return nil, errors.New("cut off")
	})
	for name, test := range map[string]struct {
		client   events.PutEventsAPI
		fallback events.Fallback
		facts    []events.Fact
		want     events.Counts
	}{
		"of the client":                      {panicking, keepAll, checksDue(1), events.Counts{Kept: 1}},
		"of the client in one of many calls": {panicking, keepAll, checksDue(40), events.Counts{Kept: 40}},
		"of the fallback": {
			failing, keeper(func(context.Context, []types.PutEventsRequestEntry) []error { panic("fallback") }),
			checksDue(1), events.Counts{Failed: 1},
		},
		"of a fact": {eventstest.NewBus(), keepAll, []events.Fact{(*events.CheckDue)(nil)}, events.Counts{}},
	} {
		lines, counts := bestEffort(t.Context(), test.client, test.fallback, test.facts...)
		if counts != test.want || len(lines) == 0 || lines[0] != "error publishing panicked " {
			t.Errorf("%s: counted %+v, logged %v", name, counts, lines)
		}
	}
}

func TestBestEffortKeepsToItsTime(t *testing.T) {
	t.Parallel()
	hanging := putEvents(func(ctx context.Context, _ *eventbridge.PutEventsInput) (*eventbridge.PutEventsOutput, error) {
		<-ctx.Done()
		return nil, ctx.Err()
	})
	hangingFallback := keeper(func(ctx context.Context, entries []types.PutEventsRequestEntry) []error {
		<-ctx.Done()
		errs := make([]error, len(entries))
		for i := range errs {
			errs[i] = ctx.Err()
		}
		return errs
	})
	for name, test := range map[string]struct {
		time time.Duration // of the caller; 0 for no end
		want time.Duration
	}{
		"of its own":                {0, 7 * time.Second},
		"of the caller":             {time.Second, 3 * time.Second},
		"of a caller whose is over": {time.Nanosecond, 2*time.Second + time.Nanosecond},
	} {
		synctest.Test(t, func(t *testing.T) {
			ctx := t.Context()
			if test.time > 0 {
				var cancel context.CancelFunc
				ctx, cancel = context.WithTimeout(ctx, test.time)
				defer cancel()
			}
			began := time.Now()
			_, counts := bestEffort(ctx, hanging, hangingFallback, checksDue(1)...)
			if took := time.Since(began); took != test.want || counts != (events.Counts{Failed: 1}) {
				t.Errorf("%s: it took %v, want %v; counted %+v", name, took, test.want, counts)
			}
		})
	}
}

func TestBestEffortKeepsWhatACancelledCallerPublishes(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	bus := eventstest.NewBus()
	_, counts := bestEffort(ctx, bus, keeper(func(ctx context.Context, entries []types.PutEventsRequestEntry) []error {
		if _, limited := ctx.Deadline(); !limited || ctx.Err() != nil {
			t.Errorf("the fallback has no time of its own: %v", ctx.Err())
		}
		return make([]error, len(entries))
	}), checksDue(1)...)
	if counts != (events.Counts{Kept: 1}) {
		t.Errorf("counted %+v", counts)
	}
}
