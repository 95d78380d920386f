// Package queue is the SQS of the local cloud: standard queues whose messages lie in the local cloud's store.
//
// A message that was accepted survives a kill of the process, and is handed out until it is deleted, grows older than the
// queue's retention period, or moves to the queue's dead-letter queue. Messages stay in the store: a queue of a million
// takes no more memory than an empty one.
package queue

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/awsapi"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/drift"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/store"
)

// Config is what Queues need.
type Config struct {
	// Space holds the queues and their messages.
	Space *store.Space
	// Scale shortens the waits that AWS imposes after a purge and a deletion; nil leaves them as they are.
	Scale func(time.Duration) time.Duration
	// SweepEvery is the time between two searches for messages that are too old; 0 means a minute.
	SweepEvery time.Duration
}

// Queues are all queues of the account, safe for concurrent use.
type Queues struct {
	space *store.Space
	scale func(time.Duration) time.Duration

	mu      sync.RWMutex // held while a queue is used; exclusively while queues come, go and change
	queues  map[string]*queue
	deleted map[string]time.Time // when a queue was deleted, by its name

	serial atomic.Uint64 // makes the identities of messages differ that were sent in the same nanosecond
	cancel context.CancelFunc
	closed <-chan struct{} // ends whoever waits for messages
	ended  chan struct{}   // closed when the sweeper has ended
}

// New opens the queues that a space holds, and begins to delete what grows too old.
func New(config Config) (*Queues, error) {
	ctx, cancel := context.WithCancel(context.Background())
	q := &Queues{
		space:   config.Space,
		scale:   config.Scale,
		queues:  map[string]*queue{},
		deleted: map[string]time.Time{},
		cancel:  cancel,
		closed:  ctx.Done(),
		ended:   make(chan struct{}),
	}
	if q.scale == nil {
		q.scale = func(wait time.Duration) time.Duration { return wait }
	}
	if config.SweepEvery == 0 {
		config.SweepEvery = time.Minute
	}
	if err := q.load(); err != nil {
		cancel()
		return nil, err
	}
	go q.sweepEvery(ctx, config.SweepEvery)
	return q, nil
}

func (q *Queues) load() error {
	return q.space.Scan([]byte{definitionRecord}, []byte{definitionRecord + 1}, func(key, value []byte) (bool, error) {
		name := string(key[1:])
		var saved definition
		if err := json.Unmarshal(value, &saved); err != nil {
			return false, fmt.Errorf("decode the queue %q: %w", name, err)
		}
		settings, err := parseSettings(saved.Attributes)
		if err != nil {
			return false, fmt.Errorf("read the attributes of the queue %q: %w", name, err)
		}
		q.queues[name] = &queue{name: name, space: q.space, definition: saved, settings: settings}
		return true, nil
	})
}

// Close ends the deletion of old messages, and sends those away who wait for messages. The space stays open.
func (q *Queues) Close(ctx context.Context) error {
	q.cancel()
	select {
	case <-q.ended:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("the deletion of old messages has not ended: %w", ctx.Err())
	}
}

// InFlight names what is under way: nothing ever, as every operation is done when it is answered.
func (q *Queues) InFlight() []string { return nil }

// Declare makes a queue be there with the attributes that the template declares, given by their SQS names, but for what
// callers have set since (package drift). It creates or changes the queue; messages stay in it.
func (q *Queues) Declare(name string, attributes map[string]string) error {
	if _, err := validate(name, attributes); err != nil {
		return err
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	declared := definition{Created: time.Now(), Declared: attributes}
	var before definition
	if existing, exists := q.queues[name]; exists {
		before = existing.definition
		declared.Created = before.Created
	}
	declared.Attributes = drift.Merge(attributes, before.Declared, before.Attributes)
	settings, err := parseSettings(declared.Attributes)
	if err != nil {
		return err
	}
	return q.put(name, declared, settings)
}

// Remove deletes a queue with its messages; it is no error if it is not there.
func (q *Queues) Remove(name string) error {
	if !q.Has(awsapi.ARN("sqs", name)) {
		return nil
	}
	return q.remove(name)
}

// create makes a queue; it may exist already, with the same values of the attributes that are given.
func (q *Queues) create(name string, attributes map[string]string) error {
	settings, err := validate(name, attributes)
	if err != nil {
		return err
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	if existing, exists := q.queues[name]; exists {
		return existing.checkSame(settings, attributes)
	}
	if wait := q.scale(deletionPause); time.Since(q.deleted[name]) < wait {
		return refuse(queueDeletedRecently,
			"You must wait %v after deleting a queue before you can create another with the same name.", wait)
	}
	return q.put(name, definition{Attributes: attributes, Created: time.Now()}, settings)
}

// change sets some attributes of a queue.
func (q *Queues) change(name string, attributes map[string]string) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	queue, err := q.named(name)
	if err != nil {
		return err
	}
	changed := queue.definition
	changed.Attributes = maps.Clone(changed.Attributes)
	if changed.Attributes == nil {
		changed.Attributes = map[string]string{}
	}
	maps.Copy(changed.Attributes, attributes)
	settings, err := parseSettings(changed.Attributes)
	if err != nil {
		return err
	}
	return q.put(name, changed, settings)
}

// put saves a queue. The caller holds q.mu.
func (q *Queues) put(name string, definition definition, settings settings) error {
	definition.Modified = time.Now()
	encoded, err := json.Marshal(definition)
	if err != nil {
		return fmt.Errorf("encode the queue %q: %w", name, err)
	}
	batch := q.space.Batch()
	batch.Set(definitionKey(name), encoded)
	if err := batch.Apply(); err != nil {
		return err
	}
	if _, exists := q.queues[name]; !exists {
		q.queues[name] = &queue{name: name, space: q.space}
	}
	q.queues[name].definition, q.queues[name].settings = definition, settings
	return nil
}

// deletionPause is how long a name cannot be used again after its queue was deleted, and purgePause how long a queue
// cannot be purged again.
const (
	deletionPause = time.Minute
	purgePause    = time.Minute
)

// remove deletes a queue with its messages.
func (q *Queues) remove(name string) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	queue, err := q.named(name)
	if err != nil {
		return err
	}
	batch := q.space.Batch()
	batch.Delete(definitionKey(name))
	queue.deleteAll(batch)
	if err := batch.Apply(); err != nil {
		return err
	}
	delete(q.queues, name)
	q.deleted[name] = time.Now()
	return nil
}

// named finds a queue. The caller holds q.mu.
func (q *Queues) named(name string) (*queue, error) {
	if queue, exists := q.queues[name]; exists {
		return queue, nil
	}
	return nil, refuse(nonExistentQueue, "The specified queue does not exist.")
}

// names lists the names of the queues that begin with a prefix and come after another one, in order.
func (q *Queues) names(prefix, after string) []string {
	q.mu.RLock()
	defer q.mu.RUnlock()
	var names []string
	for name := range q.queues {
		if strings.HasPrefix(name, prefix) && name > after {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// use calls an operation with a queue that stays as it is until the operation returns.
func (q *Queues) use(name string, operation func(*queue) error) error {
	q.mu.RLock()
	defer q.mu.RUnlock()
	queue, err := q.named(name)
	if err != nil {
		return err
	}
	return operation(queue)
}

// nameIn returns the name in a queue's ARN, which is empty in an ARN of another account, region or service.
func nameIn(arn string) string {
	if name, ours := strings.CutPrefix(arn, awsapi.ARN("sqs", "")); ours {
		return name
	}
	return ""
}
