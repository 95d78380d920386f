package scheduler_test

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/activity"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/iam"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/queue"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/scheduler"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/store"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/template"
)

// daily is the schedule of these tests.
var daily = template.Schedule{
	Resource: template.Resource{
		LogicalID: "Daily", Name: "daily", ARN: "arn:aws:scheduler:us-east-1:123456789012:schedule/group/daily",
	},
	Group:      "group",
	Expression: "cron(0 6 * * ? *)",
	TimeZone:   "UTC",
	Enabled:    true,
	TargetARN:  "arn:aws:lambda:us-east-1:123456789012:function:price-check",
	RoleARN:    "arn:aws:iam::123456789012:role/r",
	Input:      "price at <aws.scheduler.scheduled-time> try <aws.scheduler.attempt-number>",
	Retry:      template.RetryPolicy{MaximumRetryAttempts: 2, MaximumEventAge: time.Hour},
}

// world is what a scheduler of these tests lives in: the doubles stay when the scheduler is restarted.
type world struct {
	t         *testing.T
	store     *store.Store
	scheduler *scheduler.Scheduler
	functions *functions
	queues    *queues
	bus       *bus
	roles     map[string]*iam.Identity
	diary     *diary
	scale     time.Duration
	ready     chan struct{}
}

func newWorld(t *testing.T) *world {
	opened, err := store.OpenMemory()
	if err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, store: opened, functions: &functions{}, queues: &queues{}, bus: &bus{}, diary: &diary{}, scale: 1}
	t.Cleanup(func() {
		w.stop()
		if err := opened.Close(); err != nil {
			t.Error(err)
		}
	})
	return w
}

func (w *world) start(schedules ...template.Schedule) {
	w.t.Helper()
	started, err := scheduler.New(scheduler.Config{
		Schedules: schedules,
		Functions: w.functions,
		Queues:    w.queues,
		Bus:       w.bus,
		Role:      func(arn string) *iam.Identity { return w.roles[arn] },
		Space:     w.store.Space("scheduler"),
		Recorder:  w.diary,
		Scale:     func(wait time.Duration) time.Duration { return wait / w.scale },
		Ready:     w.ready,
	})
	if err != nil {
		w.t.Fatal(err)
	}
	w.scheduler = started
}

func (w *world) stop() {
	if err := w.scheduler.Close(context.Background()); err != nil {
		w.t.Error(err)
	}
}

func (w *world) restart(schedules ...template.Schedule) {
	w.stop()
	w.start(schedules...)
}

func (w *world) called() []string {
	w.functions.mutex.Lock()
	defer w.functions.mutex.Unlock()
	return append([]string(nil), w.functions.calls...)
}

func (w *world) noted() []string {
	w.diary.mutex.Lock()
	defer w.diary.mutex.Unlock()
	return append([]string(nil), w.diary.notes...)
}

// functions is a Lambda that notes its calls.
type functions struct {
	mutex   sync.Mutex
	calls   []string
	caller  iam.Caller
	fail    []error       // for the first calls
	failAll error         // for all others
	block   chan struct{} // holds calls up
	deaf    bool          // to the context's end
}

func (f *functions) InvokeAsync(ctx context.Context, caller iam.Caller, arn string, payload []byte, _ string) (string, error) {
	if f.block != nil {
		done := ctx.Done()
		if f.deaf {
			done = nil
		}
		select {
		case <-f.block:
		case <-done:
			return "", ctx.Err()
		}
	}
	f.mutex.Lock()
	defer f.mutex.Unlock()
	name := arn[strings.LastIndex(arn, ":")+1:]
	f.calls = append(f.calls, fmt.Sprintf("%s %s: %s", time.Now().UTC().Format(time.TimeOnly), name, payload))
	f.caller = caller
	err := f.failAll
	if len(f.fail) > 0 {
		err, f.fail = f.fail[0], f.fail[1:]
	}
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("r-%d", len(f.calls)), nil
}

// queues is an SQS that keeps the last message, its body among the attributes, without what differs from run to run.
type queues struct {
	letter map[string]string
	fail   error
}

func (q *queues) Send(_ context.Context, _ iam.Caller, _ string, message queue.Message) error {
	if q.fail != nil {
		return q.fail
	}
	q.letter = map[string]string{"body": message.Body}
	for name, attribute := range message.Attributes {
		if name != "EXECUTION_ID" {
			q.letter[name] = attribute.StringValue
		}
	}
	return nil
}

// diary notes activities in short form.
type diary struct {
	mutex sync.Mutex
	notes []string
}

func (d *diary) Record(a activity.Activity) {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	words := []string{string(a.Kind), a.Rule, a.Function}
	if a.Attempt > 0 {
		words = append(words, strconv.Itoa(a.Attempt))
	}
	for _, word := range []string{a.RequestID, a.Queue} {
		if word != "" {
			words = append(words, word)
		}
	}
	if a.RetryAt != nil {
		words = append(words, "at", a.RetryAt.UTC().Format(time.TimeOnly))
	}
	if a.Reason != "" {
		words = append(words, ": "+a.Reason)
	}
	d.notes = append(d.notes, strings.Join(words, " "))
}
