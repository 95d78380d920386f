package queue

import (
	"net/http"
	"time"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/awsapi"
)

// sendRequest is one message of SendMessage or SendMessageBatch.
type sendRequest struct {
	MessageBody             string
	DelaySeconds            *int
	MessageAttributes       map[string]Attribute
	MessageSystemAttributes map[string]Attribute
	MessageGroupID          string
	MessageDeduplicationID  string
}

// message is the message that a request describes, checked.
func (s sendRequest) message(queue *queue) (outgoing, error) {
	if s.MessageDeduplicationID != "" {
		return outgoing{}, refuse(invalidParameterValue, "Value %s for parameter MessageDeduplicationId is invalid. Reason: "+
			"The request includes a parameter that is not valid for this queue type.", s.MessageDeduplicationID)
	}
	message := outgoing{Message: Message{Body: s.MessageBody, Attributes: s.MessageAttributes}, groupID: s.MessageGroupID}
	message.delay = duration(s.DelaySeconds)
	for name, attribute := range s.MessageSystemAttributes {
		if name != "AWSTraceHeader" || attribute.DataType != "String" {
			return outgoing{}, refuse(invalidParameterValue,
				"Message system attribute '%s' is invalid: there is only AWSTraceHeader, of type String.", name)
		}
		message.TraceHeader = attribute.StringValue
	}
	return message, message.check(queue.settings.maximumSize)
}

func duration(number *int) *time.Duration {
	if number == nil {
		return nil
	}
	return new(seconds(*number))
}

// sent is what a sender gets back for a message.
type sent struct {
	ID                           string `json:"Id,omitempty"` // within a batch
	MessageID                    string `json:"MessageId"`
	MD5OfMessageBody             string
	MD5OfMessageAttributes       string `json:",omitempty"`
	MD5OfMessageSystemAttributes string `json:",omitempty"`
}

func newSent(entryID, messageID string, message outgoing) sent {
	answer := sent{
		ID: entryID, MessageID: messageID,
		MD5OfMessageBody:       digest(message.Body),
		MD5OfMessageAttributes: digestOf(message.Attributes),
	}
	if message.TraceHeader != "" {
		system := map[string]Attribute{"AWSTraceHeader": {DataType: "String", StringValue: message.TraceHeader}}
		answer.MD5OfMessageSystemAttributes = digestOf(system)
	}
	return answer
}

type sendMessageRequest struct {
	ofQueue
	sendRequest
}

func (q *Queues) sendMessage(_ *http.Request, request *sendMessageRequest) (any, error) {
	var answer sent
	return &answer, q.use(request.queue(), func(queue *queue) error {
		message, err := request.message(queue)
		if err != nil {
			return err
		}
		ids, err := q.write(queue, awsapi.Account, []outgoing{message})
		if err == nil {
			answer = newSent("", ids[0], message)
		}
		return err
	})
}

type sendMessageBatchRequest struct {
	ofQueue
	Entries []struct {
		ID string
		sendRequest
	}
}

func (s *sendMessageBatchRequest) check() error {
	ids, size := make([]string, len(s.Entries)), 0
	for i, entry := range s.Entries {
		ids[i] = entry.ID
		size += Message{Body: entry.MessageBody, Attributes: entry.MessageAttributes}.size()
	}
	if err := checkBatch(ids); err != nil {
		return err
	}
	if size > mostBytes {
		return refuse(batchRequestTooLong, "Batch requests cannot be longer than %d bytes. You have sent %d bytes.", mostBytes, size)
	}
	return nil
}

func (q *Queues) sendMessageBatch(_ *http.Request, request *sendMessageBatchRequest) (any, error) {
	answer := batchAnswer{Successful: []any{}}
	return &answer, q.use(request.queue(), func(queue *queue) error {
		if err := request.check(); err != nil {
			return err
		}
		var (
			good    []outgoing
			entries []string
		)
		for _, entry := range request.Entries {
			message, err := entry.message(queue)
			if err == nil {
				good, entries = append(good, message), append(entries, entry.ID)
			} else if err := answer.settle(entry.ID, nil, err); err != nil {
				return err
			}
		}
		ids, err := q.write(queue, awsapi.Account, good)
		for i, id := range ids {
			answer.Successful = append(answer.Successful, newSent(entries[i], id, good[i]))
		}
		return err
	})
}
