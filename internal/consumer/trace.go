package consumer

import (
	"context"
	"strings"

	"github.com/aws/aws-xray-sdk-go/v2/xray"

	"github.com/bayon-coagent/event-consumers/internal/awsenv"
)

// trace puts a subsegment around the handling, with annotations to search by that name no agent. Without a trace from
// Lambda, nothing is traced.
func (c *Consumer) trace(handle next) next {
	return func(ctx context.Context, call *invocation) error {
		if traceID(ctx) == "" {
			return handle(ctx, call)
		}
		return xray.Capture(ctx, "handle", func(ctx context.Context) error {
			err := handle(awsenv.CountCalls(ctx), call)
			for key, value := range map[string]string{
				"function": c.Function,
				"handler":  call.handler,
				"outcome":  string(call.outcomeOf(err)),
			} {
				// An annotation that cannot be made must not fail the handling; the log line has the same.
				_ = xray.AddAnnotation(ctx, key, value)
			}
			return err
		})
	}
}

// traceID is the root of the trace that Lambda has put the invocation into, or empty.
func traceID(ctx context.Context) string {
	header, _ := ctx.Value(xray.LambdaTraceHeaderKey).(string)
	for part := range strings.SplitSeq(header, ";") {
		if root, found := strings.CutPrefix(strings.TrimSpace(part), "Root="); found {
			return root
		}
	}
	return ""
}
