package dynamo

import (
	"context"
	"encoding/json"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/dynamo/refusal"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/dynamo/wire"
)

// maxBatchWrite is how many items a BatchWriteItem may have.
const maxBatchWrite = 25

// readWrites reads the RequestItems of BatchWriteItem: an object of tables, each a list of puts and deletions.
func (q *request) readWrites(r *wire.Reader) error {
	return r.Object(func(table string) error {
		before := len(q.items)
		err := r.Array(func() error {
			write := &request{table: tableName(table), named: table}
			q.items = append(q.items, write)
			return write.readWrite(r)
		})
		if err == nil && len(q.items) == before {
			err = refusal.Validation("The batch write request list for a table cannot be null or empty: %s", table)
		}
		return err
	})
}

// readWrite reads a PutRequest or a DeleteRequest.
func (q *request) readWrite(r *wire.Reader) error {
	err := r.Object(func(kind string) error {
		if kind != "PutRequest" && kind != "DeleteRequest" {
			return r.Skip()
		}
		return r.Object(func(name string) error {
			if kind == "PutRequest" && name == "Item" || kind == "DeleteRequest" && name == "Key" {
				return q.read(r, name)
			}
			return r.Skip()
		})
	})
	if err == nil && (q.item == nil) == (q.key == nil) {
		err = refusal.Validation("Supplied AttributeValue has more than one datatypes set, " +
			"must contain exactly one of the supported datatypes")
	}
	return err
}

func (e *Engine) batchWriteItem(_ context.Context, body []byte) (json.RawMessage, error) {
	request, err := readRequest(body, (*request).readWrites)
	if err != nil {
		return nil, err
	}
	var wrong constraints
	wrong.listLength("requestItems", len(request.items), len(request.items))
	wrong.reports(request)
	counts := map[string]int{}
	for _, write := range request.items {
		wrong.name("requestItems", write.table)
		if counts[write.table]++; counts[write.table] == maxBatchWrite+1 {
			wrong.add("requestItems", "{"+write.table+"=[…]}", "Map value must satisfy constraint: "+
				"[Member must have length less than or equal to %d, Member must have length greater than or equal to 1]", maxBatchWrite)
		}
	}
	if err := wrong.error(); err != nil {
		return nil, err
	}
	if len(request.items) > maxBatchWrite {
		return nil, refusal.Validation("Too many items requested for the BatchWriteItem call")
	}
	e.schema.RLock()
	defer e.schema.RUnlock()
	batch, unprocessed, err := e.prepareBatch(request.items)
	if err != nil {
		return nil, err
	}
	defer e.locks.lockAll(storedKeys(batch))()
	changes, err := e.decideAll(batch)
	if err != nil {
		return nil, err
	}
	if err := e.commit(changes, nil); err != nil {
		return nil, err
	}
	answer := newAnswer()
	answer.raw("UnprocessedItems", appendWrites(nil, unprocessed))
	var used capacities
	for _, change := range changes {
		used.of(change.table).wrote(change, 1)
	}
	used.report(answer, request.returnCapacity)
	return answer.end(), nil
}

// prepareBatch checks the writes of a batch and sets those apart whose tables are out of capacity.
func (e *Engine) prepareBatch(requests []*request) (batch []planned, unprocessed []*request, err error) {
	tables := e.opener("BatchWriteItem")
	seen := make(map[string]bool, len(requests))
	for _, request := range requests {
		table, err := tables.open(request.table)
		if isThrottled(err) {
			unprocessed = append(unprocessed, request)
			continue
		}
		if err != nil {
			return nil, nil, err
		}
		next, err := (&write{item: request.item, key: request.key}).plan(table)
		if err != nil {
			return nil, nil, err
		}
		if seen[string(next.stored)] {
			return nil, nil, refusal.Validation("Provided list of item keys contains duplicates")
		}
		seen[string(next.stored)] = true
		batch = append(batch, next)
	}
	if len(batch) == 0 {
		return nil, nil, refusal.Throttled()
	}
	return batch, unprocessed, nil
}

// appendWrites writes puts and deletions in the form of RequestItems.
func appendWrites(to []byte, requests []*request) []byte {
	to = append(to, '{')
	for i, request := range requests {
		switch {
		case i > 0 && requests[i-1].named == request.named:
			to = append(to, ',')
		case i > 0:
			to = append(to, `],`...)
			fallthrough
		default:
			to = append(wire.AppendString(to, request.named), `:[`...)
		}
		kind, member, content := "DeleteRequest", "Key", request.key
		if request.item != nil {
			kind, member, content = "PutRequest", "Item", request.item
		}
		to = append(to, `{"`+kind+`":{"`+member+`":`...)
		to = append(content.AppendJSON(to), `}}`...)
	}
	if len(requests) > 0 {
		to = append(to, ']')
	}
	return append(to, '}')
}
