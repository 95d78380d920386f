package bus

import (
	"time"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/store"
)

// ParsePutEvents returns the entries of a body, and whether it names any.
func ParsePutEvents(body []byte) (entries []Entry, named bool, err error) {
	request, err := parsePutEvents(body)
	return request.entries, request.hasEntries, err
}

// Sweep clears the archives as they would be at a time.
func (b *Bus) Sweep(now time.Time) error { return b.sweep(now) }

// PutReplayed accepts an event as a replay would bring it.
func (b *Bus) PutReplayed(entry Entry, replay string) error {
	a := b.begin(Origin{}, 1)
	a.replay = replay
	_, err := a.accept([]Entry{entry})
	return err
}

// ReplaySlowly makes replays bring so many events together, and wait when more deliveries than ahead wait for a target. It
// must be called before Start.
func (b *Bus) ReplaySlowly(atOnce, ahead int) { b.pace = pace{atOnce: atOnce, ahead: ahead} }

// Retryable tells whether a target's error is one that another attempt may not meet.
func Retryable(err error) bool {
	if err == nil {
		return false
	}
	found := failureOf(err)
	return found.retryable()
}

// ReadDetail tells whether a detail is taken, and its correlation id.
func ReadDetail(detail []byte) (correlationID string, ok bool) {
	found, ok := readDetail(detail)
	return found.correlationID, ok
}

// DamageArchived overwrites the n-th event of the archives.
func (b *Bus) DamageArchived(n int, event string) error {
	prefix := []byte{keyArchived}
	batch := b.State.Batch()
	err := b.State.Scan(prefix, after(prefix), func(key, _ []byte) (bool, error) {
		if n == 0 {
			batch.Set(append([]byte(nil), key...), []byte(event))
		}
		n--
		return n >= 0, nil
	})
	if err != nil {
		return err
	}
	return batch.Apply()
}

// ForgetArchive deletes an archive as a process would that is killed before it has deleted the events.
func (b *Bus) ForgetArchive(name string) error {
	return b.change(func(batch *store.Batch) { batch.Delete(nameKey(keyArchive, name)) })
}

// CountArchived counts the events that are in the state, whatever archive they belong to.
func (b *Bus) CountArchived() (events int, err error) {
	prefix := []byte{keyArchived}
	err = b.State.Scan(prefix, after(prefix), func(_, _ []byte) (bool, error) {
		events++
		return true, nil
	})
	return events, err
}
