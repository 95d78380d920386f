package queue

import (
	"encoding/base64"
	"encoding/binary"
	"time"
)

// receipt stands for one hand-out of a message.
type receipt struct {
	id       identity
	receives int // how often the message had been handed out then, this time included
}

// handle is what a client gets for a receipt: base64 of identity, count and name of the queue.
func (r receipt) handle(queue string) string {
	encoded := binary.BigEndian.AppendUint32(r.id[:], uint32(r.receives))
	return base64.StdEncoding.EncodeToString(append(encoded, queue...))
}

func readHandle(queue, handle string) (receipt, error) {
	if handle == "" {
		return receipt{}, refuse(missingParameter, "The request must contain the parameter ReceiptHandle.")
	}
	const nameAt = len(identity{}) + 4
	encoded, err := base64.StdEncoding.DecodeString(handle)
	if err != nil || len(encoded) < nameAt || string(encoded[nameAt:]) != queue {
		return receipt{}, refuse(receiptHandleIsInvalid, "The input receipt handle %q is not a valid receipt handle.", handle)
	}
	return receipt{id: identityAt(encoded[:len(identity{})]), receives: int(binary.BigEndian.Uint32(encoded[len(identity{}):]))}, nil
}

// find returns what has happened to the message of a receipt. The receipt is stale when the message is not there any more
// or has been handed out again. The caller holds q.mu.
func (q *queue) find(r receipt) (found state, stale bool, err error) {
	value, exists, err := q.space.Get(q.bodyKey(r.id))
	if err != nil || !exists {
		return state{}, true, err
	}
	e, _, err := decodeBody(value)
	if err != nil {
		return state{}, false, err
	}
	found, err = q.stateOf(r.id, e)
	return found, found.Receives != r.receives, err
}

// delete deletes the message of a receipt. As with AWS, it is no error if the message is gone already, nor if it has been
// handed out again since; then it stays.
func (q *queue) delete(handle string) error {
	receipt, err := readHandle(q.name, handle)
	if err != nil {
		return err
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	found, stale, err := q.find(receipt)
	if err != nil || stale {
		return err
	}
	batch := q.space.Batch()
	q.deleteMessage(batch, receipt.id, found.Visible)
	if err := batch.Apply(); err != nil {
		return err
	}
	q.change(-1)
	return nil
}

// hide makes the message of a receipt be received by nobody for a time from now on.
func (q *queue) hide(handle string, visibility time.Duration) error {
	receipt, err := readHandle(q.name, handle)
	if err != nil {
		return err
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	found, stale, err := q.find(receipt)
	if err != nil {
		return err
	}
	if stale {
		return refuse(invalidParameterValue, "Value %s for parameter ReceiptHandle is invalid. Reason: Message does not exist "+
			"or is not available for visibility timeout change.", handle)
	}
	batch := q.space.Batch()
	batch.Delete(q.orderKey(found.Visible, receipt.id))
	found.Visible = time.Now().Add(visibility)
	order := q.orderKey(found.Visible, receipt.id)
	batch.Set(order, []byte{inFlight})
	if err := q.setState(batch, receipt.id, found); err != nil {
		return err
	}
	if err := batch.Apply(); err != nil {
		return err
	}
	q.offer(order)
	return nil
}
