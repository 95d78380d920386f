// Package activity is the diary of the local cloud: what happened to which event, where and how long it took.
// The services record, people and programs follow.
package activity

import "time"

// Kind tells what happened.
type Kind string

// The kinds of activity.
const (
	Accepted     Kind = "accepted"      // the bus took an event
	Published    Kind = "published"     // the bus took an event that a function published
	Replayed     Kind = "replayed"      // the bus took an event of an archive once more, for a replay
	Matched      Kind = "matched"       // a rule let an event through
	Scheduled    Kind = "scheduled"     // a schedule was due, and its function has the invocation
	Delivered    Kind = "delivered"     // a target did its work: a function succeeded, a queue has the message
	Failed       Kind = "failed"        // a function or a delivery failed
	Retried      Kind = "retried"       // what failed will be tried again at RetryAt
	DeadLettered Kind = "dead-lettered" // an event was given up into a queue
	Lost         Kind = "lost"          // an event was given up and no queue took it
	Warned       Kind = "warned"        // something that AWS would pass over in silence
	Missed       Kind = "missed"        // the reader of the diary missed activities, because it was too slow
)

// Activity is one thing that happened. Fields that do not apply are left empty. It never holds an event's detail.
type Activity struct {
	At            time.Time  `json:"at"`
	Kind          Kind       `json:"kind"`
	EventID       string     `json:"eventId,omitempty"`
	CausationID   string     `json:"causationId,omitempty"`
	CorrelationID string     `json:"correlationId,omitempty"`
	DetailType    string     `json:"detailType,omitempty"`
	Source        string     `json:"source,omitempty"`
	Bus           string     `json:"bus,omitempty"`
	Replay        string     `json:"replay,omitempty"` // the name of the replay that brought the event
	Rule          string     `json:"rule,omitempty"`
	Function      string     `json:"function,omitempty"`
	Queue         string     `json:"queue,omitempty"`
	RequestID     string     `json:"requestId,omitempty"`
	Attempt       int        `json:"attempt,omitempty"` // from 1
	DurationMS    float64    `json:"durationMs,omitempty"`
	RetryAt       *time.Time `json:"retryAt,omitempty"`
	Reason        string     `json:"reason,omitempty"` // one line that a person understands
	Missed        uint64     `json:"missed,omitempty"` // how many activities a reader missed
}

// Recorder takes notes. Record must not wait for a disk or a reader, and may be called from many goroutines.
type Recorder interface {
	Record(activity Activity)
}
