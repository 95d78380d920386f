package dynamo

import (
	"bytes"
	"context"
	"encoding/json"
	"slices"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/dynamo/attribute"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/dynamo/expression"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/dynamo/refusal"
)

func (e *Engine) query(_ context.Context, body []byte) (json.RawMessage, error) {
	request, err := readRequest(body, nil)
	if err != nil {
		return nil, err
	}
	var wrong constraints
	wrong.selects(request)
	if err := wrong.error(); err != nil {
		return nil, err
	}
	tests, selection, err := parseQuery(request)
	if err != nil {
		return nil, err
	}
	e.schema.RLock()
	defer e.schema.RUnlock()
	table, err := e.open("Query", request.table)
	if err != nil {
		return nil, err
	}
	if err := selection.use(table); err != nil {
		return nil, err
	}
	if err := selection.restrict(tests); err != nil {
		return nil, err
	}
	return e.page(selection)
}

// parseQuery parses the expressions of a Query.
func parseQuery(request *request) ([]expression.KeyTest, *selection, error) {
	if !request.keyCondition.given {
		return nil, nil, refusal.Validation(
			"Either the KeyConditions or KeyConditionExpression parameter must be specified in the request.")
	}
	if err := request.placeholders.CheckDeclared(); err != nil {
		return nil, nil, err
	}
	tests, err := expression.ParseKeyCondition(request.keyCondition.text, &request.placeholders)
	if err != nil {
		return nil, nil, err
	}
	selection, err := newSelection(request)
	return tests, selection, err
}

// restrict narrows the selection to what a key condition and the ExclusiveStartKey let through.
func (s *selection) restrict(tests []expression.KeyTest) error {
	if err := s.checkFiltered(); err != nil {
		return err
	}
	partition, sort, err := s.match(tests)
	if err != nil {
		return err
	}
	for _, k := range s.keys() {
		if uses(s.filter.Paths(), k.name) {
			return refusal.Validation(
				"Filter Expression can only contain non-primary key attributes: Primary key attribute: %s", k.name)
		}
	}
	prefix := appendPartition(s.prefix(), partition.Values[0])
	s.from, s.to = prefix, attribute.After(prefix)
	if sort != nil {
		s.from, s.to = sortRange(prefix, *sort)
	}
	if s.request.start == nil {
		return nil
	}
	return s.resumeWithin(prefix, sort != nil)
}

// match finds the tests of the partition key and, if there is one, of the sort key.
func (s *selection) match(tests []expression.KeyTest) (partition, sort *expression.KeyTest, err error) {
	keys := s.keys()
	for i := range tests {
		switch tests[i].Attribute {
		case keys[0].name:
			partition = &tests[i]
		case keys[len(keys)-1].name:
			sort = &tests[i]
		}
	}
	switch {
	case len(keys) == 1 && len(tests) > 1:
		return nil, nil, refusal.Validation("Query key condition not supported")
	case partition == nil:
		return nil, nil, refusal.Validation("Query condition missed key schema element: %s", keys[0].name)
	case sort == nil && len(tests) > 1:
		return nil, nil, refusal.Validation("Query condition missed key schema element: %s", keys[1].name)
	}
	if err := checkTest(keys[0], *partition); err != nil {
		return nil, nil, err
	}
	if partition.Operator != "=" {
		return nil, nil, refusal.Validation("Query key condition not supported")
	}
	if sort == nil {
		return partition, nil, nil
	}
	return partition, sort, checkTest(keys[1], *sort)
}

func checkTest(k keyAttribute, test expression.KeyTest) error {
	for _, value := range test.Values {
		switch {
		case value.Type != k.kind:
			return refusal.Parameter("Condition parameter type does not match schema type")
		case isEmptyKey(value):
			return refusal.Validation("One or more parameter values are not valid. "+
				"The AttributeValue for a key attribute cannot contain an empty %s value. Key: %s", emptyKind(value), k.name)
		}
	}
	return nil
}

// sortRange returns the stored keys of a partition whose sort key passes a test.
func sortRange(partition []byte, test expression.KeyTest) (from, to []byte) {
	key := func(value attribute.Value) []byte { return attribute.AppendKey(slices.Clone(partition), value) }
	first := key(test.Values[0])
	switch test.Operator {
	case "<":
		return partition, first
	case "<=":
		return partition, attribute.After(first)
	case ">":
		return attribute.After(first), attribute.After(partition)
	case ">=":
		return first, attribute.After(partition)
	case "BETWEEN":
		return first, attribute.After(key(test.Values[1]))
	case "begins_with":
		prefix := attribute.AppendKeyPrefix(slices.Clone(partition), test.Values[0].Text)
		return prefix, attribute.After(prefix)
	}
	return first, attribute.After(first)
}

// resumeWithin goes on after the ExclusiveStartKey, which must lie in what is selected.
func (s *selection) resumeWithin(partition []byte, sorted bool) error {
	start, err := s.start()
	if err != nil {
		return err
	}
	switch {
	case !bytes.HasPrefix(start, partition):
		return refusal.Validation("The provided starting key is outside query boundaries based on provided conditions")
	case sorted && (bytes.Compare(start, s.from) < 0 || bytes.Compare(start, s.to) >= 0):
		return refusal.Validation("The provided starting key does not match the range key predicate")
	}
	s.resume(start)
	return nil
}

func uses(paths []expression.Path, name string) bool {
	return slices.ContainsFunc(paths, func(path expression.Path) bool { return path[0].Name == name })
}
