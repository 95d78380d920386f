// Package dynamo is the DynamoDB of the local cloud: tables with global secondary indexes, items, expressions,
// transactions and expiry, kept in the local cloud's store. It answers and refuses as AWS does.
//
// Writes of one item happen one after the other, transactions together or not at all, and an item's entries in indexes
// change with it. Indexes are therefore never behind, unlike AWS's. A request reads one state of the store.
package dynamo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/awsapi"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/dynamo/refusal"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/store"
)

// Config is what an Engine needs.
type Config struct {
	// Space holds the tables.
	Space *store.Space
	// Clock tells the time; nil means time.Now.
	Clock func() time.Time
	// SweepEvery is the time between two searches for expired items; 0 means a minute, less than 0 never.
	SweepEvery time.Duration
	// Throttle tells whether a request of an operation to a table is to be refused for lack of capacity; nil refuses none.
	// It is asked once for each table of a request, by many goroutines, and must not call the engine.
	Throttle func(operation, table string) bool
}

// Engine is a DynamoDB, safe for concurrent use.
type Engine struct {
	space    *store.Space
	clock    func() time.Time
	throttle func(operation, table string) bool

	schema sync.RWMutex // held by every operation; exclusively while tables change
	tables map[string]*table

	operations map[string]operation

	locks   itemLocks
	sweeper *sweeper
}

// New opens the DynamoDB that a space holds, and begins to delete what expires.
func New(config Config) (*Engine, error) {
	engine := &Engine{
		space:    config.Space,
		clock:    config.Clock,
		throttle: config.Throttle,
		tables:   map[string]*table{},
	}
	engine.operations = engine.supported()
	if engine.clock == nil {
		engine.clock = time.Now
	}
	if engine.throttle == nil {
		engine.throttle = func(string, string) bool { return false }
	}
	if err := engine.load(); err != nil {
		return nil, err
	}
	if config.SweepEvery == 0 {
		config.SweepEvery = time.Minute
	}
	if config.SweepEvery > 0 {
		engine.sweeper = engine.startSweeper(config.SweepEvery)
	}
	return engine, nil
}

// load reads the tables.
func (e *Engine) load() error {
	return e.space.Scan([]byte{tableRecord}, []byte{tableRecord + 1}, func(key, value []byte) (bool, error) {
		var saved record
		if err := json.Unmarshal(value, &saved); err != nil {
			return false, fmt.Errorf("decode the table %q: %w", key[1:], err)
		}
		e.tables[saved.Definition.TableName] = newTable(saved)
		return true, nil
	})
}

// Close ends the deletion of what expires. The space stays open.
func (e *Engine) Close(ctx context.Context) error {
	if e.sweeper == nil {
		return nil
	}
	return e.sweeper.stop(ctx)
}

// InFlight names what is under way: nothing ever, as every operation is done when it is answered.
func (e *Engine) InFlight() []string { return nil }

// Call answers one operation, such as PutItem: a request body in, an answer's body out, both JSON. Refusals are
// *awsapi.Error.
func (e *Engine) Call(ctx context.Context, operation string, body []byte) (json.RawMessage, error) {
	answer, known := e.operations[operation]
	if !known {
		return nil, awsapi.Errorf("UnknownOperationException", "The local cloud's DynamoDB does not support the operation %q.", operation)
	}
	return answer(ctx, body)
}

// operation answers a request's body.
type operation func(ctx context.Context, body []byte) (json.RawMessage, error)

// supported are the operations by their names.
func (e *Engine) supported() map[string]operation {
	return map[string]operation{
		"CreateTable":               e.createTable,
		"DescribeTable":             e.describeTable,
		"ListTables":                e.listTables,
		"DeleteTable":               e.deleteTable,
		"UpdateTimeToLive":          e.updateTimeToLive,
		"DescribeTimeToLive":        e.describeTimeToLive,
		"DescribeContinuousBackups": e.describeContinuousBackups,
		"GetItem":                   e.getItem,
		"PutItem":                   e.putItem,
		"UpdateItem":                e.updateItem,
		"DeleteItem":                e.deleteItem,
		"Query":                     e.query,
		"Scan":                      e.scan,
		"BatchGetItem":              e.batchGetItem,
		"BatchWriteItem":            e.batchWriteItem,
		"TransactGetItems":          e.transactGetItems,
		"TransactWriteItems":        e.transactWriteItems,
	}
}

// open finds a table for an operation on items. The caller holds e.schema.
func (e *Engine) open(operation, name string) (*table, error) {
	table, found := e.tables[name]
	if !found {
		return nil, refusal.NotFound()
	}
	if e.throttle(operation, name) {
		return nil, refusal.Throttled()
	}
	return table, nil
}

// opener finds the tables of a request that may name each more than once.
type opener struct {
	engine    *Engine
	operation string
	opened    map[string]opened
}

type opened struct {
	table *table
	err   error
}

func (e *Engine) opener(operation string) *opener {
	return &opener{e, operation, map[string]opened{}}
}

func (o *opener) open(name string) (*table, error) {
	result, known := o.opened[name]
	if !known {
		result.table, result.err = o.engine.open(o.operation, name)
		o.opened[name] = result
	}
	return result.table, result.err
}

func isThrottled(err error) bool {
	var refused *awsapi.Error
	return errors.As(err, &refused) && refused.Code == refusal.CodeThrottled
}
