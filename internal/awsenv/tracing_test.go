package awsenv

import (
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-xray-sdk-go/v2/xray"
)

// emitted counts the segments that the X-Ray SDK has told of and forgotten.
type emitted struct{ count int }

func (e *emitted) Emit(*xray.Segment)                   { e.count++ }
func (*emitted) RefreshEmitterWithAddress(*net.UDPAddr) {}
func (*emitted) Do(request *http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Request: request, Body: io.NopCloser(strings.NewReader(`{}`))}, nil
}

func TestLaterCallsAreNotKeptUntilTheHandlingEnds(t *testing.T) {
	t.Parallel()
	told := &emitted{}
	config := variables{region: "us-east-1", accessKeyID: "any", secretAccessKey: "any"}.config()
	config.HTTPClient = told
	client := dynamodb.NewFromConfig(config)
	ctx, err := xray.ContextWithConfig(t.Context(), xray.Config{Emitter: told})
	if err != nil {
		t.Fatal(err)
	}
	ctx = context.WithValue(ctx, xray.LambdaTraceHeaderKey, "Root=1-6924a1b2-0123456789abcdef01234567;Parent=0123456789abcdef;Sampled=1") //nolint:staticcheck // the key is the SDK's
	ctx, handling := xray.BeginSubsegment(ctx, "handle")
	counted := CountCalls(ctx)
	const later = 50
	for range nestedCalls + later {
		if _, err := client.ListTables(counted, &dynamodb.ListTablesInput{}); err != nil {
			t.Fatal(err)
		}
	}
	if told.count != later {
		t.Errorf("%d calls are forgotten before the handling ends, want %d", told.count, later)
	}
	handling.Close(nil)
	if told.count != later+1 {
		t.Errorf("%d segments were told of in all, want %d", told.count, later+1)
	}
}
