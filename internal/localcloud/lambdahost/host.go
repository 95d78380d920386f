// Package lambdahost is the Lambda of the local cloud: it runs functions whose code is a bootstrap of the runtime
// provided.al2023, each in processes of its own, and invokes them as AWS does.
//
// A process gets its work from the Runtime API, one invocation at a time; it stays for the next one, and further processes
// are started while all are busy. Asynchronous invocations lie in the local cloud's store from the moment they are
// accepted until the function has succeeded, or until its on-failure queue has taken them over. What happens to them then
// is the business of three parts, each in files of its own: a backlog decides which event is next, a pool finds it a
// process, and a verdict says what becomes of it after a failure.
package lambdahost

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/http"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/activity"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/awsapi"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/iam"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/queue"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/store"
)

// Queues is where events go that a function has failed on.
type Queues interface {
	// Send puts a message into a queue durably. A refusal is an *awsapi.Error; other errors may pass.
	Send(ctx context.Context, caller iam.Caller, queueARN string, message queue.Message) error
	// Has tells whether there is a queue.
	Has(queueARN string) bool
}

// Config is what a Host needs.
type Config struct {
	// Space holds the events that were accepted.
	Space *store.Space
	// Queues takes over what functions fail on; it may be nil if no function has an on-failure queue.
	Queues Queues
	// Recorder takes notes of what happens; nil takes none.
	Recorder activity.Recorder
	// Scale shortens the waits that AWS imposes before retries; nil leaves them as they are. Limits of age stay true to
	// it: an event is as old as it would be if it had waited in full.
	Scale func(time.Duration) time.Duration
	// Faults are made on demand.
	Faults Faults
	// Logs is given each line that a function prints, and the invocation during which it did, if any; nil for nobody.
	Logs func(function, requestID, line string)
	// Concurrency is how many events each function handles at once, each in a process of its own; 0 means twice the
	// processors, and at least four.
	Concurrency int
	// Lazy starts a function's first process when it is invoked, not when it is created.
	Lazy bool
	// IdleTimeout is how long a process without work is kept, but for the last one of its function; 0 means five minutes.
	IdleTimeout time.Duration
	// XRayAddress is where functions send their traces, such as 127.0.0.1:2000; empty for X-Ray's own default.
	XRayAddress string
}

// Faults say, each time they are asked, whether something goes wrong that goes wrong on AWS now and then. A nil function
// makes no faults.
type Faults struct {
	Duplicate func() bool                                // an accepted event is delivered twice
	Throttle  func(function string) bool                 // an attempt of an asynchronous invocation finds no room, as if it were throttled
	Crash     func(function string) (at Crash, hit bool) // the process is killed in the middle of an invocation
	Delay     func() time.Duration                       // how long an accepted event lies before it is delivered
}

func (f Faults) withDefaults() Faults {
	never := func() bool { return false }
	if f.Duplicate == nil {
		f.Duplicate = never
	}
	if f.Throttle == nil {
		f.Throttle = func(string) bool { return false }
	}
	if f.Crash == nil {
		f.Crash = func(string) (Crash, bool) { return Crash{}, false }
	}
	if f.Delay == nil {
		f.Delay = func() time.Duration { return 0 }
	}
	return f
}

// Host is a Lambda, safe for concurrent use.
type Host struct {
	config   Config
	listener net.Listener
	server   *http.Server
	spawner  *spawner
	journal  *journal
	serial   atomic.Uint64 // makes keys of events unique, and access keys
	lines    atomic.Uint64 // the serial number of the last line of a log; the first is the time, to go on after a restart
	stop     context.CancelFunc
	stopped  context.Context // ends when the host begins to close
	killed   chan struct{}   // closed when it has ended all processes
	reaper   sync.WaitGroup
	closing  sync.Once
	closed   error // what Close has returned

	changing sync.Mutex // held while functions come and go and their settings change

	mu         sync.RWMutex
	functions  map[string]*function // by name
	accessKeys map[string]string    // names of functions by what their access keys begin with
	retired    map[*function]bool   // those that were updated or removed and still have processes

	processes sync.Map // id: *process
	callers   sync.Map // access key: *process
}

// New opens a host without functions, which listens on a free port of the loopback interface for their processes.
func New(config Config) (*Host, error) {
	var listening net.ListenConfig
	listener, err := listening.Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listen for functions: %w", err)
	}
	h := &Host{
		config:    config.withDefaults(),
		listener:  listener,
		spawner:   newSpawner(),
		journal:   newJournal(config.Space),
		functions: map[string]*function{}, accessKeys: map[string]string{}, retired: map[*function]bool{},
		killed: make(chan struct{}),
	}
	h.lines.Store(uint64(time.Now().UnixNano()))
	h.stopped, h.stop = context.WithCancel(context.Background())
	h.server = &http.Server{Handler: h.runtimeAPI(), ReadHeaderTimeout: time.Minute}
	go func() { _ = h.server.Serve(listener) }() // it ends when the server is closed
	h.reaper.Go(h.reapIdle)
	return h, nil
}

func (c Config) withDefaults() Config {
	c.Faults = c.Faults.withDefaults()
	if c.Recorder == nil {
		c.Recorder = nobody{}
	}
	if c.Scale == nil {
		c.Scale = func(wait time.Duration) time.Duration { return wait }
	}
	if c.Logs == nil {
		c.Logs = func(string, string, string) {}
	}
	if c.Concurrency == 0 {
		c.Concurrency = max(2*runtime.NumCPU(), 4)
	}
	if c.IdleTimeout == 0 {
		c.IdleTimeout = 5 * time.Minute
	}
	return c
}

type nobody struct{}

func (nobody) Record(activity.Activity) {}

// Create adds a function. It starts a process for it, unless the host is lazy, and goes on with the events that wait for
// it in the store. It does not wait for the process: see Ready.
func (h *Host) Create(definition Function) error {
	h.changing.Lock()
	defer h.changing.Unlock()
	f, err := h.newFunction(definition)
	if err != nil {
		return err
	}
	if !h.register(f) {
		return &awsapi.Error{
			Status: http.StatusConflict, Code: "ResourceConflictException", Message: "Function already exist: " + f.Name,
		}
	}
	if !h.config.Lazy {
		f.pool.warm()
	}
	return f.backlog.open()
}

// register makes a function known, unless there is one of its name.
func (h *Host) register(f *function) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if _, exists := h.functions[f.Name]; exists {
		return false
	}
	h.functions[f.Name] = f
	h.accessKeys[f.accessKeys] = f.Name
	return true
}

// The states that Ready tells of; a function that cannot be started has the reason for a state.
const (
	StateReady    = "ready"
	StateStarting = "starting"
)

// Ready tells of each function, by its name, whether a process of it has asked for work.
func (h *Host) Ready() map[string]string {
	states := map[string]string{}
	for _, f := range h.all() {
		states[f.Name] = f.pool.state()
	}
	return states
}

// AwaitReady waits until all functions are ready, or one cannot be started, or ctx ends.
func (h *Host) AwaitReady(ctx context.Context) error {
	for _, f := range h.all() {
		if err := f.awaitReady(ctx); err != nil {
			return err
		}
	}
	return nil
}

// InFlight tells in words what is under way or waits for its retry.
func (h *Host) InFlight() []string {
	var words []string
	for _, f := range append(h.all(), h.retiring()...) {
		if text := f.inFlight(); text != "" {
			words = append(words, text)
		}
	}
	return words
}

// FunctionOf tells which function has an access key.
func (h *Host) FunctionOf(accessKeyID string) (name string, ok bool) {
	if len(accessKeyID) < keyLength {
		return "", false
	}
	h.mu.RLock()
	defer h.mu.RUnlock()
	name, ok = h.accessKeys[accessKeyID[:keyLength]]
	return name, ok
}

// Close accepts and starts nothing more, lets running invocations end until ctx does, and kills all processes. Events that
// have not been done stay in the store. Closing again does nothing more.
func (h *Host) Close(ctx context.Context) error {
	h.closing.Do(func() { h.closed = h.close(ctx) })
	return h.closed
}

func (h *Host) close(ctx context.Context) error {
	functions := append(h.all(), h.retiring()...)
	for _, f := range functions {
		f.backlog.close()
		f.pool.close()
	}
	h.stop()
	for _, f := range functions {
		f.awaitIdle(ctx)
	}
	var dying sync.WaitGroup
	for _, f := range functions {
		dying.Go(f.pool.killAll)
		dying.Go(f.backlog.handOvers.Wait)
	}
	dying.Wait()
	close(h.killed)
	h.reaper.Wait()
	h.spawner.close()
	return errors.Join(h.server.Close(), h.journal.close())
}

// reapIdle ends processes that have had no work for a while.
func (h *Host) reapIdle() {
	ticker := time.NewTicker(h.config.IdleTimeout / 4)
	defer ticker.Stop()
	for {
		select {
		case <-h.stopped.Done():
			return
		case now := <-ticker.C:
			for _, f := range h.all() {
				f.pool.reap(now.Add(-h.config.IdleTimeout))
			}
		}
	}
}

// all lists the functions in order of their names.
func (h *Host) all() []*function {
	h.mu.RLock()
	defer h.mu.RUnlock()
	return slices.SortedFunc(maps.Values(h.functions), func(a, b *function) int { return cmp.Compare(a.Name, b.Name) })
}
