package events

import (
	"context"
	"math/rand/v2"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"go.uber.org/zap"
)

// PutEventsAPI is the part of *eventbridge.Client that a Publisher calls. It is expected to try a call again that fails as
// a whole, as the SDK's client does: a Publisher tries again only entries that were refused one by one.
type PutEventsAPI interface {
	PutEvents(
		ctx context.Context, input *eventbridge.PutEventsInput, options ...func(*eventbridge.Options),
	) (*eventbridge.PutEventsOutput, error)
}

var _ PutEventsAPI = (*eventbridge.Client)(nil)

// Publisher publishes facts to one bus. It is safe for concurrent use.
type Publisher struct {
	client        PutEventsAPI
	busName       string
	maxDetailSize int
	traceHeader   func(context.Context) string
	now           func() time.Time
	jitter        func(limit time.Duration) time.Duration
	logger        *zap.Logger
	fallback      Fallback
	count         func(context.Context, Counts)
}

// Option changes how a Publisher works.
type Option func(*Publisher)

// WithTraceHeader gives each event the X-Ray trace header of the context that it is published in; EventBridge passes it on
// to consumers. header returns it in the form of X-Amzn-Trace-Id, or empty. Without this option only the SDK's own header
// is sent, if any.
func WithTraceHeader(header func(context.Context) string) Option {
	return func(p *Publisher) { p.traceHeader = header }
}

// WithMaxDetailSize changes how many bytes the detail of one event may have. The default is DefaultMaxDetailSize.
func WithMaxDetailSize(bytes int) Option { return func(p *Publisher) { p.maxDetailSize = bytes } }

// WithLogger takes what PublishBestEffort has to say. Without it, nobody is told.
func WithLogger(logger *zap.Logger) Option { return func(p *Publisher) { p.logger = logger } }

// WithFallback takes what PublishBestEffort could not publish. Without it, that is lost.
func WithFallback(fallback Fallback) Option { return func(p *Publisher) { p.fallback = fallback } }

// WithCounter is told how each publishing ended, in the context that it was published in.
func WithCounter(count func(context.Context, Counts)) Option {
	return func(p *Publisher) { p.count = count }
}

// WithClock changes the clock that metadata's occurredAt is read from. The default is time.Now.
func WithClock(now func() time.Time) Option { return func(p *Publisher) { p.now = now } }

// WithJitter changes how long the pause before a resend is, given the longest that it may be. The default is a random part
// of it.
func WithJitter(jitter func(limit time.Duration) time.Duration) Option {
	return func(p *Publisher) { p.jitter = jitter }
}

// NewPublisher publishes to the bus with the given name or ARN.
func NewPublisher(client PutEventsAPI, busName string, options ...Option) *Publisher {
	p := &Publisher{
		client:        client,
		busName:       busName,
		maxDetailSize: DefaultMaxDetailSize,
		traceHeader:   func(context.Context) string { return "" },
		now:           time.Now,
		jitter:        rand.N[time.Duration],
		logger:        zap.NewNop(),
		count:         func(context.Context, Counts) {},
	}
	for _, option := range options {
		option(p)
	}
	return p
}

// Counts says how a publishing ended.
type Counts struct {
	Published int // accepted by the bus
	Kept      int // taken by the fallback
	Failed    int // neither
}

// Publish publishes facts, and returns when the bus has accepted all of them. It sends nothing if one of them is invalid,
// too large, or not declared by the handler (see Cause). Otherwise it returns a *PublishError, which tells what was
// accepted and what was not, and why.
//
// Facts may arrive in any order, and more than once.
func (p *Publisher) Publish(ctx context.Context, facts ...Fact) error {
	ready, results := p.prepare(ctx, facts)
	if len(ready) == len(facts) {
		p.send(ctx, ready, results)
	}
	p.count(ctx, countsOf(results))
	return errorOf(results)
}

// PublishBatch publishes each fact on its own: it sends what can be sent, and returns what became of each, in the order of
// the facts.
func (p *Publisher) PublishBatch(ctx context.Context, facts []Fact) []Result {
	ready, results := p.prepare(ctx, facts)
	p.send(ctx, ready, results)
	p.count(ctx, countsOf(results))
	return results
}

func countsOf(results []Result) Counts {
	var counts Counts
	for _, result := range results {
		if result.Err == nil {
			counts.Published++
		} else {
			counts.Failed++
		}
	}
	return counts
}
