// Package eventstest helps to test what publishes and what consumes facts: a bus in memory that behaves as EventBridge
// does, and builders of valid facts, events and deliveries. It is for tests only.
//
//	bus := eventstest.NewBus()
//	… the code under test publishes through bus.Publisher() …
//	alerts := eventstest.Published[events.AlertCreated](t, bus)
package eventstest

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"

	"github.com/bayon-coagent/event-consumers/pkg/events"
)

// Where the bus of the tests is.
const (
	BusName = "bayon-coagent-events-development"
	Account = "123456789012"
	Region  = "us-east-1"
)

// Now is the time at which everything in tests happens, unless they say otherwise.
func Now() time.Time { return time.Date(2026, time.November, 20, 9, 30, 0, 123e6, time.UTC) }

// Bus is a bus in memory. It accepts and refuses as EventBridge does, and fails when it is told to. It is safe for
// concurrent use.
type Bus struct {
	mu       sync.Mutex
	accepted []events.Delivery
	calls    [][]types.PutEventsRequestEntry
	failures []error
	refusals []refusal
}

var _ events.PutEventsAPI = (*Bus)(nil)

// refusal says how many entries that match are still to be refused, and with which code.
type refusal struct {
	left    int
	code    string
	matches func(types.PutEventsRequestEntry) bool
}

// NewBus is a bus that has accepted nothing yet.
func NewBus() *Bus { return &Bus{} }

// Publisher publishes to the bus, at Now, and without pauses before a resend.
func (b *Bus) Publisher(options ...events.Option) *events.Publisher {
	defaults := []events.Option{
		events.WithClock(Now),
		events.WithJitter(func(time.Duration) time.Duration { return 0 }),
	}
	return events.NewPublisher(b, BusName, append(defaults, options...)...)
}

// FailCalls lets the next calls fail as a whole, with one error each.
func (b *Bus) FailCalls(errs ...error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.failures = append(b.failures, errs...)
}

// Refuse lets the next entries be refused with a code, such as ThrottlingException; times says how many.
func (b *Bus) Refuse(times int, code string) {
	b.RefuseThose(times, code, func(types.PutEventsRequestEntry) bool { return true })
}

// RefuseThose lets the next entries that match be refused with a code; times says how many.
func (b *Bus) RefuseThose(times int, code string, matches func(types.PutEventsRequestEntry) bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.refusals = append(b.refusals, refusal{left: times, code: code, matches: matches})
}

// Accepted returns what the bus has accepted, in order, as it delivers it.
func (b *Bus) Accepted() []events.Delivery {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.accepted)
}

// Calls returns the entries of each call that was made, in order.
func (b *Bus) Calls() [][]types.PutEventsRequestEntry {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.calls)
}

// Published returns the events of one fact that the bus has accepted, in order. One that cannot be decoded fails the test.
func Published[D events.Fact](t testing.TB, bus *Bus) []events.Event[D] {
	t.Helper()
	var fact D
	var published []events.Event[D]
	for _, delivery := range bus.Accepted() {
		if delivery.DetailType != fact.DetailType() {
			continue
		}
		event, err := events.Decode[D](delivery)
		if err != nil {
			t.Fatalf("published, but nobody can read it: %v", err)
		}
		published = append(published, event)
	}
	return published
}

// PutEvents does what EventBridge does.
func (b *Bus) PutEvents(
	ctx context.Context, input *eventbridge.PutEventsInput, _ ...func(*eventbridge.Options),
) (*eventbridge.PutEventsOutput, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.calls = append(b.calls, slices.Clone(input.Entries))
	if len(b.failures) > 0 {
		err := b.failures[0]
		b.failures = b.failures[1:]
		return nil, err
	}
	if err := checkCall(input.Entries); err != nil {
		return nil, err
	}
	output := &eventbridge.PutEventsOutput{Entries: make([]types.PutEventsResultEntry, len(input.Entries))}
	for i, entry := range input.Entries {
		code, message := b.refuse(entry)
		if code != "" {
			output.Entries[i] = types.PutEventsResultEntry{ErrorCode: &code, ErrorMessage: &message}
			output.FailedEntryCount++
			continue
		}
		output.Entries[i] = types.PutEventsResultEntry{EventId: aws.String(b.accept(entry))}
	}
	return output, nil
}

// refuse returns the error code of an entry that is not accepted.
func (b *Bus) refuse(entry types.PutEventsRequestEntry) (code, message string) {
	for i := range b.refusals {
		if told := &b.refusals[i]; told.left > 0 && told.matches(entry) {
			told.left--
			return told.code, "refused by the test"
		}
	}
	return checkEntry(entry)
}

// accept returns the id that the event gets.
func (b *Bus) accept(entry types.PutEventsRequestEntry) string {
	id := fmt.Sprintf("00000000-0000-4000-8000-%012d", len(b.accepted)+1)
	at := aws.ToTime(entry.Time)
	if entry.Time == nil {
		at = Now()
	}
	b.accepted = append(b.accepted, events.Delivery{
		Envelope: events.Envelope{
			Version:    "0",
			ID:         id,
			DetailType: aws.ToString(entry.DetailType),
			Source:     aws.ToString(entry.Source),
			Account:    Account,
			Time:       at.UTC().Truncate(time.Second),
			Region:     Region,
			Resources:  append([]string{}, entry.Resources...),
		},
		Detail: json.RawMessage(aws.ToString(entry.Detail)),
	})
	return id
}
