package scenario_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	eventbridgetypes "github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	"github.com/google/go-cmp/cmp"
)

// wish is how one agent wants to be notified.
type wish struct {
	agent        string
	email        bool
	unsubscribed string // from nothing, "*" for everything, or a kind
	frequency    string
	enabled      bool   // alerts of price reductions
	quiet        bool   // right now
	address      string // where it is known from: "preferences", "profile", or nowhere
}

// wishes are all that an agent can wish for.
func wishes() (all []wish) {
	for _, email := range []bool{true, false} {
		for _, unsubscribed := range []string{"", "*", "price-reduction"} {
			for _, frequency := range []string{"real-time", "daily", "weekly"} {
				for _, enabled := range []bool{true, false} {
					for _, quiet := range []bool{false, true} {
						for _, address := range []string{"preferences", "profile", ""} {
							agent := fmt.Sprintf("agent-%03d", len(all))
							all = append(all, wish{agent, email, unsubscribed, frequency, enabled, quiet, address})
						}
					}
				}
			}
		}
	}
	return all
}

// The mails that an agent gets at once, at the tick, and when quiet hours are over: each kind of mail with the address that
// it goes to. What is asked for, but cannot be sent because no address is known, is "failed".
func (w wish) mails(digestAt time.Time) (atOnce, atTick, afterNight []string) {
	known := map[string]string{"preferences": w.agent + "@preferences.example", "profile": w.agent + "@profile.example"}[w.address]
	if !w.email || w.unsubscribed == "*" {
		return nil, nil, nil
	}
	add := func(list *[]string, kind, address string) {
		switch {
		case address == "":
			*list = append(*list, kind+" failed")
		case w.quiet:
			afterNight = append(afterNight, kind+" to "+address)
		default:
			*list = append(*list, kind+" to "+address)
		}
	}
	joined := known
	if joined == "" {
		joined = w.agent + "@event.example" // User Created brings one
	}
	add(&atOnce, "account", joined)
	add(&atOnce, "failures", known)
	if w.enabled && w.unsubscribed != "price-reduction" {
		switch {
		case w.frequency == "real-time":
			add(&atOnce, "price-reduction", known)
		case w.frequency == "daily", digestAt.Weekday() == time.Monday:
			add(&atTick, "digest", known)
		}
	}
	return atOnce, atTick, afterNight
}

// minuteOf is a time of day in UTC.
func minuteOf(at time.Time) string { return at.UTC().Format("15:04") }

// An agent for every combination of wishes, a day's events for each: who gets which mail, and when.
func TestEachAgentIsNotifiedAsTheyWish(t *testing.T) {
	t.Parallel()
	c := start(t, "--time-scale", "600", "--chaos", "duplicate=20%,seed=7")
	now := time.Now().UTC()
	digestAt := now.Truncate(time.Minute).Add(time.Minute) // the tick of that minute comes a little early
	all := wishes()
	if len(all) < 200 {
		t.Fatalf("%d agents", len(all))
	}
	var entries []eventbridgetypes.PutEventsRequestEntry
	for _, w := range all {
		c.wish(w, now, digestAt)
		createdAt := now.Add(-time.Second)
		entries = append(entries, w.day(createdAt)...)
		c.putAlert(w, createdAt)
	}
	sent, deferred, failed := c.watch("sent", "Notification Sent"), c.watch("deferred", "Notification Deferred"), c.watch("failed", "Notification Failed")
	for range 2 { // a producer may publish twice
		c.publishAll(entries)
	}
	c.quiet()
	var wantNow, wantTick, wantMorning []string
	wantDeferred := 0
	for _, w := range all {
		atOnce, atTick, afterNight := w.mails(digestAt)
		wantNow, wantTick = append(wantNow, prefixed(w, atOnce)...), append(wantTick, prefixed(w, atTick)...)
		wantMorning = append(wantMorning, prefixed(w, afterNight)...)
		wantDeferred += len(afterNight)
		if got := len(c.items(w.agent, "NOTIFICATION#")); got != 4 {
			t.Errorf("%s has %d notifications in the application, want 4", w.agent, got)
		}
	}
	got := c.mailsAndFailures(failed)
	compareMails(t, "at once", wantNow, got)

	c.tickAt(digestAt)
	soFar := slices.Concat(wantNow, wantTick)
	got = append(got, c.failuresOf(failed)...)
	compareMails(t, "at the tick", soFar, append(c.whoGotWhat(), onlyFailures(got)...))
	if told := len(unique(c.receive(deferred))); told != wantDeferred {
		t.Errorf("%d mails were told to be deferred, want %d", told, wantDeferred)
	}

	for _, w := range all {
		if w.quiet {
			c.morning(w, now, digestAt)
		}
	}
	for range 2 { // what is done stays done
		c.tickAt(digestAt.Add(15 * time.Minute))
	}
	compareMails(t, "in the morning", slices.Concat(soFar, wantMorning), append(c.whoGotWhat(), onlyFailures(got)...))
	if told, mails := len(unique(c.receive(sent))), len(c.whoGotWhat()); told != mails {
		t.Errorf("%d mails were told to be sent, of %d", told, mails)
	}
	c.noFailures()
}

func prefixed(w wish, mails []string) (all []string) {
	for _, mail := range mails {
		all = append(all, w.agent+": "+mail)
	}
	return all
}

func onlyFailures(mails []string) []string {
	return slices.DeleteFunc(slices.Clone(mails), func(mail string) bool { return !strings.HasSuffix(mail, " failed") })
}

func compareMails(t *testing.T, when string, want, got []string) {
	t.Helper()
	want, got = slices.Sorted(slices.Values(want)), slices.Sorted(slices.Values(got))
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("mails %s: %s", when, diff)
	}
}

// wish stores what the platform has of an agent.
func (c *cloud) wish(w wish, now, digestAt time.Time) {
	c.t.Helper()
	types := []string{"neighborhood-trend"}
	if w.enabled {
		types = append(types, "price-reduction")
	}
	preferences := fields{
		"userId": w.agent, "emailNotifications": w.email, "frequency": w.frequency, "digestTime": minuteOf(digestAt),
		"enabledAlertTypes": types, "timezone": "UTC", "updatedAt": iso(now.AddDate(0, -1, 0)),
	}
	if w.quiet {
		preferences["quietHours"] = fields{
			"enabled": true, "startTime": minuteOf(now.Add(-2 * time.Hour)), "endTime": minuteOf(now.Add(2 * time.Hour)), "timezone": "UTC",
		}
	}
	profile := fields{"name": "Agent " + w.agent}
	switch w.address {
	case "preferences":
		preferences["emailAddress"] = w.agent + "@preferences.example"
		profile["email"] = w.agent + "@profile.example"
	case "profile":
		profile["email"] = w.agent + "@profile.example"
	}
	c.put(w.agent, "PROFILE", "UserProfile", profile)
	c.put(w.agent, "SETTINGS#NOTIFICATIONS", "NotificationPreferences", preferences)
	if w.unsubscribed != "" {
		unsubscribe := fields{"userId": w.agent, "globalUnsubscribe": w.unsubscribed == "*", "typeUnsubscribes": []string{}}
		if w.unsubscribed != "*" {
			unsubscribe["typeUnsubscribes"] = []string{w.unsubscribed}
		}
		c.put(w.agent, "UNSUBSCRIBE_PREFERENCES", "UnsubscribePreferences", unsubscribe)
	}
}

func (w wish) alertData() fields {
	return fields{"propertyAddress": "1 Main St", "originalPrice": 500_000, "newPrice": 450_000, "priceReduction": 50_000, "priceReductionPercent": 10}
}

// putAlert stores an alert as a watcher does.
func (c *cloud) putAlert(w wish, at time.Time) {
	c.t.Helper()
	sort := fmt.Sprintf("ALERT#%d#alert-%s", at.UnixMilli(), w.agent)
	c.putCreated(w.agent, sort, "Alert", at.UnixMilli(), fields{
		"id": "alert-" + w.agent, "userId": w.agent, "type": "price-reduction", "priority": "high", "status": "unread",
		"createdAt": iso(at), "data": w.alertData(),
	})
}

// day is what happens to an agent: they join, a post fails, a text is made, a price falls.
func (w wish) day(alertAt time.Time) []eventbridgetypes.PutEventsRequestEntry {
	data, _ := json.Marshal(w.alertData()) // fields of texts and numbers
	entry := func(source, detailType, detail string) eventbridgetypes.PutEventsRequestEntry {
		return eventbridgetypes.PutEventsRequestEntry{
			EventBusName: aws.String(busName), Source: aws.String("bayon.coagent." + source), DetailType: &detailType, Detail: &detail,
		}
	}
	const at = "2026-11-24T08:29:59.500Z"
	return []eventbridgetypes.PutEventsRequestEntry{
		entry("user", "User Created", fmt.Sprintf(`{"userId":%q,"email":"%s@event.example","createdAt":%q}`, w.agent, w.agent, at)),
		entry("content", "Content Publish Failed", fmt.Sprintf(
			`{"contentId":"c","scheduleId":"s-%s","userId":%q,"platforms":["facebook"],"error":"The page is gone.","failedAt":%q}`, w.agent, w.agent, at)),
		entry("ai", "AI Job Completed", fmt.Sprintf(
			`{"jobId":"j-%s","userId":%q,"jobType":"blog_post","status":"completed","completedAt":%q}`, w.agent, w.agent, at)),
		entry("alert", "Alert Created", fmt.Sprintf(
			`{"alertId":"alert-%s","userId":%q,"alertType":"price-reduction","priority":"high","createdAt":%q,"data":%s}`, w.agent, w.agent, iso(alertAt), data)),
	}
}

func (c *cloud) publishAll(entries []eventbridgetypes.PutEventsRequestEntry) {
	c.t.Helper()
	for batch := range slices.Chunk(entries, 10) {
		answer, err := c.bus.PutEvents(c.t.Context(), &eventbridge.PutEventsInput{Entries: batch})
		if err != nil || answer.FailedEntryCount > 0 {
			c.t.Fatalf("publish: %v, %+v", err, answer)
		}
	}
}

// tickAt lets the notifications' schedule come round, and waits for all that follows.
func (c *cloud) tickAt(at time.Time) {
	c.t.Helper()
	c.schedule("notification-processor", "notifications", at)
	c.quiet()
}

// morning ends an agent's quiet hours, and makes due what waits for their end.
func (c *cloud) morning(w wish, now, digestAt time.Time) {
	c.t.Helper()
	w.quiet = false
	c.wish(w, now, digestAt)
	c.timePasses(w.agent)
}

// timePasses makes due what an agent's mails wait for.
func (c *cloud) timePasses(agent string) {
	c.t.Helper()
	for _, item := range c.items(agent, "NOTIFICATION_JOB#") {
		job := item["Data"].(fields)
		if job["status"] != "pending" {
			continue
		}
		job["scheduledFor"] = iso(time.Now().Add(-time.Second))
		c.put(agent, item["SK"].(string), "NotificationJob", job)
	}
}

func TestMailThatIsNotTakenIsTriedThreeTimes(t *testing.T) {
	t.Parallel()
	c := start(t)
	failed := c.watch("failed", "Notification Failed")
	join := func(agent, email string) {
		c.publish("User Created", "bayon.coagent.user", fmt.Sprintf(`{"userId":%q,"email":%q,"createdAt":"2026-11-24T08:29:59.500Z"}`, agent, email))
	}
	join("unlucky", "throttled@trouble.example")
	join("refused", "rejected@trouble.example")
	join("unknown", "cut@trouble.example") // taken, but the answer is lost
	join("lucky", "lucky@event.example")
	join("leaver", "throttled@trouble.example")
	c.quiet()
	now := time.Now()
	c.put("leaver", "SETTINGS#NOTIFICATIONS", "NotificationPreferences", fields{"userId": "leaver", "emailNotifications": false})
	c.timePasses("leaver")
	for attempt := range 3 {
		if got := len(c.items("unlucky", "NOTIFICATION_JOB#")); got != 1 {
			t.Fatalf("%d jobs", got)
		}
		c.timePasses("unlucky")
		c.tickAt(now.Add(time.Duration(attempt) * time.Second))
	}
	if got := len(c.items("leaver", "NOTIFICATION_JOB#")); got != 0 {
		t.Errorf("%d jobs of an agent who wants no mail any more", got)
	}
	told := map[string]string{}
	for _, body := range c.receive(failed) {
		var event struct {
			Detail struct {
				UserID string `json:"userId"`
				Reason string `json:"reason"`
			} `json:"detail"`
		}
		if err := json.Unmarshal([]byte(body), &event); err != nil {
			t.Fatal(err)
		}
		told[event.Detail.UserID] += event.Detail.Reason
	}
	for agent, word := range map[string]string{"unlucky": "too busy", "refused": "did not accept", "unknown": "could not find out"} {
		if !strings.Contains(told[agent], word) || strings.Count(told[agent], word) != 1 {
			t.Errorf("%s was told %q", agent, told[agent])
		}
	}
	want := []string{"lucky: account to lucky@event.example", "unknown: account to cut@trouble.example"}
	compareMails(t, "that were taken", want, c.whoGotWhat())
	if job := c.items("unlucky", "NOTIFICATION_JOB#")[0]["Data"].(fields); job["status"] != "failed" || job["attempts"] != 3.0 {
		t.Errorf("job %v", job)
	}
	c.noFailures()
}

// whoGotWhat are all mails that were sent, each with its agent, kind and recipient, which the signed link tells.
func (c *cloud) whoGotWhat() []string {
	c.t.Helper()
	sent, err := c.console().Mails(c.t.Context())
	if err != nil {
		c.t.Fatal(err)
	}
	var mails []string
	for _, mail := range sent {
		_, token, found := strings.Cut(mail.Headers["List-Unsubscribe"], "token=")
		payload, _, _ := strings.Cut(strings.TrimSuffix(token, ">"), ".")
		decoded, err := base64.RawURLEncoding.DecodeString(payload)
		var grant struct {
			UserID string `json:"u"`
			Kind   string `json:"k"`
		}
		if !found || err != nil || json.Unmarshal(decoded, &grant) != nil || len(mail.To) != 1 {
			c.t.Fatalf("a mail without a link to unsubscribe, or not to one recipient: %v, %v", mail.Headers, err)
		}
		if mail.Headers["List-Unsubscribe-Post"] != "List-Unsubscribe=One-Click" || mail.Text == "" || mail.HTML == "" {
			c.t.Errorf("mail %q lacks a part", mail.Subject)
		}
		if grant.Kind == "*" {
			grant.Kind = "digest"
		}
		mails = append(mails, fmt.Sprintf("%s: %s to %s", grant.UserID, grant.Kind, mail.To[0]))
	}
	return mails
}

// mailsAndFailures are all mails that were sent, and those that the bus was told will not be.
func (c *cloud) mailsAndFailures(failed string) []string {
	c.t.Helper()
	return append(c.whoGotWhat(), c.failuresOf(failed)...)
}

func (c *cloud) failuresOf(failed string) (failures []string) {
	c.t.Helper()
	for _, body := range unique(c.receive(failed)) {
		var event struct {
			Detail struct {
				UserID string `json:"userId"`
				Kind   string `json:"kind"`
				Reason string `json:"reason"`
			} `json:"detail"`
		}
		if err := json.Unmarshal([]byte(body), &event); err != nil {
			c.t.Fatal(err)
		}
		if !strings.Contains(event.Detail.Reason, "address") {
			c.t.Errorf("%s, %s failed: %q", event.Detail.UserID, event.Detail.Kind, event.Detail.Reason)
		}
		failures = append(failures, fmt.Sprintf("%s: %s failed", event.Detail.UserID, event.Detail.Kind))
	}
	return failures
}

// unique leaves out events that were delivered twice, by their keys.
func unique(bodies []string) (once []string) {
	seen := map[string]bool{}
	for _, body := range bodies {
		var event struct {
			Detail struct {
				Metadata struct {
					EventKey string `json:"eventKey"`
				} `json:"metadata"`
			} `json:"detail"`
		}
		_ = json.Unmarshal([]byte(body), &event) // what is no event has no key, and counts once
		if key := event.Detail.Metadata.EventKey; !seen[key] {
			seen[key], once = true, append(once, body)
		}
	}
	return once
}
