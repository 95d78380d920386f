package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestGraphTellsByItsExitCode(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	put := func(name, source string, change func(string) string) string {
		text, err := os.ReadFile(filepath.Join("..", "..", source))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(folder, name), []byte(change(string(text))), 0o600); err != nil {
			t.Fatal(err)
		}
		return filepath.Join(folder, name)
	}
	unchanged := func(text string) string { return text }
	put("Makefile", "Makefile", unchanged)
	whole := put("whole.yaml", "template.yaml", unchanged)
	broken := put("broken.yaml", "template.yaml", func(text string) string { return strings.Replace(text, "[User Created]", "[User created]", 1) })
	for _, test := range []struct {
		arguments []string
		want      int
	}{
		{[]string{"--template", whole}, exitDone},
		{[]string{"--template", whole, "--format", "mermaid"}, exitDone},
		{[]string{"--template", whole, "--json"}, exitDone},
		{[]string{"--template", broken}, exitNotSo},
		{[]string{"--template", broken, "--json"}, exitNotSo},
		{[]string{"--template", broken, "--format", "picture"}, exitUsage},
		{[]string{"--template", filepath.Join(folder, "none.yaml")}, exitUsage},
	} {
		if got := run(append([]string{"graph"}, test.arguments...)); got != test.want {
			t.Errorf("bayon graph %s: exit code %d, want %d", strings.Join(test.arguments, " "), got, test.want)
		}
	}
}
