package notification_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bayon-coagent/event-consumers/pkg/events"
	"github.com/bayon-coagent/event-consumers/pkg/events/eventstest"
)

// about makes a fact the agent's.
func about[D events.Fact](changes ...func(*D)) events.Event[D] {
	return eventstest.Event(eventstest.Valid(changes...))
}

func TestWhatIsShownAndMailed(t *testing.T) {
	t.Parallel()
	const link = "/content/content-42"
	tests := []struct {
		name  string
		event func(*world) error
		want  fields // nil where nothing is shown
		mail  string
	}{
		{"User Created", func(w *world) error {
			return w.notifier.UserCreated(w.t.Context(), about(func(d *events.UserCreated) { d.UserID = agent }))
		}, fields{"kind": "account", "priority": "medium", "title": "Welcome to Bayon CoAgent", "link": "/"}, "account"},
		{"Content Published", func(w *world) error {
			return w.notifier.ContentPublished(w.t.Context(), about(func(d *events.ContentPublished) { d.UserID = agent }))
		}, fields{"kind": "content", "priority": "low", "title": "Posted on LinkedIn", "message": "Your post is out on LinkedIn.", "link": link}, ""},
		{"Content Published on the blog", func(w *world) error {
			return w.notifier.ContentPublished(w.t.Context(), about(func(d *events.ContentPublished) { d.UserID, d.Platform = agent, "blog" }))
		}, fields{"title": "Posted on your blog"}, ""},
		{"Content Published somewhere new", func(w *world) error {
			return w.notifier.ContentPublished(w.t.Context(), about(func(d *events.ContentPublished) { d.UserID, d.Platform = agent, "mastodon" }))
		}, fields{"title": "Posted on mastodon"}, ""},
		{"Content Publish Failed", func(w *world) error {
			return w.notifier.ContentPublishFailed(w.t.Context(), about(func(d *events.ContentPublishFailed) { d.UserID = agent }))
		}, fields{
			"kind": "failures", "priority": "high", "title": "Could not post on Instagram and Facebook",
			"message": "Instagram needs at least one image.", "link": link,
		}, "failures"},
		{"AI Job Completed", func(w *world) error {
			return w.notifier.AIJobCompleted(w.t.Context(), about(func(d *events.AIJobCompleted) { d.UserID = agent }))
		}, fields{"kind": "work", "priority": "low", "title": "Your market update is ready", "link": "/content"}, ""},
		{"AI Job Failed", func(w *world) error {
			return w.notifier.AIJobFailed(w.t.Context(), about(func(d *events.AIJobFailed) { d.UserID, d.Error = agent, "No photos." }))
		}, fields{"kind": "failures", "priority": "high", "message": "No photos.", "link": "/content"}, "failures"},
		{"Integration Sync Completed of an MLS", func(w *world) error {
			return w.notifier.IntegrationSyncCompleted(w.t.Context(), about(func(d *events.IntegrationSyncCompleted) { d.UserID = agent }))
		}, fields{"kind": "work", "priority": "low", "title": "Synced with your MLS", "message": "128 items brought up to date.", "link": "/settings/integrations"}, ""},
		{"Integration Sync Completed of a social platform", func(w *world) error {
			return w.notifier.IntegrationSyncCompleted(w.t.Context(), about(func(d *events.IntegrationSyncCompleted) { d.UserID, d.Provider = agent, "facebook" }))
		}, nil, ""},
		{"Integration Sync Failed of a social platform", func(w *world) error {
			return w.notifier.IntegrationSyncFailed(w.t.Context(), about(func(d *events.IntegrationSyncFailed) { d.UserID = agent }))
		}, fields{
			"kind": "failures", "priority": "high", "title": "The sync with Facebook failed",
			"message": "The connection to Facebook has expired.", "link": "/settings/integrations",
		}, "failures"},
		{"Alert Created", func(w *world) error { return w.raise("A") }, fields{
			"kind": "price-reduction", "priority": "high", "title": "Price cut at 12 Elm Street, Seattle, WA 98101",
			"message": "From $500,000 to $420,000, down 16 %. Days on the market: 41.", "link": "/alerts/A",
		}, "A"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			if err := test.event(w); err != nil {
				t.Fatal(err)
			}
			items := w.Data("NOTIFICATION#")
			if (len(items) == 1) != (test.want != nil) {
				t.Fatalf("%d notifications", len(items))
			}
			for key, item := range items {
				if !strings.HasPrefix(key, "1795509000000#") || !strings.HasSuffix(key, "#"+item["id"].(string)) {
					t.Errorf("key %s", key)
				}
				if item["read"] != false || item["createdAt"] != "2026-11-24T08:30:00.000Z" || item["userId"] != agent || item["subjectEventId"] == "" || item["message"] == "" {
					t.Errorf("%v", item)
				}
				for name, want := range test.want {
					if item[name] != want {
						t.Errorf("%s is %q, want %q", name, item[name], want)
					}
				}
			}
			if test.mail == "" {
				w.wantMails()
				return
			}
			w.wantMails(test.mail)
		})
	}
}

func TestWordsOfAlerts(t *testing.T) {
	t.Parallel()
	tests := []struct{ alertType, data, title, message string }{
		{
			"life-event-lead", `{"prospectLocation":"98029","eventType":"job-change","leadScore":82,"recommendedAction":"Call this week."}`,
			"New lead in 98029: job change", "Score 82. Call this week.",
		},
		{
			"competitor-new-listing", `{"competitorName":"Ann Lee","propertyAddress":"1 Main St","listingPrice":1234567.5}`,
			"Ann Lee has a new listing", "1 Main St. Listed at $1,234,567.50.",
		},
		{"competitor-new-listing", `{}`, "A competitor has a new listing", "Open it to see what it says."},
		{
			"competitor-price-reduction", `{"competitorName":"Ann Lee","propertyAddress":"1 Main St","originalPrice":500000,"newPrice":450000,"priceReductionPercent":10}`,
			"Ann Lee cut a price", "1 Main St. From $500,000 to $450,000, down 10 %.",
		},
		{
			"competitor-withdrawal", `{"competitorName":"Ann Lee","propertyAddress":"1 Main St","status":"expired","daysOnMarket":90}`,
			"A listing of Ann Lee expired", "1 Main St. Days on the market: 90.",
		},
		{"competitor-withdrawal", `{"status":"withdrawn"}`, "A listing of a competitor was withdrawn", "Open it to see what it says."},
		{"neighborhood-trend", `{"neighborhood":"Ballard","trendType":"price-increase","changePercent":12.5}`, "Prices are rising in Ballard", "Up 12.5 %."},
		{"neighborhood-trend", `{"neighborhood":"Ballard","trendType":"dom-decrease","changePercent":20}`, "Homes sell faster in Ballard", "Down 20 %."},
		{"price-reduction", `{"propertyAddress":7,"originalPrice":"a lot","newPrice":420000}`, "Price cut at 7", "Now $420,000."},
		{"price-reduction", `{"newPrice":-1,"daysOnMarket":{}}`, "Price cut", "Open it to see what it says."},
		{"earthquake", `{}`, "New alert", "Open it to see what it says."},
	}
	for _, test := range tests {
		w := newWorld(t)
		w.mustRaise("A", func(detail *events.AlertCreated) {
			detail.AlertType, detail.Data = test.alertType, json.RawMessage(test.data)
		})
		for _, item := range w.Data("NOTIFICATION#") {
			if diff := cmp.Diff([]any{test.title, test.message}, []any{item["title"], item["message"]}); diff != "" {
				t.Errorf("%s %s: %s", test.alertType, test.data, diff)
			}
		}
	}
}

func TestWhatIsTooLargeForAJobIsLeftAway(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.preferences(fields{"quietHours": fields{"enabled": true, "startTime": "08:00", "endTime": "09:00"}})
	w.mustRaise("A", func(detail *events.AlertCreated) {
		detail.Data = json.RawMessage(`{"propertyAddress":"` + strings.Repeat("x", 200<<10) + `"}`)
	})
	err := w.notifier.AIJobFailed(t.Context(), about(func(d *events.AIJobFailed) { d.UserID, d.Error = agent, strings.Repeat("x", 900<<10) }))
	if err != nil {
		t.Fatal(err)
	}
	for _, job := range w.Data("NOTIFICATION_JOB#") {
		if detail := job["fact"].(fields)["detail"].(string); len(detail) > 4<<10 {
			t.Errorf("a job keeps %d bytes", len(detail))
		}
	}
	w.tickAt(now.Add(time.Hour))
	if got := len(w.mailer.mails()); got != 2 {
		t.Errorf("%d mails", got)
	}
}
