package lambdahost_test

import (
	"context"
	"errors"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/activity"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/awsapi"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/iam"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/lambdahost"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/store"
)

func TestAnUpdateLetsInvocationsEndAndTakesTheNextOnes(t *testing.T) {
	t.Parallel()
	before, after, diary := newDirector(t), newDirector(t), newDiary()
	host := newHost(t, lambdahost.Config{Recorder: diary, Concurrency: 1, Scale: atOnce})
	create(t, host, function("work", before.environment("directed")))
	first := invokeAsync(t, host, "work", `"first"`)
	running := before.next(t)
	second := invokeAsync(t, host, "work", `"second"`) // it waits: there is one process at most

	updated := function("work", after.environment("directed"))
	if err := host.Update(updated); err != nil {
		t.Fatal(err)
	}
	next := after.next(t)
	if running.RequestID != first || next.RequestID != second || next.Process == running.Process {
		t.Errorf("the process %d had %s, the process %d had %s; want %s and %s", running.Process, running.RequestID, next.Process, next.RequestID, first, second)
	}
	if words := strings.Join(host.InFlight(), "; "); strings.Count(words, "1 running") != 2 {
		t.Errorf("in flight: %s", words)
	}
	next.answer(order{"answer", `"new"`})
	running.answer(order{"fail", "once"}) // its next attempt is the new definition's
	again := after.next(t)
	if again.RequestID != first {
		t.Errorf("%s is tried again, want %s", again.RequestID, first)
	}
	again.answer(order{"answer", `"new"`})
	diary.of(t, 2, activity.Delivered)
	awaitEnd(t, running.Process)
	for late := time.Now().Add(time.Minute); len(host.InFlight()) > 0; time.Sleep(time.Millisecond) {
		if time.Now().After(late) {
			t.Fatalf("in flight: %v", host.InFlight())
		}
	}
}

// TestNothingIsLostByUpdates updates a function again and again while it is invoked in both ways.
func TestNothingIsLostByUpdates(t *testing.T) {
	t.Parallel()
	diary := newDiary()
	host := newHost(t, lambdahost.Config{Recorder: diary})
	create(t, host, echo("work"))
	const events, updates = 200, 5
	var failed atomic.Int64
	done := make(chan struct{})
	go func() {
		defer close(done)
		for i := range events {
			text := strconv.Itoa(i)
			result, err := host.Invoke(context.WithoutCancel(t.Context()), iam.Caller{}, lambdahost.Request{Function: "work", Payload: []byte(text)})
			if err != nil || string(result.Payload) != text {
				failed.Add(1)
			}
			if _, err := host.InvokeAsync(context.WithoutCancel(t.Context()), iam.Caller{}, arn("work"), []byte(text), ""); err != nil {
				failed.Add(1)
			}
		}
	}()
	for range updates {
		if err := host.Update(echo("work")); err != nil {
			t.Error(err)
		}
		if err := host.AwaitReadyOf(t.Context(), "work"); err != nil {
			t.Error(err)
		}
	}
	<-done
	diary.of(t, 2*events, activity.Delivered)
	if failed.Load() > 0 || len(diary.list([]activity.Kind{activity.Failed})) > 0 {
		t.Errorf("%d invocations failed", failed.Load())
	}
}

func TestRemovedFunctionIsGoneWithItsEvents(t *testing.T) {
	t.Parallel()
	director := newDirector(t)
	host := newHost(t, lambdahost.Config{Concurrency: 1})
	create(t, host, function("work", director.environment("directed")))
	invokeAsync(t, host, "work", `"under way"`)
	running := director.next(t)
	invokeAsync(t, host, "work", `"waits"`)
	if err := host.Remove("work"); err != nil {
		t.Fatal(err)
	}
	_, err := host.Invoke(t.Context(), iam.Caller{}, lambdahost.Request{Function: "work"})
	expectCode(t, err, "ResourceNotFoundException")
	expectCode(t, host.Remove("work"), "ResourceNotFoundException")
	expectCode(t, host.Update(echo("work")), "ResourceNotFoundException")
	expectCode(t, host.AwaitReadyOf(t.Context(), "work"), "ResourceNotFoundException")
	running.answer(order{"answer", `"done"`})
	awaitEnd(t, running.Process)
	if host.Has("work") {
		t.Error("it is still there")
	}
	create(t, host, function("work", director.environment("directed")))
	invokeAsync(t, host, "work", `"anew"`)
	if told := director.next(t); told.Payload != `"anew"` {
		t.Errorf("the new function got %s", told.Payload)
	}
}

func TestWhatIsLeftOfAFunctionThatDoesNotRunIsCleared(t *testing.T) {
	t.Parallel()
	memory, err := store.OpenMemory()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { memory.Close() })
	director := newDirector(t)
	definition := function("work", director.environment("directed"))
	host := newHostOn(t, memory, lambdahost.Config{Concurrency: 1})
	create(t, host, definition)
	invokeAsync(t, host, "work", `"left"`)
	director.next(t)
	if err := host.Clear("work"); err != nil {
		t.Fatal(err)
	}
	closeHost(t, host)
	host = newHostOn(t, memory, lambdahost.Config{Concurrency: 1})
	create(t, host, definition)
	if told := director.next(t); told.Payload != `"left"` {
		t.Errorf("the function was cleared while it ran: it got %s", told.Payload)
	}
	closeHost(t, host)

	host = newHostOn(t, memory, lambdahost.Config{Concurrency: 1})
	if err := host.Clear("work"); err != nil {
		t.Fatal(err)
	}
	create(t, host, definition)
	invokeAsync(t, host, "work", `"anew"`)
	told := director.next(t)
	if told.Payload != `"anew"` {
		t.Errorf("the new function got %s", told.Payload)
	}
	told.answer(order{"answer", "1"})
}

// TestAnUpdateReplacesTheDestinationOfWhatIsBeingHandedOver updates a function while its old destination cannot be reached.
func TestAnUpdateReplacesTheDestinationOfWhatIsBeingHandedOver(t *testing.T) {
	t.Parallel()
	definition := echo("work")
	definition.Reserved, definition.OnFailure = new(0), failuresARN
	tried := make(chan string, 1000)
	unreachable := &failures{err: func() error { tried <- ""; return errors.New("no connection") }}
	diary := newDiary()
	host := newHost(t, lambdahost.Config{Queues: unreachable, Recorder: diary})
	create(t, host, definition)
	invokeAsync(t, host, "work", "{}")
	<-tried
	definition.OnFailure = ""
	if err := host.Update(definition); err != nil {
		t.Fatal(err)
	}
	diary.of(t, 1, activity.Lost)
}

func TestUpdateTellsOfCodeThatCannotStart(t *testing.T) {
	t.Parallel()
	host := newHost(t, lambdahost.Config{})
	create(t, host, echo("work"))
	broken := echo("work")
	broken.Bootstrap = os.DevNull
	if err := host.Update(broken); err != nil {
		t.Fatal(err)
	}
	if err := host.AwaitReadyOf(t.Context(), "work"); err == nil || !strings.Contains(err.Error(), "work") {
		t.Errorf("error %v", err)
	}
	if err := host.Update(lambdahost.Function{Name: "work"}); err == nil {
		t.Error("a definition that AWS would refuse is taken")
	}
}

func expectCode(t *testing.T, err error, code string) {
	t.Helper()
	var refusal *awsapi.Error
	if !errors.As(err, &refusal) || refusal.Code != code {
		t.Errorf("error %v, want %s", err, code)
	}
}
