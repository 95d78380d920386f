package dynamo

import (
	"context"
	"encoding/json"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/awsapi"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/dynamo/attribute"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/dynamo/expression"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/dynamo/refusal"
)

// What a write can return.
const (
	returnNone       = "NONE"
	returnAllOld     = "ALL_OLD"
	returnAllNew     = "ALL_NEW"
	returnUpdatedOld = "UPDATED_OLD"
	returnUpdatedNew = "UPDATED_NEW"
)

// write is one change that a request asks for: a put when item is set, an update when updates is true, else a deletion,
// or nothing but a condition when check is true.
type write struct {
	item      attribute.Map // nil for other writes than puts
	key       attribute.Map // nil for puts
	updates   bool
	check     bool
	update    *expression.Update
	condition *expression.Condition

	returnOnFailure string
}

// newWrite parses the expressions of a write. What it does is updates, check, or what its item and key say.
func newWrite(request *request, updates, check bool) (*write, error) {
	w := &write{
		item:            request.item,
		key:             request.key,
		updates:         updates,
		check:           check,
		returnOnFailure: request.returnOnFailure.text,
	}
	placeholders := &request.placeholders
	expressions := []named{{"ConditionExpression", request.condition}}
	if updates {
		expressions = []named{{"UpdateExpression", request.update}, expressions[0]}
	}
	if err := request.checkPlaceholders(expressions); err != nil {
		return nil, err
	}
	var err error
	if updates && request.update.given {
		if w.update, err = expression.ParseUpdate(request.update.text, placeholders); err != nil {
			return nil, err
		}
	}
	if request.condition.given {
		const kind = "ConditionExpression"
		if w.condition, err = expression.ParseCondition(kind, request.condition.text, placeholders); err != nil {
			return nil, err
		}
	}
	return w, placeholders.CheckUsed()
}

// checkAgainst refuses what does not fit a table whatever its items are.
func (w *write) checkAgainst(t *table) error {
	for _, path := range w.update.Paths() {
		if t.keys.has(path[0].Name) {
			return refusal.Parameter("Cannot update attribute %s. This attribute is part of the key", path[0].Name)
		}
	}
	for _, index := range t.indexes {
		for _, k := range index.keys {
			if kind, known := w.update.Assigned(k.name); known && kind != k.kind {
				return indexMismatch(index, k, kind)
			}
		}
	}
	if err := t.checkPaths(w.update.Paths(), w.update.ReadPaths(), w.condition.Paths()); err != nil {
		return err
	}
	if w.item != nil {
		return t.checkItem(w.item)
	}
	return t.keys.check(w.key)
}

// checkPaths refuses paths into keys, which have no parts.
func (t *table) checkPaths(lists ...[]expression.Path) error {
	for _, paths := range lists {
		for _, path := range paths {
			if len(path) == 1 {
				continue
			}
			if err := t.checkScalar(path[0].Name); err != nil {
				return err
			}
		}
	}
	return nil
}

func (t *table) checkScalar(name string) error {
	const text = "Key attributes must be scalars; list random access '[]' and map lookup '.' are not allowed: %s: %s"
	if t.keys.has(name) {
		return refusal.Validation(text, "Key", name)
	}
	for _, index := range t.indexes {
		if index.keys.has(name) {
			return refusal.Validation(text, "IndexKey", name)
		}
	}
	return nil
}

// target returns the key of the item that is written, or the item itself.
func (w *write) target() attribute.Map {
	if w.item != nil {
		return w.item
	}
	return w.key
}

// decide tells what the write makes of an item of a table.
func (w *write) decide(t *table, old attribute.Map) (attribute.Map, error) {
	if !w.condition.Holds(old) {
		return nil, w.conditionFailed(old)
	}
	switch {
	case w.check:
		return old, nil
	case w.item != nil:
		return w.item, nil
	case !w.updates:
		return nil, nil
	}
	return w.updated(t, old)
}

func (w *write) updated(t *table, old attribute.Map) (attribute.Map, error) {
	if old == nil && w.update.OnlyRemoves() {
		return nil, nil
	}
	base := old
	if base == nil {
		base = w.key
	}
	updated, err := w.update.Apply(base)
	if err != nil {
		return nil, err
	}
	return updated, t.checkUpdated(updated)
}

func (w *write) conditionFailed(old attribute.Map) error {
	refused := awsapi.Errorf("ConditionalCheckFailedException", "The conditional request failed")
	if w.returnOnFailure == returnAllOld && old != nil {
		refused.Fields = map[string]any{"Item": json.RawMessage(old.AppendJSON(nil))}
	}
	return refused
}

func (e *Engine) putItem(_ context.Context, body []byte) (json.RawMessage, error) {
	request, err := readRequest(body, nil)
	if err != nil {
		return nil, err
	}
	var wrong constraints
	wrong.name("tableName", request.table)
	wrong.notNull("item", request.item != nil)
	wrong.writes(request)
	if err := wrong.error(); err != nil {
		return nil, err
	}
	if v := request.returnValues; v.given && v.text != returnAllOld && v.text != returnNone {
		return nil, refusal.Validation("ReturnValues can only be ALL_OLD or NONE")
	}
	request.key = nil
	return e.write("PutItem", request)
}

func (e *Engine) deleteItem(_ context.Context, body []byte) (json.RawMessage, error) {
	request, err := readKeyed(body)
	if err != nil {
		return nil, err
	}
	if v := request.returnValues; v.given && v.text != returnAllOld && v.text != returnNone {
		return nil, refusal.Validation("ReturnValues can only be ALL_OLD or NONE")
	}
	return e.write("DeleteItem", request)
}

func (e *Engine) updateItem(_ context.Context, body []byte) (json.RawMessage, error) {
	request, err := readKeyed(body)
	if err != nil {
		return nil, err
	}
	return e.write(updateOperation, request)
}

// readKeyed reads a request that writes the item with a key.
func readKeyed(body []byte) (*request, error) {
	request, err := readRequest(body, nil)
	if err != nil {
		return nil, err
	}
	var wrong constraints
	wrong.name("tableName", request.table)
	wrong.notNull("key", request.key != nil)
	wrong.writes(request)
	request.item = nil
	return request, wrong.error()
}

// writes checks the members that all writes of one item have.
func (c *constraints) writes(request *request) {
	c.oneOf("returnValues", request.returnValues, returnAllNew, returnUpdatedOld, returnAllOld, returnNone, returnUpdatedNew)
	c.oneOf("returnValuesOnConditionCheckFailure", request.returnOnFailure, returnAllOld, returnNone)
	c.reports(request)
	c.oneOf("returnItemCollectionMetrics", request.returnMetrics, "SIZE", "NONE")
}

const updateOperation = "UpdateItem"

// write makes the write of a request for one item.
func (e *Engine) write(operation string, request *request) (json.RawMessage, error) {
	w, err := newWrite(request, operation == updateOperation, false)
	if err != nil {
		return nil, err
	}
	e.schema.RLock()
	defer e.schema.RUnlock()
	table, err := e.open(operation, request.table)
	if err != nil {
		return nil, err
	}
	planned, err := w.plan(table)
	if err != nil {
		return nil, err
	}
	change, err := e.change(planned)
	if err != nil {
		return nil, err
	}
	answer := newAnswer()
	if attributes := w.returned(request.returnValues.text, change); len(attributes) > 0 {
		answer.item("Attributes", attributes)
	}
	if request.returnCapacity.wantsCapacity() {
		used := capacity{}
		used.wrote(change, 1)
		answer.raw("ConsumedCapacity", used.append(nil, request.returnCapacity))
	}
	return answer.end(), nil
}

// returned selects what a write returns.
func (w *write) returned(kind string, change change) attribute.Map {
	switch kind {
	case returnAllOld:
		return change.old
	case returnAllNew:
		return change.new
	case returnUpdatedOld:
		return w.update.Touched(change.old)
	case returnUpdatedNew:
		return w.update.Touched(change.new)
	}
	return nil
}
