package queue

import (
	"bytes"
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/awsapi"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/iam"
)

// Send puts a message into a queue on behalf of a caller, whom the queue's policy must let in. It returns when the message
// would survive a kill of the process. Refusals are *awsapi.Error with the codes AWS.SimpleQueueService.NonExistentQueue,
// AccessDeniedException, and those of a message that SQS does not take.
func (q *Queues) Send(ctx context.Context, caller iam.Caller, queueARN string, message Message) error {
	return q.SendBatch(ctx, caller, queueARN, []Message{message})
}

// SendBatch puts messages into a queue as Send does, all of them or, if there is an error, none.
func (q *Queues) SendBatch(_ context.Context, caller iam.Caller, queueARN string, messages []Message) error {
	return q.use(nameIn(queueARN), func(queue *queue) error {
		if !queue.settings.policy.Allows(caller, "sqs:SendMessage", queueARN) {
			return &awsapi.Error{
				Status: 403, Code: accessDenied,
				Message: "The policy of " + queueARN + " does not let " + caller.Service + " send messages for " + caller.SourceARN + ".",
			}
		}
		batch := make([]outgoing, len(messages))
		for i, message := range messages {
			batch[i].Message = message
			if err := batch[i].check(queue.settings.maximumSize); err != nil {
				return err
			}
		}
		_, err := q.write(queue, caller.Service, batch)
		return err
	})
}

// Has tells whether there is a queue.
func (q *Queues) Has(queueARN string) bool {
	return q.use(nameIn(queueARN), func(*queue) error { return nil }) == nil
}

// write saves messages that were checked, and returns their ids. The caller uses the queue.
func (q *Queues) write(queue *queue, senderID string, messages []outgoing) ([]string, error) {
	now := time.Now()
	ids := make([]string, len(messages))
	batch := q.space.Batch()
	var first []byte
	for i, message := range messages {
		delay := queue.settings.delay
		if message.delay != nil {
			delay = *message.delay
		}
		ids[i] = uuid.NewString()
		envelope := envelope{
			MessageID:   ids[i],
			Visible:     now.Add(delay),
			SenderID:    senderID,
			TraceHeader: message.TraceHeader,
			GroupID:     message.groupID,
			Attributes:  message.Attributes,
		}
		encoded, err := encodeBody(envelope, message.Body)
		if err != nil {
			return nil, err
		}
		id := newIdentity(now, q.serial.Add(1))
		order := queue.orderKey(envelope.Visible, id)
		batch.Set(queue.bodyKey(id), encoded)
		batch.Set(order, []byte{delayed})
		if first == nil || bytes.Compare(order, first) < 0 {
			first = order
		}
	}
	if err := batch.Apply(); err != nil {
		return nil, err
	}
	queue.arrive(first, len(messages))
	return ids, nil
}
