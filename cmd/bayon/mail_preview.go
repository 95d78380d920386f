package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/bayon-coagent/event-consumers/internal/mail/sample"
)

type mailPreviewCommand struct {
	Kind string `arg:"" optional:"" help:"Kind of mail. Without one, the kinds are listed."`
	Out  string `help:"Folder to write KIND.html into, or - for standard output." default:"-"`
	Text bool   `help:"The text that goes with the HTML: beside it in the folder, or instead of it on standard output."`
	All  string `help:"Write the HTML and the text of every kind into this folder." placeholder:"DIR" type:"path"`
}

// Help is shown with --help.
func (*mailPreviewCommand) Help() string {
	return `The samples are made of invented data, with the templates of internal/mail/templates as they were when bayon was
built. Nothing is sent, and no local cloud is needed.

Examples:
  bayon mail preview                             list the kinds
  bayon mail preview price-reduction --text      read one
  bayon mail preview welcome --out /tmp          write /tmp/welcome.html
  bayon mail preview --all /tmp/mails            write them all`
}

// Run needs no running local cloud.
func (c *mailPreviewCommand) Run() error {
	samples := sample.All()
	switch {
	case c.All != "" && (c.Kind != "" || c.Out != "-" || c.Text):
		return &usageError{"--all writes every kind, with its text: it takes no KIND, no --out and no --text"}
	case c.All != "":
		for _, made := range samples {
			if err := writePreview(made, c.All, true); err != nil {
				return err
			}
		}
		return nil
	case c.Kind == "":
		fmt.Println(sampleNames(samples, "\n"))
		return nil
	}
	index := slices.IndexFunc(samples, func(made sample.Sample) bool { return made.Name == c.Kind })
	if index < 0 {
		return &usageError{fmt.Sprintf("no kind of mail is called %q; there are %s", c.Kind, sampleNames(samples, ", "))}
	}
	if c.Out != "-" {
		return writePreview(samples[index], c.Out, c.Text)
	}
	letter, err := samples[index].Letter()
	if err != nil {
		return err
	}
	if c.Text {
		fmt.Print("Subject: ", letter.Subject, "\n\n", letter.Text)
		return nil
	}
	fmt.Print(letter.HTML)
	return nil
}

func sampleNames(samples []sample.Sample, separator string) string {
	names := make([]string, len(samples))
	for i, made := range samples {
		names[i] = made.Name
	}
	return strings.Join(names, separator)
}

// writePreview writes a sample into a folder, which it makes if need be.
func writePreview(made sample.Sample, folder string, withText bool) error {
	letter, err := made.Letter()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return fmt.Errorf("preview: %w", err)
	}
	path := filepath.Join(folder, made.Name)
	err = os.WriteFile(path+".html", []byte(letter.HTML), 0o644)
	if withText {
		err = errors.Join(err, os.WriteFile(path+".txt", []byte("Subject: "+letter.Subject+"\n\n"+letter.Text), 0o644))
	}
	if err != nil {
		return fmt.Errorf("preview: %w", err)
	}
	fmt.Println(path + ".html")
	return nil
}
