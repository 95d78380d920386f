package lambdahost

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
)

// event is an asynchronous invocation that was accepted, as it is saved.
type event struct {
	RequestID   string    `json:"requestId"`
	Accepted    time.Time `json:"accepted"`            // moved back by what was cut from its waits
	Failures    int       `json:"failures,omitempty"`  // attempts on which the function failed
	Throttles   int       `json:"throttles,omitempty"` // attempts in a row that found no room
	FunctionARN string    `json:"functionArn"`         // as the caller named it
	TraceHeader string    `json:"traceHeader,omitempty"`
	Subject     subject   `json:"subject"`

	key     []byte
	payload []byte
}

// attempt is the number of the attempt that is under way or next, from 1.
func (e *event) attempt() int { return e.Failures + 1 }

// qualifier is the version or alias that the event was accepted for.
func (e *event) qualifier() string {
	_, name, _ := strings.Cut(e.FunctionARN, ":function:")
	_, qualifier, _ := strings.Cut(name, ":")
	return cmp.Or(qualifier, latest)
}

// encode joins an event and its payload. An event's JSON has no line break, so the first one ends it.
func (e *event) encode() ([]byte, error) {
	encoded, err := json.Marshal(e)
	if err != nil {
		return nil, fmt.Errorf("encode an event: %w", err)
	}
	return append(append(encoded, '\n'), e.payload...), nil
}

func decodeEvent(key, value []byte) (*event, error) {
	encoded, payload, _ := bytes.Cut(value, []byte{'\n'})
	e := &event{key: bytes.Clone(key), payload: bytes.Clone(payload)}
	if err := json.Unmarshal(encoded, e); err != nil {
		return nil, fmt.Errorf("decode an event: %w", err)
	}
	return e, nil
}

// eventsOf is what the keys of a function's events begin with: name, 0. What follows is the time from which the event may
// be delivered, in nanoseconds since 1970, and a number that makes the key unique.
func eventsOf(function string) []byte { return append([]byte(function), 0) }

func eventKey(function string, due time.Time, serial uint64) []byte {
	key := binary.BigEndian.AppendUint64(eventsOf(function), uint64(due.UnixNano()))
	return binary.BigEndian.AppendUint64(key, serial)
}

// dueAt reads from an event's key from when it may be delivered.
func dueAt(key []byte) time.Time {
	const dueAndSerial = 16
	return time.Unix(0, int64(binary.BigEndian.Uint64(key[len(key)-dueAndSerial:])))
}

// subject is what a payload is about, if it is an event of EventBridge.
type subject struct {
	EventID       string `json:"eventId,omitempty"`
	DetailType    string `json:"detailType,omitempty"`
	Source        string `json:"source,omitempty"`
	CorrelationID string `json:"correlationId,omitempty"`
}

// subjectOf reads what a payload is about. It fails if the payload is not JSON.
func subjectOf(payload []byte) (subject, error) {
	var envelope struct {
		ID         string `json:"id"`
		DetailType string `json:"detail-type"`
		Source     string `json:"source"`
		Detail     struct {
			Metadata struct {
				CorrelationID string `json:"correlationId"`
			} `json:"metadata"`
		} `json:"detail"`
	}
	var otherShape *json.UnmarshalTypeError
	if err := json.Unmarshal(payload, &envelope); err != nil && !errors.As(err, &otherShape) {
		return subject{}, err
	}
	if envelope.DetailType == "" {
		return subject{}, nil
	}
	return subject{
		EventID: envelope.ID, DetailType: envelope.DetailType, Source: envelope.Source,
		CorrelationID: envelope.Detail.Metadata.CorrelationID,
	}, nil
}
