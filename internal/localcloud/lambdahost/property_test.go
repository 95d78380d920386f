package lambdahost_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/activity"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/lambdahost"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/store"
)

// dice decide at random, for many at a time.
type dice struct {
	mu     sync.Mutex
	random *rand.Rand
}

func (d *dice) hit(share float64) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.random.Float64() < share
}

// TestAcceptedEventsAreNeverLost runs functions that fail, panic and die at random, on a host that is closed and opened
// again in the middle: each accepted event succeeds once, or lies once in the on-failure queue with its reason.
func TestAcceptedEventsAreNeverLost(t *testing.T) {
	t.Parallel()
	for seed := range uint64(4) {
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) {
			t.Parallel()
			neverLost(t, &dice{random: rand.New(rand.NewPCG(seed, 0))})
		})
	}
}

func neverLost(t *testing.T, d *dice) {
	memory, err := store.OpenMemory()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { memory.Close() })
	director, diary, queues := newDirector(t), newDiary(), newFailures()
	queues.err = func() error {
		if d.hit(0.1) {
			return errors.New("not now")
		}
		return nil
	}
	director.direct(t, func(*call) order {
		switch {
		case d.hit(0.5):
			return order{"answer", "1"}
		case d.hit(0.8):
			return order{"fail", "x"}
		case d.hit(0.6):
			return order{"panic", "y"}
		default:
			return order{Do: "exit"}
		}
	})
	open := func() *lambdahost.Host {
		host := newHostOn(t, memory, lambdahost.Config{
			Recorder: diary, Queues: queues, Scale: atOnce, Concurrency: 3,
			Faults: lambdahost.Faults{
				Throttle: func(string) bool { return d.hit(0.1) },
				Crash:    func(string) (lambdahost.Crash, bool) { return lambdahost.Crash{}, d.hit(0.05) },
				Delay: func() time.Duration {
					if d.hit(0.5) {
						return time.Millisecond
					}
					return 0
				},
			},
		})
		create(t, host, function("a", director.environment("directed")), function("b", director.environment("directed")))
		return host
	}
	host := open()
	const rounds, events = 3, 25
	ends := map[string]int{}
	for round := range rounds {
		for range events {
			ends[invokeAsync(t, host, "a", eventBridgeEvent)] = 0
			ends[invokeAsync(t, host, "b", eventBridgeEvent)] = 0
		}
		if round < rounds-1 {
			closeHost(t, host)
			host = open()
		}
	}
	awaitQuiet(t, host)
	for _, delivered := range diary.list([]activity.Kind{activity.Delivered}) {
		ends[delivered.RequestID]++
	}
	closeHost(t, host)
	close(queues.messages)
	for sent := range queues.messages {
		got := sent.record(t)
		ends[got.RequestContext.RequestID]++
		if got.RequestContext.Condition != "RetriesExhausted" || got.RequestContext.ApproximateInvokeCount != 3 ||
			got.ResponsePayload == nil || got.ResponsePayload.ErrorType == "" {
			t.Errorf("record %+v", got)
		}
	}
	for requestID, times := range ends {
		if times != 1 {
			t.Errorf("%s has ended %d times", requestID, times)
		}
	}
}
