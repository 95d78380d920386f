package notification

import (
	"context"
	"errors"
	netmail "net/mail"
	"strings"
	"time"

	"github.com/bayon-coagent/event-consumers/internal/agent"
	"github.com/bayon-coagent/event-consumers/internal/mail"
	"github.com/bayon-coagent/event-consumers/internal/metrics"
	"github.com/bayon-coagent/event-consumers/internal/unsubscribe"
)

// decision is whether there is to be a mail, and where it goes. Without an address and without a reason to withhold it,
// there should be one, but nobody knows where to.
type decision struct {
	address  string
	withheld string // why the agent wants no such mail
}

// Why mails are withheld or fail before they are tried.
const (
	emailOff     = "e-mail is switched off"
	unsubscribed = "unsubscribed"
	typeOff      = "alerts of this type are not enabled"
	inDigest     = "left to the digest"
	nothingToSay = "nothing is left to tell"

	noAddress  = "No email address is known. Please add one in your notification settings."
	notWritten = "This email could not be written. You find the notification in the app."
)

// decide makes the first three checks of a real-time mail, in the order of the rules. An alert is left to the digest only
// if a digest is still to come for it: the digest of its time can have been made before the event arrived.
func (n *Notifier) decide(ctx context.Context, contact agent.Contact, wanted job, about told) (decision, error) {
	withheld := withheldFrom(contact, about)
	if withheld != inDigest {
		return decision{withheld: withheld, address: recipient(contact, about.address)}, nil
	}
	missed, err := n.missedByDigest(ctx, contact, wanted, about.alert.createdAt)
	if err != nil || !missed {
		return decision{withheld: inDigest}, err
	}
	return decision{address: recipient(contact, about.address)}, nil
}

// withheldFrom tells why an agent wants no mail of something now; empty if there is to be one.
func withheldFrom(contact agent.Contact, about told) string {
	switch preferences := contact.Preferences; {
	case !preferences.WantsEmail():
		return emailOff
	case contact.Unsubscribed.From(about.content.Kind()):
		return unsubscribed
	case about.alert == nil:
		return ""
	case !preferences.Wants(about.alert.alertType):
		return typeOff
	case preferences.Digests():
		return inDigest
	}
	return ""
}

// withheldDigest tells why an agent wants no digest any more. One that is due is sent even if the agent now wants alerts at
// once: its alerts were left to it.
func withheldDigest(contact agent.Contact) string {
	switch {
	case !contact.Preferences.WantsEmail():
		return emailOff
	case contact.Unsubscribed.From(unsubscribe.All):
		return unsubscribed
	}
	return ""
}

// missedByDigest tells whether an alert is in no mail, and the digest of its time has been made without it.
func (n *Notifier) missedByDigest(ctx context.Context, contact agent.Contact, wanted job, createdAt time.Time) (bool, error) {
	times, _ := digestTimesOf(contact)
	for _, window := range times.windows(n.Now()) {
		if !createdAt.After(window.After) || createdAt.After(window.Until) {
			continue
		}
		_, made, err := n.Items.Get(ctx, mailRecordKey(wanted.UserID, digestID(wanted.UserID, window)))
		if err != nil || !made {
			return false, err
		}
		item, found, err := n.Items.Get(ctx, mailRecordKey(wanted.UserID, wanted.ID))
		if err != nil || !found {
			return err == nil, err
		}
		record, err := deliveryOf(item)
		return record.Status != digested, err
	}
	return false, nil
}

// maxAddress is the longest address that SMTP can carry (RFC 5321, 4.5.3.1).
const maxAddress = 254

// recipient is where an agent's mails go: the first address of the preferences, the profile and the event. What is no
// address counts as none.
func recipient(contact agent.Contact, fallback string) string {
	for _, address := range []string{contact.Preferences.EmailAddress, contact.Profile.Email, fallback} {
		address = strings.TrimSpace(address)
		parsed, err := netmail.ParseAddress(address)
		if err == nil && parsed.Name == "" && parsed.Address == address && len(address) <= maxAddress {
			return address
		}
	}
	return ""
}

// prepared is a mail that has passed all checks but the rate limits.
type prepared struct {
	letter   mail.Letter
	alertIDs []string // that a digest lists
}

// prepare makes all checks of the job's mail but the rate limits, and writes the letter. Where there is nothing to send, it
// does what is to be done about the job, and returns nil.
func (w *worker) prepare(ctx context.Context) (*prepared, error) {
	contact, err := agent.LoadContact(ctx, w.Items, w.job.UserID)
	if err != nil {
		return nil, err
	}
	about, decision, err := w.check(ctx, contact)
	var unreadable *factError
	switch {
	case errors.As(err, &unreadable):
		return nil, w.fail(ctx, notWritten)
	case err != nil:
		return nil, err
	case decision.withheld != "":
		return nil, w.withhold(ctx, decision.withheld)
	case decision.address == "":
		return nil, w.fail(ctx, noAddress)
	}
	quiet, err := quietHoursOf(contact)
	if err != nil {
		return nil, err
	}
	if until, is := quiet.until(w.Now()); is {
		return nil, w.postpone(ctx, until, "quiet hours")
	}
	content, alertIDs, err := w.content(ctx, contact, about)
	switch {
	case err != nil:
		return nil, err
	case content == nil:
		return nil, w.withhold(ctx, nothingToSay)
	}
	zone, unknown := contact.Zone()
	metrics.Add(ctx, metrics.PreferencesUnusable, unknown)
	letter, err := w.Mailer.Compose(ctx, w.job.UserID, mail.Addressee{Address: decision.address, Name: contact.Profile.Name, Zone: zone}, content)
	var refused *mail.RefusedError
	var never interface{ Permanent() bool }
	switch {
	case errors.As(err, &refused):
		return nil, w.fail(ctx, refused.Reason)
	case errors.As(err, &never) && never.Permanent():
		return nil, w.fail(ctx, notWritten)
	case err != nil:
		return nil, err
	}
	return &prepared{letter: letter, alertIDs: alertIDs}, nil
}

// check makes the first three checks again: much can have changed while the job waited.
func (w *worker) check(ctx context.Context, contact agent.Contact) (told, decision, error) {
	if w.job.Type == digestJob {
		if w.job.Window == nil {
			return told{}, decision{}, &factError{problem: "is missing"}
		}
		return told{}, decision{withheld: withheldDigest(contact), address: recipient(contact, "")}, nil
	}
	about, err := w.job.Fact.read()
	if err != nil {
		return told{}, decision{}, err
	}
	made, err := w.decide(ctx, contact, w.job, about)
	return about, made, err
}

// content is what the job's mail says, and which alerts a digest lists; nil if there is nothing to say.
func (w *worker) content(ctx context.Context, contact agent.Contact, about told) (mail.Content, []string, error) {
	if w.job.Type != digestJob {
		return about.content, nil, nil
	}
	return w.digest(ctx, contact)
}
