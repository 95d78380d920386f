package benchmark

import (
	"bytes"
	"context"
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

// runtimeAPI is a Lambda Runtime API for one process at a time that hands out the same payload over and over.
//
// https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
type runtimeAPI struct {
	payload []byte
	server  *http.Server
	address string

	mu     sync.Mutex
	polled chan struct{} // closed at the first poll of the present process
	left   int           // invocations still to be handed out
	done   chan struct{} // closed when all of them have been answered
	failed string        // what the function said when it failed
	served int
}

func newRuntimeAPI(payload []byte) (*runtimeAPI, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // it lives as long as the measurement
	if err != nil {
		return nil, fmt.Errorf("listen for functions: %w", err)
	}
	api := &runtimeAPI{payload: payload, address: listener.Addr().String()}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /2018-06-01/runtime/invocation/next", api.next)
	mux.HandleFunc("POST /2018-06-01/runtime/invocation/{id}/response", func(w http.ResponseWriter, _ *http.Request) {
		api.answered(w, "")
	})
	mux.HandleFunc("POST /2018-06-01/runtime/invocation/{id}/error", func(w http.ResponseWriter, r *http.Request) {
		text, _ := io.ReadAll(io.LimitReader(r.Body, 1000)) // what came is what is told
		api.answered(w, string(text))
	})
	api.server = &http.Server{Handler: mux, ReadHeaderTimeout: time.Minute}
	go func() { _ = api.server.Serve(listener) }() // it ends with Close
	return api, nil
}

func (a *runtimeAPI) close() { _ = a.server.Close() }

func (a *runtimeAPI) prepare(invocations int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.polled, a.done, a.left, a.served, a.failed = make(chan struct{}), make(chan struct{}), invocations, 0, ""
}

func (a *runtimeAPI) next(w http.ResponseWriter, r *http.Request) {
	a.mu.Lock()
	if a.served == 0 {
		close(a.polled)
	}
	a.served++
	number, more := a.served, a.served <= a.left
	a.mu.Unlock()
	if !more {
		<-r.Context().Done() // nothing is left: it waits as an idle function does
		return
	}
	header := w.Header()
	header.Set("Lambda-Runtime-Aws-Request-Id", "request-"+strconv.Itoa(number))
	header.Set("Lambda-Runtime-Deadline-Ms", strconv.FormatInt(time.Now().Add(time.Minute).UnixMilli(), 10))
	header.Set("Lambda-Runtime-Invoked-Function-Arn", "arn:aws:lambda:us-east-1:123456789012:function:benchmark")
	header.Set("Lambda-Runtime-Trace-Id", "Root=1-00000000-000000000000000000000000;Sampled=0")
	_, _ = w.Write(a.payload) // a process that has gone fails the measurement elsewhere
}

func (a *runtimeAPI) answered(w http.ResponseWriter, failure string) {
	w.WriteHeader(http.StatusAccepted)
	a.mu.Lock()
	defer a.mu.Unlock()
	if failure != "" {
		a.failed = failure
	}
	if a.served == a.left {
		close(a.done)
	}
}

// Process is a function's binary with the variables that it needs.
type Process struct {
	Name        string
	Bootstrap   string
	Environment []string
}

// measured is what one run of a process took.
type measured struct {
	start    time.Duration // from the start of the process to its first poll
	resident int           // kB, when all invocations are done
}

// measureTimeout bounds one run of a process.
const measureTimeout = 2 * time.Minute

// measure starts a process, waits for its first poll, and lets it handle invocations.
func (a *runtimeAPI) measure(ctx context.Context, process Process, invocations int) (measured, error) {
	ctx, cancel := context.WithTimeout(ctx, measureTimeout)
	defer cancel()
	a.prepare(invocations)
	var output bytes.Buffer
	command := exec.CommandContext(ctx, process.Bootstrap)
	command.Env = append([]string{"AWS_LAMBDA_RUNTIME_API=" + a.address}, process.Environment...)
	command.Stderr = &output
	begun := time.Now()
	if err := command.Start(); err != nil {
		return measured{}, fmt.Errorf("start %s: %w", process.Name, err)
	}
	defer func() {
		_ = command.Process.Kill() // the measurement is over
		_ = command.Wait()
	}()
	select {
	case <-a.polled:
	case <-ctx.Done():
		return measured{}, fmt.Errorf("%s did not poll: %w\n%s", process.Name, ctx.Err(), output.String())
	}
	result := measured{start: time.Since(begun)}
	if invocations > 0 {
		select {
		case <-a.done:
		case <-ctx.Done():
			return measured{}, fmt.Errorf("%s did not answer %d invocations: %w", process.Name, invocations, ctx.Err())
		}
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.failed != "" {
		return measured{}, fmt.Errorf("%s failed: %s", process.Name, a.failed)
	}
	var err error
	result.resident, err = residentKB(command.Process.Pid)
	return result, err
}

// residentKB reads a process's resident memory as Linux tells it.
func residentKB(process int) (int, error) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", process))
	if err != nil {
		return 0, fmt.Errorf("read the memory of a process: %w", err)
	}
	for line := range strings.Lines(string(status)) {
		if value, found := strings.CutPrefix(line, "VmRSS:"); found {
			return strconv.Atoi(strings.TrimSuffix(strings.TrimSpace(value), " kB"))
		}
	}
	return 0, fmt.Errorf("process %d has no resident memory", process)
}
