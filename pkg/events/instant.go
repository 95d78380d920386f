package events

import (
	"bytes"
	"encoding/json"
	"errors"
	"reflect"
	"time"
)

// Instant is a point in time as facts carry it: written in UTC with milliseconds and a Z, read from any RFC 3339 text with
// any fraction and any offset. What is finer than a millisecond is lost on the wire.
type Instant struct{ time.Time }

// At is the instant of a time.
func At(t time.Time) Instant { return Instant{t} }

// isoMilliseconds is the only form that the platform writes.
const isoMilliseconds = "2006-01-02T15:04:05.000Z"

var (
	errNotADate = errors.New("not an RFC 3339 date and time")
	errYear     = errors.New("a year must have four digits, in UTC")
)

// String is the instant as it is written on the wire. All spellings of one instant give the same text.
func (i Instant) String() string { return i.UTC().Format(isoMilliseconds) }

// MarshalText writes the instant. It fails for a year that RFC 3339 cannot write.
func (i Instant) MarshalText() ([]byte, error) { return i.AppendText(nil) }

// AppendText appends what MarshalText writes.
func (i Instant) AppendText(to []byte) ([]byte, error) {
	if !i.writable() {
		return to, errYear
	}
	return i.UTC().AppendFormat(to, isoMilliseconds), nil
}

// MarshalJSON writes the instant as a string. It fails for a year that RFC 3339 cannot write.
func (i Instant) MarshalJSON() ([]byte, error) {
	text, err := i.AppendText(append(make([]byte, 0, len(isoMilliseconds)+2), '"'))
	if err != nil {
		return nil, err
	}
	return append(text, '"'), nil
}

// UnmarshalText reads an RFC 3339 text.
func (i *Instant) UnmarshalText(text []byte) error {
	var read time.Time
	if read.UnmarshalText(text) != nil {
		return errNotADate
	}
	parsed := Instant{read.UTC()}
	if !parsed.writable() {
		return errYear
	}
	*i = parsed
	return nil
}

// UnmarshalJSON reads an RFC 3339 string; null leaves the instant as it is. Anything else is a *json.UnmarshalTypeError,
// as it is for the types of the language.
func (i *Instant) UnmarshalJSON(value []byte) error {
	if bytes.Equal(value, []byte("null")) {
		return nil
	}
	text, ok := unquote(value)
	if !ok || i.UnmarshalText(text) != nil {
		return &json.UnmarshalTypeError{Value: "value", Type: reflect.TypeFor[Instant]()}
	}
	return nil
}

// unquote returns the text of a JSON string.
func unquote(value []byte) (text []byte, ok bool) {
	if len(value) < 2 || value[0] != '"' {
		return nil, false
	}
	if !bytes.ContainsRune(value, '\\') {
		return value[1 : len(value)-1], true
	}
	var unescaped string
	err := json.Unmarshal(value, &unescaped)
	return []byte(unescaped), err == nil
}

func (i Instant) writable() bool {
	year := i.UTC().Year()
	return 0 <= year && year <= 9999
}
