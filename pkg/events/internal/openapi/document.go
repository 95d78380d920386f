// Package openapi describes facts in OpenAPI 3, in the form in which EventBridge's schema registry keeps the schemas that
// it discovers itself, so that its code bindings work.
//
// Form: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-schema-create.html
package openapi

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"

	"github.com/bayon-coagent/event-consumers/pkg/events"
)

// Document is the OpenAPI 3 document of a fact, indented. What it says of the fact comes from the fact's entry in the
// catalogue and from the tags of its struct:
//
//	json      the name; a field with omitempty or omitzero is optional
//	doc       the description
//	format    the format of a text
//	minimum   the smallest number
//	optional  true for a field that is always written, but need not be there
func Document(entry events.Entry) ([]byte, error) {
	name := strings.ReplaceAll(entry.Fact.DetailType(), " ", "")
	detail, err := objectOf(reflect.TypeOf(entry.Fact), entry)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", entry.Fact.DetailType(), err)
	}
	metadata, err := objectOf(reflect.TypeFor[events.Metadata](), events.Entry{})
	if err != nil {
		return nil, fmt.Errorf("metadata: %w", err)
	}
	detail.Description = entry.Description
	detail.Properties["metadata"] = schema{Reference: "#/components/schemas/Metadata"}
	metadata.Description = "What the publisher adds to a fact. Other producers may leave it away."
	return indented(document{
		OpenAPI: "3.0.0",
		Info:    info{Version: events.SchemaVersion, Title: name, Description: entry.Description},
		Paths:   struct{}{},
		Components: components{Schemas: map[string]schema{
			"AWSEvent": envelopeOf(entry.Fact, name),
			name:       detail,
			"Metadata": metadata,
		}},
	})
}

type document struct {
	OpenAPI    string     `json:"openapi"`
	Info       info       `json:"info"`
	Paths      struct{}   `json:"paths"`
	Components components `json:"components"`
}

type info struct {
	Version     string `json:"version"`
	Title       string `json:"title"`
	Description string `json:"description"`
}

type components struct {
	Schemas map[string]schema `json:"schemas"`
}

// schema is the part of OpenAPI's schema object that facts need.
type schema struct {
	Reference   string            `json:"$ref,omitempty"`
	Type        string            `json:"type,omitempty"`
	Format      string            `json:"format,omitempty"`
	Description string            `json:"description,omitempty"`
	Enum        []string          `json:"enum,omitempty"`
	Minimum     *int64            `json:"minimum,omitempty"`
	MinLength   int               `json:"minLength,omitempty"`
	MinItems    int               `json:"minItems,omitempty"`
	Items       *schema           `json:"items,omitempty"`
	Required    []string          `json:"required,omitempty"`
	DetailType  string            `json:"x-amazon-events-detail-type,omitempty"`
	Source      string            `json:"x-amazon-events-source,omitempty"`
	Properties  map[string]schema `json:"properties,omitempty"`
}

// envelopeOf describes the event that brings a fact.
func envelopeOf(fact events.Fact, detail string) schema {
	text := schema{Type: "string"}
	return schema{
		Type:       "object",
		Required:   []string{"account", "detail", "detail-type", "id", "region", "resources", "source", "time", "version"},
		DetailType: fact.DetailType(),
		Source:     fact.Source(),
		Properties: map[string]schema{
			"account":     text,
			"detail":      {Reference: "#/components/schemas/" + detail},
			"detail-type": {Type: "string", Enum: []string{fact.DetailType()}},
			"id":          text,
			"region":      text,
			"replay-name": {Type: "string", Description: "The replay that brings the event once more."},
			"resources":   {Type: "array", Items: &text},
			"source":      {Type: "string", Enum: []string{fact.Source()}},
			"time":        {Type: "string", Format: "date-time"},
			"version":     text,
		},
	}
}

func indented(document document) ([]byte, error) {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	err := encoder.Encode(document)
	return text.Bytes(), err
}
