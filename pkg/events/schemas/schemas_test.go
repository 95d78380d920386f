package schemas_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/bayon-coagent/event-consumers/pkg/events"
	"github.com/bayon-coagent/event-consumers/pkg/events/schemas"
)

func TestEveryFactHasItsSchema(t *testing.T) {
	t.Parallel()
	for _, entry := range events.Catalogue() {
		document, err := schemas.Of(entry)
		if err != nil {
			t.Fatal(err)
		}
		if document.Event.DetailType != entry.Fact.DetailType() || document.Event.Source != entry.Fact.Source() {
			t.Errorf("%s: the schema is of %s from %s", entry.Fact.DetailType(), document.Event.DetailType, document.Event.Source)
		}
		detail := document.Detail()
		if detail.Properties["metadata"].Properties["eventKey"] == nil {
			t.Errorf("%s: the metadata are not resolved: %v", entry.Fact.DetailType(), detail.Properties["metadata"])
		}
		if document.Version != events.SchemaVersion {
			t.Errorf("%s: version %s", entry.Fact.DetailType(), document.Version)
		}
		if len(detail.Required) == 0 || !slices.Contains(detail.Required, entry.Identity[0]) {
			t.Errorf("%s: required are %v", entry.Fact.DetailType(), detail.Required)
		}
	}
}

func TestWhatIsNoSchema(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		``:                              "read the schema",
		`{"components":{"schemas":{}}}`: "nothing is called #/components/schemas/AWSEvent",
		`{"components":{"schemas":{"AWSEvent":{"type":"object"}}}}`:                                                                    "AWSEvent has no detail",
		`{"components":{"schemas":{"AWSEvent":{"maxLength":3}}}}`:                                                                      `unknown field "maxLength"`,
		`{"components":{"schemas":{"AWSEvent":{"properties":{"detail":{"$ref":"#/components/schemas/AWSEvent"}}}}}}`:                   "nested deeper",
		`{"components":{"schemas":{"AWSEvent":{"properties":{"detail":null}}}}}`:                                                       "detail: a schema is null",
		`{"components":{"schemas":{"AWSEvent":{"properties":{"detail":{"type":"array","items":{"$ref":"#/components/schemas/X"}}}}}}}`: "nothing is called #/components/schemas/X",
	} {
		if _, err := schemas.Parse([]byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %s", text, err, want)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(`{"openapi":"3.0.0","components":{"schemas":{"AWSEvent":{"type":"object","properties":{"detail":{"type":"object"}}}}}}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		if document, err := schemas.Parse(text); err == nil && document.Detail() == nil {
			t.Error("a document without a detail")
		}
	})
}
