package notification

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"time"

	"github.com/bayon-coagent/event-consumers/internal/agent"
	"github.com/bayon-coagent/event-consumers/internal/table"
	"github.com/bayon-coagent/event-consumers/pkg/events"
)

// idOf is a notification's id: the hash of the agent and of what it tells of. No clock and no chance is in it.
func idOf(userID, identity string) string {
	hash := sha256.New()
	for _, part := range []string{userID, identity} {
		var length [4]byte
		binary.BigEndian.PutUint32(length[:], uint32(len(part)))
		hash.Write(length[:])
		hash.Write([]byte(part))
	}
	return hex.EncodeToString(hash.Sum(nil)[:16])
}

// status is how far a job or a delivery has come.
type status string

// The states of jobs; a delivery by mail is pending as long as its job is.
const (
	pending    status = "pending"
	processing status = "processing"
	sent       status = "sent"
	failed     status = "failed"
)

// The types of jobs.
const (
	realTimeJob = "real-time"
	digestJob   = "digest"
)

// job is a mail that is to be sent, has been, or cannot be.
type job struct {
	ID              string      `dynamodbav:"id"` // the notification's
	UserID          string      `dynamodbav:"userId"`
	Type            string      `dynamodbav:"type"`
	Kind            string      `dynamodbav:"kind"`
	SubjectEventID  string      `dynamodbav:"subjectEventId"`
	AlertIDs        []string    `dynamodbav:"alertIds"`
	NotificationIDs []string    `dynamodbav:"notificationIds"`
	ScheduledFor    table.Date  `dynamodbav:"scheduledFor"`
	Reason          string      `dynamodbav:"reason,omitempty"` // why it was deferred
	Status          status      `dynamodbav:"status"`
	Attempts        int         `dynamodbav:"attempts"` // that the mail service did not take
	MaxAttempts     int         `dynamodbav:"maxAttempts"`
	Error           string      `dynamodbav:"error,omitempty"` // why it failed, in words that the agent understands
	CreatedAt       table.Date  `dynamodbav:"createdAt"`
	ProcessedAt     *table.Date `dynamodbav:"processedAt,omitempty"`
	MessageID       string      `dynamodbav:"messageId,omitempty"` // the mail service's

	Version      int64       `dynamodbav:"version"`         // one more each time it is written
	Owner        string      `dynamodbav:"owner,omitempty"` // who wrote it last
	LeaseUntil   *table.Date `dynamodbav:"leaseUntil,omitempty"`
	SendingSince *table.Date `dynamodbav:"sendingSince,omitempty"` // from when on it may have been sent

	Untold      string      `dynamodbav:"untold,omitempty"` // the detail type of what the bus is still to be told
	PublishedAt *table.Date `dynamodbav:"publishedAt,omitempty"`

	Fact      *fact           `dynamodbav:"fact,omitempty"`      // of a real-time mail, until it has ended
	Window    *digestWindow   `dynamodbav:"window,omitempty"`    // of a digest
	Frequency agent.Frequency `dynamodbav:"frequency,omitempty"` // of a digest
}

// digestWindow is a window as it is stored.
type digestWindow struct {
	After table.Date `dynamodbav:"after"`
	Until table.Date `dynamodbav:"until"`
}

const (
	jobEntity   = "NotificationJob"
	jobPrefix   = "NOTIFICATION_JOB#"
	maxAttempts = 3
	// firstPause is how long after a first attempt the second is made; the next pause is twice as long.
	firstPause = 2 * time.Minute
	// jobLifetime is how long a job is kept that has ended and been told; the delivery record tells of it far longer.
	jobLifetime = 7 * 24 * time.Hour
)

func jobKey(userID, id string) table.Key { return table.UserKey(userID, jobPrefix+id) }

// newJob is the job of a notice's mail.
func newJob(id string, notice notice, now time.Time) job {
	wanted := job{
		ID:              id,
		UserID:          notice.userID,
		Type:            realTimeJob,
		Kind:            notice.shown.kind,
		SubjectEventID:  notice.eventID,
		AlertIDs:        []string{},
		NotificationIDs: []string{id},
		ScheduledFor:    table.Date{Time: now},
		Status:          pending,
		MaxAttempts:     maxAttempts,
		CreatedAt:       table.Date{Time: now},
		Version:         1,
		Fact:            notice.mail,
	}
	if notice.alertID != "" {
		wanted.AlertIDs = []string{notice.alertID}
	}
	return wanted
}

// jobOf reads a job. One without a version is none of ours, and an error.
func jobOf(item table.Item) (job, error) {
	var read job
	err := table.Decode(item, &read)
	if err == nil && read.Version < 1 {
		err = &table.MalformedError{Key: item.Key, Err: errors.New("version must be 1 or more")}
	}
	return read, err
}

// due tells whether there is something to do about a job: it waits and its time has come, or its worker is gone. What has
// ended and is told, and what is being worked at, is not due.
func (j job) due(now time.Time) bool {
	waits := j.Status == pending && !j.ScheduledFor.After(now)
	abandoned := j.Status == processing && j.LeaseUntil != nil && j.LeaseUntil.Before(now)
	return waits || abandoned
}

// dueJobs selects the jobs that are due, or that the bus is still to be told of.
func dueJobs(now time.Time) table.Condition {
	return table.Condition{
		Expression: "attribute_exists(#Data.#untold) OR #Data.#status = :pending AND #Data.#scheduledFor <= :now OR " +
			"#Data.#status = :processing AND #Data.#leaseUntil < :now",
		Names: map[string]string{
			"#Data": "Data", "#untold": "untold", "#status": "status", "#scheduledFor": "scheduledFor", "#leaseUntil": "leaseUntil",
		},
		Values: placeholders{
			":pending":    table.Text(string(pending)),
			":processing": table.Text(string(processing)),
			":now":        table.Text(table.Date{Time: now}.String()),
		},
	}
}

// fail ends a job without a mail.
func (j *job) fail(reason string, now time.Time) {
	j.end(failed, now)
	j.Error, j.Untold = reason, events.NotificationFailed{}.DetailType()
}

// succeed ends a job whose mail was sent.
func (j *job) succeed(messageID string, now time.Time) {
	j.end(sent, now)
	j.MessageID, j.Untold = messageID, events.NotificationSent{}.DetailType()
}

// end leaves away what is needed no more: a fact can hold personal data.
func (j *job) end(how status, now time.Time) {
	j.Status, j.ProcessedAt, j.LeaseUntil, j.Fact = how, &table.Date{Time: now}, nil, nil
}

// postpone lets a job wait until its time comes.
func (j *job) postpone(until time.Time) {
	j.Status, j.ScheduledFor, j.LeaseUntil, j.SendingSince = pending, table.Date{Time: until}, nil, nil
}

// untoldFact is what the bus is still to be told of a job, or nil. It is the same each time.
func (j job) untoldFact() events.Fact {
	about := events.Notification{
		NotificationID: j.ID,
		UserID:         j.UserID,
		Channel:        events.ChannelEmail,
		Kind:           j.Kind,
		SubjectEventID: j.SubjectEventID,
	}
	if j.Type == digestJob {
		about.AlertIDs = j.AlertIDs
	}
	for _, told := range []events.Fact{
		events.NotificationSent{Notification: about},
		events.NotificationDeferred{Notification: about, DeferredUntil: events.At(j.ScheduledFor.Time), Reason: j.Reason},
		events.NotificationFailed{Notification: about, Reason: j.Error},
	} {
		if told.DetailType() == j.Untold {
			return told
		}
	}
	return nil
}

// save writes a job if it is still the one that was read.
func (j job) save(now time.Time) table.Save {
	save := table.Save{
		Key:        jobKey(j.UserID, j.ID),
		EntityType: jobEntity,
		Data:       j,
		Now:        now,
		Condition:  table.DataIs("version", table.Number(j.Version-1)),
	}
	if j.Untold == "" && (j.Status == sent || j.Status == failed) {
		expires := now.Add(jobLifetime)
		save.Expires = &expires
	}
	return save
}

// start are the changes that put a new job into the world: the job, and the record of its delivery, neither of which is
// there yet.
func (j job) start(now time.Time) []table.Change {
	save := j.save(now)
	save.Condition = table.Absent()
	return []table.Change{save, j.delivery(now).save(now, table.Absent())}
}

// delivery is the record of the job's mail.
func (j job) delivery(now time.Time) delivery {
	record := delivery{
		NotificationID: j.ID,
		UserID:         j.UserID,
		Channel:        events.ChannelEmail,
		Status:         j.Status,
		Reason:         j.Error,
		MessageID:      j.MessageID,
		UpdatedAt:      table.Date{Time: now},
	}
	if record.Status == processing {
		record.Status = pending
	}
	return record
}
