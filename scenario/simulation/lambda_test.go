package simulation_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"runtime/debug"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/aws/aws-lambda-go/lambdacontext"

	"github.com/bayon-coagent/event-consumers/internal/consumer"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/awsapi"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/iam"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/queue"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/template"
)

// lambda invokes functions asynchronously, as AWS Lambda does: at least once, in no order, twice more after a failure, and
// then hands the event to the failure queue. The bubble's clock is its only queue: each invocation that is to come is a timer.
//
// It is not the local cloud's own Lambda, whose functions are processes that speak to it over sockets.
type lambda struct {
	w         *world
	functions map[string]*function // by ARN
	requests  atomic.Uint64
	inFlight  atomic.Int64

	invocations, failures, crashes, duplicates, handedOver atomic.Int64
}

type function struct {
	template.Function
	consumer *consumer.Consumer
}

func newLambda(w *world) *lambda { return &lambda{w: w, functions: map[string]*function{}} }

func (l *lambda) create(described template.Function, consumer *consumer.Consumer) {
	l.functions[described.ARN] = &function{described, consumer}
}

// subject is what a payload is about.
type subject struct {
	ID         string `json:"id"`
	DetailType string `json:"detail-type"`
	Replay     string `json:"replay-name"`
	Schedule   string `json:"schedule"`
	DueAt      string `json:"dueAt"`
	Detail     struct {
		UserID   string `json:"userId"`
		Metadata struct {
			EventKey string `json:"eventKey"`
		} `json:"metadata"`
	} `json:"detail"`
}

// chance is a source of chance that follows from the seed and from what it is for.
func (w *world) chance(parts ...any) *rand.Rand {
	hash := fnv.New64a()
	fmt.Fprint(hash, parts...)
	return rand.New(rand.NewPCG(w.seed, hash.Sum64()))
}

// InvokeAsync implements the Lambda of the bus.
func (l *lambda) InvokeAsync(_ context.Context, _ iam.Caller, functionARN string, payload []byte, _ string) (string, error) {
	f, known := l.functions[strings.TrimSuffix(functionARN, ":live")]
	if !known {
		return "", awsapi.Errorf("ResourceNotFoundException", "Function not found: %s", functionARN)
	}
	var about subject
	var otherShape *json.UnmarshalTypeError // which is the function's to refuse
	if err := json.Unmarshal(payload, &about); err != nil && !errors.As(err, &otherShape) {
		return "", awsapi.Errorf("InvalidRequestContentException", "%v", err)
	}
	identity := about.Detail.Metadata.EventKey
	if identity == "" {
		identity = about.Schedule + about.DueAt
	}
	chance := l.w.chance(f.Name, identity, about.Replay, time.Now().UnixNano())
	copies := 1
	if chance.Float64() < l.w.weather().duplicate {
		copies = 2
		l.duplicates.Add(1)
	}
	id := ""
	for range copies {
		job := &asynchronous{
			lambda: l, function: f, payload: payload, about: about, identity: identity, chance: rand.New(rand.NewPCG(chance.Uint64(), 1)),
			requestID: fmt.Sprintf("request-%d", l.requests.Add(1)), accepted: time.Now(),
		}
		id = job.requestID
		l.inFlight.Add(1)
		job.after(time.Duration(chance.Int64N(int64(2 * time.Second))))
	}
	return id, nil
}

// asynchronous is an event that a function is to handle.
type asynchronous struct {
	*lambda

	function  *function
	payload   []byte
	about     subject
	requestID string
	accepted  time.Time
	identity  string // of what the event tells; empty if nobody can say
	attempts  int
	chance    *rand.Rand
}

// what is what the function is to do, by however many deliveries it is asked for that.
func (a *asynchronous) what() string {
	return nameOf(a.function.Name, a.identity, a.about.Replay)
}

func (a *asynchronous) after(wait time.Duration) {
	time.AfterFunc(wait, a.attempt)
}

// pause is how long Lambda waits after a failed attempt.
//
// https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
func pause(failures int) time.Duration { return time.Duration(failures) * time.Minute }

func (a *asynchronous) attempt() {
	a.attempts++
	a.invocations.Add(1)
	err := a.run()
	if err == nil {
		if a.identity != "" {
			a.w.ledger.handled(a.what())
		}
		a.inFlight.Add(-1)
		return
	}
	a.failures.Add(1)
	policy := a.function.Async.Retry
	if wait := pause(a.attempts); a.attempts <= policy.MaximumRetryAttempts && time.Since(a.accepted)+wait <= policy.MaximumEventAge {
		a.after(wait)
		return
	}
	a.giveUp(err)
	a.inFlight.Add(-1)
}

var errCrashed = errors.New("RequestId: Error: Runtime exited with error: signal: killed")

// run makes one attempt. It ends when the function answers, dies, or uses up its time; whatever of it still runs then can
// reach nothing any more.
func (a *asynchronous) run() error {
	by := &invocation{
		lambda: a.lambda, userID: a.about.Detail.UserID, chance: rand.New(rand.NewPCG(a.chance.Uint64(), 2)), died: make(chan struct{}),
		again: a.identity != "" && a.w.ledger.isHandled(a.what()),
	}
	by.plan(a.w.weather())
	ctx, cancel := context.WithTimeout(context.Background(), a.function.Timeout)
	defer cancel()
	by.cancel = cancel
	ctx = context.WithValue(ctx, invocationKey{}, by)
	ctx = lambdacontext.NewContext(ctx, &lambdacontext.LambdaContext{AwsRequestID: a.requestID, InvokedFunctionArn: a.function.ARN})
	answered := make(chan error, 1)
	go func() {
		defer func() {
			if reason := recover(); reason != nil {
				a.w.ledger.complain("%s panicked: %v\n%s", a.function.Name, reason, debug.Stack())
				answered <- fmt.Errorf("panic: %v", reason)
			}
		}()
		_, err := a.function.consumer.Invoke(ctx, a.payload)
		answered <- err
	}()
	timeout := time.NewTimer(a.function.Timeout)
	defer timeout.Stop()
	select {
	case err := <-answered:
		if by.gone() {
			return errCrashed
		}
		return err
	case <-by.died:
		a.crashes.Add(1)
		return errCrashed
	case <-timeout.C:
		by.die()
		return fmt.Errorf("Task timed out after %v", a.function.Timeout)
	}
}

// giveUp hands the event to the function's failure queue, with its reason.
//
// https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
func (a *asynchronous) giveUp(reason error) {
	a.handedOver.Add(1)
	record, err := json.Marshal(map[string]any{
		"version": "1.0", "timestamp": iso(time.Now()),
		"requestContext": map[string]any{
			"requestId": a.requestID, "functionArn": a.function.ARN + ":$LATEST", "condition": "RetriesExhausted",
			"approximateInvokeCount": a.attempts,
		},
		"requestPayload":  json.RawMessage(a.payload),
		"responseContext": map[string]any{"statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled"},
		"responsePayload": map[string]string{"errorType": fmt.Sprintf("%T", reason), "errorMessage": reason.Error()},
	})
	if err == nil {
		caller := iam.Caller{Service: iam.Lambda, SourceARN: a.function.ARN}
		err = a.w.queues.Send(context.Background(), caller, a.function.Async.OnFailureARN, queue.Message{Body: string(record)})
	}
	if err != nil {
		a.w.ledger.complain("an event of %s is lost: %v", a.function.Name, err)
	}
	a.w.ledger.giveUp(a, reason)
}

// fate is what happens to one call of the outside.
type fate int

const (
	goesWell        fate = iota
	isThrottled          // refused as one too many
	isRefused            // refused with a fault of the service's own
	isNotHeard           // the connection breaks before anything happens
	isCutAfterwards      // the effect is made, and the answer lost
	dies                 // the process ends before the effect
	diesAfterwards       // the process ends right after the effect
)

// weather says how likely things go wrong.
type weather struct {
	duplicate, crash, outage          float64    // of deliveries, of invocations, and of these again
	throttled, refused, unheard, lost [6]float64 // of calls, by service
}

func (w *world) weather() weather {
	if w.ledger.calm {
		return weather{}
	}
	return weather{
		duplicate: 0.05, crash: 0.1, outage: 0.12,
		throttled: [6]float64{database: 0.01, eventBridge: 0.01, mailService: 0.04, socialNetwork: 0.01, secretStore: 0.02},
		refused:   [6]float64{database: 0.002, eventBridge: 0.005, mailService: 0.03, socialNetwork: 0.02},
		unheard:   [6]float64{database: 0.002, eventBridge: 0.002, mailService: 0.01, socialNetwork: 0.005},
		lost:      [6]float64{database: 0.003, eventBridge: 0.005, mailService: 0.01, socialNetwork: 0.04},
	}
}

// invocation is one run of a function.
type invocation struct {
	*lambda

	userID string
	again  bool // it has been handled before
	cancel context.CancelFunc
	died   chan struct{}

	mu      sync.Mutex
	chance  *rand.Rand
	weather weather
	calls   int
	crashAt int              // the call that it does not survive; 0 for none
	away    map[service]bool // what is out of order all the time
	dead    bool
}

// plan decides whether and where the process is to die, before or after any of its calls, and whether something is away.
func (i *invocation) plan(weather weather) {
	i.weather = weather
	if i.chance.Float64() < weather.crash {
		const most = 14
		i.crashAt = 1 + i.chance.IntN(most)
	}
	if i.chance.Float64() < weather.outage {
		i.away = map[service]bool{[...]service{database, eventBridge, eventBridge, mailService, socialNetwork}[i.chance.IntN(5)]: true}
	}
}

// next decides what happens to the next call, and how long it takes. No two calls take equally long, so that what overlaps
// does so in the same way again.
func (i *invocation) next(asked service) (fate, time.Duration) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.calls++
	const shortest, longest = time.Millisecond, 20 * time.Millisecond
	takes := shortest + time.Duration(i.chance.Int64N(int64(longest)))
	dice := i.chance.Float64()
	if i.calls == i.crashAt {
		if dice < 0.5 {
			return dies, takes
		}
		return diesAfterwards, takes
	}
	if i.away[asked] {
		return isRefused, takes
	}
	for _, possible := range []struct {
		what  fate
		share float64
	}{
		{isThrottled, i.weather.throttled[asked]}, {isRefused, i.weather.refused[asked]},
		{isNotHeard, i.weather.unheard[asked]}, {isCutAfterwards, i.weather.lost[asked]},
	} {
		if dice < possible.share {
			return possible.what, takes
		}
		dice -= possible.share
	}
	return goesWell, takes
}

func (i *invocation) die() {
	i.mu.Lock()
	defer i.mu.Unlock()
	if !i.dead {
		i.dead = true
		close(i.died)
		i.cancel()
	}
}

func (i *invocation) gone() bool {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.dead
}

func iso(at time.Time) string { return at.UTC().Format("2006-01-02T15:04:05.000Z") }
