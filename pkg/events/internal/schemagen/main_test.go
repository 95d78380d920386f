package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/bayon-coagent/event-consumers/pkg/events"
)

func TestGenerateWritesEveryFactAndRemovesOldOnes(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	for _, name := range []string{"bayon.coagent.gone.json", "README.md"} {
		if err := os.WriteFile(filepath.Join(folder, name), nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := generate(folder); err != nil {
		t.Fatal(err)
	}
	files, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]bool{}
	for _, file := range files {
		names[file.Name()] = true
	}
	if len(names) != len(events.Catalogue())+1 || !names["README.md"] || !names["bayon.coagent.user.created.json"] {
		t.Errorf("files %v", names)
	}
}

func TestGenerateIntoAFolderThatIsNotThere(t *testing.T) {
	t.Parallel()
	if err := generate(filepath.Join(t.TempDir(), "gone")); err == nil {
		t.Error("it does not fail")
	}
}
