package queue_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/awsapi"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/queue"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/store"
)

// fataler is what *testing.T, *testing.B, *testing.F and *rapid.T have in common.
type fataler interface {
	Helper()
	Fatal(args ...any)
}

// open opens queues on an empty store; both are closed by the function it returns.
func open(t fataler, config queue.Config) (*queue.Queues, func()) {
	t.Helper()
	memory, err := store.OpenMemory()
	if err != nil {
		t.Fatal(err)
	}
	config.Space = memory.Space("sqs")
	queues, err := queue.New(config)
	if err != nil {
		t.Fatal(err)
	}
	return queues, func() {
		if err := queues.Close(context.Background()); err != nil {
			t.Fatal(err)
		}
		if err := memory.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// caller calls operations of SQS's protocol without a network.
type caller struct{ queues *queue.Queues }

// call returns what an operation answers, or the message of its error.
func (c caller) call(operation, request string, into any) error {
	r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(request))
	r.Header.Set("X-Amz-Target", "AmazonSQS."+operation)
	w := httptest.NewRecorder()
	c.queues.Handler().ServeHTTP(w, r)
	if w.Code != http.StatusOK {
		return fmt.Errorf("%d %s", w.Code, w.Body)
	}
	if into == nil {
		return nil
	}
	return json.Unmarshal(w.Body.Bytes(), into)
}

type message struct {
	MessageId, Body, ReceiptHandle string //nolint:revive // AWS's names
	Attributes                     map[string]string
}

// receive returns the messages that can be received from the queue "inbox" now or within some seconds.
func (c caller) receive(t fataler, seconds int) []message {
	t.Helper()
	var answer struct{ Messages []message }
	err := c.call("ReceiveMessage", fmt.Sprintf(
		`{"QueueUrl":%q,"MaxNumberOfMessages":10,"WaitTimeSeconds":%d,"AttributeNames":["All"]}`, inboxURL, seconds), &answer)
	if err != nil {
		t.Fatal(err)
	}
	return answer.Messages
}

func (c caller) attribute(t fataler, name string) string {
	t.Helper()
	var answer struct{ Attributes map[string]string }
	if err := c.call("GetQueueAttributes", fmt.Sprintf(`{"QueueUrl":%q,"AttributeNames":["All"]}`, inboxURL), &answer); err != nil {
		t.Fatal(err)
	}
	return answer.Attributes[name]
}

const inboxURL = "http://127.0.0.1:4599/123456789012/inbox"

func arn(name string) string { return awsapi.ARN("sqs", name) }

func declare(t fataler, queues *queue.Queues, name string, attributes map[string]string) {
	t.Helper()
	if err := queues.Declare(name, attributes); err != nil {
		t.Fatal(err)
	}
}

func bodies(messages []message) []string {
	var list []string
	for _, m := range messages {
		list = append(list, m.Body)
	}
	return list
}

var _ fataler = (*testing.T)(nil)
