package dynamo

import (
	"fmt"
	"slices"
	"strings"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/dynamo/refusal"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/dynamo/wire"
)

// Limits of transactions.
const (
	maxTransaction     = 100     // items
	maxTransactionSize = 4 << 20 // bytes of all items
)

// What a transaction does with an item.
const (
	partPut    = "Put"
	partUpdate = "Update"
	partDelete = "Delete"
	partCheck  = "ConditionCheck"
	partGet    = "Get"
)

// part is one of the TransactItems: what is done with one item.
type part struct {
	kind    string
	request *request
}

func (q *request) readParts(r *wire.Reader) error {
	return r.Array(func() error {
		var p part
		err := r.Object(func(kind string) error {
			switch {
			case !slices.Contains([]string{partPut, partUpdate, partDelete, partCheck, partGet}, kind):
				return r.Skip()
			case p.kind != "":
				return refusal.Validation("TransactItems can only contain one of Check, Put, Update or Delete")
			}
			p = part{kind, &request{valueless: kind == partGet}}
			return r.Object(func(name string) error { return p.request.read(r, name) })
		})
		q.parts = append(q.parts, p)
		if err == nil && p.request != nil {
			err = p.request.refuseLegacy()
		}
		return err
	})
}

func checkTransaction(request *request) error {
	var wrong constraints
	wrong.listLength("transactItems", len(request.parts), maxTransaction)
	wrong.reports(request)
	if request.token.given {
		wrong.textLength("clientRequestToken", request.token.text, 1, maxToken)
	}
	for i, part := range request.parts {
		if part.request != nil {
			part.check(&wrong, fmt.Sprintf("transactItems.%d.member.%s", i+1, strings.ToLower(part.kind[:1])+part.kind[1:]))
		}
	}
	return wrong.error()
}

// check refuses members that are wrong by their form alone.
func (p part) check(wrong *constraints, member string) {
	wrong.name(member+".tableName", p.request.table)
	switch p.kind {
	case partPut:
		wrong.notNull(member+".item", p.request.item != nil)
	case partCheck:
		wrong.notNull(member+".conditionExpression", p.request.condition.given)
	case partUpdate:
		wrong.notNull(member+".updateExpression", p.request.update.given)
	}
	if p.kind != partPut {
		wrong.notNull(member+".key", p.request.key != nil)
	}
	if p.kind != partGet {
		wrong.oneOf(member+".returnValuesOnConditionCheckFailure", p.request.returnOnFailure, returnAllOld, returnNone)
	}
}

// write makes the write that the part asks for.
func (p part) write() (*write, error) {
	switch p.kind {
	case partPut:
		p.request.key = nil
	case partUpdate, partDelete, partCheck:
		p.request.item = nil
	default:
		return nil, refusal.Validation("Invalid Request: TransactWriteRequest should contain Delete or Put or Update request")
	}
	return newWrite(p.request, p.kind == partUpdate, p.kind == partCheck)
}
