package dynamo

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/dynamo/attribute"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/store"
)

// planned is a write of an item of a table, checked against it.
type planned struct {
	*write
	table  *table
	stored []byte // where the item is stored
}

// plan checks a write against a table.
func (w *write) plan(t *table) (planned, error) {
	if err := w.checkAgainst(t); err != nil {
		return planned{}, err
	}
	return planned{w, t, t.itemKey(w.target())}, nil
}

// change is what became of an item.
type change struct {
	table    *table
	stored   []byte
	old, new attribute.Map // nil for no item
	kept     bool          // the item was only looked at
}

// change makes one write.
func (e *Engine) change(p planned) (change, error) {
	defer e.locks.lock(p.stored)()
	made, err := e.decide(p)
	if err != nil {
		return made, err
	}
	return made, e.commit([]change{made}, nil)
}

// decide finds out what a write makes of its item, to which the caller has the sole right.
func (e *Engine) decide(p planned) (change, error) {
	old, err := e.read(p.table, p.stored)
	if err != nil {
		return change{}, err
	}
	updated, err := p.decide(p.table, old)
	return change{p.table, p.stored, old, updated, p.check}, err
}

// decideAll finds out what several writes make of their items, to which the caller has the sole right. Its error is a
// *writesError when writes were refused.
func (e *Engine) decideAll(writes []planned) ([]change, error) {
	changes := make([]change, len(writes))
	refused := &writesError{errors: make([]error, len(writes))}
	for i, write := range writes {
		changes[i], refused.errors[i] = e.decide(write)
	}
	if errors.Join(refused.errors...) != nil {
		return nil, refused
	}
	return changes, nil
}

// writesError tells why several writes cannot be made together.
type writesError struct {
	errors []error // one for each write, nil for those that could be made
}

func (r *writesError) Error() string   { return errors.Join(r.errors...).Error() }
func (r *writesError) Unwrap() []error { return r.errors }

// commit stores changes together, with what more, if it is set, adds to their batch.
func (e *Engine) commit(changes []change, more func(*store.Batch)) error {
	batch := e.space.Batch()
	for _, change := range changes {
		change.stage(batch)
	}
	if more != nil {
		more(batch)
	}
	return batch.Apply()
}

// storedKeys lists where the items of several writes are stored.
func storedKeys(writes []planned) [][]byte {
	keys := make([][]byte, len(writes), len(writes)+1)
	for i, write := range writes {
		keys[i] = write.stored
	}
	return keys
}

// read returns a stored item; nil when there is none.
func (e *Engine) read(t *table, stored []byte) (attribute.Map, error) {
	value, found, err := e.space.Get(stored)
	if err != nil || !found {
		return nil, err
	}
	return t.decode(value)
}

func (t *table) decode(value []byte) (attribute.Map, error) {
	item, err := attribute.DecodeStored(value)
	if err != nil {
		return nil, fmt.Errorf("read the table %q: %w", t.name(), err)
	}
	return item, nil
}

// stage writes the change, with the item's entries in indexes, into a batch.
func (c change) stage(batch *store.Batch) {
	if c.kept {
		return
	}
	var value []byte
	if c.new != nil {
		value = c.new.AppendStored(nil)
		batch.Set(c.stored, value)
	} else if c.old != nil {
		batch.Delete(c.stored)
	}
	for _, index := range c.table.indexes {
		c.stageIndex(batch, index, value)
	}
	oldExpiry, expired := c.table.expiryKey(c.old)
	newExpiry, expires := c.table.expiryKey(c.new)
	if expired && !bytes.Equal(oldExpiry, newExpiry) {
		batch.Delete(oldExpiry)
	}
	if expires {
		batch.Set(newExpiry, c.stored)
	}
}

// stageIndex writes the change of one index, given the stored form of the whole new item.
func (c change) stageIndex(batch *store.Batch, index *index, value []byte) {
	oldKey, was := c.table.indexKey(index, c.old)
	newKey, is := c.table.indexKey(index, c.new)
	if was && !bytes.Equal(oldKey, newKey) {
		batch.Delete(oldKey)
	}
	if !is {
		return
	}
	if index.projection.ProjectionType != projectAll {
		value = c.table.project(index, c.new).AppendStored(nil)
	}
	batch.Set(newKey, value)
}
