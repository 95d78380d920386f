package expression_test

import (
	"testing"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/dynamo/expression"
)

func TestProjections(t *testing.T) {
	t.Parallel()
	tests := []struct{ text, want string }{
		{"n", `{"n":{"N":"5"}}`},
		{"n , s,q", `{"n":{"N":"5"},"s":{"S":"héé€😀"}}`},
		{"q", `{}`}, {"q.x", `{}`}, {"n.x", `{}`}, {"n[0]", `{}`}, {"m[0]", `{}`}, {"l.x", `{}`}, {"m.q", `{}`},
		{"m.x", `{"m":{"M":{"x":{"N":"1"}}}}`},
		{"m.y[0], m.x", `{"m":{"M":{"x":{"N":"1"},"y":{"L":[{"N":"9"}]}}}}`},
		{"l[2], l[0]", `{"l":{"L":[{"N":"1"},{"M":{"q":{"N":"1"}}}]}}`},
		{"l[2].q", `{"l":{"L":[{"M":{"q":{"N":"1"}}}]}}`},
		{"l[7], l[1]", `{"l":{"L":[{"S":"x"}]}}`},
		{"#n, #dotted", `{"a.b":{"S":"dotted"},"name":{"S":"reserved"}}`},
	}
	subject := item(t, subject)
	for _, test := range tests {
		projection, err := expression.ParseProjection(test.text, placeholders(t, test.text, ""))
		if err != nil {
			t.Errorf("%s: %v", test.text, err)
			continue
		}
		if got := string(projection.Apply(subject).AppendJSON(nil)); got != test.want {
			t.Errorf("%s\n got %s\nwant %s", test.text, got, test.want)
		}
	}
	var all *expression.Projection
	if got := all.Apply(subject); len(got) != len(subject) || all.Paths() != nil {
		t.Errorf("no projection selects %d attributes of %d", len(got), len(subject))
	}
}

func TestProjectionsAreRefused(t *testing.T) {
	t.Parallel()
	tests := []struct{ text, want string }{
		{"", `The expression can not be empty;`},
		{"a,", `Syntax error; token: "<EOF>", near: ","`},
		{"a b", `Syntax error; token: "b", near: "a b"`},
		{"size(a)", `Syntax error; token: "(", near: "size(a"`},
		{"(a)", `Syntax error; token: "(", near: "(a"`},
		{":v", `Syntax error; token: ":v", near: ":v"`},
		{"name", `Attribute name is a reserved keyword; reserved keyword: name`},
		{"#x", `An expression attribute name used in the document path is not defined; attribute name: #x`},
		{"a, b, a", `Two document paths overlap with each other; must remove or rewrite one of these paths; path one: [a], path two: [a]`},
		{"a.b, a", `Two document paths overlap with each other; must remove or rewrite one of these paths; path one: [a, b], path two: [a]`},
		{"a[0], a.b", `Two document paths conflict with each other; must remove or rewrite one of these paths; path one: [a, [0]], path two: [a, b]`},
	}
	for _, test := range tests {
		_, err := expression.ParseProjection(test.text, placeholders(t, test.text, ""))
		if got, want := message(t, err), "Invalid ProjectionExpression: "+test.want; got != want {
			t.Errorf("%q\n got %s\nwant %s", test.text, got, want)
		}
	}
}

func FuzzParseProjection(f *testing.F) {
	f.Add("a, b.c[1].d, #n")
	subject := item(f, subject)
	f.Fuzz(func(t *testing.T, text string) {
		projection, err := expression.ParseProjection(text, placeholders(t, "#n", ""))
		if err != nil {
			_ = message(t, err)
			return
		}
		projection.Apply(subject)
	})
}
