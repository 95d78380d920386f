package mail_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/sesv2"
	"github.com/google/go-cmp/cmp"

	"github.com/bayon-coagent/event-consumers/internal/mail"
)

func letter() mail.Letter {
	return mail.Letter{
		From: "Bayon <alerts@bayon.example>", To: "maria@example.com", Subject: "Préis", Text: "text", HTML: "<p>html</p>",
		Headers: []mail.Header{{Name: "List-Unsubscribe", Value: "<https://app.bayon.example/unsubscribe?token=t>"}},
		Tags:    []mail.Tag{{Name: mail.TagKind, Value: "price-reduction"}},
	}
}

// senderTo is a sender to an endpoint that stands for SES.
func senderTo(endpoint string) *mail.Sender {
	return mail.NewSender(sync.OnceValue(func() mail.SendEmail {
		return sesv2.New(sesv2.Options{
			Region: "us-east-1", BaseEndpoint: &endpoint, RetryMaxAttempts: 5,
			Credentials: credentials.NewStaticCredentialsProvider("id", "secret", ""),
		}).SendEmail
	})).WithoutPauses()
}

// service stands for SES: it reads each letter whole, and then answers.
func service(t *testing.T, answer func(call int, w http.ResponseWriter)) (endpoint string, calls *atomic.Int64) {
	t.Helper()
	calls = new(atomic.Int64)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		answer(int(calls.Add(1)), w)
	}))
	t.Cleanup(server.Close)
	return server.URL, calls
}

func refuse(status int, code string) func(int, http.ResponseWriter) {
	return func(_ int, w http.ResponseWriter) { writeRefusal(w, status, code) }
}

// SES names people in its messages.
func writeRefusal(w http.ResponseWriter, status int, code string) {
	if code != "" {
		w.Header().Set("X-Amzn-Errortype", code)
	}
	w.WriteHeader(status)
	io.WriteString(w, `{"message":"Email address is not verified: maria@example.com"}`)
}

// cut ends the connection instead of answering.
func cut(_ int, w http.ResponseWriter) {
	connection, _, err := w.(http.Hijacker).Hijack()
	if err != nil {
		panic(err)
	}
	connection.Close()
}

func TestLetterAsSESGetsIt(t *testing.T) {
	t.Parallel()
	var request map[string]any
	var path string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		path = r.Method + " " + r.URL.Path
		if !r.Close {
			t.Error("the connection is kept")
		}
		if err := json.NewDecoder(r.Body).Decode(&request); err != nil {
			t.Error(err)
		}
		io.WriteString(w, `{"MessageId":"message-1"}`)
	}))
	defer server.Close()
	id, err := senderTo(server.URL).Send(t.Context(), letter())
	if err != nil || id != "message-1" || path != "POST /v2/email/outbound-emails" {
		t.Fatalf("%s: id %q, error %v", path, id, err)
	}
	content := func(text string) any { return map[string]any{"Data": text, "Charset": "UTF-8"} }
	want := map[string]any{
		"FromEmailAddress": "Bayon <alerts@bayon.example>",
		"Destination":      map[string]any{"ToAddresses": []any{"maria@example.com"}},
		"Content": map[string]any{"Simple": map[string]any{
			"Subject": content("Préis"),
			"Body":    map[string]any{"Text": content("text"), "Html": content("<p>html</p>")},
			"Headers": []any{map[string]any{"Name": "List-Unsubscribe", "Value": "<https://app.bayon.example/unsubscribe?token=t>"}},
		}},
		"EmailTags": []any{map[string]any{"Name": "kind", "Value": "price-reduction"}},
	}
	if diff := cmp.Diff(want, request); diff != "" {
		t.Errorf("the request (-want +got):\n%s", diff)
	}
}

// outcome is the kind of what a sender returned.
func outcome(err error) string {
	var unavailable *mail.UnavailableError
	var uncertain *mail.UncertainError
	var refused *mail.RefusedError
	switch {
	case err == nil:
		return "sent"
	case errors.As(err, &unavailable) && !unavailable.Permanent():
		return "unavailable"
	case errors.As(err, &uncertain) && !uncertain.Permanent():
		return "uncertain"
	case errors.As(err, &refused) && refused.Permanent():
		return "refused: " + refused.Reason[:5]
	}
	return err.Error()
}

func TestOutcomes(t *testing.T) {
	t.Parallel()
	const letterAtFault, serviceAtFault = "refused: The e", "refused: We ca"
	tests := []struct {
		name   string
		answer func(call int, w http.ResponseWriter)
		want   string
		calls  int64
	}{
		{"accepted", func(_ int, w http.ResponseWriter) { io.WriteString(w, `{"MessageId":"1"}`) }, "sent", 1},
		{"too many requests", refuse(429, "TooManyRequestsException"), "unavailable", 4},
		{"429 of whatever name", refuse(429, ""), "unavailable", 4},
		{"throttling", refuse(400, "ThrottlingException"), "unavailable", 4},
		{"a limit", refuse(400, "LimitExceededException"), "unavailable", 4},
		{"throttled, then accepted", func(call int, w http.ResponseWriter) {
			if call < 3 {
				writeRefusal(w, 429, "TooManyRequestsException")
			}
		}, "sent", 3},
		{"throttled, then cut", func(call int, w http.ResponseWriter) {
			if call == 1 {
				writeRefusal(w, 429, "TooManyRequestsException")
				return
			}
			cut(call, w)
		}, "uncertain", 2},
		{"a fault", refuse(500, "InternalServiceErrorException"), "unavailable", 1},
		{"away", refuse(503, "ServiceUnavailable"), "unavailable", 1},
		{"a gateway without an answer", refuse(502, ""), "uncertain", 1},
		{"a gateway that waited", refuse(504, ""), "uncertain", 1},
		{"accepted, with half an answer", func(_ int, w http.ResponseWriter) {
			w.Header().Set("Content-Length", "100")
			io.WriteString(w, `{"MessageId":`)
		}, "uncertain", 1},
		{"accepted, and no JSON", func(_ int, w http.ResponseWriter) { io.WriteString(w, "<html>") }, "uncertain", 1},
		{"cut after the letter", cut, "uncertain", 1},
		{"rejected", refuse(400, "MessageRejected"), letterAtFault, 1},
		{"an invalid address", refuse(400, "BadRequestException"), letterAtFault, 1},
		{"an unverified domain", refuse(400, "MailFromDomainNotVerifiedException"), serviceAtFault, 1},
		{"a paused account", refuse(400, "SendingPausedException"), serviceAtFault, 1},
		{"a suspended account", refuse(400, "AccountSuspendedException"), serviceAtFault, 1},
		{"no such configuration", refuse(404, "NotFoundException"), serviceAtFault, 1},
		{"a refusal of whatever name", refuse(400, ""), serviceAtFault, 1},
		{"an expired token", refuse(403, "ExpiredTokenException"), "unavailable", 1},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			endpoint, calls := service(t, test.answer)
			_, err := senderTo(endpoint).Send(t.Context(), letter())
			if outcome(err) != test.want || calls.Load() != test.calls {
				t.Errorf("%s after %d calls (%v), want %s after %d", outcome(err), calls.Load(), err, test.want, test.calls)
			}
			if err != nil && strings.Contains(err.Error(), "maria") {
				t.Errorf("the error names an address: %v", err)
			}
		})
	}
}

func TestNobodyThereIsUnavailable(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	endpoint := "http://" + listener.Addr().String()
	listener.Close()
	_, err = senderTo(endpoint).Send(t.Context(), letter())
	if outcome(err) != "unavailable" || !strings.Contains(err.Error(), "connection refused") {
		t.Errorf("%s: %v", outcome(err), err)
	}
}

func TestOverBeforeItBeganIsUnavailable(t *testing.T) {
	t.Parallel()
	endpoint, calls := service(t, refuse(500, ""))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := senderTo(endpoint).Send(ctx, letter())
	if outcome(err) != "unavailable" || calls.Load() != 0 {
		t.Errorf("%s after %d calls: %v", outcome(err), calls.Load(), err)
	}
}

func TestTimeThatEndsBeforeTheAnswerIsUncertain(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	over := make(chan struct{})
	endpoint, calls := service(t, func(int, http.ResponseWriter) {
		cancel()
		<-over
	})
	_, err := senderTo(endpoint).Send(ctx, letter())
	close(over)
	if outcome(err) != "uncertain" || calls.Load() != 1 {
		t.Errorf("%s after %d calls: %v", outcome(err), calls.Load(), err)
	}
}

// A pause between two tries that time does not allow follows an answer: nothing was sent.
func TestTimeThatEndsInAPauseIsUnavailable(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	endpoint, calls := service(t, func(_ int, w http.ResponseWriter) { writeRefusal(w, 429, "TooManyRequestsException") })
	sender := senderTo(endpoint).WithPause(cancel)
	_, err := sender.Send(ctx, letter())
	if outcome(err) != "unavailable" || calls.Load() != 1 {
		t.Errorf("%s after %d calls: %v", outcome(err), calls.Load(), err)
	}
}

func TestClientIsMadeWhenFirstNeeded(t *testing.T) {
	t.Parallel()
	made := 0
	sender := mail.NewSender(func() mail.SendEmail {
		made++
		return func(context.Context, *sesv2.SendEmailInput, ...func(*sesv2.Options)) (*sesv2.SendEmailOutput, error) {
			return &sesv2.SendEmailOutput{MessageId: aws.String("1")}, nil
		}
	})
	if made != 0 {
		t.Error("made before it is needed")
	}
	if id, err := sender.Send(t.Context(), letter()); id != "1" || err != nil || made != 1 {
		t.Errorf("id %q, error %v, made %d", id, err, made)
	}
}
