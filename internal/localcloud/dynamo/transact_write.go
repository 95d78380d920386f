package dynamo

import (
	"context"
	"encoding/json"
	"errors"
	"strings"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/awsapi"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/dynamo/refusal"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/dynamo/wire"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/store"
)

func (e *Engine) transactWriteItems(_ context.Context, body []byte) (json.RawMessage, error) {
	request, err := readRequest(body, nil)
	if err != nil {
		return nil, err
	}
	if err := checkTransaction(request); err != nil {
		return nil, err
	}
	writes := make([]*write, len(request.parts))
	for i, part := range request.parts {
		if writes[i], err = part.write(); err != nil {
			return nil, err
		}
	}
	e.schema.RLock()
	defer e.schema.RUnlock()
	planned, err := e.planTransaction(request.parts, writes)
	if err != nil {
		return nil, err
	}
	changes, err := e.transact(planned, request)
	if err != nil {
		return nil, err
	}
	answer := newAnswer()
	used := capacities{byKind: true}
	for _, change := range changes {
		used.of(change.table).wrote(change, 2)
	}
	used.report(answer, request.returnCapacity)
	return answer.end(), nil
}

// planTransaction checks the writes against their tables.
func (e *Engine) planTransaction(parts []part, writes []*write) ([]planned, error) {
	plan := make([]planned, len(writes))
	refused := &writesError{errors: make([]error, len(writes))}
	tables := e.opener("TransactWriteItems")
	seen := make(map[string]bool, len(writes))
	for i, write := range writes {
		table, err := tables.open(parts[i].request.table)
		if err == nil {
			plan[i], err = write.plan(table)
		} else if !isThrottled(err) {
			return nil, err
		}
		refused.errors[i] = err
		if err == nil && seen[string(plan[i].stored)] {
			return nil, refusal.Validation("Transaction request cannot include multiple operations on one item")
		}
		seen[string(plan[i].stored)] = err == nil
	}
	if errors.Join(refused.errors...) != nil {
		return nil, cancelled(refused)
	}
	return plan, nil
}

// transact makes writes together or not at all. A transaction whose token was used before is not made again.
func (e *Engine) transact(plan []planned, request *request) ([]change, error) {
	keys := storedKeys(plan)
	token := newToken(request.token, plan, request.parts)
	if token.given() {
		keys = append(keys, token.key)
	}
	defer e.locks.lockAll(keys)()
	if made, err := e.wasMade(token); made || err != nil {
		return nil, err
	}
	changes, err := e.decideAll(plan)
	var refused *writesError
	if errors.As(err, &refused) {
		return nil, cancelled(refused)
	}
	if err != nil {
		return nil, err
	}
	if err := checkTransactionSize(changes); err != nil {
		return nil, err
	}
	return changes, e.commit(changes, func(batch *store.Batch) {
		token.stage(batch, e.clock().Add(tokenLife))
	})
}

func checkTransactionSize(changes []change) error {
	size := 0
	for _, change := range changes {
		size += max(change.old.Size(), change.new.Size())
	}
	return checkTotal(size)
}

// checkTotal refuses a transaction whose items have a size together that is too large.
func checkTotal(size int) error {
	if size > maxTransactionSize {
		return refusal.Validation("Transaction payload size cannot exceed 4MB. Payload Size: %d", size)
	}
	return nil
}

// cancelled words why a transaction was not made. An error that is no refusal stays as it is.
func cancelled(writes *writesError) error {
	codes := make([]string, len(writes.errors))
	reasons := []byte{'['}
	for i, err := range writes.errors {
		if i > 0 {
			reasons = append(reasons, ',')
		}
		var refused *awsapi.Error
		switch {
		case err == nil:
			codes[i] = "None"
			reasons = append(reasons, `{"Code":"None"}`...)
			continue
		case !errors.As(err, &refused):
			return err
		}
		codes[i] = reasonCode(refused.Code)
		reason := newAnswer()
		reason.raw("Code", wire.AppendString(nil, codes[i]))
		reason.raw("Message", wire.AppendString(nil, refused.Message))
		if item, given := refused.Fields["Item"].(json.RawMessage); given {
			reason.raw("Item", item)
		}
		reasons = append(reasons, reason.end()...)
	}
	result := awsapi.Errorf("TransactionCanceledException",
		"Transaction cancelled, please refer cancellation reasons for specific reasons [%s]", strings.Join(codes, ", "))
	result.Fields = map[string]any{"CancellationReasons": json.RawMessage(append(reasons, ']'))}
	return result
}

// reasonCode returns the code by which CancellationReasons call an exception.
func reasonCode(exception string) string {
	if exception == refusal.CodeValidation {
		return "ValidationError"
	}
	return strings.TrimSuffix(exception, "Exception")
}
