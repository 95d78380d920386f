package dynamo

import (
	"context"
	"encoding/json"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/dynamo/attribute"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/dynamo/expression"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/dynamo/refusal"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/dynamo/wire"
)

// Limits of BatchGetItem.
const (
	maxBatchGet      = 100
	maxBatchResponse = 16 << 20 // bytes; keys beyond are left unprocessed
)

// readTables reads the RequestItems of BatchGetItem: an object of tables.
func (q *request) readTables(r *wire.Reader) error {
	return r.Object(func(table string) error {
		part := &request{table: tableName(table), named: table, valueless: true}
		q.items = append(q.items, part)
		if err := r.Object(func(name string) error { return part.read(r, name) }); err != nil {
			return err
		}
		return part.refuseLegacy()
	})
}

func (e *Engine) batchGetItem(_ context.Context, body []byte) (json.RawMessage, error) {
	request, err := readRequest(body, (*request).readTables)
	if err != nil {
		return nil, err
	}
	if err := checkBatchGet(request); err != nil {
		return nil, err
	}
	batch := batchGet{engine: e, used: capacities{}}
	for _, part := range request.items {
		projection, err := part.parseProjection()
		if err != nil {
			return nil, err
		}
		batch.parts = append(batch.parts, batchGetPart{request: part, projection: projection})
	}
	e.schema.RLock()
	defer e.schema.RUnlock()
	return batch.answer(request.returnCapacity)
}

func checkBatchGet(request *request) error {
	var wrong constraints
	wrong.listLength("requestItems", len(request.items), maxBatchGet)
	wrong.reports(request)
	count := 0
	for _, part := range request.items {
		wrong.name("requestItems", part.table)
		wrong.listLength("requestItems."+part.table+".member.keys", len(part.keys), maxBatchGet)
		count += len(part.keys)
	}
	if err := wrong.error(); err != nil {
		return err
	}
	if count > maxBatchGet {
		return refusal.Validation("Too many items requested for the BatchGetItem call")
	}
	return nil
}

// batchGet answers a BatchGetItem.
type batchGet struct {
	engine *Engine
	parts  []batchGetPart
	used   capacities
	size   int // bytes read
}

// batchGetPart is what is read of one table.
type batchGetPart struct {
	*request
	projection  *expression.Projection
	table       *table
	throttled   bool
	unprocessed []attribute.Map
}

func (b *batchGet) answer(reports optional) (json.RawMessage, error) {
	if err := b.prepare(); err != nil {
		return nil, err
	}
	answer := newAnswer()
	answer.raw("Responses", []byte{'{'})
	for i := range b.parts {
		part := &b.parts[i]
		if i > 0 {
			answer.json = append(answer.json, ',')
		}
		answer.json = append(wire.AppendString(answer.json, part.named), ':')
		if err := b.read(answer, part); err != nil {
			return nil, err
		}
	}
	answer.json = append(answer.json, '}')
	answer.raw("UnprocessedKeys", b.unprocessed())
	b.used.report(answer, reports)
	return answer.end(), nil
}

// prepare opens the tables and checks the keys.
func (b *batchGet) prepare() error {
	throttled := 0
	for i := range b.parts {
		part := &b.parts[i]
		table, err := b.engine.open("BatchGetItem", part.request.table)
		switch {
		case isThrottled(err):
			part.throttled, part.unprocessed = true, part.keys
			throttled++
			continue
		case err != nil:
			return err
		}
		part.table = table
		seen := make(map[string]bool, len(part.keys))
		for _, key := range part.keys {
			if err := table.checkRead(key, part.projection); err != nil {
				return err
			}
			seen[string(table.itemKey(key))] = true
		}
		if len(seen) < len(part.keys) {
			return refusal.Validation("Provided list of item keys contains duplicates")
		}
	}
	if throttled == len(b.parts) {
		return refusal.Throttled()
	}
	return nil
}

// read writes the items of one table, those that fit.
func (b *batchGet) read(answer *answer, part *batchGetPart) error {
	answer.json = append(answer.json, '[')
	defer func() { answer.json = append(answer.json, ']') }()
	if part.throttled {
		return nil
	}
	found := 0
	for i, key := range part.keys {
		if b.size >= maxBatchResponse {
			part.unprocessed = part.keys[i:]
			return nil
		}
		item, err := b.engine.read(part.table, part.table.itemKey(key))
		if err != nil {
			return err
		}
		size := item.Size()
		b.size += size
		b.used.of(part.table).read += readUnits(size, part.consistent)
		if item == nil {
			continue
		}
		if found++; found > 1 {
			answer.json = append(answer.json, ',')
		}
		answer.json = part.projection.Apply(item).AppendJSON(answer.json)
	}
	return nil
}

// unprocessed writes the keys that are left in the form of a request.
func (b *batchGet) unprocessed() []byte {
	rest := newAnswer()
	for _, part := range b.parts {
		if len(part.unprocessed) == 0 {
			continue
		}
		table := newAnswer()
		keys := []byte{'['}
		for i, key := range part.unprocessed {
			if i > 0 {
				keys = append(keys, ',')
			}
			keys = key.AppendJSON(keys)
		}
		table.raw("Keys", append(keys, ']'))
		if part.request.projection.given {
			table.raw("ProjectionExpression", wire.AppendString(nil, part.request.projection.text))
		}
		if part.placeholders.HasNames() {
			table.raw("ExpressionAttributeNames", part.placeholders.AppendNames(nil))
		}
		if part.consistent {
			table.raw("ConsistentRead", []byte("true"))
		}
		rest.raw(part.named, table.end())
	}
	return rest.end()
}
