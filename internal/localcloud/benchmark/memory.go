package benchmark

import (
	"context"
	"errors"
	"fmt"

	"github.com/bayon-coagent/event-consumers/internal/localcloud"
)

// memoryAim is in units of an empty function.
const memoryAim = 1.7

// memory compares the resident memory of each function and of an empty one after many calls with the same events. Before
// each call of the function a listing appears or gets cheaper, so that it does all that it can: it reads, compares, writes
// and publishes.
func (b *bench) memory(ctx context.Context) (figures []Figure, err error) {
	cloud, err := b.project(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, cloud.Close()) }()
	return b.ofEach(b.subjects(), func(subject subject) ([]Figure, error) { return b.memoryOf(ctx, cloud, subject) })
}

func (b *bench) memoryOf(ctx context.Context, cloud *localcloud.Cloud, subject subject) ([]Figure, error) {
	function, err := b.function(subject.functionID, cloud.Endpoint())
	if err != nil {
		return nil, err
	}
	var working, idle []int
	for run := range b.Effort.MemoryRuns {
		b.progress("run %d of %d", run+1, b.Effort.MemoryRuns)
		work := memoryWork{cloud: cloud, subject: subject, run: run}
		resident, err := b.residentAfterCalls(ctx, function, work.next)
		if err != nil {
			return nil, err
		}
		working = append(working, resident)
		again := func(_ context.Context, call int) ([]byte, error) { return work.events[call], nil }
		if resident, err = b.residentAfterCalls(ctx, b.empty(), again); err != nil {
			return nil, err
		}
		idle = append(idle, resident)
	}
	return []Figure{{
		Name:     fmt.Sprintf("resident memory after %s calls", number(float64(b.Effort.MemoryCalls))),
		Value:    megabytes(median(working)),
		Unit:     "MB",
		Baseline: &Baseline{megabytes(median(idle)), ofEmpty},
		Aim:      atMostTimes(memoryAim),
	}}, nil
}

// residentAfterCalls is the resident memory of a process in kB when it has been called with many events.
func (b *bench) residentAfterCalls(
	ctx context.Context, function process, event func(ctx context.Context, call int) ([]byte, error),
) (int, error) {
	process, err := function.start(ctx)
	if err != nil {
		return 0, err
	}
	defer process.stop()
	for call := range b.Effort.MemoryCalls {
		payload, err := event(ctx, call)
		if err != nil {
			return 0, err
		}
		if _, err := process.invoke(ctx, payload); err != nil {
			return 0, err
		}
	}
	return process.memoryKB(residentNow)
}

// memoryWork gives the function something to find in each call.
type memoryWork struct {
	cloud   *localcloud.Cloud
	subject subject
	run     int
	market  *market // of the present agent
	events  [][]byte
}

// Each agent has so many calls and listings.
const (
	callsPerAgent    = 100
	listingsPerAgent = 20
)

// next changes one listing: it appears, or once the agent has all its price falls. It returns the event that tells so. It
// fails if the function has missed anything of the agent before.
func (w *memoryWork) next(ctx context.Context, call int) ([]byte, error) {
	turn := call % callsPerAgent
	if turn == 0 {
		if err := w.nextAgent(ctx, call/callsPerAgent); err != nil {
			return nil, err
		}
	}
	const firstPrice, fall = 1_000_000, 100_000
	if err := w.market.listOne(ctx, turn%listingsPerAgent, firstPrice-turn/listingsPerAgent*fall); err != nil {
		return nil, err
	}
	items, err := w.subject.turn(w.market, turn)
	if err != nil {
		return nil, err
	}
	if err := w.market.write(ctx, items); err != nil {
		return nil, err
	}
	event, err := w.subject.event(w.market)
	w.events = append(w.events, event)
	return event, err
}

func (w *memoryWork) nextAgent(ctx context.Context, number int) (err error) {
	if w.market != nil {
		if err := w.market.expect(ctx, w.subject.afterTurns); err != nil {
			return err
		}
	}
	w.market, err = newMarket(ctx, w.cloud, w.subject, fmt.Sprintf("memory-%s-%d-%d", w.subject.name, w.run, number))
	return err
}
