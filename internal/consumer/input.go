package consumer

import (
	"encoding/json"
	"fmt"

	"github.com/bayon-coagent/event-consumers/internal/schedule"
	"github.com/bayon-coagent/event-consumers/pkg/events"
)

// open tells the three inputs of a function apart: an EventBridge envelope, a schedule's constant, and anything else,
// which is an error. It returns false for a well-formed event that the function has no handler for: a producer may be
// newer than we are.
func (c *Consumer) open(payload []byte) (call *invocation, ours bool, err error) {
	call = &invocation{handler: "unknown"}
	var shape struct {
		DetailType *json.RawMessage `json:"detail-type"`
		Schedule   *json.RawMessage `json:"schedule"`
	}
	if err := json.Unmarshal(payload, &shape); err != nil {
		return call, true, &inputError{"not a JSON object"}
	}
	switch {
	case shape.DetailType != nil:
		return c.openEvent(call, payload)
	case shape.Schedule != nil:
		return call, true, c.openTick(call, payload)
	}
	return call, true, &inputError{"neither an EventBridge event (no detail-type) nor a schedule's input (no schedule)"}
}

func (c *Consumer) openEvent(call *invocation, payload []byte) (*invocation, bool, error) {
	delivery, err := events.ParseDelivery(payload)
	call.delivery = delivery
	if err != nil {
		return call, true, err
	}
	for _, handler := range c.handlers {
		if handler.openEvent == nil || handler.detailType != delivery.DetailType {
			continue
		}
		call.handler, call.mayPublish = handler.name(), handler.mayPublish
		call.opened, err = handler.openEvent(delivery)
		return call, true, err
	}
	return call, false, nil
}

func (c *Consumer) openTick(call *invocation, payload []byte) error {
	tick, err := schedule.ParseTick(payload)
	if err != nil {
		return err
	}
	for _, handler := range c.handlers {
		if handler.openTick == nil || handler.check != tick.Check {
			continue
		}
		call.handler, call.mayPublish = handler.name(), handler.mayPublish
		call.opened = handler.openTick(tick)
		return nil
	}
	return &inputError{fmt.Sprintf("no handler for the schedule %q", tick.Check)}
}
