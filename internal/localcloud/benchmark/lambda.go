package benchmark

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/bayon-coagent/event-consumers/internal/localcloud"
)

// The aims of deliveries to a function, a second and in milliseconds.
const (
	deliveriesAim = 3_000
	latencyAim    = 1
)

const ofRuntimeAPI = "the same function, given one payload after the other by a bare Runtime API"

// target is the function stamp in a local cloud, and beside it one that gets its payloads from a bare Runtime API.
type target struct {
	cloud      *localcloud.Cloud
	received   *stamps
	alone      *running
	aloneStamp *stamps
	sequence   uint64 // of the next event
}

// openTarget makes a target and warms both functions.
func (b *bench) openTarget(ctx context.Context) (t *target, err error) {
	t = &target{}
	defer func() {
		if err != nil {
			err = errors.Join(err, t.close())
		}
	}()
	if t.received, err = receiveStamps(ctx); err != nil {
		return t, err
	}
	if t.aloneStamp, err = receiveStamps(ctx); err != nil {
		return t, err
	}
	if t.cloud, err = b.lambdaCloud(ctx, t.received); err != nil {
		return t, err
	}
	stamp := process{"stamp", b.built.stamp, []string{"STAMP_ADDRESS=" + t.aloneStamp.address()}}
	if t.alone, err = stamp.start(ctx); err != nil {
		return t, err
	}
	const warmUp = 20
	if _, err = t.publish(ctx, warmUp); err != nil {
		return t, err
	}
	_, err = t.invokeAlone(ctx, warmUp)
	return t, err
}

func (t *target) close() (err error) {
	if t.alone != nil {
		t.alone.stop()
	}
	if t.cloud != nil {
		err = t.cloud.Close()
	}
	for _, opened := range []*stamps{t.received, t.aloneStamp} {
		if opened != nil {
			opened.close()
		}
	}
	return err
}

// publish publishes events as fast as the bus takes them, and returns how long it took until all handlers had begun.
func (t *target) publish(ctx context.Context, count int) (time.Duration, error) {
	first := t.sequence
	t.sequence += uint64(count)
	requests := count / entriesPerRequest
	begun := time.Now()
	_, err := drive(ctx, t.cloud.Endpoint(), requests, func(request int) ([]byte, error) {
		return putEvents(sequenceEntries(first+uint64(request*entriesPerRequest), entriesPerRequest))
	})
	if err != nil {
		return 0, err
	}
	last, err := t.received.await(ctx, first, first+uint64(requests*entriesPerRequest))
	if err != nil {
		return 0, err
	}
	return last.Sub(begun), awaitQuiet(ctx, t.cloud)
}

// invokeAlone gives the function beside the local cloud one payload after the other, and returns how long each took until
// its handler began.
func (t *target) invokeAlone(ctx context.Context, count int) ([]time.Duration, error) {
	took := make([]time.Duration, count)
	for i := range took {
		sequence := uint64(i)
		begun := time.Now()
		if _, err := t.alone.invoke(ctx, fmt.Appendf(nil, `{"detail":{"sequence":%d}}`, sequence)); err != nil {
			return nil, err
		}
		began, err := t.aloneStamp.await(ctx, sequence, sequence+1)
		if err != nil {
			return nil, err
		}
		took[i] = began.Sub(begun)
	}
	return took, nil
}

// lambda measures how many events a second reach the handler of a warm function.
func (b *bench) lambda(ctx context.Context) (figures []Figure, err error) {
	t, err := b.openTarget(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, t.close()) }()
	var delivered, alone []float64
	for run := range b.Effort.LambdaRuns {
		b.progress("run %d of %d", run+1, b.Effort.LambdaRuns)
		took, err := t.publish(ctx, b.Effort.LambdaEvents)
		if err != nil {
			return nil, err
		}
		delivered = append(delivered, perSecond(b.Effort.LambdaEvents, took))
		begun := time.Now()
		if _, err := t.invokeAlone(ctx, b.Effort.LambdaEvents); err != nil {
			return nil, err
		}
		alone = append(alone, perSecond(b.Effort.LambdaEvents, time.Since(begun)))
	}
	return []Figure{{
		Name:     "deliveries to a warm function",
		Value:    median(delivered),
		Unit:     "events/s",
		Baseline: &Baseline{median(alone), ofRuntimeAPI},
		Aim:      atLeast(deliveriesAim),
	}}, nil
}

// latency measures how long an event takes from being published to its handler, one event at a time.
func (b *bench) latency(ctx context.Context) (figures []Figure, err error) {
	t, err := b.openTarget(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, t.close()) }()
	publisher, err := dial(ctx, t.cloud.Endpoint())
	if err != nil {
		return nil, err
	}
	defer publisher.close()
	took := make([]time.Duration, b.Effort.LatencyEvents)
	for i := range took {
		body, err := putEvents(sequenceEntries(t.sequence, 1))
		if err != nil {
			return nil, err
		}
		begun := time.Now()
		if err := publisher.put(body); err != nil {
			return nil, err
		}
		began, err := t.received.await(ctx, t.sequence, t.sequence+1)
		if err != nil {
			return nil, err
		}
		t.sequence++
		took[i] = began.Sub(begun)
	}
	alone, err := t.invokeAlone(ctx, b.Effort.LatencyEvents)
	if err != nil {
		return nil, err
	}
	const most = 0.99
	return []Figure{
		{
			Name: "publish to handler, median", Value: milliseconds(median(took)), Unit: "ms",
			Baseline: &Baseline{milliseconds(median(alone)), ofRuntimeAPI}, Aim: atMost(latencyAim),
		},
		{
			Name: "publish to handler, 99th percentile", Value: milliseconds(quantile(took, most)), Unit: "ms",
			Baseline: &Baseline{milliseconds(quantile(alone, most)), ofRuntimeAPI},
		},
	}, nil
}
