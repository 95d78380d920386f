// Package schedule turns a schedule's tick into one Check Due event for each agent concerned (rules: Schedules).
package schedule

import (
	"encoding/json"
	"fmt"
	"time"
)

// Tick is the constant that an EventBridge Scheduler schedule sends. It is no EventBridge envelope.
type Tick struct {
	Check string    // which check is due, such as price
	DueAt time.Time // when the schedule meant to run, whatever the time it is now
}

// InvalidTickError says what is wrong with a schedule's input. Trying again does not help.
type InvalidTickError struct {
	Field   string
	Problem string
}

func (e *InvalidTickError) Error() string {
	return fmt.Sprintf("schedule input: %s %s", e.Field, e.Problem)
}

// Permanent tells the consumer that a retry would fail alike.
func (e *InvalidTickError) Permanent() bool { return true }

// ParseTick reads {"schedule":"<check>","dueAt":"<ISO-8601>"}. It fails with *InvalidTickError.
func ParseTick(payload []byte) (Tick, error) {
	var input struct {
		Schedule string `json:"schedule"`
		DueAt    string `json:"dueAt"`
	}
	if err := json.Unmarshal(payload, &input); err != nil {
		return Tick{}, &InvalidTickError{Field: "schedule, dueAt", Problem: "must be texts in a JSON object"}
	}
	if input.Schedule == "" {
		return Tick{}, &InvalidTickError{Field: "schedule", Problem: "is missing"}
	}
	dueAt, err := time.Parse(time.RFC3339, input.DueAt)
	if err != nil {
		return Tick{}, &InvalidTickError{Field: "dueAt", Problem: "must be a date and time with its offset, in ISO-8601"}
	}
	return Tick{Check: input.Schedule, DueAt: dueAt.UTC()}, nil
}

// Identity tells one tick from another.
func (t Tick) Identity() string { return t.Check + "#" + t.DueAt.Format(time.RFC3339Nano) }
