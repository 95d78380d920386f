package bus

import "time"

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
