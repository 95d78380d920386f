// Package store keeps the state of the local cloud in one embedded, ordered map of bytes to bytes.
//
// What Apply has acknowledged is in the operating system's hands: it survives a kill of the process at any moment,
// though not a power failure. A developer's laptop asks for the former, and waiting for the disk at every event would
// make the bus a hundred times slower than AWS's.
package store

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/cockroachdb/pebble"
	"github.com/cockroachdb/pebble/bloom"
	"github.com/cockroachdb/pebble/vfs"
)

// Store is one embedded database, safe for concurrent use.
type Store struct {
	db *pebble.DB
}

// Open opens or creates the store in a folder that no other process has open.
func Open(dir string) (*Store, error) {
	return open(dir, unsynced{vfs.Default})
}

// OpenMemory opens an empty store that is gone when it is closed.
func OpenMemory() (*Store, error) {
	return open("", vfs.NewMem())
}

func open(dir string, fs vfs.FS) (*Store, error) {
	cache := pebble.NewCache(64 << 20)
	defer cache.Unref()
	db, err := pebble.Open(dir, &pebble.Options{
		FS:                          fs,
		Cache:                       cache,
		Logger:                      silent{},
		MemTableSize:                32 << 20,
		MemTableStopWritesThreshold: 4,
		L0CompactionThreshold:       4,
		FormatMajorVersion:          pebble.FormatNewest,
		Levels:                      levels(),
	})
	if err != nil {
		return nil, fmt.Errorf("open the state in %q: %w", dir, err)
	}
	return &Store{db: db}, nil
}

// levels gives each level of the tree a filter that tells which keys it does not hold: an item that is read before it is
// first written is looked for in vain.
func levels() []pebble.LevelOptions {
	const depth, bitsPerKey = 7, 10
	levels := make([]pebble.LevelOptions, depth)
	for i := range levels {
		levels[i].FilterPolicy = bloom.FilterPolicy(bitsPerKey)
	}
	return levels
}

// Close ends the store; using it or its spaces afterwards is a programming error.
func (s *Store) Close() error { return s.db.Close() }

// Space returns the part of the store whose keys belong to one owner. Two spaces never see each other's keys; a space's
// name must not contain the byte 0.
func (s *Store) Space(name string) *Space {
	return &Space{db: s.db, prefix: append([]byte(name), 0)}
}

// Space is a key space of its own inside a Store, safe for concurrent use.
type Space struct {
	db     *pebble.DB
	prefix []byte
}

// Get returns a copy of the value at key, and whether there is one.
func (s *Space) Get(key []byte) ([]byte, bool, error) {
	value, closer, err := s.db.Get(s.full(key))
	if errors.Is(err, pebble.ErrNotFound) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, fmt.Errorf("read the state: %w", err)
	}
	value = bytes.Clone(value)
	return value, true, closer.Close()
}

// Visit is called with each key and value of a scan, in order. It must copy what it keeps, and returns whether to go on.
type Visit func(key, value []byte) (more bool, err error)

// Scan visits the keys in [from, to) in ascending order, as they were when the scan began. A nil bound is open.
func (s *Space) Scan(from, to []byte, visit Visit) error {
	return s.scan(from, to, (*pebble.Iterator).First, (*pebble.Iterator).Next, visit)
}

// ScanReverse visits the keys in [from, to) in descending order, as they were when the scan began. A nil bound is open.
func (s *Space) ScanReverse(from, to []byte, visit Visit) error {
	return s.scan(from, to, (*pebble.Iterator).Last, (*pebble.Iterator).Prev, visit)
}

func (s *Space) scan(from, to []byte, first, next func(*pebble.Iterator) bool, visit Visit) (err error) {
	iterator, err := s.db.NewIter(&pebble.IterOptions{LowerBound: s.full(from), UpperBound: s.end(to)})
	if err != nil {
		return fmt.Errorf("scan the state: %w", err)
	}
	defer func() { err = errors.Join(err, iterator.Close()) }()
	for valid := first(iterator); valid; valid = next(iterator) {
		more, err := visit(iterator.Key()[len(s.prefix):], iterator.Value())
		if err != nil || !more {
			return err
		}
	}
	return nil
}

// Batch starts a set of changes that are made together or not at all. A batch is not safe for concurrent use.
func (s *Space) Batch() *Batch {
	return &Batch{space: s, batch: s.db.NewBatch()}
}

func (s *Space) full(key []byte) []byte {
	return append(bytes.Clone(s.prefix), key...)
}

func (s *Space) end(to []byte) []byte {
	if to != nil {
		return s.full(to)
	}
	end := bytes.Clone(s.prefix)
	end[len(end)-1]++
	return end
}

// Batch is a set of changes to one space. Its methods copy keys and values.
type Batch struct {
	space *Space
	batch *pebble.Batch
}

// Set writes a value at key.
func (b *Batch) Set(key, value []byte) { must(b.batch.Set(b.space.full(key), value, nil)) }

// Delete removes the value at key, if there is one.
func (b *Batch) Delete(key []byte) { must(b.batch.Delete(b.space.full(key), nil)) }

// DeleteRange removes all keys in [from, to). A nil bound is open.
func (b *Batch) DeleteRange(from, to []byte) {
	must(b.batch.DeleteRange(b.space.full(from), b.space.end(to), nil))
}

// In continues the batch in another space of the same store, so that both change together.
func (b *Batch) In(space *Space) *Batch { return &Batch{space: space, batch: b.batch} }

// Apply makes the changes and returns when they would survive a kill of the process. Concurrent calls are written together.
func (b *Batch) Apply() error {
	if err := b.batch.Commit(pebble.Sync); err != nil {
		return fmt.Errorf("write the state: %w", err)
	}
	return b.batch.Close()
}

// must is for errors that an in-memory batch can return only when it is used after Apply.
func must(err error) {
	if err != nil {
		panic(err)
	}
}

type silent struct{}

func (silent) Infof(string, ...any)  {}
func (silent) Errorf(string, ...any) {}
func (silent) Fatalf(format string, args ...any) {
	panic(fmt.Sprintf(format, args...))
}
