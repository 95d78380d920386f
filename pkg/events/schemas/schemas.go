// Package schemas holds the OpenAPI 3 document of every fact, as it is in the schema registry, and reads such documents.
// It is for tools and tests: to publish and to consume facts, package events is enough.
package schemas

import (
	"bytes"
	"embed"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/bayon-coagent/event-consumers/pkg/events"
)

//go:embed *.json
var documents embed.FS

// Of is the document of a fact.
func Of(entry events.Entry) (Document, error) {
	text, err := documents.ReadFile(entry.SchemaName() + ".json")
	if err != nil {
		return Document{}, fmt.Errorf("the schema of %s: %w", entry.Fact.DetailType(), err)
	}
	return Parse(text)
}

// Document is a document that was read.
type Document struct {
	Version string  // of the schema, such as 1.0.0
	Event   *Schema // the event that brings the fact: its envelope, and in it the detail
}

// Detail is the schema of the fact itself.
func (d Document) Detail() *Schema { return d.Event.Properties["detail"] }

// Schema is the part of OpenAPI's schema object that facts need. References are resolved.
type Schema struct {
	Type        string             `json:"type"`
	Format      string             `json:"format"`
	Description string             `json:"description"`
	Enum        []string           `json:"enum"`
	Minimum     *int64             `json:"minimum"`
	MinLength   int                `json:"minLength"` // characters
	MinItems    int                `json:"minItems"`
	Items       *Schema            `json:"items"`
	Required    []string           `json:"required"`
	Properties  map[string]*Schema `json:"properties"`
	DetailType  string             `json:"x-amazon-events-detail-type"`
	Source      string             `json:"x-amazon-events-source"`
	Reference   string             `json:"$ref"` // empty once it is resolved
}

// Parse reads a document. What it does not know it refuses: a keyword that is passed over might have been a constraint.
func Parse(text []byte) (Document, error) {
	var document struct {
		OpenAPI string `json:"openapi"`
		Info    struct {
			Version     string `json:"version"`
			Title       string `json:"title"`
			Description string `json:"description"`
		} `json:"info"`
		Paths      struct{} `json:"paths"`
		Components struct {
			Schemas map[string]*Schema `json:"schemas"`
		} `json:"components"`
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&document); err != nil {
		return Document{}, fmt.Errorf("read the schema: %w", err)
	}
	event, err := resolver(document.Components.Schemas).resolve(&Schema{Reference: referencePrefix + "AWSEvent"}, 0)
	if err != nil {
		return Document{}, fmt.Errorf("read the schema: %w", err)
	}
	if event.Properties["detail"] == nil {
		return Document{}, fmt.Errorf("read the schema: AWSEvent has no detail")
	}
	return Document{Version: document.Info.Version, Event: event}, nil
}

const referencePrefix = "#/components/schemas/"

// resolver puts the components of a document in the place of what refers to them.
type resolver map[string]*Schema

// maxDepth is deeper than any fact is nested. Whatever goes deeper refers to itself.
const maxDepth = 12

func (r resolver) resolve(schema *Schema, depth int) (*Schema, error) {
	if depth > maxDepth {
		return nil, fmt.Errorf("it is nested deeper than %d levels", maxDepth)
	}
	if schema == nil {
		return nil, fmt.Errorf("a schema is null")
	}
	if schema.Reference != "" {
		component := r[strings.TrimPrefix(schema.Reference, referencePrefix)]
		if component == nil {
			return nil, fmt.Errorf("nothing is called %s", schema.Reference)
		}
		return r.resolve(component, depth+1)
	}
	resolved := *schema
	if schema.Items != nil {
		items, err := r.resolve(schema.Items, depth+1)
		if err != nil {
			return nil, err
		}
		resolved.Items = items
	}
	if schema.Properties != nil {
		resolved.Properties = make(map[string]*Schema, len(schema.Properties))
	}
	for name, property := range schema.Properties {
		member, err := r.resolve(property, depth+1)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		resolved.Properties[name] = member
	}
	return &resolved, nil
}
