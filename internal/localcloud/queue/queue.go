package queue

import (
	"bytes"
	"encoding/binary"
	"sync"
	"time"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/awsapi"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/store"
)

// queue is one queue. Its definition and settings are guarded by Queues.mu.
type queue struct {
	name       string
	space      *store.Space
	definition definition
	settings   settings

	mu       sync.Mutex    // held while messages change, other than by new ones
	low      []byte        // no order record has a lower key; nil when that is not known
	arrivals chan struct{} // closed when there is a new order record; nil when nobody waits for one
	stored   int           // number of messages, if counted
	counted  bool
	purged   time.Time
}

func (q *queue) arn() string { return awsapi.ARN("sqs", q.name) }

// checkSame refuses to create the queue again with attributes of other values.
func (q *queue) checkSame(wanted settings, given map[string]string) error {
	for name := range given {
		if wanted.values[name] != q.settings.values[name] {
			return refuse(queueAlreadyExists,
				"A queue already exists with the same name and a different value for attribute %s", name)
		}
	}
	return nil
}

// arrive takes note of new messages, of which one has the lowest order record.
func (q *queue) arrive(lowest []byte, messages int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.change(messages)
	q.offer(lowest)
}

// offer takes note of a new order record, and makes those look again who wait for messages. The caller holds q.mu.
func (q *queue) offer(order []byte) {
	if bytes.Compare(order, q.low) < 0 {
		q.low = order
	}
	if q.arrivals != nil {
		close(q.arrivals)
		q.arrivals = nil
	}
}

// change counts messages that came or went. The caller holds q.mu.
func (q *queue) change(messages int) {
	if q.counted {
		q.stored += messages
	}
}

// purge deletes all messages. Nobody else uses the queue.
func (q *queue) purge(now time.Time, pause time.Duration) error {
	if now.Sub(q.purged) < pause {
		return &awsapi.Error{
			Status: 403, Code: purgeQueueInProgress,
			Message: "Only one PurgeQueue operation on " + q.name + " is allowed every " + pause.String() + ".",
		}
	}
	batch := q.space.Batch()
	q.deleteAll(batch)
	if err := batch.Apply(); err != nil {
		return err
	}
	q.purged, q.low, q.counted = now, nil, false
	return nil
}

// count counts the messages for the first time. Nobody else uses the queue.
func (q *queue) count() error {
	stored := 0
	prefix := q.prefix(orderRecord)
	err := q.space.Scan(prefix, after(prefix), func([]byte, []byte) (bool, error) {
		stored++
		return true, nil
	})
	q.stored, q.counted = stored, err == nil
	return err
}

// hidden returns the numbers of messages that cannot be received yet, as they were sent with a delay or have been received.
func (q *queue) hidden(now time.Time) (late, received int, err error) {
	err = q.space.Scan(q.orderBound(now.Add(1)), after(q.prefix(orderRecord)), func(_, why []byte) (bool, error) {
		if why[0] == delayed {
			late++
		} else {
			received++
		}
		return true, nil
	})
	return late, received, err
}

// visibleAt reads from an order record's key when its message can be received.
func (q *queue) visibleAt(key []byte) time.Time {
	return time.Unix(0, int64(binary.BigEndian.Uint64(key[len(q.prefix(orderRecord)):])))
}
