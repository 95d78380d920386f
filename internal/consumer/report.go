package consumer

import (
	"context"
	"time"

	"go.uber.org/zap"

	"github.com/bayon-coagent/event-consumers/internal/metrics"
)

// outcome is how an invocation ended.
type outcome string

const (
	handled   outcome = "handled"
	duplicate outcome = "duplicate" // handled before
	ignored   outcome = "ignored"   // not for this function
	failed    outcome = "failed"
)

// count is what CloudWatch counts for an outcome.
func (o outcome) count() metrics.Count {
	switch o {
	case handled:
		return metrics.EventsHandled
	case duplicate:
		return metrics.EventsDuplicate
	case ignored:
		return metrics.EventsIgnored
	case failed:
	}
	return metrics.EventsFailed
}

// report runs a call, if its input could be opened, and tells how it went: a log line where trouble begins, one at the
// end of every invocation, and the metrics. It logs ids, never a detail. A panic is told like an error, and goes on to end
// the process, as Lambda expects.
func (c *Consumer) report(ctx context.Context, call *invocation, ours bool, openError error) error {
	begun := c.Now()
	ctx, tally := metrics.WithTally(ctx)
	panicked := true
	defer func() {
		if panicked {
			c.end(ctx, call, tally, begun, failed)
		}
	}()
	ended, err := c.run(ctx, call, ours, openError)
	panicked = false
	if err != nil {
		c.Logger.With(call.fields(ctx)...).Error("handling failed", zap.String("kind", kindOf(err)), zap.Error(err))
	}
	c.end(ctx, call, tally, begun, ended)
	return err
}

// end tells that an invocation has ended.
func (c *Consumer) end(ctx context.Context, call *invocation, tally *metrics.Tally, begun time.Time, ended outcome) {
	metrics.Add(ctx, ended.count(), 1)
	duration := c.Now().Sub(begun)
	logger := c.Logger.With(call.fields(ctx)...)
	logger.Info("invocation ended",
		zap.String("outcome", string(ended)),
		zap.Duration("durationMs", duration),
		zap.Any("counts", tally.Counts()))
	err := c.emitter.Emit(metrics.Report{
		At:        begun,
		RequestID: call.requestID,
		Counts:    tally.Counts(),
		Age:       call.age(begun),
		Duration:  duration,
	})
	if err != nil {
		logger.Warn("metrics are lost", zap.Error(err))
	}
}

func (c *Consumer) run(ctx context.Context, call *invocation, ours bool, openError error) (outcome, error) {
	switch {
	case openError != nil:
		return failed, named(openError)
	case !ours:
		return ignored, nil
	}
	err := c.chain(ctx, call)
	return call.outcomeOf(err), named(err)
}

func (call *invocation) outcomeOf(err error) outcome {
	switch {
	case err != nil:
		return failed
	case call.wasDuplicate:
		return duplicate
	}
	return handled
}

// fields name the call in every log line.
func (call *invocation) fields(ctx context.Context) []zap.Field {
	fields := []zap.Field{
		zap.String("requestId", call.requestID),
		zap.String("xray_trace_id", traceID(ctx)),
		zap.String("handler", call.handler),
		zap.String("eventId", call.delivery.ID),
		zap.String("detailType", call.delivery.DetailType),
		zap.String("correlationId", call.correlationID()),
	}
	if call.delivery.ReplayName != "" {
		fields = append(fields, zap.String("replayName", call.delivery.ReplayName))
	}
	return fields
}

// age is how long ago the event happened when its handling began; 0 for a schedule's tick.
func (call *invocation) age(now time.Time) time.Duration {
	occurred := call.metadata.OccurredAt.Time
	if occurred.IsZero() {
		occurred = call.delivery.Time
	}
	if occurred.IsZero() {
		return 0
	}
	return max(0, now.Sub(occurred))
}
