package mail_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bayon-coagent/event-consumers/internal/mail"
	"github.com/bayon-coagent/event-consumers/internal/mail/sample"
)

var update = flag.Bool("update", false, "write testdata anew")

// Each sample has two files: the HTML, and everything else.
func TestMailsOfEachKind(t *testing.T) {
	t.Parallel()
	for _, made := range sample.All() {
		t.Run(made.Name, func(t *testing.T) {
			t.Parallel()
			letter, err := made.Letter()
			if err != nil {
				t.Fatal(err)
			}
			compare(t, made.Name+".txt", plain(letter))
			compare(t, made.Name+".html", letter.HTML)
		})
	}
}

func plain(letter mail.Letter) string {
	var text strings.Builder
	text.WriteString("From: " + letter.From + "\nTo: " + letter.To + "\nSubject: " + letter.Subject + "\n")
	for _, header := range letter.Headers {
		text.WriteString(header.Name + ": " + header.Value + "\n")
	}
	for _, tag := range letter.Tags {
		text.WriteString("[" + tag.Name + "=" + tag.Value + "]\n")
	}
	return text.String() + "\n" + letter.Text
}

func compare(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatalf("%v; run go test ./internal/mail -update", err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", name, diff)
	}
}

func TestEveryGoldenFileHasASample(t *testing.T) {
	t.Parallel()
	known := map[string]bool{}
	for _, made := range sample.All() {
		known[made.Name+".txt"], known[made.Name+".html"] = true, true
	}
	files, err := os.ReadDir("testdata")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if !file.IsDir() && !known[file.Name()] {
			t.Errorf("testdata/%s belongs to no sample", file.Name())
		}
	}
}

// What some client would not show, or a reader should not load.
func TestHTMLStandsAlone(t *testing.T) {
	t.Parallel()
	for _, made := range sample.All() {
		letter, err := made.Letter()
		if err != nil {
			t.Fatal(err)
		}
		for _, unwanted := range []string{"<script", "<img", "<link", "<table", "url(", "@import", "<nil>", "map[", "%!", "ZgotmplZ"} {
			if strings.Contains(letter.HTML, unwanted) || strings.Contains(letter.Text, unwanted) {
				t.Errorf("%s has %q", made.Name, unwanted)
			}
		}
		for _, wanted := range []string{"color-scheme", "prefers-color-scheme: dark", `href="https://app.bayon.example/unsubscribe?token=`} {
			if !strings.Contains(letter.HTML, wanted) {
				t.Errorf("%s lacks %q", made.Name, wanted)
			}
		}
		// Gmail drops a style element of more characters.
		if _, style, _ := strings.Cut(letter.HTML, "<style>"); strings.Index(style, "</style>") > 8192 {
			t.Errorf("%s: the style has %d characters", made.Name, strings.Index(style, "</style>"))
		}
	}
}
