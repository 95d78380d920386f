package events

import (
	"bytes"
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

const (
	// maxID is how many bytes an id may have. Ids become part of the table's sort keys, which DynamoDB limits to 1,024
	// bytes, prefix and date included.
	maxID = 512
	// maxName is how many bytes the name of a kind may have, such as a platform's.
	maxName = 128
)

// findings collects what is wrong with a fact, field by field.
type findings []FieldError

func (f *findings) add(field, problem string) {
	*f = append(*f, FieldError{Field: field, Problem: problem})
}

// text demands a text that is not blank.
func (f *findings) text(field, value string) bool {
	switch {
	case value == "":
		f.add(field, "is missing")
	case strings.TrimSpace(value) == "":
		f.add(field, "is blank")
	default:
		return f.optionalText(field, value)
	}
	return false
}

// optionalText demands a text that JSON can carry.
func (f *findings) optionalText(field, value string) bool {
	if !utf8.ValidString(value) {
		f.add(field, "must be valid UTF-8")
		return false
	}
	return true
}

// id demands what names something.
func (f *findings) id(field, value string) {
	if f.text(field, value) {
		f.atMost(maxID, field, value)
	}
}

func (f *findings) optionalID(field, value string) {
	if value != "" {
		f.id(field, value)
	}
}

// name demands the name of a kind, known or not: a producer may be newer than we are.
func (f *findings) name(field, value string) {
	if f.text(field, value) {
		f.atMost(maxName, field, value)
	}
}

// atMost demands that a text has no more bytes than a limit.
func (f *findings) atMost(limit int, field, value string) {
	if len(value) > limit {
		f.add(field, "is longer than "+strconv.Itoa(limit)+" bytes")
	}
}

// oneOf demands one of the values that there are.
func (f *findings) oneOf(field, value string, values ...string) {
	switch {
	case value == "":
		f.add(field, "is missing")
	case !slices.Contains(values, value):
		f.add(field, "must be "+alternatives(values))
	}
}

// instant demands a point in time.
func (f *findings) instant(field string, value Instant) {
	switch {
	case value.IsZero():
		f.add(field, "is missing")
	case !value.writable():
		f.add(field, "must have a year of four digits")
	}
}

func (f *findings) optionalInstant(field string, value Instant) {
	if !value.IsZero() {
		f.instant(field, value)
	}
}

// object demands a JSON object.
func (f *findings) object(field string, value json.RawMessage) {
	switch {
	case len(value) == 0:
		f.add(field, "is missing")
	case !isObject(value) || !json.Valid(value):
		f.add(field, "must be a JSON object")
	}
}

// ids demands that each of a list is an id; the list may be empty.
func (f *findings) ids(field string, values []string) {
	for i, value := range values {
		f.id(field+"["+strconv.Itoa(i)+"]", value)
	}
}

// names demands a list of names that is not empty.
func (f *findings) names(field string, values []string) {
	if len(values) == 0 {
		f.add(field, "is missing")
	}
	for i, value := range values {
		f.name(field+"["+strconv.Itoa(i)+"]", value)
	}
}

func unknownStatus(subject string) error {
	return &InvalidError{DetailType: subject, Fields: []FieldError{
		{Field: "status", Problem: "must be " + alternatives([]string{StatusCompleted, StatusFailed})},
	}}
}

// addInvalid adds what a fact's Validate complains of. It returns an error that is of no kind that it knows.
func (f *findings) addInvalid(err error) error {
	if err == nil {
		return nil
	}
	var invalid *InvalidError
	if !errors.As(err, &invalid) {
		return err
	}
	f.addOthers(invalid.Fields)
	return nil
}

// addOthers adds what was found in fields that nothing is known of yet.
func (f *findings) addOthers(others []FieldError) {
	known := *f
	for _, other := range others {
		if !slices.ContainsFunc(known, func(one FieldError) bool { return one.Field == other.Field }) {
			*f = append(*f, other)
		}
	}
}

// of returns what was found as the error of a fact, or nil.
func (f findings) of(fact Fact) error {
	if len(f) == 0 {
		return nil
	}
	return &InvalidError{DetailType: fact.DetailType(), Fields: f}
}

func alternatives(values []string) string {
	last := len(values) - 1
	if last == 0 {
		return values[0]
	}
	return strings.Join(values[:last], ", ") + " or " + values[last]
}

func isObject(value json.RawMessage) bool {
	return bytes.HasPrefix(bytes.TrimLeft(value, " \t\r\n"), []byte("{"))
}
