package openapi_test

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bayon-coagent/event-consumers/pkg/events"
	"github.com/bayon-coagent/event-consumers/pkg/events/internal/openapi"
)

// sampled is a fact with a field of every kind that facts have.
type sampled struct {
	base
	Text     string          `json:"text" doc:"A text."`
	Mail     string          `json:"mail" format:"email" doc:"An address."`
	Choice   string          `json:"choice" doc:"A choice."`
	Names    []string        `json:"names" doc:"Names."`
	Count    *int64          `json:"count,omitempty" minimum:"0" doc:"A number."`
	When     events.Instant  `json:"when,omitzero" doc:"A time."`
	Anything json.RawMessage `json:"anything" optional:"true" doc:"An object."`
}

type base struct {
	Shared string `json:"shared,omitempty" doc:"A shared field."`
}

func (sampled) DetailType() string { return "Fact Sampled" }
func (sampled) Source() string     { return "test" }
func (sampled) Identity() string   { return "" }
func (sampled) Validate() error    { return nil }

func TestDocumentOfAFact(t *testing.T) {
	t.Parallel()
	text, err := openapi.Document(events.Entry{
		Fact:        sampled{},
		Description: "A sample.",
		Values:      map[string][]string{"choice": {"a", "b"}},
		Known:       map[string][]string{"shared": {"x", "y"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	var document struct {
		Info       map[string]string
		Components struct{ Schemas map[string]any }
	}
	if err := json.Unmarshal(text, &document); err != nil {
		t.Fatal(err)
	}
	wantInfo := map[string]string{"version": "1.0.0", "title": "FactSampled", "description": "A sample."}
	if diff := cmp.Diff(wantInfo, document.Info); diff != "" {
		t.Errorf("info (-want +got):\n%s", diff)
	}
	want := map[string]any{
		"type": "object", "description": "A sample.",
		"required": []any{"text", "mail", "choice", "names"},
		"properties": map[string]any{
			"shared":   map[string]any{"type": "string", "description": "A shared field. Known: x, y. New ones may come."},
			"text":     map[string]any{"type": "string", "description": "A text.", "minLength": 1.0},
			"mail":     map[string]any{"type": "string", "description": "An address.", "format": "email"},
			"choice":   map[string]any{"type": "string", "description": "A choice.", "enum": []any{"a", "b"}},
			"count":    map[string]any{"type": "integer", "description": "A number.", "format": "int64", "minimum": 0.0},
			"when":     map[string]any{"type": "string", "description": "A time.", "format": "date-time"},
			"anything": map[string]any{"type": "object", "description": "An object."},
			"names": map[string]any{
				"type": "array", "description": "Names.", "minItems": 1.0,
				"items": map[string]any{"type": "string", "minLength": 1.0},
			},
			"metadata": map[string]any{"$ref": "#/components/schemas/Metadata"},
		},
	}
	if diff := cmp.Diff(want, document.Components.Schemas["FactSampled"]); diff != "" {
		t.Errorf("detail (-want +got):\n%s", diff)
	}
	envelope := document.Components.Schemas["AWSEvent"].(map[string]any)
	if envelope["x-amazon-events-detail-type"] != "Fact Sampled" || envelope["x-amazon-events-source"] != "test" {
		t.Errorf("envelope %v", envelope)
	}
}

type undocumented struct {
	sampled
	Field string `json:"field"`
}

type unknownType struct {
	sampled
	Field float32 `json:"field" doc:"A field."`
}

type wrongMinimum struct {
	sampled
	Field int `json:"field" doc:"A field." minimum:"none"`
}

func TestWhatCannotBeDescribed(t *testing.T) {
	t.Parallel()
	for want, fact := range map[string]events.Fact{
		"Fact Sampled: field: the field has no tag doc":                                          undocumented{},
		"Fact Sampled: field: the type float32 has no schema":                                    unknownType{},
		`Fact Sampled: field: the tag minimum: strconv.ParseInt: parsing "none": invalid syntax`: wrongMinimum{},
	} {
		if _, err := openapi.Document(events.Entry{Fact: fact}); err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}
