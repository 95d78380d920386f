// Package functionlog tells what happens on AWS from what the functions log there: the lines of their CloudWatch log groups
// become the same activities that the local cloud keeps in its diary, as far as the lines tell. They tell of invocations and
// of warnings; what the bus accepts and matches, and what ends in a queue, no function sees.
//
// It has never run against AWS itself: it follows the protocol and the shapes of lines that AWS documents.
//
// https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-logformat.html
package functionlog

import (
	"cmp"
	"encoding/json"
	"time"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/activity"
)

// line is what can be read from a line of a log: one that package consumer writes, or one of Lambda's own.
type line struct {
	Level         string  `json:"level"`
	Message       string  `json:"message"`
	Kind          string  `json:"kind"`
	Error         string  `json:"error"`
	Outcome       string  `json:"outcome"`
	RequestID     string  `json:"requestId"`
	Handler       string  `json:"handler"`
	EventID       string  `json:"eventId"`
	DetailType    string  `json:"detailType"`
	CorrelationID string  `json:"correlationId"`
	DurationMS    float64 `json:"durationMs"`

	Type   string `json:"type"` // of Lambda's own lines
	Record struct {
		RequestID string `json:"requestId"`
		Status    string `json:"status"`
		ErrorType string `json:"errorType"`
		Metrics   struct {
			DurationMS float64 `json:"durationMs"`
		} `json:"metrics"`
	} `json:"record"`
}

// request is what is known of a Lambda request, which has the same id whenever it is tried again.
type request struct {
	reason   string // why the current try failed
	ended    bool   // whether the function has told of the current try's end
	attempts int    // that have ended
}

// reading puts the lines of an invocation together.
type reading struct {
	requests map[string]*request
}

// remembered is how many requests are kept in mind. If there are more, all are forgotten: attempts are counted from 1 again.
const remembered = 10_000

func newReading() *reading { return &reading{requests: map[string]*request{}} }

func (r *reading) request(id string) *request {
	if r.requests[id] == nil {
		if len(r.requests) >= remembered {
			clear(r.requests)
		}
		r.requests[id] = &request{}
	}
	return r.requests[id]
}

// read tells what a line of a function's log says, if it says anything that happened.
func (r *reading) read(function, text string, at time.Time) (activity.Activity, bool) {
	var read line
	if json.Unmarshal([]byte(text), &read) != nil {
		return activity.Activity{}, false
	}
	happened := activity.Activity{
		At: at, EventID: read.EventID, CorrelationID: read.CorrelationID, DetailType: cmp.Or(read.DetailType, read.Handler),
		Function: function, RequestID: read.RequestID,
	}
	switch {
	case read.Type == "platform.report":
		return r.report(happened, read)
	case read.Message == "invocation ended":
		return r.end(happened, read), true
	case read.Message == "handling failed":
		r.request(read.RequestID).reason = cmp.Or(read.Error, read.Kind)
		return activity.Activity{}, false
	case read.Level == "WARN", read.Level == "ERROR", read.Level == "FATAL":
		happened.Kind, happened.Reason = activity.Warned, read.Message
		if read.Error != "" {
			happened.Reason += ": " + read.Error
		}
		return happened, true
	}
	return activity.Activity{}, false
}

// end is the line that a function writes at the end of each invocation.
func (r *reading) end(happened activity.Activity, read line) activity.Activity {
	known := r.request(read.RequestID)
	known.attempts++
	known.ended = true
	happened.Kind, happened.Attempt, happened.DurationMS = activity.Delivered, known.attempts, read.DurationMS
	switch read.Outcome {
	case "failed":
		happened.Kind, happened.Reason = activity.Failed, cmp.Or(known.reason, "the function gave no reason")
	case "duplicate":
		happened.Reason = "a duplicate: it was handled before"
	case "ignored":
		happened.Reason = "the function has no handler for it"
	}
	known.reason = ""
	return happened
}

// report is Lambda's own last line of an invocation. It matters where the function could not tell of the end itself.
func (r *reading) report(happened activity.Activity, read line) (activity.Activity, bool) {
	known := r.request(read.Record.RequestID)
	told := known.ended
	known.ended = false
	if told || read.Record.Status == "success" || read.Record.Status == "" {
		return activity.Activity{}, false
	}
	known.attempts++
	happened.RequestID, happened.Attempt, happened.DurationMS = read.Record.RequestID, known.attempts, read.Record.Metrics.DurationMS
	happened.Kind, happened.Reason = activity.Failed, cmp.Or(read.Record.ErrorType, read.Record.Status)
	if read.Record.Status == "timeout" {
		happened.Reason = "the invocation timed out"
	}
	return happened, true
}
