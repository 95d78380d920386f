package queue

import (
	"context"
	"time"
)

func (q *Queues) sweepEvery(ctx context.Context, every time.Duration) {
	defer close(q.ended)
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			for _, name := range q.names("", "") {
				q.sweep(ctx, name, time.Now())
			}
		}
	}
}

// sweep deletes the messages of a queue that are too old. What it cannot delete the next sweep will.
func (q *Queues) sweep(ctx context.Context, name string, now time.Time) {
	for more := true; more && ctx.Err() == nil; {
		err := q.use(name, func(queue *queue) (err error) {
			more, err = queue.deleteOld(now)
			return err
		})
		if err != nil {
			return
		}
	}
}

// deleteOld deletes some of the messages that are older than the retention period, and tells whether there may be more.
func (q *queue) deleteOld(now time.Time) (more bool, err error) {
	const most = 1000 // at a time, so that the queue can be used in between
	q.mu.Lock()
	defer q.mu.Unlock()
	batch, deleted := q.space.Batch(), 0
	youngest := newIdentity(now.Add(-q.settings.retention), 0)
	err = q.space.Scan(q.prefix(bodyRecord), q.bodyKey(youngest), func(key, value []byte) (bool, error) {
		envelope, _, err := decodeBody(value)
		if err != nil {
			return false, err
		}
		id := identityAt(key)
		state, err := q.stateOf(id, envelope)
		if err != nil {
			return false, err
		}
		q.deleteMessage(batch, id, state.Visible)
		deleted++
		return deleted < most, nil
	})
	if err != nil {
		return false, err
	}
	if err := batch.Apply(); err != nil {
		return false, err
	}
	q.change(-deleted)
	return deleted == most, nil
}
