package bus

import (
	"bytes"
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/activity"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/store"
)

// lane brings one target its events. It reads them from the state where the last reading ended, a few at a time, and has
// workers only while there is something to deliver: a target that is slow, or refuses, costs the others nothing.
type lane struct {
	bus     *Bus
	number  uint32
	target  atomic.Pointer[routedTarget]
	ctx     context.Context //nolint:containedctx // the life of the workers
	cancel  context.CancelFunc
	waiting atomic.Int64  // deliveries that are owed
	untried atomic.Int64  // those of them that were never attempted
	end     atomic.Uint64 // after the newest sequence number that is owed
	read    atomic.Uint64 // deliveries before it have been read; changes under reading

	gate    sync.Mutex
	workers int
	closed  bool
	running sync.WaitGroup

	reading  sync.Mutex // guards what follows: what has been read, and what is to be read again
	ready    []*delivery
	retried  []byte    // the key of the last retry that was read
	retryAt  time.Time // when the next one is due; zero if there is none
	schedule *time.Timer
}

const (
	readAtOnce  = 128     // deliveries
	bytesAtOnce = 1 << 20 // of deliveries, if more than one
)

func newLane(bus *Bus, number uint32, target *routedTarget) *lane {
	l := &lane{bus: bus, number: number}
	l.target.Store(target)
	l.ctx, l.cancel = context.WithCancel(bus.ctx)
	l.schedule = time.AfterFunc(time.Hour, l.wake)
	l.schedule.Stop()
	return l
}

// resume counts what an earlier run of the process has left.
func (l *lane) resume() error {
	err := l.bus.State.Scan(numberKey(keyPending, l.number), after(numberKey(keyPending, l.number)), func(key, _ []byte) (bool, error) {
		l.waiting.Add(1)
		l.untried.Add(1)
		l.end.Store(sequenceOf(key) + 1)
		return true, nil
	})
	if err != nil {
		return err
	}
	return l.bus.State.Scan(numberKey(keyRetry, l.number), after(numberKey(keyRetry, l.number)), func(key, _ []byte) (bool, error) {
		if l.waiting.Add(1); l.retryAt.IsZero() {
			l.retryAt = dueOf(key)
		}
		return true, nil
	})
}

// inFlight says in words what is still to be delivered, or nothing.
func (l *lane) inFlight() string {
	count := l.waiting.Load()
	if count <= 0 {
		return ""
	}
	target := l.target.Load()
	to := "the function " + target.function
	if target.queue != "" {
		to = "the queue " + target.queue
	}
	words := fmt.Sprintf("%d deliveries of the rule %s to %s", count, target.rule.name, to)
	l.reading.Lock()
	defer l.reading.Unlock()
	if !l.retryAt.IsZero() {
		words += ", the next attempt at " + l.retryAt.Format(time.TimeOnly)
	}
	return words
}

// owes says that a delivery has been written.
func (l *lane) owes(sequence uint64) {
	l.waiting.Add(1)
	l.untried.Add(1)
	for {
		end := l.end.Load()
		if end > sequence || l.end.CompareAndSwap(end, sequence+1) {
			return
		}
	}
}

// readable tells whether there are deliveries that have not been read and can be.
func (l *lane) readable() bool {
	read := l.read.Load()
	return l.end.Load() > read && l.bus.sequence.settled() > read
}

// wake adds a worker, unless there are enough.
func (l *lane) wake() {
	l.gate.Lock()
	defer l.gate.Unlock()
	if l.closed || !l.bus.started.Load() || l.workers >= l.target.Load().workers {
		return
	}
	l.workers++
	l.running.Add(1)
	go l.work()
}

// close stops the workers and waits for them.
func (l *lane) close() {
	l.gate.Lock()
	l.closed = true
	l.gate.Unlock()
	l.cancel()
	l.schedule.Stop()
	l.running.Wait()
}

// work delivers until nothing is left that can be read.
func (l *lane) work() {
	defer l.running.Done()
	err := l.deliverAll()
	l.gate.Lock()
	l.workers--
	l.gate.Unlock()
	switch {
	case l.ctx.Err() != nil:
	case err != nil:
		l.warn(err)
		l.schedule.Reset(pauseAfterError)
	case l.readable() || l.retryIsDue():
		l.wake() // for what was written or came due between the last look and now
	}
}

func (l *lane) deliverAll() error {
	for l.ctx.Err() == nil {
		target := l.target.Load()
		batch, err := l.take(target.atOnce)
		if err != nil || len(batch) == 0 {
			return err
		}
		l.deliver(target, batch)
	}
	return nil
}

func (l *lane) retryIsDue() bool {
	l.reading.Lock()
	defer l.reading.Unlock()
	return !l.retryAt.IsZero() && !l.retryAt.After(time.Now())
}

const pauseAfterError = time.Second

func (l *lane) warn(err error) {
	rule := l.target.Load().rule
	l.bus.Recorder.Record(activity.Activity{At: time.Now(), Kind: activity.Warned, Bus: rule.bus, Rule: rule.name, Reason: err.Error()})
}

// take returns up to limit deliveries that are due.
func (l *lane) take(limit int) ([]*delivery, error) {
	l.reading.Lock()
	defer l.reading.Unlock()
	if len(l.ready) == 0 {
		l.ready = nil
		if err := l.readRetries(time.Now()); err != nil {
			return nil, fmt.Errorf("retries cannot be read: %w", err)
		}
	}
	if len(l.ready) == 0 {
		if err := l.readPending(); err != nil {
			return nil, fmt.Errorf("deliveries cannot be read: %w", err)
		}
	}
	count := min(limit, len(l.ready))
	batch := l.ready[:count:count]
	if l.ready = l.ready[count:]; len(l.ready) > 0 {
		l.wake() // another worker, in case this one is held up
	}
	return batch, nil
}

func (l *lane) readPending() error {
	if !l.readable() {
		return nil
	}
	settled := l.bus.sequence.settled()
	size := 0
	err := l.bus.State.Scan(pendingKey(l.number, l.read.Load()), pendingKey(l.number, settled), func(key, record []byte) (bool, error) {
		if l.full(size) {
			settled = sequenceOf(key)
			return false, nil
		}
		size += len(record)
		l.add(key, record)
		return true, nil
	})
	if err == nil {
		l.read.Store(settled)
	}
	return err
}

// readRetries reads the deliveries whose next attempt is due, and sets the timer for the first that is not.
func (l *lane) readRetries(now time.Time) error {
	if l.retryAt.IsZero() || l.retryAt.After(now) {
		l.setTimer(l.retryAt)
		return nil
	}
	from := numberKey(keyRetry, l.number)
	if l.retried != nil {
		from = append(bytes.Clone(l.retried), 0)
	}
	var next time.Time
	size := 0
	err := l.bus.State.Scan(from, after(numberKey(keyRetry, l.number)), func(key, record []byte) (bool, error) {
		if due := dueOf(key); due.After(now) || l.full(size) {
			next = due
			return false, nil
		}
		size += len(record)
		l.add(key, record)
		l.retried = bytes.Clone(key)
		return true, nil
	})
	if err == nil {
		l.setTimer(next)
	}
	return err
}

func (l *lane) full(size int) bool { return len(l.ready) == readAtOnce || size > bytesAtOnce }

func (l *lane) add(key, record []byte) {
	d, err := readDelivery(key, record)
	if err != nil {
		l.warn(err)
		l.waiting.Add(-1)
		l.untried.Add(-triedFirst(key))
		return
	}
	l.ready = append(l.ready, d)
}

// triedFirst is 1 if the delivery at a key is attempted for the first time, otherwise 0.
func triedFirst(key []byte) int64 {
	if key[0] == keyPending {
		return 1
	}
	return 0
}

// setTimer chooses when the next retry is to be read; zero for never.
func (l *lane) setTimer(at time.Time) {
	if l.retryAt = at; !at.IsZero() {
		l.schedule.Reset(max(time.Until(at), 0))
	}
}

// putOff makes changes durable that put deliveries off: no retry is read between the change and its being known.
func (l *lane) putOff(changes *store.Batch, later []*delivery) error {
	if len(later) == 0 {
		return changes.Apply()
	}
	l.reading.Lock()
	defer l.reading.Unlock()
	if err := changes.Apply(); err != nil {
		return err
	}
	for _, d := range later {
		due := dueOf(d.key)
		switch {
		case bytes.Compare(d.key, l.retried) <= 0: // its place has been passed: it was due at once
			l.ready = append(l.ready, d)
			l.wake()
		case l.retryAt.IsZero() || due.Before(l.retryAt):
			l.setTimer(due)
		}
	}
	return nil
}
