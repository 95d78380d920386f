package pattern_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/awsapi"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/pattern"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/pattern/scan"
)

// object is a JSON object that remembers the order of its members.
type object []member

type member struct {
	key   string
	value any // object, []any, string, json.Number, bool or nil
}

// text writes JSON, with the members in the order that shuffle gives them.
func text(value any, shuffle func([]member) []member) string {
	switch value := value.(type) {
	case object:
		var members []string
		for _, m := range shuffle(slices.Clone(value)) {
			members = append(members, quote(m.key)+":"+text(m.value, shuffle))
		}
		return "{" + strings.Join(members, ",") + "}"
	case []any:
		var elements []string
		for _, element := range value {
			elements = append(elements, text(element, shuffle))
		}
		return "[" + strings.Join(elements, " , ") + "]"
	default:
		encoded, err := json.Marshal(value)
		if err != nil {
			panic(err)
		}
		return string(encoded)
	}
}

func quote(text string) string { return string(scan.AppendString(nil, text)) }

func inOrder(members []member) []member { return members }

func scalars() *rapid.Generator[any] {
	return rapid.OneOf(
		rapid.Custom(func(t *rapid.T) any { return rapid.StringN(0, 6, -1).Draw(t, "string") }),
		rapid.Custom(func(t *rapid.T) any {
			return rapid.SampledFrom([]string{"a", "b", "ab", "10.0.0.1", ""}).Draw(t, "word")
		}),
		rapid.Custom(func(t *rapid.T) any {
			return json.Number(rapid.SampledFrom([]string{"0", "1", "1.0", "-2.5", "3e2", "12345678901234567890", "0.1"}).Draw(t, "number"))
		}),
		rapid.SampledFrom([]any{true, false, nil}),
	)
}

func values(depth int) *rapid.Generator[any] {
	if depth == 0 {
		return scalars()
	}
	return rapid.OneOf(
		scalars(),
		rapid.Custom(func(t *rapid.T) any { return objects(depth-1).Draw(t, "object") }),
		rapid.Custom(func(t *rapid.T) any { return rapid.SliceOfN(values(depth-1), 0, 3).Draw(t, "array") }),
	)
}

func objects(depth int) *rapid.Generator[object] {
	return rapid.Custom(func(t *rapid.T) object {
		keys := rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"a", "b", "c", "d", "source", "x y", "é"}), 1, 4, rapid.ID).Draw(t, "keys")
		var made object
		for _, key := range keys {
			made = append(made, member{key, values(depth).Draw(t, "value of "+key)})
		}
		return made
	})
}

// ownPattern is the pattern that asks for exactly what the event has, along one path through each of its arrays.
func ownPattern(t *rapid.T, value any) (string, bool) {
	switch value := value.(type) {
	case object:
		var fields []string
		for _, m := range value {
			if field, ok := ownPattern(t, m.value); ok {
				fields = append(fields, quote(m.key)+":"+field)
			}
		}
		return "{" + strings.Join(fields, ",") + "}", len(fields) > 0
	case []any:
		if len(value) == 0 {
			return "", false
		}
		return ownPattern(t, rapid.SampledFrom(value).Draw(t, "element"))
	default:
		return "[" + text(value, inOrder) + "]", true
	}
}

func TestEventsMatchTheirOwnLeavesInAnyOrder(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		event := objects(3).Draw(t, "event")
		own, ok := ownPattern(t, event)
		if !ok {
			t.Skip("no leaves")
		}
		compiled, err := pattern.Compile([]byte(own), 100_000)
		if err != nil {
			t.Fatal(err)
		}
		for range 3 {
			shuffled := text(event, func(members []member) []member { return rapid.Permutation(members).Draw(t, "order") })
			if !compiled.Matches([]byte(shuffled)) {
				t.Fatalf("%s does not match %s", own, shuffled)
			}
		}
	})
}

// fieldTests generates what may stand in a pattern's lists.
func fieldTests() *rapid.Generator[string] {
	return rapid.SampledFrom([]string{
		`"a"`, `"b"`, `1`, `null`, `true`, `"10.0.0.1"`, `{"exists":true}`, `{"exists":false}`, `{"prefix":"a"}`, `{"suffix":"b"}`,
		`{"anything-but":"a"}`, `{"anything-but":[1,300]}`, `{"anything-but":{"prefix":"a"}}`, `{"numeric":[">=",0,"<",2]}`,
		`{"wildcard":"a*"}`, `{"equals-ignore-case":"A"}`, `{"cidr":"10.0.0.0/8"}`,
	})
}

func patterns(depth int) *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		keys := rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"a", "b", "c", "source", "detail-type"}), 1, 3, rapid.ID).Draw(t, "keys")
		var fields []string
		for _, key := range keys {
			value := "[" + strings.Join(rapid.SliceOfN(fieldTests(), 1, 3).Draw(t, "tests"), ",") + "]"
			if depth > 0 && rapid.Bool().Draw(t, "nested") {
				value = patterns(depth-1).Draw(t, "object")
			}
			fields = append(fields, quote(key)+":"+value)
		}
		if depth > 0 && rapid.IntRange(0, 3).Draw(t, "or") == 0 {
			branches := rapid.SliceOfN(patterns(depth-1), 2, 3).Draw(t, "branches")
			fields = append(fields, `"$or":[`+strings.Join(branches, ",")+"]")
		}
		return "{" + strings.Join(fields, ",") + "}"
	})
}

func TestASetMatchesWhatItsPatternsMatch(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var compiled []*pattern.Pattern
		for _, wanted := range rapid.SliceOfN(patterns(2), 0, 8).Draw(t, "patterns") {
			next, err := pattern.Compile([]byte(wanted), 100_000)
			if err != nil {
				t.Fatalf("%s: %v", wanted, err)
			}
			compiled = append(compiled, next)
		}
		set := pattern.NewSet(compiled...)
		for range 3 {
			event := slices.DeleteFunc(objects(2).Draw(t, "event"), func(m member) bool { return m.key == "source" })
			source := rapid.SampledFrom([]string{"a", "ab", "c", "10.0.0.1"}).Draw(t, "source")
			detailType := rapid.SampledFrom([]string{"a", "b", "x"}).Draw(t, "detail type")
			json := text(append(event, member{"source", source}, member{"detail-type", detailType}), inOrder)
			want := []int{7}
			for i := range compiled {
				if compiled[i].Matches([]byte(json)) {
					want = append(want, i)
				}
			}
			got := set.Match([]int{7}, source, detailType, []byte(json))
			if diff := cmp.Diff(want, got); diff != "" {
				t.Fatalf("%s: %s", json, diff)
			}
		}
	})
}

func TestASetOfManyTextsPerField(t *testing.T) {
	t.Parallel()
	var texts []string
	for i := range 100 {
		texts = append(texts, fmt.Sprintf(`"t%d"`, i))
	}
	list := "[" + strings.Join(texts, ",") + "]"
	set := pattern.NewSet(compile(t, `{"source":`+list+`,"detail-type":`+list+`}`))
	for event, want := range map[[2]string]int{{"t1", "t99"}: 1, {"t1", "t100"}: 0, {"x", "t1"}: 0} {
		json := fmt.Sprintf(`{"source":%q,"detail-type":%q}`, event[0], event[1])
		if got := set.Match(nil, event[0], event[1], []byte(json)); len(got) != want {
			t.Errorf("%v: %v", event, got)
		}
	}
}

func FuzzCompileAndMatch(f *testing.F) {
	for _, test := range conformanceCases(f) {
		f.Add([]byte(test.Pattern), []byte(test.Event))
	}
	f.Add([]byte(`{"$or":[{"a":[1]},{"b":[{"exists":false}]}]}`), []byte(`{"a":[{"b":1},[2]]}`))
	f.Fuzz(func(t *testing.T, wanted, event []byte) {
		compiled, err := pattern.Compile(wanted, pattern.SizeLimit)
		if err != nil {
			var refusal *awsapi.Error
			if !errors.As(err, &refusal) || refusal.Code != "InvalidEventPatternException" {
				t.Fatalf("%T %v", err, err)
			}
			return
		}
		if !json.Valid(wanted) {
			t.Fatalf("%q is no JSON and compiles", wanted)
		}
		compiled.Matches(event)
	})
}
