package expression_test

import (
	"testing"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/dynamo/expression"
)

func TestReservedWords(t *testing.T) {
	t.Parallel()
	for _, word := range []string{"ABORT", "abort", "Data", "status", "TTL", "name", "flattern", "inntER", "zone", "year", "user",
		"list"} {
		_, err := expression.ParseProjection(word, &expression.Placeholders{})
		want := "Invalid ProjectionExpression: Attribute name is a reserved keyword; reserved keyword: " + word
		if got := message(t, err); got != want {
			t.Errorf("%s: %s", word, got)
		}
	}
	for _, word := range []string{"PK", "title", "price", "aborted", "EntityType", "flatten", "inner1", "Datas"} {
		if _, err := expression.ParseProjection(word, &expression.Placeholders{}); err != nil {
			t.Errorf("%s: %v", word, err)
		}
	}
}
