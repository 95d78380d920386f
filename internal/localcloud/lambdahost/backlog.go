package lambdahost

import (
	"bytes"
	"errors"
	"sync"
	"time"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/activity"
)

// backlog holds the events of a function that were accepted and have not been done. All of them lie in the store. The next
// ones are in memory, in the window; most never leave memory between being accepted and being done.
type backlog struct {
	host *Host
	name string // of the function

	mu       sync.Mutex
	function *function           // whose turn it is: an update puts another in its place
	window   []*event            // those that may be delivered now, longest waiting first
	size     int                 // of their payloads, in bytes
	held     map[string]struct{} // keys of all that are in memory: in the window, under way, or done and still in the store
	unread   []byte              // no event in the store that is not held has a lower key; nil if all are held
	reading  bool                // whether events are being read from the store
	leaving  []string            // keys to be held no more when that has ended
	timer    *time.Timer         // reads the next one when it is due; nil if none is set
	stored   int                 // events in the store
	done     int                 // of these, that will be deleted any moment
	running  int                 // of these, that the function has been given
	paused   bool                // after a throttle, until there is room or a second has passed
	closed   bool

	accepting   sync.WaitGroup // events that are being saved; none begins once it is closed
	handingOver int            // of the events in the store, those that a destination is being told of
	handOvers   sync.WaitGroup
}

// The window is filled up to these bounds, when only a quarter is left of them.
const (
	windowEvents  = 1024
	windowBytes   = 8 << 20
	mostHandOvers = 16
)

func newBacklog(f *function) *backlog {
	return &backlog{host: f.host, name: f.Name, function: f, held: map[string]struct{}{}}
}

// open goes on with the events that are in the store.
func (b *backlog) open() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	from, to := b.bounds()
	err := b.host.config.Space.Scan(from, to, func(key, _ []byte) (bool, error) {
		if b.unread == nil {
			b.unread = bytes.Clone(key)
		}
		b.stored++
		return true, nil
	})
	b.arrange()
	return err
}

func (b *backlog) bounds() (from, to []byte) { return boundsOf(b.name) }

// boundsOf is where the events of a function lie in the store.
func boundsOf(name string) (from, to []byte) {
	from = eventsOf(name)
	to = bytes.Clone(from)
	to[len(to)-1]++
	return from, to
}

// close delivers nothing more.
func (b *backlog) close() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.closed = true
	if b.timer != nil {
		b.timer.Stop()
	}
}

var errClosed = errors.New("the local cloud is ending")

// accept saves an event, and returns when it would survive a kill of the process. It is delivered then, or after a delay;
// copies of it are delivered as well.
func (b *backlog) accept(e *event, delay time.Duration, copies int) error {
	value, err := e.encode()
	if err != nil {
		return err
	}
	host := b.host
	due := e.Accepted.Add(delay)
	accepted := make([]*event, 1+copies)
	for i := range accepted {
		twin := *e
		twin.key = eventKey(b.name, due, host.serial.Add(1))
		accepted[i] = &twin
	}
	direct, err := b.hold(accepted, delay)
	if err != nil {
		return err
	}
	defer b.accepting.Done()
	batch := host.config.Space.Batch()
	for _, twin := range accepted {
		batch.Set(twin.key, value)
	}
	err = batch.Apply()
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case err != nil:
		b.release(accepted)
	case direct:
		b.append(accepted...)
		b.deliver()
	default:
		b.left(accepted[0].key)
	}
	return err
}

// hold counts events that are about to be saved, and decides whether they go into the window directly: that is when all
// earlier ones are in memory. The caller says when they are saved, or cannot be, by b.accepting.
func (b *backlog) hold(events []*event, delay time.Duration) (direct bool, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return false, errClosed
	}
	b.accepting.Add(1)
	b.stored += len(events)
	direct = delay == 0 && !b.reading && b.roomy() && (b.unread == nil || dueAt(b.unread).After(time.Now()))
	if direct {
		for _, e := range events {
			b.held[string(e.key)] = struct{}{}
		}
	}
	return direct, nil
}

// release forgets events that could not be saved. The caller holds b.mu.
func (b *backlog) release(events []*event) {
	b.stored -= len(events)
	for _, e := range events {
		delete(b.held, string(e.key))
	}
}

func (b *backlog) roomy() bool { return len(b.window) < windowEvents && b.size < windowBytes }

// append puts events into the window. The caller holds b.mu.
func (b *backlog) append(events ...*event) {
	for _, e := range events {
		b.window = append(b.window, e)
		b.size += len(e.payload)
	}
}

// next takes the first event out of the window. The caller holds b.mu.
func (b *backlog) next() *event {
	first := b.window[0]
	b.window[0] = nil
	b.window = b.window[1:]
	b.size -= len(first.payload)
	return first
}

// pump delivers as many events as there is room for.
func (b *backlog) pump() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.paused = false
	b.deliver()
}

// deliver hands events to the pool. The caller holds b.mu.
func (b *backlog) deliver() {
	for len(b.window) > 0 && !b.closed && !b.paused && b.handingOver < mostHandOvers {
		e := b.window[0]
		switch reason := b.hopeless(e); {
		case reason != "":
			b.handOver(b.next(), reason, nil)
			continue
		case b.function.pool.hasRoom() && b.host.config.Faults.Throttle(b.function.Name):
			b.throttle(b.next())
			continue
		}
		switch b.function.pool.run(b.invocation(e), true) {
		case admitted:
			b.next()
			b.running++
		case throttled:
			b.throttle(b.next())
			b.pause()
		case full, retired:
			b.arrange()
			return
		}
	}
	b.arrange()
}

// hopeless tells why an event cannot be delivered any more; the reason is empty if it can.
func (b *backlog) hopeless(e *event) condition {
	switch s := b.function.settings.Load(); {
	case s.reserved != nil && *s.reserved == 0:
		return zeroReservedConcurrency
	case time.Since(e.Accepted) > s.asyncRules(e).MaxAge:
		return eventAgeExceeded
	}
	return ""
}

// pause reads no more events for a while, or until there is room: each would only be throttled as well. The caller holds
// b.mu.
func (b *backlog) pause() {
	b.paused = true
	time.AfterFunc(b.host.config.Scale(time.Second), b.pump)
}

// invocation is an attempt of an event by the function whose turn it is. The caller holds b.mu.
func (b *backlog) invocation(e *event) *invocation {
	by := b.function
	return &invocation{
		requestID: e.RequestID, functionARN: e.FunctionARN, payload: e.payload, traceHeader: e.TraceHeader,
		done: func(result Result) { b.finished(e, by, result) },
	}
}

// finished deals with the result of an attempt by a function, which may have been updated since.
func (b *backlog) finished(e *event, by *function, result Result) {
	defer by.pool.done()
	b.mu.Lock()
	defer b.mu.Unlock()
	b.running--
	if b.closed && result.Failed() {
		return // it may have failed because the host is ending: the attempt is made again after a restart
	}
	b.function.recordResult(result, e.Subject, e.attempt())
	rules := b.function.settings.Load().asyncRules(e)
	switch {
	case !result.Failed() && rules.OnSuccess != "":
		b.handOver(e, success, &result)
		return
	case !result.Failed():
		b.remove(e)
		return
	}
	e.Failures++
	e.Throttles = 0
	decided := rules.afterFailure(e.Failures, time.Since(e.Accepted))
	if decided.giveUp != "" {
		b.handOver(e, decided.giveUp, &result)
		return
	}
	b.retry(e, decided.wait, result.Summary())
}

// throttle puts an event back that has found no room. The caller holds b.mu.
func (b *backlog) throttle(e *event) {
	e.Throttles++
	decided := b.function.settings.Load().asyncRules(e).afterThrottle(e.Throttles, time.Since(e.Accepted))
	if decided.giveUp != "" {
		b.handOver(e, decided.giveUp, nil)
		return
	}
	b.retry(e, decided.wait, "throttled")
}

// retry saves an event for another attempt. The caller holds b.mu.
func (b *backlog) retry(e *event, wait time.Duration, reason string) {
	host := b.host
	scaled := host.config.Scale(wait)
	again := *e
	again.Accepted = e.Accepted.Add(scaled - wait)
	due := time.Now().Add(scaled)
	again.key = eventKey(b.name, due, host.serial.Add(1))
	value, err := again.encode()
	if err != nil {
		b.function.recordEnd(activity.Warned, e, "", "the retry could not be saved: "+err.Error())
		return
	}
	b.function.recordRetry(&again, due, reason)
	host.journal.add(change{old: e.key, key: again.key, value: value, applied: func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.forget(e.key)
		b.left(again.key)
	}})
}

// remove deletes an event that is done. The caller holds b.mu.
func (b *backlog) remove(e *event) {
	b.done++
	b.host.journal.add(change{old: e.key, applied: func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.forget(e.key)
		b.stored--
		b.done--
	}})
}

// waiting returns how many events wait or are being handed over, and when the next one is due if that is in the future.
func (b *backlog) waiting() (events int, next time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.unread != nil && dueAt(b.unread).After(time.Now()) {
		next = dueAt(b.unread)
	}
	return b.stored - b.done - b.running, next
}
