package events

import (
	"encoding/json"
	"strings"
	"time"
)

// Envelope is what EventBridge puts around a fact.
//
// Fields: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-events-structure.html
type Envelope struct {
	Version    string    `json:"version"`
	ID         string    `json:"id"` // EventBridge's own: another one for each time that a fact is published
	DetailType string    `json:"detail-type"`
	Source     string    `json:"source"`
	Account    string    `json:"account"`
	Time       time.Time `json:"time"` // whole seconds; Metadata.OccurredAt is finer
	Region     string    `json:"region"`
	Resources  []string  `json:"resources"`
	ReplayName string    `json:"replay-name,omitempty"` // the replay that brings the event once more
}

// Delivery is an event as EventBridge delivers it, with the detail still to be decoded.
type Delivery struct {
	Envelope
	Detail json.RawMessage `json:"detail"`
}

// Event is a fact with its envelope.
type Event[D Fact] struct {
	Envelope
	Metadata Metadata // zero if the producer sent none
	Detail   D
}

// Identity tells the event's fact from all others, whatever number of times it is published or delivered: it is the event
// key of the metadata, else made of the business identity. It begins with the detail type and a colon in any case, so
// that the keys of different producers do not meet.
func (e Event[D]) Identity() string {
	own := qualifiedKey(e.Detail.DetailType(), "")
	switch key := e.Metadata.EventKey; {
	case key == "":
		return own + e.Detail.Identity()
	case strings.HasPrefix(key, own):
		return key
	default:
		return own + key
	}
}

// MarshalJSON writes the event as EventBridge delivers it.
func (e Event[D]) MarshalJSON() ([]byte, error) {
	detail, err := encodeDetail(e.Detail, e.Metadata)
	if err != nil {
		return nil, err
	}
	return json.Marshal(Delivery{Envelope: e.Envelope, Detail: detail})
}
