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

// failureRecord is what the on-failure queue gets.
//
// https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html#invocation-async-destinations
type failureRecord struct {
	Version         string           `json:"version"`
	Timestamp       string           `json:"timestamp"`
	RequestContext  requestContext   `json:"requestContext"`
	RequestPayload  json.RawMessage  `json:"requestPayload"`
	ResponseContext *responseContext `json:"responseContext,omitempty"` // nil if the function did not run last
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
	FunctionError   string `json:"functionError"`
}

func (f Function) newFailureRecord(e *event, why condition, last Result, now time.Time) failureRecord {
	record := failureRecord{
		Version:   "1.0",
		Timestamp: now.UTC().Format("2006-01-02T15:04:05.000Z"),
		RequestContext: requestContext{
			RequestID: e.RequestID, FunctionARN: f.ARN() + ":" + latest, Condition: why, ApproximateInvokeCount: e.Failures,
		},
		RequestPayload: e.payload,
	}
	if last.Failed() {
		record.ResponseContext = &responseContext{StatusCode: 200, ExecutedVersion: latest, FunctionError: last.FunctionError}
		record.ResponsePayload = jsonOf(last.Payload)
	}
	return record
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

// giveUp hands an event to the on-failure queue, given the result of its last attempt if it has just been made. The event
// stays in the store until the queue has taken it. The caller holds b.mu.
func (b *backlog) giveUp(e *event, why condition, last Result) {
	b.givingUp++
	f := b.function
	b.handOvers.Go(func() {
		gone := f.handOver(e, why, last)
		b.mu.Lock()
		defer b.mu.Unlock()
		if gone {
			b.remove(e)
		}
		b.givingUp--
		b.deliver()
	})
}

// handOver returns when the on-failure queue has taken an event or will never do so. It returns false when the host ends
// before that.
func (f *function) handOver(e *event, why condition, last Result) bool {
	reason := string(why)
	if last.Failed() {
		reason += ": " + last.Summary()
	}
	if f.OnFailure == "" {
		f.recordEnd(activity.Lost, e, "", reason+" (the function has no on-failure queue)")
		return true
	}
	name := f.OnFailure[strings.LastIndexByte(f.OnFailure, ':')+1:]
	const firstPause, longestPause = 100 * time.Millisecond, 10 * time.Second
	for pause := firstPause; ; pause = min(2*pause, longestPause) {
		err := f.send(e, why, last)
		var refusal *awsapi.Error
		switch {
		case err == nil:
			f.recordEnd(activity.DeadLettered, e, name, reason)
			return true
		case errors.As(err, &refusal):
			f.recordEnd(activity.Lost, e, name, fmt.Sprintf("%s (the on-failure queue refused it: %v)", reason, refusal))
			return true
		}
		select {
		case <-time.After(pause):
		case <-f.host.stopped.Done():
			return false
		}
	}
}

func (f *function) send(e *event, why condition, last Result) error {
	body, err := json.Marshal(f.newFailureRecord(e, why, last, time.Now()))
	if err != nil {
		return fmt.Errorf("encode a failure record: %w", err)
	}
	if f.host.config.Queues == nil {
		return awsapi.Errorf("ServiceException", "there are no queues")
	}
	caller := iam.Caller{Service: iam.Lambda, SourceARN: f.ARN()}
	message := queue.Message{Body: string(body), TraceHeader: e.TraceHeader}
	return f.host.config.Queues.Send(f.host.stopped, caller, f.OnFailure, message)
}
