package elsewhere_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/credentials"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/elsewhere"
)

func TestRequestsAreSignedAnew(t *testing.T) {
	t.Parallel()
	var seen *http.Request
	var body []byte
	there := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen = r
		body, _ = io.ReadAll(r.Body)
		w.Header().Set("X-Amz-Crc32", "7")
		w.WriteHeader(http.StatusBadRequest)
		_, _ = w.Write([]byte(`{"__type":"ValidationException"}`))
	}))
	defer there.Close()
	forwarder, err := elsewhere.New(there.URL, "dynamodb", "eu-west-1", credentials.NewStaticCredentialsProvider("OWN", "secret", ""))
	if err != nil {
		t.Fatal(err)
	}
	request := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", strings.NewReader(`{"a":1}`))
	request.Header.Set("X-Amz-Target", "DynamoDB_20120810.GetItem")
	request.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=LOCAL/20261124/us-east-1/dynamodb/aws4_request")
	answer := httptest.NewRecorder()
	forwarder.ServeHTTP(answer, request)
	if answer.Code != http.StatusBadRequest || answer.Header().Get("X-Amz-Crc32") != "7" || answer.Body.String() != `{"__type":"ValidationException"}` {
		t.Errorf("answer %d %v %s", answer.Code, answer.Header(), answer.Body)
	}
	authorization := seen.Header.Get("Authorization")
	if string(body) != `{"a":1}` || seen.Header.Get("X-Amz-Target") != "DynamoDB_20120810.GetItem" ||
		!strings.Contains(authorization, "Credential=OWN/") || !strings.Contains(authorization, "/eu-west-1/dynamodb/") {
		t.Errorf("forwarded %s with %q", body, authorization)
	}
}

func TestWhatIsAwayIsAnError(t *testing.T) {
	t.Parallel()
	if _, err := elsewhere.New("localhost", "dynamodb", "us-east-1", nil); err == nil {
		t.Error("no URL is no error")
	}
	gone := httptest.NewServer(nil)
	gone.Close()
	forwarder, err := elsewhere.New(gone.URL, "dynamodb", "us-east-1", credentials.NewStaticCredentialsProvider("OWN", "secret", ""))
	if err != nil {
		t.Fatal(err)
	}
	answer := httptest.NewRecorder()
	forwarder.ServeHTTP(answer, httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", strings.NewReader("{}")))
	if answer.Code != http.StatusBadGateway || !strings.Contains(answer.Body.String(), "InternalServerError") {
		t.Errorf("answer %d %s", answer.Code, answer.Body)
	}
}
