package lambdahost

import (
	"net/http"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/awsapi"
)

// Crash is when the process of an invocation is killed.
type Crash struct {
	// Call is the call of AWS at which it is killed, from 1. If it is 0, or the invocation makes fewer calls, the process is
	// killed when it answers: its work was done, but nobody knows.
	Call int
	// Done tells whether the call has its effect; its answer never comes in any case.
	Done bool
}

// fate is what becomes of a call of AWS that a process makes.
type fate int

const (
	answered fate = iota
	unheard       // the call is done, but the process dies before the answer
	undone        // the process dies before the call is done
)

// nextCall counts a call of AWS, and tells what becomes of it.
func (p *process) nextCall() fate {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.crash == nil {
		return answered
	}
	p.calls++
	switch {
	case p.calls != p.crash.Call:
		return answered
	case p.crash.Done:
		return unheard
	default:
		return undone
	}
}

// doomed tells whether the process is to be killed during its invocation.
func (p *process) doomed() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.crash != nil
}

// Guard hands requests to the services of AWS, unless the process that makes them is to be killed at this one.
func (h *Host) Guard(services http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		found, known := h.callers.Load(awsapi.AccessKeyID(r))
		if !known {
			services.ServeHTTP(w, r)
			return
		}
		caller := found.(*process)
		switch caller.nextCall() {
		case answered:
			services.ServeHTTP(w, r)
			return
		case unheard:
			services.ServeHTTP(unread{http.Header{}}, r)
		case undone:
		}
		caller.kill()
		<-caller.ended
		panic(http.ErrAbortHandler) // nobody is there to be answered
	})
}

// unread takes an answer that nobody reads.
type unread struct{ header http.Header }

func (u unread) Header() http.Header { return u.header }

func (unread) WriteHeader(int) {}

func (unread) Write(text []byte) (int, error) { return len(text), nil }
