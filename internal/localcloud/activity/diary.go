package activity

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"sort"
	"sync"
	"time"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/store"
)

// Config says how much a diary remembers. Zero sizes stand for the defaults.
type Config struct {
	State    *store.Space
	InMemory int // activities that readers get without looking at the state: 16,384 by default
	InState  int // activities that survive a restart: about 100,000 by default
}

const (
	defaultInMemory = 16_384
	defaultInState  = 100_000
	saveEvery       = 100 * time.Millisecond
	atOnce          = 256 // activities that are copied under the lock
)

// Diary is a Recorder whose activities can be read while they happen and afterwards. It remembers the newest ones in
// memory and writes them to the state a little later: what happened in the last tenth of a second before a kill is
// forgotten. It is safe for concurrent use.
type Diary struct {
	state     *store.Space
	inState   uint64
	forgotten uint64        // those before it have been removed from the state; save's own
	stop      chan struct{} // closed when the diary is
	saved     chan struct{} // closed when all is saved for good

	mu      sync.Mutex
	recent  []Activity    // a ring: activity n is at n modulo the length
	oldest  uint64        // the first activity that is still in the ring
	next    uint64        // the activity to come
	durable uint64        // those before it are saved
	added   chan struct{} // closed at the next activity, if anyone waits
	waiting bool
	failure error // of saving; reported by Close
}

var _ Recorder = (*Diary)(nil)

// New opens the diary that is in the state, or an empty one.
func New(config Config) (*Diary, error) {
	if config.InMemory == 0 {
		config.InMemory = defaultInMemory
	}
	if config.InState == 0 {
		config.InState = defaultInState
	}
	d := &Diary{
		state: config.State, inState: uint64(config.InState), recent: make([]Activity, config.InMemory),
		stop: make(chan struct{}), saved: make(chan struct{}), added: make(chan struct{}),
	}
	err := d.state.ScanReverse(nil, nil, func(key, _ []byte) (bool, error) {
		d.next = binary.BigEndian.Uint64(key) + 1
		return false, nil
	})
	if err != nil {
		return nil, fmt.Errorf("open the diary: %w", err)
	}
	d.oldest, d.durable = d.next, d.next
	go d.save()
	return d, nil
}

// Record adds an activity. If it has no time, it happened now; if its event has no correlation id, the event began one of
// its own, as its consumers will say.
func (d *Diary) Record(activity Activity) {
	if activity.At.IsZero() {
		activity.At = time.Now()
	}
	if activity.CorrelationID == "" {
		activity.CorrelationID = activity.EventID
	}
	d.mu.Lock()
	d.recent[d.next%uint64(len(d.recent))] = activity
	d.next++
	d.oldest = max(d.oldest, d.next-min(d.next, uint64(len(d.recent))))
	if d.waiting {
		close(d.added)
		d.added, d.waiting = make(chan struct{}), false
	}
	d.mu.Unlock()
}

// Past yields what has happened since a time, oldest first, up to now.
func (d *Diary) Past(since time.Time) iter.Seq[Activity] {
	return func(yield func(Activity) bool) {
		d.mu.Lock()
		end := d.next
		d.mu.Unlock()
		d.read(d.firstSince(since), end, yield)
	}
}

// Follow yields what has happened since a time, oldest first, and then what happens, until ctx ends or the diary is
// closed. A reader that is too slow gets an activity of kind Missed in place of those that it missed; it never holds up
// those who record.
func (d *Diary) Follow(ctx context.Context, since time.Time) iter.Seq[Activity] {
	return func(yield func(Activity) bool) {
		number := d.firstSince(since)
		for {
			d.mu.Lock()
			end, added := d.next, d.added
			d.waiting = d.waiting || end == number
			d.mu.Unlock()
			if end > number {
				if !d.read(number, end, yield) {
					return
				}
				number = end
				continue
			}
			select {
			case <-added:
			case <-ctx.Done():
				return
			case <-d.stop:
				return
			}
		}
	}
}

// read yields the activities from one number to before another, and tells whether the reader wants more.
func (d *Diary) read(number, end uint64, yield func(Activity) bool) bool {
	chunk := make([]Activity, 0, min(end-number, atOnce))
	for number < end {
		var oldest uint64
		chunk, oldest = d.copyRecent(chunk[:0], number, end)
		if number < oldest {
			var more bool
			if number, more = d.readSaved(number, min(end, oldest), yield); !more {
				return false
			}
			continue
		}
		for i := range chunk {
			if !yield(chunk[i]) {
				return false
			}
		}
		number += uint64(len(chunk))
	}
	return true
}

// copyRecent appends the first of the activities from number to end, unless they are no longer in memory, and tells which
// is the oldest that is.
func (d *Diary) copyRecent(chunk []Activity, number, end uint64) ([]Activity, uint64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if number >= d.oldest {
		for end = min(end, number+atOnce); number < end; number++ {
			chunk = append(chunk, d.recent[number%uint64(len(d.recent))])
		}
	}
	return chunk, d.oldest
}

// readSaved yields activities that are no longer in memory. What is not in the state either has been missed.
func (d *Diary) readSaved(number, end uint64, yield func(Activity) bool) (next uint64, more bool) {
	more = true
	skipTo := func(found uint64) {
		if found > number {
			more = yield(missed(found - number))
		}
		number = found
	}
	err := d.state.Scan(key(number), key(end), func(key, value []byte) (bool, error) {
		skipTo(binary.BigEndian.Uint64(key))
		if !more {
			return false, nil
		}
		var activity Activity
		if err := json.Unmarshal(value, &activity); err != nil {
			return false, fmt.Errorf("activity %d: %w", number, err)
		}
		number++
		more = yield(activity)
		return more, nil
	})
	if err != nil && more {
		more = yield(Activity{At: time.Now(), Kind: Warned, Reason: "The diary cannot be read: " + err.Error()})
	}
	if more {
		skipTo(end)
	}
	return number, more
}

func missed(count uint64) Activity {
	reason := fmt.Sprintf("%d activities were missed by a reader that was too slow.", count)
	return Activity{At: time.Now(), Kind: Missed, Missed: count, Reason: reason}
}

// firstSince returns the number of the first activity that happened at a time or later.
func (d *Diary) firstSince(since time.Time) uint64 {
	d.mu.Lock()
	oldest, next := d.oldest, d.next
	count := sort.Search(int(next-oldest), func(i int) bool {
		return !d.recent[(oldest+uint64(i))%uint64(len(d.recent))].At.Before(since)
	})
	d.mu.Unlock()
	if count > 0 {
		return oldest + uint64(count)
	}
	first := oldest
	_ = d.state.Scan(nil, key(oldest), func(key, _ []byte) (bool, error) { // reading on reports a failure
		first = binary.BigEndian.Uint64(key)
		return false, nil
	})
	return first + uint64(sort.Search(int(oldest-first), func(i int) bool {
		at, found := d.savedAt(first+uint64(i), oldest)
		return !found || !at.Before(since)
	}))
}

// savedAt returns when the first saved activity from number to end happened.
func (d *Diary) savedAt(number, end uint64) (at time.Time, found bool) {
	_ = d.state.Scan(key(number), key(end), func(_, value []byte) (bool, error) { // reading on reports a failure
		var activity Activity
		found = json.Unmarshal(value, &activity) == nil
		at = activity.At
		return false, nil
	})
	return at, found
}

// save writes what was recorded to the state, batch by batch, until the diary is closed.
func (d *Diary) save() {
	defer close(d.saved)
	ticker := time.NewTicker(saveEvery)
	defer ticker.Stop()
	for closing := false; !closing; {
		select {
		case <-ticker.C:
		case <-d.stop:
			closing = true
		}
		if err := d.saveNew(); err != nil {
			d.mu.Lock()
			d.failure = errors.Join(d.failure, err)
			d.mu.Unlock()
			return
		}
	}
}

func (d *Diary) saveNew() error {
	d.mu.Lock()
	number, end := max(d.durable, d.oldest), d.next
	d.mu.Unlock()
	if number == end {
		return nil
	}
	batch := d.state.Batch()
	for chunk := make([]Activity, 0, atOnce); number < end; {
		var oldest uint64
		if chunk, oldest = d.copyRecent(chunk[:0], number, end); number < oldest {
			number = oldest // recorded and overwritten since: readers are told that they missed it
			continue
		}
		for i := range chunk {
			value, err := json.Marshal(&chunk[i])
			if err != nil {
				return fmt.Errorf("write the diary: %w", err)
			}
			batch.Set(key(number+uint64(i)), value)
		}
		number += uint64(len(chunk))
	}
	d.forgetOld(batch, end)
	if err := batch.Apply(); err != nil {
		return fmt.Errorf("write the diary: %w", err)
	}
	d.mu.Lock()
	d.durable = end
	d.mu.Unlock()
	return nil
}

// forgetOld removes what is more than the state is to hold, now and then.
func (d *Diary) forgetOld(batch *store.Batch, end uint64) {
	keepFrom := end - min(end, d.inState)
	if keepFrom-d.forgotten > d.inState/10 {
		batch.DeleteRange(nil, key(keepFrom))
		d.forgotten = keepFrom
	}
}

// Close saves what was recorded and ends all readers. Nothing may be recorded afterwards.
func (d *Diary) Close() error {
	close(d.stop)
	<-d.saved
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.failure
}

func key(number uint64) []byte { return binary.BigEndian.AppendUint64(nil, number) }
