package soak

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/mailbox"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/social"
)

// Evidence is what went in and what is there.
type Evidence struct {
	Plan     Plan
	WentIn   []Entry   // that the bus has accepted, each once
	Ticks    []Tick    // that schedules were made to give
	DigestAt time.Time // when the digests of the day were due; zero if they were not
	Replayed time.Time // events before it were replayed; zero if none were

	Prices map[string]int // of listings that fell, by agent and mlsNumber: the last ones

	Events   []Event   // that the bus has brought to an observer, each id once
	Failures []Failure // what lies in the two queues
	Table    Table
	Mails    []mailbox.Mail
	Posts    []social.Post
}

// Tick is one of a schedule.
type Tick struct {
	Check, DueAt string
	Concerns     []string // the agents to whom it must come
	// OrNear says that another tick may have come to them instead, and done what was due: the local cloud's own schedules go
	// on by themselves.
	OrNear bool
}

// due is what a tick sends to an agent.
func (t Tick) due(userID string) Event {
	return Event{DetailType: "Check Due", Detail: Detail{Check: t.Check, UserID: userID, DueAt: t.DueAt}}
}

// Event is what an observer sees of an event on the bus.
type Event struct {
	ID         string    `json:"id"`
	DetailType string    `json:"detail-type"`
	Source     string    `json:"source"`
	Time       time.Time `json:"time"`
	ReplayName string    `json:"replay-name"`
	Detail     Detail    `json:"detail"`

	digest [sha256.Size]byte // of the detail
}

// Detail are the parts of a detail that the checker looks at.
type Detail struct {
	UserID         string   `json:"userId"`
	AlertID        string   `json:"alertId"`
	ContentID      string   `json:"contentId"`
	ScheduleID     string   `json:"scheduleId"`
	Platform       string   `json:"platform"`
	Provider       string   `json:"provider"`
	JobID          string   `json:"jobId"`
	SyncID         string   `json:"syncId"`
	Status         string   `json:"status"`
	CompletedAt    string   `json:"completedAt"`
	PublishedAt    string   `json:"publishedAt"`
	FailedAt       string   `json:"failedAt"`
	NotificationID string   `json:"notificationId"`
	DeferredUntil  string   `json:"deferredUntil"`
	AlertIDs       []string `json:"alertIds"`
	Check          string   `json:"check"`
	DueAt          string   `json:"dueAt"`
	Metadata       struct {
		EventKey      string `json:"eventKey"`
		CorrelationID string `json:"correlationId"`
		CausationID   string `json:"causationId"`
		Hops          int    `json:"hops"`
	} `json:"metadata"`
}

// ParseEvent reads an event as the bus delivers it. Of one whose detail does not fit its fact only the envelope is read.
func ParseEvent(body []byte) (Event, error) {
	var raw struct {
		Event
		Detail json.RawMessage `json:"detail"`
	}
	if err := json.Unmarshal(body, &raw); err != nil {
		return Event{}, fmt.Errorf("read an event: %w", err)
	}
	event := raw.Event
	if json.Unmarshal(raw.Detail, &event.Detail) != nil {
		event.Detail = Detail{}
	}
	event.digest = sha256.Sum256(raw.Detail)
	return event, nil
}

// identity is what tells the event's fact from others (rules: Events).
func (e Event) identity() string {
	d := e.Detail
	parts := map[string][]string{
		"User Created":               {d.UserID},
		"Content Published":          {d.ContentID, d.Platform, d.PublishedAt},
		"Content Publish Failed":     {d.ScheduleID, d.FailedAt},
		"AI Job Completed":           {d.JobID},
		"AI Job Failed":              {d.JobID, d.CompletedAt},
		"Integration Sync Completed": {d.SyncID},
		"Integration Sync Failed":    {d.SyncID},
		"Alert Created":              {d.AlertID},
		"Notification Sent":          {d.NotificationID, "sent"},
		"Notification Deferred":      {d.NotificationID, "deferred", d.DeferredUntil},
		"Notification Failed":        {d.NotificationID, "failed"},
		"Check Due":                  {d.Check, d.UserID, d.DueAt},
	}[e.DetailType]
	return e.DetailType + ":" + strings.Join(parts, "#")
}

// Failure is a message of one of the queues.
type Failure struct {
	Function  string // by the name of its rule, such as price-reduction-monitor
	Condition string // why it was given up
	Reason    string // one line
	EventID   string // of the event, or empty for a schedule's tick
	Check     string // of a schedule's tick
	DueAt     string // of a schedule's tick
}

// ParseFailure reads a message of the failure queue.
func ParseFailure(body []byte) (Failure, error) {
	var record struct {
		RequestContext  struct{ FunctionArn, Condition string }
		RequestPayload  json.RawMessage
		ResponsePayload struct{ ErrorType, ErrorMessage string }
	}
	if err := json.Unmarshal(body, &record); err != nil {
		return Failure{}, fmt.Errorf("read a failure: %w", err)
	}
	var tick struct{ Schedule, DueAt string }
	_ = json.Unmarshal(record.RequestPayload, &tick) // an event is none
	event, err := ParseEvent(record.RequestPayload)
	failure := Failure{
		Function:  functionOf(record.RequestContext.FunctionArn),
		Condition: record.RequestContext.Condition,
		Reason:    strings.TrimPrefix(record.ResponsePayload.ErrorType+": "+record.ResponsePayload.ErrorMessage, ": "),
		EventID:   event.ID, Check: tick.Schedule, DueAt: tick.DueAt,
	}
	return failure, err
}

// ParseDeadLetter reads a message of the rules' dead-letter queue with its attributes.
func ParseDeadLetter(body []byte, attributes map[string]string) (Failure, error) {
	event, err := ParseEvent(body)
	return Failure{
		Function:  functionOf(attributes["TARGET_ARN"]),
		Condition: attributes["ERROR_CODE"], Reason: attributes["ERROR_CODE"] + ": " + attributes["ERROR_MESSAGE"],
		EventID: event.ID,
	}, err
}

// functionOf shortens a function's ARN, with or without an alias, to the part of its name that differs.
func functionOf(arn string) string {
	const name = 6 // after arn, partition, service, region, account and "function"
	parts := strings.Split(arn, ":")
	if len(parts) <= name {
		return arn
	}
	short := strings.TrimPrefix(parts[name], "bayon-coagent-")
	return short[:max(strings.LastIndexByte(short, '-'), 0)]
}
