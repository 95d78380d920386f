package lambdahost

import (
	"time"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/activity"
)

// note starts an activity about an attempt.
func (f *function) note(kind activity.Kind, requestID string, about subject, attempt int) activity.Activity {
	return activity.Activity{
		At:            time.Now(),
		Kind:          kind,
		EventID:       about.EventID,
		CorrelationID: about.CorrelationID,
		DetailType:    about.DetailType,
		Source:        about.Source,
		Function:      f.Name,
		RequestID:     requestID,
		Attempt:       attempt,
	}
}

// recordResult takes note of how an attempt ended.
func (f *function) recordResult(result Result, about subject, attempt int) {
	entry := f.note(activity.Delivered, result.RequestID, about, attempt)
	entry.DurationMS = float64(result.Duration) / float64(time.Millisecond)
	if result.Failed() {
		entry.Kind, entry.Reason = activity.Failed, result.Summary()
	}
	f.host.config.Recorder.Record(entry)
}

// recordRetry takes note of when an event is tried again, and why.
func (f *function) recordRetry(e *event, at time.Time, reason string) {
	entry := f.note(activity.Retried, e.RequestID, e.Subject, e.attempt())
	entry.RetryAt, entry.Reason = &at, reason
	f.host.config.Recorder.Record(entry)
}

// recordEnd takes note of an event that was given up, into a queue or into nothing.
func (f *function) recordEnd(kind activity.Kind, e *event, queueName, reason string) {
	entry := f.note(kind, e.RequestID, e.Subject, max(e.Failures, 1))
	entry.Queue, entry.Reason = queueName, reason
	f.host.config.Recorder.Record(entry)
}
