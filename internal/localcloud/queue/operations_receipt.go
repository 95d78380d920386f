package queue

import (
	"net/http"
)

type deleteMessageRequest struct {
	ofQueue
	ReceiptHandle string
}

func (q *Queues) deleteMessage(_ *http.Request, request *deleteMessageRequest) (any, error) {
	return empty{}, q.use(request.queue(), func(queue *queue) error { return queue.delete(request.ReceiptHandle) })
}

type deleteMessageBatchRequest struct {
	ofQueue
	Entries []struct{ ID, ReceiptHandle string }
}

func (q *Queues) deleteMessageBatch(_ *http.Request, request *deleteMessageBatchRequest) (any, error) {
	ids := make([]string, len(request.Entries))
	for i, entry := range request.Entries {
		ids[i] = entry.ID
	}
	return q.eachEntry(request.queue(), ids, func(queue *queue, i int) error {
		return queue.delete(request.Entries[i].ReceiptHandle)
	})
}

type changeMessageVisibilityRequest struct {
	ofQueue
	visibilityChange
}

// visibilityChange is one message of ChangeMessageVisibility or ChangeMessageVisibilityBatch.
type visibilityChange struct {
	ReceiptHandle     string
	VisibilityTimeout *int
}

func (c visibilityChange) apply(queue *queue) error {
	if c.VisibilityTimeout == nil {
		return refuse(missingParameter, "The request must contain the parameter VisibilityTimeout.")
	}
	if *c.VisibilityTimeout < 0 || *c.VisibilityTimeout > longestVisibility {
		return refuse(invalidParameterValue, "Value %d for parameter VisibilityTimeout is invalid. Reason: Must be >= 0 and <= %d.",
			*c.VisibilityTimeout, longestVisibility)
	}
	return queue.hide(c.ReceiptHandle, seconds(*c.VisibilityTimeout))
}

func (q *Queues) changeMessageVisibility(_ *http.Request, request *changeMessageVisibilityRequest) (any, error) {
	return empty{}, q.use(request.queue(), request.apply)
}

type changeMessageVisibilityBatchRequest struct {
	ofQueue
	Entries []struct {
		ID string
		visibilityChange
	}
}

func (q *Queues) changeMessageVisibilityBatch(_ *http.Request, request *changeMessageVisibilityBatchRequest) (any, error) {
	ids := make([]string, len(request.Entries))
	for i, entry := range request.Entries {
		ids[i] = entry.ID
	}
	return q.eachEntry(request.queue(), ids, func(queue *queue, i int) error { return request.Entries[i].apply(queue) })
}

// eachEntry does the entries of a batch, which have these ids, one after the other.
func (q *Queues) eachEntry(name string, ids []string, do func(queue *queue, i int) error) (any, error) {
	answer := batchAnswer{Successful: []any{}}
	return &answer, q.use(name, func(queue *queue) error {
		if err := checkBatch(ids); err != nil {
			return err
		}
		for i, id := range ids {
			if err := answer.settle(id, map[string]string{"Id": id}, do(queue, i)); err != nil {
				return err
			}
		}
		return nil
	})
}
