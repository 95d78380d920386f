package trend_test

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/lambdacontext"
	"go.uber.org/zap"

	"github.com/bayon-coagent/event-consumers/functions/trend-detector/trend"
	"github.com/bayon-coagent/event-consumers/internal/awsenv"
	"github.com/bayon-coagent/event-consumers/internal/consumer"
	"github.com/bayon-coagent/event-consumers/internal/idempotency"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/platformtest"
	"github.com/bayon-coagent/event-consumers/internal/table"
	"github.com/bayon-coagent/event-consumers/pkg/events"
	"github.com/bayon-coagent/event-consumers/pkg/events/eventstest"
)

// The sample events, as Lambda receives them, do what the function is there for.
func TestSamplesAreHandled(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	samples, err := filepath.Glob("../testdata/*.json")
	if err != nil || len(samples) != 3 {
		t.Fatalf("samples %v, error %v", samples, err)
	}
	platform := &awsenv.Platform{Table: table.New(w.Client, platformtest.Table), Publisher: w.Bus.Publisher(), Now: w.Now}
	function := consumer.New(consumer.Config{
		Function: "trend-detector", Environment: "development", Logger: zap.NewNop(), Metrics: io.Discard, Now: time.Now,
		Once: idempotency.NewRecords(w.Client, platformtest.IdempotencyTable, w.Now, func() string { return "token" }),
	}, trend.Handlers(platform)...)
	for i, sample := range samples {
		payload, err := os.ReadFile(sample)
		if err != nil {
			t.Fatal(err)
		}
		ctx := lambdacontext.NewContext(context.Background(), &lambdacontext.LambdaContext{AwsRequestID: fmt.Sprint("request-", i)})
		if _, err := function.Invoke(ctx, payload); err != nil {
			t.Errorf("%s: %v", sample, err)
		}
	}
	if due := eventstest.Published[events.CheckDue](t, w.Bus); len(due) != 1 || due[0].Detail.Check != "trend" || due[0].Detail.UserID != agent {
		t.Errorf("due %+v", due)
	}
}
