package consumer

import (
	"context"

	"github.com/bayon-coagent/event-consumers/internal/schedule"
	"github.com/bayon-coagent/event-consumers/pkg/events"
)

// Handler handles the deliveries of one fact, or the ticks of one schedule.
type Handler struct {
	detailType string
	check      string // of a schedule's handler
	mayPublish []events.Fact

	openEvent func(events.Delivery) (opened, error)
	openTick  func(schedule.Tick) opened
}

// opened is an input whose decoding is done: what identifies it, and what is to be done.
type opened struct {
	identity string
	metadata events.Metadata
	run      func(context.Context) error
}

// On handles a fact: the type says which.
func On[D events.Fact](handle func(context.Context, events.Event[D]) error) Handler {
	var fact D
	return Handler{
		detailType: fact.DetailType(),
		mayPublish: []events.Fact{},
		openEvent: func(delivery events.Delivery) (opened, error) {
			event, err := events.Decode[D](delivery)
			if err != nil {
				return opened{}, err
			}
			return opened{
				identity: event.Identity(),
				metadata: event.Metadata,
				run:      func(ctx context.Context) error { return handle(ctx, event) },
			}, nil
		},
	}
}

// OnSchedule handles the ticks of the schedule of a check.
func OnSchedule(check string, handle func(context.Context, schedule.Tick) error) Handler {
	return Handler{
		check:      check,
		mayPublish: []events.Fact{},
		openTick: func(tick schedule.Tick) opened {
			return opened{
				identity: "schedule:" + tick.Identity(),
				run:      func(ctx context.Context) error { return handle(ctx, tick) },
			}
		},
	}
}

// MayPublish declares the facts that the handler may publish. Publishing any other while handling is an error.
func (h Handler) MayPublish(facts ...events.Fact) Handler {
	h.mayPublish = facts
	return h
}

// Trigger is the detail type of the fact that is handled, or the check of the schedule; the other is empty.
func (h Handler) Trigger() (detailType, check string) { return h.detailType, h.check }

// Publishes are the facts that the handler has declared it may publish, by their zero values.
func (h Handler) Publishes() []events.Fact { return h.mayPublish }

// name says what the handler handles, in logs, metrics and traces.
func (h Handler) name() string {
	if h.check != "" {
		return "schedule " + h.check
	}
	return h.detailType
}
