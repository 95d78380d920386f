package dynamo

import (
	"slices"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/dynamo/attribute"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/dynamo/expression"
)

// Access is what an operation does with one table or index, as IAM sees it.
type Access struct {
	Action     string   // such as GetItem; each part of a transaction has its own
	Table      string   // name; empty for an operation on no table
	Index      string   // name; empty for the table itself
	Partitions []string // the values of the partition keys that the request names
}

// Accesses are what a request does, for those who decide whether it may. The names of partition keys it learns from
// partitionKey, given the names of a table and of an index or nothing; without one, it names no partitions. Of a request
// that cannot be read it tells nothing but the operation: the operation itself will refuse it.
//
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/specifying-conditions.html
func Accesses(operation string, body []byte, partitionKey func(table, index string) string) []Access {
	read := (*request).readTables
	if operation == "BatchWriteItem" {
		read = (*request).readWrites
	}
	asked, err := readRequest(body, read)
	if err != nil {
		return []Access{{Action: operation}}
	}
	var accesses []Access
	add := func(action string, part *request) {
		access := Access{Action: action, Table: part.table, Index: part.index.text}
		access.Partitions = part.partitions(partitionKey(access.Table, access.Index))
		accesses = append(accesses, access)
	}
	switch operation {
	case "BatchGetItem", "BatchWriteItem":
		for _, part := range asked.items {
			add(operation, part)
		}
	case "TransactGetItems", "TransactWriteItems":
		for _, part := range asked.parts {
			if part.request != nil {
				add(part.action(), part.request)
			}
		}
	default:
		add(operation, asked)
	}
	return accesses
}

// action is what IAM calls a part of a transaction.
func (p part) action() string {
	if p.kind == partCheck {
		return "ConditionCheckItem"
	}
	return p.kind + "Item"
}

// partitions are the values that a request gives for a partition key, each once.
func (q *request) partitions(key string) []string {
	var values []string
	add := func(value attribute.Value) {
		if !slices.Contains(values, value.Text) {
			values = append(values, value.Text)
		}
	}
	for _, named := range append([]attribute.Map{q.key, q.item}, q.keys...) {
		if value, found := named.Get(key); found {
			add(value)
		}
	}
	if q.keyCondition.given {
		tests, err := expression.ParseKeyCondition(q.keyCondition.text, &q.placeholders)
		if err != nil {
			return values
		}
		for _, test := range tests {
			if test.Attribute == key && test.Operator == "=" {
				add(test.Values[0])
			}
		}
	}
	return values
}
