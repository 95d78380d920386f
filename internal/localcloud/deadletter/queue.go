// Package deadletter reads what lies in dead-letter queues, and drives it back: what EventBridge or Scheduler could not
// deliver, and what functions failed on. It works with AWS's own client, on AWS and on the local cloud.
//
// SQS lets nobody look at a message without receiving it, and hides a received message from others for a while. So whoever
// looks hides what he sees until he has seen all, and then gives it back; a message's receive count grows by each look.
package deadletter

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/aws/smithy-go"
)

// Client is the part of *sqs.Client that is needed.
type Client interface {
	GetQueueUrl(context.Context, *sqs.GetQueueUrlInput, ...func(*sqs.Options)) (*sqs.GetQueueUrlOutput, error)
	GetQueueAttributes(context.Context, *sqs.GetQueueAttributesInput, ...func(*sqs.Options)) (*sqs.GetQueueAttributesOutput, error)
	ReceiveMessage(context.Context, *sqs.ReceiveMessageInput, ...func(*sqs.Options)) (*sqs.ReceiveMessageOutput, error)
	DeleteMessage(context.Context, *sqs.DeleteMessageInput, ...func(*sqs.Options)) (*sqs.DeleteMessageOutput, error)
	ChangeMessageVisibility(context.Context, *sqs.ChangeMessageVisibilityInput, ...func(*sqs.Options)) (*sqs.ChangeMessageVisibilityOutput, error)
	ChangeMessageVisibilityBatch(context.Context, *sqs.ChangeMessageVisibilityBatchInput, ...func(*sqs.Options)) (*sqs.ChangeMessageVisibilityBatchOutput, error)
}

// Queue is one queue.
type Queue struct {
	Name string

	client Client
	url    string
	wait   time.Duration
}

// Open finds a queue by its name. On AWS a queue must be asked for a while until it surely has no more messages: wait is
// that while, in whole seconds; 0 suffices for the local cloud.
func Open(ctx context.Context, client Client, name string, wait time.Duration) (*Queue, error) {
	found, err := client.GetQueueUrl(ctx, &sqs.GetQueueUrlInput{QueueName: &name})
	if err != nil {
		return nil, fmt.Errorf("find the queue %s: %w", name, err)
	}
	return &Queue{Name: name, client: client, url: aws.ToString(found.QueueUrl), wait: wait}, nil
}

// Hidden is about how many messages cannot be seen, as others look at them or drive them back.
func (q *Queue) Hidden(ctx context.Context) (int, error) {
	name := types.QueueAttributeNameApproximateNumberOfMessagesNotVisible
	got, err := q.client.GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{QueueUrl: &q.url, AttributeNames: []types.QueueAttributeName{name}})
	if err != nil {
		return 0, fmt.Errorf("count what is hidden in the queue %s: %w", q.Name, err)
	}
	number, err := strconv.Atoi(got.Attributes[string(name)])
	if err != nil {
		return 0, fmt.Errorf("count what is hidden in the queue %s: %w", q.Name, err)
	}
	return number, nil
}

// lookTime is how long messages are hidden at most by someone who looks and is killed before giving them back.
const lookTime = 2 * time.Minute

// Look returns the messages that can be seen, at most so many, and gives all of them back.
func (q *Queue) Look(ctx context.Context, most int) ([]Message, error) {
	var found []Message
	err := q.walk(ctx, lookTime, func(message Message, _ string) (gone, more bool, err error) {
		found = append(found, message)
		return false, len(found) < most, nil
	})
	return found, err
}

// handleTime is how long a message is hidden while it is driven back: longer than any invocation of Lambda takes.
const handleTime = 16 * time.Minute

// errAnothers says that somebody else has got a message meanwhile, or will get it, as it was hidden for too short a time.
var errAnothers = errors.New("it is somebody else's")

// Take calls do with each of the wanted messages that can be seen, deletes those of which it says no error, and tells what
// has become of each when that is certain. All others are given back. A message that somebody else has got meanwhile is not
// taken. If do says that it has not begun, as ctx has ended, nothing is told.
func (q *Queue) Take(ctx context.Context, wanted map[string]bool, do func(context.Context, Message) (begun bool, err error), tell func(Outcome)) error {
	left := len(wanted)
	return q.walk(ctx, handleTime, func(message Message, receipt string) (gone, more bool, err error) {
		if !wanted[message.ID] {
			return false, left > 0, nil
		}
		switch err := q.hide(ctx, receipt, handleTime); {
		case isAnothers(err):
			return true, true, errAnothers
		case err != nil:
			return false, false, fmt.Errorf("hide a message of the queue %s: %w", q.Name, err)
		}
		left--
		begun, err := do(ctx, message)
		if !begun {
			return false, false, ctx.Err()
		}
		if err != nil {
			tell(Outcome{message, err})
			return false, left > 0, ctx.Err()
		}
		err = q.delete(context.WithoutCancel(ctx), receipt)
		tell(Outcome{message, err})
		return err == nil, err == nil && left > 0, err
	})
}

func (q *Queue) delete(ctx context.Context, receipt string) error {
	_, err := q.client.DeleteMessage(ctx, &sqs.DeleteMessageInput{QueueUrl: &q.url, ReceiptHandle: &receipt})
	if err != nil {
		return fmt.Errorf("delete a message of the queue %s: %w", q.Name, err)
	}
	return nil
}

func (q *Queue) hide(ctx context.Context, receipt string, time time.Duration) error {
	_, err := q.client.ChangeMessageVisibility(ctx, &sqs.ChangeMessageVisibilityInput{
		QueueUrl: &q.url, ReceiptHandle: &receipt, VisibilityTimeout: int32(time.Seconds()),
	})
	return err
}

// isAnothers tells whether hiding a message was refused because somebody else has received or deleted it meanwhile.
func isAnothers(err error) bool {
	var refusal smithy.APIError
	return errors.As(err, &refusal) &&
		slices.Contains([]string{"MessageNotInflight", "ReceiptHandleIsInvalid", "InvalidParameterValue"}, codeOf(refusal))
}

// codeOf is the code of a refusal without what SQS puts before some.
func codeOf(refusal smithy.APIError) string {
	return strings.TrimPrefix(refusal.ErrorCode(), "AWS.SimpleQueueService.")
}

// batchSize is the greatest number of messages that SQS deals with in one call.
const batchSize = 10

// walk receives all messages that can be seen, once each, until visit wants no more. Those that it does not say are gone
// are given back at the end. In a long walk messages come again that were hidden for so long; each is hidden once more by
// that. The walk ends when all have come again since the last new one. A message of which visit says errAnothers is visited
// when it comes again.
func (q *Queue) walk(ctx context.Context, hold time.Duration, visit func(message Message, receipt string) (gone, more bool, err error)) (err error) {
	seen, receipts := map[string]bool{}, map[string]string{} // by message id
	defer func() { err = errors.Join(err, q.giveBack(context.WithoutCancel(ctx), receipts)) }()
	for again := 0; ; { // messages since the last new one
		answer, err := q.client.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{
			QueueUrl:                    &q.url,
			MaxNumberOfMessages:         batchSize,
			VisibilityTimeout:           int32(hold.Seconds()),
			WaitTimeSeconds:             int32(q.wait.Seconds()),
			MessageAttributeNames:       []string{"All"},
			MessageSystemAttributeNames: []types.MessageSystemAttributeName{types.MessageSystemAttributeNameAll},
		})
		if err != nil {
			return fmt.Errorf("receive from the queue %s: %w", q.Name, err)
		}
		for _, received := range answer.Messages {
			receipts[aws.ToString(received.MessageId)] = aws.ToString(received.ReceiptHandle)
		}
		for _, received := range answer.Messages {
			id := aws.ToString(received.MessageId)
			if seen[id] {
				again++
				continue
			}
			seen[id], again = true, 0
			gone, more, err := visit(Read(q.Name, received), aws.ToString(received.ReceiptHandle))
			if gone {
				delete(receipts, id)
			}
			if errors.Is(err, errAnothers) {
				delete(seen, id)
				continue
			}
			if err != nil || !more {
				return err
			}
		}
		if len(answer.Messages) == 0 || again > len(seen) {
			return nil
		}
	}
}

// giveBack lets others see messages at once.
func (q *Queue) giveBack(ctx context.Context, receipts map[string]string) error {
	var entries []types.ChangeMessageVisibilityBatchRequestEntry
	flush := func() error {
		if len(entries) == 0 {
			return nil
		}
		_, err := q.client.ChangeMessageVisibilityBatch(ctx, &sqs.ChangeMessageVisibilityBatchInput{QueueUrl: &q.url, Entries: entries})
		entries = nil
		if err != nil {
			return fmt.Errorf("give messages back to the queue %s; they come back by themselves: %w", q.Name, err)
		}
		return nil // what was deleted or is another's meanwhile need not be given back
	}
	for _, receipt := range receipts {
		entries = append(entries, types.ChangeMessageVisibilityBatchRequestEntry{
			Id: aws.String(strconv.Itoa(len(entries))), ReceiptHandle: &receipt, VisibilityTimeout: 0,
		})
		if len(entries) == batchSize {
			if err := flush(); err != nil {
				return err
			}
		}
	}
	return flush()
}
