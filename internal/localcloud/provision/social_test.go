package provision_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/keys"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/provision"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/store"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/template"
)

func socialStack(t *testing.T, parameters map[string]string) *template.Stack {
	t.Helper()
	source, err := os.ReadFile("../template/testdata/social.yaml")
	if err != nil {
		t.Fatal(err)
	}
	stack, err := template.Read("social.yaml", source, parameters)
	if err != nil {
		t.Fatal(err)
	}
	return stack
}

func TestFunctionsReachTheNetworksThatTheTemplateGivesThem(t *testing.T) {
	t.Parallel()
	const endpoint = "http://127.0.0.1:4599"
	for _, parameters := range []map[string]string{nil, {"FacebookBaseUrl": "https://other.example", "BlogUrl": "https://blog.example"}} {
		stack := socialStack(t, parameters)
		publisher, other := stack.Functions[0], stack.Functions[1]
		key := stack.Keys[0]
		want := map[string]string{
			"AWS_ENDPOINT_URL": endpoint, "FACEBOOK_BASE_URL": endpoint + "/_social/facebook", "BLOG_URL": endpoint + "/_social/blog",
			"TOKEN_KEY": key.Name, "TOKEN_KEY_ARN": "arn:aws:kms:us-east-1:123456789012:key/" + key.Name, "TOKEN_KEY_ALIAS": "alias/bayon-tokens",
		}
		if diff := cmp.Diff(want, provision.Environment(publisher, endpoint)); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		if diff := cmp.Diff(map[string]string{"AWS_ENDPOINT_URL": endpoint}, provision.Environment(other, endpoint)); diff != "" {
			t.Errorf("a function that posts nothing (-want +got):\n%s", diff)
		}
	}
	all := map[string]string{"AWS_ENDPOINT_URL": ""}
	for _, name := range []string{"FACEBOOK_BASE_URL", "INSTAGRAM_BASE_URL", "LINKEDIN_BASE_URL", "X_BASE_URL", "BLOG_URL", "NEWSLETTER_URL"} {
		all[name] = ""
	}
	want := map[string]string{
		"AWS_ENDPOINT_URL": endpoint, "FACEBOOK_BASE_URL": endpoint + "/_social/facebook", "INSTAGRAM_BASE_URL": endpoint + "/_social/instagram",
		"LINKEDIN_BASE_URL": endpoint + "/_social/linkedin", "X_BASE_URL": endpoint + "/_social/twitter", "BLOG_URL": endpoint + "/_social/blog",
		"NEWSLETTER_URL": endpoint + "/_social/newsletter",
	}
	if diff := cmp.Diff(want, provision.Environment(template.Function{Environment: all}, endpoint)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestKeysOfATemplate(t *testing.T) {
	t.Parallel()
	memory, err := store.OpenMemory()
	if err != nil {
		t.Fatal(err)
	}
	defer memory.Close()
	all, err := keys.New(keys.Config{Space: memory.Space("kms")})
	if err != nil {
		t.Fatal(err)
	}
	stack := socialStack(t, nil)
	if err := provision.Keys(all, stack); err != nil {
		t.Fatal(err)
	}
	for id, want := range map[string]string{
		stack.Keys[0].Name: "CiphertextBlob", stack.Keys[0].ARN: "CiphertextBlob", "alias/bayon-tokens": stack.Keys[0].ARN,
		"alias/old": "DisabledException", keys.OwnAlias: "CiphertextBlob", "alias/nothing": "NotFoundException",
	} {
		request := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", strings.NewReader(`{"Plaintext":"YQ==","KeyId":"`+id+`"}`))
		request.Header.Set("X-Amz-Target", "TrentService.Encrypt")
		answer := httptest.NewRecorder()
		all.Handler().ServeHTTP(answer, request)
		if !strings.Contains(answer.Body.String(), want) {
			t.Errorf("%s: no %s", id, want)
		}
	}
	stack.KeyAliases[0].Target = "nothing"
	if err := provision.Keys(all, stack); err == nil || err.Error() != "alias TokenKeyAlias: there is no key arn:aws:kms:us-east-1:123456789012:key/nothing" {
		t.Errorf("error %v", err)
	}
}
