package dynamo

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/awsapi"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/dynamo/attribute"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/dynamo/refusal"
)

// record is how a table is stored.
type record struct {
	Definition   definition
	ID           uint32
	TableID      string // a UUID
	Created      time.Time
	TTLAttribute string `json:",omitempty"`
}

// table is a table as the operations use it. It is not changed once it is made.
type table struct {
	record
	id      uint32
	keys    keySchema
	indexes []*index
}

type index struct {
	name       string
	number     uint16
	keys       keySchema
	projection projection
}

// newTable makes a table of its record, whose definition was checked.
func newTable(record record) *table {
	definition := record.Definition
	t := &table{record: record, id: record.ID, keys: definition.schema(definition.KeySchema)}
	for number, given := range definition.GlobalSecondaryIndexes {
		t.indexes = append(t.indexes, &index{
			name:       given.IndexName,
			number:     uint16(number),
			keys:       definition.schema(given.KeySchema),
			projection: given.Projection,
		})
	}
	return t
}

func (t *table) name() string { return t.Definition.TableName }
func (t *table) arn() string  { return awsapi.ARN("dynamodb", "table/"+t.name()) }

// index finds an index by its name.
func (t *table) index(name string) (*index, error) {
	for _, index := range t.indexes {
		if index.name == name {
			return index, nil
		}
	}
	return nil, refusal.Validation("The table does not have the specified index: %s", name)
}

// project selects what an index holds of an item.
func (t *table) project(index *index, item attribute.Map) attribute.Map {
	if index.projection.ProjectionType == projectAll {
		return item
	}
	projected := make(attribute.Map, 0, len(item))
	for _, member := range item {
		if t.projects(index, member.Name) {
			projected = append(projected, member)
		}
	}
	return projected
}

// projects tells whether an index holds an attribute.
func (t *table) projects(index *index, name string) bool {
	return index.projection.ProjectionType == projectAll || t.keys.has(name) || index.keys.has(name) ||
		slices.Contains(index.projection.NonKeyAttributes, name)
}

// The kinds of an index's projection.
const (
	projectAll      = "ALL"
	projectKeysOnly = "KEYS_ONLY"
	projectInclude  = "INCLUDE"
)

// maxItem is the greatest size of an item, in bytes.
const maxItem = 400 << 10

// checkItem refuses an item that the table or an index cannot hold.
func (t *table) checkItem(item attribute.Map) error {
	if err := t.keys.checkItem(item); err != nil {
		return err
	}
	for _, index := range t.indexes {
		for i, k := range index.keys {
			value, found := item.Get(k.name)
			if !found {
				continue
			}
			if value.Type != k.kind {
				return indexMismatch(index, k, value.Type)
			}
			if isEmptyKey(value) {
				return refusal.Validation("One or more parameter values are not valid. A value specified for a secondary index "+
					"key is not supported. The AttributeValue for a key attribute cannot contain an empty %s value. "+
					"IndexName: %s, IndexKey: %s", emptyKind(value), index.name, k.name)
			}
			if err := checkKeyLength(value, i == 0); err != nil {
				return err
			}
		}
	}
	if item.Size() > maxItem {
		return refusal.Validation("Item size has exceeded the maximum allowed size")
	}
	return nil
}

func indexMismatch(index *index, k keyAttribute, actual attribute.Type) error {
	return refusal.Parameter("Type mismatch for Index Key %s Expected: %s Actual: %s IndexName: %s",
		k.name, k.kind, actual, index.name)
}

// save encodes the table's record.
func (t *table) save() ([]byte, error) {
	saved, err := json.Marshal(t.record)
	if err != nil {
		return nil, fmt.Errorf("encode the table %q: %w", t.name(), err)
	}
	return saved, nil
}

// checkUpdated refuses what an update has made of an item when the table or an index cannot hold it. The item's key
// cannot have changed.
func (t *table) checkUpdated(item attribute.Map) error {
	for _, index := range t.indexes {
		for i, k := range index.keys {
			value, found := item.Get(k.name)
			if !found {
				continue
			}
			if value.Type != k.kind {
				return refusal.Validation("The update expression attempted to update the secondary index key to unsupported type")
			}
			if isEmptyKey(value) {
				return refusal.Validation("One or more parameter values are not valid. The update expression attempted to update a "+
					"secondary index key to a value that is not supported. The AttributeValue for a key attribute cannot contain "+
					"an empty %s value.", emptyKind(value))
			}
			if err := checkKeyLength(value, i == 0); err != nil {
				return err
			}
		}
	}
	if item.Size() > maxItem {
		return refusal.Validation("Item size to update has exceeded the maximum allowed size")
	}
	return item.CheckNesting()
}
