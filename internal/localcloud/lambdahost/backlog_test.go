package lambdahost_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/activity"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/iam"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/lambdahost"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/store"
)

func TestInFlightNamesWhatIsLeft(t *testing.T) {
	t.Parallel()
	director := newDirector(t)
	host := newHost(t, lambdahost.Config{Concurrency: 1, Recorder: newDiary()})
	create(t, host, function("price", director.environment("directed")), echo("quiet"))
	for range 3 {
		invokeAsync(t, host, "price", "{}")
	}
	told := director.next(t)
	if diff := cmp.Diff([]string{"price: 1 running, 2 waiting"}, host.InFlight()); diff != "" {
		t.Error(diff)
	}
	told.answer(order{"fail", "x"})
	second := director.next(t)
	const want = "price: 1 running, 2 waiting, the next retry at "
	left := func() string { return strings.Join(host.InFlight(), ";") }
	for late := time.Now().Add(20 * time.Second); !strings.HasPrefix(left(), want); time.Sleep(time.Millisecond) {
		if time.Now().After(late) {
			t.Fatalf("in flight: %s", left())
		}
	}
	second.answer(order{"answer", "1"})
	director.next(t).answer(order{"answer", "1"})
}

func TestSlowFunctionDoesNotHoldUpAnother(t *testing.T) {
	t.Parallel()
	director, diary := newDirector(t), newDiary()
	host := newHost(t, lambdahost.Config{Recorder: diary, Concurrency: 1})
	create(t, host, function("slow", director.environment("directed")), echo("quick"))
	for range 100 {
		invokeAsync(t, host, "slow", "{}")
	}
	told := director.next(t)
	for range 100 {
		invokeAsync(t, host, "quick", "{}")
	}
	for _, entry := range diary.of(t, 100, activity.Delivered) {
		if entry.Function != "quick" {
			t.Errorf("delivered %+v", entry)
		}
	}
	told.answer(order{"answer", "1"})
}

func TestBacklogIsReadFromTheStore(t *testing.T) {
	t.Parallel()
	director, diary := newDirector(t), newDiary()
	host := newHost(t, lambdahost.Config{Recorder: diary, Concurrency: 1})
	create(t, host, function("price", director.environment("gated")))
	invokeAsync(t, host, "price", gate)
	first := director.next(t)
	const events = 3000
	accepted := map[string]int{}
	var mu sync.Mutex
	var callers sync.WaitGroup
	for range 10 {
		callers.Go(func() {
			for range events / 10 {
				requestID := invokeAsync(t, host, "price", "{}")
				mu.Lock()
				accepted[requestID]++
				mu.Unlock()
			}
		})
	}
	callers.Wait()
	if diff := cmp.Diff([]string{fmt.Sprintf("price: 1 running, %d waiting", events)}, host.InFlight()); diff != "" {
		t.Error(diff)
	}
	first.answer(order{"answer", "1"})
	for _, entry := range diary.of(t, 1+events, activity.Delivered) {
		accepted[entry.RequestID]--
	}
	delete(accepted, first.RequestID)
	for requestID, missing := range accepted {
		if missing != 0 {
			t.Fatalf("%s was delivered %d times too few", requestID, missing)
		}
	}
	awaitQuiet(t, host)
}

func TestLargePayloadsPassThroughTheStore(t *testing.T) {
	t.Parallel()
	director, diary := newDirector(t), newDiary()
	host := newHost(t, lambdahost.Config{Recorder: diary, Concurrency: 1})
	create(t, host, function("price", director.environment("gated")))
	invokeAsync(t, host, "price", gate)
	first := director.next(t)
	large := `"` + strings.Repeat("x", 1<<20-2) + `"`
	const events = 30
	for range events {
		invokeAsync(t, host, "price", large)
	}
	first.answer(order{"answer", "1"})
	diary.of(t, 1+events, activity.Delivered)
	_, err := host.InvokeAsync(t.Context(), iam.Caller{}, arn("price"), []byte(large+" "), "")
	wantCode(t, err, "RequestTooLargeException")
}

func TestEventsGoOnAfterARestart(t *testing.T) {
	t.Parallel()
	dir, director, diary := t.TempDir(), newDirector(t), newDiary()
	killed := startHost(t, dir, director)
	calls := map[string]*call{}
	for range 2 {
		told := director.next(t)
		calls[told.Payload] = told
	}
	first, second := calls[`"first"`], calls[`"second"`]
	first.answer(order{"fail", "once"})
	again := director.next(t) // the failure has been counted before
	if again.RequestID != first.RequestID {
		t.Fatalf("%+v after the failure of %+v", again, first)
	}
	if err := killed.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = killed.Wait() // it was killed

	disk, err := store.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { disk.Close() })
	host := newHostOn(t, disk, lambdahost.Config{Recorder: diary, Scale: atOnce})
	create(t, host, function("work", director.environment("directed")))
	director.direct(t, func(*call) order { return order{"answer", "1"} })
	attempts := map[string]int{}
	for _, entry := range diary.of(t, 2, activity.Delivered) {
		attempts[entry.RequestID] = entry.Attempt
	}
	if diff := cmp.Diff(map[string]int{first.RequestID: 2, second.RequestID: 1}, attempts); diff != "" {
		t.Error(diff)
	}
	awaitQuiet(t, host)
}

func TestClosingCostsNoAttempt(t *testing.T) {
	t.Parallel()
	memory, err := store.OpenMemory()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { memory.Close() })
	director, diary := newDirector(t), newDiary()
	definition := function("price", director.environment("directed"))
	definition.MaxRetries = 0
	host := newHostOn(t, memory, lambdahost.Config{Recorder: diary})
	create(t, host, definition)
	requestID := invokeAsync(t, host, "price", "{}")
	director.next(t)
	closeHost(t, host)

	host = newHostOn(t, memory, lambdahost.Config{Recorder: diary})
	create(t, host, definition)
	again := director.next(t)
	again.answer(order{"answer", "1"})
	if delivered := diary.of(t, 1, activity.Delivered); delivered[0].RequestID != requestID || delivered[0].Attempt != 1 {
		t.Errorf("delivered %+v", delivered)
	}
	if failed := diary.list([]activity.Kind{activity.Failed, activity.Lost}); len(failed) != 0 {
		t.Errorf("closing the host failed %+v", failed)
	}
}

func TestEventThatNoQueueHasTakenStaysOverARestart(t *testing.T) {
	t.Parallel()
	memory, err := store.OpenMemory()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { memory.Close() })
	closed := echo("price")
	closed.Reserved = new(0)
	tried := make(chan struct{}, 100)
	broken := &failures{err: func() error { tried <- struct{}{}; return errors.New("the disk is full") }}
	host := newHostOn(t, memory, lambdahost.Config{Queues: broken})
	create(t, host, closed)
	requestID := invokeAsync(t, host, "price", "{}")
	<-tried
	closeHost(t, host)

	queues := newFailures()
	create(t, newHostOn(t, memory, lambdahost.Config{Queues: queues}), closed)
	if got := queues.next(t).record(t); got.RequestContext.RequestID != requestID {
		t.Errorf("record %+v", got)
	}
}

func TestDamagedEventHoldsUpNoOther(t *testing.T) {
	t.Parallel()
	memory := newMemory(t)
	diary := newDiary()
	damaged := memory.Space("lambda").Batch()
	damaged.Set([]byte("price\x00"+strings.Repeat("\x00", 16)), []byte("damaged"))
	if err := damaged.Apply(); err != nil {
		t.Fatal(err)
	}
	host := newHostOn(t, memory, lambdahost.Config{Recorder: diary})
	create(t, host, echo("price"))
	invokeAsync(t, host, "price", "{}")
	diary.of(t, 1, activity.Delivered)
	warned := diary.of(t, 1, activity.Warned)
	if warned[0].Function != "price" || !strings.Contains(warned[0].Reason, "left out") {
		t.Errorf("warned %+v", warned[0])
	}
	for late := time.Now().Add(time.Minute); len(host.InFlight()) > 0; time.Sleep(time.Millisecond) {
		if time.Now().After(late) {
			t.Fatalf("in flight: %q", host.InFlight())
		}
	}
}
