// Package simulation_test lets the whole system live through weeks, or a year, in minutes: the functions' own handlers in
// one process, the local cloud's engines in memory, and the clock of a testing/synctest bubble, in which an hour without work
// takes no time. Faults follow from a seed. Whoever looks at it afterwards (the auditor) knows the rules, and what went in and
// came out, but nothing of the code.
package simulation_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/sesv2"
	"go.uber.org/zap"

	"github.com/bayon-coagent/event-consumers/functions/competitor-monitor/competitor"
	"github.com/bayon-coagent/event-consumers/functions/life-event-processor/prospect"
	"github.com/bayon-coagent/event-consumers/functions/notification-processor/notification"
	"github.com/bayon-coagent/event-consumers/functions/price-reduction/reduction"
	"github.com/bayon-coagent/event-consumers/functions/publish-scheduled-content/publication"
	"github.com/bayon-coagent/event-consumers/functions/sync-social-analytics/analytics"
	"github.com/bayon-coagent/event-consumers/functions/trend-detector/trend"
	"github.com/bayon-coagent/event-consumers/internal/awsenv"
	"github.com/bayon-coagent/event-consumers/internal/awsenv/mailenv"
	"github.com/bayon-coagent/event-consumers/internal/consumer"
	"github.com/bayon-coagent/event-consumers/internal/idempotency"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/activity"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/bus"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/dynamo"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/mailbox"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/provision"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/queue"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/secrets"
	localsocial "github.com/bayon-coagent/event-consumers/internal/localcloud/social"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/store"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/template"
	"github.com/bayon-coagent/event-consumers/internal/mail"
	"github.com/bayon-coagent/event-consumers/internal/social"
	"github.com/bayon-coagent/event-consumers/internal/table"
	"github.com/bayon-coagent/event-consumers/internal/unsubscribe"
	"github.com/bayon-coagent/event-consumers/pkg/events"
)

// world is the system: engines, functions, and the platform's own hand on both. It is made, and lives, in a bubble.
type world struct {
	t     *testing.T
	seed  uint64
	days  int
	stack *template.Stack
	names names

	memory   *store.Store
	database *dynamo.Engine
	events   *bus.Bus
	queues   *queue.Queues
	mails    *mailbox.Mailbox
	networks *localsocial.Sandbox
	secrets  *secrets.Secrets

	door   *door
	lambda *lambda

	// The platform's own side, which has no faults.
	client    *dynamodb.Client
	table     *table.Table
	publisher *events.Publisher
	putEvents *eventbridge.Client

	zones   []*time.Location          // where agents live
	skipped map[*time.Location]string // a time of each zone that its clock skips in the year
	ledger  *ledger
	owners  map[string]string // accounts of tokens, where the network is not told
	agents  []*agent
	byID    map[string]*agent
	stopped chan struct{}
}

// names are what the template calls things.
type names struct{ table, idempotency, bus, archive, failures, undelivered string }

// silence is a recorder of activities that nobody asks for, but for what is lost: it tells of that.
type silence struct{ w *world }

// Record implements activity.Recorder.
func (s silence) Record(happened activity.Activity) {
	switch happened.Kind {
	default:
	case activity.Lost, activity.Warned, activity.DeadLettered:
		s.w.ledger.complain("the bus: %s %s: %s", happened.Kind, happened.DetailType, happened.Reason)
	}
}

func newWorld(t *testing.T, seed uint64) *world {
	t.Helper()
	source, err := os.ReadFile(filepath.Join("..", "..", "template.yaml"))
	must(t, err)
	stack, err := template.Read("template.yaml", source, nil)
	must(t, err)
	w := &world{t: t, seed: seed, stack: stack, owners: map[string]string{}, byID: map[string]*agent{}, skipped: map[*time.Location]string{}, stopped: make(chan struct{})}
	w.ledger = newLedger(w)
	w.names = names{
		table: "BayonCoAgent-development", idempotency: "BayonCoAgent-idempotency-development",
		bus: stack.Buses[0].Name, archive: stack.Archives[0].Name,
		failures: "bayon-coagent-function-failures-development", undelivered: "bayon-coagent-eventbridge-dlq-development",
	}
	w.openEngines()
	w.door = newDoor(w)
	config := aws.Config{
		Region: "us-east-1", Credentials: aws.AnonymousCredentials{}, RetryMaxAttempts: 5, // as in awsenv
		BaseEndpoint: aws.String("http://aws.test"),
		HTTPClient:   &http.Client{Transport: w.door},
	}
	w.client = dynamodb.NewFromConfig(config, func(options *dynamodb.Options) { options.DisableValidateResponseChecksum = true })
	w.putEvents = eventbridge.NewFromConfig(config)
	w.table = table.New(w.client, w.names.table)
	w.publisher = events.NewPublisher(w.putEvents, w.names.bus)
	must(t, provision.Tables(context.Background(), w.client, stack.Tables))
	w.startFunctions(config)
	w.events.Start()
	return w
}

func (w *world) openEngines() {
	var err error
	w.memory, err = store.OpenMemory()
	must(w.t, err)
	w.database, err = dynamo.New(dynamo.Config{Space: w.memory.Space("dynamodb"), SweepEvery: -1})
	must(w.t, err)
	w.queues, err = queue.New(queue.Config{Space: w.memory.Space("sqs"), SweepEvery: 24 * time.Hour})
	must(w.t, err)
	must(w.t, provision.Queues(w.queues, w.stack.Queues))
	w.mails, err = mailbox.New(mailbox.Config{
		Space:      w.memory.Space("ses"),
		Identities: provision.MailIdentities(w.stack), ConfigurationSets: provision.ConfigurationSets(w.stack),
	})
	must(w.t, err)
	w.secrets = secrets.New(secrets.Config{Space: w.memory.Space("secretsmanager")})
	must(w.t, provision.Secrets(w.secrets, w.stack.Secrets))
	w.networks, err = localsocial.New(localsocial.Config{
		Space: w.memory.Space("social"),
		Owner: func(_ context.Context, _, token string) (string, bool, error) {
			account, known := w.owners[token]
			return account, known, nil
		},
	})
	must(w.t, err)
	w.lambda = newLambda(w)
	w.events, err = bus.New(bus.Config{State: w.memory.Space("events"), Lambda: w.lambda, Queues: w.queues, Recorder: silence{w}})
	must(w.t, err)
	must(w.t, provision.Buses(w.events, w.stack))
}

// startFunctions makes each function of the template as its main does, on clients that lead into the engines.
func (w *world) startFunctions(config aws.Config) {
	networks := opened{social.New(social.Config{
		HTTP:             &http.Client{Transport: w.door},
		FacebookBaseURL:  "http://social.test" + localsocial.Prefix + "facebook",
		InstagramBaseURL: "http://social.test" + localsocial.Prefix + "instagram",
		LinkedInBaseURL:  "http://social.test" + localsocial.Prefix + "linkedin",
		XBaseURL:         "http://social.test" + localsocial.Prefix + "twitter",
		BlogURL:          "http://social.test" + localsocial.Prefix + "blog",
		NewsletterURL:    "http://social.test" + localsocial.Prefix + "newsletter",
		FacebookVersion:  "v23.0", LinkedInVersion: "202606",
	})}
	handlers := map[string]func(*awsenv.Platform) []consumer.Handler{
		"LifeEventProcessorFunction":         prospect.Handlers,
		"CompetitorMonitorProcessorFunction": competitor.Handlers,
		"TrendDetectorProcessorFunction":     trend.Handlers,
		"PriceReductionProcessorFunction":    reduction.Handlers,
		"PublishScheduledContentFunction": func(platform *awsenv.Platform) []consumer.Handler {
			return publication.Handlers(platform, networks)
		},
		"SyncSocialAnalyticsFunction": func(platform *awsenv.Platform) []consumer.Handler {
			return analytics.Handlers(platform, networks)
		},
		"NotificationProcessorFunction": func(platform *awsenv.Platform) []consumer.Handler {
			return notification.Handlers(platform, w.mailer(config))
		},
	}
	if len(handlers) != len(w.stack.Functions) {
		w.t.Fatalf("%d functions are simulated, of %d", len(handlers), len(w.stack.Functions))
	}
	for _, described := range w.stack.Functions {
		platform := &awsenv.Platform{
			Function: described.LogicalID, Environment: "development", Output: io.Discard, Logger: zap.NewNop(), Now: time.Now,
			Table: w.table, Publisher: w.publisher, AWS: config,
			Records: idempotency.NewRecords(w.client, w.names.idempotency, time.Now, rand.Text),
		}
		w.lambda.create(described, consumer.New(consumer.Config{
			Function: platform.Function, Environment: platform.Environment, Logger: platform.Logger, Metrics: platform.Output,
			Now: platform.Now, Once: platform.Records,
		}, handlers[described.LogicalID](platform)...))
	}
}

// opened are networks to which no encrypted tokens are needed.
type opened struct{ *social.Networks }

func (opened) Decrypt(context.Context, []byte) ([]byte, error) {
	return nil, fmt.Errorf("nothing is encrypted here")
}

func (w *world) mailer(config aws.Config) *mailenv.Mailer {
	composer, err := mail.NewComposer("Bayon CoAgent <notifications@bayoncoagent.example>", appURL)
	must(w.t, err)
	return &mailenv.Mailer{
		Composer: composer,
		Sender:   mail.NewSender(func() mail.SendEmail { return sesv2.NewFromConfig(config).SendEmail }),
		Secret: unsubscribe.NewSecret(func() unsubscribe.GetSecretValue {
			return secretsmanager.NewFromConfig(config).GetSecretValue
		}, w.stack.Secrets[0].ARN),
	}
}

const appURL = "https://app.bayoncoagent.example"

// close ends everything that lives in the bubble.
func (w *world) close() {
	close(w.stopped)
	must(w.t, w.events.Close(context.Background()))
	must(w.t, w.queues.Close(context.Background()))
	must(w.t, w.memory.Close())
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
