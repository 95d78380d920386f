package dynamo

import (
	"context"
	"encoding/binary"
	"encoding/json"

	"github.com/google/uuid"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/dynamo/attribute"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/dynamo/refusal"
)

func (e *Engine) createTable(_ context.Context, body []byte) (json.RawMessage, error) {
	var wanted definition
	if err := decode(body, &wanted); err != nil {
		return nil, err
	}
	if err := wanted.check(); err != nil {
		return nil, err
	}
	e.schema.Lock()
	defer e.schema.Unlock()
	if _, exists := e.tables[wanted.TableName]; exists {
		return nil, refusal.TableExists(wanted.TableName)
	}
	table, err := e.addTable(wanted)
	if err != nil {
		return nil, err
	}
	return json.Marshal(map[string]any{"TableDescription": table.describe()})
}

// addTable saves a new table under a number that no table ever had.
func (e *Engine) addTable(wanted definition) (*table, error) {
	last, found, err := e.space.Get([]byte{lastRecord})
	if err != nil {
		return nil, err
	}
	id := uint32(1)
	if found {
		id += binary.BigEndian.Uint32(last)
	}
	table := newTable(record{Definition: wanted, ID: id, TableID: uuid.NewString(), Created: e.clock().UTC()})
	saved, err := table.save()
	if err != nil {
		return nil, err
	}
	batch := e.space.Batch()
	batch.Set([]byte{lastRecord}, binary.BigEndian.AppendUint32(nil, id))
	batch.Set(tableKey(wanted.TableName), saved)
	if err := batch.Apply(); err != nil {
		return nil, err
	}
	e.tables[wanted.TableName] = table
	return table, nil
}

// tableKey returns where a table's record is stored.
func tableKey(name string) []byte { return append([]byte{tableRecord}, name...) }

// removeTable deletes a table with all that belongs to it.
func (e *Engine) removeTable(t *table) error {
	batch := e.space.Batch()
	batch.Delete(tableKey(t.name()))
	for _, kind := range []byte{itemRecord, indexRecord, expiryRecord} {
		prefix := t.prefix(kind)
		batch.DeleteRange(prefix, attribute.After(prefix))
	}
	if err := batch.Apply(); err != nil {
		return err
	}
	delete(e.tables, t.name())
	return nil
}
