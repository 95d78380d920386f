package lambdahost

import (
	"sync"
	"time"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/store"
)

// journal writes changes of events into the store, many at a time. They may be lost by a kill: then an event that was done
// is done again, or one attempt is made twice.
type journal struct {
	space *store.Space
	wake  chan struct{}
	ended chan struct{}

	mu      sync.Mutex
	pending []change
	closed  bool
	err     error
}

// change replaces an event, or removes it, or many.
type change struct {
	old     []byte // key
	end     []byte // if not nil, all keys from old until before this one go
	key     []byte // of what takes its place; nil for nothing
	value   []byte
	applied func() // called once the change is in the store
}

func newJournal(space *store.Space) *journal {
	j := &journal{space: space, wake: make(chan struct{}, 1), ended: make(chan struct{})}
	go j.write()
	return j
}

// add writes a change soon.
func (j *journal) add(c change) {
	j.mu.Lock()
	j.pending = append(j.pending, c)
	j.mu.Unlock()
	j.rouse()
}

func (j *journal) rouse() {
	select {
	case j.wake <- struct{}{}:
	default: // it is awake
	}
}

// close writes what is left, and returns the last error of writing.
func (j *journal) close() error {
	j.mu.Lock()
	j.closed = true
	j.mu.Unlock()
	j.rouse()
	<-j.ended
	return j.err
}

func (j *journal) write() {
	defer close(j.ended)
	for range j.wake {
		j.mu.Lock()
		changes, closed := j.pending, j.closed
		j.pending = nil
		j.mu.Unlock()
		if err := j.apply(changes); err != nil {
			j.err = err
			j.again(changes)
		}
		if closed {
			return
		}
	}
}

func (j *journal) apply(changes []change) error {
	if len(changes) == 0 {
		return nil
	}
	batch := j.space.Batch()
	for _, c := range changes {
		if c.end != nil {
			batch.DeleteRange(c.old, c.end)
		} else {
			batch.Delete(c.old)
		}
		if c.key != nil {
			batch.Set(c.key, c.value)
		}
	}
	if err := batch.Apply(); err != nil {
		return err
	}
	for _, c := range changes {
		c.applied()
	}
	return nil
}

// again tries changes once more after a while that could not be written.
func (j *journal) again(changes []change) {
	j.mu.Lock()
	j.pending = append(changes, j.pending...)
	j.mu.Unlock()
	time.AfterFunc(time.Second, j.rouse)
}
