package gateway_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/gateway"
)

func TestServicesAreToldApart(t *testing.T) {
	t.Parallel()
	service := func(name string) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(name)) })
	}
	door := &gateway.Gateway{
		Targets: map[string]http.Handler{"AWSEvents": service("events"), "AmazonSQS": service("sqs"), "secretsmanager": service("secrets"), "TrentService": service("kms")},
		Signed:  map[string]http.Handler{"s3": service("s3"), "cloudformation": service("stacks")},
		Paths:   map[string]http.Handler{"/2015-03-31/": service("lambda"), "/_bayon/": service("console"), "/v2/email/": service("ses"), "/_social/": service("social")},
	}
	signedFor := func(name string) string {
		return "AWS4-HMAC-SHA256 Credential=AKID/20261124/us-east-1/" + name + "/aws4_request, SignedHeaders=host, Signature=0"
	}
	const signed = "AWS4-HMAC-SHA256 Credential=AKID/20261124/us-east-1/kinesis/aws4_request, SignedHeaders=host, Signature=0"
	tests := []struct {
		name, path, target, authorization string
		status                            int
		want                              string
	}{
		{"by target", "/", "AWSEvents.PutEvents", "", 200, "events"},
		{"by target, whatever the path", "/2015-03-31/", "AmazonSQS.SendMessage", "", 200, "sqs"},
		{"by path", "/2015-03-31/functions/f/invocations", "", "", 200, "lambda"},
		{"mail", "/v2/email/outbound-emails", "", "", 200, "ses"},
		{"secrets", "/", "secretsmanager.GetSecretValue", "", 200, "secrets"},
		{"keys", "/", "TrentService.Decrypt", "", 200, "kms"},
		{"social networks", "/_social/twitter/2/tweets", "", "", 200, "social"},
		{"another service of the second version", "/v2/apis", "", signed, 400, `service \"kinesis\"`},
		{"by signature", "/", "", signedFor("cloudformation"), 200, "stacks"},
		{"by signature, whatever the path", "/2015-03-31/", "", signedFor("s3"), 200, "s3"},
		{"by target, whatever the signature", "/", "AWSEvents.PutEvents", signedFor("s3"), 200, "events"},
		{"the console", "/_bayon/health", "", "", 200, "console"},
		{"an unknown target", "/", "Kinesis_20131202.ListStreams", signed, 400, `service \"kinesis\"`},
		{"a target without a dot", "/", "AWSEvent", "", 400, `service \"unknown\"`},
		{"an unknown path", "/2018-11-14/streams", "", signed, 400, `service \"kinesis\"`},
		{"nothing", "/", "", "Credential=x", 400, "UnknownOperationException"},
	}
	for _, test := range tests {
		request := httptest.NewRequestWithContext(t.Context(), http.MethodPost, test.path, nil)
		if test.target != "" {
			request.Header.Set("X-Amz-Target", test.target)
		}
		request.Header.Set("Authorization", test.authorization)
		answer := httptest.NewRecorder()
		door.ServeHTTP(answer, request)
		if answer.Code != test.status || !strings.Contains(answer.Body.String(), test.want) {
			t.Errorf("%s: %d %s", test.name, answer.Code, answer.Body)
		}
	}
}
