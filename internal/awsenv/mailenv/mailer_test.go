package mailenv

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"github.com/bayon-coagent/event-consumers/internal/mail"
)

func environment(changed map[string]string) func(string) string {
	set := map[string]string{
		"MAIL_FROM": "Bayon <alerts@bayon.example>", "APP_BASE_URL": "https://app.bayon.example", "UNSUBSCRIBE_SECRET_ARN": "arn:aws:secretsmanager:x",
	}
	return func(name string) string {
		if value, ok := changed[name]; ok {
			return value
		}
		return set[name]
	}
}

func config() aws.Config {
	return aws.Config{Region: "us-east-1", Credentials: credentials.NewStaticCredentialsProvider("id", "secret", ""), RetryMaxAttempts: 1}
}

func TestEveryMissingVariableIsNamed(t *testing.T) {
	t.Parallel()
	tests := map[string]map[string]string{
		"MAIL_FROM is not set\nAPP_BASE_URL is not set\nUNSUBSCRIBE_SECRET_ARN is not set": {"MAIL_FROM": "", "APP_BASE_URL": "", "UNSUBSCRIBE_SECRET_ARN": ""},
		"MAIL_FROM": {"MAIL_FROM": "nobody"}, "APP_BASE_URL": {"APP_BASE_URL": "app"}, "AWS_ENDPOINT_URL_SESV2": {"AWS_ENDPOINT_URL_SESV2": "localhost"},
	}
	for want, changed := range tests {
		if _, err := load(config(), environment(changed)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: error %v", changed, err)
		}
	}
}

// The mailer asks the services at the endpoints that it is given, with its configuration set.
func TestMailGoesToSES(t *testing.T) {
	t.Parallel()
	var secrets, mails []string
	vault := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		secrets = append(secrets, string(body))
		io.WriteString(w, `{"SecretString":"an example secret of 32+ characters"}`)
	}))
	defer vault.Close()
	service := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		mails = append(mails, string(body))
		io.WriteString(w, `{"MessageId":"message-1"}`)
	}))
	defer service.Close()
	mailer, err := load(config(), environment(map[string]string{
		"SES_CONFIGURATION_SET": "the-set", "AWS_ENDPOINT_URL": service.URL, "AWS_ENDPOINT_URL_SECRETS_MANAGER": vault.URL,
	}))
	if err != nil {
		t.Fatal(err)
	}
	signer, err := mailer.Secret.Signer(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	letter, err := mailer.Composer.Compose(mail.Addressee{Address: "maria@example.com"}, mail.Welcome{}, signer.Token("u1", mail.KindAccount, time.Unix(0, 0)))
	if err != nil {
		t.Fatal(err)
	}
	id, err := mailer.Sender.Send(t.Context(), letter)
	if err != nil || id != "message-1" || len(mails) != 1 || !strings.Contains(mails[0], `"ConfigurationSetName":"the-set"`) || !strings.Contains(mails[0], "maria@example.com") {
		t.Errorf("id %q, error %v, mails %q", id, err, mails)
	}
	if len(secrets) != 1 || !strings.Contains(secrets[0], "arn:aws:secretsmanager:x") {
		t.Errorf("secrets asked for: %q", secrets)
	}
}
