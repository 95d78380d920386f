package dynamo

import (
	"hash/maphash"
	"slices"
	"sync"
)

// itemLocks let the writes of one item happen one after the other, and those of different items mostly at once: items
// share a fixed number of locks by a hash of their key.
type itemLocks struct {
	seed    maphash.Seed
	once    sync.Once
	stripes [4096]sync.RWMutex
}

func (l *itemLocks) stripe(key []byte) int {
	l.once.Do(func() { l.seed = maphash.MakeSeed() })
	return int(maphash.Bytes(l.seed, key) % uint64(len(l.stripes)))
}

// lock waits for the sole right to an item and returns how to give it back.
func (l *itemLocks) lock(key []byte) (unlock func()) {
	stripe := &l.stripes[l.stripe(key)]
	stripe.Lock()
	return stripe.Unlock
}

// lockAll waits for the sole right to several items.
func (l *itemLocks) lockAll(keys [][]byte) (unlock func()) {
	return l.each(keys, (*sync.RWMutex).Lock, (*sync.RWMutex).Unlock)
}

// shareAll waits until nobody has the sole right to any of several items, and keeps it so.
func (l *itemLocks) shareAll(keys [][]byte) (unlock func()) {
	return l.each(keys, (*sync.RWMutex).RLock, (*sync.RWMutex).RUnlock)
}

// each takes stripes in ascending order, so that two who take several never wait for each other.
func (l *itemLocks) each(keys [][]byte, lock, unlock func(*sync.RWMutex)) func() {
	stripes := make([]int, len(keys))
	for i, key := range keys {
		stripes[i] = l.stripe(key)
	}
	slices.Sort(stripes)
	stripes = slices.Compact(stripes)
	for _, stripe := range stripes {
		lock(&l.stripes[stripe])
	}
	return func() {
		for _, stripe := range stripes {
			unlock(&l.stripes[stripe])
		}
	}
}
