package dynamo

import (
	"strings"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/dynamo/attribute"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/dynamo/expression"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/dynamo/refusal"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/dynamo/wire"
)

// optional is a text that may be given, even as an empty one.
type optional struct {
	text  string
	given bool
}

// request holds the members of all operations on items; each operation looks at its own. Members that AWS does not
// have are passed over, as AWS does.
type request struct {
	table string
	named string // how RequestItems call the table: its name or its ARN
	index optional
	key   attribute.Map // nil when absent, as item and start
	item  attribute.Map
	start attribute.Map

	condition    optional
	update       optional
	keyCondition optional
	filter       optional
	projection   optional
	placeholders expression.Placeholders

	limit         optionalInt
	segment       optionalInt
	totalSegments optionalInt
	selects       optional
	consistent    bool
	backward      bool

	returnValues    optional
	returnOnFailure optional
	returnCapacity  optional
	returnMetrics   optional

	keys  []attribute.Map // of one table in BatchGetItem
	items []*request      // RequestItems of the batch operations: a table's request, or one write each
	parts []part          // TransactItems
	token optional

	legacy []string // names of members from before expressions

	valueless bool // it has no ExpressionAttributeValues, as reads by keys have none
}

type optionalInt struct {
	value int
	given bool
}

// replacement returns what took the place of a member from before expressions; empty for other members.
func replacement(member string) string {
	switch member {
	case "AttributesToGet":
		return "ProjectionExpression"
	case "AttributeUpdates":
		return "UpdateExpression"
	case "ConditionalOperator":
		return "AND and OR in expressions"
	case "Expected":
		return "ConditionExpression"
	case "KeyConditions":
		return "KeyConditionExpression"
	case "QueryFilter", "ScanFilter":
		return "FilterExpression"
	}
	return ""
}

// readRequest reads a request's body. RequestItems, which differ between operations, are read by readItems, if it is set.
func readRequest(body []byte, readItems func(q *request, r *wire.Reader) error) (*request, error) {
	request := &request{}
	return request, request.readBody(body, readItems)
}

func (q *request) readBody(body []byte, readItems func(q *request, r *wire.Reader) error) error {
	reader, err := wire.NewReader(body)
	if err != nil {
		return err
	}
	err = reader.Document(func(name string) error {
		if name == "RequestItems" && readItems != nil {
			return readItems(q, reader)
		}
		return q.read(reader, name)
	})
	if err != nil {
		return err
	}
	return q.refuseLegacy()
}

func (q *request) refuseLegacy() error {
	for _, name := range q.legacy {
		return refusal.Validation("The parameter %s is from before expressions, and the local cloud does not support it: "+
			"use %s.", name, replacement(name))
	}
	return nil
}

// read reads one member.
func (q *request) read(r *wire.Reader, name string) (err error) {
	switch name {
	case "TableName":
		q.table, err = r.String()
		q.table = tableName(q.table)
	case "Key":
		q.key, err = attribute.ReadMap(r)
	case "Item":
		q.item, err = attribute.ReadMap(r)
	case "ExclusiveStartKey":
		q.start, err = attribute.ReadMap(r)
		err = refusal.Prefixed("The provided starting key is invalid: ", err)
	case "ExpressionAttributeNames":
		err = q.readNames(r)
	case "ExpressionAttributeValues":
		err = q.readValues(r)
	case "ConsistentRead":
		q.consistent, err = r.Bool()
	case "ScanIndexForward":
		var forward bool
		forward, err = r.Bool()
		q.backward = !forward
	case "Keys":
		err = r.Array(func() error {
			key, err := attribute.ReadMap(r)
			q.keys = append(q.keys, key)
			return err
		})
	case "TransactItems":
		err = q.readParts(r)
	default:
		return q.readScalar(r, name)
	}
	return err
}

func (q *request) readScalar(r *wire.Reader, name string) (err error) {
	if member := q.text(name); member != nil {
		member.given = true
		member.text, err = r.String()
		return err
	}
	if member := q.int(name); member != nil {
		member.given = true
		member.value, err = r.Int()
		return err
	}
	if replacement(name) != "" {
		q.legacy = append(q.legacy, name)
	}
	return r.Skip()
}

func (q *request) text(name string) *optional {
	switch name {
	case "IndexName":
		return &q.index
	case "ConditionExpression":
		return &q.condition
	case "UpdateExpression":
		return &q.update
	case "KeyConditionExpression":
		return &q.keyCondition
	case "FilterExpression":
		return &q.filter
	case "ProjectionExpression":
		return &q.projection
	case "Select":
		return &q.selects
	case "ReturnValues":
		return &q.returnValues
	case "ReturnValuesOnConditionCheckFailure":
		return &q.returnOnFailure
	case "ReturnConsumedCapacity":
		return &q.returnCapacity
	case "ReturnItemCollectionMetrics":
		return &q.returnMetrics
	case "ClientRequestToken":
		return &q.token
	}
	return nil
}

func (q *request) int(name string) *optionalInt {
	switch name {
	case "Limit":
		return &q.limit
	case "Segment":
		return &q.segment
	case "TotalSegments":
		return &q.totalSegments
	}
	return nil
}

func (q *request) readNames(r *wire.Reader) error {
	q.placeholders.DeclareNames()
	return r.Object(func(key string) error {
		name, err := r.String()
		if err != nil {
			return err
		}
		return q.placeholders.AddName(key, name)
	})
}

func (q *request) readValues(r *wire.Reader) error {
	if q.valueless {
		return r.Skip()
	}
	q.placeholders.DeclareValues()
	return r.Object(func(key string) error {
		value, err := attribute.ReadValue(r)
		if err != nil {
			return refusal.Worded("ExpressionAttributeValues contains invalid value: ", err, " for key "+key)
		}
		return q.placeholders.AddValue(key, value)
	})
}

// tableName returns the name in a TableName, which may be a table's ARN.
func tableName(nameOrARN string) string {
	if !strings.HasPrefix(nameOrARN, "arn:") {
		return nameOrARN
	}
	return nameOrARN[strings.LastIndexByte(nameOrARN, '/')+1:]
}
