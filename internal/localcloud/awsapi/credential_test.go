package awsapi_test

import (
	"net/http"
	"testing"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/awsapi"
)

func TestCredential(t *testing.T) {
	t.Parallel()
	for header, want := range map[string][2]string{
		"AWS4-HMAC-SHA256 Credential=AKID/20261124/us-east-1/sqs/aws4_request, SignedHeaders=a/b, Signature=0": {"AKID", "sqs"},
		"AWS4-HMAC-SHA256 Credential=AKID/20261124/us-east-1/sqs/aws4_request":                                 {"AKID", "sqs"},
		"AWS4-HMAC-SHA256 Credential=AKID, SignedHeaders=a/b":                                                  {"AKID", "unknown"},
		"Bearer token": {"", "unknown"},
		"":             {"", "unknown"},
	} {
		request := &http.Request{Header: http.Header{"Authorization": {header}}}
		if got := [2]string{awsapi.AccessKeyID(request), awsapi.SignedService(request)}; got != want {
			t.Errorf("%q: %v, want %v", header, got, want)
		}
	}
}
