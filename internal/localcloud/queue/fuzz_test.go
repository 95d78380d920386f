package queue_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/queue"
)

// FuzzRequest sends anything to any operation: it is answered or refused, but never a failure of the local cloud.
func FuzzRequest(f *testing.F) {
	for operation, body := range map[string]string{
		"CreateQueue":        `{"QueueName":"inbox","Attributes":{"DelaySeconds":"1","RedrivePolicy":"{\"maxReceiveCount\":\"3\"}"}}`,
		"GetQueueUrl":        `{"QueueName":"inbox"}`,
		"ListQueues":         `{"QueueNamePrefix":"i","MaxResults":1,"NextToken":"YQ=="}`,
		"SetQueueAttributes": `{"QueueUrl":"http://x/1/inbox","Attributes":{"Policy":"{\"Statement\":[]}"}}`,
		"GetQueueAttributes": `{"QueueUrl":"http://x/1/inbox","AttributeNames":["All"]}`,
		"PurgeQueue":         `{"QueueUrl":"http://x/1/inbox"}`,
		"SendMessage": `{"QueueUrl":"http://x/1/inbox","MessageBody":"x",
			"MessageAttributes":{"a":{"DataType":"Binary","BinaryValue":"AA=="}}}`,
		"SendMessageBatch": `{"QueueUrl":"http://x/1/inbox","Entries":[{"Id":"1","MessageBody":"x","DelaySeconds":3}]}`,
		"ReceiveMessage": `{"QueueUrl":"http://x/1/inbox","MaxNumberOfMessages":3,
			"AttributeNames":["All"],"MessageAttributeNames":["a.*"]}`,
		"DeleteMessage":                `{"QueueUrl":"http://x/1/inbox","ReceiptHandle":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAABpbmJveA=="}`,
		"DeleteMessageBatch":           `{"QueueUrl":"http://x/1/inbox","Entries":[{"Id":"1","ReceiptHandle":"x"}]}`,
		"ChangeMessageVisibility":      `{"QueueUrl":"http://x/1/inbox","ReceiptHandle":"x","VisibilityTimeout":1}`,
		"ChangeMessageVisibilityBatch": `{"QueueUrl":"http://x/1/inbox","Entries":[{"Id":"1","ReceiptHandle":"x","VisibilityTimeout":1}]}`,
		"DeleteQueue":                  `{"QueueUrl":"http://x/1/inbox"}`,
	} {
		f.Add(operation, body)
	}
	queues, closeAll := open(f, queue.Config{})
	f.Cleanup(closeAll)
	handler := queues.Handler()
	f.Fuzz(func(t *testing.T, operation, body string) {
		declare(t, queues, "inbox", nil)
		impatient, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		r := httptest.NewRequestWithContext(impatient, http.MethodPost, "/", strings.NewReader(body))
		r.Header.Set("X-Amz-Target", "AmazonSQS."+operation)
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		if w.Code >= http.StatusInternalServerError {
			t.Errorf("%s %q: %d %s", operation, body, w.Code, w.Body)
		}
	})
}
