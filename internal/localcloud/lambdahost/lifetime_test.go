package lambdahost_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/iam"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/lambdahost"
)

func TestProcessesGrowWithDemandAndShrink(t *testing.T) {
	t.Parallel()
	director := newDirector(t)
	host := newHost(t, lambdahost.Config{Concurrency: 3, IdleTimeout: 100 * time.Millisecond})
	create(t, host, function("price", director.environment("directed")))
	const invocations = 5
	ended := make(chan lambdahost.Result, invocations)
	for range invocations {
		go func() { ended <- invoke(t, host, "price", "{}") }()
	}
	var calls []*call
	processes := map[int]bool{}
	for range 3 {
		told := director.next(t)
		calls, processes[told.Process] = append(calls, told), true
	}
	if len(processes) != 3 {
		t.Fatalf("three invocations at a time in the processes %v", processes)
	}
	select {
	case told := <-director.calls:
		t.Fatalf("a fourth invocation runs in process %d, the limit is 3", told.Process)
	case <-time.After(100 * time.Millisecond):
	}
	for len(calls) > 0 {
		calls[0].answer(order{"answer", "1"})
		calls = calls[1:]
	}
	for range invocations - 3 {
		told := director.next(t)
		if !processes[told.Process] {
			t.Errorf("a waiting invocation got the new process %d", told.Process)
		}
		told.answer(order{"answer", "1"})
	}
	for range invocations {
		<-ended
	}
	left := func() (count int) {
		for process := range processes {
			if running(process) {
				count++
			}
		}
		return count
	}
	for late := time.Now().Add(20 * time.Second); left() > 1; time.Sleep(time.Millisecond) {
		if time.Now().After(late) {
			t.Fatalf("%d idle processes were not ended", left())
		}
	}
	time.Sleep(200 * time.Millisecond)
	if left() != 1 {
		t.Error("the last process was ended as well")
	}
}

func TestCloseLetsInvocationsEnd(t *testing.T) {
	t.Parallel()
	director := newDirector(t)
	host := newHost(t, lambdahost.Config{})
	create(t, host, function("price", director.environment("directed")), echo("other"))
	ended := make(chan lambdahost.Result, 1)
	go func() { ended <- invoke(t, host, "price", "{}") }()
	told := director.next(t)
	closed := make(chan error, 1)
	go func() { closed <- host.Close(context.Background()) }()
	for {
		if _, err := host.InvokeAsync(t.Context(), iam.Caller{}, arn("other"), nil, ""); err != nil {
			break // it is closing
		}
	}
	told.answer(order{"answer", `"done"`})
	if result := <-ended; string(result.Payload) != `"done"` {
		t.Errorf("result %s", result.Payload)
	}
	if err := <-closed; err != nil {
		t.Error(err)
	}
	awaitEnd(t, told.Process)
	if _, err := host.Invoke(t.Context(), iam.Caller{}, lambdahost.Request{Function: "price"}); err == nil {
		t.Error("a closed host invoked a function")
	}
}

func TestProcessThatWantsToBeToldIsTold(t *testing.T) {
	t.Parallel()
	director := newDirector(t)
	host := newHost(t, lambdahost.Config{})
	create(t, host, function("price", director.environment("sigterm")))
	ended := make(chan lambdahost.Result, 1)
	go func() { ended <- invoke(t, host, "price", "{}") }()
	director.next(t).answer(order{"answer", "1"})
	<-ended
	closed := make(chan error, 1)
	go func() { closed <- host.Close(context.Background()) }()
	if told := director.next(t); told.Payload != "terminated" {
		t.Errorf("the process said %q", told.Payload)
	}
	if err := <-closed; err != nil {
		t.Error(err)
	}
}

func TestKilledHostLeavesNoProcess(t *testing.T) {
	t.Parallel()
	director := newDirector(t)
	host := startHost(t, t.TempDir(), director)
	told := director.next(t)
	if err := host.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = host.Wait() // it was killed
	awaitEnd(t, told.Process)
}

func TestWhatAProcessHasStartedEndsWithIt(t *testing.T) {
	t.Parallel()
	director := newDirector(t)
	host := newHost(t, lambdahost.Config{Concurrency: 1})
	create(t, host, function("price", director.environment("directed")))
	ended := make(chan lambdahost.Result, 1)
	go func() { ended <- invoke(t, host, "price", "{}") }()
	director.next(t).answer(order{Do: "spawn"})
	child := director.next(t)
	if result := <-ended; result.Failed() || child.Payload != "starting" {
		t.Fatalf("result %+v, child %+v", result, child)
	}
	go func() { ended <- invoke(t, host, "price", "{}") }()
	director.next(t).answer(order{Do: "exit"})
	<-ended
	awaitEnd(t, child.Process)
}

func TestClosingEndsWhoWaits(t *testing.T) {
	t.Parallel()
	director := newDirector(t)
	host := newHost(t, lambdahost.Config{Concurrency: 1})
	create(t, host, function("price", director.environment("directed")))
	running, waiting := make(chan error, 1), make(chan error, 1)
	call := func(ended chan error) {
		result, err := host.Invoke(t.Context(), iam.Caller{}, lambdahost.Request{Function: "price"})
		if err == nil && result.Failed() {
			err = errors.New(result.Summary())
		}
		ended <- err
	}
	go call(running)
	director.next(t)
	go call(waiting)
	for len(host.InFlight()) != 1 || host.InFlight()[0] != "price: 2 running" {
		time.Sleep(time.Millisecond)
	}
	closeHost(t, host)
	if err := <-running; err == nil || !strings.HasSuffix(err.Error(), "signal: killed") {
		t.Errorf("the running invocation: %v", err)
	}
	wantCode(t, <-waiting, "ServiceException")
}

func TestInvocationSurvivesTheDeathOfAnIdleProcess(t *testing.T) {
	t.Parallel()
	host := newHost(t, lambdahost.Config{Concurrency: 1})
	create(t, host, function("price", map[string]string{bootstrapVariable: "number"}))
	for range 20 {
		process, err := strconv.Atoi(string(invoke(t, host, "price", "{}").Payload))
		if err != nil {
			t.Fatal(err)
		}
		if err := syscall.Kill(process, syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		// It either fails as one whose process was killed, or finds another process; but it ends.
		if result := invoke(t, host, "price", "{}"); result.Failed() && !strings.HasSuffix(result.Summary(), "signal: killed") {
			t.Fatal(result.Summary())
		}
	}
}

func startHost(t *testing.T, dir string, d *director) *exec.Cmd {
	t.Helper()
	host := exec.Command(os.Args[0])
	host.Env = append(os.Environ(), hostVariable+"="+dir, directorVariable+"="+d.listener.Addr().String())
	host.Stderr = os.Stderr
	if err := host.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = host.Process.Kill() })
	return host
}
