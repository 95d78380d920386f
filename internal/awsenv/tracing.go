package awsenv

import (
	"context"
	"fmt"
	"sync/atomic"

	"github.com/aws/aws-xray-sdk-go/v2/strategy/ctxmissing"
	"github.com/aws/aws-xray-sdk-go/v2/xray"
	"github.com/aws/aws-xray-sdk-go/v2/xraylog"
	"github.com/aws/smithy-go/middleware"
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

// nestedCalls is how many calls of AWS are shown under the handling that made them. The X-Ray SDK keeps what is nested in
// memory until the handling ends; a pass over a large market makes tens of thousands of calls.
const nestedCalls = 200

type callsKey struct{}

// CountCalls gives a context whose calls of AWS are counted for their place in the trace.
func CountCalls(ctx context.Context) context.Context {
	return context.WithValue(ctx, callsKey{}, new(atomic.Int64))
}

// unnestLaterCalls puts calls beyond the first of a context directly under the function's own segment, where the X-Ray SDK
// tells of each at once and forgets it. It must come before the SDK's own middleware.
func unnestLaterCalls(stack *middleware.Stack) error {
	return stack.Initialize.Add(middleware.InitializeMiddlewareFunc("UnnestLaterCalls", func(
		ctx context.Context, input middleware.InitializeInput, next middleware.InitializeHandler,
	) (middleware.InitializeOutput, middleware.Metadata, error) {
		if calls, counted := ctx.Value(callsKey{}).(*atomic.Int64); counted && calls.Add(1) > nestedCalls {
			ctx = context.WithValue(ctx, xray.ContextKey, nil)
		}
		return next.HandleInitialize(ctx, input)
	}), middleware.After)
}

type tracingLog struct{ logger *zap.Logger }

// Log takes what the X-Ray SDK says, from warnings up.
func (l tracingLog) Log(level xraylog.LogLevel, message fmt.Stringer) {
	if level >= xraylog.LogLevelWarn {
		l.logger.Warn("tracing", zap.Stringer("problem", message))
	}
}
