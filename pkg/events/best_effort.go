package events

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	"go.uber.org/zap"
)

// Fallback keeps events that could not be published, so that they can be published later (see package fallbackqueue).
type Fallback interface {
	// Keep keeps entries of PutEvents, and returns one error for each of them: nil if it is kept. It returns soon after the
	// context has ended.
	Keep(ctx context.Context, entries []types.PutEventsRequestEntry) []error
}

// How long PublishBestEffort takes at most, given that client and fallback end when their context does.
const (
	bestEffortTime = 5 * time.Second
	fallbackTime   = 2 * time.Second // on top, and also when the caller's own time is over
)

// PublishBestEffort publishes facts for a producer whose main work must not fail. It sends what can be sent, as
// PublishBatch does, and hands to the fallback what the bus has not accepted. Whatever goes wrong is logged and counted; it
// neither fails nor panics. It returns within seven seconds, and within two after the context has ended.
func (p *Publisher) PublishBestEffort(ctx context.Context, facts ...Fact) {
	defer p.recoverPanic()
	ready, results := p.prepare(ctx, facts)
	p.sendWithin(ctx, bestEffortTime, ready, results)
	kept := p.keep(ctx, ready, results)
	counts := countsOf(results)
	for i, result := range results {
		switch {
		case result.Err == nil:
			continue
		case kept[i]:
			counts.Kept, counts.Failed = counts.Kept+1, counts.Failed-1
			p.logger.Warn("event not published, but kept for later", result.fields()...)
		default:
			p.logger.Error("event lost", result.fields()...)
		}
	}
	p.count(ctx, counts)
}

// fields tell what was not published, without its detail.
func (r Result) fields() []zap.Field {
	return []zap.Field{zap.String("eventKey", r.EventKey), zap.Error(r.Err)}
}

func (p *Publisher) sendWithin(ctx context.Context, limit time.Duration, ready []outgoing, results []Result) {
	defer p.recoverPanic()
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	p.send(ctx, ready, results)
}

// keep hands to the fallback what was not accepted, and returns for each result whether it is kept.
func (p *Publisher) keep(ctx context.Context, ready []outgoing, results []Result) (kept []bool) {
	defer p.recoverPanic()
	kept = make([]bool, len(results))
	var indices []int
	var entries []types.PutEventsRequestEntry
	for _, outgoing := range ready {
		if results[outgoing.index].Err != nil {
			indices = append(indices, outgoing.index)
			entries = append(entries, outgoing.entry)
		}
	}
	if p.fallback == nil || len(entries) == 0 {
		return kept
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), fallbackTime)
	defer cancel()
	for i, err := range p.fallback.Keep(ctx, entries) {
		if err != nil {
			p.logger.Error("fallback failed", zap.Error(err))
		} else if i < len(indices) {
			kept[indices[i]] = true
		}
	}
	return kept
}

// recoverPanic keeps the producer alive whatever a fact, a client or a fallback does.
func (p *Publisher) recoverPanic() {
	if reason := recover(); reason != nil {
		p.logger.Error("publishing panicked", zap.Any("reason", reason), zap.Stack("stack"))
	}
}
