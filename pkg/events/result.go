package events

import (
	"errors"
	"fmt"
	"strings"
)

// Result says what became of one fact.
type Result struct {
	Fact     Fact
	EventKey string // names the fact among all
	EventID  string // the envelope id that EventBridge has given; empty if it was not accepted
	Err      error  // nil if the bus has accepted it; else the reason, as a rule one of this package's types
}

// Retryable tells whether a fact that was not accepted may be accepted when it is published again.
func (r Result) Retryable() bool { return r.Err != nil && !isPermanent(r.Err) }

// isPermanent asks the errors themselves.
func isPermanent(err error) bool {
	var permanent interface{ Permanent() bool }
	return errors.As(err, &permanent) && permanent.Permanent()
}

// PublishError says that the bus has not accepted all facts of one Publish.
type PublishError struct {
	Results []Result // of all facts, in their order
}

// errorOf returns nil when all are accepted.
func errorOf(results []Result) error {
	for _, result := range results {
		if result.Err != nil {
			return &PublishError{Results: results}
		}
	}
	return nil
}

// Accepted are the results of the facts that the bus has accepted.
func (e *PublishError) Accepted() []Result {
	return e.those(func(result Result) bool { return result.Err == nil })
}

// NotAccepted are the results of the facts that the bus has not accepted.
func (e *PublishError) NotAccepted() []Result {
	return e.those(func(result Result) bool { return result.Err != nil })
}

func (e *PublishError) those(wanted func(Result) bool) []Result {
	var those []Result
	for _, result := range e.Results {
		if wanted(result) {
			those = append(those, result)
		}
	}
	return those
}

// maxNamed is how many facts the text of a PublishError names.
const maxNamed = 5

// Error names the first facts that were not accepted, each with its reason.
func (e *PublishError) Error() string {
	missing := e.NotAccepted()
	var text strings.Builder
	fmt.Fprintf(&text, "publish: %d of %d facts not accepted", len(missing), len(e.Results))
	for i, result := range missing {
		if i == maxNamed {
			fmt.Fprintf(&text, "; and %d more", len(missing)-maxNamed)
			break
		}
		text.WriteString("; ")
		if result.EventKey != "" {
			text.WriteString(result.EventKey + ": ")
		}
		text.WriteString(result.Err.Error())
	}
	return text.String()
}

// Unwrap returns the reasons.
func (e *PublishError) Unwrap() []error {
	var reasons []error
	for _, result := range e.NotAccepted() {
		reasons = append(reasons, result.Err)
	}
	return reasons
}

// Permanent tells that publishing the same again would fail alike: at least one fact can never be accepted, and none was
// refused for a reason that passes.
func (e *PublishError) Permanent() bool {
	permanent := false
	for _, result := range e.NotAccepted() {
		switch {
		case isPermanent(result.Err):
			permanent = true
		case !errors.Is(result.Err, errNotSent):
			return false
		}
	}
	return permanent
}
