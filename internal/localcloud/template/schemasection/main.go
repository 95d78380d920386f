// Command schemasection writes one schema resource for each fact of the catalogue into template.yaml, between two
// comments that mark the place.
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/bayon-coagent/event-consumers/pkg/events"
)

//go:generate go run .

// Where template and schemas are, seen from this folder.
const (
	templateFile  = "../../../../template.yaml"
	schemasFolder = "../../../../pkg/events/schemas"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "schemasection:", err)
		os.Exit(1)
	}
}

func run() error {
	source, err := os.ReadFile(templateFile)
	if err != nil {
		return err
	}
	section, err := render(events.Catalogue(), schemasFolder)
	if err != nil {
		return err
	}
	changed, err := replace(string(source), section)
	if err != nil {
		return err
	}
	return os.WriteFile(templateFile, []byte(changed), 0o644)
}

// The comments that the section stands between.
const (
	begin = "  # BEGIN generated schemas\n"
	end   = "  # END generated schemas\n"
)

// replace puts a section between the two comments.
func replace(source, section string) (string, error) {
	before, rest, began := strings.Cut(source, begin)
	_, after, ended := strings.Cut(rest, end)
	if !began || !ended {
		return "", fmt.Errorf("the template has no lines %q and %q", begin, end)
	}
	return before + begin + section + end + after, nil
}

// render writes the resources. A schema is one line, because it is read in its own file and only carried here.
func render(facts []events.Entry, folder string) (string, error) {
	var b strings.Builder
	for _, fact := range facts {
		schema, err := os.ReadFile(filepath.Join(folder, fact.SchemaName()+".json"))
		if err != nil {
			return "", err
		}
		var oneLine bytes.Buffer
		if err := json.Compact(&oneLine, schema); err != nil {
			return "", fmt.Errorf("the schema %s: %w", fact.SchemaName(), err)
		}
		fmt.Fprintf(&b, "  %sSchema:\n", strings.ReplaceAll(fact.Fact.DetailType(), " ", ""))
		fmt.Fprintf(&b, "    Type: AWS::EventSchemas::Schema\n    Properties:\n")
		fmt.Fprintf(&b, "      RegistryName: !GetAtt SchemaRegistry.RegistryName\n")
		fmt.Fprintf(&b, "      SchemaName: %s\n", fact.SchemaName())
		fmt.Fprintf(&b, "      Description: %s\n", quote(fact.Description))
		fmt.Fprintf(&b, "      Type: OpenApi3\n")
		fmt.Fprintf(&b, "      Content: %s\n", quote(oneLine.String()))
	}
	return b.String(), nil
}

// quote writes a text of one line as YAML.
func quote(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }
