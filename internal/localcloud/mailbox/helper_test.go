package mailbox_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/sesv2"
	"github.com/aws/aws-sdk-go-v2/service/sesv2/types"
	"github.com/aws/smithy-go"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/mailbox"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/store"
)

var sentAt = time.Date(2026, 11, 24, 8, 30, 0, 0, time.UTC)

func memory(t testing.TB) *store.Space {
	t.Helper()
	opened, err := store.OpenMemory()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = opened.Close() })
	return opened.Space("ses")
}

// open opens a mailbox with the identities and configuration sets that the tests know.
func open(t testing.TB, config mailbox.Config) *mailbox.Mailbox {
	t.Helper()
	if config.Space == nil {
		config.Space = memory(t)
	}
	config.Identities = []mailbox.Identity{{Name: "alerts@bayon.example"}, {Name: "Homes.example", ConfigurationSet: "notifications"}, {Name: "stale.example", ConfigurationSet: "gone"}}
	config.ConfigurationSets = []mailbox.ConfigurationSet{{Name: "notifications"}, {Name: "paused", Paused: true}}
	config.Now = func() time.Time { return sentAt }
	box, err := mailbox.New(config)
	if err != nil {
		t.Fatal(err)
	}
	return box
}

func mails(t testing.TB, box *mailbox.Mailbox) []mailbox.Mail {
	t.Helper()
	all, err := box.Mails()
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// client is the SDK's own; it tries once.
func client(t *testing.T, box *mailbox.Mailbox) *sesv2.Client {
	t.Helper()
	server := httptest.NewServer(box.Handler())
	t.Cleanup(server.Close)
	return sesv2.New(sesv2.Options{
		Region: "us-east-1", BaseEndpoint: &server.URL, Credentials: credentials.NewStaticCredentialsProvider("any", "any", ""),
		Retryer: aws.NopRetryer{},
	})
}

// message is a mail that SES takes.
func message() *sesv2.SendEmailInput {
	return &sesv2.SendEmailInput{
		FromEmailAddress: aws.String("Bayon CoAgent <alerts@bayon.example>"),
		Destination:      &types.Destination{ToAddresses: []string{"maria@example.com"}},
		Content: &types.EmailContent{Simple: &types.Message{
			Subject: content("A price fell"),
			Body:    &types.Body{Text: content("From $500,000 to $475,000."), Html: content("<p>From $500,000 to $475,000.</p>")},
		}},
	}
}

func content(data string) *types.Content {
	return &types.Content{Data: &data, Charset: aws.String("UTF-8")}
}

// codeOf is the code of a refusal, or empty.
func codeOf(err error) string {
	var refusal smithy.APIError
	if errors.As(err, &refusal) {
		return refusal.ErrorCode()
	}
	return ""
}

// post sends a request that the SDK would not.
func post(box *mailbox.Mailbox, path string, body []byte) (int, string) {
	request := httptest.NewRequest(http.MethodPost, path, bytes.NewReader(body))
	answer := httptest.NewRecorder()
	box.Handler().ServeHTTP(answer, request)
	return answer.Code, answer.Header().Get("X-Amzn-Errortype") + " " + answer.Body.String()
}

// body is a valid request with some members replaced.
func body(t testing.TB, members map[string]any) []byte {
	t.Helper()
	request := map[string]any{
		"FromEmailAddress": "alerts@bayon.example",
		"Destination":      map[string]any{"ToAddresses": []string{"maria@example.com"}},
		"Content":          simple(nil),
	}
	for name, value := range members {
		request[name] = value
	}
	encoded, err := json.Marshal(request)
	if err != nil {
		t.Fatal(err)
	}
	return encoded
}

// simple is a valid content with some members replaced.
func simple(members map[string]any) map[string]any {
	message := map[string]any{"Subject": map[string]any{"Data": "s"}, "Body": map[string]any{"Text": map[string]any{"Data": "t"}}}
	for name, value := range members {
		message[name] = value
	}
	return map[string]any{"Simple": message}
}
