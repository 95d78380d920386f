package expression_test

import (
	"strings"
	"testing"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/dynamo/expression"
)

func TestKeyConditions(t *testing.T) {
	t.Parallel()
	tests := []struct{ text, want string }{
		{"PK = :v", "PK = 1"},
		{":v = PK", "PK = 1"},
		{"PK = :v AND SK = :w", "PK = 1; SK = 2"},
		{"(PK = :v) AND (SK < :w)", "PK = 1; SK < 2"},
		{"(PK = :v AND SK <= :w)", "PK = 1; SK <= 2"},
		{":w < SK AND :v = PK", "SK > 2; PK = 1"},
		{":w <= SK AND PK = :v", "SK >= 2; PK = 1"},
		{":w > SK AND PK = :v", "SK < 2; PK = 1"},
		{":w >= SK AND PK = :v", "SK <= 2; PK = 1"},
		{"PK = :v AND SK BETWEEN :v AND :w", "PK = 1; SK BETWEEN 1 2"},
		{"begins_with(SK, :s) AND #n = :v", "SK begins_with x; name = 1"},
	}
	for _, test := range tests {
		tests, err := expression.ParseKeyCondition(test.text, placeholders(t, test.text, `":v":{"N":"1"},":w":{"N":"2"},":s":{"S":"x"}`))
		if err != nil {
			t.Errorf("%s: %v", test.text, err)
			continue
		}
		var got []string
		for _, key := range tests {
			text := key.Attribute + " " + key.Operator
			for _, value := range key.Values {
				text += " " + value.Text
			}
			got = append(got, text)
		}
		if got := strings.Join(got, "; "); got != test.want {
			t.Errorf("%s is %s, want %s", test.text, got, test.want)
		}
	}
}

func TestKeyConditionsAreRefused(t *testing.T) {
	t.Parallel()
	operator := func(name string) string { return "Invalid operator used in KeyConditionExpression: " + name }
	const condition = "Invalid condition in KeyConditionExpression: "
	tests := []struct{ text, want string }{
		{"", "Invalid KeyConditionExpression: The expression can not be empty;"},
		{"PK = :v OR SK = :w", operator("OR")},
		{"NOT PK = :v", operator("NOT")},
		{"PK = :v AND SK <> :w", operator("<>")},
		{"PK = :v AND SK IN (:w)", operator("IN")},
		{"PK = :v AND contains(SK, :s)", operator("contains")},
		{"attribute_exists(PK)", operator("attribute_exists")},
		{"attribute_not_exists(PK)", operator("attribute_not_exists")},
		{"attribute_type(PK, :t)", operator("attribute_type")},
		{"size(PK) = :v", "KeyConditionExpressions cannot contain nested operations"},
		{"PK = size(a)", "KeyConditionExpressions cannot contain nested operations"},
		{"PK.a = :v", "KeyConditionExpressions cannot have conditions on nested attributes"},
		{"PK = SK", condition + "Multiple attribute names used in one condition"},
		{":v = :w", condition + "No key attribute specified"},
		{"begins_with(:s, SK)", condition + "begins_with operator must have the key attribute as its first operand"},
		{":w BETWEEN SK AND :w", condition + "BETWEEN operator must have the key attribute as its first operand"},
		{"PK = :v AND PK = :v", "KeyConditionExpressions must only contain one condition per key"},
		{"PK = :v AND SK > :v AND SK < :w", "KeyConditionExpressions must only contain one condition per key"},
		{"PK = :v AND SK = :w AND a = :v", "Conditions can be of length 1 or 2 only"},
	}
	for _, test := range tests {
		_, err := expression.ParseKeyCondition(test.text,
			placeholders(t, test.text, `":v":{"N":"1"},":w":{"N":"2"},":s":{"S":"x"},":t":{"S":"N"}`))
		if got := message(t, err); got != test.want {
			t.Errorf("%q\n got %s\nwant %s", test.text, got, test.want)
		}
	}
}

func FuzzParseKeyCondition(f *testing.F) {
	f.Add("a = :v AND b BETWEEN :v AND :v")
	f.Add("begins_with(a, :s) AND :v < #n")
	f.Fuzz(func(t *testing.T, text string) {
		tests, err := expression.ParseKeyCondition(text, placeholders(t, "#n", `":v":{"N":"1"},":s":{"S":"x"}`))
		if err != nil {
			_ = message(t, err)
			return
		}
		if len(tests) < 1 || len(tests) > 2 {
			t.Errorf("%q makes %d tests", text, len(tests))
		}
	})
}
