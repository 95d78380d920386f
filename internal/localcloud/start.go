package localcloud

import (
	"cmp"
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/activity"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/authorization"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/awsapi"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/bootstrap"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/bus"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/chaos"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/console"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/dynamo"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/elsewhere"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/gateway"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/iam"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/keys"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/lambdahost"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/mailbox"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/ownership"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/provision"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/queue"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/registry"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/scheduler"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/secrets"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/social"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/store"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/template"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/traces"
)

// start makes the services one after the other, each with those that it needs, and opens the door last.
func (c *Cloud) start(ctx context.Context) error {
	for _, step := range []func(context.Context) error{
		c.openState, c.listen, c.openStacks, c.openServices, c.createFunctions, c.startSchedules, c.serve, c.createTables, c.deliver,
	} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

func buildFunctions(ctx context.Context, options Options, stack *template.Stack) (map[string]string, error) {
	logicalIDs := stack.FunctionIDs()
	options.Progress(fmt.Sprintf("Building %d function(s) …", len(logicalIDs)))
	builder := bootstrap.Builder{Source: filepath.Dir(options.Template), Output: filepath.Join(options.State, "functions")}
	return builder.Build(ctx, logicalIDs)
}

func (c *Cloud) openState(context.Context) (err error) {
	if err := os.MkdirAll(c.options.State, 0o755); err != nil {
		return fmt.Errorf("make the folder of the state: %w", err)
	}
	if c.store, err = store.Open(c.folder(stateFolder)); err != nil {
		return err
	}
	if c.log, err = os.Create(c.folder("functions.log")); err != nil {
		return fmt.Errorf("open the functions' log: %w", err)
	}
	if c.diary, err = activity.New(activity.Config{State: c.store.Space("activity")}); err != nil {
		return err
	}
	c.traces, err = traces.Listen()
	return err
}

func (c *Cloud) listen(ctx context.Context) (err error) {
	var listening net.ListenConfig
	if c.listener, err = listening.Listen(ctx, "tcp", c.options.Address); err != nil {
		return fmt.Errorf("listen: %w (is a local cloud running already?)", err)
	}
	return nil
}

// The kinds of dice, so that one kind of fault does not change when another is asked for.
const (
	diceDuplicate = iota
	diceThrottle
	diceCrash
	diceDelay
	diceDatabase
	diceMailThrottle
	diceMailFault
	diceMailCut
	diceSocialLimit
	diceSocialFault
	diceSocialCut
)

func (c *Cloud) openServices(context.Context) (err error) {
	faults := c.options.Faults
	if c.queues, err = queue.New(queue.Config{Space: c.store.Space("sqs"), Scale: c.scale}); err != nil {
		return err
	}
	stack := c.described()
	if err := provision.Queues(c.queues, stack.Queues); err != nil {
		return err
	}
	if c.mail, err = mailbox.New(c.mailConfig()); err != nil {
		return err
	}
	c.secrets = secrets.New(secrets.Config{Space: c.store.Space("secretsmanager")})
	if err := provision.Secrets(c.secrets, stack.Secrets); err != nil {
		return err
	}
	if c.keys, err = keys.New(keys.Config{Space: c.store.Space("kms")}); err != nil {
		return err
	}
	if err := provision.Keys(c.keys, stack); err != nil {
		return err
	}
	if c.social, err = social.New(c.socialConfig()); err != nil {
		return err
	}
	throttled := faults.Dice(diceDatabase, faults.DatabaseThrottle)
	c.database, err = dynamo.New(dynamo.Config{
		Space:    c.store.Space("dynamodb"),
		Throttle: func(operation, _ string) bool { return operation != "CreateTable" && throttled.Hit() },
	})
	if err != nil {
		return err
	}
	delay, throttle := faults.Dice(diceDelay, 1), faults.Each(diceThrottle, faults.Throttle)
	c.functions, err = lambdahost.New(lambdahost.Config{
		Space: c.store.Space("lambda"), Queues: c.queues, Recorder: c.diary, Scale: c.scale,
		Concurrency: c.options.Concurrency,
		XRayAddress: c.traces.Address(), Logs: c.logLine,
		Faults: lambdahost.Faults{
			Duplicate: faults.Dice(diceDuplicate, faults.Duplicate).Hit,
			Throttle:  func(function string) bool { return throttle(function).Hit() },
			Crash:     crashes(faults),
			Delay:     func() time.Duration { return delay.Up(faults.Delay) },
		},
	})
	if err != nil {
		return err
	}
	c.guard = &authorization.Guard{
		Session: c.session, BusPolicy: func(name string) iam.Policy { return c.access.Load().busPolicies[name] },
		PartitionKey: func(table, index string) string { return c.described().PartitionKey(table, index) },
		InvokedARN:   lambdahost.InvokedARN, SecretARN: c.secrets.ARN, KeyARN: c.keys.ARN, MakerARN: c.keys.MakerARN,
	}
	c.events, err = bus.New(bus.Config{
		State: c.store.Space("events"), Lambda: c.functions, Queues: c.queues, Recorder: c.diary, Scale: c.scale,
		FunctionOf: c.functions.FunctionOf, MayPublish: c.guard.MayPublish,
	})
	if err != nil {
		return err
	}
	if err := provision.Buses(c.events, stack); err != nil {
		return err
	}
	if c.template == nil {
		return nil
	}
	return provision.ForgetStaleRules(c.store.Space("provision"), c.events, c.template.Rules)
}

// crashes kill half of the processes that they hit when they answer, and half at one of their first calls of AWS, of which
// every second one is done before.
func crashes(faults chaos.Faults) func(function string) (lambdahost.Crash, bool) {
	const firstCalls = 16
	dice := faults.Each(diceCrash, faults.Crash)
	return func(function string) (at lambdahost.Crash, hit bool) {
		own := dice(function)
		if !own.Hit() {
			return lambdahost.Crash{}, false
		}
		if own.Below(2) == 1 {
			at = lambdahost.Crash{Call: 1 + own.Below(firstCalls), Done: own.Below(2) == 1}
		}
		return at, true
	}
}

func (c *Cloud) mailConfig() mailbox.Config {
	faults := c.options.Faults
	return mailbox.Config{
		Space:             c.store.Space("ses"),
		Identities:        provision.MailIdentities(c.described()),
		ConfigurationSets: provision.ConfigurationSets(c.described()),
		Faults: mailbox.Faults{
			Throttle: faults.Dice(diceMailThrottle, faults.MailThrottle).Hit,
			Fail:     faults.Dice(diceMailFault, faults.MailFault).Hit,
			Cut:      faults.Dice(diceMailCut, faults.MailCut).Hit,
		},
	}
}

func (c *Cloud) socialConfig() social.Config {
	faults := c.options.Faults
	return social.Config{
		Space: c.store.Space("social"),
		Owner: (&ownership.Register{Database: c.databaseClient(), Table: c.tableName, Decrypt: c.keys.Decrypt}).Owner,
		Scale: c.scale,
		Faults: social.Faults{
			Limit: faults.Dice(diceSocialLimit, faults.SocialLimit).Hit,
			Fail:  faults.Dice(diceSocialFault, faults.SocialFault).Hit,
			Cut:   faults.Dice(diceSocialCut, faults.SocialCut).Hit,
		},
	}
}

// createFunctions starts the functions' processes. What they ask for before the door is open waits at it.
func (c *Cloud) createFunctions(context.Context) error {
	for _, stack := range c.stacks.Deployed() {
		bootstraps := c.options.Bootstraps
		if stack != c.template {
			var err error
			if bootstraps, err = c.deployedCode(stack); err != nil {
				return err
			}
		}
		if err := provision.Functions(c.functions, stack, c.access.Load().roles, bootstraps, c.Endpoint()); err != nil {
			return err
		}
	}
	return nil
}

func (c *Cloud) startSchedules(context.Context) (err error) {
	c.schedules, err = scheduler.New(scheduler.Config{
		Schedules: c.described().Schedules, Functions: c.functions, Queues: c.queues, Bus: c,
		Role:  func(arn string) *iam.Identity { return c.access.Load().roles[arn] },
		Space: c.store.Space("scheduler"), Recorder: c.diary, Scale: c.scale, Ready: c.ready,
	})
	return err
}

// serve opens the door.
func (c *Cloud) serve(ctx context.Context) error {
	c.equipDeployer()
	database, err := c.databaseHandler(ctx)
	if err != nil {
		return err
	}
	door := &gateway.Gateway{
		Targets: map[string]http.Handler{
			"AWSEvents": c.guard.EventBridge(c.events.Handler()), "AmazonSQS": c.guard.SQS(c.queues.Handler()),
			"DynamoDB_20120810": c.guard.DynamoDB(database),
			"secretsmanager":    c.guard.SecretsManager(c.secrets.Handler()), "TrentService": c.guard.KMS(c.keys.Handler()),
			"Logs_20140328":   c.guard.Others(c.logs().Handler(), "logs"),
			"CloudApiService": c.guard.Others(c.account().Resources(), "cloudformation"),
		},
		Signed: map[string]http.Handler{
			"s3":             c.guard.Others(c.buckets.Handler(), "s3"),
			"cloudformation": c.guard.Others(c.stacks.Handler(), "cloudformation"),
			"sts":            c.account().Tokens(),
			"iam":            c.guard.Others(c.account().Policies(), "iam"),
		},
		Paths: map[string]http.Handler{
			"/schedules":    c.guard.Others(c.schedules.Handler(), "scheduler"),
			registry.Prefix: c.guard.Others(registry.Handler(func() []template.Registry { return c.described().Registries }), "schemas"),
			mailbox.Prefix:  c.guard.SES(c.mail.Handler()),
			console.Prefix:  console.Handler(c), social.Prefix: c.social.Handler(),
		},
	}
	for _, prefix := range lambdahost.Prefixes() {
		door.Paths[prefix] = c.guard.Lambda(c.functions.Handler())
	}
	c.server = &http.Server{Handler: c.functions.Guard(door), ReadHeaderTimeout: time.Minute}
	listeners := []net.Listener{c.listener}
	for _, address := range c.options.Listen {
		var listening net.ListenConfig
		listener, err := listening.Listen(ctx, "tcp", address)
		if err != nil {
			return fmt.Errorf("listen: %w", err)
		}
		listeners = append(listeners, listener)
	}
	for _, listener := range listeners {
		go func() { _ = c.server.Serve(listener) }() // it ends with Close
	}
	return nil
}

// databaseHandler is the embedded DynamoDB, or the way to another one.
func (c *Cloud) databaseHandler(ctx context.Context) (http.Handler, error) {
	if c.options.DynamoDB == "" {
		return c.database.Handler(), nil
	}
	own, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the AWS configuration: %w", err)
	}
	region := cmp.Or(own.Region, awsapi.Region)
	return elsewhere.New(c.options.DynamoDB, "dynamodb", region, own.Credentials)
}

func (c *Cloud) createTables(ctx context.Context) error {
	return provision.Tables(ctx, c.databaseClient(), c.described().Tables)
}

func (c *Cloud) databaseClient() *dynamodb.Client {
	return dynamodb.New(dynamodb.Options{
		Region:       awsapi.Region,
		Credentials:  credentials.NewStaticCredentialsProvider("local", "local", ""),
		BaseEndpoint: aws.String(c.Endpoint()),
	})
}

// deliver begins with what earlier runs have left, once the functions are there.
func (c *Cloud) deliver(ctx context.Context) error {
	if err := c.functions.AwaitReady(ctx); err != nil {
		return err
	}
	close(c.ready)
	c.events.Start()
	c.stacks.Resume()
	return nil
}

// scale shortens a wait that AWS imposes.
func (c *Cloud) scale(wait time.Duration) time.Duration {
	return time.Duration(float64(wait) / c.options.TimeScale)
}

// logLine keeps what a function prints, as CloudWatch Logs would: only if the function's role lets Lambda write it down.
func (c *Cloud) logLine(function, _, line string) {
	if !c.mayLog(function) {
		return
	}
	fmt.Fprintf(c.log, "%s %s\n", function, line)
}
