package provision_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/mailbox"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/provision"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/secrets"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/store"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/template"
)

func mailStack(t *testing.T) *template.Stack {
	t.Helper()
	source, err := os.ReadFile("../template/testdata/mail.yaml")
	if err != nil {
		t.Fatal(err)
	}
	stack, err := template.Read("mail.yaml", source, nil)
	if err != nil {
		t.Fatal(err)
	}
	return stack
}

func TestMailIdentitiesAreDeclaredOrNamed(t *testing.T) {
	t.Parallel()
	stack := mailStack(t)
	stack.Functions[0].Environment = map[string]string{
		"MAIL_FROM": "Bayon CoAgent <alerts@bayon.example>", "FROM_ADDRESS": "news@bayon.example", "Email_From": "a@b.example",
		"FROM": "", "MAIL_FROM_NAME": "Bayon", "PLATFORM": "ben@example.com", "MAIL_TO": "ben@example.com", "FROMAGE": "ben@example.com",
	}
	want := []mailbox.Identity{
		{Name: "bayon.example", ConfigurationSet: "bayon-notifications"}, {Name: "a@b.example"}, {Name: "news@bayon.example"}, {Name: "alerts@bayon.example"},
	}
	if diff := cmp.Diff(want, provision.MailIdentities(stack)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	sets := provision.ConfigurationSets(stack)
	if len(sets) != 2 || sets[0] != (mailbox.ConfigurationSet{Name: "bayon-notifications"}) || !sets[1].Paused {
		t.Errorf("configuration sets %v", sets)
	}
}

func TestSecretsOfATemplate(t *testing.T) {
	t.Parallel()
	memory, err := store.OpenMemory()
	if err != nil {
		t.Fatal(err)
	}
	defer memory.Close()
	all := secrets.New(secrets.Config{Space: memory.Space("secretsmanager")})
	stack := mailStack(t)
	if err := provision.Secrets(all, stack.Secrets); err != nil {
		t.Fatal(err)
	}
	for id, want := range map[string]string{
		stack.Functions[0].Environment["UNSUBSCRIBE_SECRET"]: `"Name":"bayon/unsubscribe"`,
		stack.Secrets[1].ARN: `"SecretString":"{\"password\":`,
		"given":              `"SecretString":"as it is"`,
		"empty":              "ResourceNotFoundException",
	} {
		request := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", strings.NewReader(`{"SecretId":"`+id+`"}`))
		request.Header.Set("X-Amz-Target", "secretsmanager.GetSecretValue")
		answer := httptest.NewRecorder()
		all.Handler().ServeHTTP(answer, request)
		if !strings.Contains(answer.Body.String(), want) {
			t.Errorf("%s: no %s", id, want)
		}
	}
	stack.Secrets[0].Generate.Length = 2
	err = provision.Secrets(all, stack.Secrets)
	if err == nil || err.Error() != "secret UnsubscribeSecret: PasswordLength: 2 is too short for one character of each of 3 types" {
		t.Errorf("error %v", err)
	}
}
