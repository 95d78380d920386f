package events_test

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/bayon-coagent/event-consumers/pkg/events"
	"github.com/bayon-coagent/event-consumers/pkg/events/eventstest"
	"github.com/bayon-coagent/event-consumers/pkg/events/schemas"
)

// decodeChanged decodes an event after a change of its detail.
func decodeChanged(t *testing.T, entry events.Entry, text []byte, change func(detail map[string]any)) error {
	t.Helper()
	var event map[string]any
	if err := json.Unmarshal(text, &event); err != nil {
		t.Fatal(err)
	}
	change(event["detail"].(map[string]any))
	changed, err := json.Marshal(event)
	if err != nil {
		t.Fatal(err)
	}
	delivery, err := events.ParseDelivery(changed)
	if err != nil {
		t.Fatal(err)
	}
	_, err = entry.Decode(delivery)
	return err
}

// What the last release published is accepted now: the event that it recorded, without each of its optional fields, and with
// each value that there was.
func TestEventsOfTheLastReleaseAreAccepted(t *testing.T) {
	t.Parallel()
	for _, entry := range events.Catalogue() {
		name := entry.SchemaName() + ".json"
		event, err := os.ReadFile(filepath.Join("schemas", "released", "events", name))
		if os.IsNotExist(err) {
			continue // a new fact
		}
		if err != nil {
			t.Fatal(err)
		}
		text, err := os.ReadFile(filepath.Join("schemas", "released", name))
		if err != nil {
			t.Fatal(err)
		}
		released, err := schemas.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		accepts := func(what string, change func(detail map[string]any)) {
			t.Helper()
			if err := decodeChanged(t, entry, event, change); err != nil {
				t.Errorf("%s, %s: %v", entry.Fact.DetailType(), what, err)
			}
		}
		accepts("as it was", func(map[string]any) {})
		detail := released.Detail()
		for _, field := range slices.Sorted(maps.Keys(detail.Properties)) {
			if !slices.Contains(detail.Required, field) {
				accepts("without "+field, func(detail map[string]any) { delete(detail, field) })
			}
			for _, value := range detail.Properties[field].Enum {
				accepts(field+" "+value, func(detail map[string]any) { detail[field] = value })
			}
		}
	}
}

func TestVersionsThatAreAccepted(t *testing.T) {
	t.Parallel()
	for version, accepted := range map[string]bool{
		"": true, "1.0.0": true, "1.0": true, "1": true, "1.99.3": true, "1.0.0-beta": true, "latest": true, "2026-11-20": true,
		"0.9.0": false, "2.0.0": false, "2": false, "10.0.0": false, "-1.0.0": false,
	} {
		for _, entry := range events.Catalogue() {
			event := eventstest.Payload(t, entry.Example)
			err := decodeChanged(t, entry, event, func(detail map[string]any) {
				detail["metadata"] = map[string]any{"schemaVersion": version}
				detail["aFieldOfANewerVersion"] = map[string]any{"of": []any{"any", "type"}}
			})
			if (err == nil) != accepted {
				t.Errorf("%s of version %q: %v", entry.Fact.DetailType(), version, err)
			}
		}
	}
}
