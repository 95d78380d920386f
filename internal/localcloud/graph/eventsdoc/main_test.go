package main

import (
	"os"
	"strings"
	"testing"

	"github.com/bayon-coagent/event-consumers/pkg/events"
)

func TestTheDocumentIsWhatIsGenerated(t *testing.T) {
	t.Parallel()
	document, err := os.ReadFile(documentFile)
	if err != nil {
		t.Fatal(err)
	}
	section, err := render()
	if err != nil {
		t.Fatal(err)
	}
	want, err := replace(string(document), section)
	if err != nil {
		t.Fatal(err)
	}
	if string(document) != want {
		t.Error("docs/events.md is stale: run make generate")
	}
	for _, entry := range events.Catalogue() {
		if !strings.Contains(section, "\n## "+entry.Fact.DetailType()+"\n") {
			t.Errorf("%s is not told of", entry.Fact.DetailType())
		}
	}
}

func TestADocumentWithoutItsPlaceIsLeftAlone(t *testing.T) {
	t.Parallel()
	for _, document := range []string{"", begin, end, end + begin} {
		if _, err := replace(document, "x"); err == nil {
			t.Errorf("%q has a place for the facts", document)
		}
	}
}
