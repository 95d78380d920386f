package expression_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/dynamo/expression"
)

const kind = "ConditionExpression"

func TestConditions(t *testing.T) {
	t.Parallel()
	const n5, n1, n9, text = `":v":{"N":"5"}`, `":v":{"N":"1"}`, `":v":{"N":"9"}`, `":v":{"S":"x"}`
	tests := []struct {
		text, values string
		want         bool
	}{
		{"n = :v", n5, true}, {"n = :v", `":v":{"N":"5.00"}`, true}, {"n = :v", n1, false}, {"n = :v", `":v":{"S":"5"}`, false},
		{":v = n", n5, true}, {"n <> :v", n5, false}, {"n <> :v", n1, true}, {"n <> :v", text, true},
		{"q = :v", n5, false}, {"q <> :v", n5, true}, {"q = r", "", false}, {"q <> r", "", true}, {"NOT q = r", "", true},
		{"n < :v", n9, true}, {"n < :v", n5, false}, {"n <= :v", n5, true}, {"n > :v", n5, false}, {"n >= :v", n5, true},
		{"n > :v", n1, true}, {"n > :v", text, false}, {"q < n", "", false}, {"n>=:v", n1, true}, {"n<>:v", n1, true},
		{"s > :v", `":v":{"S":"h"}`, true}, {"b < :v", `":v":{"B":"YWJk"}`, true}, {"t = :v", `":v":{"BOOL":true}`, true},
		{"t = :v", `":v":{"BOOL":false}`, false}, {"z = :v", `":v":{"NULL":true}`, true},
		{"ss = :v", `":v":{"SS":["b","a"]}`, true}, {"ss = :v", `":v":{"SS":["a"]}`, false}, {"ns = :v", `":v":{"NS":["2.0","1"]}`, true},
		{"l = :v", `":v":{"L":[{"N":"1"},{"S":"x"},{"M":{"q":{"N":"1"}}}]}`, true}, {"l = :v", `":v":{"L":[{"N":"1"}]}`, false},
		{"m = :v", `":v":{"M":{"y":{"L":[{"N":"9"}]},"x":{"N":"1.0"}}}`, true},

		{"l[0] = :v", n1, true}, {"l[2].q = :v", n1, true}, {"l [ 2 ] . q = :v", n1, true}, {"l[3] = :v", n1, false},
		{"m.x = :v", n1, true}, {"m.y[0] = :v", n9, true}, {"m[0] = :v", n9, false}, {"l.x = :v", n9, false}, {"n.x = :v", n9, false},
		{"#dotted = :v", `":v":{"S":"dotted"}`, true}, {"#n = :v", `":v":{"S":"reserved"}`, true}, {"#_ = :_v", `":_v":{"N":"5"}`, true},

		{"n BETWEEN :a AND :b", `":a":{"N":"5"},":b":{"N":"5"}`, true}, {"n BETWEEN :a AND :b", `":a":{"N":"6"},":b":{"N":"7"}`, false},
		{"n between :a and q", `":a":{"N":"5"}`, false}, {":v BETWEEN n AND n", n5, true}, {"q BETWEEN :v AND :v", n5, false},
		{"n IN (:v)", n5, true}, {"n in (:v, :w)", `":v":{"N":"1"},":w":{"S":"5"}`, false}, {":v IN (s, n)", n5, true},
		{"l IN (:v)", `":v":{"L":[{"N":"1"},{"S":"x"},{"M":{"q":{"N":"1"}}}]}`, true}, {"q IN (:v)", n5, false},

		{"attribute_exists(n)", "", true}, {"attribute_exists(q)", "", false}, {"attribute_exists(m.y[0])", "", true},
		{"attribute_exists (m.y[1])", "", false}, {"attribute_not_exists(q)", "", true}, {"attribute_not_exists(z)", "", false},
		{"attribute_type(n, :v)", `":v":{"S":"N"}`, true}, {"attribute_type(n, :v)", `":v":{"S":"S"}`, false},
		{"attribute_type(z, :v)", `":v":{"S":"NULL"}`, true}, {"attribute_type(q, :v)", `":v":{"S":"N"}`, false},
		{"begins_with(s, :v)", `":v":{"S":"hé"}`, true}, {"begins_with(s, :v)", `":v":{"S":""}`, true},
		{"begins_with(s, :v)", `":v":{"B":"aA=="}`, false}, {"begins_with(b, :v)", `":v":{"B":"YWI="}`, true},
		{"begins_with(q, :v)", text, false}, {"begins_with(n, s)", "", false}, {"begins_with(ss, s)", "", false},
		{"contains(s, :v)", `":v":{"S":"€"}`, true}, {"contains(s, :v)", text, false}, {"contains(b, :v)", `":v":{"B":"Yg=="}`, true},
		{"contains(s, :v)", `":v":{"B":"aA=="}`, false}, {"contains(ss, :v)", `":v":{"S":"a"}`, true}, {"contains(ss, :v)", n1, false},
		{"contains(ns, :v)", `":v":{"N":"1.0"}`, true}, {"contains(bs, :v)", `":v":{"B":"YQ=="}`, true}, {"contains(l, :v)", n1, true},
		{"contains(l, :v)", `":v":{"M":{"q":{"N":"1"}}}`, true}, {"contains(l, :v)", n5, false}, {"contains(m, :v)", n1, false},
		{"contains(ss, :v)", `":v":{"SS":["a","b"]}`, false}, {"contains(:v, s)", `":v":{"L":[{"S":"héé€😀"}]}`, true},
		{"size(s) = :v", `":v":{"N":"6"}`, true}, {"size(b) = :v", `":v":{"N":"3"}`, true}, {"size(ss) = :v", `":v":{"N":"2"}`, true},
		{"size(l) = :v", `":v":{"N":"3"}`, true}, {"size(m) = :v", `":v":{"N":"2"}`, true}, {"size(bs) = :v", n1, true},
		{"size(n) > :v", `":v":{"N":"0"}`, false}, {"size(t) <= :v", n9, false}, {"size(q) < :v", n9, false}, {"size(z) = :v", n1, false},
		{"n < size(s)", "", true}, {"size(:v) = n", `":v":{"S":"abcde"}`, true}, {"contains(l, size(bs))", "", true},
		{"n IN (size(l), size(:v))", `":v":{"S":"abcde"}`, true},

		{"n = :v AND t = :t", n5 + `,":t":{"BOOL":true}`, true}, {"n = :v AND q = :v", n5, false}, {"q = :v OR n = :v", n5, true},
		{"NOT n = :v", n5, false}, {"not not n = :v", n5, true}, {"NOT (q = :v OR n = :v)", n5, false},
		{"n = :v OR q = :v AND q = :v", n5, true}, {"(n = :v OR q = :v) AND q = :v", n5, false},
		{"NOT q = :v AND n = :v", n5, true}, {"NOT (q = :v AND n = :v)", n5, true}, {"NOT q = :v OR n <> :v", n5, true},
		{"n = :v AND n BETWEEN :v AND :v AND n = :v", n5, true}, {"n BETWEEN :v AND :v OR q = :v", n5, true},
		{"(n = :v)", n5, true}, {"(n) = (:v)", n5, true}, {"((n = :v) AND (n = :v))", n5, true}, {"(size(s)) = (:v)",
			`":v":{"N":"6"}`, true},
		{"NOT n IN (:v) Or attribute_exists(s)", n5, true}, {"\tn\r\n=\n:v ", n5, true},
	}
	subject := item(t, subject)
	for _, test := range tests {
		declared := placeholders(t, test.text, test.values)
		condition, err := expression.ParseCondition(kind, test.text, declared)
		if err != nil {
			t.Errorf("%s: %v", test.text, err)
			continue
		}
		if got := condition.Holds(subject); got != test.want {
			t.Errorf("%s with %s is %v", test.text, test.values, got)
		}
		if err := declared.CheckUsed(); err != nil {
			t.Errorf("%s: %v", test.text, err)
		}
	}
}

func TestConditionsOfNoItem(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"attribute_exists(n)": false, "attribute_not_exists(n)": true, "n = :v": false, "n <> :v": true, "size(n) = :v": false,
	} {
		condition, err := expression.ParseCondition(kind, text, placeholders(t, text, `":v":{"N":"0"}`))
		if err != nil {
			t.Fatal(err)
		}
		if got := condition.Holds(nil); got != want {
			t.Errorf("%s is %v", text, got)
		}
	}
	var none *expression.Condition
	if !none.Holds(nil) || none.Paths() != nil {
		t.Error("no condition does not hold")
	}
}

func TestConditionsAreRefused(t *testing.T) {
	t.Parallel()
	const v = `":v":{"N":"1"}`
	wrongType := func(name, kind string) string {
		return "Incorrect operand type for operator or function; operator or function: " + name + ", operand type: " + kind
	}
	tests := []struct{ text, values, want string }{
		{"", "", `The expression can not be empty;`},
		{"n", "", `Syntax error; token: "<EOF>", near: "n"`},
		{"n =", "", `Syntax error; token: "<EOF>", near: "="`},
		{"n = :v x", v, `Syntax error; token: "x", near: ":v x"`},
		{"(n = :v", v, `Syntax error; token: "<EOF>", near: ":v"`},
		{"n = :v)", v, `Syntax error; token: ")", near: ":v)"`},
		{"n = :v = :v", v, `Syntax error; token: "=", near: ":v = :v"`},
		{"n = :v AND", v, `Syntax error; token: "<EOF>", near: "AND"`},
		{"n = :v AND AND n = :v", v, `Syntax error; token: "AND", near: "AND AND n"`},
		{"n AND b", "", `Syntax error; token: "AND", near: "n AND b"`},
		{"n = :v AND b", v, `Syntax error; token: "<EOF>", near: "b"`},
		{"NOT n", "", `Syntax error; token: "<EOF>", near: "n"`},
		{"NOT", "", `Syntax error; token: "<EOF>", near: "NOT"`},
		{"and = :v", v, `Syntax error; token: "and", near: "and ="`},
		{"n == :v", v, `Syntax error; token: "=", near: "== :v"`},
		{"n != :v", v, `Syntax error; token: "!", near: "n !="`},
		{"n = 5", "", `Syntax error; token: "5", near: "= 5"`},
		{"n IN :v", v, `Syntax error; token: ":v", near: "IN :v"`},
		{"n IN ()", "", `Syntax error; token: ")", near: "()"`},
		{"n IN (:v", v, `Syntax error; token: "<EOF>", near: ":v"`},
		{"n BETWEEN :v", v, `Syntax error; token: "<EOF>", near: ":v"`},
		{"n BETWEEN :v OR :v", v, `Syntax error; token: "OR", near: ":v OR :v"`},
		{"n. = :v", v, `Syntax error; token: "=", near: ". = :v"`},
		{"n..x = :v", v, `Syntax error; token: ".", near: "..x"`},
		{"l[x] = :v", v, `Syntax error; token: "x", near: "[x]"`},
		{"l[-1] = :v", v, `Syntax error; token: "-", near: "[-1"`},
		{"l[1 = :v", v, `Syntax error; token: "=", near: "1 = :v"`},
		{"l[01] = :v", v, `Syntax error; token: "1", near: "01]"`},
		{"_n = :v", v, `Syntax error; token: "_", near: "_n"`},
		{"1n = :v", v, `Syntax error; token: "1", near: "1n"`},
		{"n@ = :v", v, `Syntax error; token: "@", near: "n@ ="`},
		{"né = :v", v, `Syntax error; token: "é", near: "né ="`},
		{"n = :", "", `Syntax error; token: ":", near: "= :"`},
		{"n = #", "", `Syntax error; token: "#", near: "= #"`},
		{"(n).x = :v", v, `Syntax error; token: ".", near: ").x"`},
		{"attribute_exists()", "", `Syntax error; token: ")", near: "()"`},
		{"n = (n = :v)", v, `Syntax error; token: "<EOF>", near: ")"`},

		{"((n = :v))", v, `The expression has redundant parentheses;`},
		{"((n)) = :v", v, `The expression has redundant parentheses;`},
		{"foo(n)", "", `Invalid function name; function: foo`},
		{"SIZE(n) = :v", v, `Invalid function name; function: SIZE`},
		{"if_not_exists(n, s) = :v", v, `The function is not allowed in a condition expression; function: if_not_exists`},
		{"size(n)", "", `The function is not allowed to be used this way in an expression; function: size`},
		{"n = attribute_exists(s)", "", `The function is not allowed to be used this way in an expression; function: attribute_exists`},
		{"name = :v", v, `Attribute name is a reserved keyword; reserved keyword: name`},
		{"m.Name = :v", v, `Attribute name is a reserved keyword; reserved keyword: Name`},
		{"#undefined = :v", v, `An expression attribute name used in the document path is not defined; attribute name: #undefined`},
		{"n = :undefined", "", `An expression attribute value used in expression is not defined; attribute value: :undefined`},
		{"attribute_exists(n, s)", "",
			`Incorrect number of operands for operator or function; operator or function: attribute_exists, number of operands: 2`},
		{"n = n", "",
			`The first operand must be distinct from the remaining operands for this operator or function; operator: =, first operand: [n]`},
		{"contains(m.x, m.x)", "",
			`The first operand must be distinct from the remaining operands for this operator or function; operator: contains, first operand: [m, x]`},
		{"begins_with(s, s)", "",
			`The first operand must be distinct from the remaining operands for this operator or function; operator: begins_with, first operand: [s]`},
		{"l[0] IN (:v, l[0])", v,
			`The first operand must be distinct from the remaining operands for this operator or function; operator: IN, first operand: [l, [0]]`},
		{"n BETWEEN :v AND n", v,
			`The first operand must be distinct from the remaining operands for this operator or function; operator: BETWEEN, first operand: [n]`},
		{"attribute_exists(:v)", v, `Operator or function requires a document path; operator or function: attribute_exists`},
		{"attribute_exists(size(n))", "", `Operator or function requires a document path; operator or function: attribute_exists`},
		{"n < :v", `":v":{"BOOL":true}`, wrongType("<", "BOOL")},
		{"n >= :v", `":v":{"SS":["a"]}`, wrongType(">=", "SS")},
		{"n BETWEEN :v AND :v", `":v":{"L":[]}`, wrongType("BETWEEN", "L")},
		{"begins_with(s, :v)", v, wrongType("begins_with", "N")},
		{"begins_with(s, size(s))", "", wrongType("begins_with", "N")},
		{"size(:v) = n", v, wrongType("size", "N")},
		{"size(size(s)) = n", "", wrongType("size", "N")},
		{"attribute_type(n, :v)", v, wrongType("attribute_type", "N")},
		{"attribute_type(n, s)", "", wrongType("attribute_type", "{NS,SS,L,BS,N,M,B,BOOL,NULL,S}")},
		{"attribute_type(n, :v)", `":v":{"S":"Q"}`,
			`Invalid attribute type name found; type: Q, valid types: {B,NULL,SS,BOOL,L,BS,N,NS,S,M}`},
		{"n BETWEEN :a AND :b", `":a":{"N":"5"},
			":b":{"S":"6"}`, `The BETWEEN operator requires same data type for lower and upper bounds; ` +
			`lower bound operand: AttributeValue: {N:5}, upper bound operand: AttributeValue: {S:6}`},
		{"n BETWEEN :a AND :b", `":a":{"N":"10"},
			":b":{"N":"9"}`, `The BETWEEN operator requires upper bound to be greater than or equal to ` +
			`lower bound; lower bound operand: AttributeValue: {N:10}, upper bound operand: AttributeValue: {N:9}`},
		{"l[99999999999] = :v", v, `List index is not within the allowable range; index: [99999999999]`},
		{strings.TrimSuffix(strings.Repeat("n=s AND ", 151), " AND "), "",
			`The expression contains too many operators; operator count: 301`},
		{strings.TrimSuffix(strings.Repeat("n.", 33), ".") + " = :v", v,
			`The document path has too many nesting levels; nesting levels: 33`},
		{"n = :v" + strings.Repeat(" ", 4091), v, `Expression size has exceeded the maximum allowed size; expression size: 4097`},
		{"n IN (" + operands(101) + ")", "", `The IN operator is provided with too many operands; number of operands: 101`},
	}
	for _, test := range tests {
		_, err := expression.ParseCondition(kind, test.text, placeholders(t, test.text, test.values))
		if got, want := message(t, err), "Invalid "+kind+": "+test.want; got != want {
			t.Errorf("%.60q\n got %s\nwant %s", test.text, got, want)
		}
	}
}

// operands lists paths.
func operands(count int) string {
	list := make([]string, count)
	for i := range list {
		list[i] = fmt.Sprintf("a%d", i)
	}
	return strings.Join(list, ",")
}

func TestGreatestConditions(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		strings.TrimSuffix(strings.Repeat("n=s AND ", 150), " AND "),
		strings.TrimSuffix(strings.Repeat("n.", 32), ".") + " = s",
		"n = s" + strings.Repeat(" ", 4091),
		"n IN (" + operands(100) + ")",
		"l[2147483647] = s",
	} {
		if _, err := expression.ParseCondition(kind, text, &expression.Placeholders{}); err != nil {
			t.Errorf("%.60q: %v", text, err)
		}
	}
}

func TestPlaceholdersAreChecked(t *testing.T) {
	t.Parallel()
	value := item(t, subject)[0].Value
	check := func(got error, want string) {
		t.Helper()
		if message(t, got) != want {
			t.Errorf("got %v, want %s", got, want)
		}
	}
	for _, key := range []string{"a", "#", "#a-b", ":a", ""} {
		check(new(expression.Placeholders).AddName(key, "x"),
			`ExpressionAttributeNames contains invalid key: Syntax error; key: "`+key+`"`)
	}
	for _, key := range []string{"a", ":", ":a.b", "#a", ""} {
		check(new(expression.Placeholders).AddValue(key, value),
			`ExpressionAttributeValues contains invalid key: Syntax error; key: "`+key+`"`)
	}
	check(new(expression.Placeholders).AddName("#a", ""), "ExpressionAttributeNames contains invalid value: Empty attribute name "+
		"for key #a")

	empty := &expression.Placeholders{}
	empty.DeclareNames()
	check(empty.CheckDeclared(), "ExpressionAttributeNames must not be empty")
	empty = &expression.Placeholders{}
	empty.DeclareValues()
	check(empty.CheckDeclared(), "ExpressionAttributeValues must not be empty")

	unused := placeholders(t, "#n #_", `":v":{"N":"1"}`)
	if _, err := expression.ParseCondition(kind, "#n = :v", unused); err != nil {
		t.Fatal(err)
	}
	check(unused.CheckUsed(), "Value provided in ExpressionAttributeNames unused in expressions: keys: {#_}")
	unused = placeholders(t, "", `":v":{"N":"1"},":w":{"N":"1"},":x":{"N":"1"}`)
	if _, err := expression.ParseCondition(kind, "n = :w", unused); err != nil {
		t.Fatal(err)
	}
	check(unused.CheckUsed(), "Value provided in ExpressionAttributeValues unused in expressions: keys: {:v, :x}")
}

func FuzzParseCondition(f *testing.F) {
	f.Add("a = :v AND NOT (size(#n) <= :v OR b.c[1] BETWEEN :v AND :v) OR contains(a, :s)")
	f.Add("attribute_type(a, :s) AND begins_with(a, :s) AND a IN (:v, b) AND attribute_not_exists(x)")
	subject := item(f, subject)
	f.Fuzz(func(t *testing.T, text string) {
		condition, err := expression.ParseCondition(kind, text, placeholders(t, "#n", `":v":{"N":"1"},":s":{"S":"S"}`))
		if err != nil {
			_ = message(t, err)
			return
		}
		condition.Holds(subject)
		condition.Holds(nil)
	})
}
