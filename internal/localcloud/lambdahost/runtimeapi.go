package lambdahost

import (
	"encoding/base64"
	"io"
	"net/http"
	"strconv"

	"github.com/google/uuid"
)

// answerLimit is the greatest size of what a function answers, in bytes: 6 MB and some room for AWS's own envelope.
const answerLimit = 6<<20 + 100

// runtimeAPI serves the processes. Each has a path of its own, so that it is known who asks; a process finds it in
// AWS_LAMBDA_RUNTIME_API.
//
// https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
func (h *Host) runtimeAPI() http.Handler {
	mux := http.NewServeMux()
	handle := func(pattern string, serve func(p *process, w http.ResponseWriter, r *http.Request)) {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			found, known := h.processes.Load(r.PathValue("process"))
			if !known {
				refuseRuntime(w, http.StatusForbidden, "InvalidProcess", "There is no such process.")
				return
			}
			serve(found.(*process), w, r)
		})
	}
	const invocation = "/{process}/2018-06-01/runtime/invocation/"
	handle("GET "+invocation+"next", (*process).serveNext)
	handle("POST "+invocation+"{id}/response", (*process).serveResponse)
	handle("POST "+invocation+"{id}/error", (*process).serveError)
	handle("POST /{process}/2018-06-01/runtime/init/error", (*process).serveInitError)
	const extension = "/{process}/2020-01-01/extension/"
	handle("POST "+extension+"register", (*process).serveRegister)
	handle("GET "+extension+"event/next", (*process).serveEventNext)
	return mux
}

func refuseRuntime(w http.ResponseWriter, status int, errorType, message string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(failure(errorType, "%s", message).Payload) // the process may be gone
}

// serveNext waits for an invocation and hands it out.
func (p *process) serveNext(w http.ResponseWriter, r *http.Request) {
	if p.running() != nil {
		refuseRuntime(w, http.StatusForbidden, "InvalidStateTransition", "The last invocation has not been answered.")
		return
	}
	p.function.pool.poll(p)
	var next *invocation
	select {
	case next = <-p.work:
		if r.Context().Err() != nil {
			p.work <- next // it is for the next request, or another process
			return
		}
	case <-r.Context().Done():
		return
	case <-p.ended:
		return
	}
	deadline, alive := p.begin(next)
	if !alive {
		return
	}
	header := w.Header()
	header.Set("Content-Type", "application/json")
	header.Set("Content-Length", strconv.Itoa(len(next.payload)))
	header.Set("Lambda-Runtime-Aws-Request-Id", next.requestID)
	header.Set("Lambda-Runtime-Deadline-Ms", strconv.FormatInt(deadline.UnixMilli(), 10))
	header.Set("Lambda-Runtime-Invoked-Function-Arn", next.functionARN)
	header.Set("Lambda-Runtime-Trace-Id", next.traceHeader)
	if next.clientContext != "" {
		header.Set("Lambda-Runtime-Client-Context", next.clientContext)
	}
	_, _ = w.Write(next.payload) // if the process is gone, its end fails the invocation
}

// serveResponse takes what the function answers.
func (p *process) serveResponse(w http.ResponseWriter, r *http.Request) {
	body, tooLarge := readAnswer(w, r)
	switch errorBody := r.Trailer.Get("Lambda-Runtime-Function-Error-Body"); {
	case tooLarge:
		p.answer(w, r, answerTooLarge(), http.StatusRequestEntityTooLarge)
	case errorBody != "": // the answer broke off
		body, _ := base64.StdEncoding.DecodeString(errorBody)
		p.answer(w, r, Result{Payload: body, FunctionError: unhandled}, http.StatusAccepted)
	default:
		p.answer(w, r, Result{Payload: body}, http.StatusAccepted)
	}
}

// serveError takes the error that the function returns.
func (p *process) serveError(w http.ResponseWriter, r *http.Request) {
	body, tooLarge := readAnswer(w, r)
	result := Result{Payload: body, FunctionError: unhandled}
	if tooLarge {
		result = answerTooLarge()
	}
	p.answer(w, r, result, http.StatusAccepted)
}

func readAnswer(w http.ResponseWriter, r *http.Request) (body []byte, tooLarge bool) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, answerLimit))
	return body, err != nil
}

// answer ends the process's invocation, if it is the one that the request names.
func (p *process) answer(w http.ResponseWriter, r *http.Request, result Result, status int) {
	current := p.running()
	if current == nil || current.requestID != r.PathValue("id") {
		refuseRuntime(w, http.StatusBadRequest, "InvalidRequestID", "This is not the id of the invocation.")
		return
	}
	if p.doomed() {
		p.kill()
		<-p.ended // the invocation fails as one whose process crashed
		return
	}
	if !p.finish(current, result, "") {
		refuseRuntime(w, http.StatusBadRequest, "InvalidRequestID", "The invocation has ended.")
		return
	}
	w.WriteHeader(status)
}

// serveInitError takes an error before the first invocation: the process is going to end. The Go runtime never calls it.
func (p *process) serveInitError(w http.ResponseWriter, r *http.Request) {
	body, _ := readAnswer(w, r)
	p.log(nil, Result{Payload: body}.Summary())
	w.WriteHeader(http.StatusAccepted)
}

// serveRegister takes an extension within the process, as whose only wish is to be told before the process is killed.
//
// https://docs.aws.amazon.com/lambda/latest/dg/runtimes-extensions-api.html
func (p *process) serveRegister(w http.ResponseWriter, _ *http.Request) {
	p.mu.Lock()
	p.terminable = true
	p.mu.Unlock()
	w.Header().Set("Lambda-Extension-Identifier", uuid.NewString())
	_, _ = io.WriteString(w, `{"functionName":"`+p.function.Name+`","functionVersion":"`+latest+`","handler":"bootstrap"}`)
}

// serveEventNext never has an event for an extension.
func (p *process) serveEventNext(_ http.ResponseWriter, r *http.Request) {
	select {
	case <-r.Context().Done():
	case <-p.ended:
	}
}
