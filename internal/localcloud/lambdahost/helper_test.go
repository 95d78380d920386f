package lambdahost_test

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/activity"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/awsapi"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/iam"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/lambdahost"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/queue"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/store"
)

// newHost opens a host on an empty store in memory.
func newHost(t testing.TB, config lambdahost.Config) *lambdahost.Host {
	t.Helper()
	return newHostOn(t, newMemory(t), config)
}

// newMemory opens an empty store in memory.
func newMemory(t testing.TB) *store.Store {
	t.Helper()
	memory, err := store.OpenMemory()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := memory.Close(); err != nil {
			t.Error(err)
		}
	})
	return memory
}

func newHostOn(t testing.TB, opened *store.Store, config lambdahost.Config) *lambdahost.Host {
	t.Helper()
	config.Space = opened.Space("lambda")
	host, err := lambdahost.New(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closeHost(t, host) })
	return host
}

// closeHost kills what still runs.
func closeHost(t testing.TB, host *lambdahost.Host) {
	t.Helper()
	now, cancel := context.WithCancel(context.Background())
	cancel()
	if err := host.Close(now); err != nil {
		t.Error(err)
	}
}

// function is a definition whose bootstrap is the test binary.
func function(name string, environment map[string]string) lambdahost.Function {
	return lambdahost.Function{
		Name: name, Bootstrap: os.Args[0], Environment: environment,
		Timeout: time.Minute, MemoryMB: 256, MaxRetries: 2, OnFailure: failuresARN,
	}
}

var failuresARN = awsapi.ARN("sqs", "failures")

func echo(name string) lambdahost.Function {
	return function(name, map[string]string{bootstrapVariable: "echo"})
}

func arn(name string) string { return awsapi.ARN("lambda", "function:"+name) }

func create(t testing.TB, host *lambdahost.Host, functions ...lambdahost.Function) {
	t.Helper()
	for _, definition := range functions {
		if err := host.Create(definition); err != nil {
			t.Fatal(err)
		}
	}
}

func invoke(t testing.TB, host *lambdahost.Host, name, payload string) lambdahost.Result {
	t.Helper()
	result, err := host.Invoke(t.Context(), iam.Caller{}, lambdahost.Request{Function: name, Payload: []byte(payload), Tail: true})
	if err != nil {
		t.Fatal(err)
	}
	return result
}

func invokeAsync(t testing.TB, host *lambdahost.Host, name, payload string) (requestID string) {
	t.Helper()
	requestID, err := host.InvokeAsync(t.Context(), iam.Caller{}, arn(name), []byte(payload), "")
	if err != nil {
		t.Fatal(err)
	}
	return requestID
}

// outcome is what a failed result says.
type outcome struct{ ErrorType, ErrorMessage string }

func outcomeOf(t testing.TB, result lambdahost.Result) outcome {
	t.Helper()
	var read outcome
	if err := json.Unmarshal(result.Payload, &read); err != nil {
		t.Fatalf("payload %s: %v", result.Payload, err)
	}
	if result.FunctionError != "Unhandled" {
		t.Errorf("FunctionError = %q, want Unhandled", result.FunctionError)
	}
	return read
}

// diary keeps what happens, and lets a test wait for it.
type diary struct {
	mu      sync.Mutex
	entries []activity.Activity
	numbers map[activity.Kind]int
	changed chan struct{}
}

func newDiary() *diary { return &diary{numbers: map[activity.Kind]int{}, changed: make(chan struct{})} }

func (d *diary) Record(entry activity.Activity) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.entries = append(d.entries, entry)
	d.numbers[entry.Kind]++
	close(d.changed)
	d.changed = make(chan struct{})
}

// of returns the entries of some kinds, once there are as many.
func (d *diary) of(t testing.TB, number int, kinds ...activity.Kind) []activity.Activity {
	t.Helper()
	late := time.After(20 * time.Second)
	for {
		d.mu.Lock()
		found, changed := 0, d.changed
		for _, kind := range kinds {
			found += d.numbers[kind]
		}
		d.mu.Unlock()
		if found >= number {
			return d.list(kinds)
		}
		select {
		case <-changed:
		case <-late:
			t.Fatalf("%d activities %v, want %d", found, kinds, number)
		}
	}
}

func (d *diary) list(kinds []activity.Kind) []activity.Activity {
	d.mu.Lock()
	defer d.mu.Unlock()
	others := func(entry activity.Activity) bool { return !slices.Contains(kinds, entry.Kind) }
	return slices.DeleteFunc(slices.Clone(d.entries), others)
}

// failures is an on-failure queue.
type failures struct {
	err      func() error // of the next Send; nil for none ever
	messages chan sentMessage
}

type sentMessage struct {
	caller  iam.Caller
	queue   string
	message queue.Message
}

func newFailures() *failures { return &failures{messages: make(chan sentMessage, 100_000)} }

func (f *failures) Send(_ context.Context, caller iam.Caller, queueARN string, message queue.Message) error {
	if f.err != nil {
		if err := f.err(); err != nil {
			return err
		}
	}
	f.messages <- sentMessage{caller, queueARN, message}
	return nil
}

func (*failures) Has(queueARN string) bool { return queueARN == failuresARN }

func (f *failures) next(t testing.TB) sentMessage {
	t.Helper()
	select {
	case sent := <-f.messages:
		return sent
	case <-time.After(20 * time.Second):
		t.Fatal("nothing was sent to the on-failure queue")
		return sentMessage{}
	}
}

// record is a message of the on-failure queue.
type record struct {
	Version, Timestamp string
	RequestContext     struct {
		RequestID, FunctionARN, Condition string
		ApproximateInvokeCount            int
	}
	RequestPayload  json.RawMessage
	ResponseContext *struct {
		StatusCode                     int
		ExecutedVersion, FunctionError string
	}
	ResponsePayload *outcome
}

func (s sentMessage) record(t testing.TB) record {
	t.Helper()
	var read record
	if err := json.Unmarshal([]byte(s.message.Body), &read); err != nil {
		t.Fatal(err)
	}
	return read
}

// atOnce is a Scale that does not let anybody wait.
func atOnce(time.Duration) time.Duration { return 0 }

// running tells whether there is a process of this number.
func running(process int) bool { return !errors.Is(syscall.Kill(process, 0), syscall.ESRCH) }

// awaitEnd waits for the end of a process.
func awaitEnd(t testing.TB, process int) {
	t.Helper()
	for late := time.Now().Add(20 * time.Second); running(process); time.Sleep(time.Millisecond) {
		if time.Now().After(late) {
			t.Fatalf("the process %d still runs", process)
		}
	}
}

// hostForEver is a host of the directed function "work" until it is killed.
func hostForEver(dir, directorAddress string) {
	disk, err := store.Open(dir)
	if err != nil {
		panic(err)
	}
	host, err := lambdahost.New(lambdahost.Config{Space: disk.Space("lambda"), Scale: atOnce, Lazy: true})
	if err != nil {
		panic(err)
	}
	definition := function("work", map[string]string{bootstrapVariable: "directed", directorVariable: directorAddress})
	definition.OnFailure = ""
	if err := host.Create(definition); err != nil {
		panic(err)
	}
	for _, payload := range []string{`"first"`, `"second"`} {
		if _, err := host.InvokeAsync(context.Background(), iam.Caller{}, arn("work"), []byte(payload), ""); err != nil {
			panic(err)
		}
	}
	select {}
}
