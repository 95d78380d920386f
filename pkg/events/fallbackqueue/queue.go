// Package fallbackqueue keeps in an SQS queue what a Publisher could not publish. It is a package of its own so that only
// those who use it link SQS.
//
// Each message is one entry of PutEvents as JSON, complete: whoever sends it to EventBridge publishes the same fact, with
// the same event key, so that consumers who have seen it before know it again:
//
//	aws events put-events --entries "[$body]"
package fallbackqueue

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	bus "github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/bayon-coagent/event-consumers/pkg/events"
)

// SendMessageBatchAPI is the part of *sqs.Client that a Queue calls.
type SendMessageBatchAPI interface {
	SendMessageBatch(
		ctx context.Context, input *sqs.SendMessageBatchInput, options ...func(*sqs.Options),
	) (*sqs.SendMessageBatchOutput, error)
}

var (
	_ SendMessageBatchAPI = (*sqs.Client)(nil)
	_ events.Fallback     = (*Queue)(nil)
)

// Queue is a Publisher's fallback. It is safe for concurrent use.
type Queue struct {
	client SendMessageBatchAPI
	url    string
}

// New keeps events in the standard queue with the given URL.
func New(client SendMessageBatchAPI, queueURL string) *Queue {
	return &Queue{client: client, url: queueURL}
}

// What one call of SendMessageBatch takes.
//
// Limits: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessageBatch.html
const (
	maxCallMessages = 10
	maxCallSize     = 1 << 20 // bytes of all messages together, and so of each
)

// Keep sends one message for each entry, and returns an error for each: nil if the queue has it.
func (q *Queue) Keep(ctx context.Context, entries []bus.PutEventsRequestEntry) []error {
	errs := make([]error, len(entries))
	var call []numbered
	size := 0
	for i, entry := range entries {
		body, err := encode(entry)
		if err != nil {
			errs[i] = err
			continue
		}
		if len(call) == maxCallMessages || size+len(body) > maxCallSize {
			q.send(ctx, call, errs)
			call, size = nil, 0
		}
		call, size = append(call, numbered{number: i, body: body}), size+len(body)
	}
	if len(call) > 0 {
		q.send(ctx, call, errs)
	}
	return errs
}

// numbered is the body of a message with the number of its entry.
type numbered struct {
	number int
	body   string
}

// encode writes an entry as the AWS CLI and the SDKs read it.
func encode(entry bus.PutEventsRequestEntry) (string, error) {
	body, err := json.Marshal(struct {
		EventBusName string
		Source       string
		DetailType   string
		Detail       string
		Resources    []string   `json:",omitempty"`
		Time         *time.Time `json:",omitempty"`
		TraceHeader  string     `json:",omitempty"`
	}{
		EventBusName: aws.ToString(entry.EventBusName),
		Source:       aws.ToString(entry.Source),
		DetailType:   aws.ToString(entry.DetailType),
		Detail:       aws.ToString(entry.Detail),
		Resources:    entry.Resources,
		Time:         entry.Time,
		TraceHeader:  aws.ToString(entry.TraceHeader),
	})
	if err != nil {
		return "", fmt.Errorf("encode an event for the fallback queue: %w", err)
	}
	if len(body) > maxCallSize {
		return "", fmt.Errorf("an event of %d bytes is too large for the fallback queue", len(body))
	}
	return string(body), nil
}

// send makes one call, and notes what became of each message. The SDK's client tries a call again that fails as a whole;
// a message that SQS refuses alone, through a fault of its own, is sent once more.
func (q *Queue) send(ctx context.Context, call []numbered, errs []error) {
	q.sendOnce(ctx, call, errs)
	again := slices.DeleteFunc(call, func(message numbered) bool {
		var refused *refusedError
		return !errors.As(errs[message.number], &refused) || refused.senderFault
	})
	if len(again) > 0 {
		q.sendOnce(ctx, again, errs)
	}
}

func (q *Queue) sendOnce(ctx context.Context, call []numbered, errs []error) {
	input := &sqs.SendMessageBatchInput{QueueUrl: &q.url}
	for _, message := range call {
		input.Entries = append(input.Entries, types.SendMessageBatchRequestEntry{
			Id:          aws.String(message.id()),
			MessageBody: aws.String(message.body),
		})
	}
	output, err := q.client.SendMessageBatch(ctx, input)
	for _, message := range call {
		if err != nil {
			errs[message.number] = fmt.Errorf("fallback queue: %w", err)
			continue
		}
		errs[message.number] = outcome(output, message.id())
	}
}

func (n numbered) id() string { return strconv.Itoa(n.number) }

// outcome returns nil if an answer says that the queue has a message.
func outcome(output *sqs.SendMessageBatchOutput, id string) error {
	for _, sent := range output.Successful {
		if aws.ToString(sent.Id) == id {
			return nil
		}
	}
	for _, failed := range output.Failed {
		if aws.ToString(failed.Id) == id {
			return &refusedError{aws.ToString(failed.Code), aws.ToString(failed.Message), failed.SenderFault}
		}
	}
	return errors.New("fallback queue: the answer does not tell of the message")
}

// refusedError says that SQS has refused one message of a call.
type refusedError struct {
	code, message string
	senderFault   bool
}

func (e *refusedError) Error() string { return "fallback queue: " + e.code + ": " + e.message }
