package deadletter_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/google/go-cmp/cmp"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/awsapi"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/deadletter"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/iam"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/queue"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/store"
)

const queueName = "failures"

// world is a queue of the local cloud, and a function.
type world struct {
	t      *testing.T
	client *sqs.Client
	queues *queue.Queues
	queue  *deadletter.Queue

	invoked []string                                                // events that the function has got, by their numbers
	answer  func(*lambda.InvokeInput) (*lambda.InvokeOutput, error) // of the function; nil succeeds
}

func newWorld(t *testing.T) *world {
	t.Helper()
	memory, err := store.OpenMemory()
	if err != nil {
		t.Fatal(err)
	}
	queues, err := queue.New(queue.Config{Space: memory.Space("sqs")})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(queues.Handler())
	t.Cleanup(func() {
		server.Close()
		if err := errors.Join(queues.Close(context.Background()), memory.Close()); err != nil {
			t.Error(err)
		}
	})
	w := &world{t: t, queues: queues, client: sqs.New(sqs.Options{
		Region: awsapi.Region, BaseEndpoint: aws.String(server.URL), Retryer: aws.NopRetryer{},
		Credentials: credentials.NewStaticCredentialsProvider("key", "secret", ""),
	})}
	if err := queues.Declare(queueName, nil); err != nil {
		t.Fatal(err)
	}
	if w.queue, err = deadletter.Open(t.Context(), w.client, queueName, 0); err != nil {
		t.Fatal(err)
	}
	return w
}

func (w *world) send(body string) {
	w.t.Helper()
	if err := w.queues.Send(w.t.Context(), iam.Caller{}, awsapi.ARN("sqs", queueName), queue.Message{Body: body}); err != nil {
		w.t.Fatal(err)
	}
}

// fail sends records of failures on the events 0, 1, 2 and so on.
func (w *world) fail(number int) {
	w.t.Helper()
	for i := range number {
		w.send(strings.Replace(record("RetriesExhausted", "3", `,"responsePayload":{"errorMessage":"x","errorType":"PermanentError"}`),
			event, fmt.Sprint(i), 1))
	}
}

func (w *world) Invoke(_ context.Context, input *lambda.InvokeInput, _ ...func(*lambda.Options)) (*lambda.InvokeOutput, error) {
	w.invoked = append(w.invoked, string(input.Payload))
	if w.answer == nil {
		return &lambda.InvokeOutput{}, nil
	}
	return w.answer(input)
}

func (w *world) look() []deadletter.Message {
	w.t.Helper()
	found, err := w.queue.Look(w.t.Context(), 1000)
	if err != nil {
		w.t.Fatal(err)
	}
	return found
}

func idsOf(messages []deadletter.Message) map[string]bool {
	ids := map[string]bool{}
	for _, message := range messages {
		ids[message.ID] = true
	}
	return ids
}

// wantLeft checks which events are in the queue, all of them to be seen.
func (w *world) wantLeft(want ...string) {
	w.t.Helper()
	var left []string
	for _, message := range w.look() {
		left = append(left, string(message.Event))
	}
	slices.Sort(left)
	if diff := cmp.Diff(want, left); diff != "" {
		w.t.Errorf("left in the queue: %s", diff)
	}
	if hidden, err := w.queue.Hidden(w.t.Context()); err != nil || hidden != 0 {
		w.t.Errorf("%d messages are hidden, error %v", hidden, err)
	}
}

func TestLookingLeavesEverythingAsItWas(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.fail(25)
	for range 2 {
		if found := idsOf(w.look()); len(found) != 25 {
			t.Errorf("saw %d messages, want 25", len(found))
		}
	}
	some, err := w.queue.Look(t.Context(), 7)
	if err != nil || len(some) != 7 {
		t.Errorf("saw %d messages, want 7, error %v", len(some), err)
	}
	if hidden, err := w.queue.Hidden(t.Context()); err != nil || hidden != 0 {
		t.Errorf("%d messages are hidden, error %v", hidden, err)
	}
}

func TestUnknownQueueIsNamed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	if _, err := deadletter.Open(t.Context(), w.client, "none", 0); err == nil || !strings.Contains(err.Error(), "find the queue none") {
		t.Errorf("error %v", err)
	}
}

func (w *world) redrive(wanted map[string]bool) (outcomes map[string]string) {
	w.t.Helper()
	outcomes = map[string]string{}
	err := w.queue.Redrive(w.t.Context(), w, wanted, 0, func(o deadletter.Outcome) { outcomes[string(o.Message.Event)] = fmt.Sprint(o.Err) })
	if err != nil {
		w.t.Fatal(err)
	}
	return outcomes
}

func TestRedriveDeletesWhatTheFunctionHasDone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.fail(5)
	w.send("foreign")
	w.answer = func(input *lambda.InvokeInput) (*lambda.InvokeOutput, error) {
		if *input.FunctionName != functionARN+":$LATEST" || input.InvocationType != types.InvocationTypeRequestResponse {
			t.Errorf("invoked %s, %s", *input.FunctionName, input.InvocationType)
		}
		switch string(input.Payload) {
		case "1":
			return &lambda.InvokeOutput{FunctionError: aws.String("Unhandled"), Payload: []byte(`{"errorType":"TransientError","errorMessage":"not\nyet"}`)}, nil
		case "2":
			return nil, errors.New("throttled")
		case "3":
			return &lambda.InvokeOutput{FunctionError: aws.String("Unhandled"), Payload: []byte(`oh`)}, nil
		}
		return &lambda.InvokeOutput{Payload: []byte("null")}, nil
	}
	want := map[string]string{
		"0": "<nil>", "1": "TransientError: not yet", "2": "invoke price: throttled", "3": "Unhandled: oh", "4": "<nil>", "foreign": "it names no function",
	}
	if diff := cmp.Diff(want, w.redrive(idsOf(w.look()))); diff != "" {
		t.Error(diff)
	}
	w.wantLeft("1", "2", "3", "foreign")
	if len(w.invoked) != 5 {
		t.Errorf("invoked with %v", w.invoked)
	}
}

func TestRedriveTakesOnlyWhatIsWanted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.fail(30)
	wanted := map[string]bool{}
	for _, message := range w.look() {
		if len(message.Event) == 1 { // 0 to 9
			wanted[message.ID] = true
		}
	}
	wanted["gone meanwhile"] = true
	if done := w.redrive(wanted); len(done) != 10 || len(w.invoked) != 10 {
		t.Errorf("drove back %v, invoked with %v", done, w.invoked)
	}
	if left := w.look(); len(left) != 20 {
		t.Errorf("%d messages are left, want 20", len(left))
	}
}

func TestInterruptedRedriveGivesBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.fail(3)
	wanted := idsOf(w.look())
	ctx, cancel := context.WithCancel(t.Context())
	w.answer = func(*lambda.InvokeInput) (*lambda.InvokeOutput, error) {
		cancel()
		return nil, ctx.Err()
	}
	if err := w.queue.Redrive(ctx, w, wanted, 0, func(deadletter.Outcome) {}); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	w.wantLeft("0", "1", "2")
}

func TestRedriveGoesAtARate(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.fail(3)
	ctx, cancel := context.WithCancel(t.Context())
	var told atomic.Int32
	const almostNever = 1e-6 // a second one comes after eleven days
	err := w.queue.Redrive(ctx, w, idsOf(w.look()), almostNever, func(deadletter.Outcome) { told.Add(1); cancel() })
	if !errors.Is(err, context.Canceled) || told.Load() != 1 {
		t.Errorf("told of %d, error %v", told.Load(), err)
	}
	if left := w.look(); len(left) != 2 {
		t.Errorf("%d messages are left, want the 2 that had no time", len(left))
	}
}

func TestPurgeDeletesWhatIsWanted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.fail(3)
	w.send("foreign")
	wanted := map[string]bool{}
	for _, message := range w.look() {
		if message.From == deadletter.Foreign {
			wanted[message.ID] = true
		}
	}
	var purged []string
	if err := w.queue.Purge(t.Context(), wanted, func(o deadletter.Outcome) { purged = append(purged, string(o.Message.Event)) }); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"foreign"}, purged); diff != "" {
		t.Error(diff)
	}
	w.wantLeft("0", "1", "2")
}

func TestGroups(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.fail(3)
	w.send("foreign")
	groups := deadletter.GroupOf(w.look())
	if len(groups) != 2 {
		t.Fatalf("groups %+v", groups)
	}
	first, second := groups[0], groups[1]
	if first.Reason != "PermanentError" || first.Function != "price" || first.Messages != 3 || string(first.Example.Event) != "2" ||
		first.Newest.Before(first.Oldest) || first.Queue != queueName {
		t.Errorf("first group %+v", first)
	}
	if second.Reason != deadletter.NotUnderstood || second.Function != "" || second.Messages != 1 {
		t.Errorf("second group %+v", second)
	}
}

// unreachable is a client of a queue that deletes nothing.
type unreachable struct {
	*sqs.Client
}

func (unreachable) DeleteMessage(context.Context, *sqs.DeleteMessageInput, ...func(*sqs.Options)) (*sqs.DeleteMessageOutput, error) {
	return nil, errors.New("no connection")
}

func TestRedriveTellsOfWhatCouldNotBeDeleted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.fail(2)
	queue, err := deadletter.Open(t.Context(), unreachable{w.client}, queueName, 0)
	if err != nil {
		t.Fatal(err)
	}
	var told []error
	err = queue.Redrive(t.Context(), w, idsOf(w.look()), 0, func(o deadletter.Outcome) { told = append(told, o.Err) })
	if err == nil || len(told) != 1 || told[0] == nil || !strings.Contains(told[0].Error(), "no connection") {
		t.Errorf("told of %v, error %v", told, err)
	}
	w.wantLeft("0", "1")
}

func TestRateOutOfBounds(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, rate := range []float64{-1, 1e-7, 1e7, math.NaN(), math.Inf(1)} {
		if err := w.queue.Redrive(t.Context(), w, nil, rate, nil); err == nil {
			t.Errorf("%g messages a second are taken", rate)
		}
	}
}

// forgetful is a client of a queue that shows the same ten messages once more before each new batch.
type forgetful struct {
	*sqs.Client
	first *sqs.ReceiveMessageOutput
	again bool
}

func (f *forgetful) ReceiveMessage(ctx context.Context, input *sqs.ReceiveMessageInput, options ...func(*sqs.Options)) (*sqs.ReceiveMessageOutput, error) {
	if f.again = !f.again; !f.again {
		return f.first, nil
	}
	answer, err := f.Client.ReceiveMessage(ctx, input, options...)
	if f.first == nil {
		f.first = answer
	}
	return answer, err
}

func TestMessagesThatComeAgainEndNoRedrive(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.fail(30)
	wanted := idsOf(w.look())
	queue, err := deadletter.Open(t.Context(), &forgetful{Client: w.client}, queueName, 0)
	if err != nil {
		t.Fatal(err)
	}
	told := 0
	if err := queue.Redrive(t.Context(), w, wanted, 0, func(deadletter.Outcome) { told++ }); err != nil {
		t.Fatal(err)
	}
	if told != 30 || len(w.invoked) != 30 {
		t.Errorf("told of %d, invoked with %v", told, w.invoked)
	}
	w.wantLeft()
}
