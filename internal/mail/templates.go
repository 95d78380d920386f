package mail

import (
	"embed"
	"fmt"
	htmltemplate "html/template"
	"strings"
	"sync"
	texttemplate "text/template"
)

//go:embed templates
var files embed.FS

// shared is what the text and the HTML of a mail both say.
const shared = "templates/words.tmpl"

// templates holds the parsed templates of each kind of mail.
type templates struct {
	mu    sync.Mutex
	kinds map[string]*kind
}

func newTemplates() *templates { return &templates{kinds: map[string]*kind{}} }

// kind is the templates of one kind of mail.
type kind struct {
	text *texttemplate.Template
	html func() (*htmltemplate.Template, error) // a digest needs only the text of the alerts in it
}

// of parses the templates of a kind when they are first needed.
func (t *templates) of(name string) (*kind, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if known := t.kinds[name]; known != nil {
		return known, nil
	}
	text, err := texttemplate.ParseFS(files, "templates/layout.txt", shared, "templates/"+name+".txt")
	if err != nil {
		return nil, fmt.Errorf("mail templates: %w", err)
	}
	parsed := &kind{
		text: text,
		html: sync.OnceValues(func() (*htmltemplate.Template, error) {
			return htmltemplate.ParseFS(files, "templates/layout.html", shared, "templates/"+name+".html")
		}),
	}
	t.kinds[name] = parsed
	return parsed, nil
}

// words are what a block of the text template says, on one line of at most limit characters.
func (k *kind) words(block string, limit int, shown any) (string, error) {
	var written strings.Builder
	if err := k.text.ExecuteTemplate(&written, block, shown); err != nil {
		return "", fmt.Errorf("mail templates: %w", err)
	}
	return line(written.String(), limit), nil
}

// writeText writes the whole text, without the blank lines that parts which were left out leave behind.
func (k *kind) writeText(shown page) (string, error) {
	var written strings.Builder
	if err := k.text.ExecuteTemplate(&written, "layout", shown); err != nil {
		return "", fmt.Errorf("mail templates: %w", err)
	}
	var tidy strings.Builder
	blank := false
	for text := range strings.SplitSeq(strings.TrimSpace(written.String()), "\n") {
		text = strings.TrimRight(text, " ")
		if text == "" {
			blank = true
			continue
		}
		if blank {
			tidy.WriteByte('\n')
		}
		blank = false
		tidy.WriteString(text)
		tidy.WriteByte('\n')
	}
	return tidy.String(), nil
}

func (k *kind) writeHTML(shown page) (string, error) {
	parsed, err := k.html()
	if err != nil {
		return "", fmt.Errorf("mail templates: %w", err)
	}
	var written strings.Builder
	if err := parsed.ExecuteTemplate(&written, "layout", shown); err != nil {
		return "", fmt.Errorf("mail templates: %w", err)
	}
	return written.String(), nil
}
