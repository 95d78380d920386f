package lambdahost

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/awsapi"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/iam"
)

// The greatest sizes of payloads, in bytes.
//
// https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
const (
	asyncLimit = 1 << 20
	syncLimit  = 6 << 20
)

// Request is an invocation that is answered.
type Request struct {
	Function      string // name, partial ARN or ARN
	Qualifier     string // empty or $LATEST
	Payload       []byte // JSON; empty for an empty object
	TraceHeader   string // of X-Ray; empty for a new trace
	ClientContext string // JSON that the function finds in its context
	Tail          bool   // whether the end of the log is wanted
}

// Invoke runs a function and waits for its answer. Errors of the function are part of the Result; the error is a refusal,
// an *awsapi.Error, or that of ctx. An invocation goes on even if ctx ends.
func (h *Host) Invoke(ctx context.Context, caller iam.Caller, request Request) (Result, error) {
	f, named, err := h.find(request.Function, request.Qualifier)
	if err != nil {
		return Result{}, err
	}
	about, err := f.admit(caller, named, &request.Payload, syncLimit)
	if err != nil {
		return Result{}, err
	}
	results := make(chan Result, 1)
	next := &invocation{
		requestID:     uuid.NewString(),
		functionARN:   named.arn(),
		payload:       request.Payload,
		traceHeader:   f.trace(request.TraceHeader),
		clientContext: request.ClientContext,
		done: func(result Result) {
			f.recordResult(result, about, 1)
			results <- result
			f.pool.done()
		},
	}
	if request.Tail {
		next.tail = &tail{}
	}
	if h.stopped.Err() != nil {
		return Result{}, ending()
	}
	admission := f.pool.run(next, false)
	for admission == retired { // the function has just been updated or removed
		if f, _, err = h.find(request.Function, request.Qualifier); err != nil {
			return Result{}, err
		}
		admission = f.pool.run(next, false)
	}
	if admission == throttled {
		return Result{}, rateExceeded()
	}
	select {
	case result := <-results:
		return result, nil
	case <-ctx.Done():
		return Result{}, ctx.Err()
	case <-h.killed:
		return Result{}, ending()
	}
}

// InvokeAsync accepts an event for a function, and returns when it would survive a kill of the process. Refusals are
// *awsapi.Error: ResourceNotFoundException, AccessDeniedException, or what is wrong with the payload.
func (h *Host) InvokeAsync(
	_ context.Context, caller iam.Caller, functionARN string, payload []byte, traceHeader string,
) (requestID string, err error) {
	return h.accept(caller, Request{Function: functionARN, Payload: payload, TraceHeader: traceHeader})
}

func (h *Host) accept(caller iam.Caller, request Request) (requestID string, err error) {
	f, named, err := h.find(request.Function, request.Qualifier)
	if err != nil {
		return "", err
	}
	about, err := f.admit(caller, named, &request.Payload, asyncLimit)
	if err != nil {
		return "", err
	}
	e := &event{
		RequestID:   uuid.NewString(),
		Accepted:    time.Now(),
		FunctionARN: named.arn(),
		TraceHeader: f.trace(request.TraceHeader),
		Subject:     about,
		payload:     request.Payload,
	}
	copies := 0
	if h.config.Faults.Duplicate() {
		copies = 1
	}
	if err := f.backlog.accept(e, h.config.Faults.Delay(), copies); err != nil {
		return "", &awsapi.Error{Status: http.StatusInternalServerError, Code: "ServiceException", Message: err.Error()}
	}
	return e.RequestID, nil
}

// admit checks whether a caller may invoke the function with a payload, which it makes an object if it is empty, and
// returns what the payload is about.
func (f *function) admit(caller iam.Caller, named reference, payload *[]byte, limit int) (subject, error) {
	if !f.settings.Load().policy.Allows(caller, "lambda:InvokeFunction", named.invoked()) {
		return subject{}, &awsapi.Error{
			Status: http.StatusForbidden, Code: "AccessDeniedException",
			Message: caller.Service + " is not authorized to perform: lambda:InvokeFunction on resource: " + named.arn() +
				" for " + caller.SourceARN + " because no resource-based policy allows the lambda:InvokeFunction action",
		}
	}
	if len(*payload) == 0 {
		*payload = []byte("{}")
	}
	if len(*payload) > limit {
		return subject{}, &awsapi.Error{
			Status: http.StatusRequestEntityTooLarge, Code: "RequestTooLargeException",
			Message: fmt.Sprintf("%d byte payload is too large for the invocation type (limit %d bytes)", len(*payload), limit),
		}
	}
	about, err := subjectOf(*payload)
	if err != nil {
		return subject{}, awsapi.Errorf("InvalidRequestContentException", "Could not parse request body into json: %v", err)
	}
	return about, nil
}

func rateExceeded() error {
	return &awsapi.Error{
		Status: http.StatusTooManyRequests, Code: "TooManyRequestsException", Message: "Rate Exceeded.",
		Fields: map[string]any{"Reason": "ReservedFunctionConcurrentInvocationLimitExceeded"},
	}
}

func ending() error {
	return &awsapi.Error{Status: http.StatusInternalServerError, Code: "ServiceException", Message: errClosed.Error()}
}

// trace is the header of the trace that an invocation belongs to: the caller's, or that of a new one.
//
// https://docs.aws.amazon.com/xray/latest/devguide/xray-concepts.html#xray-concepts-tracingheader
func (f *function) trace(header string) string {
	if strings.Contains(header, "Root=") {
		return header
	}
	var random [20]byte
	_, _ = rand.Read(random[:]) // it never fails
	sampled := 0
	if f.Tracing {
		sampled = 1
	}
	const rootLength = 12
	return fmt.Sprintf("Root=1-%08x-%s;Parent=%s;Sampled=%d",
		time.Now().Unix(), hex.EncodeToString(random[:rootLength]), hex.EncodeToString(random[rootLength:]), sampled)
}
