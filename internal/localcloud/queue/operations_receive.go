package queue

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

type receiveMessageRequest struct {
	ofQueue
	MaxNumberOfMessages         *int
	VisibilityTimeout           *int
	WaitTimeSeconds             *int
	AttributeNames              []string // of system attributes, as clients asked for them before
	MessageSystemAttributeNames []string
	MessageAttributeNames       []string
}

func (r *receiveMessageRequest) check() error {
	within := func(name string, number *int, least, greatest int, bounds string) error {
		if number == nil || *number >= least && *number <= greatest {
			return nil
		}
		return refuse(invalidParameterValue,
			"Value %d for parameter %s is invalid. Reason: Must be %s, if provided.", *number, name, bounds)
	}
	if err := within("MaxNumberOfMessages", r.MaxNumberOfMessages, 1, mostEntries, "between 1 and 10"); err != nil {
		return err
	}
	if err := within("WaitTimeSeconds", r.WaitTimeSeconds, 0, 20, ">= 0 and <= 20"); err != nil {
		return err
	}
	return within("VisibilityTimeout", r.VisibilityTimeout, 0, longestVisibility, ">= 0 and <= 43200")
}

const longestVisibility = 43200 // seconds

func (q *Queues) receiveMessage(r *http.Request, request *receiveMessageRequest) (any, error) {
	if err := request.check(); err != nil {
		return nil, err
	}
	want := receiving{most: 1, visibility: duration(request.VisibilityTimeout), wait: duration(request.WaitTimeSeconds)}
	if request.MaxNumberOfMessages != nil {
		want.most = *request.MaxNumberOfMessages
	}
	messages, err := q.receive(r.Context(), request.queue(), want)
	if err != nil {
		return nil, err
	}
	answer := struct {
		Messages []receivedMessage `json:",omitempty"`
	}{}
	for _, message := range messages {
		answer.Messages = append(answer.Messages, request.show(message))
	}
	return answer, nil
}

// receivedMessage is a message as a receiver sees it.
type receivedMessage struct {
	MessageID              string `json:"MessageId"`
	ReceiptHandle          string
	MD5OfBody              string
	Body                   string
	Attributes             map[string]string    `json:",omitempty"`
	MD5OfMessageAttributes string               `json:",omitempty"`
	MessageAttributes      map[string]Attribute `json:",omitempty"`
}

// show tells of a message what was asked for.
func (r *receiveMessageRequest) show(message received) receivedMessage {
	shown := receivedMessage{
		MessageID:         message.MessageID,
		ReceiptHandle:     receipt{message.id, message.state.Receives}.handle(r.queue()),
		MD5OfBody:         digest(message.body),
		Body:              message.body,
		Attributes:        map[string]string{},
		MessageAttributes: map[string]Attribute{},
	}
	for name, value := range message.systemAttributes() {
		if asked(append(r.AttributeNames, r.MessageSystemAttributeNames...), name) && value != "" {
			shown.Attributes[name] = value
		}
	}
	for name, attribute := range message.Attributes {
		if asked(r.MessageAttributeNames, name) {
			shown.MessageAttributes[name] = attribute
		}
	}
	shown.MD5OfMessageAttributes = digestOf(shown.MessageAttributes)
	return shown
}

// asked tells whether an attribute is among those asked for: by its name, by its beginning, or with all.
func asked(names []string, attribute string) bool {
	for _, name := range names {
		beginning, isBeginning := strings.CutSuffix(name, ".*")
		if name == attribute || name == "All" || name == ".*" || isBeginning && strings.HasPrefix(attribute, beginning+".") {
			return true
		}
	}
	return false
}

func (m received) systemAttributes() map[string]string {
	milliseconds := func(t time.Time) string { return strconv.FormatInt(t.UnixMilli(), 10) }
	return map[string]string{
		"SenderId":                         m.SenderID,
		"SentTimestamp":                    milliseconds(m.id.sent()),
		"ApproximateReceiveCount":          strconv.Itoa(m.state.Receives),
		"ApproximateFirstReceiveTimestamp": milliseconds(m.state.FirstReceived),
		"AWSTraceHeader":                   m.TraceHeader,
		"MessageGroupId":                   m.GroupID,
		"DeadLetterQueueSourceArn":         m.SourceARN,
	}
}
