package lambdahost

import (
	"bytes"
	"time"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/activity"
)

// left notes that an event lies in the store that is not held. The caller holds b.mu.
func (b *backlog) left(key []byte) {
	if b.unread == nil || bytes.Compare(key, b.unread) < 0 {
		b.unread = key
	}
	b.arrange()
}

// arrange sees to it that events are read from the store when they are due and there is room for them. The caller holds
// b.mu.
func (b *backlog) arrange() {
	const quarter = 4
	if b.closed || b.reading || b.unread == nil || len(b.window) > windowEvents/quarter || b.size > windowBytes/quarter {
		return
	}
	if b.timer != nil {
		b.timer.Stop()
		b.timer = nil
	}
	if wait := time.Until(dueAt(b.unread)); wait > 0 {
		b.timer = time.AfterFunc(wait, func() {
			b.mu.Lock()
			defer b.mu.Unlock()
			b.arrange()
		})
		return
	}
	from := b.unread
	b.unread, b.reading = nil, true
	go b.read(from)
}

// read reads events that are due into the window.
func (b *backlog) read(from []byte) {
	_, to := b.bounds()
	now := time.Now()
	var (
		found []*event
		size  int
		rest  []byte // the first event that was not read
	)
	err := b.host.config.Space.Scan(from, to, func(key, value []byte) (bool, error) {
		if dueAt(key).After(now) || len(found) == windowEvents || size > windowBytes {
			rest = bytes.Clone(key)
			return false, nil
		}
		if b.claim(key) {
			e, err := decodeEvent(key, value)
			if err != nil {
				b.leaveOut(err)
				return true, nil
			}
			found = append(found, e)
			size += len(e.payload)
		}
		return true, nil
	})
	b.mu.Lock()
	defer b.mu.Unlock()
	b.reading = false
	for _, key := range b.leaving {
		delete(b.held, key)
	}
	b.leaving = nil
	if err != nil {
		b.warn("events cannot be read: " + err.Error())
		return
	}
	b.append(found...)
	if rest != nil {
		b.left(rest)
	}
	b.deliver()
}

// leaveOut waits no longer for an event that is damaged: it must not hold up those after it. It stays in the store, and held.
func (b *backlog) leaveOut(damage error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.stored--
	b.warn("an event is left out: " + damage.Error())
}

func (b *backlog) warn(reason string) {
	b.host.config.Recorder.Record(activity.Activity{At: time.Now(), Kind: activity.Warned, Function: b.name, Reason: reason})
}

// claim holds an event that is about to be read, unless it is held already.
func (b *backlog) claim(key []byte) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	_, held := b.held[string(key)]
	if !held {
		b.held[string(key)] = struct{}{}
	}
	return !held
}

// forget holds an event no more that has left the store. A read that is under way sees the store as it was when it began,
// perhaps with the event, so it must know the event until it ends. The caller holds b.mu.
func (b *backlog) forget(key []byte) {
	if b.reading {
		b.leaving = append(b.leaving, string(key))
		return
	}
	delete(b.held, string(key))
}
