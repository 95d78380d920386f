package mailbox_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/sesv2"
	"github.com/aws/aws-sdk-go-v2/service/sesv2/types"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/mailbox"
)

func TestRecipientsThatAskForTrouble(t *testing.T) {
	t.Parallel()
	box := open(t, mailbox.Config{Late: time.Nanosecond})
	to := client(t, box)
	tests := []struct {
		recipient, code string
		status          int  // of the answer; 0 when there is none
		taken           bool // whether the mail was
	}{
		{"success@simulator.amazonses.com", "", 200, true},
		{"bounce@simulator.amazonses.com", "", 200, true},
		{"complaint+label@simulator.amazonses.com", "", 200, true},
		{"suppressionlist@simulator.amazonses.com", "", 200, true},
		{"throttled@trouble.example", "TooManyRequestsException", 429, false},
		{"Ben <Throttled+1@Trouble.example>", "TooManyRequestsException", 429, false},
		{"broken@trouble.example", "InternalFailure", 500, false},
		{"rejected@trouble.example", "MessageRejected", 400, false},
		{"unverified@trouble.example", "MailFromDomainNotVerifiedException", 400, false},
		{"limited@trouble.example", "LimitExceededException", 400, false},
		{"suspended@trouble.example", "AccountSuspendedException", 400, false},
		{"paused@trouble.example", "SendingPausedException", 400, false},
		{"slow@trouble.example", "", 200, true},
		{"cut@trouble.example", "", 0, true},
		{"nobody@trouble.example", "", 200, true},
		{"cut@not.trouble.example", "", 200, true},
	}
	for _, test := range tests {
		for field, set := range map[string]func(*types.Destination){
			"to":  func(d *types.Destination) { d.ToAddresses = append(d.ToAddresses, test.recipient) },
			"bcc": func(d *types.Destination) { d.BccAddresses = []string{test.recipient} },
		} {
			before := len(mails(t, box))
			input := message()
			set(input.Destination)
			_, err := to.SendEmail(t.Context(), input)
			status := 200
			var response interface{ HTTPStatusCode() int }
			if errors.As(err, &response) {
				status = response.HTTPStatusCode()
			} else if err != nil {
				status = 0
			}
			if codeOf(err) != test.code || status != test.status {
				t.Errorf("%s: %s: status %d, error %v", field, test.recipient, status, err)
			}
			if taken := len(mails(t, box)) > before; taken != test.taken {
				t.Errorf("%s: %s: taken %v, want %v", field, test.recipient, taken, test.taken)
			}
		}
	}
}

func TestTheFirstTroubleCounts(t *testing.T) {
	t.Parallel()
	to := client(t, open(t, mailbox.Config{}))
	input := message()
	input.Destination.ToAddresses = []string{"maria@example.com", "rejected@trouble.example", "throttled@trouble.example"}
	if _, err := to.SendEmail(t.Context(), input); codeOf(err) != "MessageRejected" {
		t.Errorf("error %v", err)
	}
	input.FromEmailAddress = aws.String("nobody@example.com")
	if _, err := to.SendEmail(t.Context(), input); codeOf(err) != "MessageRejected" || !strings.Contains(err.Error(), "not verified") {
		t.Errorf("SES checks before it takes: error %v", err)
	}
}

func TestALateAnswerIsLate(t *testing.T) {
	t.Parallel()
	box := open(t, mailbox.Config{Late: time.Hour})
	to := client(t, box)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	input := message()
	input.Destination.ToAddresses = []string{"slow@trouble.example"}
	go func() {
		_, err := to.SendEmail(ctx, input)
		ended <- err
	}()
	for len(mails(t, box)) == 0 { // it is taken before it is answered
		select {
		case err := <-ended:
			t.Fatalf("answered at once: %v", err)
		default:
		}
	}
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}

func TestFaultsByChance(t *testing.T) {
	t.Parallel()
	always := func() bool { return true }
	never := func() bool { return false }
	for _, test := range []struct {
		name   string
		faults mailbox.Faults
		code   string
		taken  int
	}{
		{"none", mailbox.Faults{Throttle: never, Fail: never, Cut: never}, "", 1},
		{"throttled", mailbox.Faults{Throttle: always, Fail: always, Cut: always}, "TooManyRequestsException", 0},
		{"failed", mailbox.Faults{Fail: always, Cut: always}, "InternalFailure", 0},
	} {
		box := open(t, mailbox.Config{Faults: test.faults})
		_, err := client(t, box).SendEmail(t.Context(), message())
		if codeOf(err) != test.code || test.code == "" && err != nil || len(mails(t, box)) != test.taken {
			t.Errorf("%s: error %v, %d mails", test.name, err, len(mails(t, box)))
		}
	}
}

// TestACutConnectionMakesTheSDKSendAgain shows what the fault is for: a mail that is there twice.
func TestACutConnectionMakesTheSDKSendAgain(t *testing.T) {
	t.Parallel()
	cuts := 1
	box := open(t, mailbox.Config{Faults: mailbox.Faults{Cut: func() bool { cuts--; return cuts >= 0 }}})
	server := httptest.NewServer(box.Handler())
	defer server.Close()
	to := client(t, box)
	_, err := to.SendEmail(t.Context(), message(), func(options *sesv2.Options) {
		options.BaseEndpoint = &server.URL
		options.Retryer = retry.NewStandard(func(o *retry.StandardOptions) {
			o.Backoff = retry.BackoffDelayerFunc(func(int, error) (time.Duration, error) { return 0, nil })
		})
	})
	if err != nil || len(mails(t, box)) != 2 {
		t.Errorf("%d mails, error %v", len(mails(t, box)), err)
	}
}

func TestACutConnectionHasNoAnswer(t *testing.T) {
	t.Parallel()
	box := open(t, mailbox.Config{Faults: mailbox.Faults{Cut: func() bool { return true }}})
	server := httptest.NewServer(box.Handler())
	defer server.Close()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL+"/v2/email/outbound-emails", strings.NewReader(string(body(t, nil))))
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err == nil {
		response.Body.Close()
	}
	if !errors.Is(err, io.EOF) {
		t.Errorf("answer %v, error %v", response, err)
	}
}
