package bus

import (
	"errors"
	"strconv"
	"time"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/activity"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/queue"
)

var errNoDeadLetterQueue = errors.New("the target has no dead-letter queue")

// sendToDeadLetterQueue hands an event that was given up to the target's dead-letter queue, as it was sent.
func (l *lane) sendToDeadLetterQueue(target *routedTarget, d *delivery) error {
	arn := target.deadLetterQueue()
	if arn == "" {
		return errNoDeadLetterQueue
	}
	texts := map[string]string{
		"RULE_ARN":      target.rule.arn(),
		"TARGET_ARN":    target.ARN,
		"ERROR_CODE":    d.reason.code,
		"ERROR_MESSAGE": d.reason.message,
	}
	if d.reason.exhausted != "" {
		texts["EXHAUSTED_RETRY_CONDITION"] = d.reason.exhausted
		texts["RETRY_ATTEMPTS"] = strconv.Itoa(d.failures - 1)
	}
	attributes := make(map[string]queue.Attribute, len(texts))
	for name, text := range texts {
		attributes[name] = queue.Attribute{DataType: "String", StringValue: text}
	}
	message := queue.Message{Body: d.event, Attributes: attributes, TraceHeader: d.traceHeader}
	return l.bus.Queues.Send(l.ctx, target.caller, arn, message)
}

// settleDeadLetter decides what handing the event to the dead-letter queue leads to, and tells whether the delivery is done
// with. A queue that may let the event in later is tried again for as long as it takes.
func (l *lane) settleDeadLetter(target *routedTarget, d *delivery, err error) (done bool) {
	happened := d.happened(activity.DeadLettered, target.rule)
	happened.Function = target.function
	happened.Queue = nameOf(target.deadLetterQueue())
	happened.Attempt, happened.Reason = d.failures, d.reason.Error()
	if err == nil {
		l.bus.Recorder.Record(happened)
		return true
	}
	refusal := failureOf(err)
	if refusal.retryable() && !errors.Is(err, errNoDeadLetterQueue) {
		d.refusals++
		l.attemptAgain(target, d, time.Now().Add(l.bus.Scale(backoff(d.refusals))))
		return false
	}
	happened.Kind = activity.Lost
	if errors.Is(err, errNoDeadLetterQueue) {
		happened.Reason += "; " + err.Error()
	} else {
		happened.Reason += "; the dead-letter queue did not take it: " + refusal.Error()
	}
	l.bus.Recorder.Record(happened)
	return true
}
