package dynamo

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/dynamo/attribute"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/dynamo/expression"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/dynamo/refusal"
)

// plannedGet is a read of an item of a table, checked against it.
type plannedGet struct {
	table      *table
	stored     []byte
	projection *expression.Projection
}

func (e *Engine) transactGetItems(_ context.Context, body []byte) (json.RawMessage, error) {
	request, err := readRequest(body, nil)
	if err != nil {
		return nil, err
	}
	if err := checkTransaction(request); err != nil {
		return nil, err
	}
	projections := make([]*expression.Projection, len(request.parts))
	for i, part := range request.parts {
		if part.kind != partGet {
			return nil, refusal.Validation("Invalid Request: TransactGetRequest should contain Get request")
		}
		if projections[i], err = part.request.parseProjection(); err != nil {
			return nil, err
		}
	}
	e.schema.RLock()
	defer e.schema.RUnlock()
	plan, err := e.planReads(request.parts, projections)
	if err != nil {
		return nil, err
	}
	items, err := e.readTogether(plan)
	if err != nil {
		return nil, err
	}
	answer := newAnswer()
	used := capacities{byKind: true}
	answer.raw("Responses", []byte{'['})
	for i, item := range items {
		if i > 0 {
			answer.json = append(answer.json, ',')
		}
		response := newAnswer()
		if item != nil {
			response.item("Item", plan[i].projection.Apply(item))
		}
		answer.json = append(answer.json, response.end()...)
		used.of(plan[i].table).read += 2 * readUnits(item.Size(), true)
	}
	answer.json = append(answer.json, ']')
	used.report(answer, request.returnCapacity)
	return answer.end(), nil
}

// planReads checks the reads of a transaction against their tables.
func (e *Engine) planReads(parts []part, projections []*expression.Projection) ([]plannedGet, error) {
	plan := make([]plannedGet, len(parts))
	refused := &writesError{errors: make([]error, len(parts))}
	tables := e.opener("TransactGetItems")
	seen := make(map[string]bool, len(parts))
	for i, part := range parts {
		table, err := tables.open(part.request.table)
		if err == nil {
			err = table.checkRead(part.request.key, projections[i])
		} else if !isThrottled(err) {
			return nil, err
		}
		refused.errors[i] = err
		if err != nil {
			continue
		}
		plan[i] = plannedGet{table, table.itemKey(part.request.key), projections[i]}
		if seen[string(plan[i].stored)] {
			return nil, refusal.Validation("Transaction request cannot include multiple operations on one item")
		}
		seen[string(plan[i].stored)] = true
	}
	if errors.Join(refused.errors...) != nil {
		return nil, cancelled(refused)
	}
	return plan, nil
}

// readTogether reads items as they are at one moment between transactions.
func (e *Engine) readTogether(plan []plannedGet) ([]attribute.Map, error) {
	keys := make([][]byte, len(plan))
	for i, get := range plan {
		keys[i] = get.stored
	}
	defer e.locks.shareAll(keys)()
	items := make([]attribute.Map, len(plan))
	size := 0
	for i, get := range plan {
		var err error
		if items[i], err = e.read(get.table, get.stored); err != nil {
			return nil, err
		}
		size += items[i].Size()
	}
	return items, checkTotal(size)
}
