package notification

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"slices"
	"time"

	"github.com/bayon-coagent/event-consumers/internal/agent"
	"github.com/bayon-coagent/event-consumers/internal/alert"
	"github.com/bayon-coagent/event-consumers/internal/deadline"
	"github.com/bayon-coagent/event-consumers/internal/mail"
	"github.com/bayon-coagent/event-consumers/internal/metrics"
	"github.com/bayon-coagent/event-consumers/internal/table"
	"github.com/bayon-coagent/event-consumers/pkg/events"
)

// digestKind is the kind of the notifications that are digests.
const digestKind = "digest"

// digestID is the id of the digest of a window. It follows from the window's end, so that there is one for each.
func digestID(userID string, of window) string {
	return idOf(userID, "digest:"+table.Date{Time: of.Until}.String())
}

// alertNotificationID is the id of the notification that an alert's event becomes.
func alertNotificationID(userID, alertID string) string {
	return idOf(userID, events.EventKey(events.AlertCreated{AlertID: alertID}))
}

// digests makes and sends the digests that are due for an agent and were not made yet. Those of earlier windows are made up
// for, unless the agent has changed the preferences since: then nobody knows whether they were wanted.
func (n *Notifier) digests(ctx context.Context, userID, eventID string, at time.Time) error {
	contact, err := agent.LoadContact(ctx, n.Items, userID)
	if err != nil {
		return err
	}
	if !contact.Preferences.Digests() || withheldDigest(contact) != "" {
		return nil
	}
	times, unreadable := digestTimesOf(contact)
	metrics.Add(ctx, metrics.PreferencesUnusable, unreadable)
	windows := times.windows(at)
	made, err := n.made(ctx, userID, windows)
	if err != nil {
		return err
	}
	changed := contact.Preferences.UpdatedAt
	var failures []error
	for i, next := range windows {
		late := i < len(windows)-1
		if made[next] || late && (changed.IsZero() || !next.Until.After(changed.Time)) {
			continue
		}
		if err := n.makeDigest(ctx, contact, userID, eventID, next); err != nil {
			failures = append(failures, err)
		}
	}
	return errors.Join(failures...)
}

// made tells of which windows there is a digest.
func (n *Notifier) made(ctx context.Context, userID string, windows []window) (map[window]bool, error) {
	keys := make([]table.Key, len(windows))
	for i, next := range windows {
		keys[i] = mailRecordKey(userID, digestID(userID, next))
	}
	found, err := n.Items.GetAll(ctx, keys)
	if err != nil {
		return nil, fmt.Errorf("digests that were made: %w", err)
	}
	made := map[window]bool{}
	for i, next := range windows {
		made[next] = slices.ContainsFunc(found, func(item table.Item) bool { return item.Key == keys[i] })
	}
	return made, nil
}

// makeDigest makes the digest of a window, if there is anything to tell, and works it off.
func (n *Notifier) makeDigest(ctx context.Context, contact agent.Contact, userID, eventID string, of window) error {
	now := n.Now().Truncate(time.Millisecond)
	wanted := job{
		ID:             digestID(userID, of),
		UserID:         userID,
		Type:           digestJob,
		Kind:           digestKind,
		SubjectEventID: eventID,
		AlertIDs:       []string{},
		ScheduledFor:   table.Date{Time: now},
		Status:         pending,
		MaxAttempts:    maxAttempts,
		CreatedAt:      table.Date{Time: now},
		Version:        1,
		Window:         &digestWindow{After: table.Date{Time: of.After}, Until: table.Date{Time: of.Until}},
		Frequency:      contact.Preferences.Frequency,
	}
	anything := false
	for _, err := range n.alertsOf(ctx, contact, wanted) {
		if err != nil {
			return err
		}
		anything = true
		break
	}
	if !anything {
		return nil
	}
	err := n.Items.Transact(ctx, wanted.start(now)...)
	if errors.Is(err, table.ErrConflict) {
		made, readErr := n.made(ctx, userID, []window{of})
		if readErr == nil && made[of] {
			return nil // another has made it
		}
		return errors.Join(err, readErr) // two at once can stop each other
	}
	if err != nil {
		return err
	}
	metrics.Add(ctx, metrics.DigestsMade, 1)
	return n.work(ctx, wanted)
}

// maxListed is how many alerts one digest lists: the most urgent, and of these the newest. It says how many more there are.
// The records of those that it lists and the job are written in one transaction, which has a limit.
const maxListed = table.TransactionLimit - 10

// digest is the content of a digest, and the alerts that it lists; nil if nothing is left to tell.
func (w *worker) digest(ctx context.Context, contact agent.Contact) (mail.Content, []string, error) {
	var alerts []mail.Alert
	total := 0
	for next, err := range w.alertsOf(ctx, contact, w.job) {
		if err != nil {
			return nil, nil, err
		}
		total++
		if alerts = append(alerts, next); len(alerts) == 2*maxListed {
			alerts = foremost(alerts)
		}
	}
	if total == 0 {
		return nil, nil, nil
	}
	alerts = foremost(alerts)
	ids := make([]string, len(alerts))
	for i, listed := range alerts {
		ids[i] = listed.ID
	}
	return mail.Digest{Frequency: mail.Frequency(w.job.Frequency), Alerts: alerts, More: total - len(alerts)}, ids, nil
}

// foremost are the alerts that a digest lists if there are too many.
func foremost(alerts []mail.Alert) []mail.Alert {
	urgency := map[alert.Priority]int{alert.High: 3, alert.Medium: 2, alert.Low: 1}
	slices.SortStableFunc(alerts, func(a, b mail.Alert) int {
		return cmp.Or(cmp.Compare(urgency[b.Priority], urgency[a.Priority]), b.CreatedAt.Compare(a.CreatedAt), cmp.Compare(a.ID, b.ID))
	})
	return alerts[:min(len(alerts), maxListed)]
}

// pageSize is how many alerts are read at once.
const pageSize = 100

// keyMargin is how far the time in an alert's key may lie from the time at which its item was stored.
const keyMargin = 24 * time.Hour

// alertsOf yields what a digest tells of: the alerts of its window that are unread, of enabled and not unsubscribed types,
// and in no other mail. An alert that cannot be read is counted, and holds up no other.
func (n *Notifier) alertsOf(ctx context.Context, contact agent.Contact, digest job) iter.Seq2[mail.Alert, error] {
	of := window{After: digest.Window.After.Time, Until: digest.Window.Until.Time}
	query := table.Query{
		Partition: table.UserPartition(digest.UserID),
		From:      alertSort(of.After.Add(-keyMargin)),
		To:        alertSort(of.Until.Add(keyMargin)),
		Limit:     pageSize,
		Filter: table.Condition{
			Expression: "#CreatedAt > :after AND #CreatedAt <= :until",
			Names:      map[string]string{"#CreatedAt": "CreatedAt"},
			Values:     placeholders{":after": table.Number(of.After.UnixMilli()), ":until": table.Number(of.Until.UnixMilli())},
		},
	}
	return func(yield func(mail.Alert, error) bool) {
		pages := deadline.Pages(ctx, n.Now, n.Items.Pages(ctx, query), func(page []table.Item) int { return len(page) }, "alerts of a digest")
		for page, err := range pages {
			var listed []mail.Alert
			if err == nil {
				listed, err = n.listable(ctx, contact, digest, page)
			}
			if err != nil {
				yield(mail.Alert{}, err)
				return
			}
			for _, next := range listed {
				if !yield(next, nil) {
					return
				}
			}
		}
	}
}

func alertSort(at time.Time) string { return fmt.Sprintf("ALERT#%013d", at.UnixMilli()) }

// maxAlertID is how long an id may be that the bus can be told.
const maxAlertID = 512

// listable are the alerts of a page that the digest tells of.
func (n *Notifier) listable(ctx context.Context, contact agent.Contact, digest job, page []table.Item) ([]mail.Alert, error) {
	var wanted []mail.Alert
	keys := map[table.Key]bool{}
	for _, item := range page {
		var is alert.Alert
		var data []byte
		err := table.Decode(item, &is)
		if err == nil {
			data, err = json.Marshal(is.Data)
		}
		if err != nil || is.ID == "" || len(is.ID) > maxAlertID {
			metrics.Add(ctx, metrics.ItemsUnreadable, 1)
			continue
		}
		key := mailRecordKey(digest.UserID, alertNotificationID(digest.UserID, is.ID))
		if is.Status != alert.Unread || !contact.Preferences.Wants(is.Type) || contact.Unsubscribed.From(string(is.Type)) || keys[key] {
			continue
		}
		keys[key] = true
		wanted = append(wanted, mail.Alert{ID: is.ID, Type: is.Type, Priority: is.Priority, CreatedAt: is.CreatedAt.Time, Data: data})
	}
	elsewhere, err := n.inOtherMails(ctx, digest, wanted)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(wanted, func(next mail.Alert) bool { return elsewhere[next.ID] }), nil
}

// inOtherMails tells which alerts are, or will be, in a mail of their own or in another digest.
func (n *Notifier) inOtherMails(ctx context.Context, digest job, alerts []mail.Alert) (map[string]bool, error) {
	keys := make([]table.Key, len(alerts))
	for i, next := range alerts {
		keys[i] = mailRecordKey(digest.UserID, alertNotificationID(digest.UserID, next.ID))
	}
	found, err := n.Items.GetAll(ctx, keys)
	if err != nil {
		return nil, fmt.Errorf("mails of alerts: %w", err)
	}
	elsewhere := map[string]bool{}
	for _, item := range found {
		record, err := deliveryOf(item)
		if err == nil && record.listableIn(digest.ID) {
			continue
		}
		elsewhere[alerts[slices.Index(keys, item.Key)].ID] = true
	}
	return elsewhere, nil
}
