package dynamo

import (
	"context"
	"encoding/json"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/dynamo/attribute"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/dynamo/expression"
)

func (e *Engine) getItem(_ context.Context, body []byte) (json.RawMessage, error) {
	request := &request{valueless: true}
	if err := request.readBody(body, nil); err != nil {
		return nil, err
	}
	var wrong constraints
	wrong.name("tableName", request.table)
	wrong.notNull("key", request.key != nil)
	wrong.reports(request)
	if err := wrong.error(); err != nil {
		return nil, err
	}
	projection, err := request.parseProjection()
	if err != nil {
		return nil, err
	}
	e.schema.RLock()
	defer e.schema.RUnlock()
	table, err := e.open("GetItem", request.table)
	if err != nil {
		return nil, err
	}
	if err := table.checkRead(request.key, projection); err != nil {
		return nil, err
	}
	item, err := e.read(table, table.itemKey(request.key))
	if err != nil {
		return nil, err
	}
	answer := newAnswer()
	if item != nil {
		answer.item("Item", projection.Apply(item))
	}
	if request.returnCapacity.wantsCapacity() {
		used := capacity{table: table, read: readUnits(item.Size(), request.consistent)}
		answer.raw("ConsumedCapacity", used.append(nil, request.returnCapacity))
	}
	return answer.end(), nil
}

// parseProjection parses the only expression of a request that reads items by their keys; nil when there is none.
func (q *request) parseProjection() (*expression.Projection, error) {
	if err := q.checkPlaceholders(nil, q.projection); err != nil {
		return nil, err
	}
	var projection *expression.Projection
	if q.projection.given {
		var err error
		if projection, err = expression.ParseProjection(q.projection.text, &q.placeholders); err != nil {
			return nil, err
		}
	}
	return projection, q.placeholders.CheckUsed()
}

// checkRead refuses a key or a projection that does not fit the table.
func (t *table) checkRead(key attribute.Map, projection *expression.Projection) error {
	if err := t.keys.check(key); err != nil {
		return err
	}
	return t.checkPaths(projection.Paths())
}
