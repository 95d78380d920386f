package analytics_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bayon-coagent/event-consumers/internal/deadline"
	"github.com/bayon-coagent/event-consumers/internal/metrics"
	"github.com/bayon-coagent/event-consumers/internal/social"
	"github.com/bayon-coagent/event-consumers/pkg/events"
	"github.com/bayon-coagent/event-consumers/pkg/events/eventstest"
)

func TestStalePostsGetNewFigures(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.post("a", "facebook", fields{"title": "Open house", "metrics": fields{"views": 90, "videoViews": 5}, "lastSynced": ago(2 * day)})
	w.post("b", "facebook", nil)
	w.post("c", "linkedin", nil)
	w.does("a", social.Metrics{Views: 100, Likes: 3, Shares: 2, Comments: 1, Clicks: 7, Saves: 4, Reach: 30, Impressions: 200})
	w.does("b", social.Metrics{Views: 1})
	w.mustCheck()

	var syncID string
	for _, event := range eventstest.Published[events.IntegrationSyncCompleted](t, w.Bus) {
		if event.Detail.Provider == "facebook" {
			syncID = event.Detail.SyncID
			if event.Detail.UserID != agent || !event.Detail.CompletedAt.Equal(now) {
				t.Errorf("told %+v", event.Detail)
			}
		}
	}
	want := fields{
		"id": "a", "userId": agent, "contentId": "a", "contentType": "social_media", "channel": "facebook", "publishedAt": ago(2 * day),
		"title": "Open house",
		"metrics": fields{
			"views": 100.0, "likes": 3.0, "shares": 2.0, "comments": 1.0, "clicks": 7.0, "saves": 4.0, "reach": 30.0, "impressions": 200.0,
			"engagementRate": 33.3333, "videoViews": 5.0,
		},
		"platformMetrics": fields{"platformPostId": "a", "publishedUrl": "https://example.com/a", "lastExternalSync": ago(0)},
		"lastSynced":      ago(0), "syncStatus": "synced", "syncId": syncID,
	}
	if diff := cmp.Diff(want, w.stored("a", "facebook")); diff != "" {
		t.Error(diff)
	}
	w.want("facebook completed 2", "linkedin completed 1")
	wantRecord := fields{
		"userId": agent, "channel": "facebook", "syncId": syncID, "status": "completed", "lastSyncedAt": ago(0), "itemsSynced": 2.0, "publishedAt": ago(0),
	}
	if diff := cmp.Diff(wantRecord, w.Data("SYNC#")["facebook"]); diff != "" {
		t.Errorf("last sync: %s", diff)
	}
	w.mustCheck() // a duplicate
	w.want("facebook completed 2", "linkedin completed 1")
	if w.times() != 3 {
		t.Errorf("asked %v", w.asked)
	}
}

func TestWhatIsStale(t *testing.T) {
	t.Parallel()
	const ms = time.Millisecond
	failed := func(times int, since time.Duration) fields {
		return fields{"syncStatus": "failed", "syncFailures": times, "lastFailed": ago(since)}
	}
	tests := []struct {
		name    string
		changed fields
		synced  bool
	}{
		{"never synced", nil, true},
		{"synced a day ago", fields{"lastSynced": ago(day)}, false},
		{"synced more than a day ago", fields{"lastSynced": ago(day + ms)}, true},
		{"synced more than a day ago, in milliseconds", fields{"lastSynced": now.Add(-day - ms).UnixMilli()}, true},
		{"synced just now", fields{"lastSynced": ago(0)}, false},
		{"synced by a clock that is ahead", fields{"lastSynced": ago(-day)}, false},
		{"synced by a clock that is wrong", fields{"lastSynced": ago(-day - ms)}, true},
		{"synced at no date", fields{"lastSynced": "soon"}, true},
		{"synced at null", fields{"lastSynced": nil}, true},
		{"published 90 days ago", fields{"publishedAt": ago(90 * day)}, true},
		{"published more than 90 days ago", fields{"publishedAt": ago(90*day + ms)}, false},
		{"published in a moment", fields{"publishedAt": ago(-time.Minute)}, true},
		{"published in milliseconds", fields{"publishedAt": now.UnixMilli()}, true},
		{"refused a day ago", failed(1, day), false},
		{"refused more than a day ago", failed(1, day+ms), true},
		{"refused twice, two days ago", failed(2, 2*day), false},
		{"refused twice, more than two days ago", failed(2, 2*day+ms), true},
		{"refused four times", failed(4, 8*day), false},
		{"refused four times, longer ago", failed(4, 8*day+ms), true},
		{"refused for ever", failed(1000, 128*day), false},
		{"refused a negative number of times", failed(-5, day+ms), true},
		{"without the network's id", fields{"platformMetrics": fields{}}, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.post("a", "twitter", test.changed)
			w.does("a", social.Metrics{Views: 5})
			w.mustCheck()
			if got := w.views("a", "twitter") == 5.0; got != test.synced || (w.times() == 1) != test.synced {
				t.Errorf("synced %v, asked %d times", got, w.times())
			}
			if !test.synced {
				w.want()
				if len(w.Data("SYNC#")) != 0 {
					t.Error("a sync of nothing was recorded")
				}
			}
		})
	}
}

// The check of tomorrow may come a moment earlier in its day than that of today.
func TestDailyCheckSyncsEveryDay(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name         string
		first, later time.Duration // after the check was due
		times        int
	}{
		{"earlier in its day", 30 * time.Second, time.Second, 2},
		{"at the very end of what counts as punctual", time.Hour, time.Second, 2},
		{"after a late one", time.Hour + time.Millisecond, time.Second, 1},
	} {
		w := newWorld(t)
		w.post("a", "facebook", nil)
		w.connect("facebook", fields{"expiresAt": 0})
		w.later(test.first)
		w.mustCheck()
		w.later(day + test.later)
		if err := w.check(now.Add(day)); err != nil {
			t.Fatal(err)
		}
		if w.times() != test.times {
			t.Errorf("%s: asked %d times", test.name, w.times())
		}
		if got := w.stored("a", "facebook")["platformMetrics"].(fields)["lastExternalSync"]; test.times == 2 && got != ago(-day-time.Second) {
			t.Errorf("%s: asked at %v", test.name, got)
		}
	}
}

func TestLeapsAreFlagged(t *testing.T) {
	t.Parallel()
	tests := []struct {
		from, to any
		leapt    bool
	}{
		{100, 90, false},
		{100, 89, true},
		{101, 91, false}, // 9.9 %
		{101, 90, true},  // 10.9 %
		{1000, 900, false},
		{1000, 899, true},
		{1, 0, true},
		{9, 8, true},
		{10, 9, false},
		{100, 1000, false},
		{100, 1001, true},
		{1, 10, false},
		{1, 11, true},
		{0, 1_000_000, false},
		{100, 100, false},
		{-5, 100, false},
		{"many", 100, false},
		{nil, 100, false},
		{12.5, 1000, false},
		{int64(math.MaxInt64), int64(math.MaxInt64) / 2, true},
		{int64(math.MaxInt64 / 5), int64(math.MaxInt64), false},
		{int64(math.MaxInt64 / 11), int64(math.MaxInt64), true},
	}
	for _, test := range tests {
		t.Run(fmt.Sprintf("%v to %v", test.from, test.to), func(t *testing.T) {
			t.Parallel()
			for _, name := range []string{"views", "likes", "shares", "comments", "clicks", "reach"} {
				w := newWorld(t)
				w.post("a", "facebook", fields{"metrics": fields{name: test.from}, "lastSynced": ago(2 * day), "anomaly": fields{"old": 1}})
				to, ok := test.to.(int64)
				if !ok {
					to = int64(test.to.(int))
				}
				w.does("a", map[string]social.Metrics{
					"views": {Views: to}, "likes": {Likes: to}, "shares": {Shares: to}, "comments": {Comments: to}, "clicks": {Clicks: to}, "reach": {Reach: to},
				}[name])
				w.mustCheck()
				stored := w.stored("a", "facebook")
				leapt := test.leapt && name != "clicks" && name != "reach"
				anomaly, flagged := stored["anomaly"].(fields)
				if flagged != leapt || stored["metrics"].(fields)[name] != float64(to) {
					t.Errorf("%s: stored %v", name, stored)
				}
				if leapt && !strings.Contains(fmt.Sprint(anomaly), "from:") || leapt && len(anomaly) != 1 {
					t.Errorf("%s: anomaly %v", name, anomaly)
				}
			}
		})
	}
}

func TestLeapIsForgottenByTheNextNormalSync(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.post("a", "facebook", fields{"metrics": fields{"views": 1000, "likes": 5}, "lastSynced": ago(2 * day)})
	w.does("a", social.Metrics{Views: 10, Likes: 60})
	w.mustCheck()
	want := fields{"views": fields{"from": 1000.0, "to": 10.0}, "likes": fields{"from": 5.0, "to": 60.0}}
	if diff := cmp.Diff(want, w.stored("a", "facebook")["anomaly"]); diff != "" {
		t.Error(diff)
	}
	w.later(25 * time.Hour)
	w.connect("facebook", fields{"expiresAt": now.Add(48 * time.Hour).UnixMilli()})
	if err := w.check(now.Add(25 * time.Hour)); err != nil {
		t.Fatal(err)
	}
	if got, flagged := w.stored("a", "facebook")["anomaly"]; flagged {
		t.Errorf("anomaly %v", got)
	}
}

func TestFirstSyncIsNoLeap(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.post("a", "facebook", fields{"metrics": fields{"views": 1000}})
	w.mustCheck()
	if got, flagged := w.stored("a", "facebook")["anomaly"]; flagged {
		t.Errorf("anomaly %v", got)
	}
}

func TestEngagementRate(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		metrics social.Metrics
		rate    float64
	}{
		{social.Metrics{}, 0},
		{social.Metrics{Likes: 5}, 0},
		{social.Metrics{Likes: 1, Shares: 2, Comments: 3, Saves: 4, Clicks: 100, Reach: 100, Impressions: 200, Views: 300}, 10},
		{social.Metrics{Likes: 1, Shares: 2, Comments: 3, Saves: 4, Impressions: 200, Views: 300}, 5},
		{social.Metrics{Likes: 1, Shares: 2, Comments: 3, Saves: 4, Views: 300}, 3.3333},
		{social.Metrics{Likes: 2, Views: 3}, 66.6667},
		{social.Metrics{Likes: 1, Views: 1_600_000}, 0.0001}, // 0.0000625, half up
		{social.Metrics{Likes: 1, Views: 2_000_001}, 0},
	} {
		w := newWorld(t)
		w.post("a", "instagram", nil)
		w.does("a", test.metrics)
		w.mustCheck()
		if got := w.stored("a", "instagram")["metrics"].(fields)["engagementRate"]; got != test.rate {
			t.Errorf("%+v: %v", test.metrics, got)
		}
	}
}

func TestConnectionsThatDoNotHoldAreTold(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name    string
		broken  func(w *world)
		problem string
	}{
		{"none", func(w *world) { w.Delete("SOCIAL#FACEBOOK") }, "facebook failed: The account is not connected. Please connect it again."},
		{"foreign", func(w *world) { w.Put("SOCIAL#FACEBOOK", "SocialConnection", nil) }, "facebook failed: The account is not connected. Please connect it again."},
		{"expired this moment", func(w *world) { w.connect("facebook", fields{"expiresAt": now.UnixMilli()}) }, "facebook failed: The connection has expired. Please connect the account again."},
		{"without a token", func(w *world) { w.connect("facebook", fields{"accessToken": ""}) }, "facebook failed: The connection has no token. Please connect the account again."},
		{"malformed", func(w *world) { w.connect("facebook", fields{"expiresAt": "soon"}) }, "facebook failed: The connection cannot be read. Please connect the account again."},
		{"unauthorized", func(w *world) { w.fails("a", &social.UnauthorizedError{Reason: "Facebook does not let us."}) }, "facebook failed: Facebook does not let us."},
		{"unauthorized without a word", func(w *world) { w.fails("a", &social.UnauthorizedError{}) }, "facebook failed: The connection cannot be read. Please connect the account again."},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.post("a", "facebook", nil)
			w.post("b", "twitter", nil)
			test.broken(w)
			for range 2 {
				w.mustCheck()
			}
			w.want(test.problem, "twitter completed 1")
			if w.stored("a", "facebook")["lastSynced"] != nil {
				t.Error("it counts as synced")
			}
			record := w.Data("SYNC#")["facebook"]
			if record["status"] != "failed" || record["error"] == "" || record["publishedAt"] != ago(0) {
				t.Errorf("last sync %v", record)
			}
			w.connect("facebook", nil)
			w.fails("a", nil)
			if err := w.check(now.Add(-time.Minute)); err != nil {
				t.Fatal(err)
			}
			w.want("facebook completed 1", test.problem, "twitter completed 1")
		})
	}
}

func TestConnectionsAreNotMissedWhereNothingIsStale(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.post("a", "facebook", fields{"lastSynced": ago(time.Hour)})
	w.Delete("SOCIAL#FACEBOOK")
	w.mustCheck()
	w.want()
}

func TestConnectionThatHoldsForAMillisecondIsUsed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.post("a", "facebook", nil)
	w.connect("facebook", fields{"expiresAt": now.Add(time.Millisecond).UnixMilli()})
	w.mustCheck()
	w.want("facebook completed 1")
}

func TestUnauthorizedPlatformIsNotAskedAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for i := range 50 {
		id := fmt.Sprintf("p%02d", i)
		w.post(id, "linkedin", nil)
		w.fails(id, &social.UnauthorizedError{Reason: "No."})
	}
	w.mustCheck()
	w.want("linkedin failed: No.")
	if got := w.times(); got > 4 {
		t.Errorf("asked %d times", got)
	}
}

func TestUnauthorizedAccountDoesNotHoldUpAnother(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, page := range []string{"1", "2"} {
		for i := range 20 {
			id := fmt.Sprintf("%s_%02d", page, i)
			w.post(id, "facebook", fields{"platformMetrics": fields{"platformPostId": id}})
			w.does(id, social.Metrics{Views: 5})
		}
	}
	for i := range 20 {
		w.fails(fmt.Sprintf("1_%02d", i), &social.UnauthorizedError{Reason: "No."})
	}
	w.mustCheck()
	w.want("facebook failed: No.")
	for i := range 20 {
		if id := fmt.Sprintf("2_%02d", i); w.views(id, "facebook") != 5.0 {
			t.Errorf("%s: stored %v", id, w.stored(id, "facebook"))
		}
	}
	if got := w.times(); got > 24 {
		t.Errorf("asked %d times", got)
	}
}

func TestWhoseAccountIsAsked(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ platform, postID, accountID, want string }{
		{"facebook", "123_456", "", "123"},
		{"facebook", "123_456", "789", "123"},
		{"facebook", "456", "789", "789"},
		{"linkedin", "urn:li:share:1", "", "user-1"},
		{"linkedin", "urn:li:share:1", "urn:li:organization:7", "urn:li:organization:7"},
	} {
		w := newWorld(t)
		w.post("a", test.platform, fields{"platformMetrics": fields{"platformPostId": test.postID}, "accountId": test.accountID})
		w.mustCheck()
		if len(w.accounts) != 1 || w.accounts[0] != test.want {
			t.Errorf("%+v: asked %v", test, w.accounts)
		}
	}
}

func TestRateLimitPausesThePlatformAlone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for i := range 40 {
		w.post(fmt.Sprintf("p%02d", i), "facebook", nil)
		w.post(fmt.Sprintf("x%02d", i), "twitter", nil)
	}
	w.limits = map[string]limit{"facebook": {10, 30 * time.Minute}}
	w.mustCheck()
	w.want("facebook completed 10", "twitter completed 40")
	record := w.Data("SYNC#")["facebook"]
	if record["status"] != "paused" || record["pausedUntil"] != ago(-30*time.Minute) || record["itemsSynced"] != 10.0 {
		t.Errorf("last sync %v", record)
	}
	asked := w.times()
	if asked > 10+4+40 {
		t.Errorf("asked %d times", asked)
	}

	w.limits = nil
	for _, since := range []time.Duration{0, time.Second, 30*time.Minute - time.Millisecond} {
		w.later(since)
		w.mustCheck()
		if err := w.check(now.Add(since)); err != nil { // another check
			t.Fatal(err)
		}
		w.mustPublish(publication("new", "facebook", "new"))
	}
	if w.times() != asked {
		t.Errorf("asked %d times while paused", w.times()-asked)
	}
	if record := w.Data("SYNC#")["facebook"]; record["pausedUntil"] != ago(-30*time.Minute) {
		t.Errorf("last sync %v", record)
	}
	if w.stored("new", "facebook")["syncStatus"] != "pending" {
		t.Error("the new post is not remembered")
	}
	w.want("facebook completed 10", "twitter completed 40")

	w.later(30 * time.Minute)
	if err := w.check(now.Add(30 * time.Minute)); err != nil {
		t.Fatal(err)
	}
	w.want("facebook completed 10", "facebook completed 31", "twitter completed 40")
	if record := w.Data("SYNC#")["facebook"]; record["status"] != "completed" || record["pausedUntil"] != nil {
		t.Errorf("last sync %v", record)
	}
}

func TestRateLimitBeforeTheFirstPostIsRememberedAndNotTold(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.post("a", "facebook", nil)
	w.fails("a", &social.RateLimitedError{Network: "Facebook", RetryAfter: time.Hour})
	w.mustCheck()
	w.mustCheck()
	w.want()
	if w.times() != 1 || w.Data("SYNC#")["facebook"]["pausedUntil"] != ago(-time.Hour) {
		t.Errorf("asked %d times, last sync %v", w.times(), w.Data("SYNC#")["facebook"])
	}
}

func TestPausesThatAreNotBelieved(t *testing.T) {
	t.Parallel()
	for name, until := range map[string]any{
		"over": ago(0), "of years": ago(-300 * day), "of no time": "later", "null": nil,
	} {
		w := newWorld(t)
		w.post("a", "facebook", nil)
		w.Put("SYNC#facebook", "SyncRecord", fields{"channel": "facebook", "pausedUntil": until})
		w.mustCheck()
		if got := w.told(); len(got) != 1 {
			t.Errorf("%s: told %v", name, got)
		}
		if record := w.Data("SYNC#")["facebook"]; record["status"] != "completed" {
			t.Errorf("%s: last sync %v", name, record)
		}
	}
}

func TestRefusedPostHoldsUpNoOther(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.post("a", "facebook", fields{"metrics": fields{"views": 7}, "lastSynced": ago(2 * day)})
	w.post("b", "facebook", nil)
	w.fails("a", &social.RefusedError{Reason: "Facebook knows no such post."})
	ctx, tally := metrics.WithTally(t.Context())
	err := w.syncer.CheckDue(ctx, events.Event[events.CheckDue]{Detail: events.CheckDue{Check: "analytics", UserID: agent, DueAt: events.At(now)}})
	if err != nil || tally.Counts()[metrics.PostsRefused] != 1 || tally.Counts()[metrics.PostsSynced] != 1 {
		t.Fatalf("error %v, counts %v", err, tally.Counts())
	}
	w.want("facebook completed 1")
	stored := w.stored("a", "facebook")
	if stored["syncStatus"] != "failed" || stored["syncError"] != "Facebook knows no such post." || stored["lastFailed"] != ago(0) ||
		stored["syncFailures"] != 1.0 || stored["lastSynced"] != ago(2*day) || w.views("a", "facebook") != 7.0 {
		t.Errorf("stored %v", stored)
	}
	w.connect("facebook", fields{"expiresAt": now.Add(100 * day).UnixMilli()})
	asked := func(after time.Duration) int {
		before := w.asked["a"]
		w.later(after)
		if err := w.check(now.Add(after)); err != nil {
			t.Fatal(err)
		}
		return w.asked["a"] - before
	}
	if asked(0) != 0 || asked(day) != 0 {
		t.Error("it does not rest for a day")
	}
	if asked(day+time.Hour) != 1 || asked(3*day+time.Hour) != 0 || asked(3*day+2*time.Hour) != 1 {
		t.Error("it does not rest twice as long")
	}
	w.does("a", social.Metrics{Views: 8})
	if asked(7*day+3*time.Hour) != 1 {
		t.Error("it is not asked for after its rest")
	}
	stored = w.stored("a", "facebook")
	if stored["syncStatus"] != "synced" || stored["syncError"] != nil || stored["lastFailed"] != nil || stored["syncFailures"] != nil || w.views("a", "facebook") != 8.0 {
		t.Errorf("stored %v", stored)
	}
}

func TestSyncThatUpdatesNothingIsNotTold(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.post("a", "facebook", nil)
	w.fails("a", &social.RefusedError{Reason: "No such post."})
	w.mustCheck()
	w.want()
	if record := w.Data("SYNC#")["facebook"]; record["status"] != "completed" || record["itemsSynced"] != 0.0 {
		t.Errorf("last sync %v", record)
	}
}

func TestUnavailableNetworkIsAskedAgainByTheRetry(t *testing.T) {
	t.Parallel()
	for _, problem := range []error{
		&social.UnavailableError{Network: "Facebook", Problem: "status 503"},
		&social.UncertainError{Network: "Facebook", Problem: "the answer broke off"},
		errors.New("something else"),
	} {
		w := newWorld(t)
		for _, id := range []string{"a", "b", "c", "d", "e", "f"} {
			w.post(id, "facebook", nil)
		}
		w.post("x", "twitter", nil)
		w.fails("b", problem)
		w.fails("d", problem)
		err := w.check(now)
		if !errors.Is(err, problem) || !strings.Contains(err.Error(), "facebook: 2 posts were not synced") {
			t.Fatalf("error %v", err)
		}
		w.want("twitter completed 1")
		if w.times() != 7 {
			t.Errorf("asked %v", w.asked)
		}
		w.fails("b", nil)
		w.fails("d", nil)
		w.mustCheck()
		w.want("facebook completed 6", "twitter completed 1")
		if w.asked["a"] != 1 || w.asked["b"] != 2 || w.asked["x"] != 1 {
			t.Errorf("asked %v", w.asked)
		}
	}
}

func TestPoisonAndForeignItemsHoldUpNothing(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		poison     func(w *world)
		unreadable int
		synced     int // posts beside "good"
	}{
		"a day of another feature":          {func(w *world) { w.Put("ANALYTICS#2026-11-24", "Analytics", fields{"views": 5}) }, 0, 0},
		"a day and channel of another":      {func(w *world) { w.Put("ANALYTICS#2026-11-24#facebook", "Analytics", fields{"views": 5}) }, 0, 0},
		"a foreign item":                    {func(w *world) { w.Put("ANALYTICS#x#facebook", "Analytics", nil) }, 0, 0},
		"another content's id":              {func(w *world) { w.post("x", "facebook", fields{"contentId": "y"}) }, 0, 0},
		"an id that is a number":            {func(w *world) { w.post("x", "facebook", fields{"contentId": 7}) }, 0, 0},
		"a blog post":                       {func(w *world) { w.post("x", "blog", nil) }, 0, 0},
		"an unknown channel":                {func(w *world) { w.post("x", "myspace", nil) }, 0, 0},
		"no date":                           {func(w *world) { w.post("x", "facebook", fields{"publishedAt": "once"}) }, 1, 0},
		"a null date":                       {func(w *world) { w.post("x", "facebook", fields{"publishedAt": nil}) }, 1, 0},
		"figures that are a text":           {func(w *world) { w.post("x", "facebook", fields{"metrics": "many", "lastSynced": ago(2 * day)}) }, 0, 1},
		"null figures":                      {func(w *world) { w.post("x", "facebook", fields{"metrics": nil}) }, 0, 1},
		"what the network says is a number": {func(w *world) { w.post("x", "facebook", fields{"platformMetrics": 7}) }, 0, 0},
		"an id with the separator":          {func(w *world) { w.post("x#y", "facebook", nil) }, 0, 1},
		"a failure of a text": {func(w *world) {
			w.post("x", "facebook", fields{"lastFailed": "soon", "syncFailures": "many", "syncStatus": 7})
		}, 0, 1},
		"an unreadable last sync": {func(w *world) {
			w.Put("SYNC#facebook", "SyncRecord", fields{"lastSyncedAt": "soon", "itemsSynced": "many"})
		}, 1, 0},
		"a foreign last sync": {func(w *world) { w.Put("SYNC#facebook", "Other", nil) }, 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.post("good", "facebook", nil)
			test.poison(w)
			ctx, tally := metrics.WithTally(t.Context())
			err := w.syncer.CheckDue(ctx, events.Event[events.CheckDue]{Detail: events.CheckDue{Check: "analytics", UserID: agent, DueAt: events.At(now)}})
			if err != nil {
				t.Fatal(err)
			}
			if got := tally.Counts()[metrics.ItemsUnreadable]; (got > 0) != (test.unreadable > 0) {
				t.Errorf("%d unreadable", got)
			}
			w.want(fmt.Sprintf("facebook completed %d", 1+test.synced))
		})
	}
}

func TestOtherChecksAreNotOurs(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.post("a", "facebook", nil)
	err := w.syncer.CheckDue(t.Context(), events.Event[events.CheckDue]{Detail: events.CheckDue{Check: "price", UserID: agent, DueAt: events.At(now)}})
	if err != nil || w.times() != 0 {
		t.Errorf("error %v, asked %d times", err, w.times())
	}
}

func TestNewerFiguresAreNotReplacedByOlder(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.post("a", "facebook", nil)
	w.does("a", social.Metrics{Views: 5})
	w.items.between = func() { // the check was answered 5; before it stores it, another sync asks and stores 9
		w.later(time.Second)
		w.does("a", social.Metrics{Views: 9})
		w.mustPublish(publication("a", "facebook", "a"))
		w.later(2 * time.Second)
	}
	w.mustCheck()
	if got := w.views("a", "facebook"); got != 9.0 {
		t.Errorf("%v views", got)
	}
	w.want("facebook completed 1")
}

func TestOlderFiguresAreReplacedByNewer(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.post("a", "facebook", fields{"metrics": fields{"views": 1}, "lastSynced": ago(2 * day)})
	w.does("a", social.Metrics{Views: 5})
	w.items.between = func() { // another sync had asked a second before the check did, and stores only now
		w.later(-time.Second)
		w.does("a", social.Metrics{Views: 100})
		w.mustPublish(publication("a", "facebook", "a"))
		w.later(0)
	}
	w.mustCheck()
	stored := w.stored("a", "facebook")
	if w.views("a", "facebook") != 5.0 || stored["syncStatus"] != "synced" {
		t.Errorf("stored %v", stored)
	}
	if diff := cmp.Diff(fields{"views": fields{"from": 100.0, "to": 5.0}}, stored["anomaly"]); diff != "" {
		t.Errorf("it was not compared with what was stored meanwhile: %s", diff)
	}
}

func TestPostThatIsGoneOrAnotherMeanwhileIsLeftAlone(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		between func(w *world)
		want    any
	}{
		"gone":    {func(w *world) { w.Delete("ANALYTICS#a#facebook") }, nil},
		"another": {func(w *world) { w.post("a", "facebook", fields{"platformMetrics": fields{"platformPostId": "other"}}) }, nil},
	} {
		w := newWorld(t)
		w.post("a", "facebook", nil)
		w.does("a", social.Metrics{Views: 5})
		w.items.between = func() { test.between(w) }
		w.mustCheck()
		if got := w.views("a", "facebook"); got != test.want {
			t.Errorf("%s: %v views", name, got)
		}
		w.want()
		if len(w.Data("SYNC#")) != 0 {
			t.Errorf("%s: a sync of nothing was recorded", name)
		}
	}
}

func TestSyncIsToldOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.post("a", "facebook", nil)
	w.mustCheck()
	w.post("b", "facebook", nil) // comes too late to be told
	w.mustCheck()
	w.want("facebook completed 1")
	if record := w.Data("SYNC#")["facebook"]; w.times() != 2 || record["itemsSynced"] != 2.0 || record["publishedAt"] != ago(0) {
		t.Errorf("asked %d times, last sync %v", w.times(), record)
	}
	if err := w.check(now.Add(-time.Minute)); err != nil { // another check finds nothing
		t.Fatal(err)
	}
	w.want("facebook completed 1")
}

func TestPauseOutlastsASyncThatEndsLater(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.post("a", "facebook", nil)
	w.items.between = func() {
		w.Put("SYNC#facebook", "SyncRecord", fields{"syncId": "other", "status": "paused", "lastSyncedAt": ago(0), "pausedUntil": ago(-time.Hour)})
	}
	w.mustCheck()
	w.want("facebook completed 1")
	if record := w.Data("SYNC#")["facebook"]; record["status"] != "completed" || record["pausedUntil"] != ago(-time.Hour) {
		t.Errorf("last sync %v", record)
	}
}

func TestConnectionThatIsMendedBeforeTheRetryIsUsed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.post("a", "facebook", nil)
	w.Delete("SOCIAL#FACEBOOK")
	w.mustCheck()
	w.connect("facebook", nil)
	for range 2 {
		w.mustCheck()
	}
	w.want("facebook completed 1", "facebook failed: The account is not connected. Please connect it again.")
}

func TestLastSyncThatChangesMeanwhileIsFollowed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.post("a", "facebook", nil)
	saved := false
	w.items.between = func() { // the first write is that of the post, the second that of the record
		w.items.between = func() {
			saved = true
			w.Put("SYNC#facebook", "SyncRecord", fields{"syncId": "other", "status": "paused", "lastSyncedAt": ago(0), "pausedUntil": ago(-time.Hour)})
		}
	}
	w.mustCheck()
	if record := w.Data("SYNC#")["facebook"]; !saved || record["pausedUntil"] != ago(-time.Hour) || record["itemsSynced"] != 1.0 {
		t.Errorf("last sync %v", record)
	}
}

func TestFieldsOfThePlatformThatChangeMeanwhileAreKept(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.post("a", "facebook", nil)
	w.items.between = func() { w.post("a", "facebook", fields{"tags": "spring"}) }
	w.mustCheck()
	if got := w.stored("a", "facebook"); got["tags"] != "spring" || got["syncStatus"] != "synced" {
		t.Errorf("stored %v", got)
	}
}

func TestRefusedPublishingIsMadeGoodByTheRetry(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		prepare func(w *world)
		want    string
	}{
		"completed": {func(*world) {}, "facebook completed 3"},
		"paused": {func(w *world) {
			w.limits = map[string]limit{"facebook": {2, time.Hour}}
		}, "facebook completed 2"},
		"failed": {func(w *world) { w.Delete("SOCIAL#FACEBOOK") }, "facebook failed: The account is not connected. Please connect it again."},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			for _, id := range []string{"a", "b", "c"} {
				w.post(id, "facebook", nil)
			}
			test.prepare(w)
			w.Bus.Refuse(1, "AccessDeniedException")
			var refused *events.RefusedError
			if err := w.check(now); !errors.As(err, &refused) {
				t.Fatalf("error %v", err)
			}
			w.want()
			asked := w.times()
			w.later(time.Minute)
			for range 2 {
				w.mustCheck()
			}
			w.want(test.want)
			if w.times() != asked {
				t.Errorf("asked %d times again", w.times()-asked)
			}
			calls := w.Bus.Calls()
			if *calls[0][0].Detail != *calls[1][0].Detail {
				t.Errorf("told %s, then %s", *calls[0][0].Detail, *calls[1][0].Detail)
			}
		})
	}
}

func TestStopsBetweenPostsWhenTimeRunsShort(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for i := range 250 {
		w.post(fmt.Sprintf("p%03d", i), "facebook", nil)
	}
	ctx, cancel := context.WithDeadline(t.Context(), now.Add(100*365*day))
	defer cancel()
	end, _ := ctx.Deadline()
	w.Clock = func() time.Time {
		if w.times() < 120 {
			return now
		}
		return end.Add(-end.Sub(now)/10 + time.Second) // less than a tenth is left
	}
	w.connect("facebook", fields{"expiresAt": 0})
	err := w.syncer.CheckDue(deadline.Start(ctx, now), events.Event[events.CheckDue]{
		Detail: events.CheckDue{Check: "analytics", UserID: agent, DueAt: events.At(now)},
	})
	var short *deadline.ShortError
	if !errors.As(err, &short) || !strings.Contains(short.Progress, "posts") {
		t.Fatalf("error %v", err)
	}
	if asked := w.times(); asked < 120 || asked > 130 {
		t.Errorf("asked %d times", asked)
	}
	w.want()
	w.later(0)
	w.mustCheck()
	w.want("facebook completed 250")
	for id, times := range w.asked {
		if times > 1 && w.stored(id, "facebook")["lastSynced"] == ago(0) {
			continue
		}
		if times != 1 {
			t.Errorf("asked for %s %d times", id, times)
		}
	}
}

func TestEachAttemptGetsOn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.connect("facebook", fields{"expiresAt": 0})
	for _, id := range []string{"a", "b", "c"} {
		w.post(id, "facebook", nil)
	}
	ctx, cancel := context.WithDeadline(t.Context(), now.Add(20*365*day))
	defer cancel()
	ctx = deadline.Start(ctx, now.Add(-270*365*day)) // less than a tenth is left
	runs := 1
	for ; ; runs++ {
		err := w.syncer.CheckDue(ctx, events.Event[events.CheckDue]{
			Detail: events.CheckDue{Check: "analytics", UserID: agent, DueAt: events.At(now)},
		})
		var short *deadline.ShortError
		if !errors.As(err, &short) {
			break
		}
		if runs > 5 {
			t.Fatal("it does not get on")
		}
	}
	w.want("facebook completed 3")
	if runs != 3 {
		t.Errorf("%d runs", runs)
	}
}
