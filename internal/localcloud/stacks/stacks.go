// Package stacks is the CloudFormation of the local cloud: stacks are created, updated and deleted from templates, by change
// sets or at once, resource by resource, each behind those that it depends on; what fails is rolled back.
//
// It knows no resources: what they are, the template package reads, and a Platform makes them. Stacks lie in the local cloud's
// store, so that they come up again after a restart, and an operation that the end of the process interrupted is rolled back.
//
// Nested stacks, imports, exports, stack sets, drift, stack policies, macros but SAM's and operations without a rollback it
// refuses, saying so.
package stacks

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/awsapi"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/store"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/template"
)

// Platform is what resources are made of. Its methods are called for one stack at a time, and may be for several stacks at once.
type Platform interface {
	// Exists tells whether there is such a resource already, which is not the stack's.
	Exists(ctx context.Context, stack *template.Stack, resource template.Declaration) (bool, error)
	// Create makes a resource as the stack describes it. It leaves nothing behind if it fails.
	Create(ctx context.Context, stack *template.Stack, resource template.Declaration) error
	// Update makes a resource that is there as the one stack describes it be as the other does. If it fails, the resource may
	// be either; Update with both stacks exchanged makes it what it was.
	Update(ctx context.Context, before, after *template.Stack, resource template.Declaration) error
	// Delete takes away a resource of a stack that becomes another, or nil. It is no error if it is not there.
	Delete(ctx context.Context, before, after *template.Stack, resource template.Declaration) error
	// Changed tells which stacks there are from now on. While a stack is updated, it is there as it was and as it will be.
	Changed(live []*template.Stack)
}

// Config is what Stacks need.
type Config struct {
	// Space holds the stacks.
	Space *store.Space
	// Platform makes the resources.
	Platform Platform
	// Object reads the template at a bucket and key of S3. Its refusals are *awsapi.Error.
	Object func(bucket, key string) ([]byte, error)
	// Address tells which bucket and key the host and the path of a URL mean.
	Address func(host, path string) (bucket, key string)
	// Now is the time; nil means time.Now.
	Now func() time.Time
	// Patience is how long a request waits for the end of the operation that it has begun; 0 means a second. Clients ask for
	// it only after 15 or 30 seconds.
	Patience time.Duration
}

// Stacks are all stacks of the account, safe for concurrent use.
type Stacks struct {
	config  Config
	memory  memory
	running context.Context
	stop    context.CancelFunc
	work    sync.WaitGroup

	changing sync.Mutex // held while the platform is told what has changed; taken before mu

	mu     sync.Mutex
	stacks []*stack // oldest first
}

// stack is one stack with what is known of it beside its record. It is guarded by the lock of Stacks.
type stack struct {
	record
	broken     string // why it can only be deleted; empty if nothing is wrong with it
	fixed      bool   // whether it is not deployed, but read from a file at the start
	current    *template.Stack
	next       *template.Stack
	before     *template.Stack // what current has replaced and was not cleaned up yet
	changeSets []*changeSet    // oldest first
	lastEvent  time.Time
	events     uint64        // how many there are
	told       []event       // of a fixed stack
	idle       chan struct{} // closed while no operation runs
}

// New opens the stacks that a space holds. Operations that were interrupted wait for Resume.
func New(config Config) (*Stacks, error) {
	if config.Now == nil {
		config.Now = time.Now
	}
	if config.Patience == 0 {
		config.Patience = time.Second
	}
	s := &Stacks{config: config, memory: memory{config.Space}}
	s.running, s.stop = context.WithCancel(context.Background())
	if err := s.load(); err != nil {
		return nil, fmt.Errorf("open the stacks: %w", err)
	}
	return s, nil
}

// Close interrupts the operations that run, and waits for their end until ctx ends.
func (s *Stacks) Close(ctx context.Context) error {
	s.stop()
	ended := make(chan struct{})
	go func() {
		s.work.Wait()
		close(ended)
	}()
	select {
	case <-ended:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("operations on stacks have not ended: %w", ctx.Err())
	}
}

// InFlight names the operations that run.
func (s *Stacks) InFlight() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var words []string
	for _, st := range s.stacks {
		if st.running() {
			words = append(words, "the stack "+st.Name+": "+st.Status)
		}
	}
	return words
}

// Adopt shows a stack that is there already and that no request may change, such as the one of a template file.
func (s *Stacks) Adopt(name, body string, parameters map[string]string, described *template.Stack) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, st := range s.stacks {
		if st.live() == nil {
			continue
		}
		for _, resource := range described.Declarations {
			if st.owns(resource) {
				return fmt.Errorf("the state holds the stack %s, which was deployed and has the %s %s, too: start without a template, or with another state",
					st.Name, resource.Type, resource.PhysicalID)
			}
		}
	}
	now := s.config.Now().UTC()
	st := &stack{fixed: true, current: described, idle: closed()}
	st.record = record{
		ID: stackID(name), Name: name, Status: createComplete, Created: now, Description: described.Description,
		Current: &version{Body: body, Parameters: parameters},
	}
	for _, d := range described.Declarations {
		st.Resources = append(st.Resources, resource{
			LogicalID: d.LogicalID, PhysicalID: d.PhysicalID, Type: d.Type, Status: createComplete, Reason: reasonOf(d), At: now,
		})
	}
	st.told = []event{{
		ID: uuid.NewString(), LogicalID: name, PhysicalID: st.ID, Type: stackType, At: now, Status: createComplete,
		Reason: "The stack is that of a template file, which is read at each start",
	}}
	s.stacks = append(s.stacks, st)
	return s.memory.saveAdopted(name)
}

// Adopted is the name of the stack that was adopted last by one who used this space; empty for none.
func (s *Stacks) Adopted() (string, error) { return s.memory.adopted() }

// Deployed lists what stacks describe whose deployment is complete, oldest first.
func (s *Stacks) Deployed() []*template.Stack {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []*template.Stack
	for _, st := range s.stacks {
		if described := st.live(); described != nil {
			all = append(all, described)
		}
	}
	return all
}

// Live lists what stacks describe that are there, oldest first.
func (s *Stacks) Live() []*template.Stack {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.live()
}

func (s *Stacks) live() []*template.Stack {
	var all []*template.Stack
	for _, st := range s.stacks {
		for _, described := range []*template.Stack{st.live(), st.next, st.before} {
			if described != nil && st.Status != deleteComplete {
				all = append(all, described)
			}
		}
	}
	return all
}

func (st *stack) live() *template.Stack {
	if st.Status == deleteComplete {
		return nil
	}
	return st.current
}

// owns tells whether a stack has a resource of the same type and name.
func (st *stack) owns(other template.Declaration) bool {
	if st.live() == nil {
		return false
	}
	return slices.ContainsFunc(st.current.Declarations, func(d template.Declaration) bool {
		return d.Type == other.Type && d.PhysicalID == other.PhysicalID && d.PhysicalID != ""
	})
}

// busy tells whether an operation runs, or waits for a restart since its state could not be written.
func (st *stack) busy() bool {
	return st.running() || strings.HasSuffix(st.Status, "_IN_PROGRESS") && st.Status != reviewInProgress
}

// running tells whether an operation runs.
func (st *stack) running() bool {
	select {
	case <-st.idle:
		return false
	default:
		return true
	}
}

func closed() chan struct{} {
	c := make(chan struct{})
	close(c)
	return c
}

func stackID(name string) string {
	return awsapi.ARN("cloudformation", "stack/"+name+"/"+uuid.NewString())
}

// find finds the stack of a name that is not deleted, or of an id. The caller holds s.mu.
func (s *Stacks) find(nameOrID string) (*stack, error) {
	for _, st := range s.stacks {
		if st.ID == nameOrID || st.Name == nameOrID && st.Status != deleteComplete {
			return st, nil
		}
	}
	return nil, invalid("Stack with id %s does not exist", nameOrID)
}

// invalid is CloudFormation's refusal of a request.
func invalid(format string, arguments ...any) error {
	return awsapi.Errorf("ValidationError", format, arguments...)
}

// await waits for the end of a stack's operation for as long as clients are made to wait.
func (s *Stacks) await(ctx context.Context, st *stack) {
	s.mu.Lock()
	idle := st.idle
	s.mu.Unlock()
	timer := time.NewTimer(s.config.Patience)
	defer timer.Stop()
	select {
	case <-idle:
	case <-timer.C:
	case <-ctx.Done():
	}
}

var errInterrupted = errors.New("the local cloud ended meanwhile")
