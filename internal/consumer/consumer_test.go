package consumer_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/lambdacontext"
	"github.com/google/go-cmp/cmp"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"github.com/bayon-coagent/event-consumers/internal/consumer"
	"github.com/bayon-coagent/event-consumers/internal/idempotency"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/platformtest"
	"github.com/bayon-coagent/event-consumers/internal/schedule"
	"github.com/bayon-coagent/event-consumers/pkg/events"
)

var now = time.Date(2026, 11, 24, 8, 30, 10, 0, time.UTC)

// function is a function under test, with what it wrote.
type function struct {
	*consumer.Consumer
	logs    *observer.ObservedLogs
	metrics *bytes.Buffer
}

func newFunction(t testing.TB, handlers ...consumer.Handler) *function {
	t.Helper()
	client, _ := platformtest.Database(t)
	core, logs := observer.New(zapcore.DebugLevel)
	var tokens atomic.Int64
	clock := func() time.Time { return now }
	f := &function{logs: logs, metrics: &bytes.Buffer{}}
	f.Consumer = consumer.New(consumer.Config{
		Function: "test-function", Environment: "development", Logger: zap.New(core), Metrics: f.metrics, Now: clock,
		Once: idempotency.NewRecords(client, platformtest.IdempotencyTable, clock, func() string { return fmt.Sprint(tokens.Add(1)) }),
	}, handlers...)
	return f
}

// invoke invokes as Lambda does.
func (f *function) invoke(t testing.TB, requestID, payload string) error {
	t.Helper()
	ctx := lambdacontext.NewContext(context.Background(), &lambdacontext.LambdaContext{AwsRequestID: requestID})
	_, err := f.Invoke(ctx, []byte(payload))
	return err
}

// ended is the last line of the last invocation.
func (f *function) ended(t testing.TB) map[string]any {
	t.Helper()
	lines := f.logs.FilterMessage("invocation ended").All()
	if len(lines) == 0 {
		t.Fatal("no line tells that the invocation ended")
	}
	return lines[len(lines)-1].ContextMap()
}

// synced is a delivery of Integration Sync Completed. changes are pairs of old and new text.
func synced(changes ...string) string {
	delivery := `{"version":"0","id":"11111111-1111-4111-8111-111111111111","detail-type":"Integration Sync Completed",` +
		`"source":"bayon.coagent.integration","account":"123456789012","time":"2026-11-24T08:30:00Z","region":"us-east-1","resources":[],` +
		`"detail":{"syncId":"s1","userId":"u1","provider":"mls","status":"completed","completedAt":"2026-11-24T08:29:59.500Z","metadata":{"hops":2,` +
		`"correlationId":"c1","occurredAt":"2026-11-24T08:29:59.750Z"}}}`
	return strings.NewReplacer(changes...).Replace(delivery)
}

// recording handles Integration Sync Completed by remembering it.
func recording(seen *[]events.Event[events.IntegrationSyncCompleted]) consumer.Handler {
	return consumer.On(func(_ context.Context, event events.Event[events.IntegrationSyncCompleted]) error {
		*seen = append(*seen, event)
		return nil
	})
}

func TestEventReachesItsHandler(t *testing.T) {
	t.Parallel()
	var seen []events.Event[events.IntegrationSyncCompleted]
	f := newFunction(t, recording(&seen))
	if err := f.invoke(t, "r1", synced()); err != nil {
		t.Fatal(err)
	}
	if len(seen) != 1 || seen[0].Detail.SyncID != "s1" || seen[0].Metadata.Hops != 2 {
		t.Errorf("the handler saw %+v", seen)
	}
	ended := f.ended(t)
	for field, want := range map[string]any{
		"outcome": "handled", "requestId": "r1", "eventId": "11111111-1111-4111-8111-111111111111", "correlationId": "c1",
		"detailType": "Integration Sync Completed", "handler": "Integration Sync Completed",
	} {
		if ended[field] != want {
			t.Errorf("%s is %v, want %v", field, ended[field], want)
		}
	}
	var line map[string]any
	if err := json.Unmarshal(f.metrics.Bytes(), &line); err != nil {
		t.Fatal(err)
	}
	if line["EventsHandled"] != 1.0 || line["EventAge"] != 10250.0 || line["function"] != "test-function" || line["requestId"] != "r1" {
		t.Errorf("metrics %v", line)
	}
	if bytes.Count(f.metrics.Bytes(), []byte("\n")) != 1 {
		t.Error("metrics must be one line")
	}
}

func TestOnceForAFactAndAgainForAReplay(t *testing.T) {
	t.Parallel()
	var seen []events.Event[events.IntegrationSyncCompleted]
	f := newFunction(t, recording(&seen))
	replayed := synced(`"version":"0"`, `"version":"0","replay-name":"after-the-bug"`)
	steps := []struct {
		name, requestID, payload, outcome string
		handled                           int
	}{
		{"first", "r1", synced(), "handled", 1},
		{"delivered twice", "r2", synced(), "duplicate", 1},
		{"published twice", "r3", synced("11111111-1111", "22222222-2222"), "duplicate", 1},
		{"published by another producer, without metadata", "r4", synced(`,"metadata":{"hops":2,"correlationId":"c1","occurredAt":"2026-11-24T08:29:59.750Z"}`, ""), "duplicate", 1},
		{"another sync", "r5", synced(`"s1"`, `"s2"`), "handled", 2},
		{"replayed", "r6", replayed, "handled", 3},
		{"replayed, delivered twice", "r7", replayed, "duplicate", 3},
	}
	for _, step := range steps {
		if err := f.invoke(t, step.requestID, step.payload); err != nil {
			t.Fatalf("%s: %v", step.name, err)
		}
		if got := f.ended(t)["outcome"]; got != step.outcome || len(seen) != step.handled {
			t.Errorf("%s: outcome %v, handled %d times", step.name, got, len(seen))
		}
	}
}

func TestUnknownDetailTypeIsAcknowledged(t *testing.T) {
	t.Parallel()
	var seen []events.Event[events.IntegrationSyncCompleted]
	f := newFunction(t, recording(&seen))
	for _, payload := range []string{
		synced("Integration Sync Completed", "Integration Sync Begun"),
		synced("Integration Sync Completed", "Begun", "bayon.coagent.integration", "someone.else"),
	} {
		if err := f.invoke(t, "r1", payload); err != nil || len(seen) != 0 {
			t.Errorf("error %v, handled %d times", err, len(seen))
		}
		if got := f.ended(t)["outcome"]; got != "ignored" {
			t.Errorf("outcome %v", got)
		}
	}
	if !strings.Contains(f.metrics.String(), `"EventsIgnored":1`) {
		t.Errorf("metrics %s", f.metrics)
	}
}

func TestBadInputIsAPermanentErrorThatNamesTheField(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, payload, want string }{
		{"a field is missing", synced(`"userId":"u1",`, ""), "userId"},
		{"a field is of a wrong type", synced(`"userId":"u1"`, `"userId":7`), "userId"},
		{"a value is not allowed", synced(`"status":"completed"`, `"status":"done"`), "status"},
		{"another source than the fact's", synced("bayon.coagent.integration", "someone.else"), "source"},
		{"metadata is wrong", synced(`"hops":2`, `"hops":-1`), "metadata.hops"},
		{"the detail is a text", synced(`"detail":{`, `"detail":"x","more":{`), "detail"},
		{"no JSON", "{", "JSON"},
		{"an array", "[]", "JSON object"},
		{"a text", `"x"`, "JSON object"},
		{"nothing", "", "JSON object"},
		{"null", "null", "detail-type"},
		{"an object of another kind", `{"Records":[]}`, "detail-type"},
		{"a schedule without its time", `{"schedule":"price"}`, "dueAt"},
		{"a schedule with a bad time", `{"schedule":"price","dueAt":"soon"}`, "dueAt"},
		{"a schedule that is not ours", `{"schedule":"tides","dueAt":"2026-11-24T08:30:00Z"}`, "tides"},
		{"a schedule of a wrong type", `{"schedule":7,"dueAt":"2026-11-24T08:30:00Z"}`, "schedule"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			var seen []events.Event[events.IntegrationSyncCompleted]
			f := newFunction(t, recording(&seen), consumer.OnSchedule("price", func(context.Context, schedule.Tick) error { return nil }))
			err := f.invoke(t, "r1", test.payload)
			var permanent *consumer.PermanentError
			if !errors.As(err, &permanent) || !strings.Contains(err.Error(), test.want) || len(seen) != 0 {
				t.Errorf("error %v (%T), handled %d times", err, err, len(seen))
			}
			if got := f.ended(t)["outcome"]; got != "failed" {
				t.Errorf("outcome %v", got)
			}
			if f.logs.FilterMessage("handling failed").Len() != 1 {
				t.Error("no line tells of the trouble")
			}
		})
	}
}

func TestErrorsNeverHoldPersonalData(t *testing.T) {
	t.Parallel()
	f := newFunction(t, consumer.On(func(context.Context, events.Event[events.UserCreated]) error { return nil }))
	err := f.invoke(t, "r1", `{"version":"0","id":"1","detail-type":"User Created","source":"bayon.coagent.user","account":"1","time":"2026-11-24T08:30:00Z",`+
		`"region":"r","resources":[],"detail":{"userId":"","email":"jane@doe","createdAt":"jane@doe"}}`)
	if err == nil {
		t.Fatal("no error")
	}
	for _, line := range f.logs.All() {
		if text := fmt.Sprint(line.Message, line.ContextMap()); strings.Contains(text, "jane") {
			t.Errorf("logged: %s", text)
		}
	}
	if strings.Contains(err.Error(), "jane") || strings.Contains(f.metrics.String(), "jane") {
		t.Errorf("error %v, metrics %s", err, f.metrics)
	}
}

func TestLoopsAreRefused(t *testing.T) {
	t.Parallel()
	var seen []events.Event[events.IntegrationSyncCompleted]
	f := newFunction(t, recording(&seen))
	if err := f.invoke(t, "r1", synced(`"hops":2`, `"hops":8`)); err != nil || len(seen) != 1 {
		t.Errorf("8 hops: error %v", err)
	}
	err := f.invoke(t, "r2", synced(`"hops":2`, `"hops":9`, `"s1"`, `"s2"`))
	var permanent *consumer.PermanentError
	if !errors.As(err, &permanent) || len(seen) != 1 {
		t.Errorf("9 hops: error %v, handled %d times", err, len(seen))
	}
}

func TestFailureIsTransientAndTheRetryRuns(t *testing.T) {
	t.Parallel()
	broken := errors.New("the table is throttled")
	var calls int
	f := newFunction(t, consumer.On(func(context.Context, events.Event[events.IntegrationSyncCompleted]) error {
		calls++
		if calls == 1 {
			return broken
		}
		return nil
	}))
	err := f.invoke(t, "r1", synced())
	var transient *consumer.TransientError
	if !errors.As(err, &transient) || !errors.Is(err, broken) {
		t.Errorf("error %v (%T)", err, err)
	}
	if err := f.invoke(t, "r1", synced()); err != nil || calls != 2 {
		t.Errorf("retry: error %v, %d calls", err, calls)
	}
}

func TestPanicIsToldAndGoesOn(t *testing.T) {
	t.Parallel()
	f := newFunction(t, consumer.On(func(context.Context, events.Event[events.IntegrationSyncCompleted]) error { panic("broken") }))
	func() {
		defer func() {
			if recovered := recover(); recovered != "broken" {
				t.Errorf("recovered %v", recovered)
			}
		}()
		_ = f.invoke(t, "r1", synced())
	}()
	if got := f.ended(t)["outcome"]; got != "failed" || !strings.Contains(f.metrics.String(), `"EventsFailed":1`) {
		t.Errorf("outcome %v, metrics %s", got, f.metrics)
	}
}

func TestJoinedErrorsArePermanentOnlyIfAllAre(t *testing.T) {
	t.Parallel()
	away, invalid := errors.New("the table is away"), &events.InvalidError{}
	tests := []struct {
		name      string
		err       error
		permanent bool
	}{
		{"one that may pass", away, false},
		{"one that does not", invalid, true},
		{"wrapped", fmt.Errorf("page 3: %w", invalid), true},
		{"both", errors.Join(invalid, away), false},
		{"both the other way", errors.Join(away, invalid), false},
		{"two that do not", errors.Join(invalid, fmt.Errorf("page 3: %w", invalid)), true},
	}
	for _, test := range tests {
		f := newFunction(t, consumer.On(func(context.Context, events.Event[events.IntegrationSyncCompleted]) error { return test.err }))
		err := f.invoke(t, "r1", synced())
		var permanent *consumer.PermanentError
		if got := errors.As(err, &permanent); got != test.permanent || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %T: %q", test.name, err, err)
		}
	}
}

func TestScheduleReachesItsHandlerOnce(t *testing.T) {
	t.Parallel()
	var seen []schedule.Tick
	f := newFunction(t, consumer.OnSchedule("price", func(_ context.Context, tick schedule.Tick) error {
		seen = append(seen, tick)
		return nil
	}))
	for range 2 {
		if err := f.invoke(t, "r", `{"schedule":"price","dueAt":"2026-11-24T08:30:00Z"}`); err != nil {
			t.Fatal(err)
		}
	}
	want := []schedule.Tick{{Check: "price", DueAt: time.Date(2026, 11, 24, 8, 30, 0, 0, time.UTC)}}
	if diff := cmp.Diff(want, seen); diff != "" {
		t.Error(diff)
	}
}

func TestHandlerHasTimeLeftToEnd(t *testing.T) {
	t.Parallel()
	for budget, margin := range map[time.Duration]time.Duration{time.Minute: time.Second, 2 * time.Second: 200 * time.Millisecond} {
		var got time.Time
		f := newFunction(t, consumer.On(func(ctx context.Context, _ events.Event[events.IntegrationSyncCompleted]) error {
			got, _ = ctx.Deadline()
			return nil
		}))
		end := time.Now().Add(budget + time.Hour)
		ctx, cancel := context.WithDeadline(t.Context(), end)
		defer cancel()
		// The function's clock stands where the whole budget is left.
		f.Now = func() time.Time { return end.Add(-budget) }
		if _, err := f.Invoke(ctx, []byte(synced())); err != nil {
			t.Fatal(err)
		}
		if left := end.Sub(got); left != margin {
			t.Errorf("of %s, %s are left for ending, want %s", budget, left, margin)
		}
	}
}

func FuzzInvoke(f *testing.F) {
	f.Add(synced())
	f.Add(`{"schedule":"price","dueAt":"2026-11-24T08:30:00Z"}`)
	f.Add(`{"detail-type":null,"detail":{"metadata":[]}}`)
	function := newFunction(f,
		consumer.On(func(context.Context, events.Event[events.IntegrationSyncCompleted]) error { return nil }),
		consumer.OnSchedule("price", func(context.Context, schedule.Tick) error { return nil }))
	f.Fuzz(func(t *testing.T, payload string) {
		function.metrics.Reset()
		function.logs.TakeAll()
		err := function.invoke(t, "r", payload)
		var permanent *consumer.PermanentError
		if err != nil && !errors.As(err, &permanent) {
			t.Errorf("error %v (%T)", err, err)
		}
	})
}
