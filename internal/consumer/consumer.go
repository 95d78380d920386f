// Package consumer turns what Lambda delivers into a call of the function's own typed handler, and everything around the
// call that is the same for all functions: decoding, logs, metrics, traces, once-only handling, deadlines, errors.
//
// One invocation goes this way:
//
//	payload ─ open ─ report ─ trace ─ refuse loops ─ once ─ leave time ─ the function's handler
//
// open tells the three inputs apart and decodes. What follows are middlewares, one file each, outermost first. Delivery is
// at least once and in no order: handlers must stand being called twice for the same event, which happens when an
// invocation ended between its last effect and the record of it.
package consumer

import (
	"context"
	"encoding/json"
	"io"
	"time"

	"github.com/aws/aws-lambda-go/lambdacontext"
	"go.uber.org/zap"

	"github.com/bayon-coagent/event-consumers/internal/metrics"
	"github.com/bayon-coagent/event-consumers/pkg/events"
)

// Once acts for an id unless that has been done before (*idempotency.Records).
type Once interface {
	Once(ctx context.Context, id, requestID string, act func(context.Context) error) (acted bool, err error)
}

// Config is what a Consumer stands on. All fields are required.
type Config struct {
	Function    string // such as price-reduction; part of every idempotency key: it never changes
	Environment string
	Logger      *zap.Logger
	Metrics     io.Writer
	Now         func() time.Time
	Once        Once
}

// Consumer is a function's side towards Lambda. It is a lambda.Handler, safe for concurrent use.
type Consumer struct {
	Config
	handlers []Handler
	emitter  metrics.Emitter
	chain    next
}

// New consumes with the given handlers.
func New(config Config, handlers ...Handler) *Consumer {
	c := &Consumer{
		Config:   config,
		handlers: handlers,
		emitter:  metrics.Emitter{Function: config.Function, Environment: config.Environment, Output: config.Metrics},
	}
	c.chain = chain(c.trace, c.refuseLoops, c.once, c.leaveTime)(c.handle)
	return c
}

// invocation is one input on its way to its handler.
type invocation struct {
	opened
	delivery   events.Delivery // zero for a schedule's tick
	handler    string
	mayPublish []events.Fact
	requestID  string

	wasDuplicate bool
}

// next handles a call, or passes it on.
type next func(ctx context.Context, call *invocation) error

// middleware does something around a call.
type middleware func(next) next

// chain makes one middleware of many: chain(a, b)(c) is a(b(c)).
func chain(middlewares ...middleware) middleware {
	return func(innermost next) next {
		for i := len(middlewares) - 1; i >= 0; i-- {
			innermost = middlewares[i](innermost)
		}
		return innermost
	}
}

// Invoke handles one invocation. What it returns as an error is a *PermanentError, *TransientError or *InProgressError.
func (c *Consumer) Invoke(ctx context.Context, payload []byte) ([]byte, error) {
	call, ours, err := c.open(payload)
	if lambda, ok := lambdacontext.FromContext(ctx); ok {
		call.requestID = lambda.AwsRequestID
	}
	if err := c.report(ctx, call, ours, err); err != nil {
		return nil, err
	}
	return json.RawMessage("null"), nil
}

// handle calls the function's own handler.
func (c *Consumer) handle(ctx context.Context, call *invocation) error {
	return call.run(events.WithCause(ctx, call.cause()))
}

// cause tells the publisher what is being handled, and what may be published meanwhile.
func (call *invocation) cause() events.Cause {
	return events.Cause{
		EventID:       call.delivery.ID,
		CorrelationID: call.correlationID(),
		Hops:          call.metadata.Hops,
		MayPublish:    call.mayPublish,
	}
}

func (call *invocation) correlationID() string {
	if call.metadata.CorrelationID != "" {
		return call.metadata.CorrelationID
	}
	return call.delivery.ID
}
