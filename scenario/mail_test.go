package scenario_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"syscall"
	"testing"
)

// mailTemplate describes a stack that has no functions, but what they need to send mail.
const mailTemplate = "testdata/mail.yaml"

// sendEmail are the arguments of the AWS CLI that send a mail.
func sendEmail(from, to string, more ...string) []string {
	return append([]string{
		"sesv2", "send-email", "--from-email-address", from, "--destination", "ToAddresses=" + to,
		"--content", `{"Simple":{"Subject":{"Data":"Price cut: –5%","Charset":"UTF-8"},"Body":{"Text":{"Data":"Hello Maria"},"Html":{"Data":"<p>Hello</p>"}},` +
			`"Headers":[{"Name":"List-Unsubscribe","Value":"<https://app.example/unsubscribe?token=t>"}]}}`,
		"--query", "MessageId",
	}, more...)
}

func TestMailThroughTheAWSCommandLine(t *testing.T) {
	t.Parallel()
	venv(t)
	c := start(t, "--template", mailTemplate)
	const secret = "bayon-coagent-unsubscribe-development"
	steps := []struct {
		name      string
		arguments []string
		succeeds  bool
		want      string // what the output holds
	}{
		{"send", sendEmail("Bayon <alerts@bayon.example>", "maria@example.com"), true, "-000000"},
		{"send with a configuration set", sendEmail("alerts@bayon.example", "success@simulator.amazonses.com", "--configuration-set-name", "notifications"), true, "-000000"},
		{"unknown configuration set", sendEmail("alerts@bayon.example", "maria@example.com", "--configuration-set-name", "nothing"), false, "NotFoundException"},
		{"unverified sender", sendEmail("alerts@example.com", "maria@example.com"), false, "(MessageRejected)"},
		{"no address", sendEmail("alerts@bayon.example", "maria"), false, "(BadRequestException)"},
		{"rejected", sendEmail("alerts@bayon.example", "rejected@trouble.example"), false, "(MessageRejected)"},
		{"throttled", sendEmail("alerts@bayon.example", "throttled@trouble.example"), false, "(TooManyRequestsException)"},
		{"broken", sendEmail("alerts@bayon.example", "broken@trouble.example"), false, "(InternalFailure)"},
		{"cut", sendEmail("alerts@bayon.example", "cut@trouble.example"), false, "Connection"},
		{"another operation", strings.Fields("sesv2 list-email-identities"), false, "UnknownOperationException"},
		{"secret", strings.Fields("secretsmanager get-secret-value --secret-id " + secret + " --query ARN"), true, "123456789012:secret:" + secret + "-"},
		{"no such secret", strings.Fields("secretsmanager get-secret-value --secret-id nothing"), false, "(ResourceNotFoundException)"},
		{"another operation on secrets", strings.Fields("secretsmanager list-secrets"), false, "UnknownOperationException"},
	}
	for _, step := range steps {
		succeeded, output := c.aws(step.arguments...)
		if succeeded != step.succeeds || !strings.Contains(output, step.want) {
			t.Errorf("%s: succeeded %v, want %q in:\n%s", step.name, succeeded, step.want, output)
		}
	}

	value := func() string {
		succeeded, output := c.aws("secretsmanager", "get-secret-value", "--secret-id", secret, "--query", "[SecretString,VersionId,CreatedDate]")
		if !succeeded || len(strings.Fields(output)[0]) != 64 {
			t.Fatal("no secret of 64 characters")
		}
		return output
	}
	before, mails := value(), c.mails()
	if len(mails) != 3 {
		t.Fatalf("%d mails, want the two that were sent and the one whose answer was cut", len(mails))
	}
	first := mails[0]
	if first.From != "Bayon <alerts@bayon.example>" || fmt.Sprint(first.To) != "[maria@example.com]" || first.Subject != "Price cut: –5%" ||
		first.Text != "Hello Maria" || first.HTML != "<p>Hello</p>" || first.Headers["List-Unsubscribe"] != "<https://app.example/unsubscribe?token=t>" ||
		!strings.HasPrefix(first.SentAt, "20") {
		t.Errorf("the first mail: %+v", first)
	}
	for _, test := range []struct {
		arguments string
		code      int
		want      string
	}{
		{"mail", 0, "maria@example.com                Price cut: –5%"},
		{"mail --json", 0, `"from":"Bayon <alerts@bayon.example>"`},
		{"mail list", 0, "success@simulator.amazonses.com"},
		{"mail show 1", 0, "\n\nHello Maria\n"},
		{"mail show 1 --html", 0, "<p>Hello</p>\n"},
		{"mail show 4", 1, "there is no mail 4"},
		{"mail show first", 2, "Try bayon --help"},
		{"mail --help", 0, "throttled@trouble.example"},
	} {
		if code, output := c.command(strings.Fields(test.arguments)...); code != test.code || !strings.Contains(output, test.want) {
			t.Errorf("%s: exit code %d, want %d and %q in:\n%s", test.arguments, code, test.code, test.want, output)
		}
	}

	c.kill(syscall.SIGKILL)
	c.up()
	if value() != before {
		t.Error("after a kill the secret is another one")
	}
	if after := c.mails(); fmt.Sprint(after) != fmt.Sprint(mails) {
		t.Errorf("after a kill the mails are %v, before %v", after, mails)
	}
}

func TestMailByChance(t *testing.T) {
	t.Parallel()
	venv(t)
	for _, test := range []struct {
		chaos, want string
		mails       int
	}{
		{"mail-throttle=100%", "(TooManyRequestsException)", 0},
		{"mail-fault=100%", "(InternalFailure)", 0},
		{"mail-cut=100%", "Connection", 1},
	} {
		c := start(t, "--template", mailTemplate, "--chaos", test.chaos)
		succeeded, output := c.aws(sendEmail("alerts@bayon.example", "maria@example.com")...)
		if succeeded || !strings.Contains(output, test.want) || len(c.mails()) != test.mails {
			t.Errorf("%s: succeeded %v, %d mails:\n%s", test.chaos, succeeded, len(c.mails()), output)
		}
	}
}

// sentMail is a mail as programs read it at /_bayon/mail.
type sentMail struct {
	From, Subject, Text, HTML, SentAt string
	To                                []string
	Headers                           map[string]string
}

func (c *cloud) mails() []sentMail {
	c.t.Helper()
	response, err := http.Get(c.endpoint() + "/_bayon/mail")
	if err != nil {
		c.t.Fatal(err)
	}
	defer response.Body.Close()
	var mails []sentMail
	if err := json.NewDecoder(response.Body).Decode(&mails); err != nil {
		c.t.Fatal(err)
	}
	return mails
}
