// Package scheduler is EventBridge Scheduler: it calls each schedule's function when the schedule is due, tries again
// what fails, and gives it up into the schedule's dead-letter queue.
//
// A schedule without a flexible time window is due at a moment, not after it: a time that passed while the local cloud
// was not running is not made up for later, but noted in the diary. What was due while it ran is delivered at least once,
// also across a restart.
package scheduler

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/activity"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/awsapi"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/iam"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/queue"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/store"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/template"
)

// Functions is Lambda, as far as Scheduler calls it.
type Functions interface {
	// InvokeAsync returns when the invocation is queued for good. Its errors are *awsapi.Error.
	InvokeAsync(
		ctx context.Context, caller iam.Caller, functionARN string, payload []byte, traceHeader string,
	) (requestID string, err error)
}

// Queues is SQS, as far as Scheduler calls it.
type Queues interface {
	Send(ctx context.Context, caller iam.Caller, queueARN string, message queue.Message) error
}

// Bus is EventBridge, as far as Scheduler calls it.
type Bus interface {
	// PutEvent returns when the event is accepted for good. Its errors are *awsapi.Error.
	PutEvent(ctx context.Context, caller iam.Caller, busARN, source, detailType, detail string) error
}

// Config is what a Scheduler works with. All fields but Bus, Role and Ready are required.
type Config struct {
	Schedules []template.Schedule
	Functions Functions
	Queues    Queues
	Bus       Bus                            // may be nil if no schedule's target is a bus
	Role      func(arn string) *iam.Identity // what a role may do; nil, or a nil identity, for everything
	Space     *store.Space
	Recorder  activity.Recorder
	Scale     func(time.Duration) time.Duration // shortens the waits between attempts; a schedule's own clock is not scaled
	Ready     <-chan struct{}                   // is closed when targets can be called; nil if they can be at once
}

// Scheduler runs schedules. It is safe for concurrent use.
type Scheduler struct {
	config Config
	memory memory

	running context.Context
	stop    context.CancelFunc
	work    sync.WaitGroup

	mutex      sync.Mutex
	entries    []*entry
	deliveries map[string]*delivery // under way or waiting for a retry, by execution id
}

// entry is one schedule with its own clock.
type entry struct {
	template.Schedule
	expression Expression
	clock      clock
	ended      context.Context // when the schedule is removed or changed, or the scheduler stops
	end        context.CancelFunc
	done       chan struct{} // closed when the schedule runs no more
}

// New starts all enabled schedules and goes on with the deliveries that an earlier Scheduler on the same space left.
// Schedules whose expression AWS would refuse are one error.
func New(config Config) (*Scheduler, error) {
	if config.Role == nil {
		config.Role = func(string) *iam.Identity { return nil }
	}
	s := &Scheduler{config: config, memory: memory{config.Space}, deliveries: map[string]*delivery{}}
	s.running, s.stop = context.WithCancel(context.Background())
	now := time.Now()
	var problems []error
	for _, schedule := range config.Schedules {
		e, err := s.newEntry(schedule, now)
		if err != nil {
			problems = append(problems, fmt.Errorf("schedule %s: %w", schedule.LogicalID, err))
			continue
		}
		s.entries = append(s.entries, e)
	}
	left, err := s.memory.deliveries()
	if err := errors.Join(append(problems, err)...); err != nil {
		s.stop()
		return nil, err
	}
	for _, d := range left {
		s.begin(d)
	}
	for _, e := range s.entries {
		s.launch(e)
	}
	return s, nil
}

// launch lets a schedule run, if it is enabled.
func (s *Scheduler) launch(e *entry) {
	e.ended, e.end = context.WithCancel(s.running)
	e.done = make(chan struct{})
	if !e.Enabled {
		close(e.done)
		return
	}
	s.work.Go(func() {
		defer close(e.done)
		s.run(e)
	})
}

// Put makes a schedule be there, in place of the one of its ARN. Its clock goes on unless its expression is another one.
func (s *Scheduler) Put(schedule template.Schedule) error {
	if _, err := Parse(schedule.Expression, schedule.TimeZone, time.Now()); err != nil {
		return fmt.Errorf("schedule %s: %w", schedule.LogicalID, err)
	}
	s.takeAway(schedule.ARN)
	e, err := s.newEntry(schedule, time.Now())
	if err != nil {
		return fmt.Errorf("schedule %s: %w", schedule.LogicalID, err)
	}
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.entries = append(s.entries, e)
	s.launch(e)
	return nil
}

// Has tells whether there is a schedule of an ARN.
func (s *Scheduler) Has(arn string) bool {
	return slices.ContainsFunc(s.all(), func(e *entry) bool { return e.ARN == arn })
}

// Remove takes a schedule away, by its ARN; it is no error if it is not there. What was due is delivered all the same.
func (s *Scheduler) Remove(arn string) error {
	s.takeAway(arn)
	return s.memory.forgetClock(arn)
}

// takeAway stops a schedule and waits until it has stopped.
func (s *Scheduler) takeAway(arn string) {
	s.mutex.Lock()
	i := slices.IndexFunc(s.entries, func(e *entry) bool { return e.ARN == arn })
	if i < 0 {
		s.mutex.Unlock()
		return
	}
	e := s.entries[i]
	s.entries = slices.Delete(slices.Clone(s.entries), i, i+1)
	s.mutex.Unlock()
	e.end()
	<-e.done
}

// all are the schedules that are there.
func (s *Scheduler) all() []*entry {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return s.entries
}

// newEntry gives a schedule the clock that it had before, or a new one that begins now.
func (s *Scheduler) newEntry(schedule template.Schedule, now time.Time) (*entry, error) {
	kept, known, err := s.memory.clock(schedule)
	if err != nil {
		return nil, err
	}
	if !known {
		kept = newClock(schedule, now)
	}
	expression, err := Parse(schedule.Expression, schedule.TimeZone, kept.anchor(schedule))
	if err != nil {
		return nil, err
	}
	if !known {
		if err := s.memory.saveClock(schedule, kept); err != nil {
			return nil, err
		}
	}
	return &entry{Schedule: schedule, expression: expression, clock: kept}, nil
}

// Close stops all schedules. What is not delivered goes on when a new Scheduler starts on the same space. It returns the
// context's error when the context ends first.
func (s *Scheduler) Close(ctx context.Context) error {
	s.stop()
	done := make(chan struct{})
	go func() {
		s.work.Wait()
		close(done)
	}()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("close the scheduler: %w", ctx.Err())
	}
}

// Fire runs a schedule by hand, as if it were due at a time, whether it is enabled or not. It returns when the function
// has the invocation, or with the error of the last attempt when the retry policy is exhausted. When the context ends
// first, the delivery goes on.
func (s *Scheduler) Fire(ctx context.Context, name string, at time.Time) error {
	for _, e := range s.all() {
		if e.Name != name {
			continue
		}
		d := newDelivery(e.Schedule, at, time.Now())
		if err := s.memory.saveDelivery(d); err != nil {
			return err
		}
		s.begin(d)
		select {
		case <-d.done:
			return d.err
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return notFound(name)
}

func notFound(name string) error {
	return &awsapi.Error{Status: 404, Code: "ResourceNotFoundException", Message: fmt.Sprintf("Schedule %s does not exist.", name)}
}

// InFlight names what is being delivered or waits for a retry. Schedules that are due later are not in flight.
func (s *Scheduler) InFlight() []string {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	var all []string
	for _, d := range s.deliveries {
		all = append(all, fmt.Sprintf("the schedule %s of %s, attempt %d", d.Name, d.ScheduledAt.Format(timeForm), d.Attempts+1))
	}
	return all
}
