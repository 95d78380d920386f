// Package bus is EventBridge (Custom Event Bus – Classic) of the local cloud: buses, rules, targets, archives and replays,
// the acceptance of events and their delivery.
//
// An accepted event is written, together with a record of every delivery that it owes, in one batch that survives a kill
// of the process; only then is the caller answered. Deliveries are made from these records, so that a backlog costs no
// memory and goes on after a restart: every target gets every event that its rule matched at least once. No order is
// promised, as AWS promises none.
package bus

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/activity"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/awsapi"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/iam"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/queue"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/store"
)

// Lambda is what the bus needs of AWS Lambda.
type Lambda interface {
	// InvokeAsync takes a payload for a function durably, and answers with the id of the request.
	InvokeAsync(ctx context.Context, caller iam.Caller, functionARN string, payload []byte, traceHeader string) (requestID string, err error)
}

// Queues is what the bus needs of Amazon SQS.
type Queues interface {
	// Send puts a message into a queue durably.
	Send(ctx context.Context, caller iam.Caller, queueARN string, message queue.Message) error
	// SendBatch puts all messages into a queue durably, or none.
	SendBatch(ctx context.Context, caller iam.Caller, queueARN string, messages []queue.Message) error
}

// Config says what a bus works with.
type Config struct {
	State    *store.Space
	Lambda   Lambda
	Queues   Queues
	Recorder activity.Recorder
	// Scale shortens the waits that AWS imposes: the pauses between attempts, and the age at which an event is given up.
	// Nil leaves them as they are.
	Scale func(time.Duration) time.Duration
	// FunctionOf tells which function signs its requests with an access key. Nil: none does.
	FunctionOf func(accessKeyID string) (name string, known bool)
	// MayPublish decides whether who signs with an access key may put an event; what it returns is the entry's error. Nil:
	// everyone may.
	MayPublish func(accessKeyID, bus, source, detailType string) *awsapi.Error
	// Duplicate tells whether the next delivery is to be made twice, as can happen on AWS. Nil: never.
	Duplicate func() bool
}

// DefaultBus is the bus that every account has.
const DefaultBus = "default"

// Bus is all event buses of the account. It is safe for concurrent use.
type Bus struct {
	Config
	sequence sequence
	pace     pace

	admin     sync.Mutex // one change at a time of what there is
	catalogue catalogue  // guarded by admin

	// Events are accepted under the read lock: once a change has had the write lock, no delivery is owed to a target that
	// it took away.
	routesLock sync.RWMutex
	routes     map[string]*routes

	ctx     context.Context //nolint:containedctx // the life of the workers
	cancel  context.CancelFunc
	started atomic.Bool
	sweeper sync.WaitGroup
	runners sync.WaitGroup // of replays
}

// New opens the buses that are in the state. It accepts events; Start begins to deliver them.
func New(config Config) (*Bus, error) {
	b := &Bus{Config: config, pace: usualPace(), routes: make(map[string]*routes)}
	if b.Scale == nil {
		b.Scale = func(wait time.Duration) time.Duration { return wait }
	}
	if b.FunctionOf == nil {
		b.FunctionOf = func(string) (string, bool) { return "", false }
	}
	if b.MayPublish == nil {
		b.MayPublish = func(string, string, string, string) *awsapi.Error { return nil }
	}
	if b.Duplicate == nil {
		b.Duplicate = func() bool { return false }
	}
	b.ctx, b.cancel = context.WithCancel(context.Background())
	if err := b.load(); err != nil {
		return nil, fmt.Errorf("open the event buses: %w", err)
	}
	if err := b.sweepDeleted(); err != nil {
		return nil, fmt.Errorf("open the event buses: %w", err)
	}
	if _, found := b.catalogue.buses[DefaultBus]; !found {
		if err := b.createBus(EventBus{Name: DefaultBus}); err != nil {
			return nil, fmt.Errorf("open the event buses: %w", err)
		}
	}
	for name := range b.catalogue.buses {
		b.reroute(name)
	}
	return b, nil
}

// Start begins to deliver, first what an earlier run of the process has left. The targets must be there: what is brought
// to a missing one is given up.
func (b *Bus) Start() {
	b.started.Store(true)
	b.sweeper.Go(b.sweepNowAndThen)
	for _, lane := range b.lanes() {
		lane.wake()
	}
	b.startReplays()
}

// Close stops delivering and waits for the deliveries under way, until ctx ends. No event may be put afterwards.
func (b *Bus) Close(ctx context.Context) error {
	b.cancel()
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for _, lane := range b.lanes() {
			lane.close()
		}
		b.sweeper.Wait()
		b.runners.Wait()
	}()
	select {
	case <-ended:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("deliveries of the event bus have not ended: %w", ctx.Err())
	}
}

// InFlight lists in words what is still to be replayed and delivered.
func (b *Bus) InFlight() []string {
	list := b.replaysInFlight() // first: what a replay has brought is in the lanes when it ends
	for _, lane := range b.lanes() {
		if words := lane.inFlight(); words != "" {
			list = append(list, words)
		}
	}
	slices.SortFunc(list, strings.Compare)
	return list
}

// lanes returns the lanes of all targets, of disabled rules too.
func (b *Bus) lanes() []*lane {
	b.admin.Lock()
	defer b.admin.Unlock()
	var lanes []*lane
	for _, bus := range b.catalogue.buses {
		for _, rule := range bus.rules {
			for _, target := range rule.Targets {
				lanes = append(lanes, target.lane)
			}
		}
	}
	return lanes
}

// wakeBehind wakes the lanes that have something to read. The caller holds routesLock.
func (b *Bus) wakeBehind() {
	for _, routes := range b.routes {
		for i := range routes.list {
			for _, lane := range routes.list[i].lanes {
				if lane.readable() {
					lane.wake()
				}
			}
		}
	}
}

func (b *Bus) sweepNowAndThen() {
	ticker := time.NewTicker(sweepEvery)
	defer ticker.Stop()
	for {
		if err := b.sweep(time.Now()); err != nil {
			b.Recorder.Record(activity.Activity{At: time.Now(), Kind: activity.Warned, Reason: err.Error()})
		}
		select {
		case <-ticker.C:
		case <-b.ctx.Done():
			return
		}
	}
}
