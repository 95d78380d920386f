package queue_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/awsapi"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/iam"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/queue"
)

func TestPolicyDecidesWhichServiceMaySend(t *testing.T) {
	t.Parallel()
	queues, closeAll := open(t, queue.Config{})
	defer closeAll()
	rule := "arn:aws:events:us-east-1:123456789012:rule/bus/price"
	declare(t, queues, "inbox", map[string]string{"Policy": `{"Version":"2012-10-17","Statement":{
		"Effect":"Allow","Principal":{"Service":"events.amazonaws.com"},"Action":"sqs:SendMessage","Resource":"` + arn("inbox") + `",
		"Condition":{"ArnEquals":{"aws:SourceArn":"` + rule + `"}}}}`})
	declare(t, queues, "closed", nil)
	eventBridge := iam.Caller{Service: iam.EventBridge, SourceARN: rule}
	tests := []struct {
		name   string
		caller iam.Caller
		queue  string
		code   string // of the refusal, empty when the message is taken
	}{
		{"the rule that is let in", eventBridge, arn("inbox"), ""},
		{"another rule", iam.Caller{Service: iam.EventBridge, SourceARN: rule + "-2"}, arn("inbox"), "AccessDeniedException"},
		{"a queue without a policy", eventBridge, arn("closed"), "AccessDeniedException"},
		{"a function's role", iam.Caller{Service: iam.Lambda, SourceARN: "arn"}, arn("closed"), ""},
		{"the administrator", iam.Caller{}, arn("closed"), ""},
		{"no such queue", eventBridge, arn("none"), "AWS.SimpleQueueService.NonExistentQueue"},
		{"another account's queue", eventBridge, strings.Replace(arn("inbox"), awsapi.Account, "1", 1),
			"AWS.SimpleQueueService.NonExistentQueue"},
		{"no ARN", eventBridge, "closed", "AWS.SimpleQueueService.NonExistentQueue"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			err := queues.Send(t.Context(), test.caller, test.queue, queue.Message{Body: "x"})
			var refusal *awsapi.Error
			if errors.As(err, &refusal) != (test.code != "") || refusal != nil && refusal.Code != test.code {
				t.Errorf("error %v, want code %q", err, test.code)
			}
		})
	}
}

func TestBatchIsSentWholeOrNotAtAll(t *testing.T) {
	t.Parallel()
	queues, closeAll := open(t, queue.Config{})
	defer closeAll()
	declare(t, queues, "inbox", nil)
	c := caller{queues}
	if err := queues.SendBatch(t.Context(), iam.Caller{}, arn("inbox"), []queue.Message{{Body: "a"}, {Body: ""}}); err == nil {
		t.Error("a batch with an empty message was taken")
	}
	if got := c.receive(t, 0); got != nil {
		t.Errorf("received %v of a batch that was refused", got)
	}
	if err := queues.SendBatch(t.Context(), iam.Caller{}, arn("inbox"), []queue.Message{{Body: "a"}, {Body: "b"}}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"a", "b"}, bodies(c.receive(t, 0))); diff != "" {
		t.Error(diff)
	}
}

func TestDeclareChangesAQueueAndKeepsItsMessages(t *testing.T) {
	t.Parallel()
	queues, closeAll := open(t, queue.Config{})
	defer closeAll()
	c := caller{queues}
	declare(t, queues, "inbox", map[string]string{"VisibilityTimeout": "5", "DelaySeconds": "0"})
	if err := queues.Send(t.Context(), iam.Caller{}, arn("inbox"), queue.Message{Body: "a"}); err != nil {
		t.Fatal(err)
	}
	declare(t, queues, "inbox", map[string]string{"DelaySeconds": "7"})
	if visibility, delay := c.attribute(t, "VisibilityTimeout"), c.attribute(t, "DelaySeconds"); visibility != "30" || delay != "7" {
		t.Errorf("VisibilityTimeout %s, DelaySeconds %s, want 30 and 7", visibility, delay)
	}
	if diff := cmp.Diff([]string{"a"}, bodies(c.receive(t, 0))); diff != "" {
		t.Error(diff)
	}
	if err := queues.Declare("inbox", map[string]string{"DelaySeconds": "-1"}); err == nil {
		t.Error("a negative delay was taken")
	}
}

func TestAttributesThatCallersSetStayUntilTheTemplateChanges(t *testing.T) {
	t.Parallel()
	queues, closeAll := open(t, queue.Config{})
	defer closeAll()
	c := caller{queues}
	declare(t, queues, "inbox", map[string]string{"VisibilityTimeout": "5", "Policy": allowAll})
	url := "http://127.0.0.1/123456789012/inbox"
	set := `{"QueueUrl":"` + url + `","Attributes":{"VisibilityTimeout":"9","DelaySeconds":"7","Policy":""}}`
	if err := c.call("SetQueueAttributes", set, &struct{}{}); err != nil {
		t.Fatal(err)
	}
	steps := []struct {
		declared, visibility string
	}{{"5", "9"}, {"11", "11"}, {"11", "11"}, {"5", "5"}}
	for i, step := range steps {
		declare(t, queues, "inbox", map[string]string{"VisibilityTimeout": step.declared, "Policy": allowAll})
		visibility, delay, policy := c.attribute(t, "VisibilityTimeout"), c.attribute(t, "DelaySeconds"), c.attribute(t, "Policy")
		if visibility != step.visibility || delay != "7" || policy != "" {
			t.Errorf("step %d: VisibilityTimeout %s, DelaySeconds %s, Policy %q", i, visibility, delay, policy)
		}
	}
}

const allowAll = `{"Statement":{"Effect":"Allow","Principal":"*","Action":"sqs:*","Resource":"*"}}`
