package awsenv

import (
	"context"
	"fmt"

	"github.com/aws/aws-xray-sdk-go/v2/strategy/ctxmissing"
	"github.com/aws/aws-xray-sdk-go/v2/xray"
	"github.com/aws/aws-xray-sdk-go/v2/xraylog"
	"go.uber.org/zap"
)

// configureTracing keeps the X-Ray SDK quiet where there is no trace, as in a test, and makes its complaints log lines like
// all others.
func configureTracing(logger *zap.Logger) error {
	xray.SetLogger(tracingLog{logger})
	err := xray.Configure(xray.Config{ContextMissingStrategy: ctxmissing.NewDefaultIgnoreErrorStrategy()})
	if err != nil {
		return fmt.Errorf("configure tracing: %w", err)
	}
	return nil
}

// traceHeader is the X-Amzn-Trace-Id of what the context is doing, or empty. EventBridge passes it on to the consumers of
// an event.
func traceHeader(ctx context.Context) string {
	segment := xray.GetSegment(ctx)
	if segment == nil {
		return ""
	}
	return segment.DownstreamHeader().String()
}

type tracingLog struct{ logger *zap.Logger }

// Log takes what the X-Ray SDK says, from warnings up.
func (l tracingLog) Log(level xraylog.LogLevel, message fmt.Stringer) {
	if level >= xraylog.LogLevelWarn {
		l.logger.Warn("tracing", zap.Stringer("problem", message))
	}
}
