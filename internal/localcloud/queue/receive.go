package queue

import (
	"bytes"
	"context"
	"errors"
	"time"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/store"
)

// received is a message that was handed out.
type received struct {
	envelope
	id    identity
	body  string
	state state
}

// receiving says how messages are to be handed out.
type receiving struct {
	most       int
	visibility *time.Duration // how long they are hidden from others; nil for the queue's time
	wait       *time.Duration // how long to wait for the first one; nil for the queue's time
}

// receive hands out messages: those that are there, or else the first that come within the wait. It comes back without
// any when the client does not wait any longer.
func (q *Queues) receive(ctx context.Context, name string, want receiving) ([]received, error) {
	began := time.Now()
	for {
		var (
			found hand
			wait  time.Duration
		)
		err := q.use(name, func(queue *queue) (err error) {
			wait = queue.settings.receiveWait
			if want.wait != nil {
				wait = *want.wait
			}
			found, err = q.handOut(queue, want)
			return err
		})
		left := time.Until(began.Add(wait))
		if err != nil || len(found.messages) > 0 || left <= 0 {
			return found.messages, err
		}
		if !found.next.IsZero() {
			left = min(left, time.Until(found.next))
		}
		select {
		case <-time.After(left):
		case <-found.arrivals:
		case <-ctx.Done():
			return nil, nil
		case <-q.closed:
			return nil, nil
		}
	}
}

// hand is what a look into the queue brought.
type hand struct {
	messages []received
	next     time.Time       // when the next message can be received; zero if there is none
	arrivals <-chan struct{} // closed when another one has come
}

// handOut takes messages that can be received now. The caller uses the queue.
func (q *Queues) handOut(queue *queue, want receiving) (hand, error) {
	d := dealer{queue: queue, now: time.Now(), most: want.most, visibility: queue.settings.visibility, batch: q.space.Batch()}
	if want.visibility != nil {
		d.visibility = *want.visibility
	}
	if queue.settings.hasDeadLetters {
		d.deadLetters = q.queues[queue.settings.redrive.queue]
	}
	found, err := d.deal()
	if err != nil {
		return hand{}, err
	}
	if d.moved > 0 {
		d.deadLetters.arrive(d.deadLetters.orderBound(d.now), d.moved)
	}
	return found, nil
}

// dealer goes through the messages of a queue that can be received, in order.
type dealer struct {
	queue       *queue
	deadLetters *queue // nil for none
	now         time.Time
	most        int
	visibility  time.Duration
	batch       *store.Batch

	hand
	lowest []byte // the first order record that there is
	gone   int    // messages that are not in the queue any more
	moved  int    // of these, to the dead-letter queue
}

func (d *dealer) deal() (hand, error) {
	d.queue.mu.Lock()
	defer d.queue.mu.Unlock()
	from := d.queue.low
	if from == nil {
		from = d.queue.prefix(orderRecord)
	}
	if err := d.queue.space.Scan(from, after(d.queue.prefix(orderRecord)), d.visit); err != nil {
		return hand{}, err
	}
	if err := d.batch.Apply(); err != nil {
		return hand{}, err
	}
	d.queue.low = d.lowest
	if d.lowest == nil {
		d.queue.low = after(d.queue.prefix(orderRecord))
	}
	d.queue.change(-d.gone)
	if d.queue.arrivals == nil {
		d.queue.arrivals = make(chan struct{})
	}
	d.arrivals = d.queue.arrivals
	return d.hand, nil
}

// visit deals with the next order record.
func (d *dealer) visit(key, _ []byte) (more bool, err error) {
	if d.lowest == nil {
		d.lowest = bytes.Clone(key)
	}
	if visible := d.queue.visibleAt(key); visible.After(d.now) {
		d.next = visible
		return false, nil
	}
	id := identityAt(key)
	value, found, err := d.queue.space.Get(d.queue.bodyKey(id))
	if err != nil {
		return false, err
	}
	if !found {
		return false, errors.New("a message has no body")
	}
	message := received{id: id}
	if message.envelope, message.body, err = decodeBody(value); err != nil {
		return false, err
	}
	if message.state, err = d.queue.stateOf(id, message.envelope); err != nil {
		return false, err
	}
	switch {
	case d.now.Sub(id.sent()) > d.queue.settings.retention:
		d.queue.deleteMessage(d.batch, id, message.state.Visible)
		d.gone++
	case d.deadLetters != nil && message.state.Receives >= d.queue.settings.redrive.maximumReceives:
		err = d.giveUp(message)
	default:
		err = d.take(message)
	}
	return len(d.messages) < d.most, err
}

// take hands out a message.
func (d *dealer) take(message received) error {
	d.batch.Delete(d.queue.orderKey(message.state.Visible, message.id))
	message.state.Receives++
	message.state.Visible = d.now.Add(d.visibility)
	if message.state.FirstReceived.IsZero() {
		message.state.FirstReceived = d.now
	}
	d.batch.Set(d.queue.orderKey(message.state.Visible, message.id), []byte{inFlight})
	d.messages = append(d.messages, message)
	return d.queue.setState(d.batch, message.id, message.state)
}

// giveUp moves a message to the dead-letter queue. It keeps its identity and its age.
func (d *dealer) giveUp(message received) error {
	d.queue.deleteMessage(d.batch, message.id, message.state.Visible)
	d.gone++
	d.moved++
	message.state.Visible = d.now
	message.SourceARN = d.queue.arn()
	encoded, err := encodeBody(message.envelope, message.body)
	if err != nil {
		return err
	}
	d.batch.Set(d.deadLetters.bodyKey(message.id), encoded)
	d.batch.Set(d.deadLetters.orderKey(d.now, message.id), []byte{inFlight})
	return d.deadLetters.setState(d.batch, message.id, message.state)
}
