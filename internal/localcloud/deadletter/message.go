package deadletter

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

// Message is what a message of a queue says, as far as it can be understood.
type Message struct {
	ID       string    `json:"id"` // SQS's
	Queue    string    `json:"queue"`
	SentAt   time.Time `json:"sentAt"` // when it came into the queue
	From     Origin    `json:"from"`
	Reason   string    `json:"reason"`             // one word, by which messages are grouped
	Error    string    `json:"error"`              // one line
	Tried    string    `json:"tried"`              // what was tried before, in words
	Function string    `json:"function,omitempty"` // ARN of the function that the event is for, or what else it is for
	Via      string    `json:"via,omitempty"`      // name of the rule or schedule that it could not be delivered from
	Trace    string    `json:"trace,omitempty"`    // X-Ray's trace id

	EventID       string `json:"eventId,omitempty"`
	DetailType    string `json:"detailType,omitempty"`
	Source        string `json:"source,omitempty"`
	CorrelationID string `json:"correlationId,omitempty"`

	// Event is what the function is to be invoked with; of a message that is not understood, its body, which need not be JSON.
	Event []byte `json:"-"`
	// Stuck says why the message cannot be driven back; empty if it can.
	Stuck string `json:"stuck,omitempty"`
}

// Origin is who put a message into a queue.
type Origin string

// The origins of messages.
const (
	Rule     Origin = "rule"     // EventBridge, which could not deliver an event
	Schedule Origin = "schedule" // EventBridge Scheduler, which could not deliver its input
	Function Origin = "function" // Lambda, after a function has failed
	Foreign  Origin = "foreign"  // somebody else, or nobody can tell
)

// NotUnderstood is the Reason of messages that are in no known form.
const NotUnderstood = "NOT_UNDERSTOOD"

// FunctionName is the name of the function that the event is for, without version; empty if it is for no function.
func (m Message) FunctionName() string {
	_, name, isFunction := strings.Cut(m.Function, ":function:")
	if !isFunction {
		return ""
	}
	name, _, _ = strings.Cut(name, ":")
	return name
}

// Read understands a message. It never fails: what is not understood is Foreign.
func Read(queue string, received types.Message) Message {
	message := Message{
		ID:     aws.ToString(received.MessageId),
		Queue:  queue,
		SentAt: sentAt(received.Attributes["SentTimestamp"]),
		Trace:  root(received.Attributes["AWSTraceHeader"]),
	}
	body := []byte(aws.ToString(received.Body))
	attribute := func(name string) string { return aws.ToString(received.MessageAttributes[name].StringValue) }
	switch {
	case attribute("RULE_ARN") != "":
		message.readUndelivered(attribute)
		message.From, message.Via = Rule, lastPart(attribute("RULE_ARN"))
		message.Event = body
	case attribute("SCHEDULE_ARN") != "":
		message.readUndelivered(attribute)
		message.From, message.Via = Schedule, lastPart(attribute("SCHEDULE_ARN"))
		message.readCall(body, attribute)
	default:
		message.readRecord(body)
	}
	message.readEvent()
	message.settle()
	return message
}

// readUndelivered reads the attributes of what could not be delivered.
//
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html
func (m *Message) readUndelivered(attribute func(name string) string) {
	m.Reason, m.Error = attribute("ERROR_CODE"), attribute("ERROR_MESSAGE")
	m.Function = attribute("TARGET_ARN")
	retries, exhausted := attribute("RETRY_ATTEMPTS"), attribute("EXHAUSTED_RETRY_CONDITION")
	switch {
	case retries == "" && exhausted == "":
		m.Tried = "delivered once, and not again: trying again would have failed alike"
	case exhausted == "":
		m.Tried = fmt.Sprintf("delivered once, and again %s times", retries)
	default:
		m.Tried = fmt.Sprintf("delivered once, and again %s times, until %s was reached", retries, exhausted)
	}
}

// readCall reads the call of Lambda that Scheduler has failed with.
//
// https://docs.aws.amazon.com/scheduler/latest/UserGuide/configuring-schedule-dlq.html
func (m *Message) readCall(body []byte, attribute func(name string) string) {
	var call struct{ Payload *string }
	switch err := json.Unmarshal(body, &call); {
	case err != nil || call.Payload == nil:
		m.Event, m.Stuck = body, "its body is no call of Lambda"
	case attribute("IS_PAYLOAD_TRUNCATED") == "true":
		m.Event, m.Stuck = []byte(*call.Payload), "Scheduler has cut its input"
	default:
		m.Event = []byte(*call.Payload)
	}
}

// readRecord reads the record of an asynchronous invocation that Lambda has given up.
//
// https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
func (m *Message) readRecord(body []byte) {
	var record struct {
		RequestContext *struct {
			FunctionARN            string `json:"functionArn"`
			Condition              string `json:"condition"`
			ApproximateInvokeCount int    `json:"approximateInvokeCount"`
		} `json:"requestContext"`
		RequestPayload  json.RawMessage `json:"requestPayload"`
		ResponsePayload json.RawMessage `json:"responsePayload"`
	}
	err := json.Unmarshal(body, &record)
	if err != nil || record.RequestContext == nil || record.RequestContext.Condition == "" || record.RequestPayload == nil {
		m.From, m.Reason, m.Event = Foreign, NotUnderstood, body
		m.Error = "neither an event that was not delivered nor the record of a function's failure"
		m.Tried, m.Stuck = "nobody can tell", "it names no function"
		return
	}
	m.From, m.Function, m.Event = Function, record.RequestContext.FunctionARN, record.RequestPayload
	m.Reason, m.Error = failure(record.RequestContext.Condition, record.ResponsePayload)
	m.Tried = tries(record.RequestContext.ApproximateInvokeCount) + ": " + ended(record.RequestContext.Condition)
	if record.RequestContext.Condition == "Success" {
		m.Stuck = "the function has succeeded"
	}
}

// failure is the type of the function's error and its text; the condition stands for an error that there was not.
func failure(condition string, payload json.RawMessage) (reason, text string) {
	var described struct {
		ErrorType    string `json:"errorType"`
		ErrorMessage string `json:"errorMessage"`
	}
	_ = json.Unmarshal(payload, &described) // a function may answer anything
	if described.ErrorType == "" && described.ErrorMessage == "" {
		return condition, "the function was not asked: " + ended(condition)
	}
	if described.ErrorType == "" {
		return condition, described.ErrorMessage
	}
	return described.ErrorType, described.ErrorMessage
}

// ended says why Lambda tried no more.
func ended(condition string) string {
	switch condition {
	case "RetriesExhausted":
		return "no retry was left"
	case "EventAgeExceeded":
		return "the event was too old"
	case "ZeroReservedConcurrency":
		return "its reserved concurrency was found to be 0"
	case "Success":
		return "it succeeded"
	}
	return condition
}

func tries(number int) string {
	switch number {
	case 0:
		return "never invoked"
	case 1:
		return "invoked once"
	case 2:
		return "invoked twice"
	}
	return fmt.Sprintf("invoked %d times", number)
}

// readEvent reads what the event is about.
func (m *Message) readEvent() {
	var event struct {
		ID         string `json:"id"`
		DetailType string `json:"detail-type"`
		Source     string `json:"source"`
		Detail     struct {
			Metadata struct {
				CorrelationID string `json:"correlationId"`
			} `json:"metadata"`
		} `json:"detail"`
		Schedule string `json:"schedule"`
	}
	_ = json.Unmarshal(m.Event, &event) // what has another shape has said what could be read
	m.EventID, m.DetailType, m.Source, m.CorrelationID = event.ID, event.DetailType, event.Source, event.Detail.Metadata.CorrelationID
	if event.DetailType == "" && event.Schedule != "" {
		m.DetailType = "schedule " + event.Schedule
	}
}

// settle makes the texts fit for a line, and says whether the message can be driven back.
func (m *Message) settle() {
	for _, text := range []*string{&m.Reason, &m.Error, &m.Via, &m.DetailType, &m.Source, &m.EventID, &m.CorrelationID, &m.Function, &m.Tried} {
		*text = oneLine(*text)
	}
	if m.Reason == "" {
		m.Reason = "UNKNOWN"
	}
	switch {
	case m.Stuck != "":
	case m.FunctionName() == "":
		m.Stuck = "it is not for a function"
	case !json.Valid(m.Event):
		m.Stuck = "its event is not JSON"
	}
}

// oneLine is a text that a terminal shows in one line and obeys in nothing, of bounded length.
func oneLine(text string) string {
	const longest = 500
	line := strings.Join(strings.FieldsFunc(text, func(char rune) bool {
		return unicode.IsSpace(char) || !unicode.IsPrint(char) || char == utf8.RuneError
	}), " ")
	if runes := []rune(line); len(runes) > longest {
		return string(runes[:longest]) + "…"
	}
	return line
}

func sentAt(milliseconds string) time.Time {
	number, err := strconv.ParseInt(milliseconds, 10, 64)
	if err != nil {
		return time.Time{}
	}
	return time.UnixMilli(number).UTC()
}

// root is the trace id in a trace header.
func root(header string) string {
	for part := range strings.SplitSeq(header, ";") {
		if id, found := strings.CutPrefix(strings.TrimSpace(part), "Root="); found {
			return oneLine(id)
		}
	}
	return ""
}

func lastPart(arn string) string { return arn[strings.LastIndexAny(arn, ":/")+1:] }
