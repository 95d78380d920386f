package scheduler

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/activity"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/awsapi"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/iam"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/queue"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/template"
)

// delivery is one time of a schedule on its way to the target. It is kept as JSON, with all that it takes to go on after
// a restart, whatever the template says then.
type delivery struct {
	ID                   string        `json:"id"` // execution id
	Name                 string        `json:"name"`
	ScheduleARN          string        `json:"scheduleArn"`
	TargetARN            string        `json:"targetArn"`
	RoleARN              string        `json:"roleArn,omitempty"`
	Source               string        `json:"source,omitempty"` // of the event, if the target is a bus
	DetailType           string        `json:"detailType,omitempty"`
	Input                string        `json:"input"`
	DeadLetterARN        string        `json:"deadLetterArn,omitempty"`
	MaximumRetryAttempts int           `json:"maximumRetryAttempts"`
	MaximumEventAge      time.Duration `json:"maximumEventAge"`
	ScheduledAt          time.Time     `json:"scheduledAt"`
	Began                time.Time     `json:"began"`
	Attempts             int           `json:"attempts"` // those that failed
	RetryAt              time.Time     `json:"retryAt"`  // when the next attempt is due

	done chan struct{} // closed when the delivery is over
	err  error         // why it was given up; nil until done and when it was delivered
}

func newDelivery(schedule template.Schedule, scheduledAt, now time.Time) *delivery {
	var id [8]byte
	_, _ = rand.Read(id[:]) // never fails
	return &delivery{
		ID:                   hex.EncodeToString(id[:]),
		Name:                 schedule.Name,
		ScheduleARN:          schedule.ARN,
		TargetARN:            schedule.TargetARN,
		RoleARN:              schedule.RoleARN,
		Source:               schedule.EventSource,
		DetailType:           schedule.EventDetailType,
		Input:                schedule.Input,
		DeadLetterARN:        schedule.DeadLetterARN,
		MaximumRetryAttempts: schedule.Retry.MaximumRetryAttempts,
		MaximumEventAge:      schedule.Retry.MaximumEventAge,
		ScheduledAt:          scheduledAt.UTC(),
		Began:                now,
		done:                 make(chan struct{}),
	}
}

// caller is on whose behalf the target is called: that of the schedule's role.
func (s *Scheduler) caller(d *delivery) iam.Caller {
	return iam.Caller{Service: iam.Scheduler, SourceARN: d.ScheduleARN, Role: s.config.Role(d.RoleARN)}
}

// call calls the target once. A bus answers without a request id.
func (s *Scheduler) call(d *delivery, payload string) (requestID string, err error) {
	if d.DetailType != "" {
		return "", s.config.Bus.PutEvent(s.running, s.caller(d), d.TargetARN, d.Source, d.DetailType, payload)
	}
	return s.config.Functions.InvokeAsync(s.running, s.caller(d), d.TargetARN, []byte(payload), "")
}

// begin delivers in the background.
func (s *Scheduler) begin(d *delivery) {
	s.mutex.Lock()
	s.deliveries[d.ID] = d
	s.mutex.Unlock()
	s.work.Go(func() {
		d.err = s.deliver(d)
		s.mutex.Lock()
		delete(s.deliveries, d.ID)
		s.mutex.Unlock()
		close(d.done)
	})
}

// awaitReady tells whether targets can be called before the scheduler stops.
func (s *Scheduler) awaitReady() bool {
	if s.config.Ready == nil {
		return true
	}
	select {
	case <-s.config.Ready:
		return true
	case <-s.running.Done():
		return false
	}
}

// deliver calls the target until it takes the call, the retry policy is exhausted or the scheduler stops.
func (s *Scheduler) deliver(d *delivery) error {
	for {
		if !waitUntil(s.running, d.RetryAt) || !s.awaitReady() {
			return s.running.Err()
		}
		attempt := d.Attempts + 1
		payload := execution{d.ScheduleARN, d.ScheduledAt, d.ID, attempt}.fill(d.Input)
		requestID, err := s.call(d, payload)
		if err == nil {
			s.record(d, activity.Activity{Kind: activity.Scheduled, RequestID: requestID, Attempt: attempt})
			return s.kept(d, s.memory.deleteDelivery(d))
		}
		if s.running.Err() != nil {
			return err // the call may have failed because of the stop; it is made again after the restart
		}
		s.record(d, activity.Activity{Kind: activity.Failed, Reason: err.Error(), Attempt: attempt})
		if exhausted := s.plan(d); exhausted != "" {
			return errors.Join(err, s.giveUp(d, payload, err, exhausted), s.kept(d, s.memory.deleteDelivery(d)))
		}
		retryAt := d.RetryAt
		s.record(d, activity.Activity{Kind: activity.Retried, RetryAt: &retryAt, Attempt: attempt + 1})
		if err := s.kept(d, s.memory.saveDelivery(d)); err != nil {
			return err
		}
	}
}

// kept notes that the memory of a delivery could not be changed: it may be delivered once more after a restart.
func (s *Scheduler) kept(d *delivery, err error) error {
	if err != nil {
		s.record(d, activity.Activity{Kind: activity.Warned, Reason: err.Error()})
	}
	return err
}

// The first and the longest wait between two attempts; AWS does not say how it backs off.
const (
	firstWait   = time.Second
	longestWait = 8 * time.Minute
)

// plan counts a failed attempt and sets the time of the next one. It returns the condition of the retry policy that lets
// no further attempt be made, or nothing.
func (s *Scheduler) plan(d *delivery) (exhausted string) {
	wait := min(firstWait<<min(d.Attempts, 16), longestWait)
	s.mutex.Lock() // InFlight reads Attempts
	d.Attempts++
	s.mutex.Unlock()
	d.RetryAt = time.Now().Add(s.config.Scale(wait))
	switch {
	case d.Attempts > d.MaximumRetryAttempts:
		return "MaximumRetryAttempts"
	case d.RetryAt.Sub(d.Began) > s.config.Scale(d.MaximumEventAge):
		return "MaximumEventAgeInSeconds"
	default:
		return ""
	}
}

// giveUp sends a delivery to the schedule's dead-letter queue. The body is the call that failed.
//
// https://docs.aws.amazon.com/scheduler/latest/UserGuide/configuring-schedule-dlq.html
func (s *Scheduler) giveUp(d *delivery, payload string, cause error, exhausted string) error {
	if d.DeadLetterARN == "" {
		s.record(d, activity.Activity{Kind: activity.Lost, Reason: "the schedule has no dead-letter queue"})
		return nil
	}
	body, err := json.Marshal(d.request(payload))
	if err != nil {
		return fmt.Errorf("encode a dead letter: %w", err)
	}
	var refusal *awsapi.Error
	if !errors.As(cause, &refusal) {
		refusal = awsapi.Errorf("InternalServerException", "%v", cause)
	}
	message := queue.Message{Body: string(body), Attributes: map[string]queue.Attribute{}}
	for name, value := range map[string]string{
		"ERROR_CODE":                refusal.Code,
		"ERROR_MESSAGE":             cmp.Or(refusal.Message, refusal.Code),
		"EXECUTION_ID":              d.ID,
		"EXHAUSTED_RETRY_CONDITION": exhausted,
		"IS_PAYLOAD_TRUNCATED":      "false",
		"RETRY_ATTEMPTS":            strconv.Itoa(d.Attempts - 1),
		"SCHEDULED_TIME":            d.ScheduledAt.Format(timeForm),
		"SCHEDULE_ARN":              d.ScheduleARN,
		"TARGET_ARN":                d.TargetARN,
	} {
		message.Attributes[name] = queue.Attribute{DataType: "String", StringValue: value}
	}
	queueName := lastPart(d.DeadLetterARN)
	if err := s.config.Queues.Send(context.WithoutCancel(s.running), s.caller(d), d.DeadLetterARN, message); err != nil {
		s.record(d, activity.Activity{Kind: activity.Lost, Queue: queueName, Reason: "the dead-letter queue refused it: " + err.Error()})
		return fmt.Errorf("send to the dead-letter queue: %w", err)
	}
	s.record(d, activity.Activity{Kind: activity.DeadLettered, Queue: queueName, Reason: refusal.Error()})
	return nil
}

// request is the call of the target, with the members that its service gives it.
func (d *delivery) request(payload string) map[string]any {
	if d.DetailType == "" {
		return map[string]any{"FunctionName": d.TargetARN, "InvocationType": "Event", "Payload": payload}
	}
	return map[string]any{"Entries": []map[string]string{
		{"EventBusName": d.TargetARN, "Source": d.Source, "DetailType": d.DetailType, "Detail": payload},
	}}
}

func (s *Scheduler) record(d *delivery, a activity.Activity) {
	a.At, a.EventID, a.Rule, a.Function = time.Now(), d.ID, d.Name, lastPart(d.TargetARN)
	s.config.Recorder.Record(a)
}

// lastPart returns what an ARN ends with: the name of a function or a queue.
func lastPart(arn string) string { return arn[strings.LastIndexByte(arn, ':')+1:] }
