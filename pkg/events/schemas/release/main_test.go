package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestReleaseRecordsOnlyWhatMayFollow(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	if err := os.CopyFS(folder, os.DirFS("..")); err != nil {
		t.Fatal(err)
	}
	examples := filepath.Join("..", "..", "testdata")
	if err := os.RemoveAll(filepath.Join(folder, "released")); err != nil {
		t.Fatal(err)
	}
	if err := release(folder, examples); err != nil {
		t.Fatal(err)
	}
	const name = "bayon.coagent.user.created.json"
	schema, err := os.ReadFile(filepath.Join(folder, name))
	if err != nil {
		t.Fatal(err)
	}
	recorded := filepath.Join(folder, "released", name)
	if got, err := os.ReadFile(recorded); err != nil || !bytes.Equal(got, schema) {
		t.Errorf("the schema is not recorded: %v", err)
	}
	if event, err := os.ReadFile(filepath.Join(folder, "released", "events", name)); err != nil || !bytes.Contains(event, []byte(`"User Created"`)) {
		t.Errorf("no event is recorded: %v", err)
	}
	renamed := bytes.ReplaceAll(schema, []byte(`"traceId"`), []byte(`"trace"`))
	if err := os.WriteFile(filepath.Join(folder, name), renamed, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := release(folder, examples); err == nil || !strings.Contains(err.Error(), "User Created: detail.traceId: the field is gone") {
		t.Errorf("got %v", err)
	}
	if got, err := os.ReadFile(recorded); err != nil || !bytes.Equal(got, schema) {
		t.Errorf("what may not follow was recorded: %v", err)
	}
}
