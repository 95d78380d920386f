package bus_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/activity"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/awsapi"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/bus"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/iam"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/queue"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/store"
)

const (
	queueARN      = "arn:aws:sqs:us-east-1:123456789012:watch"
	deadLetterARN = "arn:aws:sqs:us-east-1:123456789012:dead"
	functionARN   = "arn:aws:lambda:us-east-1:123456789012:function:price"
)

// sent is a call of a target that it took.
type sent struct {
	Caller     iam.Caller
	ARN        string
	Body       string
	Attributes map[string]queue.Attribute
	Trace      string
}

// targets are Lambda and SQS in one. They take everything unless answer, which is called without a lock, says otherwise.
type targets struct {
	answer func(arn, body string) error

	mu   sync.Mutex
	took []sent
}

func (f *targets) take(call sent) error {
	if f.answer != nil {
		if err := f.answer(call.ARN, call.Body); err != nil {
			return err
		}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.took = append(f.took, call)
	return nil
}

func (f *targets) InvokeAsync(_ context.Context, caller iam.Caller, arn string, payload []byte, trace string) (string, error) {
	return "request", f.take(sent{Caller: caller, ARN: arn, Body: string(payload), Trace: trace})
}

func (f *targets) Send(_ context.Context, caller iam.Caller, arn string, message queue.Message) error {
	return f.take(sent{caller, arn, message.Body, message.Attributes, message.TraceHeader})
}

// SendBatch takes all messages or none.
func (f *targets) SendBatch(_ context.Context, caller iam.Caller, arn string, messages []queue.Message) error {
	if f.answer != nil {
		for _, message := range messages {
			if err := f.answer(arn, message.Body); err != nil {
				return err
			}
		}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, message := range messages {
		f.took = append(f.took, sent{caller, arn, message.Body, message.Attributes, message.TraceHeader})
	}
	return nil
}

// at returns what a target took.
func (f *targets) at(arn string) []sent {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(f.took), func(call sent) bool { return call.ARN != arn })
}

// notes is a recorder that remembers everything.
type notes struct {
	mu   sync.Mutex
	list []activity.Activity
}

func (n *notes) Record(happened activity.Activity) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.list = append(n.list, happened)
}

// of returns the activities of some kinds, or all.
func (n *notes) of(kinds ...activity.Kind) []activity.Activity {
	n.mu.Lock()
	defer n.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(n.list), func(happened activity.Activity) bool {
		return len(kinds) > 0 && !slices.Contains(kinds, happened.Kind)
	})
}

// cloud is a bus with everything around it.
type cloud struct {
	*bus.Bus
	targets *targets
	notes   *notes
	state   *store.Space
}

func memory(t testing.TB) *store.Space {
	t.Helper()
	state, err := store.OpenMemory()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := state.Close(); err != nil {
			t.Error(err)
		}
	})
	return state.Space("bus")
}

// open opens the bus of a state, with a bus named b, and starts it.
func open(t testing.TB, state *store.Space, change ...func(*bus.Config)) *cloud {
	t.Helper()
	c := &cloud{targets: &targets{}, notes: &notes{}, state: state}
	config := bus.Config{State: state, Lambda: c.targets, Queues: c.targets, Recorder: c.notes}
	for _, change := range change {
		change(&config)
	}
	opened, err := bus.New(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closeBus(t, opened) })
	if err := opened.CreateBus("b", "", nil); err != nil {
		t.Fatal(err)
	}
	c.Bus = opened
	return c
}

func closeBus(t testing.TB, opened *bus.Bus) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := opened.Close(ctx); err != nil {
		t.Error(err)
	}
}

// rule makes a rule on the bus b that matches everything of the source s, with targets.
func (c *cloud) rule(t testing.TB, name string, targets ...bus.Target) {
	t.Helper()
	if _, err := c.PutRule(bus.Rule{Name: name, Bus: "b", Pattern: `{"source":["s"]}`}); err != nil {
		t.Fatal(err)
	}
	if len(targets) == 0 {
		return
	}
	if err := c.PutTargets(name, "b", targets); err != nil {
		t.Fatal(err)
	}
}

func entry(detail string) bus.Entry {
	return bus.Entry{Bus: "b", Source: "s", DetailType: "T", Detail: detail}
}

// put puts events with details and returns their ids.
func (c *cloud) put(t testing.TB, details ...string) []string {
	t.Helper()
	var ids []string
	for chunk := range slices.Chunk(details, 10) {
		var entries []bus.Entry
		for _, detail := range chunk {
			entries = append(entries, entry(detail))
		}
		results, err := c.PutEvents(entries, bus.Origin{})
		if err != nil {
			t.Fatal(err)
		}
		for _, result := range results {
			if result.ErrorCode != "" {
				t.Fatal(result)
			}
			ids = append(ids, result.EventID)
		}
	}
	return ids
}

// quiet waits until nothing is in flight.
func (c *cloud) quiet(t testing.TB) {
	t.Helper()
	eventually(t, func() bool { return len(c.InFlight()) == 0 })
}

// eventually waits until a condition holds that no signal tells of.
func eventually(t testing.TB, holds func() bool) {
	t.Helper()
	deadline := time.Now().Add(time.Minute)
	for !holds() {
		if time.Now().After(deadline) {
			t.Fatal("it never came to that")
		}
		time.Sleep(time.Millisecond)
	}
}

func refusal(t testing.TB, err error) (code, message string) {
	t.Helper()
	var refused *awsapi.Error
	if !errors.As(err, &refused) {
		t.Fatalf("%v is no refusal", err)
	}
	return refused.Code, refused.Message
}

// call calls an operation of the protocol and returns the status and the decoded answer.
func (c *cloud) call(t testing.TB, operation, body string, headers ...string) (int, map[string]any) {
	t.Helper()
	request := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", strings.NewReader(body))
	request.Header.Set("X-Amz-Target", "AWSEvents."+operation)
	for pair := range slices.Chunk(headers, 2) {
		request.Header.Set(pair[0], pair[1])
	}
	recorder := httptest.NewRecorder()
	c.Handler().ServeHTTP(recorder, request)
	var answer map[string]any
	if err := json.Unmarshal(recorder.Body.Bytes(), &answer); err != nil {
		t.Fatalf("%s: %v", recorder.Body, err)
	}
	return recorder.Code, answer
}

// eventIDs returns the ids of events.
func eventIDs(t testing.TB, calls []sent) []string {
	t.Helper()
	var ids []string
	for _, call := range calls {
		var event struct{ ID string }
		if err := json.Unmarshal([]byte(call.Body), &event); err != nil {
			t.Fatal(err)
		}
		ids = append(ids, event.ID)
	}
	return ids
}
