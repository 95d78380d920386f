package schemas_test

import (
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bayon-coagent/event-consumers/pkg/events"
	"github.com/bayon-coagent/event-consumers/pkg/events/schemas"
)

// What is published now must be understood by those who know the last release, and the other way round. Released schemas are
// in released/, by make release-schemas.
func TestSchemasAreCompatibleWithTheLastRelease(t *testing.T) {
	t.Parallel()
	known := map[string]bool{}
	for _, entry := range events.Catalogue() {
		known[entry.SchemaName()+".json"] = true
		text, err := os.ReadFile(filepath.Join("released", entry.SchemaName()+".json"))
		if os.IsNotExist(err) {
			continue // a new fact
		}
		if err != nil {
			t.Fatal(err)
		}
		released, err := schemas.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		current, err := schemas.Of(entry)
		if err != nil {
			t.Fatal(err)
		}
		added, refused := schemas.Compare(released, current)
		for _, change := range refused {
			t.Errorf("%s: %s. Give the changed fact a new detail type (docs/events.md)", entry.Fact.DetailType(), change)
		}
		if len(added) > 0 && !laterMinor(t, released.Version, current.Version) {
			t.Errorf("%s has new fields (%s) since version %s: raise the minor number of events.SchemaVersion",
				entry.Fact.DetailType(), strings.Join(added, ", "), released.Version)
		}
	}
	files, err := filepath.Glob("released/*.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("no schema was ever released: %v", err)
	}
	for _, file := range files {
		if !known[filepath.Base(file)] {
			t.Errorf("%s is gone, and was released: rules, consumers and archived events know it (docs/events.md says how a fact ends)", file)
		}
	}
}

func laterMinor(t *testing.T, was, is string) bool {
	t.Helper()
	return slices.Compare(numbers(t, is)[:2], numbers(t, was)[:2]) > 0
}

func numbers(t *testing.T, version string) []int {
	t.Helper()
	var read []int
	for part := range strings.SplitSeq(version, ".") {
		n, err := strconv.Atoi(part)
		if err != nil {
			t.Fatalf("version %s: %v", version, err)
		}
		read = append(read, n)
	}
	return read
}

const document = `{"openapi":"3.0.0","info":{"version":"1.0.0"},"components":{"schemas":{"AWSEvent":{"type":"object",
	"x-amazon-events-detail-type":"User Created","x-amazon-events-source":"bayon.coagent.user","required":["detail"],"properties":{
	"detail":{"type":"object","description":"A user.","required":["userId","status","count"],"properties":{
		"userId":{"type":"string","minLength":1},
		"status":{"type":"string","enum":["completed","failed"]},
		"at":{"type":"string","format":"date-time"},
		"count":{"type":"integer","format":"int64","minimum":0},
		"names":{"type":"array","minItems":1,"items":{"type":"string","minLength":1}},
		"metadata":{"type":"object","properties":{"hops":{"type":"integer"}}}}}}}}}}`

func TestWhatMayChange(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		was, is string
		added   []string
		refused []string
	}{
		"nothing":                      {``, ``, nil, nil},
		"a description":                {`A user.`, `An agent.`, nil, nil},
		"a new optional field":         {`"userId":{`, `"nickname":{"type":"string"},"userId":{`, []string{"detail.nickname"}, nil},
		"a new optional field, deeper": {`"hops":{`, `"hop":{"type":"string"},"hops":{`, []string{"detail.metadata.hop"}, nil},
		"a new required field": {
			`"required":["userId",`, `"required":["email","userId",`, nil,
			nil, // named as required, but not described: nothing demands it
		},
		"a new required field, described": {
			`"required":["userId","status","count"],"properties":{`, `"required":["email","userId","status","count"],"properties":{"email":{"type":"string"},`, nil,
			[]string{"detail.email: it is new and required: older events do not have it"},
		},
		"a removed field": {`"at":{"type":"string","format":"date-time"},`, ``, nil, []string{
			"detail.at: the field is gone or has another name: rules, consumers and archived events know it",
		}},
		"a renamed field": {`"at":{`, `"when":{`, []string{"detail.when"}, []string{
			"detail.at: the field is gone or has another name: rules, consumers and archived events know it",
		}},
		"a field that becomes required": {`["userId","status",`, `["at","userId","status",`, nil, []string{
			"detail.at: it was optional and is required: older events do not have it",
		}},
		"a field that becomes optional": {`["userId","status",`, `["userId",`, nil, []string{
			"detail.status: it was required and is optional: older consumers refuse an event without it",
		}},
		"a narrower enum": {`["completed","failed"]`, `["completed"]`, nil, []string{
			`detail.status: the value "failed" is gone: older events have it`,
		}},
		"a wider enum": {`["completed","failed"]`, `["completed","failed","cancelled"]`, nil, []string{
			`detail.status: the value "cancelled" is new: older consumers refuse it`,
		}},
		"an enum that was none": {`"userId":{"type":"string",`, `"userId":{"type":"string","enum":["a"],`, nil, []string{
			"detail.userId: it could have any value and can now have only a: older events have others",
		}},
		"no enum any more": {`,"enum":["completed","failed"]`, ``, nil, []string{
			"detail.status: it could have only completed, failed and can now have any value: older consumers refuse others",
		}},
		"another type":           {`"count":{"type":"integer","format":"int64","minimum":0}`, `"count":{"type":"string"}`, nil, []string{"detail.count: its type was integer and is string"}},
		"another format":         {`"date-time"`, `"date"`, nil, []string{"detail.at: its format was date-time and is date"}},
		"no format any more":     {`,"format":"date-time"`, ``, nil, []string{"detail.at: its format was date-time and is none"}},
		"a longer least length":  {`"userId":{"type":"string","minLength":1}`, `"userId":{"type":"string","minLength":8}`, nil, []string{"detail.userId: its least number of characters was 1 and is 8"}},
		"a higher least number":  {`"minimum":0`, `"minimum":1`, nil, []string{"detail.count: its least number was 0 and is 1"}},
		"items of another kind":  {`"items":{"type":"string","minLength":1}`, `"items":{"type":"integer"}`, nil, []string{"detail.names[]: its type was string and is integer"}},
		"an empty list that may": {`"minItems":1`, `"minItems":0`, nil, []string{"detail.names: its least number of items was 1 and is 0"}},
		"another source":         {`"bayon.coagent.user"`, `"bayon.coagent.users"`, nil, []string{": its source was bayon.coagent.user and is bayon.coagent.users"}},
		"another detail type":    {`"User Created"`, `"User Made"`, nil, []string{": its detail type was User Created and is User Made"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if test.was != "" && strings.Count(document, test.was) != 1 {
				t.Fatalf("%q does not stand in the document once", test.was)
			}
			released, err := schemas.Parse([]byte(document))
			if err != nil {
				t.Fatal(err)
			}
			current, err := schemas.Parse([]byte(strings.Replace(document, test.was, test.is, 1)))
			if err != nil {
				t.Fatal(err)
			}
			added, changes := schemas.Compare(released, current)
			var refused []string
			for _, change := range changes {
				refused = append(refused, change.String())
			}
			if diff := cmp.Diff(test.added, added); diff != "" {
				t.Errorf("added (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(test.refused, refused); diff != "" {
				t.Errorf("refused (-want +got):\n%s", diff)
			}
		})
	}
}
