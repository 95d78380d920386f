package events

import (
	"strings"
)

// FieldError says what is wrong with one field. It never holds the field's value, which may be personal.
type FieldError struct {
	Field   string // as on the wire, such as userId or metadata.hops
	Problem string // such as "is missing"
}

func (e FieldError) Error() string { return e.Field + " " + e.Problem }

// InvalidError says that a fact, or the event that brings it, does not fit. Trying again does not help.
type InvalidError struct {
	DetailType string       // empty when it is not even known
	Fields     []FieldError // one for each field that is wrong
}

func (e *InvalidError) Error() string {
	problems := make([]string, len(e.Fields))
	for i, field := range e.Fields {
		problems[i] = field.Error()
	}
	return subject(e.DetailType) + ": " + strings.Join(problems, "; ")
}

// Unwrap returns the fields' errors.
func (e *InvalidError) Unwrap() []error {
	unwrapped := make([]error, len(e.Fields))
	for i, field := range e.Fields {
		unwrapped[i] = field
	}
	return unwrapped
}

// Permanent tells that trying again would fail alike.
func (e *InvalidError) Permanent() bool { return true }

// UndecodableError says that an event, or its detail, is no JSON object. Trying again does not help.
type UndecodableError struct {
	DetailType string // empty when it is not even known
	Problem    string
}

func (e *UndecodableError) Error() string { return subject(e.DetailType) + ": " + e.Problem }

// Permanent tells that trying again would fail alike.
func (e *UndecodableError) Permanent() bool { return true }

func subject(detailType string) string {
	if detailType == "" {
		return "event"
	}
	return detailType
}
