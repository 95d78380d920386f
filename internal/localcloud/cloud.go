// Package localcloud puts the local cloud together: the services of AWS that the functions use, as the template describes
// them, on one loopback port, with the real functions as processes.
package localcloud

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/activity"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/authorization"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/bus"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/chaos"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/console"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/dynamo"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/iam"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/keys"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/lambdahost"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/mailbox"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/objects"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/provision"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/queue"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/scheduler"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/secrets"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/social"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/stacks"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/store"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/template"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/traces"
)

// Options say which local cloud is wanted.
type Options struct {
	Template    string            // path of the SAM template; empty to come up with what was deployed by CloudFormation, and nothing else
	Parameters  map[string]string // of the template; others have their defaults
	State       string            // folder that keeps the state
	Address     string            // where to listen, such as 127.0.0.1:4599; port 0 is a free one
	Listen      []string          // further addresses
	TimeScale   float64           // divides every wait that AWS imposes
	Concurrency int               // events that a function handles at once; 0 for what suits the machine
	Faults      chaos.Faults
	DynamoDB    string            // URL of another DynamoDB; empty for the embedded one
	Bootstraps  map[string]string // paths by logical id; nil builds them
	Progress    func(what string) // is told what takes long
}

// The parts of the state's folder that are the state itself; the rest can be made anew.
const (
	stateFolder = "state"
	codeFolder  = "code" // of functions that were deployed
)

// Forget removes the state in a folder. No local cloud may be using it.
func Forget(state string) error {
	return errors.Join(os.RemoveAll(filepath.Join(state, stateFolder)), os.RemoveAll(filepath.Join(state, codeFolder)))
}

// Cloud is a running local cloud. It is safe for concurrent use.
type Cloud struct {
	options  Options
	template *template.Stack // of the file; nil without one
	source   []byte          // of the file
	started  time.Time
	ready    chan struct{} // closed when tables and functions are there
	stopping chan struct{}
	stop     func()

	usage  *iam.Usage // what roles did, and what they were refused
	access atomic.Pointer[access]
	guard  *authorization.Guard

	store     *store.Store
	diary     *activity.Diary
	traces    *traces.Collector
	queues    *queue.Queues
	mail      *mailbox.Mailbox
	secrets   *secrets.Secrets
	keys      *keys.Keys
	social    *social.Sandbox
	database  *dynamo.Engine
	functions *lambdahost.Host
	events    *bus.Bus
	schedules *scheduler.Scheduler
	buckets   *objects.Buckets
	stacks    *stacks.Stacks
	deployer  *provision.Deployer
	log       *os.File

	listener net.Listener
	server   *http.Server
}

// Start reads the template, builds the functions, starts everything, and returns when all functions wait for events.
func Start(ctx context.Context, options Options) (*Cloud, error) {
	c := &Cloud{options: options, started: time.Now(), ready: make(chan struct{}), stopping: make(chan struct{})}
	if err := c.readTemplate(ctx); err != nil {
		return nil, err
	}
	c.stop = sync.OnceFunc(func() { close(c.stopping) })
	if err := c.start(ctx); err != nil {
		return nil, errors.Join(err, c.Close())
	}
	return c, nil
}

// readTemplate reads the template file, if there is one, and builds the functions.
func (c *Cloud) readTemplate(ctx context.Context) (err error) {
	if c.options.Template == "" {
		return nil
	}
	if c.source, err = os.ReadFile(c.options.Template); err != nil {
		return fmt.Errorf("read the template: %w", err)
	}
	if c.template, err = template.Read(c.options.Template, c.source, c.options.Parameters); err != nil {
		return err
	}
	if c.options.Bootstraps == nil {
		c.options.Bootstraps, err = buildFunctions(ctx, c.options, c.template)
	}
	return err
}

// described is what all stacks describe together: the template's, and those that were deployed.
func (c *Cloud) described() *template.Stack { return c.access.Load().described }

// Endpoint is where all services answer.
func (c *Cloud) Endpoint() string { return "http://" + c.listener.Addr().String() }

// Stopping is closed when someone has asked the local cloud to end.
func (c *Cloud) Stopping() <-chan struct{} { return c.stopping }

// Stop asks the local cloud to end; whoever has started it closes it.
func (c *Cloud) Stop() { c.stop() }

// Health tells how the local cloud is.
func (c *Cloud) Health() console.Health {
	health := console.Health{
		Status:      console.Ready,
		Functions:   c.functions.Ready(),
		Endpoint:    c.Endpoint(),
		Environment: c.options.Parameters["Environment"],
		Process:     os.Getpid(),
	}
	for _, state := range health.Functions {
		if state != console.Ready {
			health.Status = "starting"
		}
	}
	if buses := c.described().Buses; len(buses) > 0 {
		health.Bus = buses[0].Name
	}
	health.Table = c.tableName()
	return health
}

// tableName is the name of the functions' table; empty without functions.
func (c *Cloud) tableName() string {
	functions := c.described().Functions
	if len(functions) == 0 {
		return ""
	}
	return functions[0].Environment["TABLE_NAME"]
}

// InFlight lists in words what is under way. An event moves from the bus to a function and from there to the bus; so that
// it is not missed while it moves, both are looked at more than once.
func (c *Cloud) InFlight() []string {
	const looks = 3
	for range looks {
		left := c.events.InFlight()
		left = append(left, c.functions.InFlight()...)
		left = append(left, c.schedules.InFlight()...)
		left = append(left, c.stacks.InFlight()...)
		if len(left) > 0 {
			return left
		}
	}
	return nil
}

// AwaitQuiet waits until nothing is under way. Its error names what is left when ctx ends.
func (c *Cloud) AwaitQuiet(ctx context.Context) error {
	left, err := console.Client{Endpoint: c.Endpoint()}.AwaitQuiet(ctx)
	if err == nil && len(left) > 0 {
		err = fmt.Errorf("still under way: %v", left)
	}
	return err
}

// Activities yields what has happened since a time and, if follow is set, what happens until ctx ends.
func (c *Cloud) Activities(ctx context.Context, since time.Time, follow bool) iter.Seq[activity.Activity] {
	if follow {
		return c.diary.Follow(ctx, since)
	}
	return c.diary.Past(since)
}

// PreviewReplay tells what a replay of an archive's events in [from, to) would bring to rules, given by their ARNs; to all if
// there are none.
func (c *Cloud) PreviewReplay(archive string, from, to time.Time, rules []string) (bus.Preview, error) {
	return c.events.PreviewReplay(archive, from, to, rules)
}

// Mails returns the mail that functions and others have sent, oldest first.
func (c *Cloud) Mails() ([]mailbox.Mail, error) { return c.mail.Mails() }

// Posts returns what functions and others have posted to social networks, oldest first.
func (c *Cloud) Posts() ([]social.Post, error) { return c.social.Posts() }

// Permissions tells what the roles of the stack did, and what they were refused.
func (c *Cloud) Permissions() iam.Report { return c.usage.Report() }

// Trace returns what functions have told of a trace.
func (c *Cloud) Trace(id string) []traces.Segment { return c.traces.Trace(id) }

// closeTimeout bounds how long running invocations may take to end.
const closeTimeout = 10 * time.Second

// Close ends the local cloud in order. What is under way goes on at the next start.
func (c *Cloud) Close() error {
	c.stop()
	ctx, cancel := context.WithTimeout(context.Background(), closeTimeout)
	defer cancel()
	var failures []error
	end := func(isThere bool, closing func() error) {
		if isThere {
			failures = append(failures, closing())
		}
	}
	end(c.stacks != nil, func() error { return c.stacks.Close(ctx) })
	end(c.schedules != nil, func() error { return c.schedules.Close(ctx) })
	end(c.events != nil, func() error { return c.events.Close(ctx) })
	end(c.functions != nil, func() error { return c.functions.Close(ctx) })
	end(c.server != nil, func() error { return c.server.Close() })
	end(c.queues != nil, func() error { return c.queues.Close(ctx) })
	end(c.database != nil, func() error { return c.database.Close(ctx) })
	end(c.diary != nil, func() error { return c.diary.Close() })
	end(c.traces != nil, func() error { return c.traces.Close() })
	end(c.store != nil, func() error { return c.store.Close() })
	end(c.log != nil, func() error { return c.log.Close() })
	return errors.Join(failures...)
}

func (c *Cloud) folder(name string) string { return filepath.Join(c.options.State, name) }
