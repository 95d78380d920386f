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
	"github.com/bayon-coagent/event-consumers/internal/localcloud/queue"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/scheduler"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/secrets"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/social"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/store"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/template"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/traces"
)

// Options say which local cloud is wanted.
type Options struct {
	Template   string            // path of the SAM template
	Parameters map[string]string // of the template; others have their defaults
	State      string            // folder that keeps the state
	Address    string            // where to listen, such as 127.0.0.1:4599; port 0 is a free one
	Listen     []string          // further addresses
	TimeScale  float64           // divides every wait that AWS imposes
	Faults     chaos.Faults
	DynamoDB   string            // URL of another DynamoDB; empty for the embedded one
	Bootstraps map[string]string // paths by logical id; nil builds them
	Progress   func(what string) // is told what takes long
}

// StateFolder is the part of the state's folder that is the state itself; the rest can be made anew.
const StateFolder = "state"

// Cloud is a running local cloud. It is safe for concurrent use.
type Cloud struct {
	options  Options
	stack    *template.Stack
	started  time.Time
	stopping chan struct{}
	stop     func()

	usage *iam.Usage               // what roles did, and what they were refused
	roles map[string]*iam.Identity // by their ARNs
	guard *authorization.Guard

	busPolicies map[string]iam.Policy // by the buses' names

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
	log       *os.File

	listener net.Listener
	server   *http.Server
}

// Start reads the template, builds the functions, starts everything, and returns when all functions wait for events.
func Start(ctx context.Context, options Options) (*Cloud, error) {
	stack, err := readStack(options)
	if err != nil {
		return nil, err
	}
	if options.Bootstraps == nil {
		if options.Bootstraps, err = buildFunctions(ctx, options, stack); err != nil {
			return nil, err
		}
	}
	c := &Cloud{options: options, stack: stack, started: time.Now(), stopping: make(chan struct{})}
	c.stop = sync.OnceFunc(func() { close(c.stopping) })
	if err := c.start(ctx); err != nil {
		return nil, errors.Join(err, c.Close())
	}
	return c, nil
}

func readStack(options Options) (*template.Stack, error) {
	source, err := os.ReadFile(options.Template)
	if err != nil {
		return nil, fmt.Errorf("read the template: %w", err)
	}
	return template.Read(options.Template, source, options.Parameters)
}

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
	if len(c.stack.Buses) > 0 {
		health.Bus = c.stack.Buses[0].Name
	}
	health.Table = c.tableName()
	return health
}

// tableName is the name of the functions' table; empty without functions.
func (c *Cloud) tableName() string {
	if len(c.stack.Functions) == 0 {
		return ""
	}
	return c.stack.Functions[0].Environment["TABLE_NAME"]
}

// InFlight lists in words what is under way. An event moves from the bus to a function and from there to the bus; so that
// it is not missed while it moves, both are looked at more than once.
func (c *Cloud) InFlight() []string {
	const looks = 3
	for range looks {
		left := c.events.InFlight()
		left = append(left, c.functions.InFlight()...)
		left = append(left, c.schedules.InFlight()...)
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
