package lambdahost

import (
	"encoding/json"
	"fmt"
	"sync/atomic"
	"time"
)

// Result is how an invocation ended.
type Result struct {
	RequestID     string
	Payload       []byte // what the function answered, or an object with errorType and errorMessage
	FunctionError string // Unhandled if the function failed in whatever way, else empty
	LogTail       []byte // the last 4 KB of what was logged, if that was asked for
	Duration      time.Duration
}

// Failed tells whether the function failed.
func (r Result) Failed() bool { return r.FunctionError != "" }

// Summary is a failure in one line of bounded length, such as "PermanentError: the detail has no userId".
func (r Result) Summary() string {
	var described struct{ ErrorType, ErrorMessage string }
	if json.Unmarshal(r.Payload, &described) != nil || described.ErrorType+described.ErrorMessage == "" {
		return oneLine(string(r.Payload))
	}
	if described.ErrorType == "" {
		return oneLine(described.ErrorMessage)
	}
	return oneLine(described.ErrorType + ": " + described.ErrorMessage)
}

// invocation is one attempt to run a function.
type invocation struct {
	requestID     string
	functionARN   string // as the caller named it
	payload       []byte
	traceHeader   string
	clientContext string
	tail          *tail        // nil if nobody asked for the log
	done          func(Result) // called once, when the invocation has ended

	queued  time.Time   // when it began to wait for a process; guarded by the pool's lock
	claimed atomic.Bool // by whoever ends it

	// Set when a process gets it, and guarded by the process's lock.
	begun time.Time
	timer *time.Timer // kills the process when the time is up
}

// claim tells whether the invocation has not ended yet. Whoever gets true must end it.
func (i *invocation) claim() bool { return i.claimed.CompareAndSwap(false, true) }

// end ends an invocation that was claimed.
func (i *invocation) end(result Result) {
	result.RequestID = i.requestID
	i.done(result)
}

// failure is the result of an invocation whose process did not answer it.
func failure(errorType, format string, args ...any) Result {
	payload, err := json.Marshal(struct {
		ErrorType    string `json:"errorType"`
		ErrorMessage string `json:"errorMessage"`
	}{errorType, fmt.Sprintf(format, args...)})
	if err != nil {
		payload = []byte(`{}`)
	}
	return Result{Payload: payload, FunctionError: unhandled}
}

// unhandled is what AWS calls all errors of functions.
const unhandled = "Unhandled"

// What AWS answers for a process that did not answer.
//
// https://docs.aws.amazon.com/lambda/latest/dg/troubleshooting-invocation.html
func timedOut(requestID string, timeout time.Duration) Result {
	return failure("Sandbox.Timedout", "RequestId: %s Error: %s", requestID, timeoutText(timeout))
}

func timeoutText(timeout time.Duration) string {
	return fmt.Sprintf("Task timed out after %.2f seconds", timeout.Seconds())
}

// exited describes the end of a process by its state, such as "exit status 1" or "signal: killed".
func exited(requestID, state string) Result {
	if state == "" {
		return failure("Runtime.ExitError", "RequestId: %s Error: Runtime exited without providing a reason", requestID)
	}
	return failure("Runtime.ExitError", "RequestId: %s Error: Runtime exited with error: %s", requestID, state)
}

func invalidEntrypoint(requestID string, err error) Result {
	return failure("Runtime.InvalidEntrypoint", "RequestId: %s Error: %v", requestID, err)
}

func answerTooLarge() Result {
	return failure("Function.ResponseSizeTooLarge",
		"Response payload size exceeded maximum allowed payload size (%d bytes).", answerLimit)
}
