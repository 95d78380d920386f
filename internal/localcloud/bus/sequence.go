package bus

import (
	"slices"
	"sync"
)

// sequence numbers the accepted events. Numbers are written to the state in any order, by many calls at once; whoever
// reads them in order must stop at the first that may still be written.
type sequence struct {
	mu      sync.Mutex
	next    uint64
	pending []uint64 // the first numbers of the blocks that are being written, ascending
}

// runBits is how many events one run of the process can number: the bits above count the runs.
const runBits = 40

func (s *sequence) startRun(run uint64) { s.next = run << runBits }

// reserve takes count numbers, to be written; release must follow.
func (s *sequence) reserve(count int) (first uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	first = s.next
	s.next += uint64(count)
	s.pending = append(s.pending, first)
	return first
}

// release says that the block that begins with first is written, or never will be.
func (s *sequence) release(first uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if i, found := slices.BinarySearch(s.pending, first); found {
		s.pending = slices.Delete(s.pending, i, i+1)
	}
}

// settled returns the number before which nothing will be written any more.
func (s *sequence) settled() uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.pending) > 0 {
		return s.pending[0]
	}
	return s.next
}
