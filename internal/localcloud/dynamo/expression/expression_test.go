package expression_test

import (
	"strings"
	"testing"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/dynamo/attribute"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/dynamo/expression"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/dynamo/wire"
)

// The item that the expressions of the tests are about.
const subject = `{
	"s":{"S":"héé€😀"},"n":{"N":"5"},"b":{"B":"YWJj"},"t":{"BOOL":true},"z":{"NULL":true},
	"l":{"L":[{"N":"1"},{"S":"x"},{"M":{"q":{"N":"1"}}}]},"m":{"M":{"x":{"N":"1"},"y":{"L":[{"N":"9"}]}}},
	"ss":{"SS":["a","b"]},"ns":{"NS":["1","2"]},"bs":{"BS":["YQ=="]},"a.b":{"S":"dotted"},"name":{"S":"reserved"}}`

// item reads an item in DynamoDB's JSON.
func item(t testing.TB, document string) attribute.Map {
	t.Helper()
	reader, err := wire.NewReader([]byte(document))
	if err != nil {
		t.Fatal(err)
	}
	read, err := attribute.ReadMap(reader)
	if err != nil {
		t.Fatal(err)
	}
	return read
}

// names are placeholders that all tests may use.
var names = map[string]string{"#n": "name", "#dotted": "a.b", "#_": "n"}

// placeholders declares the names that a text uses, and values in DynamoDB's JSON without braces, such as ":v":{"N":"1"}.
func placeholders(t testing.TB, text, values string) *expression.Placeholders {
	t.Helper()
	declared := &expression.Placeholders{}
	for key, name := range names {
		if strings.Contains(text, key) {
			if err := declared.AddName(key, name); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, member := range item(t, "{"+values+"}") {
		if err := declared.AddValue(member.Name, member.Value); err != nil {
			t.Fatal(err)
		}
	}
	return declared
}

// message returns the text of a ValidationException; empty for no error.
func message(t testing.TB, err error) string {
	t.Helper()
	if err == nil {
		return ""
	}
	text, isValidation := strings.CutPrefix(err.Error(), "ValidationException: ")
	if !isValidation {
		t.Fatalf("the error is no ValidationException: %v", err)
	}
	return text
}
