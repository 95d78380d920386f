package events_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bayon-coagent/event-consumers/pkg/events"
)

// wireNames are for ever: rules match on them, archives hold them. A test that fails here tells of a broken promise.
var wireNames = []struct{ detailType, source, schema, exampleIdentity string }{
	{"AI Job Completed", "bayon.coagent.ai", "bayon.coagent.ai.job.completed", "job-318"},
	{"AI Job Failed", "bayon.coagent.ai", "bayon.coagent.ai.job.failed", "job-318#2026-11-20T09:30:00.123Z"},
	{"Alert Created", "bayon.coagent.alert", "bayon.coagent.alert.created", "0c9e1f7a5b3d4c2e8f6a7b9c0d1e2f3a"},
	{"Check Due", "bayon.coagent.schedule", "bayon.coagent.check.due", "price#user-7f3a#2026-11-20T09:30:00.123Z"},
	{
		"Content Publish Failed", "bayon.coagent.content", "bayon.coagent.content.publish.failed",
		"schedule-9#2026-11-20T09:30:00.123Z",
	},
	{
		"Content Published", "bayon.coagent.content", "bayon.coagent.content.published",
		"content-42#linkedin#2026-11-20T09:30:00.123Z",
	},
	{
		"Integration Sync Completed", "bayon.coagent.integration", "bayon.coagent.integration.sync.completed",
		"sync-1024",
	},
	{"Integration Sync Failed", "bayon.coagent.integration", "bayon.coagent.integration.sync.failed", "sync-1024"},
	{
		"Notification Deferred", "bayon.coagent.notification", "bayon.coagent.notification.deferred",
		"notification-77#deferred#2026-11-20T09:30:00.123Z",
	},
	{
		"Notification Failed", "bayon.coagent.notification", "bayon.coagent.notification.failed",
		"notification-77#failed#",
	},
	{"Notification Sent", "bayon.coagent.notification", "bayon.coagent.notification.sent", "notification-77#sent#"},
	{"User Created", "bayon.coagent.user", "bayon.coagent.user.created", "user-7f3a"},
}

func TestCatalogueHoldsThePermanentNames(t *testing.T) {
	t.Parallel()
	catalogue := events.Catalogue()
	if len(catalogue) != len(wireNames) {
		t.Fatalf("the catalogue has %d facts, want %d", len(catalogue), len(wireNames))
	}
	for i, want := range wireNames {
		entry := catalogue[i]
		got := []string{entry.Fact.DetailType(), entry.Fact.Source(), entry.SchemaName(), entry.Example.Identity()}
		if diff := cmp.Diff([]string{want.detailType, want.source, want.schema, want.exampleIdentity}, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", want.detailType, diff)
		}
	}
}

func TestCatalogueEntriesAreComplete(t *testing.T) {
	t.Parallel()
	for _, entry := range events.Catalogue() {
		t.Run(entry.Fact.DetailType(), func(t *testing.T) {
			t.Parallel()
			if err := entry.Example.Validate(); err != nil {
				t.Errorf("the example is invalid: %v", err)
			}
			if entry.Example.DetailType() != entry.Fact.DetailType() || entry.Example.Source() != entry.Fact.Source() {
				t.Error("the example is another fact")
			}
			if len(entry.PublishedBy) == 0 || len(entry.Identity) == 0 || !strings.HasSuffix(entry.Description, ".") {
				t.Errorf("publishers %v, identity %v and description %q must all be there",
					entry.PublishedBy, entry.Identity, entry.Description)
			}
		})
	}
}

func TestCatalogueTellsPublishers(t *testing.T) {
	t.Parallel()
	watchers := []string{"life-event-processor", "competitor-monitor", "trend-detector", "price-reduction"}
	want := map[string][]string{
		"AI Job Completed":           {"platform"},
		"AI Job Failed":              {"platform"},
		"Alert Created":              watchers,
		"Check Due":                  append(watchers, "publish-scheduled-content", "notification-processor", "sync-social-analytics"),
		"Content Publish Failed":     {"publish-scheduled-content"},
		"Content Published":          {"platform", "publish-scheduled-content"},
		"Integration Sync Completed": {"platform", "sync-social-analytics"},
		"Integration Sync Failed":    {"platform", "sync-social-analytics"},
		"Notification Deferred":      {"notification-processor"},
		"Notification Failed":        {"notification-processor"},
		"Notification Sent":          {"notification-processor"},
		"User Created":               {"platform"},
	}
	got := map[string][]string{}
	for _, entry := range events.Catalogue() {
		got[entry.Fact.DetailType()] = entry.PublishedBy
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("publishers (-want +got):\n%s", diff)
	}
}

func TestProvidersAndPlatforms(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name        string
		mls, social bool
	}{
		{"mls", true, false},
		{"mlsgrid", true, false},
		{"bridgeInteractive", true, false},
		{"MLS", false, false},
		{"google", false, false},
		{"facebook", false, true},
		{"instagram", false, true},
		{"linkedin", false, true},
		{"twitter", false, true},
		{"blog", false, false},
		{"newsletter", false, false},
		{"", false, false},
	} {
		if got := events.IsMLSProvider(test.name); got != test.mls {
			t.Errorf("IsMLSProvider(%q) = %v", test.name, got)
		}
		if got := events.IsSocialPlatform(test.name); got != test.social {
			t.Errorf("IsSocialPlatform(%q) = %v", test.name, got)
		}
	}
	if got := events.MLSProviders(); !slices.Equal(got, []string{"mls", "mlsgrid", "bridgeInteractive"}) {
		t.Errorf("MLSProviders() = %v", got)
	}
}

// What the catalogue says of fields is about fields that there are; and a fact is another fact exactly if one of the fields
// that make its identity is another.
func TestCatalogueTellsTheTruthAboutFields(t *testing.T) {
	t.Parallel()
	for _, entry := range events.Catalogue() {
		t.Run(entry.Fact.DetailType(), func(t *testing.T) {
			t.Parallel()
			properties := schemaOf(t, entry).detail(entry)["properties"].(map[string]any)
			fields := slices.Concat(slices.Collect(maps.Keys(entry.Values)), slices.Collect(maps.Keys(entry.Known)))
			for _, field := range entry.Identity {
				if !strings.HasPrefix(field, `"`) { // a literal part
					fields = append(fields, field)
				}
			}
			for _, field := range fields {
				if properties[field] == nil {
					t.Errorf("there is no field %s", field)
				}
			}
			for name, property := range properties {
				other, changeable := changed(property.(map[string]any))
				if !changeable {
					continue
				}
				detail := detailOf(t, entry.Example)
				detail[name] = other
				event, err := entry.Decode(delivery(t, entry.Fact, detail))
				if err != nil {
					t.Fatal(err)
				}
				isOther := event.Detail.Identity() != entry.Example.Identity()
				if isOther != slices.Contains(entry.Identity, name) {
					t.Errorf("with another %s, the identity is another: %v", name, isOther)
				}
			}
		})
	}
}

// changed returns another valid value of a property, if there is one.
func changed(property map[string]any) (value any, changeable bool) {
	values, _ := property["enum"].([]any)
	switch {
	case len(values) == 1 || property["$ref"] != nil:
		return nil, false
	case len(values) > 1:
		return values[0], true
	case property["format"] == "date-time":
		return "2020-01-01T00:00:00Z", true
	case property["format"] == "email":
		return "kim@example.com", true
	case property["type"] == "integer":
		return 5, true
	case property["type"] == "array":
		return []any{"another"}, true
	case property["type"] == "object":
		return map[string]any{}, true
	}
	return "another", true
}
