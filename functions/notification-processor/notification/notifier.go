// Package notification turns what happens into notifications: one inside the application for each event, and where the
// agent wants it, one mail (rules: Notifications).
//
// An event becomes a notification in one transaction: the item that the application shows, the record that it was
// delivered, and, if there is to be a mail, a job for it. The record's key follows from the event, so whatever is delivered
// twice, replayed or published again is the same notification. After the transaction nothing can be lost: the job is worked
// off at once, or by the next tick that finds it.
//
//	                 ┌────────── not sent: 2 and 4 minutes later ──────────┐
//	                 ▼                                                     │
//	(none) ──▶ pending ──claim──▶ processing ──note──▶ processing, sending ┴─▶ sent or failed ──▶ told
//	              ▲ ▲                 │                      │
//	              │ └ lease runs out ─┤                      └─ lease runs out: failed, for it may have been sent
//	              └──── deferred ─────┘
//
// A mail is handed to the mail service only by who has noted it in the job, which only one can. So no mail is sent twice; a
// crash between the note and the answer leaves one that may have been sent or not, and the agent is told so
// (docs/decisions/0008-one-mail-at-most.md).
package notification

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/bayon-coagent/event-consumers/internal/agent"
	"github.com/bayon-coagent/event-consumers/internal/mail"
	"github.com/bayon-coagent/event-consumers/internal/metrics"
	"github.com/bayon-coagent/event-consumers/internal/table"
	"github.com/bayon-coagent/event-consumers/pkg/events"
)

// Items is the part of *table.Table that a Notifier calls.
type Items interface {
	Get(ctx context.Context, key table.Key) (table.Item, bool, error)
	GetAll(ctx context.Context, keys []table.Key) ([]table.Item, error)
	Pages(ctx context.Context, query table.Query) iter.Seq2[[]table.Item, error]
	Save(ctx context.Context, save table.Save) error
	Add(ctx context.Context, add table.Add) error
	Transact(ctx context.Context, changes ...table.Change) error
}

// Publisher is the part of *events.Publisher that a Notifier calls.
type Publisher interface {
	Publish(ctx context.Context, facts ...events.Fact) error
}

// Mailer writes mails and sends them.
type Mailer interface {
	// Compose writes a letter to an agent. A *mail.RefusedError says that none can be sent there.
	Compose(ctx context.Context, userID string, to mail.Addressee, content mail.Content) (mail.Letter, error)
	// Send sends a letter at most once. A *mail.UnavailableError says that it was not sent and may be tried again, a
	// *mail.RefusedError that it cannot be sent; after any other error it may have been sent.
	Send(ctx context.Context, letter mail.Letter) (messageID string, err error)
}

// Config is what a Notifier stands on. All fields are required.
type Config struct {
	Items     Items
	Publisher Publisher
	Mailer    Mailer
	Now       func() time.Time
	Token     func() string // makes a value that no other call has made
}

// Notifier notifies agents. It is safe for concurrent use.
type Notifier struct{ Config }

// New notifies agents as configured.
func New(config Config) *Notifier { return &Notifier{Config: config} }

// notice is what an event tells an agent.
type notice struct {
	userID   string
	identity string // the event's, whatever number of times it is published or delivered
	eventID  string // the envelope's
	alertID  string // where it tells of an alert
	shown    shown
	mail     *fact // what a mail would tell; nil where there is none
}

// maxConflicts is how often a notification is tried that meets others at work.
const maxConflicts = 10

// notify delivers a notice inside the application, and by mail where that is wanted. Called again for the same event, it
// goes on with what is left to do.
func (n *Notifier) notify(ctx context.Context, notice notice) error {
	id := idOf(notice.userID, notice.identity)
	for range maxConflicts {
		_, known, err := n.Items.Get(ctx, deliveryKey(notice.userID, id, inApp))
		if err != nil {
			return err
		}
		if known {
			return n.goOn(ctx, notice.userID, id)
		}
		next, err := n.plan(ctx, id, notice)
		if err != nil {
			return err
		}
		err = n.Items.Transact(ctx, next.changes...)
		if errors.Is(err, table.ErrConflict) {
			continue
		}
		if err != nil {
			return err
		}
		metrics.Add(ctx, metrics.NotificationsCreated, 1)
		metrics.Add(ctx, next.outcome, 1)
		if next.mail == nil {
			return nil
		}
		return n.work(ctx, *next.mail)
	}
	return fmt.Errorf("notification %s: %w", id, table.ErrConflict)
}

// goOn works off the mail of a notification that is known, if it is still to be sent or told.
func (n *Notifier) goOn(ctx context.Context, userID, id string) error {
	item, found, err := n.Items.Get(ctx, jobKey(userID, id))
	if err != nil || !found {
		return err
	}
	left, err := jobOf(item)
	if err != nil {
		return err
	}
	return n.work(ctx, left)
}

// plan is what makes an event a notification.
type plan struct {
	changes []table.Change
	mail    *job          // to be worked off; nil if there is to be no mail
	outcome metrics.Count // what is counted when the changes are made, if anything
}

func (n *Notifier) plan(ctx context.Context, id string, notice notice) (plan, error) {
	now := n.Now().Truncate(time.Millisecond)
	record := delivery{NotificationID: id, UserID: notice.userID, Channel: inApp, Status: delivered, UpdatedAt: table.Date{Time: now}}
	planned := plan{changes: []table.Change{
		notice.shown.save(id, notice, now),
		record.save(now, table.Absent()),
	}}
	if notice.mail == nil {
		return planned, nil
	}
	wanted := newJob(id, notice, now)
	decision, err := n.decideFirst(ctx, notice, wanted)
	switch {
	case err != nil:
		return plan{}, err
	case decision.withheld != "":
		planned.outcome = metrics.MailsWithheld
		return planned, nil
	case decision.address == "":
		wanted.fail(noAddress, now)
		planned.outcome = metrics.MailsFailed
	}
	planned.mail = &wanted
	planned.changes = append(planned.changes, wanted.start(now)...)
	return planned, nil
}

// decideFirst decides when an event comes. What cannot be decided, because the agent's preferences cannot be read, is a mail
// all the same: it waits until they can.
func (n *Notifier) decideFirst(ctx context.Context, notice notice, wanted job) (decision, error) {
	about, err := notice.mail.read()
	if err != nil {
		return decision{}, err
	}
	contact, err := agent.LoadContact(ctx, n.Items, notice.userID)
	var malformed *table.MalformedError
	switch {
	case errors.As(err, &malformed):
		return decision{address: "unknown"}, nil
	case err != nil:
		return decision{}, err
	}
	return n.decide(ctx, contact, wanted, about)
}
