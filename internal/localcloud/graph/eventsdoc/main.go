// Command eventsdoc writes what is known of every fact into docs/events.md, between two comments that mark the place: from
// the catalogue, the schemas, and the way of the facts through the template.
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/graph"
	"github.com/bayon-coagent/event-consumers/pkg/events"
	"github.com/bayon-coagent/event-consumers/pkg/events/schemas"
)

//go:generate go run .

// Where template and document are, seen from this folder.
const (
	templateFile = "../../../../template.yaml"
	documentFile = "../../../../docs/events.md"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "eventsdoc:", err)
		os.Exit(1)
	}
}

func run() error {
	before, err := os.ReadFile(documentFile)
	if err != nil {
		return err
	}
	section, err := render()
	if err != nil {
		return err
	}
	after, err := replace(string(before), section)
	if err != nil {
		return err
	}
	return os.WriteFile(documentFile, []byte(after), 0o644)
}

// The comments that the section stands between.
const (
	begin = "<!-- BEGIN generated facts: make generate -->\n"
	end   = "<!-- END generated facts -->\n"
)

// replace puts a section between the two comments.
func replace(document, section string) (string, error) {
	before, rest, began := strings.Cut(document, begin)
	_, after, ended := strings.Cut(rest, end)
	if !began || !ended {
		return "", fmt.Errorf("the document has no lines %q and %q", begin, end)
	}
	return before + begin + section + end + after, nil
}

func render() (string, error) {
	ways, err := graph.OfProject(templateFile, nil)
	if err != nil {
		return "", err
	}
	var text bytes.Buffer
	text.WriteString("\n## Who publishes and consumes what\n\nAs `bayon graph --format mermaid` shows it: an arrow from a fact is a rule.\n\n```mermaid\n")
	if err := ways.Mermaid(&text); err != nil {
		return "", err
	}
	text.WriteString("```\n\n| Fact | Says |\n|---|---|\n")
	for _, entry := range events.Catalogue() {
		name := entry.Fact.DetailType()
		fmt.Fprintf(&text, "| [%s](#%s) | %s |\n", name, strings.ReplaceAll(strings.ToLower(name), " ", "-"), cell(entry.Description))
	}
	for i, entry := range events.Catalogue() {
		if err := renderFact(&text, entry, ways.Facts[i]); err != nil {
			return "", err
		}
	}
	text.WriteByte('\n')
	return text.String(), nil
}

func renderFact(text *bytes.Buffer, entry events.Entry, way graph.Fact) error {
	document, err := schemas.Of(entry)
	if err != nil {
		return err
	}
	fmt.Fprintf(text, "\n## %s\n\n%s\n\n| | |\n|---|---|\n", entry.Fact.DetailType(), entry.Description)
	fmt.Fprintf(text, "| Source | `%s` |\n| Detail type | `%s` |\n", entry.Fact.Source(), entry.Fact.DetailType())
	fmt.Fprintf(text, "| Schema | [`%s`](../pkg/events/schemas/%s.json), version %s |\n", entry.SchemaName(), entry.SchemaName(), document.Version)
	fmt.Fprintf(text, "| Identity | %s |\n| Published by | %s |\n| Consumed by | %s |\n",
		strings.Join(entry.Identity, ", "), strings.Join(publishers(way), ", "), strings.Join(consumers(way), "<br>"))
	text.WriteString("\n| Field | Type | | |\n|---|---|---|---|\n")
	detail := document.Detail()
	for _, name := range inOrder(detail) {
		if name != "metadata" { // every fact has it
			renderField(text, entry, name, detail)
		}
	}
	example, err := json.MarshalIndent(entry.Example, "", "  ")
	if err != nil {
		return err
	}
	fmt.Fprintf(text, "\nIn the detail of an event, for example:\n\n```json\n%s\n```\n", example)
	return nil
}

// inOrder are the names of an object's members: those that are required, in the order of the fact, then the others.
func inOrder(object *schemas.Schema) []string {
	names := slices.Clone(object.Required)
	for _, name := range slices.Sorted(maps.Keys(object.Properties)) {
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

func renderField(text *bytes.Buffer, entry events.Entry, name string, detail *schemas.Schema) {
	presence := "optional"
	if slices.Contains(detail.Required, name) {
		presence = "required"
	}
	field := detail.Properties[name]
	fmt.Fprintf(text, "| `%s` | %s | %s | %s |\n", name, cell(typeOf(field, entry.Spellings[name])), presence, cell(field.Description))
}

// typeOf says what a field may hold.
func typeOf(field *schemas.Schema, spellings []string) string {
	var said strings.Builder
	switch {
	case field.Enum != nil:
		said.WriteString("`" + strings.Join(field.Enum, "`, `") + "`")
	case field.Items != nil:
		said.WriteString("list of " + typeOf(field.Items, nil))
	case field.Format == "date-time":
		said.WriteString("date and time (RFC 3339)")
	case field.Format == "email":
		said.WriteString("e-mail address")
	case field.Type == "integer":
		said.WriteString("whole number")
	default:
		said.WriteString(field.Type)
	}
	if spellings != nil {
		said.WriteString("; also read: `" + strings.Join(spellings, "`, `") + "`")
	}
	if field.Minimum != nil {
		fmt.Fprintf(&said, ", at least %d", *field.Minimum)
	}
	if field.MinLength > 0 || field.MinItems > 0 {
		said.WriteString(", not empty")
	}
	return said.String()
}

func publishers(way graph.Fact) []string {
	var names []string
	for _, name := range way.PublishedBy {
		if name == events.OtherServices {
			name = "other services of Bayon CoAgent"
		}
		names = append(names, name)
	}
	return names
}

func consumers(way graph.Fact) []string {
	var names []string
	for _, route := range way.Routes {
		names = append(names, fmt.Sprintf("%s, by %s", route.Function, route.Rule))
	}
	if way.ConsumedElsewhere {
		names = append(names, "other services of Bayon CoAgent")
	}
	return names
}

// cell is a text for a table.
func cell(text string) string { return strings.ReplaceAll(text, "|", `\|`) }
