package graph_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/graph"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/pattern"
	"github.com/bayon-coagent/event-consumers/pkg/events"
	"github.com/bayon-coagent/event-consumers/pkg/events/schemas"
)

// valueOf draws a value that a schema allows.
func valueOf(t *rapid.T, name string, schema *schemas.Schema, spellings []string) any {
	switch {
	case schema.Type == "object" && len(schema.Properties) > 0:
		object := map[string]any{}
		for _, member := range slices.Sorted(maps.Keys(schema.Properties)) {
			required := slices.Contains(schema.Required, member)
			if !required && rapid.Bool().Draw(t, member+" is absent") {
				continue
			}
			if !required && rapid.IntRange(0, 5).Draw(t, member+" is null") == 0 {
				object[member] = nil
				continue
			}
			object[member] = valueOf(t, member, schema.Properties[member], nil)
		}
		return object
	case schema.Type == "object":
		return anything(2).Draw(t, name)
	case schema.Type == "array":
		list := []any{}
		for range rapid.IntRange(schema.MinItems, schema.MinItems+2).Draw(t, name+" items") {
			list = append(list, valueOf(t, name, schema.Items, nil))
		}
		return list
	case schema.Enum != nil:
		return rapid.SampledFrom(append(slices.Clone(schema.Enum), spellings...)).Draw(t, name)
	case schema.Type == "string":
		return rapid.OneOf(
			rapid.SampledFrom([]string{"a", "ab", "mls", "10.0.0.1", "2026-11-20T09:30:00Z", "AI Job Completed"}),
			rapid.StringN(schema.MinLength, 5, -1),
		).Draw(t, name)
	default:
		least := int64(-3)
		if schema.Minimum != nil {
			least = *schema.Minimum
		}
		return rapid.Int64Range(least, least+4).Draw(t, name)
	}
}

// anything draws any JSON object.
func anything(depth int) *rapid.Generator[map[string]any] {
	return rapid.Custom(func(t *rapid.T) map[string]any {
		object := map[string]any{}
		for _, key := range rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"a", "b", "a.b", "check"}), 0, 3, rapid.ID).Draw(t, "keys") {
			switch kind := rapid.IntRange(0, 4).Draw(t, "kind"); {
			case kind == 0 && depth > 0:
				object[key] = anything(depth-1).Draw(t, key)
			case kind == 1 && depth > 0:
				object[key] = []any{anything(depth-1).Draw(t, key), anything(depth-1).Draw(t, key), 1}
			case kind == 2:
				object[key] = rapid.SampledFrom([]any{nil, true, 1.5, 7}).Draw(t, key)
			default:
				object[key] = rapid.StringN(0, 3, -1).Draw(t, key)
			}
		}
		return object
	})
}

// leaves are the values of an event by the paths of their fields.
func leaves(path string, value any, found map[string][]any) {
	switch value := value.(type) {
	case map[string]any:
		for key, member := range value {
			leaves(strings.TrimPrefix(path+"."+key, "."), member, found)
		}
	case []any:
		for _, element := range value {
			leaves(path, element, found)
		}
	default:
		found[path] = append(found[path], value)
	}
}

// askFor draws a pattern's list for a field, which the field's own values often pass.
func askFor(t *rapid.T, values []any) string {
	candidates := []string{
		`{"exists":true}`, `{"exists":false}`, `null`, `true`, `"mls"`, `""`, `0`, `{"numeric":[">=",0]}`, `{"numeric":["<",0]}`, `{"numeric":["=",2]}`,
		`{"anything-but":"mls"}`, `{"anything-but":[0,1]}`, `{"anything-but":{"prefix":"a"}}`, `{"wildcard":"*"}`, `{"wildcard":"a*b"}`,
		`{"prefix":"bayon"}`, `{"suffix":"Completed"}`, `{"cidr":"10.0.0.0/8"}`, `{"equals-ignore-case":"MLS"}`, `{"prefix":{"equals-ignore-case":"B"}}`,
	}
	for _, value := range values {
		encoded, err := json.Marshal(value)
		if err != nil {
			t.Fatal(err)
		}
		candidates = append(candidates, string(encoded), string(encoded))
		if text, isText := value.(string); isText {
			for _, operator := range []string{"prefix", "suffix", "equals-ignore-case", "exactly"} {
				candidates = append(candidates, fmt.Sprintf(`{%q:%s}`, operator, encoded))
			}
			if text != "" {
				candidates = append(candidates, fmt.Sprintf(`{"anything-but":%s}`, encoded))
			}
		}
	}
	return "[" + strings.Join(rapid.SliceOfN(rapid.SampledFrom(candidates), 1, 2).Draw(t, "tests"), ",") + "]"
}

// asked draws a pattern: a key for each of some fields, with dots in it, which is the same as nested keys.
func asked(t *rapid.T, paths []string, values map[string][]any, depth int) string {
	var fields []string
	for _, path := range rapid.SliceOfNDistinct(rapid.SampledFrom(paths), 1, 3, rapid.ID).Draw(t, "paths") {
		fields = append(fields, fmt.Sprintf("%q:%s", path, askFor(t, values[path])))
	}
	if depth > 0 && rapid.IntRange(0, 2).Draw(t, "or") == 0 {
		fields = append(fields, fmt.Sprintf(`"$or":[%s,%s]`, asked(t, paths, values, depth-1), asked(t, paths, values, depth-1)))
	}
	return "{" + strings.Join(fields, ",") + "}"
}

// What the real engine lets through, the proof must not exclude.
func TestTheProofExcludesNoEventThatMatches(t *testing.T) {
	t.Parallel()
	matched, excluded := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		entry := rapid.SampledFrom(events.Catalogue()).Draw(t, "fact")
		kind, err := graph.KindOf(entry)
		if err != nil {
			t.Fatal(err)
		}
		document, err := schemas.Of(entry)
		if err != nil {
			t.Fatal(err)
		}
		drawn, _ := valueOf(t, "event", document.Event, nil).(map[string]any)
		detail, _ := drawn["detail"].(map[string]any)
		for field, spellings := range entry.Spellings {
			detail[field] = valueOf(t, field, document.Detail().Properties[field], spellings)
		}
		event, err := json.Marshal(drawn)
		if err != nil {
			t.Fatal(err)
		}
		values := map[string][]any{}
		leaves("", drawn, values)
		paths := slices.Sorted(maps.Keys(kind))
		for path := range values {
			if !slices.Contains(paths, path) {
				paths = append(paths, path)
			}
		}
		slices.Sort(paths)
		paths = append(paths, "detail", "detail.metadata", "detail.data.a.b", "nowhere", "detail.userId.nowhere")
		for range 5 {
			written := asked(t, slices.Compact(slices.Sorted(slices.Values(paths))), values, 2)
			compiled, err := pattern.Compile([]byte(written), 100_000)
			if err != nil {
				t.Fatalf("%s: %v", written, err)
			}
			may := compiled.MayMatch(kind)
			if compiled.Matches(event) {
				matched++
				if !may {
					t.Fatalf("%s matches %s, and the proof says that it cannot", written, event)
				}
			}
			if !may {
				excluded++
			}
		}
	})
	if matched == 0 || excluded == 0 {
		t.Errorf("%d patterns matched and %d were excluded: this shows nothing", matched, excluded)
	}
	t.Logf("%d patterns matched, %d were excluded", matched, excluded)
}
