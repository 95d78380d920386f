package dynamo

import (
	"bytes"
	"strconv"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/dynamo/attribute"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/dynamo/wire"
)

// Sizes that one unit of capacity pays for, in bytes.
const (
	readUnit  = 4 << 10
	writeUnit = 1 << 10
)

// What ReturnConsumedCapacity can ask for.
const (
	capacityNone    = "NONE"
	capacityTotal   = "TOTAL"
	capacityIndexes = "INDEXES"
)

func (o optional) wantsCapacity() bool { return o.text == capacityTotal || o.text == capacityIndexes }

// reports checks the member with which a request asks for its capacity.
func (c *constraints) reports(request *request) {
	c.oneOf("returnConsumedCapacity", request.returnCapacity, capacityIndexes, capacityTotal, capacityNone)
}

// capacity counts the units that a request uses of one table and its indexes.
type capacity struct {
	table       *table
	read, write float64
	indexes     []indexCapacity
	byKind      bool // as transactions do, it tells reads and writes apart
}

type indexCapacity struct {
	name  string
	units float64
}

func (c *capacity) total() float64 {
	total := c.read + c.write
	for _, index := range c.indexes {
		total += index.units
	}
	return total
}

func (c *capacity) index(name string, units float64) {
	for i := range c.indexes {
		if c.indexes[i].name == name {
			c.indexes[i].units += units
			return
		}
	}
	c.indexes = append(c.indexes, indexCapacity{name, units})
}

// readUnits returns the units for reading a number of bytes.
func readUnits(size int, consistent bool) float64 {
	units := float64(max(1, (size+readUnit-1)/readUnit))
	if !consistent {
		units /= 2
	}
	return units
}

func writeUnits(size int) float64 { return float64(max(1, (size+writeUnit-1)/writeUnit)) }

// wrote counts a change. In a transaction each unit counts twice.
func (c *capacity) wrote(change change, times float64) {
	c.table = change.table
	c.write += times * writeUnits(max(change.old.Size(), change.new.Size()))
	for _, index := range change.table.indexes {
		if units := indexUnits(change, index); units > 0 {
			c.index(index.name, times*units)
		}
	}
}

// indexUnits returns the units for the entries of an index that a change replaces, adds or deletes.
func indexUnits(change change, index *index) float64 {
	oldKey, was := change.table.indexKey(index, change.old)
	newKey, is := change.table.indexKey(index, change.new)
	old, updated := change.table.project(index, change.old), change.table.project(index, change.new)
	moved := was && is && !bytes.Equal(oldKey, newKey)
	switch {
	case moved:
		return writeUnits(old.Size()) + writeUnits(updated.Size())
	case was && is && equalItems(old, updated):
		return 0
	case was && is:
		return writeUnits(max(old.Size(), updated.Size()))
	case was:
		return writeUnits(old.Size())
	case is:
		return writeUnits(updated.Size())
	}
	return 0
}

func equalItems(a, b attribute.Map) bool {
	return attribute.Value{Map: a}.Equal(attribute.Value{Map: b})
}

// append writes the ConsumedCapacity of one table.
func (c *capacity) append(to []byte, wanted optional) []byte {
	to = append(to, `{"TableName":`...)
	to = wire.AppendString(to, c.table.name())
	to = c.appendUnits(append(to, ','), c.total())
	if wanted.text == capacityIndexes {
		to = append(to, `,"Table":{`...)
		to = append(c.appendUnits(to, c.read+c.write), '}')
		if len(c.indexes) > 0 {
			to = c.appendIndexes(append(to, `,"GlobalSecondaryIndexes":`...))
		}
	}
	return append(to, '}')
}

func (c *capacity) appendIndexes(to []byte) []byte {
	for i, index := range c.indexes {
		separator := byte('{')
		if i > 0 {
			separator = ','
		}
		to = wire.AppendString(append(to, separator), index.name)
		to = append(c.appendUnits(append(to, ":{"...), index.units), '}')
	}
	return append(to, '}')
}

func (c *capacity) appendUnits(to []byte, units float64) []byte {
	number := strconv.FormatFloat(units, 'f', 1, 64)
	to = append(append(to, `"CapacityUnits":`...), number...)
	if c.byKind {
		kind := `,"ReadCapacityUnits":`
		if c.write > 0 {
			kind = `,"WriteCapacityUnits":`
		}
		to = append(append(to, kind...), number...)
	}
	return to
}

// capacities counts the units of a request to several tables.
type capacities struct {
	byKind bool
	tables []*capacity
}

func (c *capacities) of(t *table) *capacity {
	for _, used := range c.tables {
		if used.table == t {
			return used
		}
	}
	used := &capacity{table: t, byKind: c.byKind}
	c.tables = append(c.tables, used)
	return used
}

// report writes the list of ConsumedCapacity into an answer when the request asks for it.
func (c *capacities) report(to *answer, wanted optional) {
	if !wanted.wantsCapacity() {
		return
	}
	list := []byte{'['}
	for i, used := range c.tables {
		if i > 0 {
			list = append(list, ',')
		}
		list = used.append(list, wanted)
	}
	to.raw("ConsumedCapacity", append(list, ']'))
}
