// Package awsenv makes what a function runs on, once, before its first event: clients, names, logger and clock, from the
// variables that Lambda and the template give it.
//
// It does without the SDK's config package: that package looks for credentials and settings in places that a Lambda
// function does not have, and costs more start-up time than everything else here together.
package awsenv

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-xray-sdk-go/v2/instrumentation/awsv2"
	"go.uber.org/zap"

	"github.com/bayon-coagent/event-consumers/internal/idempotency"
	"github.com/bayon-coagent/event-consumers/internal/metrics"
	"github.com/bayon-coagent/event-consumers/internal/table"
	"github.com/bayon-coagent/event-consumers/pkg/events"
)

// Platform is what a function runs on. It is safe for concurrent use.
type Platform struct {
	Function    string // such as price-reduction
	Environment string // development or production
	Output      io.Writer
	Logger      *zap.Logger
	Now         func() time.Time
	Table       *table.Table
	Publisher   *events.Publisher
	Records     *idempotency.Records
	AWS         aws.Config // of further clients: with each call traced
}

// attempts is how often a call to AWS is tried in all; a throttled table recovers within seconds.
const attempts = 5

// Load makes the platform of a function. It fails with an error that names every variable that is missing or wrong.
func Load(function string) (*Platform, error) {
	read, err := readVariables(os.Getenv)
	if err != nil {
		return nil, fmt.Errorf("%s cannot start: %w", function, err)
	}
	logger := newLogger(os.Stdout, read.logLevel).With(zap.String("function", function))
	if err := configureTracing(logger); err != nil {
		return nil, fmt.Errorf("%s cannot start: %w", function, err)
	}
	config := read.config()
	database := databaseOf(dynamodb.NewFromConfig(config, func(options *dynamodb.Options) {
		options.BaseEndpoint = read.endpointDynamoDB
	}))
	bus := busOf(eventbridge.NewFromConfig(config, func(options *eventbridge.Options) {
		options.BaseEndpoint = read.endpointEvents
	}))
	return &Platform{
		Function:    function,
		Environment: read.environment,
		Output:      os.Stdout,
		Logger:      logger,
		Now:         time.Now,
		Table:       table.New(database, read.tableName),
		Publisher: events.NewPublisher(bus, read.busName,
			events.WithTraceHeader(traceHeader),
			events.WithLogger(logger),
			events.WithCounter(countPublished)),
		Records: idempotency.NewRecords(database, read.idempotencyTable, time.Now, rand.Text),
		AWS:     config,
	}, nil
}

// config is the SDK's configuration, with each call traced.
func (v variables) config() aws.Config {
	config := aws.Config{
		Region:           v.region,
		Credentials:      credentials.NewStaticCredentialsProvider(v.accessKeyID, v.secretAccessKey, v.sessionToken),
		RetryMaxAttempts: attempts,
	}
	config.APIOptions = append(config.APIOptions, unnestLaterCalls)
	awsv2.AWSV2Instrumentor(&config.APIOptions)
	return config
}

func countPublished(ctx context.Context, counts events.Counts) {
	metrics.Add(ctx, metrics.EventsPublished, counts.Published)
}
