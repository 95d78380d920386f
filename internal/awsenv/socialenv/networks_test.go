package socialenv

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"github.com/bayon-coagent/event-consumers/internal/social"
)

func environment(changed map[string]string) func(string) string {
	set := map[string]string{"FACEBOOK_VERSION": "v23.0", "LINKEDIN_VERSION": "202606"}
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

func TestEveryWrongVariableIsNamed(t *testing.T) {
	t.Parallel()
	tests := map[string]map[string]string{
		"FACEBOOK_VERSION is not set\nLINKEDIN_VERSION is not set": {"FACEBOOK_VERSION": "", "LINKEDIN_VERSION": ""},
		"FACEBOOK_BASE_URL is no URL":                              {"FACEBOOK_BASE_URL": "facebook"},
		"INSTAGRAM_BASE_URL is no URL":                             {"INSTAGRAM_BASE_URL": "/instagram"},
		"LINKEDIN_BASE_URL is no URL":                              {"LINKEDIN_BASE_URL": "api.linkedin.com"},
		"X_BASE_URL is no URL":                                     {"X_BASE_URL": "https://"},
		"BLOG_URL is no URL":                                       {"BLOG_URL": "blog"},
		"NEWSLETTER_URL is no URL":                                 {"NEWSLETTER_URL": "news"},
		"AWS_ENDPOINT_URL_KMS is no URL":                           {"AWS_ENDPOINT_URL_KMS": "localhost"},
	}
	for want, changed := range tests {
		if _, err := load(config(), environment(changed)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: error %v", changed, err)
		}
	}
}

// Without any address nothing can be posted, but the function starts.
func TestNetworksWithoutAddresses(t *testing.T) {
	t.Parallel()
	networks, err := load(config(), environment(nil))
	if err != nil {
		t.Fatal(err)
	}
	network, ok := networks.For(social.Facebook)
	if !ok {
		t.Fatal("no Facebook")
	}
	var refused *social.RefusedError
	if _, err := network.Publish(t.Context(), social.Account{}, social.Post{}); !errors.As(err, &refused) {
		t.Errorf("error %v", err)
	}
	if _, ok := networks.For("pigeon"); ok {
		t.Error("there is a network of pigeons")
	}
}

func TestDecryptAsksKMS(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		status       int
		answer       string
		want         string
		unauthorized bool
	}{
		"opened":          {status: 200, answer: `{"Plaintext":"c2VjcmV0"}`, want: "secret"},
		"no ciphertext":   {status: 400, answer: `{"__type":"InvalidCiphertextException"}`, unauthorized: true},
		"another's key":   {status: 400, answer: `{"__type":"IncorrectKeyException"}`, unauthorized: true},
		"the key is gone": {status: 400, answer: `{"__type":"NotFoundException"}`, unauthorized: true},
		"a fault":         {status: 500, answer: `{"__type":"KMSInternalException"}`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if body, _ := io.ReadAll(r.Body); r.Header.Get("X-Amz-Target") != "TrentService.Decrypt" || !strings.Contains(string(body), `"AQI="`) {
					t.Errorf("asked %s with %s", r.Header.Get("X-Amz-Target"), body)
				}
				w.WriteHeader(test.status)
				io.WriteString(w, test.answer)
			}))
			defer server.Close()
			networks, err := load(config(), environment(map[string]string{"AWS_ENDPOINT_URL": server.URL}))
			if err != nil {
				t.Fatal(err)
			}
			opened, err := networks.Decrypt(t.Context(), []byte{1, 2})
			var unauthorized *social.UnauthorizedError
			if string(opened) != test.want || (err == nil) != (test.want != "") || errors.As(err, &unauthorized) != test.unauthorized {
				t.Errorf("%q, error %v", opened, err)
			}
		})
	}
}
