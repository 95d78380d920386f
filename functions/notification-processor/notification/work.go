package notification

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/bayon-coagent/event-consumers/internal/deadline"
	"github.com/bayon-coagent/event-consumers/internal/mail"
	"github.com/bayon-coagent/event-consumers/internal/metrics"
	"github.com/bayon-coagent/event-consumers/internal/table"
	"github.com/bayon-coagent/event-consumers/pkg/events"
)

// worker works at one job.
type worker struct {
	*Notifier

	job      job
	token    string    // names the worker in the job
	reserved []counter // that count the job's mail
}

// errTakenOver says that someone else works at a job, or has ended it.
var errTakenOver = errors.New("another works at the job")

// work does what is to be done about a job: it tells the bus what it was not told yet, and sends the mail if that is due. A
// job that someone else works at is left to them.
func (n *Notifier) work(ctx context.Context, next job) error {
	w := &worker{Notifier: n, job: next, token: n.Token()}
	err := w.run(ctx)
	if errors.Is(err, errTakenOver) {
		return nil
	}
	return err
}

func (w *worker) run(ctx context.Context) error {
	if err := w.tell(ctx); err != nil {
		return err
	}
	if !w.job.due(w.Now()) {
		return nil
	}
	if err := w.claim(ctx); err != nil {
		return err
	}
	if err := w.deliver(ctx); err != nil {
		return errors.Join(err, w.release(ctx))
	}
	return w.tell(ctx)
}

// claim makes the job this worker's until the invocation ends.
func (w *worker) claim(ctx context.Context) error {
	next := w.job
	next.Status, next.LeaseUntil = processing, &table.Date{Time: deadline.LeaseEnd(ctx, w.Now())}
	return w.write(ctx, next)
}

// release gives the job back, so that it can be claimed at once. A job that may have been sent is not given back.
func (w *worker) release(ctx context.Context) error {
	if w.job.SendingSince != nil {
		return nil
	}
	ctx, cancel := afterwards(ctx)
	defer cancel()
	// What the table has can be newer than what is known here, if an answer got lost.
	item, found, err := w.Items.Get(ctx, jobKey(w.job.UserID, w.job.ID))
	if err != nil || !found {
		return err
	}
	stored, err := jobOf(item)
	if err != nil || stored.Owner != w.token || stored.Status != processing {
		return err
	}
	w.job = stored
	stored.postpone(stored.ScheduledFor.Time)
	err = w.write(ctx, stored)
	if errors.Is(err, errTakenOver) {
		return nil
	}
	return err
}

// longestEnding bounds what is written when an invocation's own time is over.
const longestEnding = 3 * time.Second

// afterwards is a context for what must be written even if ctx has ended.
func afterwards(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), longestEnding)
}

// write writes what the job is to be, with changes of other items that belong to it. It fails with errTakenOver when the
// job is not what this worker knows. A write whose answer got lost is found again by the worker's token.
func (w *worker) write(ctx context.Context, next job, also ...table.Change) error {
	next.Version, next.Owner = w.job.Version+1, w.token
	err := w.save(ctx, next.save(w.Now()), also)
	if errors.Is(err, table.ErrConflict) {
		err = w.written(ctx, next, err)
	}
	if err != nil {
		return err
	}
	w.job = next
	return nil
}

func (w *worker) save(ctx context.Context, next table.Save, also []table.Change) error {
	if len(also) == 0 {
		return w.Items.Save(ctx, next) // at half the price of a transaction
	}
	return w.Items.Transact(ctx, append(also, next)...)
}

// written tells what a conflict means: nil for a write that was made after all, conflict for a job that is as it was.
func (w *worker) written(ctx context.Context, next job, conflict error) error {
	item, found, err := w.Items.Get(ctx, jobKey(next.UserID, next.ID))
	if err != nil {
		return err
	}
	if !found {
		return errTakenOver
	}
	stored, err := jobOf(item)
	switch {
	case err != nil:
		return err
	case stored.Version == next.Version && stored.Owner == w.token:
		return nil
	case stored.Version == w.job.Version:
		return conflict
	}
	return errTakenOver
}

// tell tells the bus what it is still to be told of the job, and remembers that it was.
func (w *worker) tell(ctx context.Context) error {
	fact := w.job.untoldFact()
	if fact == nil {
		return nil
	}
	if err := w.Publisher.Publish(ctx, fact); err != nil {
		return err
	}
	next := w.job
	next.Untold, next.PublishedAt = "", &table.Date{Time: w.Now()}
	return w.write(ctx, next)
}

// reasonUncertain is why a mail that may have been sent counts as failed, and is not sent again.
const reasonUncertain = "We could not find out whether this email was sent. It is not sent again, so that you do not get it twice. " +
	"You find the notification in the app."

// reasonUnavailable is why a mail failed that the mail service did not take in all attempts.
const reasonUnavailable = "The email service could not be reached, or was too busy, each time we tried. You find the notification " +
	"in the app."

// deliver sends the job's mail, if all checks let it through, in the order of the rules.
func (w *worker) deliver(ctx context.Context) error {
	if w.job.SendingSince != nil {
		return w.fail(ctx, reasonUncertain)
	}
	prepared, err := w.prepare(ctx)
	if err != nil || prepared == nil {
		return err
	}
	full, err := w.reserve(ctx)
	switch {
	case err != nil:
		return err
	case full != nil:
		return w.postpone(ctx, full.until, full.reason)
	}
	if err := w.note(ctx, *prepared); err != nil {
		return errors.Join(err, w.giveBack(ctx))
	}
	return w.send(ctx, prepared.letter)
}

// timeToSend is what must be left of an invocation when a mail is handed to the mail service, and timeToRemember what is
// kept of it to write down the answer.
const (
	timeToSend     = 5 * time.Second
	timeToRemember = 2 * time.Second
)

// note writes into the job that the mail is being sent, which only one worker can. Alerts that a digest lists are from now
// on in a mail.
func (w *worker) note(ctx context.Context, prepared prepared) error {
	now := w.Now()
	if end, ok := ctx.Deadline(); ok && end.Sub(now) < timeToSend {
		return &deadline.ShortError{Progress: "all checks of a mail"}
	}
	next := w.job
	next.SendingSince = &table.Date{Time: now}
	var listed []table.Change
	if next.Type == digestJob {
		next.AlertIDs, next.NotificationIDs = prepared.alertIDs, nil
		for _, alertID := range prepared.alertIDs {
			record := delivery{
				NotificationID: alertNotificationID(next.UserID, alertID),
				UserID:         next.UserID,
				Channel:        next.delivery(now).Channel,
				Status:         digested,
				DigestID:       next.ID,
				UpdatedAt:      table.Date{Time: now},
			}
			next.NotificationIDs = append(next.NotificationIDs, record.NotificationID)
			listed = append(listed, record.save(now, listable(next.ID)))
		}
	}
	return w.write(ctx, next, listed...)
}

// send hands the letter to the mail service, and remembers what it answers.
func (w *worker) send(ctx context.Context, letter mail.Letter) error {
	messageID, err := w.handOver(ctx, letter)
	next := w.job
	var unavailable *mail.UnavailableError
	var refused *mail.RefusedError
	switch {
	case err == nil:
		next.succeed(messageID, w.Now())
		metrics.Add(ctx, metrics.MailsSent, 1)
	case errors.As(err, &unavailable):
		next.tryLater(w.Now())
	case errors.As(err, &refused):
		next.fail(refused.Reason, w.Now())
	default:
		next.fail(reasonUncertain, w.Now())
	}
	if next.Status == failed {
		metrics.Add(ctx, metrics.MailsFailed, 1)
	}
	if unavailable != nil || refused != nil {
		// What cannot be given back makes the limit stricter until its window ends.
		_ = w.giveBack(ctx)
	}
	return w.remember(ctx, next)
}

// handOver keeps some of the invocation's time, to write down the answer.
func (w *worker) handOver(ctx context.Context, letter mail.Letter) (string, error) {
	if end, ok := ctx.Deadline(); ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, end.Add(-timeToRemember))
		defer cancel()
	}
	return w.Mailer.Send(ctx, letter)
}

// tryLater counts an attempt that was not sent.
func (j *job) tryLater(now time.Time) {
	j.Attempts++
	if j.Attempts >= j.MaxAttempts {
		j.fail(reasonUnavailable, now)
		return
	}
	j.postpone(now.Add(firstPause << (j.Attempts - 1)))
}

// writesOfAnswer is how often it is tried to write down the answer of the mail service: what is not written down counts as
// unknown.
const writesOfAnswer = 3

// remember writes down how the job goes on, or that it has ended, together with what became of the delivery.
func (w *worker) remember(ctx context.Context, next job) (err error) {
	ctx, cancel := afterwards(ctx)
	defer cancel()
	for range writesOfAnswer {
		err = w.write(ctx, next, next.delivery(w.Now()).save(w.Now(), table.Condition{}))
		if err == nil || errors.Is(err, errTakenOver) {
			return err
		}
	}
	return fmt.Errorf("remember what became of mail %s: %w", next.ID, err)
}

// fail ends the job without a mail.
func (w *worker) fail(ctx context.Context, reason string) error {
	metrics.Add(ctx, metrics.MailsFailed, 1)
	next := w.job
	next.fail(reason, w.Now())
	return w.write(ctx, next, next.delivery(w.Now()).save(w.Now(), table.Condition{}))
}

// postpone lets the job wait, and tells the bus so.
func (w *worker) postpone(ctx context.Context, until time.Time, reason string) error {
	metrics.Add(ctx, metrics.MailsDeferred, 1)
	next := w.job
	next.postpone(until)
	next.Reason, next.Untold = reason, events.NotificationDeferred{}.DetailType()
	return w.write(ctx, next)
}

// withhold removes the job: the agent wants no such mail any more, and nobody is told.
func (w *worker) withhold(ctx context.Context, reason string) error {
	metrics.Add(ctx, metrics.MailsWithheld, 1)
	record := w.job.delivery(w.Now())
	record.Status, record.Reason = withheld, reason
	err := w.Items.Transact(ctx,
		table.Remove{
			Key:       jobKey(w.job.UserID, w.job.ID),
			Condition: table.DataIs("version", table.Number(w.job.Version)),
		},
		record.save(w.Now(), table.Condition{}))
	if errors.Is(err, table.ErrConflict) {
		if _, found, readErr := w.Items.Get(ctx, jobKey(w.job.UserID, w.job.ID)); readErr == nil && !found {
			return errTakenOver // or removed by this worker, with an answer that got lost
		}
	}
	return err
}
