package notification_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/sesv2"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"github.com/bayon-coagent/event-consumers/functions/notification-processor/notification"
	"github.com/bayon-coagent/event-consumers/internal/awsenv"
	"github.com/bayon-coagent/event-consumers/internal/awsenv/mailenv"
	"github.com/bayon-coagent/event-consumers/internal/consumer"
	"github.com/bayon-coagent/event-consumers/internal/idempotency"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/platformtest"
	"github.com/bayon-coagent/event-consumers/internal/mail"
	"github.com/bayon-coagent/event-consumers/internal/table"
	"github.com/bayon-coagent/event-consumers/internal/unsubscribe"
	"github.com/bayon-coagent/event-consumers/pkg/events"
	"github.com/bayon-coagent/event-consumers/pkg/events/eventstest"
)

// function is the whole function, as Lambda invokes it, on the world's table and bus.
func (w *world) function(mailer *mailenv.Mailer) (*consumer.Consumer, *observer.ObservedLogs) {
	var tokens int
	core, logs := observer.New(zapcore.DebugLevel)
	platform := &awsenv.Platform{Table: table.New(w.Client, platformtest.Table), Publisher: w.Bus.Publisher(), Now: w.Now}
	return consumer.New(consumer.Config{
		Function: "notification-processor", Environment: "development", Logger: zap.New(core), Metrics: io.Discard, Now: w.Now,
		Once: idempotency.NewRecords(w.Client, platformtest.IdempotencyTable, w.Now, func() string { tokens++; return fmt.Sprint(tokens) }),
	}, notification.Handlers(platform, mailer)...), logs
}

// realMailer is the real mailer, whose services are at an endpoint.
func realMailer(t *testing.T, endpoint string) *mailenv.Mailer {
	t.Helper()
	composer, err := mail.NewComposer("Bayon <alerts@bayon.example>", "https://app.bayon.example")
	if err != nil {
		t.Fatal(err)
	}
	credentials := credentials.NewStaticCredentialsProvider("id", "secret", "")
	return &mailenv.Mailer{
		Composer: composer,
		Sender: mail.NewSender(func() mail.SendEmail {
			return sesv2.New(sesv2.Options{Region: "us-east-1", BaseEndpoint: &endpoint, Credentials: credentials}).SendEmail
		}),
		Secret: unsubscribe.NewSecret(func() unsubscribe.GetSecretValue {
			return secretsmanager.New(secretsmanager.Options{Region: "us-east-1", BaseEndpoint: &endpoint, Credentials: credentials}).GetSecretValue
		}, "bayon/unsubscribe"),
	}
}

// services stands for SES and Secrets Manager, and keeps the mails. cut lets the connection be cut after a mail was read.
type services struct {
	mu    sync.Mutex
	mails []letter
	cut   bool
}

type letter struct {
	Destination struct{ ToAddresses []string }
	Content     struct {
		Simple struct {
			Subject struct{ Data string }
			Headers []struct{ Name, Value string }
		}
	}
}

func (s *services) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("X-Amz-Target") == "secretsmanager.GetSecretValue" {
		io.WriteString(w, `{"SecretString":"an example secret of 32+ characters"}`)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var read letter
	if err := json.NewDecoder(r.Body).Decode(&read); err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	s.mails = append(s.mails, read)
	if s.cut {
		connection, _, _ := w.(http.Hijacker).Hijack()
		connection.Close()
		return
	}
	fmt.Fprintf(w, `{"MessageId":"message-%d"}`, len(s.mails))
}

// received are the mails so far.
func (s *services) received() []letter {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.mails)
}

// Each sample event goes through the whole function, from what Lambda delivers to what SES gets; twice, as may happen.
func TestSamplesThroughTheWholeFunction(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.putOf("agent-maria", "PROFILE", "UserProfile", fields{"name": "Maria", "email": "maria@example.com"})
	w.set(time.Date(2026, 11, 24, 15, 30, 5, 0, time.UTC))
	ses := &services{}
	server := httptest.NewServer(ses)
	defer server.Close()
	function, logs := w.function(realMailer(t, server.URL))
	samples, err := filepath.Glob("../testdata/*.json")
	if err != nil || len(samples) != 10 {
		t.Fatalf("%d samples, error %v", len(samples), err)
	}
	for range 2 {
		for _, sample := range samples {
			payload, err := os.ReadFile(sample)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := function.Invoke(t.Context(), payload); err != nil {
				t.Errorf("%s: %v", sample, err)
			}
		}
	}
	if ended := logs.FilterMessage("invocation ended"); ended.Len() != 20 || ended.FilterField(zap.String("outcome", "ignored")).Len() > 0 {
		t.Errorf("%d invocations, of which %d were ignored", ended.Len(), ended.FilterField(zap.String("outcome", "ignored")).Len())
	}
	mails := ses.received()
	if len(mails) != 5 {
		t.Fatalf("%d mails", len(mails))
	}
	for _, sent := range mails {
		if got := sent.Destination.ToAddresses; len(got) != 1 || got[0] != "maria@example.com" {
			t.Errorf("to %q", got)
		}
		headers := sent.Content.Simple.Headers
		if len(headers) != 2 || !strings.HasPrefix(headers[0].Value, "<https://app.bayon.example/unsubscribe?token=") || sent.Content.Simple.Subject.Data == "" {
			t.Errorf("%+v", sent)
		}
	}
	if got := len(eventstest.Published[events.NotificationSent](t, w.Bus)); got != 5 {
		t.Errorf("%d told as sent", got)
	}
	for _, entry := range logs.All() {
		if text := strings.ToLower(fmt.Sprint(entry.Message, entry.ContextMap())); strings.Contains(text, "example.com") || strings.Contains(text, "elm street") ||
			strings.Contains(text, "token=") || strings.Contains(text, "maria@") {
			t.Errorf("logged: %s", text)
		}
	}
}

// A connection that is cut after the mail was read leaves it open whether it was sent: then it is not sent again.
func TestCutConnectionIsNotSentAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ses := &services{cut: true}
	server := httptest.NewServer(ses)
	defer server.Close()
	function, _ := w.function(realMailer(t, server.URL))
	payload := eventstest.Payload(t, alertCreated("A").Detail)
	if _, err := function.Invoke(t.Context(), payload); err != nil {
		t.Fatal(err)
	}
	w.pass(time.Hour)
	due := eventstest.Payload(t, events.CheckDue{Check: "notifications", UserID: agent, DueAt: events.At(w.Now())})
	if _, err := function.Invoke(t.Context(), due); err != nil {
		t.Fatal(err)
	}
	if got := len(ses.received()); got != 1 {
		t.Errorf("%d mails", got)
	}
	w.want("Failed: We could not find out")
}
