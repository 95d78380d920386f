package lambdahost

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/activity"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/awsapi"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/iam"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/queue"
)

// record is what a destination gets of an event that was given up or done.
//
// https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html#invocation-async-destinations
type record struct {
	Version         string           `json:"version"`
	Timestamp       string           `json:"timestamp"`
	RequestContext  requestContext   `json:"requestContext"`
	RequestPayload  json.RawMessage  `json:"requestPayload"`
	ResponseContext *responseContext `json:"responseContext,omitempty"` // nil if the function was not asked last
	ResponsePayload json.RawMessage  `json:"responsePayload,omitempty"`
}

type requestContext struct {
	RequestID              string    `json:"requestId"`
	FunctionARN            string    `json:"functionArn"`
	Condition              condition `json:"condition"`
	ApproximateInvokeCount int       `json:"approximateInvokeCount"`
}

type responseContext struct {
	StatusCode      int    `json:"statusCode"`
	ExecutedVersion string `json:"executedVersion"`
	FunctionError   string `json:"functionError,omitempty"`
}

func (f Function) newRecord(e *event, why condition, last *Result, now time.Time) record {
	made := record{
		Version:   "1.0",
		Timestamp: now.UTC().Format("2006-01-02T15:04:05.000Z"),
		RequestContext: requestContext{
			RequestID: e.RequestID, FunctionARN: f.ARN() + ":" + e.qualifier(), Condition: why, ApproximateInvokeCount: e.Failures,
		},
		RequestPayload: e.payload,
	}
	if why == success {
		made.RequestContext.ApproximateInvokeCount++
	}
	if last != nil {
		made.ResponseContext = &responseContext{StatusCode: 200, ExecutedVersion: latest, FunctionError: last.FunctionError}
		made.ResponsePayload = jsonOf(last.Payload)
	}
	return made
}

// jsonOf is a text as it is if it is JSON, else as a JSON string.
func jsonOf(text []byte) json.RawMessage {
	if json.Valid(text) {
		return text
	}
	quoted, err := json.Marshal(string(text))
	if err != nil {
		return json.RawMessage("null")
	}
	return quoted
}

// handOver hands an event to the destination for how it ended, given the result of its last attempt if it has just been
// made. The event stays in the store until the destination has taken it. The caller holds b.mu.
func (b *backlog) handOver(e *event, why condition, last *Result) {
	b.handingOver++
	b.handOvers.Go(func() {
		gone := b.bring(e, why, last)
		b.mu.Lock()
		defer b.mu.Unlock()
		if gone {
			b.remove(e)
		}
		b.handingOver--
		b.deliver()
	})
}

// bring returns when the destination has taken an event or will never do so. It returns false when the host ends before
// that. What the function's destination is, and what it may do, can change meanwhile.
func (b *backlog) bring(e *event, why condition, last *Result) bool {
	const firstPause, longestPause = 100 * time.Millisecond, 10 * time.Second
	for pause := firstPause; ; pause = min(2*pause, longestPause) {
		f := b.current()
		destination := f.settings.Load().asyncRules(e).destination(why)
		var err error
		if destination != "" {
			err = f.send(e, why, last, destination)
		}
		var refusal *awsapi.Error
		if err == nil || errors.As(err, &refusal) {
			f.recordHandOver(e, why, last, destination, refusal)
			return true
		}
		select {
		case <-time.After(pause):
		case <-b.host.stopped.Done():
			return false
		}
	}
}

// current is the function whose turn it is.
func (b *backlog) current() *function {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.function
}

// destination is the ARN of the queue that is told of how an event ended; empty for none.
func (r asyncRules) destination(why condition) string {
	if why == success {
		return r.OnSuccess
	}
	return r.OnFailure
}

// recordHandOver takes note of what has become of an event: a destination has it, has refused it, or there is none.
func (f *function) recordHandOver(e *event, why condition, last *Result, destination string, refusal *awsapi.Error) {
	name := destination[strings.LastIndexByte(destination, ':')+1:]
	reason := string(why)
	if last != nil && last.Failed() {
		reason += ": " + last.Summary()
	}
	switch {
	case why == success && refusal == nil:
	case why == success:
		f.recordEnd(activity.Warned, e, name, fmt.Sprintf("the on-success queue refused what it was told: %v", refusal))
	case refusal != nil:
		f.recordEnd(activity.Lost, e, name, fmt.Sprintf("%s (the on-failure queue refused it: %v)", reason, refusal))
	case destination == "":
		f.recordEnd(activity.Lost, e, "", reason+" (the function has no on-failure queue)")
	default:
		f.recordEnd(activity.DeadLettered, e, name, reason)
	}
}

func (f *function) send(e *event, why condition, last *Result, destination string) error {
	body, err := json.Marshal(f.newRecord(e, why, last, time.Now()))
	if err != nil {
		return fmt.Errorf("encode what a destination is told: %w", err)
	}
	if f.host.config.Queues == nil {
		return awsapi.Errorf("ServiceException", "there are no queues")
	}
	caller := iam.Caller{Service: iam.Lambda, SourceARN: f.ARN(), Role: f.Identity}
	message := queue.Message{Body: string(body), TraceHeader: e.TraceHeader}
	return f.host.config.Queues.Send(f.host.stopped, caller, destination, message)
}
