package queue_test

import (
	"context"
	"errors"
	"fmt"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/aws/smithy-go"
	"github.com/google/go-cmp/cmp"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/iam"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/queue"
)

// newClient serves queues over HTTP and returns AWS's own client for them.
func newClient(t *testing.T, config queue.Config) (*sqs.Client, *queue.Queues) {
	t.Helper()
	queues, closeAll := open(t, config)
	t.Cleanup(closeAll)
	server := httptest.NewServer(queues.Handler())
	t.Cleanup(server.Close)
	return sqs.New(sqs.Options{
		Region:       "us-east-1",
		BaseEndpoint: aws.String(server.URL),
		Credentials:  credentials.NewStaticCredentialsProvider("key", "secret", ""),
		Retryer:      aws.NopRetryer{},
	}), queues
}

func create(t *testing.T, client *sqs.Client, name string, attributes map[string]string) string {
	t.Helper()
	created, err := client.CreateQueue(t.Context(), &sqs.CreateQueueInput{QueueName: &name, Attributes: attributes})
	if err != nil {
		t.Fatal(err)
	}
	return *created.QueueUrl
}

func TestClientSendsReceivesAndDeletes(t *testing.T) {
	t.Parallel()
	client, _ := newClient(t, queue.Config{})
	url := create(t, client, "inbox", nil)
	trace := "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1"
	// The client compares the digest of the body with its own.
	sent, err := client.SendMessage(t.Context(), &sqs.SendMessageInput{
		QueueUrl: &url, MessageBody: aws.String("héllo <&> \u2028"),
		MessageAttributes: map[string]types.MessageAttributeValue{
			"RULE_ARN": {DataType: aws.String("String"), StringValue: aws.String("arn")},
			"Count":    {DataType: aws.String("Number.int"), StringValue: aws.String("3")},
			"raw":      {DataType: aws.String("Binary"), BinaryValue: []byte{0, 255}},
		},
		MessageSystemAttributes: map[string]types.MessageSystemAttributeValue{
			"AWSTraceHeader": {DataType: aws.String("String"), StringValue: &trace},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := aws.ToString(sent.MD5OfMessageAttributes), "00450be4eb53a13256170ce44c835c2a"; got != want {
		t.Errorf("MD5OfMessageAttributes = %s, want %s", got, want)
	}
	received, err := client.ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{
		QueueUrl: &url, MessageSystemAttributeNames: []types.MessageSystemAttributeName{"All"}, MessageAttributeNames: []string{"All"},
	})
	if err != nil || len(received.Messages) != 1 {
		t.Fatalf("received %v, error %v", received, err)
	}
	message := received.Messages[0]
	if *message.MessageId != *sent.MessageId || *message.Body != "héllo <&> \u2028" ||
		*message.MD5OfMessageAttributes != *sent.MD5OfMessageAttributes {
		t.Errorf("received %+v, sent %+v", message, sent)
	}
	if got := message.Attributes; got["AWSTraceHeader"] != trace || got["ApproximateReceiveCount"] != "1" || got["SenderId"] == "" ||
		got["SentTimestamp"] == "" || got["ApproximateFirstReceiveTimestamp"] == "" {
		t.Errorf("system attributes %v", got)
	}
	if diff := cmp.Diff([]byte{0, 255}, message.MessageAttributes["raw"].BinaryValue); diff != "" {
		t.Error(diff)
	}
	_, err = client.DeleteMessage(t.Context(), &sqs.DeleteMessageInput{QueueUrl: &url, ReceiptHandle: message.ReceiptHandle})
	if err != nil {
		t.Fatal(err)
	}
	wantCounts(t, client, url, 0, 0, 0)
}

func TestDigestOfAttributesIsAWSs(t *testing.T) {
	t.Parallel()
	client, _ := newClient(t, queue.Config{})
	url := create(t, client, "inbox", nil)
	sent, err := client.SendMessage(t.Context(), &sqs.SendMessageInput{
		QueueUrl: &url, MessageBody: aws.String("test"),
		MessageAttributes: map[string]types.MessageAttributeValue{"attr1": {
			DataType:    aws.String("Binary"),
			BinaryValue: []byte("traceparent\x1e00-774062d6c37081a5a0b9b5b88e30627c-2d2482211f6489da-01"),
		}},
	})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := *sent.MD5OfMessageAttributes, "8cbe4db156db8a94db8b801b7addb984"; got != want { // AWS's answer
		t.Errorf("MD5OfMessageAttributes = %s, want %s", got, want)
	}
}

func wantCounts(t *testing.T, client *sqs.Client, url string, visible, inFlight, delayed int) {
	t.Helper()
	answer, err := client.GetQueueAttributes(t.Context(), &sqs.GetQueueAttributesInput{
		QueueUrl: &url, AttributeNames: []types.QueueAttributeName{"All"},
	})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{
		"ApproximateNumberOfMessages":           fmt.Sprint(visible),
		"ApproximateNumberOfMessagesNotVisible": fmt.Sprint(inFlight),
		"ApproximateNumberOfMessagesDelayed":    fmt.Sprint(delayed),
	}
	got := map[string]string{}
	for name := range want {
		got[name] = answer.Attributes[name]
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestClientBatches(t *testing.T) {
	t.Parallel()
	client, _ := newClient(t, queue.Config{})
	url := create(t, client, "inbox", map[string]string{"MaximumMessageSize": "1024"})
	entry := func(id, body string, delay int32) types.SendMessageBatchRequestEntry {
		return types.SendMessageBatchRequestEntry{Id: &id, MessageBody: &body, DelaySeconds: delay}
	}
	entries := []types.SendMessageBatchRequestEntry{
		entry("a", "1", 0), entry("b", strings.Repeat("x", 1025), 0), entry("c", "3", 900), entry("d", "4", 0),
	}
	sent, err := client.SendMessageBatch(t.Context(), &sqs.SendMessageBatchInput{QueueUrl: &url, Entries: entries})
	if err != nil {
		t.Fatal(err)
	}
	if len(sent.Successful) != 3 || len(sent.Failed) != 1 ||
		*sent.Failed[0].Id != "b" || *sent.Failed[0].Code != "InvalidParameterValue" {
		t.Fatalf("sent %+v, failed %+v", sent.Successful, sent.Failed)
	}
	wantCounts(t, client, url, 2, 0, 1)
	received, err := client.ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{QueueUrl: &url, MaxNumberOfMessages: 10})
	if err != nil || len(received.Messages) != 2 {
		t.Fatalf("received %v, error %v", received, err)
	}
	wantCounts(t, client, url, 0, 2, 1)
	changed, err := client.ChangeMessageVisibilityBatch(t.Context(), &sqs.ChangeMessageVisibilityBatchInput{
		QueueUrl: &url, Entries: []types.ChangeMessageVisibilityBatchRequestEntry{
			{Id: aws.String("1"), ReceiptHandle: received.Messages[0].ReceiptHandle, VisibilityTimeout: 0},
			{Id: aws.String("2"), ReceiptHandle: received.Messages[1].ReceiptHandle, VisibilityTimeout: 43201},
		},
	})
	if err != nil || len(changed.Successful) != 1 || len(changed.Failed) != 1 {
		t.Fatalf("changed %+v, error %v", changed, err)
	}
	wantCounts(t, client, url, 1, 1, 1)
	deleted, err := client.DeleteMessageBatch(t.Context(), &sqs.DeleteMessageBatchInput{
		QueueUrl: &url, Entries: []types.DeleteMessageBatchRequestEntry{
			{Id: aws.String("1"), ReceiptHandle: received.Messages[0].ReceiptHandle},
			{Id: aws.String("2"), ReceiptHandle: aws.String("nonsense")},
		},
	})
	if err != nil || len(deleted.Successful) != 1 || len(deleted.Failed) != 1 || *deleted.Failed[0].Code != "ReceiptHandleIsInvalid" {
		t.Fatalf("deleted %+v, error %v", deleted, err)
	}
	wantCounts(t, client, url, 0, 1, 1)
	if _, err := client.PurgeQueue(t.Context(), &sqs.PurgeQueueInput{QueueUrl: &url}); err != nil {
		t.Fatal(err)
	}
	wantCounts(t, client, url, 0, 0, 0)
}

func TestClientManagesQueues(t *testing.T) {
	t.Parallel()
	client, queues := newClient(t, queue.Config{})
	for _, name := range []string{"b-2", "a", "b-1", "b-3"} {
		create(t, client, name, map[string]string{"DelaySeconds": "5"})
		create(t, client, name, map[string]string{"DelaySeconds": "5"})
		create(t, client, name, nil)
	}
	var names []string
	pages := sqs.NewListQueuesPaginator(client, &sqs.ListQueuesInput{QueueNamePrefix: aws.String("b"), MaxResults: aws.Int32(2)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, url := range page.QueueUrls {
			names = append(names, url[strings.LastIndex(url, "/")+1:])
		}
	}
	if diff := cmp.Diff([]string{"b-1", "b-2", "b-3"}, names); diff != "" {
		t.Error(diff)
	}

	found, err := client.GetQueueUrl(t.Context(), &sqs.GetQueueUrlInput{QueueName: aws.String("a")})
	if err != nil || !strings.HasSuffix(*found.QueueUrl, "/123456789012/a") ||
		!strings.HasPrefix(*found.QueueUrl, "http://127.0.0.1:") {
		t.Fatalf("GetQueueUrl: %v, error %v", found, err)
	}
	policy := `{"Statement": {"Effect": "Allow", "Principal": "*", "Action": "sqs:*", "Resource": "*"}}`
	_, err = client.SetQueueAttributes(t.Context(), &sqs.SetQueueAttributesInput{
		QueueUrl: found.QueueUrl, Attributes: map[string]string{"VisibilityTimeout": "7", "Policy": policy, "KmsMasterKeyId": "key"},
	})
	if err != nil {
		t.Fatal(err)
	}
	answer, err := client.GetQueueAttributes(t.Context(), &sqs.GetQueueAttributesInput{
		QueueUrl: found.QueueUrl, AttributeNames: []types.QueueAttributeName{"All"},
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, varying := range []string{"CreatedTimestamp", "LastModifiedTimestamp"} {
		if answer.Attributes[varying] == "" {
			t.Errorf("no %s", varying)
		}
		delete(answer.Attributes, varying)
	}
	want := map[string]string{
		"QueueArn": arn("a"), "DelaySeconds": "5", "VisibilityTimeout": "7", "MaximumMessageSize": "1048576",
		"MessageRetentionPeriod": "345600", "ReceiveMessageWaitTimeSeconds": "0", "SqsManagedSseEnabled": "false",
		"KmsMasterKeyId": "key", "Policy": strings.ReplaceAll(policy, " ", ""),
		"ApproximateNumberOfMessages": "0", "ApproximateNumberOfMessagesNotVisible": "0", "ApproximateNumberOfMessagesDelayed": "0",
	}
	if diff := cmp.Diff(want, answer.Attributes); diff != "" {
		t.Error(diff)
	}

	if _, err := client.DeleteQueue(t.Context(), &sqs.DeleteQueueInput{QueueUrl: found.QueueUrl}); err != nil {
		t.Fatal(err)
	}
	if err := queues.Send(t.Context(), iam.Caller{}, arn("a"), queue.Message{Body: "x"}); err == nil {
		t.Error("a deleted queue took a message")
	}
}

func TestClientGetsAWSsErrors(t *testing.T) {
	t.Parallel()
	client, _ := newClient(t, queue.Config{})
	url := create(t, client, "inbox", nil)
	elsewhere := strings.TrimSuffix(url, "inbox") + "none"
	ctx := context.Background()
	send := func(input sqs.SendMessageInput) error {
		input.QueueUrl = &url
		if input.MessageBody == nil {
			input.MessageBody = aws.String("x")
		}
		_, err := client.SendMessage(ctx, &input)
		return err
	}
	createWith := func(name string, attributes map[string]string) error {
		_, err := client.CreateQueue(ctx, &sqs.CreateQueueInput{QueueName: &name, Attributes: attributes})
		return err
	}
	receive := func(input sqs.ReceiveMessageInput) error {
		input.QueueUrl = &url
		_, err := client.ReceiveMessage(ctx, &input)
		return err
	}
	entries := func(ids ...string) error {
		input := sqs.SendMessageBatchInput{QueueUrl: &url, Entries: []types.SendMessageBatchRequestEntry{}}
		for _, id := range ids {
			body := strings.Repeat("x", 1<<18)
			input.Entries = append(input.Entries, types.SendMessageBatchRequestEntry{Id: &id, MessageBody: &body})
		}
		_, err := client.SendMessageBatch(ctx, &input)
		return err
	}
	attribute := func(name, dataType, value string) error {
		return send(sqs.SendMessageInput{MessageAttributes: map[string]types.MessageAttributeValue{
			name: {DataType: &dataType, StringValue: &value},
		}})
	}
	tests := []struct {
		name string
		err  error
		code string // as clients see it
	}{
		{"no such queue", func() error {
			_, err := client.SendMessage(ctx, &sqs.SendMessageInput{QueueUrl: &elsewhere, MessageBody: aws.String("x")})
			return err
		}(), "AWS.SimpleQueueService.NonExistentQueue"},
		{"URL of no such queue", func() error {
			_, err := client.GetQueueUrl(ctx, &sqs.GetQueueUrlInput{QueueName: aws.String("none")})
			return err
		}(), "AWS.SimpleQueueService.NonExistentQueue"},
		{"other attributes", createWith("inbox", map[string]string{"DelaySeconds": "1"}), "QueueAlreadyExists"},
		{"FIFO by name", createWith("inbox.fifo", nil), "AWS.SimpleQueueService.UnsupportedOperation"},
		{"FIFO by attribute", createWith("other", map[string]string{"FifoQueue": "true"}), "AWS.SimpleQueueService.UnsupportedOperation"},
		{"name", createWith("a b", nil), "InvalidParameterValue"},
		{"long name", createWith(strings.Repeat("a", 81), nil), "InvalidParameterValue"},
		{"attribute", createWith("other", map[string]string{"Colour": "red"}), "InvalidAttributeName"},
		{"number too high", createWith("other", map[string]string{"VisibilityTimeout": "43201"}), "InvalidAttributeValue"},
		{"number too low", createWith("other", map[string]string{"MessageRetentionPeriod": "59"}), "InvalidAttributeValue"},
		{"no number", createWith("other", map[string]string{"DelaySeconds": "soon"}), "InvalidAttributeValue"},
		{"policy", createWith("other", map[string]string{"Policy": "{"}), "InvalidAttributeValue"},
		{"redrive policy", createWith("other", map[string]string{"RedrivePolicy": "{"}), "InvalidParameterValue"},
		{"redrive elsewhere", createWith("other", map[string]string{
			"RedrivePolicy": `{"deadLetterTargetArn":"arn:aws:sqs:us-east-1:1:x","maxReceiveCount":1}`,
		}), "InvalidParameterValue"},
		{"redrive never", createWith("other", map[string]string{
			"RedrivePolicy": `{"deadLetterTargetArn":"` + arn("inbox") + `","maxReceiveCount":0}`,
		}), "InvalidParameterValue"},
		{"empty body", send(sqs.SendMessageInput{MessageBody: aws.String("")}), "MissingParameter"},
		{"long body", send(sqs.SendMessageInput{MessageBody: aws.String(strings.Repeat("x", 1<<20+1))}), "InvalidParameterValue"},
		{"characters", send(sqs.SendMessageInput{MessageBody: aws.String("a\x01")}), "InvalidMessageContents"},
		{"delay", send(sqs.SendMessageInput{DelaySeconds: 901}), "InvalidParameterValue"},
		{"deduplication", send(sqs.SendMessageInput{MessageDeduplicationId: aws.String("x")}), "InvalidParameterValue"},
		{"group", send(sqs.SendMessageInput{MessageGroupId: aws.String("a b")}), "InvalidParameterValue"},
		{"system attribute", send(sqs.SendMessageInput{MessageSystemAttributes: map[string]types.MessageSystemAttributeValue{
			"Other": {DataType: aws.String("String"), StringValue: aws.String("x")},
		}}), "InvalidParameterValue"},
		{"attribute's name", attribute("a b", "String", "x"), "InvalidParameterValue"},
		{"attribute of AWS", attribute("AWS.x", "String", "x"), "InvalidParameterValue"},
		{"attribute with dots", attribute("a..b", "String", "x"), "InvalidParameterValue"},
		{"attribute's type", attribute("a", "Text", "x"), "InvalidParameterValue"},
		{"attribute's value", attribute("a", "String", ""), "InvalidParameterValue"},
		{"attribute's characters", attribute("a", "String", "\x02"), "InvalidParameterValue"},
		{"eleven messages", receive(sqs.ReceiveMessageInput{MaxNumberOfMessages: 11}), "InvalidParameterValue"},
		{"long wait", receive(sqs.ReceiveMessageInput{WaitTimeSeconds: 21}), "InvalidParameterValue"},
		{"no entries", entries(), "AWS.SimpleQueueService.EmptyBatchRequest"},
		{"eleven entries", entries("1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11"),
			"AWS.SimpleQueueService.TooManyEntriesInBatchRequest"},
		{"same id", entries("1", "1"), "AWS.SimpleQueueService.BatchEntryIdsNotDistinct"},
		{"odd id", entries("a:b"), "AWS.SimpleQueueService.InvalidBatchEntryId"},
		{"long batch", entries("1", "2", "3", "4", "5"), "AWS.SimpleQueueService.BatchRequestTooLong"},
		{"receipt handle", func() error {
			_, err := client.DeleteMessage(ctx, &sqs.DeleteMessageInput{QueueUrl: &url, ReceiptHandle: aws.String("x")})
			return err
		}(), "ReceiptHandleIsInvalid"},
		{"attribute to get", func() error {
			names := []types.QueueAttributeName{"Colour"}
			_, err := client.GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{QueueUrl: &url, AttributeNames: names})
			return err
		}(), "InvalidAttributeName"},
		{"tags", func() error {
			_, err := client.CreateQueue(ctx, &sqs.CreateQueueInput{QueueName: aws.String("other"), Tags: map[string]string{"a": "b"}})
			return err
		}(), "AWS.SimpleQueueService.UnsupportedOperation"},
		{"operation", func() error {
			_, err := client.ListQueueTags(ctx, &sqs.ListQueueTagsInput{QueueUrl: &url})
			return err
		}(), "UnknownOperationException"},
	}
	for _, test := range tests {
		var apiError smithy.APIError
		if !errors.As(test.err, &apiError) {
			t.Errorf("%s: error %v, want %s", test.name, test.err, test.code)
			continue
		}
		if apiError.ErrorCode() != test.code {
			t.Errorf("%s: %s: %s, want %s", test.name, apiError.ErrorCode(), apiError.ErrorMessage(), test.code)
		}
	}
	var typed *types.QueueDoesNotExist
	if !errors.As(tests[0].err, &typed) {
		t.Errorf("the client does not know the error's type: %T", tests[0].err)
	}
}

func TestAttributesAreShownAsAskedFor(t *testing.T) {
	t.Parallel()
	client, _ := newClient(t, queue.Config{})
	url := create(t, client, "inbox", map[string]string{"VisibilityTimeout": "0"})
	text := func(value string) types.MessageAttributeValue {
		return types.MessageAttributeValue{DataType: aws.String("String"), StringValue: &value}
	}
	_, err := client.SendMessage(t.Context(), &sqs.SendMessageInput{
		QueueUrl: &url, MessageBody: aws.String("x"),
		MessageAttributes: map[string]types.MessageAttributeValue{"Help.Me": text("1"), "Help": text("2"), "Hello": text("3")},
	})
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct{ ask, want []string }{
		{nil, nil},
		{[]string{"All"}, []string{"Hello", "Help", "Help.Me"}},
		{[]string{".*"}, []string{"Hello", "Help", "Help.Me"}},
		{[]string{"Help"}, []string{"Help"}},
		{[]string{"Help.*"}, []string{"Help.Me"}},
		{[]string{"Hel", "Hello"}, []string{"Hello"}},
	}
	for _, test := range tests {
		received, err := client.ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{QueueUrl: &url, MessageAttributeNames: test.ask})
		if err != nil || len(received.Messages) != 1 {
			t.Fatalf("received %+v, error %v", received, err)
		}
		var got []string
		for name := range received.Messages[0].MessageAttributes {
			got = append(got, name)
		}
		slices.Sort(got)
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("asked for %v: %s", test.ask, diff)
		}
	}
}
