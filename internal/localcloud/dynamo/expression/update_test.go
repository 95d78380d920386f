package expression_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/dynamo/attribute"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/dynamo/expression"
)

func TestUpdates(t *testing.T) {
	t.Parallel()
	const v, list = `":v":{"N":"1"}`, `":v":{"L":[{"N":"7"}]}`
	tests := []struct {
		text, values string
		want         string // what the update leaves of the attributes n, l, m, ss, a, q
	}{
		{"SET a = :v", v, `{"a":{"N":"1"},"n":{"N":"5"}}`},
		{"SET a = (:v)", v, `{"a":{"N":"1"},"n":{"N":"5"}}`},
		{"set a=n, n=:v", v, `{"a":{"N":"5"},"n":{"N":"1"}}`},
		{"SET n = m.x, m.x = n", "", `{"m":{"M":{"x":{"N":"5"},"y":{"L":[{"N":"9"}]}}},"n":{"N":"1"}}`},
		{"SET n = n + :v", v, `{"n":{"N":"6"}}`},
		{"SET n = (n) - (:v)", v, `{"n":{"N":"4"}}`},
		{"SET n = (n - :v)", v, `{"n":{"N":"4"}}`},
		{"SET n = :v - n", v, `{"n":{"N":"-4"}}`},
		{"SET n = :v + m.y[0]", v, `{"n":{"N":"10"}}`},
		{"SET a = if_not_exists(a, :v)", v, `{"a":{"N":"1"},"n":{"N":"5"}}`},
		{"SET n = if_not_exists(n, :v)", v, `{"n":{"N":"5"}}`},
		{"SET n = if_not_exists(a, n) + :v", v, `{"n":{"N":"6"}}`},
		{"SET n = if_not_exists(a, if_not_exists(b, :v))", v, `{"n":{"N":"1"}}`},
		{"SET a = if_not_exists(l[9], :v)", v, `{"a":{"N":"1"},"n":{"N":"5"}}`},
		{"SET l = list_append(l, :v)", list, `{"l":{"L":[{"N":"1"},{"N":"2"},{"N":"3"},{"N":"7"}]},"n":{"N":"5"}}`},
		{"SET l = list_append(:v, l)", list, `{"l":{"L":[{"N":"7"},{"N":"1"},{"N":"2"},{"N":"3"}]},"n":{"N":"5"}}`},
		{"SET a = list_append(if_not_exists(a, :v), :v)", list, `{"a":{"L":[{"N":"7"},{"N":"7"}]},"n":{"N":"5"}}`},
		{"SET l[1] = :v", v, `{"l":{"L":[{"N":"1"},{"N":"1"},{"N":"3"}]},"n":{"N":"5"}}`},
		{"SET l[9] = :v, l[7] = n", v, `{"l":{"L":[{"N":"1"},{"N":"2"},{"N":"3"},{"N":"5"},{"N":"1"}]},"n":{"N":"5"}}`},
		{"SET l[0] = :v REMOVE l[1]", v, `{"l":{"L":[{"N":"1"},{"N":"3"}]},"n":{"N":"5"}}`},
		{"SET m.z = :v, m.y[0] = n", v, `{"m":{"M":{"x":{"N":"1"},"y":{"L":[{"N":"5"}]},"z":{"N":"1"}}},"n":{"N":"5"}}`},
		{"SET m.#dotted = :v", v, `{"m":{"M":{"a.b":{"N":"1"},"x":{"N":"1"},"y":{"L":[{"N":"9"}]}}},"n":{"N":"5"}}`},
		{"REMOVE n, q", "", `{}`},
		{"REMOVE m.x, m.q", "", `{"m":{"M":{"y":{"L":[{"N":"9"}]}}},"n":{"N":"5"}}`},
		{"REMOVE l[0], l[1]", "", `{"l":{"L":[{"N":"3"}]},"n":{"N":"5"}}`},
		{"REMOVE l[2], l[0], l[7]", "", `{"l":{"L":[{"N":"2"}]},"n":{"N":"5"}}`},
		{"REMOVE m.y[0]", "", `{"m":{"M":{"x":{"N":"1"},"y":{"L":[]}}},"n":{"N":"5"}}`},
		{"ADD n :v, a :v", v, `{"a":{"N":"1"},"n":{"N":"6"}}`},
		{"ADD m.x :v, l[0] :v", v, `{"l":{"L":[{"N":"2"},{"N":"2"},{"N":"3"}]},"m":{"M":{"x":{"N":"2"},"y":{"L":[{"N":"9"}]}}},
			"n":{"N":"5"}}`},
		{"ADD ss :v", `":v":{"SS":["c","a"]}`, `{"n":{"N":"5"},"ss":{"SS":["a","b","c"]}}`},
		{"ADD a :v", `":v":{"NS":["2","1"]}`, `{"a":{"NS":["1","2"]},"n":{"N":"5"}}`},
		{"DELETE ss :v", `":v":{"SS":["b","z"]}`, `{"n":{"N":"5"},"ss":{"SS":["a"]}}`},
		{"DELETE ss :v", `":v":{"SS":["b","a"]}`, `{"n":{"N":"5"},"ss":null}`},
		{"DELETE a :v", `":v":{"SS":["b"]}`, `{"n":{"N":"5"}}`},
		{"SET a = n REMOVE m ADD n :v DELETE ss :s", v + `,":s":{"SS":["a"]}`,
			`{"a":{"N":"5"},"m":null,"n":{"N":"6"},"ss":{"SS":["b"]}}`},
		{"DELETE ss :s ADD n :v REMOVE m SET a = n", v + `,":s":{"SS":["a"]}`,
			`{"a":{"N":"5"},"m":null,"n":{"N":"6"},"ss":{"SS":["b"]}}`},
	}
	before := item(t, `{"n":{"N":"5"},"l":{"L":[{"N":"1"},{"N":"2"},{"N":"3"}]},"m":{"M":{"x":{"N":"1"},"y":{"L":[{"N":"9"}]}}},
		"ss":{"SS":["a","b"]}}`)
	unchanged := string(before.AppendJSON(nil))
	for _, test := range tests {
		update, err := expression.ParseUpdate(test.text, placeholders(t, test.text, test.values))
		if err != nil {
			t.Errorf("%s: %v", test.text, err)
			continue
		}
		after, err := update.Apply(before)
		if err != nil {
			t.Errorf("%s: %v", test.text, err)
			continue
		}
		want := before.Without("n")
		for _, name := range []string{"m", "ss"} {
			if strings.Contains(test.want, `"`+name+`":null`) {
				want = want.Without(name)
			}
		}
		for _, member := range item(t, test.want) {
			want = want.With(member.Name, member.Value)
		}
		if diff := cmp.Diff(string(want.AppendJSON(nil)), string(after.AppendJSON(nil))); diff != "" {
			t.Errorf("%s (-want +got)\n%s", test.text, diff)
		}
		if string(before.AppendJSON(nil)) != unchanged {
			t.Fatalf("%s changed the item before it", test.text)
		}
	}
}

func TestUpdatesThatTheItemDoesNotAllow(t *testing.T) {
	t.Parallel()
	const (
		v           = `":v":{"N":"1"}`
		invalidPath = "The document path provided in the update expression is invalid for update"
		wrongType   = "An operand in the update expression has an incorrect data type"
		missing     = "The provided expression refers to an attribute that does not exist in the item"
		overflow    = "Number overflow. Attempting to store a number with magnitude larger than supported range"
	)
	tests := []struct{ text, values, want string }{
		{"SET a = q", "", missing}, {"SET a = q + :v", v, missing}, {"SET a = :v - l[9]", v, missing},
		{"SET a = list_append(q, :v)", `":v":{"L":[]}`, missing}, {"SET a = if_not_exists(q, r)", "", missing},
		{"SET a = s + :v", v, wrongType}, {"SET a = :v - s", v, wrongType}, {"SET a = list_append(n, :v)", `":v":{"L":[]}`, wrongType},
		{"SET a = list_append(l, if_not_exists(q, :v))", v, wrongType},
		{"SET q.x = :v", v, invalidPath}, {"SET m[0] = :v", v, invalidPath}, {"SET l.x = :v", v, invalidPath}, {"SET n.x = :v", v,
			invalidPath},
		{"SET q[0] = :v", v, invalidPath}, {"SET l[9].x = :v", v, invalidPath}, {"SET m.q.x = :v", v, invalidPath},
		{"REMOVE q.x", "", invalidPath}, {"REMOVE m.q.x", "", invalidPath}, {"REMOVE n.x", "", invalidPath}, {"REMOVE m[0]", "",
			invalidPath},
		{"ADD s :v", v, wrongType}, {"ADD n :v", `":v":{"NS":["1"]}`, wrongType}, {"ADD ss :v", `":v":{"NS":["1"]}`, wrongType},
		{"ADD ss :v", v, wrongType}, {"ADD q.x :v", v, invalidPath}, {"DELETE q.x :v", `":v":{"SS":["a"]}`, invalidPath},
		{"DELETE ss :v", `":v":{"NS":["1"]}`, wrongType}, {"DELETE n :v", `":v":{"NS":["1"]}`, wrongType},
		{"SET a = :v + :v", `":v":{"N":"9e125"}`, overflow}, {"ADD n :v", `":v":{"N":"1e60"}`, overflow},
	}
	subject := item(t, subject)
	for _, test := range tests {
		update, err := expression.ParseUpdate(test.text, placeholders(t, test.text, test.values))
		if err != nil {
			t.Errorf("%s: %v", test.text, err)
			continue
		}
		if _, err := update.Apply(subject); message(t, err) != test.want {
			t.Errorf("%s: %v, want %s", test.text, err, test.want)
		}
	}
}

func TestUpdatesAreRefused(t *testing.T) {
	t.Parallel()
	const v = `":v":{"N":"1"}`
	tests := []struct{ text, values, want string }{
		{"", "", `The expression can not be empty;`},
		{"SET", "", `Syntax error; token: "<EOF>", near: "SET"`},
		{"SET a", "", `Syntax error; token: "<EOF>", near: "a"`},
		{"SET a = ", "", `Syntax error; token: "<EOF>", near: "= "`},
		{"SET a b", "", `Syntax error; token: "b", near: "a b"`},
		{"FOO a", "", `Syntax error; token: "FOO", near: "FOO a"`},
		{"SET a = :v,", v, `Syntax error; token: "<EOF>", near: ","`},
		{"SET a = :v x", v, `Syntax error; token: "x", near: ":v x"`},
		{"SET a = :v + ", v, `Syntax error; token: "<EOF>", near: "+ "`},
		{"SET a = :v $ b", v, `Syntax error; token: "$", near: ":v $ b"`},
		{"SET a = b + c + d", "", `Syntax error; token: "+", near: "c + d"`},
		{"SET a = (b + c) + d", "", `Syntax error; token: "+", near: ") + d"`},
		{"SET a = b + (c + d)", "", `Syntax error; token: "<EOF>", near: ")"`},
		{"SET a = if_not_exists(a, b + c)", "", `Syntax error; token: "+", near: "b + c"`},
		{"SET a = 1", "", `Syntax error; token: "1", near: "= 1"`},
		{"SET (a) = :v", v, `Syntax error; token: "(", near: "SET (a"`},
		{"SET a = :v REMOVE", v, `Syntax error; token: "<EOF>", near: "REMOVE"`},
		{"REMOVE a.b[", "", `Syntax error; token: "<EOF>", near: "["`},
		{"ADD a b", "", `Syntax error; token: "b", near: "a b"`},
		{"ADD a", "", `Syntax error; token: "<EOF>", near: "a"`},
		{"SET set = :v", v, `Syntax error; token: "set", near: "SET set ="`},

		{"SET a = ((:v))", v, `The expression has redundant parentheses;`},
		{"SET a = :v SET b = :v", v, `The "SET" section can only be used once in an update expression;`},
		{"SET a = foo(:v)", v, `Invalid function name; function: foo`},
		{"SET a = IF_NOT_EXISTS(a, :v)", v, `Invalid function name; function: IF_NOT_EXISTS`},
		{"SET a = size(b)", "", `The function is not allowed in an update expression; function: size`},
		{"SET name = :v", v, `Attribute name is a reserved keyword; reserved keyword: name`},
		{"SET #x = :v", v, `An expression attribute name used in the document path is not defined; attribute name: #x`},
		{"SET a = :q", "", `An expression attribute value used in expression is not defined; attribute value: :q`},
		{"SET a = list_append(:v)", v,
			`Incorrect number of operands for operator or function; operator or function: list_append, number of operands: 1`},
		{"SET a = list_append(:v, b)", v,
			`Incorrect operand type for operator or function; operator or function: list_append, operand type: N`},
		{"SET a = :v + b", `":v":{"S":"x"}`, `Incorrect operand type for operator or function; operator or function: +, operand type: S`},
		{"SET a = b - :v", `":v":{"S":"x"}`, `Incorrect operand type for operator or function; operator or function: -, operand type: S`},
		{"SET a = if_not_exists(:v, :v)", v, `Operator or function requires a document path; operator or function: if_not_exists`},
		{"ADD a :v", `":v":{"L":[]}`,
			`Incorrect operand type for operator or function; operator: ADD, operand type: LIST, typeSet: ALLOWED_FOR_ADD_OPERAND`},
		{"DELETE a :v", v, `Incorrect operand type for operator or function; operator: DELETE, operand type: NUMBER, typeSet: ALLOWED_FOR_DELETE_OPERAND`},
		{"SET a = :v REMOVE a", v,
			`Two document paths overlap with each other; must remove or rewrite one of these paths; path one: [a], path two: [a]`},
		{"SET a = :v, a.b[1] = :v", v,
			`Two document paths overlap with each other; must remove or rewrite one of these paths; path one: [a], path two: [a, b, [1]]`},
		{"SET a[0] = :v ADD a.b :v", v,
			`Two document paths conflict with each other; must remove or rewrite one of these paths; path one: [a, [0]], path two: [a, b]`},
	}
	for _, test := range tests {
		_, err := expression.ParseUpdate(test.text, placeholders(t, test.text, test.values))
		if got, want := message(t, err), "Invalid UpdateExpression: "+test.want; got != want {
			t.Errorf("%q\n got %s\nwant %s", test.text, got, want)
		}
	}
}

func TestWhatAnUpdateTells(t *testing.T) {
	t.Parallel()
	const text = "SET m.x = :v, l[1] = :v, a = :v, c = b REMOVE l[0] ADD d :s DELETE e :s"
	update, err := expression.ParseUpdate(text, placeholders(t, text, `":v":{"N":"1"},":s":{"SS":["x"]}`))
	if err != nil {
		t.Fatal(err)
	}
	var paths []string
	for _, path := range update.Paths() {
		paths = append(paths, path.String())
	}
	if diff := cmp.Diff([]string{"[m, x]", "[l, [1]]", "[a]", "[c]", "[l, [0]]", "[d]", "[e]"}, paths); diff != "" {
		t.Error(diff)
	}
	touched := update.Touched(item(t, `{"l":{"L":[{"N":"1"},{"N":"2"},{"N":"3"}]},"m":{"M":{"x":{"N":"1"},"y":{"N":"2"}}},
		"other":{"N":"1"}}`))
	if got, want := string(touched.AppendJSON(nil)), `{"l":{"L":[{"N":"1"},{"N":"2"}]},"m":{"M":{"x":{"N":"1"}}}}`; got != want {
		t.Errorf("touched %s, want %s", got, want)
	}
	for name, want := range map[string]attribute.Type{"a": attribute.Number, "d": attribute.StringSet, "c": 0, "m": 0, "e": 0,
		"x": 0} {
		if kind, known := update.Assigned(name); kind != want || known != (want != 0) {
			t.Errorf("%s is assigned %v, %v", name, kind, known)
		}
	}
	for text, want := range map[string]bool{
		"REMOVE a": true, "DELETE a :s": true, "REMOVE a DELETE b :s": true, "SET a = :s": false, "ADD a :s": false,
		"REMOVE a ADD b :s": false,
	} {
		update, err := expression.ParseUpdate(text, placeholders(t, text, `":s":{"SS":["x"]}`))
		if err != nil {
			t.Fatal(err)
		}
		if update.OnlyRemoves() != want {
			t.Errorf("%s only removes: %v", text, !want)
		}
	}
}

func TestNoUpdateChangesNothing(t *testing.T) {
	t.Parallel()
	var none *expression.Update
	subject := item(t, subject)
	after, err := none.Apply(subject)
	if err != nil || len(after) != len(subject) || none.Paths() != nil || none.Touched(subject) != nil || none.OnlyRemoves() {
		t.Errorf("no update does something: %v, %v", after, err)
	}
}

// Lists are updated by indexes that are all of the list before the update.
func TestListUpdatesFollowAModel(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		length := rapid.IntRange(0, 5).Draw(t, "length")
		list := make([]attribute.Value, length)
		for i := range list {
			list[i] = attribute.Int(i)
		}
		model := make([]int, length) // what is at an index: itself, 100+index when set, -1 when removed
		for i := range model {
			model[i] = i
		}
		var sets, removes []string
		appended := map[int]int{}
		for _, index := range rapid.SliceOfNDistinct(rapid.IntRange(0, 7), 1, 4, rapid.ID[int]).Draw(t, "indexes") {
			path := "l[" + string(rune('0'+index)) + "]"
			set := rapid.Bool().Draw(t, "set")
			switch {
			case set && index < length:
				model[index] = 100
			case set:
				appended[index] = 100
			case index < length:
				model[index] = -1
			}
			if set {
				sets = append(sets, path+" = :v")
			} else if index < length || len(appended) == 0 {
				removes = append(removes, path)
			}
		}
		if len(appended) > 0 && len(removes) > 0 {
			t.Skip("whether a new element is removed depends on the order of the two")
		}
		var text string
		if len(sets) > 0 {
			text += "SET " + strings.Join(sets, ", ")
		}
		if len(removes) > 0 {
			text += " REMOVE " + strings.Join(removes, ", ")
		}
		var values expression.Placeholders
		if err := values.AddValue(":v", attribute.Int(100)); err != nil {
			t.Fatal(err)
		}
		update, err := expression.ParseUpdate(text, &values)
		if err != nil {
			t.Fatal(err)
		}
		after, err := update.Apply(attribute.Map{{Name: "l", Value: attribute.Value{Type: attribute.List, List: list}}})
		if err != nil {
			t.Fatal(err)
		}
		var want []attribute.Value
		for _, n := range model {
			if n >= 0 {
				want = append(want, attribute.Int(n))
			}
		}
		for range appended {
			want = append(want, attribute.Int(100))
		}
		if got := after[0].Value; !got.Equal(attribute.Value{Type: attribute.List, List: want}) {
			t.Errorf("%s of %d elements leaves %v, want %v", text, length, got.List, want)
		}
	})
}

func FuzzParseUpdate(f *testing.F) {
	f.Add("SET a = if_not_exists(b, :v) + c.d[1], l = list_append(l, :l) REMOVE m.x, l[2] ADD n :v DELETE ss :s")
	subject := item(f, subject)
	f.Fuzz(func(t *testing.T, text string) {
		update, err := expression.ParseUpdate(text, placeholders(t, "#n", `":v":{"N":"1"},":l":{"L":[]},":s":{"SS":["a"]}`))
		if err != nil {
			_ = message(t, err)
			return
		}
		after, err := update.Apply(subject)
		if err != nil {
			_ = message(t, err)
			return
		}
		update.Touched(after)
	})
}
