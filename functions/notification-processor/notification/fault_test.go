package notification_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/bayon-coagent/event-consumers/internal/mail"
	"github.com/bayon-coagent/event-consumers/pkg/events"
)

// settle lets Lambda try an event again, and the check come due until nothing is left to do.
func (w *world) settle(event func() error) {
	w.t.Helper()
	w.faults.arm(0, 0)
	for _, pause := range []time.Duration{time.Minute, 2 * time.Minute} {
		w.pass(pause)
		if event() == nil {
			break
		}
	}
	for range 12 {
		if !w.left() {
			return
		}
		w.pass(15 * time.Minute)
		w.mustTick()
	}
}

// left tells whether a job has not ended, or was not told.
func (w *world) left() bool {
	for _, job := range w.Data("NOTIFICATION_JOB#") {
		if job["status"] == "pending" || job["status"] == "processing" || job["untold"] != nil {
			return true
		}
	}
	return false
}

// checkOutcome looks whether what happened to each mail is one of what may happen: it was sent once, and the bus was told so
// once and nothing else; or the bus was told that it failed. Only one that may have been sent or not can have been sent and
// be told as failed.
func (w *world) checkOutcome(t interface {
	Helper()
	Errorf(string, ...any)
}, what string, mails ...string,
) {
	t.Helper()
	told := map[string]int{}
	for _, delivery := range w.Bus.Accepted() {
		var key string
		if _, rest, found := strings.Cut(string(delivery.Detail), `"eventKey":"`); found {
			key, _, _ = strings.Cut(rest, `"`)
		}
		told[key]++
	}
	sentMails := w.mailer.mails()
	sent, failed, uncertain := 0, 0, 0
	for key := range told {
		switch {
		case strings.HasPrefix(key, "Notification Sent:"):
			sent++
			if told["Notification Failed:"+strings.TrimSuffix(strings.TrimPrefix(key, "Notification Sent:"), "#sent#")+"#failed#"] > 0 {
				t.Errorf("%s: told as sent and as failed", what)
			}
		case strings.HasPrefix(key, "Notification Failed:"):
			failed++
		}
	}
	for _, words := range w.told() {
		if strings.HasPrefix(words, "Failed: We could not find out") {
			uncertain++
		}
	}
	unique := slices.Compact(slices.Sorted(slices.Values(sentMails)))
	if len(unique) != len(sentMails) {
		t.Errorf("%s: mails %q", what, sentMails)
	}
	if sent+failed != len(mails) || sent > len(sentMails) || len(sentMails)-sent > uncertain {
		t.Errorf("%s: %d mails of %d, %d told as sent, %d as failed, %d uncertain", what, len(sentMails), len(mails), sent, failed, uncertain)
	}
	for _, job := range w.jobs() {
		if !strings.HasPrefix(job, "real-time sent") && !strings.HasPrefix(job, "real-time failed") && !strings.HasPrefix(job, "digest sent") &&
			!strings.HasPrefix(job, "digest failed") {
			t.Errorf("%s: left is %q", what, job)
		}
	}
}

// Each call of the table, the bus and the mail service goes wrong in turn, in each way.
func TestEachCallGoesWrong(t *testing.T) {
	t.Parallel()
	stories := map[string]struct {
		before func(*world)
		act    func(*world) error
		mail   string
	}{
		"an alert": {act: func(w *world) error { return w.raise("A") }, mail: "A"},
		"a digest": {
			before: func(w *world) {
				w.preferences(fields{"frequency": "daily", "digestTime": "08:00"})
				w.store("A", now.Add(-time.Hour), nil)
			},
			act: func(w *world) error { return w.tick() }, mail: "daily A",
		},
		"a deferred mail": {
			before: func(w *world) {
				w.preferences(fields{"quietHours": fields{"enabled": true, "startTime": "08:00", "endTime": "08:31"}})
				_ = w.raise("A")
				w.pass(15 * time.Minute)
			},
			act: func(w *world) error { return w.tick() }, mail: "A",
		},
		"no address": {
			before: func(w *world) { w.Put("PROFILE", "UserProfile", fields{}) },
			act:    func(w *world) error { return w.raise("A") }, mail: "A",
		},
	}
	for name, story := range stories {
		for _, kind := range []fault{refused, lost, crash, crashLate} {
			t.Run(fmt.Sprintf("%s, %d", name, kind), func(t *testing.T) {
				t.Parallel()
				calls := 0
				for call := 0; call <= calls; call++ {
					w := newWorld(t)
					if story.before != nil {
						story.before(w)
					}
					act := func() error { return story.act(w) }
					w.faults.arm(call, kind) // first, nothing goes wrong
					if err := act(); err != nil && call == 0 {
						t.Fatal(err)
					}
					if call == 0 {
						calls = w.faults.calls
					}
					w.settle(act)
					w.checkOutcome(t, fmt.Sprintf("call %d", call), story.mail)
					if got := len(w.Data("NOTIFICATION#")); got != 1 && name != "a digest" {
						t.Errorf("call %d: %d notifications", call, got)
					}
				}
				if calls < 4 {
					t.Errorf("only %d calls", calls)
				}
			})
		}
	}
}

// A fault of the table or the bus alone never leaves it open whether a mail was sent: only one of the mail service does.
func TestOnlyTheMailServiceLeavesDoubt(t *testing.T) {
	t.Parallel()
	for _, kind := range []fault{refused, lost} {
		doubts := 0
		for call := 1; call <= 25; call++ {
			w := newWorld(t)
			w.faults.arm(call, kind)
			_ = w.raise("A")
			w.settle(func() error { return w.raise("A") })
			if slices.ContainsFunc(w.told(), func(told string) bool { return strings.HasPrefix(told, "Failed") }) {
				doubts++
			}
		}
		if doubts != 1 { // the call of the mail service itself
			t.Errorf("%d of the calls leave it open whether the mail was sent", doubts)
		}
	}
}

// A write that the SDK makes twice, because an answer got lost, meets itself. It goes on as if nothing had been.
func TestWriteThatMeetsItself(t *testing.T) {
	t.Parallel()
	for call := 1; call <= 20; call++ {
		w := newWorld(t)
		w.faults.arm(call, repeated)
		w.mustRaise("A")
		w.wantMails("A")
		w.want("Sent")
		w.wantJobs("real-time sent 0")
	}
}

// Without a mail, there is only the notification itself to tell that it is there.
func TestManyDeliveriesWithoutAMail(t *testing.T) {
	t.Parallel()
	for range 10 {
		w := newWorld(t)
		clock := w.Clock
		w.Clock = func() time.Time { w.pass(time.Millisecond); return clock() }
		var workers sync.WaitGroup
		for range 6 {
			workers.Go(func() {
				_ = w.notifier.ContentPublished(context.Background(), about(func(d *events.ContentPublished) { d.UserID = agent }))
			})
		}
		workers.Wait()
		if got := len(w.Data("NOTIFICATION#")); got != 1 {
			t.Errorf("%d notifications", got)
		}
	}
}

// Two workers meet at one job at every moment: an event and a tick, or two ticks.
func TestTwoWorkersMeet(t *testing.T) {
	t.Parallel()
	for range 20 {
		w := newWorld(t)
		w.preferences(fields{"quietHours": fields{"enabled": true, "startTime": "08:00", "endTime": "08:31"}})
		w.mustRaise("A")
		w.pass(time.Hour)
		var workers sync.WaitGroup
		for i := range 6 {
			workers.Go(func() {
				if i%2 == 0 {
					_ = w.raise("A")
					return
				}
				_ = w.tick()
			})
		}
		workers.Wait()
		w.settle(func() error { return w.raise("A") })
		w.checkOutcome(t, "two workers", "A")
		w.wantMails("A")
	}
}

func TestManyDeliveriesOfOneEventAtOnce(t *testing.T) {
	t.Parallel()
	for range 10 {
		w := newWorld(t)
		var workers sync.WaitGroup
		for range 6 {
			workers.Go(func() { _ = w.raise("A") })
		}
		workers.Wait()
		w.settle(func() error { return w.raise("A") })
		w.wantMails("A")
		if got := len(w.Data("NOTIFICATION#")); got != 1 {
			t.Errorf("%d notifications", got)
		}
	}
}

// A worker that is gone after the note leaves a mail that may have been sent; another ends it when the lease is over, and
// not before.
func TestLeaseRunsOut(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.mailer.onSend = func() { w.faults.arm(1, crash) }
	_ = w.raise("A")
	w.mailer.onSend = nil
	w.faults.arm(0, 0)
	w.wantJobs("real-time processing 0")
	w.pass(15 * time.Minute)
	w.mustTick()
	w.want()
	w.pass(time.Millisecond)
	w.mustTick()
	w.want("Failed: We could not find out")
	w.wantMails("A")
}

// A lease ends a little after the invocation does.
func TestLeaseEndsWithTheInvocation(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx, cancel := context.WithDeadline(t.Context(), time.Now().Add(time.Hour).Truncate(time.Millisecond))
	defer cancel()
	end, _ := ctx.Deadline()
	w.set(end.Add(-time.Minute))
	w.mailer.onSend = func() { w.faults.arm(1, crash) }
	_ = w.notifier.AlertCreated(ctx, alertCreated("A"))
	for _, job := range w.Data("NOTIFICATION_JOB#") {
		if want := end.Add(5 * time.Second).UTC().Format("2006-01-02T15:04:05.000Z"); job["leaseUntil"] != want {
			t.Errorf("leased until %v, want %s", job["leaseUntil"], want)
		}
	}
}

// Whatever is raised, repeated, overlapped, interrupted, changed and how time passes: no mail is sent in quiet hours, none
// twice, and in the end each alert was mailed, told as failed, or withheld.
func TestAnyOrderAnyFault(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		w := newWorld(t)
		quiet := rapid.SampledFrom([][2]string{{"08:40", "09:20"}, {"22:00", "07:00"}, {"09:00", "07:00"}}).Draw(r, "quiet hours")
		w.preferences(fields{"quietHours": fields{"enabled": true, "startTime": quiet[0], "endTime": quiet[1], "timezone": "UTC"}})
		w.mailer.refuseAt = func(at time.Time) bool {
			clock := at.Format("15:04")
			if quiet[1] < quiet[0] {
				return clock >= quiet[0] || clock < quiet[1]
			}
			return clock >= quiet[0] && clock < quiet[1]
		}
		chances := rapid.SliceOfN(rapid.IntRange(0, 30), 13, 13).Draw(r, "faults")
		w.faults.random = func(call int) fault {
			if chance := chances[call%13]; chance <= int(lost) {
				return fault(chance)
			}
			return 0
		}
		raised := map[string]bool{}
		for range rapid.IntRange(1, 10).Draw(r, "steps") {
			switch rapid.SampledFrom([]string{"raise", "raise", "overlap", "tick", "pass", "away", "crash"}).Draw(r, "step") {
			case "raise":
				id := rapid.SampledFrom([]string{"A", "B", "C"}).Draw(r, "alert")
				raised[id] = true
				_ = w.raise(id)
			case "overlap":
				raised["A"] = true
				var workers sync.WaitGroup
				workers.Go(func() { _ = w.raise("A") })
				workers.Go(func() { _ = w.tick() })
				workers.Wait()
			case "tick":
				_ = w.tick()
			case "pass":
				w.pass(time.Duration(rapid.IntRange(1, 90).Draw(r, "minutes")) * time.Minute)
			case "away":
				w.mailer.answers = append(w.mailer.answers, &mail.UnavailableError{Problem: "503"})
			case "crash":
				ctx, cancel := context.WithCancel(context.Background())
				w.mailer.onSend = cancel
				raised["B"] = true
				_ = w.notifier.AlertCreated(ctx, alertCreated("B"))
				w.mailer.onSend = nil
				cancel()
			}
		}
		w.faults.random = nil
		for id := range raised { // Lambda's last try
			if err := w.raise(id); err != nil {
				r.Fatal(err)
			}
		}
		for ticks := 0; w.left() && ticks < 60; ticks++ { // until after any quiet hours, twice
			w.pass(50 * time.Minute)
			if err := w.tick(); err != nil {
				r.Fatal(err)
			}
		}
		w.checkOutcome(r, "in the end", slices.Collect(maps.Keys(raised))...)
		if got := len(w.Data("NOTIFICATION#")); got != len(raised) {
			r.Errorf("%d notifications of %d alerts", got, len(raised))
		}
	})
}
