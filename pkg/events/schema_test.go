package events_test

import (
	"encoding/json"
	"fmt"
	"net/mail"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/bayon-coagent/event-consumers/pkg/events"
	"github.com/bayon-coagent/event-consumers/pkg/events/eventstest"
	"github.com/bayon-coagent/event-consumers/pkg/events/internal/openapi"
)

func TestSchemasAreGenerated(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("schemas/*.json")
	if err != nil {
		t.Fatal(err)
	}
	if len(files) != len(events.Catalogue()) {
		t.Errorf("%d files for %d facts; run go generate ./pkg/events/...", len(files), len(events.Catalogue()))
	}
	for _, entry := range events.Catalogue() {
		want, err := openapi.Document(entry)
		if err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(filepath.Join("schemas", entry.SchemaName()+".json"))
		if err != nil || string(got) != string(want) {
			t.Errorf("%s is not what is generated now (%v); run go generate ./pkg/events/...", entry.SchemaName(), err)
		}
	}
}

// EventBridge takes no larger schema.
func TestSchemasFitTheRegistry(t *testing.T) {
	t.Parallel()
	for _, entry := range events.Catalogue() {
		document, err := openapi.Document(entry)
		if err != nil {
			t.Fatal(err)
		}
		if size := utf8.RuneCount(document); size > 100_000 {
			t.Errorf("%s has %d characters", entry.SchemaName(), size)
		}
	}
}

func TestExamplesFitTheirSchemas(t *testing.T) {
	t.Parallel()
	for _, entry := range events.Catalogue() {
		for _, change := range []eventstest.Change{
			eventstest.Replayed("again"),
			eventstest.WithMetadata(events.Metadata{}),
		} {
			event := parsed(t, eventstest.Payload(t, entry.Example, change))
			if found := schemaOf(t, entry).violations("AWSEvent", event); len(found) > 0 {
				t.Errorf("%s: %v", entry.SchemaName(), found)
			}
		}
	}
}

// components are the schemas of one document.
type components map[string]map[string]any

func schemaOf(t testing.TB, entry events.Entry) components {
	t.Helper()
	text, err := openapi.Document(entry)
	if err != nil {
		t.Fatal(err)
	}
	var document struct {
		OpenAPI    string
		Components struct{ Schemas components }
	}
	if err := json.Unmarshal(text, &document); err != nil || document.OpenAPI != "3.0.0" {
		t.Fatalf("%s: OpenAPI %q, %v", entry.SchemaName(), document.OpenAPI, err)
	}
	return document.Components.Schemas
}

// detail is the schema of the fact itself.
func (s components) detail(entry events.Entry) map[string]any {
	return s[strings.ReplaceAll(entry.Fact.DetailType(), " ", "")]
}

func parsed(t testing.TB, text []byte) any {
	t.Helper()
	var value any
	if err := json.Unmarshal(text, &value); err != nil {
		t.Fatal(err)
	}
	return value
}

// violations checks a value against a component. It knows the keywords that the documents use, and no others.
func (s components) violations(component string, value any) []string {
	return s.check(component, s[component], value)
}

func (s components) check(path string, schema map[string]any, value any) []string {
	var found []string
	complain := func(format string, values ...any) {
		found = append(found, path+": "+fmt.Sprintf(format, values...))
	}
	if schema == nil {
		complain("no such schema")
	}
	for keyword, demand := range schema {
		switch keyword {
		case "description", "x-amazon-events-detail-type", "x-amazon-events-source":
		case "$ref":
			found = append(found, s.violations(strings.TrimPrefix(demand.(string), "#/components/schemas/"), value)...)
		case "type":
			if !hasType(value, demand.(string)) {
				complain("is no %s", demand)
			}
		case "format":
			if text, ok := value.(string); ok && !hasFormat(text, demand.(string)) {
				complain("is no %s", demand)
			}
		case "enum":
			if !slices.Contains(demand.([]any), value) {
				complain("is none of %v", demand)
			}
		case "minimum":
			if number, ok := value.(float64); ok && number < demand.(float64) {
				complain("is less than %v", demand)
			}
		case "minLength":
			if text, ok := value.(string); ok && float64(utf8.RuneCountInString(text)) < demand.(float64) {
				complain("is too short")
			}
		case "minItems":
			if list, ok := value.([]any); ok && float64(len(list)) < demand.(float64) {
				complain("has too few items")
			}
		case "items":
			list, _ := value.([]any)
			for i, item := range list {
				found = append(found, s.check(fmt.Sprintf("%s[%d]", path, i), demand.(map[string]any), item)...)
			}
		case "required":
			object, _ := value.(map[string]any)
			for _, name := range demand.([]any) {
				if _, there := object[name.(string)]; !there {
					complain("%s is missing", name)
				}
			}
		case "properties":
			object, _ := value.(map[string]any)
			for name, property := range demand.(map[string]any) {
				if member, there := object[name]; there {
					found = append(found, s.check(path+"."+name, property.(map[string]any), member)...)
				}
			}
		default:
			complain("the schema has the keyword %s, which this test does not know", keyword)
		}
	}
	return found
}

func hasType(value any, name string) bool {
	switch value := value.(type) {
	case string:
		return name == "string"
	case map[string]any:
		return name == "object"
	case []any:
		return name == "array"
	case float64:
		return name == "integer" && value == float64(int64(value))
	}
	return false
}

func hasFormat(text, name string) bool {
	switch name {
	case "date-time":
		_, err := time.Parse(time.RFC3339, text)
		return err == nil
	case "email":
		_, err := mail.ParseAddress(text)
		return err == nil
	}
	return false
}
