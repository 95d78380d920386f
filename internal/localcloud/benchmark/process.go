package benchmark

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"time"
)

// process is a function's binary with the variables that it needs.
type process struct {
	name        string
	bootstrap   string
	environment []string
}

// running is a process of a function, with a Lambda Runtime API of its own that hands out what invoke is given and nothing
// else. Not safe for concurrent use.
//
// https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
type running struct {
	name      string
	firstPoll time.Duration // from the start of the process
	command   *exec.Cmd
	output    bytes.Buffer // what it wrote on standard error; to be read when it has ended
	ended     chan struct{}
	server    *http.Server

	polled   chan struct{} // closed at the first poll
	payloads chan []byte
	answers  chan error
}

// pollTimeout bounds how long a process may take to its first poll.
const pollTimeout = 30 * time.Second

// start starts the process and returns when it has polled.
func (p process) start(ctx context.Context) (*running, error) {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listen for %s: %w", p.name, err)
	}
	r := &running{
		name: p.name, ended: make(chan struct{}),
		polled: make(chan struct{}), payloads: make(chan []byte), answers: make(chan error, 1),
	}
	r.server = &http.Server{Handler: r.runtimeAPI(), ReadHeaderTimeout: time.Minute}
	go func() { _ = r.server.Serve(listener) }() // it ends with stop

	r.command = exec.Command(p.bootstrap) //nolint:noctx // it ends with stop
	r.command.Env = append([]string{"AWS_LAMBDA_RUNTIME_API=" + listener.Addr().String()}, p.environment...)
	r.command.Stderr = &r.output
	begun := time.Now()
	if err := r.command.Start(); err != nil {
		return nil, errors.Join(fmt.Errorf("start %s: %w", p.name, err), r.server.Close())
	}
	go func() {
		_ = r.command.Wait() // how it ended is of no interest, that it did is
		close(r.ended)
	}()
	late := time.NewTimer(pollTimeout)
	defer late.Stop()
	select {
	case <-r.polled:
		r.firstPoll = time.Since(begun)
		return r, nil
	case <-r.ended:
		err = errors.New("it ended")
	case <-late.C:
		err = fmt.Errorf("not within %s", pollTimeout)
	case <-ctx.Done():
		err = ctx.Err()
	}
	r.stop()
	return nil, fmt.Errorf("%s did not ask for work: %w\n%s", p.name, err, r.output.String())
}

// stop ends the process and its Runtime API.
func (r *running) stop() {
	_ = r.command.Process.Kill() // it may have ended
	<-r.ended
	_ = r.server.Close() // nothing is left to be told
}

// invoke hands out a payload and returns how long the function took to answer. It fails if the function failed.
func (r *running) invoke(ctx context.Context, payload []byte) (time.Duration, error) {
	begun := time.Now()
	payloads, answers := r.payloads, (chan error)(nil)
	for {
		select {
		case payloads <- payload:
			payloads, answers = nil, r.answers
		case err := <-answers:
			return time.Since(begun), err
		case <-r.ended:
			return 0, fmt.Errorf("%s ended while it was needed:\n%s", r.name, r.output.String())
		case <-ctx.Done():
			return 0, fmt.Errorf("%s did not answer: %w", r.name, ctx.Err())
		}
	}
}

func (r *running) runtimeAPI() http.Handler {
	mux := http.NewServeMux()
	polled := sync.OnceFunc(func() { close(r.polled) })
	number := 0 // polls of one process come one after the other
	mux.HandleFunc("GET /2018-06-01/runtime/invocation/next", func(w http.ResponseWriter, request *http.Request) {
		polled()
		select {
		case payload := <-r.payloads:
			number++
			handOut(w, number, payload)
		case <-request.Context().Done():
		}
	})
	mux.HandleFunc("POST /2018-06-01/runtime/invocation/{id}/response", func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusAccepted)
		r.answers <- nil
	})
	mux.HandleFunc("POST /2018-06-01/runtime/invocation/{id}/error", func(w http.ResponseWriter, request *http.Request) {
		const longest = 1000
		text, _ := io.ReadAll(io.LimitReader(request.Body, longest)) // what came is what is told
		w.WriteHeader(http.StatusAccepted)
		r.answers <- fmt.Errorf("%s failed: %s", r.name, text)
	})
	return mux
}

// invocationTimeout is longer than Lambda's, so that a function goes through as much as it is given in one invocation.
const invocationTimeout = 2 * time.Hour

func handOut(w http.ResponseWriter, number int, payload []byte) {
	header := w.Header()
	header.Set("Lambda-Runtime-Aws-Request-Id", "request-"+strconv.Itoa(number))
	header.Set("Lambda-Runtime-Deadline-Ms", strconv.FormatInt(time.Now().Add(invocationTimeout).UnixMilli(), 10))
	header.Set("Lambda-Runtime-Invoked-Function-Arn", "arn:aws:lambda:us-east-1:123456789012:function:benchmark")
	header.Set("Lambda-Runtime-Trace-Id", fmt.Sprintf("Root=1-00000000-%024x;Parent=%016x;Sampled=1", number, number))
	_, _ = w.Write(payload) // a process that has gone is noticed by invoke
}

// The lines of /proc/PID/status that tell of memory.
const (
	residentNow  = "VmRSS:"
	residentPeak = "VmHWM:"
)

// memoryKB reads the resident memory of the process in kB, as Linux tells it.
func (r *running) memoryKB(line string) (int, error) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", r.command.Process.Pid))
	if err != nil {
		return 0, fmt.Errorf("read the memory of %s: %w", r.name, err)
	}
	for found := range strings.Lines(string(status)) {
		if value, ok := strings.CutPrefix(found, line); ok {
			return strconv.Atoi(strings.TrimSuffix(strings.TrimSpace(value), " kB"))
		}
	}
	return 0, fmt.Errorf("read the memory of %s: no %s", r.name, line)
}
