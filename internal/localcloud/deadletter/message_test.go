package deadletter_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/google/go-cmp/cmp"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/deadletter"
)

const (
	functionARN = "arn:aws:lambda:us-east-1:123456789012:function:price"
	ruleARN     = "arn:aws:events:us-east-1:123456789012:rule/bus/price-rule"
	scheduleARN = "arn:aws:scheduler:us-east-1:123456789012:schedule/group/price-check"
	event       = `{"version":"0","id":"e-1","detail-type":"Check Due","source":"bayon.coagent","detail":{"userId":"u","metadata":{"correlationId":"c-1"}}}`
)

// message is one as SQS hands it out.
func message(body string, attributes map[string]string) types.Message {
	made := types.Message{
		MessageId: aws.String("m-1"), Body: &body, MessageAttributes: map[string]types.MessageAttributeValue{},
		Attributes: map[string]string{
			"SentTimestamp": "1795525800123", "AWSTraceHeader": "Root=1-6565c2a8-0123456789abcdef01234567;Parent=53995c3f42cd8ad8;Sampled=1",
		},
	}
	for name, value := range attributes {
		made.MessageAttributes[name] = types.MessageAttributeValue{DataType: aws.String("String"), StringValue: &value}
	}
	return made
}

// record is what Lambda sends to an on-failure destination.
func record(condition, invokes, rest string) string {
	return `{"version":"1.0","timestamp":"2026-11-24T09:30:00.000Z","requestContext":{"requestId":"r-1","functionArn":"` + functionARN +
		`:$LATEST","condition":"` + condition + `","approximateInvokeCount":` + invokes + `},"requestPayload":` + event + rest + `}`
}

func TestMessagesAreUnderstood(t *testing.T) {
	t.Parallel()
	undelivered := func(more map[string]string) map[string]string {
		attributes := map[string]string{"RULE_ARN": ruleARN, "TARGET_ARN": functionARN, "ERROR_CODE": "NO_PERMISSIONS", "ERROR_MESSAGE": "not\nauthorized"}
		for name, value := range more {
			attributes[name] = value
		}
		return attributes
	}
	scheduled := map[string]string{
		"SCHEDULE_ARN": scheduleARN, "TARGET_ARN": functionARN, "ERROR_CODE": "ResourceNotFoundException", "ERROR_MESSAGE": "Function not found",
		"RETRY_ATTEMPTS": "0",
	}
	of := func(from deadletter.Origin, reason, text, tried string) deadletter.Message {
		return deadletter.Message{From: from, Reason: reason, Error: text, Tried: tried, Function: functionARN, Event: []byte(event)}
	}
	tick := of(deadletter.Schedule, "ResourceNotFoundException", "Function not found", "delivered once, and again 0 times")
	tick.Via, tick.DetailType, tick.Event = "price-check", "schedule price", []byte(`{"schedule":"price"}`)
	via := func(m deadletter.Message) deadletter.Message { m.Via = "price-rule"; return m }
	latest := func(m deadletter.Message) deadletter.Message { m.Function += ":$LATEST"; return m }
	stuck := func(m deadletter.Message, why string) deadletter.Message { m.Stuck = why; return m }
	foreign := func(body string) deadletter.Message {
		return deadletter.Message{
			From: deadletter.Foreign, Reason: deadletter.NotUnderstood, Error: "neither an event that was not delivered nor the record of a function's failure",
			Tried: "nobody can tell", Stuck: "it names no function", Event: []byte(body),
		}
	}
	tests := []struct {
		name       string
		body       string
		attributes map[string]string
		want       deadletter.Message
	}{
		{
			"not delivered, and not tried again", event, undelivered(nil),
			via(of(deadletter.Rule, "NO_PERMISSIONS", "not authorized", "delivered once, and not again: trying again would have failed alike")),
		},
		{
			"not delivered in spite of retries", event, undelivered(map[string]string{
				"ERROR_CODE": "THROTTLING", "RETRY_ATTEMPTS": "185", "EXHAUSTED_RETRY_CONDITION": "MaximumRetryAttempts",
			}),
			via(of(deadletter.Rule, "THROTTLING", "not authorized", "delivered once, and again 185 times, until MaximumRetryAttempts was reached")),
		},
		{"a schedule's tick", `{"FunctionName":"` + functionARN + `","InvocationType":"Event","Payload":"{\"schedule\":\"price\"}"}`, scheduled, tick},
		{
			"a failure", record("RetriesExhausted", "3", `,"responseContext":{"statusCode":200,"executedVersion":"$LATEST","functionError":"Unhandled"},
				"responsePayload":{"errorMessage":"the detail\nhas no userId","errorType":"PermanentError"}`), nil,
			latest(of(deadletter.Function, "PermanentError", "the detail has no userId", "invoked 3 times: no retry was left")),
		},
		{
			"an old event", record("EventAgeExceeded", "1", ""), nil,
			latest(of(deadletter.Function, "EventAgeExceeded", "the function was not asked: the event was too old", "invoked once: the event was too old")),
		},
		{
			"a stopped function", record("ZeroReservedConcurrency", "0", `,"responsePayload":null`), nil,
			latest(of(deadletter.Function, "ZeroReservedConcurrency", "the function was not asked: its reserved concurrency was found to be 0",
				"never invoked: its reserved concurrency was found to be 0")),
		},
		{
			"a function that answers anything", record("RetriesExhausted", "2", `,"responsePayload":"oh"`), nil,
			latest(of(deadletter.Function, "RetriesExhausted", "the function was not asked: no retry was left", "invoked twice: no retry was left")),
		},
		{
			"a success", record("Success", "1", `,"responsePayload":null`), nil,
			stuck(latest(of(deadletter.Function, "Success", "the function was not asked: it succeeded", "invoked once: it succeeded")), "the function has succeeded"),
		},
		{"text", "hello", nil, foreign("hello")},
		{"an event without attributes", event, nil, func() deadletter.Message { m := foreign(event); return m }()},
		{"a record without a payload", `{"requestContext":{"functionArn":"x","condition":"RetriesExhausted"}}`, nil, foreign(`{"requestContext":{"functionArn":"x","condition":"RetriesExhausted"}}`)},
		{
			"a queue's target", event, undelivered(map[string]string{"TARGET_ARN": "arn:aws:sqs:us-east-1:123456789012:inbox"}),
			func() deadletter.Message {
				m := via(of(deadletter.Rule, "NO_PERMISSIONS", "not authorized", "delivered once, and not again: trying again would have failed alike"))
				m.Function, m.Stuck = "arn:aws:sqs:us-east-1:123456789012:inbox", "it is not for a function"
				return m
			}(),
		},
		{"a cut tick", `{"Payload":"{"}`, func() map[string]string {
			cut := map[string]string{"IS_PAYLOAD_TRUNCATED": "true"}
			for name, value := range scheduled {
				cut[name] = value
			}
			return cut
		}(), func() deadletter.Message {
			m := stuck(tick, "Scheduler has cut its input")
			m.DetailType, m.Event = "", []byte("{")
			return m
		}()},
	}
	for _, test := range tests {
		want := test.want
		want.ID, want.Queue, want.SentAt = "m-1", "failures", time.UnixMilli(1795525800123).UTC()
		want.Trace = "1-6565c2a8-0123456789abcdef01234567"
		if string(want.Event) == event {
			want.EventID, want.DetailType, want.Source, want.CorrelationID = "e-1", "Check Due", "bayon.coagent", "c-1"
		}
		if diff := cmp.Diff(want, deadletter.Read("failures", message(test.body, test.attributes))); diff != "" {
			t.Errorf("%s: %s", test.name, diff)
		}
	}
}

func TestFunctionName(t *testing.T) {
	t.Parallel()
	for arn, want := range map[string]string{
		functionARN: "price", functionARN + ":$LATEST": "price", functionARN + ":live": "price", "arn:aws:sqs:us-east-1:123456789012:inbox": "", "": "",
	} {
		if got := (deadletter.Message{Function: arn}).FunctionName(); got != want {
			t.Errorf("%s: %q, want %q", arn, got, want)
		}
	}
}

// FuzzRead reads anything: nothing is driven back that names no function or has no event, and no text breaks a line.
func FuzzRead(f *testing.F) {
	f.Add(event, "RULE_ARN", ruleARN, "TARGET_ARN", functionARN, "123", "Root=1-a")
	f.Add(`{"Payload":"{}"}`, "SCHEDULE_ARN", scheduleARN, "TARGET_ARN", functionARN, "x", "")
	f.Add(record("RetriesExhausted", "3", `,"responsePayload":{"errorMessage":"a\u001b[2J","errorType":"b"}`), "", "", "ERROR_MESSAGE", "a\nb", "", "Root=;Root=")
	f.Add(`{"requestContext":null,"requestPayload":1}`, "", "", "", "", "-1", "=")
	f.Fuzz(func(t *testing.T, body, name1, value1, name2, value2, sent, trace string) {
		received := message(body, map[string]string{name1: value1, name2: value2})
		received.Attributes = map[string]string{"SentTimestamp": sent, "AWSTraceHeader": trace}
		got := deadletter.Read("q", received)
		if got.Stuck == "" && (got.FunctionName() == "" || !json.Valid(got.Event)) {
			t.Errorf("not stuck: %+v", got)
		}
		if got.Reason == "" || got.Tried == "" || got.From == "" {
			t.Errorf("empty: %+v", got)
		}
		for _, text := range []string{got.Reason, got.Error, got.Tried, got.Function, got.Via, got.Trace, got.EventID, got.DetailType, got.Source, got.CorrelationID} {
			if strings.ContainsFunc(text, unicode.IsControl) || len(text) > 4*501 {
				t.Errorf("a text that breaks a line: %q", text)
			}
		}
	})
}
