package bus

import (
	"time"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/activity"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/queue"
)

// deliver attempts deliveries, and writes down in one batch what became of them.
func (l *lane) deliver(target *routedTarget, batch []*delivery) {
	started := time.Now()
	errs := l.attempt(target, batch)
	changes := l.bus.State.Batch()
	var later []*delivery
	done, tried := 0, int64(0)
	for i, d := range batch {
		if errs[i] != nil && l.ctx.Err() != nil {
			continue // it was stopped: the next run of the process attempts it again
		}
		changes.Delete(d.key)
		tried += triedFirst(d.key)
		if l.settle(target, d, errs[i], started) {
			done++
		} else {
			changes.Set(d.key, d.appendTo(nil, []byte(d.event)))
			later = append(later, d)
		}
	}
	if err := l.putOff(changes, later); err != nil {
		l.warn(err)
	}
	l.waiting.Add(int64(-done))
	l.untried.Add(-tried)
}

// attempt brings events to the target, or to the dead-letter queue if they have been given up, and returns how that ended.
func (l *lane) attempt(target *routedTarget, batch []*delivery) []error {
	errs := make([]error, len(batch))
	if target.queue != "" && len(batch) > 1 {
		if attempted := l.attemptTogether(target, batch, errs); attempted {
			return errs
		}
	}
	for i, d := range batch {
		errs[i] = l.attemptOne(target, d)
	}
	return errs
}

// attemptTogether sends all events in one call, unless one of them needs attention of its own: then none is sent.
func (l *lane) attemptTogether(target *routedTarget, batch []*delivery, errs []error) (attempted bool) {
	messages := make([]queue.Message, 0, len(batch))
	for _, d := range batch {
		payload, err := target.transform.apply(d)
		if err != nil || d.givenUp {
			return false
		}
		for range l.times() {
			messages = append(messages, queue.Message{Body: payload, TraceHeader: d.traceHeader})
		}
	}
	err := l.bus.Queues.SendBatch(l.ctx, target.caller, target.ARN, messages)
	if err != nil && failureOf(err).code == invalidParameter {
		return false // which of them it is shows when they are sent one by one
	}
	for i := range errs {
		errs[i] = err
	}
	return true
}

func (l *lane) attemptOne(target *routedTarget, d *delivery) error {
	if d.givenUp {
		return l.sendToDeadLetterQueue(target, d)
	}
	payload, err := target.transform.apply(d)
	if err != nil {
		return err
	}
	for range l.times() {
		if target.queue != "" {
			err = l.bus.Queues.Send(l.ctx, target.caller, target.ARN, queue.Message{Body: payload, TraceHeader: d.traceHeader})
		} else {
			_, err = l.bus.Lambda.InvokeAsync(l.ctx, target.caller, target.ARN, []byte(payload), d.traceHeader)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// times is how often the next delivery is made.
func (l *lane) times() int {
	if l.bus.Duplicate() {
		return 2
	}
	return 1
}

// settle decides what an attempt leads to, and tells whether the delivery is done with. If it is not, its key says when it
// is to be attempted again.
func (l *lane) settle(target *routedTarget, d *delivery, err error, started time.Time) (done bool) {
	happened := d.happened(activity.Delivered, target.rule)
	happened.Function, happened.Queue = target.function, target.queue
	happened.Attempt = d.failures + 1
	happened.DurationMS = float64(happened.At.Sub(started).Microseconds()) / 1000
	switch {
	case d.givenUp:
		return l.settleDeadLetter(target, d, err)
	case err == nil && target.queue != "":
		l.bus.Recorder.Record(happened)
		return true
	case err == nil:
		return true // Lambda tells when the function has done its work
	}
	d.failures++
	d.reason = failureOf(err)
	happened.Kind, happened.Reason = activity.Failed, d.reason.Error()
	l.bus.Recorder.Record(happened)
	if d.reason.retryable() {
		due := happened.At.Add(l.bus.Scale(backoff(d.failures)))
		if d.reason.exhausted = l.exhausted(target, d, due); d.reason.exhausted == "" {
			l.attemptAgain(target, d, due)
			return false
		}
	}
	d.givenUp = true
	return l.settleDeadLetter(target, d, l.sendToDeadLetterQueue(target, d))
}

// exhausted names the condition of the retry policy that forbids another attempt at a time, if one does.
func (l *lane) exhausted(target *routedTarget, d *delivery, next time.Time) string {
	switch {
	case d.failures > target.retries():
		return "MaximumRetryAttempts"
	case next.Sub(d.acceptedAt) > l.bus.Scale(target.maximumAge()):
		return "MaximumEventAgeInSeconds"
	default:
		return ""
	}
}

// attemptAgain puts the delivery off.
func (l *lane) attemptAgain(target *routedTarget, d *delivery, due time.Time) {
	d.key = retryKey(l.number, due, d.sequence)
	happened := d.happened(activity.Retried, target.rule)
	happened.Function, happened.Queue = target.function, target.queue
	happened.Attempt, happened.RetryAt = d.failures+1, &due
	l.bus.Recorder.Record(happened)
}
