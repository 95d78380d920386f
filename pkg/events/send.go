package events

import (
	"context"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
)

const (
	// maxSends is how often an entry is sent at most, when EventBridge refuses it for a reason that passes.
	maxSends = 5
	// firstPause is the longest pause before the second sending. Each further pause may be twice as long.
	firstPause = 100 * time.Millisecond
	// parallelCalls is how many calls of one publishing are under way at once. The bus keeps no order anyway.
	parallelCalls = 4
)

// send sends entries, and resends those that were refused for a reason that passes, until all are accepted, the tries are
// used up or the context's time is. It notes in the results what became of each entry.
func (p *Publisher) send(ctx context.Context, pending []outgoing, results []Result) {
	for sends := 1; len(pending) > 0; sends++ {
		p.sendOnce(ctx, split(pending), results)
		pending = toResend(pending, results)
		if sends == maxSends || len(pending) == 0 || !p.pause(ctx, sends) {
			return
		}
	}
}

// toResend are the entries that were refused for a reason that passes.
func toResend(sent []outgoing, results []Result) []outgoing {
	var again []outgoing
	for _, one := range sent {
		if resendable(results[one.index].Err) {
			again = append(again, one)
		}
	}
	return again
}

// sendOnce makes the calls, some of them at once.
func (p *Publisher) sendOnce(ctx context.Context, calls [][]outgoing, results []Result) {
	if len(calls) == 1 {
		p.call(ctx, calls[0], results)
		return
	}
	waiting := make(chan []outgoing, len(calls))
	for _, call := range calls {
		waiting <- call
	}
	close(waiting)
	panics := make(chan any, parallelCalls)
	var callers sync.WaitGroup
	for range min(parallelCalls, len(calls)) {
		callers.Go(func() {
			defer passOn(panics)
			for call := range waiting {
				p.call(ctx, call, results)
			}
		})
	}
	callers.Wait()
	if len(panics) > 0 {
		panic(<-panics) // of the client: it is the caller's to deal with
	}
}

func passOn(panics chan<- any) {
	if reason := recover(); reason != nil {
		panics <- reason
	}
}

// call makes one call, and notes in the results what became of its entries.
func (p *Publisher) call(ctx context.Context, sent []outgoing, results []Result) {
	input := &eventbridge.PutEventsInput{Entries: make([]types.PutEventsRequestEntry, len(sent))}
	for i, one := range sent {
		input.Entries[i] = one.entry
	}
	answers, err := p.putEvents(ctx, input)
	for i, one := range sent {
		result := &results[one.index]
		if result.Err = err; err == nil {
			result.EventID, result.Err = aws.ToString(answers[i].EventId), refusal(answers[i])
		}
	}
}

// putEvents returns an answer for each entry, or a *CallError.
func (p *Publisher) putEvents(ctx context.Context, input *eventbridge.PutEventsInput) ([]types.PutEventsResultEntry, error) {
	if err := ctx.Err(); err != nil {
		return nil, &CallError{Err: err}
	}
	output, err := p.client.PutEvents(ctx, input)
	if err != nil {
		return nil, &CallError{Err: err}
	}
	if output == nil || len(output.Entries) != len(input.Entries) {
		return nil, &CallError{Err: errAnswersMissing}
	}
	return output.Entries, nil
}

// pause waits before the next sending, with full jitter. It returns false at once when the context's time would be over
// by then.
func (p *Publisher) pause(ctx context.Context, sends int) bool {
	pause := p.jitter(firstPause << (sends - 1))
	if deadline, limited := ctx.Deadline(); limited && time.Until(deadline) <= pause {
		return false
	}
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
