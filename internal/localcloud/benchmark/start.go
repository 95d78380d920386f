package benchmark

import (
	"context"
	"errors"
	"time"
)

// startAim is in units of an empty function.
const startAim = 2.0

// start compares how long each function and an empty one take from their start to their first poll.
func (b *bench) start(ctx context.Context) ([]Figure, error) {
	return b.ofEach(b.subjects(), func(subject subject) ([]Figure, error) { return b.startOf(ctx, subject) })
}

// startOf starts both in turn. The first start of each does not count: it brings the binary into memory.
func (b *bench) startOf(ctx context.Context, subject subject) ([]Figure, error) {
	function, err := b.function(subject.functionID, "http://127.0.0.1:1") // nobody is called before the first event
	if err != nil {
		return nil, err
	}
	took := map[string][]time.Duration{}
	for run := range b.Effort.Starts + 1 {
		for _, next := range []process{function, b.empty()} {
			process, err := next.start(ctx)
			if err != nil {
				return nil, err
			}
			process.stop()
			if run > 0 {
				took[next.name] = append(took[next.name], process.firstPoll)
			}
		}
	}
	return []Figure{{
		Name:     "start to first poll",
		Value:    milliseconds(median(took[function.name])),
		Unit:     "ms",
		Baseline: &Baseline{milliseconds(median(took[b.empty().name])), ofEmpty},
		Aim:      atMostTimes(startAim),
	}}, nil
}

// readyAim is in milliseconds.
const readyAim = 150

// ready measures how long the local cloud takes from reading the template to all functions waiting for events, with the
// binaries there and no state yet; and beside it one function alone, for which it has to wait in any case.
func (b *bench) ready(ctx context.Context) ([]Figure, error) {
	function, err := b.function(b.stack.Functions[0].LogicalID, "http://127.0.0.1:1")
	if err != nil {
		return nil, err
	}
	var clouds, functions []time.Duration
	for range b.Effort.ReadyRuns {
		begun := time.Now()
		cloud, err := b.project(ctx)
		if err != nil {
			return nil, err
		}
		clouds = append(clouds, time.Since(begun))
		alone, startErr := function.start(ctx)
		if err := errors.Join(startErr, cloud.Close()); err != nil {
			return nil, err
		}
		alone.stop()
		functions = append(functions, alone.firstPoll)
	}
	return []Figure{{
		Name:     "local cloud ready",
		Value:    milliseconds(median(clouds)),
		Unit:     "ms",
		Baseline: &Baseline{milliseconds(median(functions)), "one function alone, to its first poll"},
		Aim:      atMost(readyAim),
	}}, nil
}
