package simulation_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/iam"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/pattern"
)

// queueClient reads the queues as an operator does.
func (w *world) queueClient() *sqs.Client {
	return sqs.New(sqs.Options{
		Region: "us-east-1", Credentials: aws.AnonymousCredentials{}, BaseEndpoint: aws.String("http://aws.test"),
		HTTPClient: &http.Client{Transport: w.door}, DisableMessageChecksumValidation: true,
	})
}

func queueURL(name string) *string { return aws.String("http://aws.test/123456789012/" + name) }

// redrive lets the functions try again, once a day, what they gave up: but for what they can never handle.
func (w *world) redrive() {
	client := w.queueClient()
	for {
		answer, err := client.ReceiveMessage(context.Background(), &sqs.ReceiveMessageInput{QueueUrl: queueURL(w.names.failures), MaxNumberOfMessages: 10})
		must(w.t, err)
		if len(answer.Messages) == 0 {
			return
		}
		for _, message := range answer.Messages {
			w.driveBack(aws.ToString(message.Body))
			_, err := client.DeleteMessage(context.Background(), &sqs.DeleteMessageInput{QueueUrl: queueURL(w.names.failures), ReceiptHandle: message.ReceiptHandle})
			must(w.t, err)
		}
	}
}

func (w *world) driveBack(body string) {
	var record struct {
		RequestContext  struct{ FunctionArn string }
		RequestPayload  json.RawMessage
		ResponsePayload struct{ ErrorType, ErrorMessage string }
	}
	must(w.t, json.Unmarshal([]byte(body), &record))
	if record.ResponsePayload.ErrorMessage == "" {
		w.ledger.complain("a message in the failure queue has no reason: %.300s", body)
	}
	var about subject
	_ = json.Unmarshal(record.RequestPayload, &about) // a poisoned event may have a detail of another shape
	if record.ResponsePayload.ErrorType == "*consumer.PermanentError" {
		if !w.ledger.isPoisoned(about.ID) {
			w.ledger.complain("an event that is in order was refused for good: %s", record.ResponsePayload.ErrorMessage)
		}
		w.ledger.audit.refused[about.ID]++
		return
	}
	function := record.RequestContext.FunctionArn[:len(record.RequestContext.FunctionArn)-len(":$LATEST")]
	_, err := w.lambda.InvokeAsync(context.Background(), iam.Caller{}, function, record.RequestPayload, "")
	must(w.t, err)
}

// replay brings what the bus accepted in a time to all functions again, as a replay of the archive does.
func (w *world) replay(from, to time.Time) {
	type route struct {
		pattern *pattern.Pattern
		targets []string
	}
	var routes []route
	for _, rule := range w.stack.Rules {
		compiled, err := pattern.Compile(rule.Pattern, pattern.SizeLimit)
		must(w.t, err)
		next := route{pattern: compiled}
		for _, target := range rule.Targets {
			if !strings.Contains(target.ARN, ":lambda:") {
				continue
			}
			next.targets = append(next.targets, target.ARN)
		}
		routes = append(routes, next)
	}
	name := "replay-" + from.Format(time.DateOnly)
	for i, event := range w.archive(from, to) {
		var envelope map[string]json.RawMessage
		must(w.t, json.Unmarshal(event.raw, &envelope))
		id := fmt.Sprintf("%s-%d", name, i)
		envelope["id"], envelope["replay-name"] = quoted(id), quoted(name)
		again, err := json.Marshal(envelope)
		must(w.t, err)
		w.ledger.audit.replayed(id, event)
		for _, route := range routes {
			if !route.pattern.Matches(again) {
				continue
			}
			for _, target := range route.targets {
				_, err := w.lambda.InvokeAsync(context.Background(), iam.Caller{}, target, again, "")
				must(w.t, err)
			}
		}
	}
}

func quoted(text string) json.RawMessage {
	encoded, err := json.Marshal(text)
	if err != nil {
		panic(err)
	}
	return encoded
}
