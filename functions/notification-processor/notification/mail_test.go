package notification_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/bayon-coagent/event-consumers/internal/deadline"
	"github.com/bayon-coagent/event-consumers/internal/mail"
	"github.com/bayon-coagent/event-consumers/internal/table"
	"github.com/bayon-coagent/event-consumers/pkg/events"
	"github.com/bayon-coagent/event-consumers/pkg/events/eventstest"
)

func TestAlertIsMailedOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for range 3 {
		w.mustRaise("A")
	}
	w.pass(time.Hour)
	w.mustTick()
	w.wantMails("A")
	w.want("Sent")
	w.wantJobs("real-time sent 0")
	w.wantDeliveries("sent")
	if got := len(w.Data("NOTIFICATION#")); got != 1 {
		t.Errorf("%d notifications", got)
	}
	sent := eventstest.Published[events.NotificationSent](t, w.Bus)[0].Detail
	event := alertCreated("A")
	if sent.UserID != agent || sent.Kind != "price-reduction" || sent.SubjectEventID != event.ID || len(sent.AlertIDs) != 0 {
		t.Errorf("told %+v", sent)
	}
	for _, job := range w.Data("NOTIFICATION_JOB#") {
		if job["id"] != sent.NotificationID || job["messageId"] != "message" || job["publishedAt"] == nil || job["fact"] != nil || job["untold"] != nil {
			t.Errorf("job %v", job)
		}
	}
}

func TestReplayAndAnotherEnvelopeAreTheSameNotification(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	fact := alertCreated("A").Detail
	for _, change := range []eventstest.Change{eventstest.WithID("another"), eventstest.Replayed("r"), eventstest.WithMetadata(events.Metadata{})} {
		if err := w.notifier.AlertCreated(t.Context(), eventstest.Event(fact, change)); err != nil {
			t.Fatal(err)
		}
	}
	w.wantMails("A")
	if got := len(w.Data("NOTIFICATION#")); got != 1 {
		t.Errorf("%d notifications", got)
	}
}

// The checks of a mail when an event comes: each row fails a check, and those before it pass.
func TestChecks(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name                               string
		preferences, unsubscribed, profile fields
		mails                              []string
		told                               []string
		jobs                               []string
	}{
		{name: "defaults", mails: []string{"A"}, told: []string{"Sent"}, jobs: []string{"real-time sent 0"}},
		{name: "e-mail off", preferences: fields{"emailNotifications": false}},
		{name: "unsubscribed", unsubscribed: fields{"globalUnsubscribe": true}},
		{name: "unsubscribed from the type", unsubscribed: fields{"typeUnsubscribes": []string{"price-reduction"}}},
		{
			name: "unsubscribed from other types", unsubscribed: fields{"typeUnsubscribes": []string{"neighborhood-trend", "account"}},
			mails: []string{"A"}, told: []string{"Sent"}, jobs: []string{"real-time sent 0"},
		},
		{name: "type not enabled", preferences: fields{"enabledAlertTypes": []string{"neighborhood-trend"}}},
		{name: "nothing enabled", preferences: fields{"enabledAlertTypes": []string{}}},
		{name: "daily", preferences: fields{"frequency": "daily"}},
		{name: "weekly", preferences: fields{"frequency": "weekly"}},
		{name: "e-mail off goes before no address", preferences: fields{"emailNotifications": false}, profile: fields{"email": ""}},
		{
			name: "no address", profile: fields{"email": "nobody"},
			told: []string{"Failed: No email address"}, jobs: []string{"real-time failed 0"},
		},
		{
			name: "no address goes before quiet hours", profile: fields{},
			preferences: fields{"quietHours": fields{"enabled": true, "startTime": "08:00", "endTime": "09:00"}},
			told:        []string{"Failed: No email address"}, jobs: []string{"real-time failed 0"},
		},
		{
			name: "quiet hours", preferences: fields{"quietHours": fields{"enabled": true, "startTime": "08:00", "endTime": "09:00"}},
			told: []string{"Deferred until 2026-11-24T09:00:00.000Z: quiet hours"}, jobs: []string{"real-time pending 0"},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			if test.preferences != nil {
				w.preferences(test.preferences)
			}
			if test.unsubscribed != nil {
				w.Put("UNSUBSCRIBE_PREFERENCES", "UnsubscribePreferences", test.unsubscribed)
			}
			if test.profile != nil {
				w.Put("PROFILE", "UserProfile", test.profile)
			}
			for range 2 {
				w.mustRaise("A")
			}
			w.wantMails(test.mails...)
			w.want(test.told...)
			w.wantJobs(test.jobs...)
			if got := len(w.Data("NOTIFICATION#")); got != 1 {
				t.Errorf("%d notifications: no preference may withhold what the application shows", got)
			}
		})
	}
}

// The checks again when a mail that was deferred is due: each row changes something meanwhile.
func TestChecksAgainWhenDue(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name         string
		preferences  fields
		unsubscribed fields
		mails, told  []string // after the deferral
		jobs         []string
		deliveries   []string
	}{
		{name: "nothing", preferences: fields{}, mails: []string{"A"}, told: []string{"Sent"}, jobs: []string{"real-time sent 0"}, deliveries: []string{"sent"}},
		{name: "e-mail off", preferences: fields{"emailNotifications": false}, deliveries: []string{"withheld: e-mail is switched off"}},
		{name: "unsubscribed", unsubscribed: fields{"globalUnsubscribe": true}, deliveries: []string{"withheld: unsubscribed"}},
		{name: "type off", preferences: fields{"enabledAlertTypes": []string{}}, deliveries: []string{"withheld: alerts of this type"}},
		{
			name: "still quiet", preferences: fields{"quietHours": fields{"enabled": true, "startTime": "08:00", "endTime": "10:00"}},
			told: []string{"Deferred until 2026-11-24T10:00:00.000Z: quiet hours"}, jobs: []string{"real-time pending 0"}, deliveries: []string{"pending"},
		},
		{name: "digests", preferences: fields{"frequency": "daily", "digestTime": "12:00"}, deliveries: []string{"withheld: left to the digest"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.preferences(fields{"quietHours": fields{"enabled": true, "startTime": "08:00", "endTime": "09:00"}})
			w.mustRaise("A")
			w.mustTick() // not due yet
			if test.unsubscribed != nil {
				w.Put("UNSUBSCRIBE_PREFERENCES", "UnsubscribePreferences", test.unsubscribed)
			}
			if test.preferences != nil {
				w.preferences(test.preferences)
			}
			w.tickAt(now.Add(30*time.Minute - time.Millisecond))
			w.wantMails()
			w.tickAt(now.Add(30 * time.Minute))
			w.mustTick()
			w.wantMails(test.mails...)
			w.want(append([]string{"Deferred until 2026-11-24T09:00:00.000Z: quiet hours"}, test.told...)...)
			w.wantJobs(test.jobs...)
			w.wantDeliveries(test.deliveries...)
		})
	}
}

// An alert that is left to the digest while it waits is in the digest, and in no other mail.
func TestWithheldAlertIsInTheDigest(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.store("A", now, nil)
	w.preferences(fields{"quietHours": fields{"enabled": true, "startTime": "08:00", "endTime": "09:00"}})
	w.mustRaise("A")
	w.preferences(fields{"frequency": "daily", "digestTime": "12:00"})
	w.tickAt(now.Add(30 * time.Minute))
	w.wantMails()
	w.tickAt(now.Add(210 * time.Minute))
	w.wantMails("daily A")
}

func TestRecipients(t *testing.T) {
	t.Parallel()
	created := eventstest.Event(eventstest.Valid(func(detail *events.UserCreated) { detail.UserID, detail.Email = agent, "event@example.com" }))
	tests := []struct {
		name                 string
		preferences, profile string
		want                 string
	}{
		{"the preferences'", "p@example.com", "f@example.com", "p@example.com"},
		{"the profile's", "", "f@example.com", "f@example.com"},
		{"the event's", "", "", "event@example.com"},
		{"the first that is one", "no address", "Maria <f@example.com>", "event@example.com"},
		{"never two", "a@example.com,b@example.com", "a@example.com, b@example.com", "event@example.com"},
		{"never a header", "a@example.com\r\nBcc: b@example.com", "", "event@example.com"},
		{"blanks around it", " p@example.com ", "", "p@example.com"},
	}
	for _, test := range tests {
		w := newWorld(t)
		w.Put("PROFILE", "UserProfile", fields{"email": test.profile})
		// deferred, so that the event's address has to be kept
		w.preferences(fields{"emailAddress": test.preferences, "quietHours": fields{"enabled": true, "startTime": "08:00", "endTime": "09:00"}})
		if err := w.notifier.UserCreated(t.Context(), created); err != nil {
			t.Fatal(err)
		}
		w.tickAt(now.Add(time.Hour))
		if got := w.mailer.to; len(got) != 1 || got[0] != test.want {
			t.Errorf("%s: sent to %q", test.name, got)
		}
	}
}

func TestPreferencesThatCannotBeReadHoldUpTheMailOnly(t *testing.T) {
	t.Parallel()
	for name, broken := range map[string]func(*world){
		"preferences": func(w *world) { w.preferences(fields{"emailNotifications": "no"}) },
		"frequency":   func(w *world) { w.preferences(fields{"frequency": "never"}) },
		"quiet hours": func(w *world) {
			w.preferences(fields{"quietHours": fields{"enabled": true, "startTime": "10pm", "endTime": "07:00"}})
		},
		"unsubscriptions": func(w *world) { w.Put("UNSUBSCRIBE_PREFERENCES", "X", fields{"globalUnsubscribe": "yes"}) },
	} {
		w := newWorld(t)
		broken(w)
		err := w.raise("A")
		var permanent interface{ Permanent() bool }
		if !errors.As(err, &permanent) || !permanent.Permanent() {
			t.Errorf("%s: error %v", name, err)
		}
		if w.tick() == nil {
			t.Errorf("%s: the tick does not fail", name)
		}
		w.wantMails()
		w.want()
		if got := len(w.Data("NOTIFICATION#")); got != 1 {
			t.Errorf("%s: %d notifications", name, got)
		}
		w.preferences(fields{})
		w.Delete("UNSUBSCRIBE_PREFERENCES")
		w.mustTick()
		w.wantMails("A")
	}
}

func TestAnswersOfTheMailService(t *testing.T) {
	t.Parallel()
	away := &mail.UnavailableError{Problem: "503"}
	tests := []struct {
		name       string
		answers    []error
		at         []time.Duration // when the check is due afterwards
		mails      []string
		told, jobs []string
	}{
		{"sent", nil, nil, []string{"A"}, []string{"Sent"}, []string{"real-time sent 0"}},
		{"away once", []error{away}, []time.Duration{2 * time.Minute}, []string{"A"}, []string{"Sent"}, []string{"real-time sent 1"}},
		{"a second attempt not before 2 minutes", []error{away}, []time.Duration{2*time.Minute - 1}, nil, nil, []string{"real-time pending 1"}},
		{"away twice", []error{away, away}, []time.Duration{2 * time.Minute, 6 * time.Minute}, []string{"A"}, []string{"Sent"}, []string{"real-time sent 2"}},
		{"a third attempt not before 4 more", []error{away, away}, []time.Duration{2 * time.Minute, 6*time.Minute - time.Millisecond}, nil, nil, []string{"real-time pending 2"}},
		{
			"away three times", []error{away, away, away}, []time.Duration{2 * time.Minute, 6 * time.Minute, time.Hour},
			nil, []string{"Failed: The email service could not be reached"}, []string{"real-time failed 3"},
		},
		{"refused", []error{&mail.RefusedError{Code: "X", Reason: "Rejected."}}, []time.Duration{time.Hour}, nil, []string{"Failed: Rejected."}, []string{"real-time failed 0"}},
		{"uncertain", []error{&mail.UncertainError{}}, []time.Duration{time.Hour}, nil, []string{"Failed: We could not find out"}, []string{"real-time failed 0"}},
		{"uncertain, but sent", []error{errUncertainButSent}, []time.Duration{time.Hour}, []string{"A"}, []string{"Failed: We could not find out"}, []string{"real-time failed 0"}},
		{"an error of no kind that is known", []error{errors.New("?")}, []time.Duration{time.Hour}, nil, []string{"Failed: We could not find out"}, []string{"real-time failed 0"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.mailer.answers = test.answers
			w.mustRaise("A")
			for _, after := range test.at {
				w.tickAt(now.Add(after))
			}
			w.wantMails(test.mails...)
			w.want(test.told...)
			w.wantJobs(test.jobs...)
		})
	}
}

func TestLetterThatCannotBeWritten(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		err  error
		told []string
		jobs []string
	}{
		"refused":            {&mail.RefusedError{Code: "InvalidAddress", Reason: "Check it."}, []string{"Failed: Check it."}, []string{"real-time failed 0"}},
		"never":              {&table.MalformedError{Err: errors.New("x")}, []string{"Failed: This email could not be written"}, []string{"real-time failed 0"}},
		"the secret is away": {errors.New("away"), nil, []string{"real-time pending 0"}},
	} {
		w := newWorld(t)
		w.mailer.compose = test.err
		if err := w.raise("A"); (err != nil) != (test.told == nil) {
			t.Errorf("%s: error %v", name, err)
		}
		w.want(test.told...)
		w.wantJobs(test.jobs...)
		w.wantMails()
	}
}

func TestShortTimeSendsNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx, cancel := context.WithDeadline(t.Context(), time.Now().Add(time.Hour))
	defer cancel()
	end, _ := ctx.Deadline()
	w.set(end.Add(-4 * time.Second))
	if err := w.notifier.AlertCreated(ctx, alertCreated("A")); err == nil {
		t.Error("no error")
	}
	w.wantMails()
	w.wantJobs("real-time pending 0")
	w.mustRaise("A") // the retry
	w.wantMails("A")
}

// A check that has too little time stops between two mails, and its retry goes on.
func TestShortTimeStopsBetweenTwoMails(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.preferences(fields{"quietHours": fields{"enabled": true, "startTime": "08:00", "endTime": "09:00"}})
	for _, id := range []string{"A", "B", "C"} {
		w.mustRaise(id)
	}
	w.preferences(fields{})
	begun := now.Add(30 * time.Minute)
	w.set(begun)
	ctx, cancel := context.WithDeadline(t.Context(), time.Now().Add(time.Hour))
	defer cancel()
	end, _ := ctx.Deadline()
	ctx = deadline.Start(ctx, end.Add(-100*time.Second))
	w.set(end.Add(-11 * time.Second))
	w.mailer.onSend = func() { w.set(end.Add(-9 * time.Second)) }
	due := eventstest.Event(events.CheckDue{Check: "notifications", UserID: agent, DueAt: events.At(begun)})
	var short *deadline.ShortError
	if err := w.notifier.CheckDue(ctx, due); !errors.As(err, &short) {
		t.Errorf("error %v", err)
	}
	if got := len(w.mailer.mails()); got != 1 {
		t.Errorf("%d mails", got)
	}
	if err := w.notifier.CheckDue(t.Context(), due); err != nil {
		t.Error(err)
	}
	if got := len(w.mailer.mails()); got != 3 {
		t.Errorf("%d mails in the end", got)
	}
}

func TestOtherChecksAreNotOurs(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.faults.arm(1, refused)
	if err := w.notifier.CheckDue(t.Context(), eventstest.Event(events.CheckDue{Check: "price", UserID: agent, DueAt: events.At(now)})); err != nil {
		t.Error(err)
	}
}
