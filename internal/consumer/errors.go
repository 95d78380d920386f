package consumer

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/bayon-coagent/event-consumers/internal/idempotency"
)

// The errors that leave a function. Lambda reports the outermost type's name as errorType; people search and alarm by it.

// PermanentError says that trying again would fail alike: the input is undecodable, invalid or part of a loop. Lambda
// tries again all the same, then the event lies in the failure queue.
type PermanentError struct{ Err error }

func (e *PermanentError) Error() string { return oneLine(e.Err) }

// Unwrap returns the reason.
func (e *PermanentError) Unwrap() error { return e.Err }

// TransientError says that trying again may succeed: a service was throttled or away, or time ran short.
type TransientError struct{ Err error }

func (e *TransientError) Error() string { return oneLine(e.Err) }

// Unwrap returns the reason.
func (e *TransientError) Unwrap() error { return e.Err }

// InProgressError says that another invocation was still handling the same event when this one's time ran out.
type InProgressError struct{ Err error }

func (e *InProgressError) Error() string { return oneLine(e.Err) }

// Unwrap returns the reason.
func (e *InProgressError) Unwrap() error { return e.Err }

// oneLine is an error's text in one line, as people read it in a failure queue; joined errors have a line each.
func oneLine(err error) string { return strings.ReplaceAll(err.Error(), "\n", "; ") }

// named gives an error the type that it leaves the function with.
func named(err error) error {
	var inProgress *idempotency.InProgressError
	switch {
	case err == nil:
		return nil
	case permanent(err):
		return &PermanentError{Err: err}
	case errors.As(err, &inProgress):
		return &InProgressError{Err: err}
	}
	return &TransientError{Err: err}
}

// permanent asks the outermost error that says so by a method Permanent. Of joined errors all must be permanent: what may
// pass is worth another try.
func permanent(err error) bool {
	switch err := err.(type) { //nolint:errorlint // the tree is walked by hand
	case interface{ Permanent() bool }:
		return err.Permanent()
	case interface{ Unwrap() error }:
		return permanent(err.Unwrap())
	case interface{ Unwrap() []error }:
		return !slices.ContainsFunc(err.Unwrap(), func(joined error) bool { return !permanent(joined) })
	}
	return false
}

// kindOf names the error's kind in logs.
func kindOf(err error) string {
	switch err.(type) { //nolint:errorlint // the outermost type is what counts
	case *PermanentError:
		return "permanent"
	case *InProgressError:
		return "in progress"
	}
	return "transient"
}

// inputError says that an input is nothing that the function can handle.
type inputError struct{ problem string }

func (e *inputError) Error() string   { return "input: " + e.problem }
func (e *inputError) Permanent() bool { return true }

// loopError says that an event has passed through more consumers than any real chain has.
type loopError struct{ hops int }

func (e *loopError) Error() string {
	return fmt.Sprintf("loop: the event has passed through %d consumers, more than %d", e.hops, maxHops)
}
func (e *loopError) Permanent() bool { return true }
