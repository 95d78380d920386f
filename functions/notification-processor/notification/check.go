package notification

import (
	"context"
	"errors"
	"time"

	"github.com/bayon-coagent/event-consumers/internal/deadline"
	"github.com/bayon-coagent/event-consumers/internal/metrics"
	"github.com/bayon-coagent/event-consumers/internal/table"
	"github.com/bayon-coagent/event-consumers/pkg/events"
)

// CheckDue works off an agent's jobs that are due, and makes the digest if its time has come; other checks are not ours.
func (n *Notifier) CheckDue(ctx context.Context, event events.Event[events.CheckDue]) error {
	if event.Detail.Check != events.CheckNotifications {
		return nil
	}
	userID := event.Detail.UserID
	at := n.Now()
	if dueAt := event.Detail.DueAt.Time; dueAt.After(at) && dueAt.Sub(at) <= slowClock {
		at = dueAt
	}
	return errors.Join(n.dueJobs(ctx, userID), n.digests(ctx, userID, eventID(event.Envelope), at))
}

// slowClock is how far the function's clock may be behind that of the schedule. A digest time that the tick has reached is
// not put off to the next tick, which would not ask for it again.
const slowClock = time.Minute

// dueJobs works off the jobs that are due. What cannot be done for one holds up no other.
func (n *Notifier) dueJobs(ctx context.Context, userID string) error {
	query := table.Query{
		Partition: table.UserPartition(userID),
		Prefix:    jobPrefix,
		Filter:    dueJobs(n.Now()),
		Limit:     pageSize,
	}
	var failures []error
	for page, err := range n.Items.Pages(ctx, query) {
		if err != nil {
			return errors.Join(append(failures, err)...)
		}
		for _, item := range page {
			next, err := jobOf(item)
			if err != nil {
				metrics.Add(ctx, metrics.ItemsUnreadable, 1)
				continue
			}
			if deadline.Near(ctx, n.Now()) {
				return errors.Join(append(failures, &deadline.ShortError{Progress: "a part of the mails that are due"})...)
			}
			if err := n.work(ctx, next); err != nil {
				failures = append(failures, err)
			}
		}
	}
	return errors.Join(failures...)
}
