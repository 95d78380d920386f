package consumer

import (
	"github.com/aws/aws-lambda-go/lambda"

	"github.com/bayon-coagent/event-consumers/internal/awsenv"
)

// Start serves the handlers to Lambda. It does not return.
func Start(platform *awsenv.Platform, handlers ...Handler) {
	lambda.StartWithOptions(New(Config{
		Function:    platform.Function,
		Environment: platform.Environment,
		Logger:      platform.Logger,
		Metrics:     platform.Output,
		Now:         platform.Now,
		Once:        platform.Records,
	}, handlers...))
}
