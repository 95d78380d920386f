package events_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bayon-coagent/event-consumers/pkg/events"
	"github.com/bayon-coagent/event-consumers/pkg/events/eventstest"
)

var update = flag.Bool("update", false, "write testdata anew")

// Every fact has a file that holds an event as Lambda receives it. It is decoded and written again, the same.
func TestFactsOnTheWire(t *testing.T) {
	t.Parallel()
	for _, entry := range events.Catalogue() {
		t.Run(entry.Fact.DetailType(), func(t *testing.T) {
			t.Parallel()
			file := goldenFile(entry)
			if *update {
				writeGolden(t, file, entry)
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatalf("%v; run go test ./pkg/events -update", err)
			}
			delivery, err := events.ParseDelivery(compact(t, want))
			if err != nil {
				t.Fatal(err)
			}
			event, err := entry.Decode(delivery)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(eventstest.Event(entry.Example), event); diff != "" {
				t.Errorf("decoded (-want +got):\n%s", diff)
			}
			got, err := json.Marshal(event)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), indent(t, got)); diff != "" {
				t.Errorf("written again (-want +got):\n%s", diff)
			}
		})
	}
}

func TestEveryGoldenFileHasAFact(t *testing.T) {
	t.Parallel()
	known := map[string]bool{}
	for _, entry := range events.Catalogue() {
		known[goldenFile(entry)] = true
	}
	files, err := filepath.Glob("testdata/*.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if !known[file] {
			t.Errorf("%s belongs to no fact", file)
		}
	}
}

func goldenFile(entry events.Entry) string {
	name := strings.ToLower(strings.ReplaceAll(entry.Fact.DetailType(), " ", "-"))
	return filepath.Join("testdata", name+".json")
}

func writeGolden(t *testing.T, file string, entry events.Entry) {
	t.Helper()
	text := indent(t, eventstest.Payload(t, entry.Example))
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// compact is what Lambda hands over; the file is for people.
func compact(t *testing.T, text []byte) []byte {
	t.Helper()
	var compacted bytes.Buffer
	if err := json.Compact(&compacted, text); err != nil {
		t.Fatal(err)
	}
	return compacted.Bytes()
}

func indent(t *testing.T, text []byte) string {
	t.Helper()
	var indented bytes.Buffer
	if err := json.Indent(&indented, text, "", "  "); err != nil {
		t.Fatal(err)
	}
	return indented.String() + "\n"
}
