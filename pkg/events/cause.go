package events

import (
	"context"
	"slices"
)

// Cause is what is being handled while something is published. The publisher makes the metadata of it.
type Cause struct {
	EventID       string // the envelope id of the event that is being handled; empty when it is none, as at a schedule's tick
	CorrelationID string // empty to let each fact begin its own
	Hops          int    // of the event that is being handled
	MayPublish    []Fact // the facts that may be published meanwhile, by their zero values; nil for any
}

type causeKey struct{}

// WithCause tells a publisher what is being handled in the context.
func WithCause(ctx context.Context, cause Cause) context.Context {
	return context.WithValue(ctx, causeKey{}, cause)
}

// causeOf returns the zero cause outside of any handling.
func causeOf(ctx context.Context) Cause {
	cause, _ := ctx.Value(causeKey{}).(Cause)
	return cause
}

func (c Cause) allows(fact Fact) bool {
	return c.MayPublish == nil || slices.ContainsFunc(c.MayPublish, func(declared Fact) bool { return sameKind(declared, fact) })
}

// metadata is what an event carries that follows from the cause.
func (c Cause) metadata(eventKey string, now Instant) Metadata {
	metadata := Metadata{
		SchemaVersion: SchemaVersion,
		EventKey:      eventKey,
		CorrelationID: c.CorrelationID,
		CausationID:   c.EventID,
		OccurredAt:    now,
	}
	if c.EventID != "" {
		metadata.Hops = c.Hops + 1
	}
	if metadata.CorrelationID == "" {
		metadata.CorrelationID = eventKey // the same again when the fact is published again
	}
	return metadata
}
