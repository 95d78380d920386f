package events

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
)

// DefaultMaxDetailSize is how many bytes the detail of one event may have, unless WithMaxDetailSize says otherwise. AWS
// takes more, but every consumer and every queue on the way has to carry it.
const DefaultMaxDetailSize = 256 << 10

// maxTraceHeader is how many bytes a trace header may have; EventBridge refuses the whole call for a longer one.
const maxTraceHeader = 500

// outgoing is a fact that is ready to be sent.
type outgoing struct {
	index int // of the fact, and of its result
	entry types.PutEventsRequestEntry
	size  int
}

// prepare makes entries of the facts that can be published, and a result for each fact: not sent yet, or why it cannot be.
func (p *Publisher) prepare(ctx context.Context, facts []Fact) ([]outgoing, []Result) {
	ready := make([]outgoing, 0, len(facts))
	results := make([]Result, len(facts))
	cause, now, traceHeader := causeOf(ctx), At(p.now()), p.traceHeaderOf(ctx)
	for i, fact := range facts {
		results[i].Fact = fact
		if fact == nil {
			results[i].Err = &UndecodableError{Problem: "the fact is nil"}
			continue
		}
		results[i].EventKey = EventKey(fact)
		entry, err := p.entry(fact, cause, cause.metadata(results[i].EventKey, now))
		if err != nil {
			results[i].Err = err
			continue
		}
		results[i].Err = errNotSent
		entry.TraceHeader = traceHeader
		ready = append(ready, outgoing{index: i, entry: entry, size: entrySize(entry)})
	}
	return ready, results
}

// traceHeaderOf returns nil when there is none that EventBridge would take.
func (p *Publisher) traceHeaderOf(ctx context.Context) *string {
	header := p.traceHeader(ctx)
	if header == "" || len(header) > maxTraceHeader {
		return nil
	}
	return &header
}

func (p *Publisher) entry(fact Fact, cause Cause, metadata Metadata) (types.PutEventsRequestEntry, error) {
	var none types.PutEventsRequestEntry
	if err := fact.Validate(); err != nil {
		return none, err
	}
	if !cause.allows(fact) {
		return none, &NotDeclaredError{DetailType: fact.DetailType()}
	}
	detail, err := encodeDetail(fact, metadata)
	if err != nil {
		return none, &UndecodableError{DetailType: fact.DetailType(), Problem: "cannot be written as JSON: " + err.Error()}
	}
	entry := types.PutEventsRequestEntry{
		EventBusName: &p.busName,
		Source:       aws.String(fact.Source()),
		DetailType:   aws.String(fact.DetailType()),
		Detail:       aws.String(string(detail)),
	}
	names := entrySize(entry) - len(detail)
	if limit := min(p.maxDetailSize, maxCallSize-1-names); len(detail) > limit {
		return none, &TooLargeError{DetailType: fact.DetailType(), Size: len(detail), Limit: limit}
	}
	return entry, nil
}
