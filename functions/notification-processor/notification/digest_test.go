package notification_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bayon-coagent/event-consumers/functions/notification-processor/notification"
	"github.com/bayon-coagent/event-consumers/internal/mail"
	"github.com/bayon-coagent/event-consumers/internal/table"
	"github.com/bayon-coagent/event-consumers/pkg/events"
	"github.com/bayon-coagent/event-consumers/pkg/events/eventstest"
)

// The digest time of these tests is 08:00 in UTC, half an hour before now.
var (
	digestTime = now.Add(-30 * time.Minute)
	dayBefore  = digestTime.AddDate(0, 0, -1)
)

func newDigestWorld(t testing.TB) *world {
	w := newWorld(t)
	w.preferences(fields{"frequency": "daily", "digestTime": "08:00"})
	return w
}

func TestDigestTellsOfItsWindow(t *testing.T) {
	t.Parallel()
	w := newDigestWorld(t)
	w.store("too early", dayBefore, nil)
	w.store("first", dayBefore.Add(time.Millisecond), nil)
	w.store("last", digestTime, nil)
	w.store("too late", digestTime.Add(time.Millisecond), nil)
	w.store("read", digestTime.Add(-time.Hour), fields{"status": "read"})
	w.store("unreadable", digestTime.Add(-time.Hour), fields{"createdAt": "soon"})
	w.mustTick()
	w.wantMails("daily first,last")
	w.want("Sent")
	sent := eventstest.Published[events.NotificationSent](t, w.Bus)[0].Detail
	slices.Sort(sent.AlertIDs)
	if sent.Kind != "digest" || !slices.Equal(sent.AlertIDs, []string{"first", "last"}) || sent.SubjectEventID == "" {
		t.Errorf("told %+v", sent)
	}
	for range 3 { // never twice for one window
		w.pass(15 * time.Minute)
		w.mustTick()
	}
	w.wantMails("daily first,last")
	w.tickAt(digestTime.AddDate(0, 0, 1))
	w.wantMails("daily first,last", "daily too late")
}

// conflicting is a table whose next transaction meets another, which is stopped by it alike.
type conflicting struct {
	notification.Items
	met bool
}

func (c *conflicting) Transact(ctx context.Context, changes ...table.Change) error {
	if !c.met {
		c.met = true
		return table.ErrConflict
	}
	return c.Items.Transact(ctx, changes...)
}

// Two checks that come at once can stop each other: neither may believe that the other has made the digest.
func TestDigestThatNobodyMadeIsMadeByTheRetry(t *testing.T) {
	t.Parallel()
	w := newDigestWorld(t)
	w.store("A", digestTime, nil)
	config := w.notifier.Config
	config.Items = &conflicting{Items: config.Items}
	w.notifier = notification.New(config)
	var permanent interface{ Permanent() bool }
	if err := w.tick(); !errors.Is(err, table.ErrConflict) || errors.As(err, &permanent) && permanent.Permanent() {
		t.Errorf("error %v", err)
	}
	w.wantMails()
	w.mustTick()
	w.wantMails("daily A")
}

func TestDigestIsOfEnabledAndNotUnsubscribedTypes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.preferences(fields{"frequency": "daily", "digestTime": "08:00", "enabledAlertTypes": []string{"price-reduction", "life-event-lead"}})
	w.Put("UNSUBSCRIBE_PREFERENCES", "UnsubscribePreferences", fields{"typeUnsubscribes": []string{"life-event-lead"}})
	for _, alertType := range []string{"price-reduction", "life-event-lead", "neighborhood-trend"} {
		w.store(alertType, digestTime, fields{"type": alertType})
	}
	w.mustTick()
	w.wantMails("daily price-reduction")
}

// The schedule's clock can be ahead of the function's.
func TestTickThatIsEarly(t *testing.T) {
	t.Parallel()
	w := newDigestWorld(t)
	w.store("A", digestTime, nil)
	due := func(at time.Time) {
		t.Helper()
		event := eventstest.Event(events.CheckDue{Check: "notifications", UserID: agent, DueAt: events.At(at)})
		if err := w.notifier.CheckDue(t.Context(), event); err != nil {
			t.Fatal(err)
		}
	}
	w.set(digestTime.Add(-61 * time.Second))
	due(digestTime)
	w.wantMails()
	w.set(digestTime.Add(-time.Second))
	due(digestTime)
	w.wantMails("daily A")
}

func TestNothingToTellIsNoMail(t *testing.T) {
	t.Parallel()
	w := newDigestWorld(t)
	w.store("read", digestTime, fields{"status": "read"})
	w.mustTick()
	w.wantMails()
	w.wantJobs()
	w.wantDeliveries()
	w.want()
}

func TestNoDigestFor(t *testing.T) {
	t.Parallel()
	for name, preferences := range map[string]fields{
		"real-time": {}, "e-mail off": {"frequency": "daily", "digestTime": "08:00", "emailNotifications": false},
	} {
		w := newWorld(t)
		w.preferences(preferences)
		w.store("A", digestTime, nil)
		w.mustTick()
		w.wantMails()
		if len(w.jobs()) != 0 {
			t.Errorf("%s: jobs %q", name, w.jobs())
		}
	}
	w := newDigestWorld(t)
	w.Put("UNSUBSCRIBE_PREFERENCES", "UnsubscribePreferences", fields{"globalUnsubscribe": true})
	w.store("A", digestTime, nil)
	w.mustTick()
	w.wantMails()
}

func TestDigestTimeInQuietHours(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.preferences(fields{
		"frequency": "daily", "digestTime": "08:00", "timezone": "UTC",
		"quietHours": fields{"enabled": true, "startTime": "22:00", "endTime": "09:00"},
	})
	w.store("A", digestTime, nil)
	w.store("B", digestTime, nil)
	w.mustTick()
	w.want("Deferred until 2026-11-24T09:00:00.000Z: quiet hours")
	w.store("A", digestTime, fields{"status": "read"})
	w.store("C", now, nil) // of the next window
	w.tickAt(now.Add(30 * time.Minute))
	w.wantMails("daily B")
	w.want("Deferred until", "Sent")
}

func TestDeferredDigest(t *testing.T) {
	t.Parallel()
	deferred := func(t *testing.T) *world {
		w := newWorld(t)
		w.preferences(fields{"frequency": "daily", "digestTime": "08:00", "quietHours": fields{"enabled": true, "startTime": "22:00", "endTime": "09:00"}})
		w.store("A", digestTime, nil)
		w.mustTick()
		w.pass(time.Hour)
		return w
	}
	t.Run("nothing is left to tell", func(t *testing.T) {
		t.Parallel()
		w := deferred(t)
		w.store("A", digestTime, fields{"status": "read"})
		w.mustTick()
		w.mustTick()
		w.wantMails()
		w.wantJobs()
		w.wantDeliveries("withheld: nothing is left")
	})
	t.Run("e-mail is switched off", func(t *testing.T) {
		t.Parallel()
		w := deferred(t)
		w.preferences(fields{"emailNotifications": false})
		w.mustTick()
		w.wantMails()
		w.wantDeliveries("withheld: e-mail")
	})
	t.Run("alerts are wanted at once", func(t *testing.T) {
		t.Parallel()
		w := deferred(t)
		w.preferences(fields{})
		w.mustTick()
		w.wantMails("daily A")
	})
	t.Run("no address", func(t *testing.T) {
		t.Parallel()
		w := deferred(t)
		w.Put("PROFILE", "UserProfile", fields{})
		w.mustTick()
		w.want("Deferred", "Failed: No email address")
	})
}

func TestDigestThatWasNotSentIsTriedAgain(t *testing.T) {
	t.Parallel()
	w := newDigestWorld(t)
	w.mailer.answers = []error{&mail.UnavailableError{}}
	w.store("A", digestTime, nil)
	w.mustTick()
	w.wantMails()
	w.wantJobs("digest pending 1")
	w.pass(2 * time.Minute)
	w.mustTick()
	w.wantMails("daily A")
}

func TestWeeklyDigest(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.preferences(fields{"frequency": "weekly", "timezone": "America/New_York"})
	monday := time.Date(2026, 11, 23, 14, 0, 0, 0, time.UTC) // 09:00 in New York
	w.store("last week", monday.AddDate(0, 0, -7).Add(time.Millisecond), nil)
	w.store("this week", monday.Add(time.Millisecond), nil)
	w.mustTick() // on Tuesday
	w.wantMails("weekly last week")
	w.tickAt(monday.AddDate(0, 0, 7).Add(-time.Millisecond))
	w.wantMails("weekly last week")
	w.tickAt(monday.AddDate(0, 0, 7))
	w.wantMails("weekly last week", "weekly this week")
}

// An alert is in one mail: one of its own, or one digest.
func TestAlertIsInOneMail(t *testing.T) {
	t.Parallel()
	t.Run("mailed before digests were wanted", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		w.set(digestTime.Add(-time.Hour))
		w.store("A", w.Now(), nil)
		w.mustRaise("A")
		w.preferences(fields{"frequency": "daily", "digestTime": "08:00"})
		w.store("B", w.Now(), nil)
		w.mustRaise("B")
		w.tickAt(now)
		w.wantMails("A", "daily B")
	})
	t.Run("in a daily digest before weekly ones were wanted", func(t *testing.T) {
		t.Parallel()
		w := newDigestWorld(t)
		w.store("A", digestTime, nil)
		w.mustTick()
		w.preferences(fields{"frequency": "weekly"})
		w.store("B", now, nil)
		w.tickAt(now.AddDate(0, 0, 7))
		w.wantMails("daily A", "weekly B")
	})
	t.Run("its event comes after its digest", func(t *testing.T) {
		t.Parallel()
		w := newDigestWorld(t)
		w.store("A", digestTime, nil)
		w.mustTick()
		w.mustRaise("A", func(detail *events.AlertCreated) { detail.CreatedAt = events.At(digestTime) })
		w.wantMails("daily A")
	})
	t.Run("it is stored too late for its digest", func(t *testing.T) {
		t.Parallel()
		w := newDigestWorld(t)
		w.store("A", digestTime, nil)
		w.mustTick()
		w.store("B", digestTime.Add(-time.Millisecond), nil)
		w.mustRaise("B", func(detail *events.AlertCreated) { detail.CreatedAt = events.At(digestTime.Add(-time.Millisecond)) })
		w.wantMails("daily A", "B")
		w.tickAt(now.AddDate(0, 0, 1))
		w.wantMails("daily A", "B")
	})
}

func TestMissedDigestsAreMadeUpFor(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		updatedAt string
		mails     []string
	}{
		"wanted all the time":    {"2026-01-01T00:00:00.000Z", []string{"daily 2", "daily 1", "daily 0"}},
		"changed meanwhile":      {"2026-11-23T07:00:00.000Z", []string{"daily 1", "daily 0"}},
		"nobody knows since":     {"", []string{"daily 0"}},
		"changed after the last": {"2026-11-24T08:15:00.000Z", []string{"daily 0"}},
	} {
		w := newWorld(t)
		preferences := fields{"frequency": "daily", "digestTime": "08:00"}
		if test.updatedAt != "" {
			preferences["updatedAt"] = test.updatedAt
		}
		w.preferences(preferences)
		for days := range 3 {
			w.store(fmt.Sprint(days), digestTime.AddDate(0, 0, -days), nil)
		}
		w.mustTick()
		if got := w.mailer.mails(); !slices.Equal(got, test.mails) {
			t.Errorf("%s: mails %q, want %q", name, got, test.mails)
		}
	}
}

func TestManyAlerts(t *testing.T) {
	t.Parallel()
	const alerts = 450
	w := newDigestWorld(t)
	for i := range alerts {
		priority := "low"
		if i%10 == 0 {
			priority = "high"
		}
		w.store(fmt.Sprintf("%03d", i), digestTime.Add(time.Duration(i-alerts)*time.Minute), fields{"priority": priority})
	}
	w.mustTick()
	mails, more, _ := strings.Cut(w.mailer.mails()[0], " and ")
	listed := strings.Split(strings.TrimPrefix(mails, "daily "), ",")
	if more != "360" {
		t.Errorf("%s more", more)
	}
	if len(listed) != 90 || !slices.Contains(listed, "000") || !slices.Contains(listed, "449") || slices.Contains(listed, "301") {
		t.Errorf("%d listed: %q", len(listed), listed)
	}
	w.want("Sent")
}
