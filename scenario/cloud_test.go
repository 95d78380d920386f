// Package scenario_test tells whole stories: the real command runs the real functions as processes, and the clients that
// anyone has look at what came of it.
package scenario_test

import (
	"context"
	"fmt"
	"log"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	lambdatypes "github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/bootstrap"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/console"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/template"
)

const (
	busName      = "bayon-coagent-events-development"
	tableName    = "BayonCoAgent-development"
	functionName = "bayon-coagent-price-reduction-monitor-development"
	failureQueue = "bayon-coagent-function-failures-development"
)

// Built once for all tests: the path of the command, and those of the functions by their logical ids.
var (
	bayon     string
	functions map[string]string
)

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	folder, err := os.MkdirTemp("", "scenario-")
	if err != nil {
		log.Print(err)
		return 1
	}
	defer os.RemoveAll(folder)
	if err := build(folder); err != nil {
		log.Print(err)
		return 1
	}
	if code := m.Run(); code != 0 || !wholeSuite() {
		return code
	}
	if unused := permissions.unused(); len(unused) > 0 {
		log.Printf("no story uses these permissions: take them away, or tell a story:\n%s", strings.Join(unused, "\n"))
		return 1
	}
	return 0
}

func build(folder string) error {
	bayon = filepath.Join(folder, "bayon")
	if output, err := exec.Command("go", "build", "-o", bayon, "../cmd/bayon").CombinedOutput(); err != nil {
		return fmt.Errorf("build the command: %w\n%s", err, output)
	}
	source, err := os.ReadFile("../template.yaml")
	if err != nil {
		return err
	}
	stack, err := template.Read("template.yaml", source, nil)
	if err != nil {
		return err
	}
	functions, err = bootstrap.Builder{Source: "..", Output: filepath.Join(folder, "functions")}.Build(context.Background(), stack.FunctionIDs())
	return err
}

// cloud is a running local cloud of its own.
type cloud struct {
	t         *testing.T
	port      string
	state     string
	arguments []string
	process   *exec.Cmd

	database *dynamodb.Client
	bus      *eventbridge.Client
	queues   *sqs.Client

	functions *lambda.Client
}

// start starts a local cloud on a free port, with an empty state, and waits until it is ready.
func start(t *testing.T, arguments ...string) *cloud {
	t.Helper()
	c := &cloud{t: t, port: freePort(t), state: t.TempDir(), arguments: arguments}
	config := aws.Config{
		Region:       "us-east-1",
		Credentials:  credentials.NewStaticCredentialsProvider("any", "any", ""),
		BaseEndpoint: aws.String(c.endpoint()),
		// Chaos may throttle the tests' own requests as well; AWS's clients would wait for up to 20 seconds then.
		Retryer: func() aws.Retryer {
			return retry.NewStandard(func(options *retry.StandardOptions) {
				options.MaxAttempts, options.MaxBackoff = 10, 50*time.Millisecond
			})
		},
	}
	c.database, c.bus, c.queues = dynamodb.NewFromConfig(config), eventbridge.NewFromConfig(config), sqs.NewFromConfig(config)
	c.giveFunctions()
	c.functions = lambda.NewFromConfig(config)
	c.up()
	t.Cleanup(func() { c.kill(syscall.SIGTERM) })
	return c
}

// giveFunctions puts the functions where the local cloud builds them, so that it finds them up to date.
func (c *cloud) giveFunctions() {
	c.t.Helper()
	for logicalID, built := range functions {
		folder := filepath.Join(c.state, "functions", logicalID)
		if err := os.MkdirAll(folder, 0o755); err != nil {
			c.t.Fatal(err)
		}
		if err := os.Link(built, filepath.Join(folder, "bootstrap")); err != nil {
			c.t.Fatal(err)
		}
	}
}

func freePort(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	_, port, err := net.SplitHostPort(listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return port
}

func (c *cloud) endpoint() string { return "http://127.0.0.1:" + c.port }

func (c *cloud) console() console.Client { return console.Client{Endpoint: c.endpoint()} }

// up starts the process on the state that is there, and waits until it is ready.
func (c *cloud) up() {
	c.t.Helper()
	c.await(c.spawn())
}

// spawn starts the process. What it prints is complete when the process has ended.
func (c *cloud) spawn() *strings.Builder {
	c.t.Helper()
	arguments := append([]string{"up", "--port", c.port, "--state", c.state, "--template", "../template.yaml"}, c.arguments...)
	c.process = exec.Command(bayon, arguments...)
	output := &strings.Builder{}
	c.process.Stdout, c.process.Stderr = output, output
	c.process.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := c.process.Start(); err != nil {
		c.t.Fatal(err)
	}
	return output
}

// await waits until the process is ready.
func (c *cloud) await(output *strings.Builder) {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(c.t.Context(), 10*time.Minute)
	defer cancel()
	if _, err := c.console().AwaitReady(ctx); err != nil {
		c.kill(syscall.SIGKILL)
		c.t.Fatalf("%v\n%s", err, output)
	}
}

// kill ends the process and waits for its end.
func (c *cloud) kill(signal syscall.Signal) {
	if c.process.ProcessState != nil {
		return
	}
	permissions.collect(c)
	_ = c.process.Process.Signal(signal) // it may have ended
	_ = c.process.Wait()                 // a signal is an error to Wait
}

// invokeLater has a function invoked with a payload, as EventBridge does, and does not wait for it.
func (c *cloud) invokeLater(function string, payload []byte) {
	c.t.Helper()
	_, err := c.functions.Invoke(c.t.Context(), &lambda.InvokeInput{
		FunctionName: aws.String("bayon-coagent-" + function + "-development"), Qualifier: aws.String("live"),
		InvocationType: lambdatypes.InvocationTypeEvent, Payload: payload,
	})
	if err != nil {
		c.t.Fatal(err)
	}
}

// tick lets a function's schedule come round, and does not wait for it: it may crash, and is retried then.
func (c *cloud) tick(function, check string, at time.Time) {
	c.t.Helper()
	c.invokeLater(function, fmt.Appendf(nil, `{"schedule":%q,"dueAt":%q}`, check, iso(at)))
}

// functionProcesses are the processes of functions that the local cloud runs now.
func (c *cloud) functionProcesses() []int {
	c.t.Helper()
	output, err := exec.Command("pgrep", "-P", fmt.Sprint(c.process.Process.Pid)).Output()
	if err != nil {
		c.t.Fatalf("find the functions' processes: %v", err)
	}
	var processes []int
	for _, line := range strings.Fields(string(output)) {
		var id int
		if _, err := fmt.Sscan(line, &id); err == nil {
			processes = append(processes, id)
		}
	}
	return processes
}

// functionLog is what the functions have printed.
func (c *cloud) functionLog() string {
	c.t.Helper()
	content, err := os.ReadFile(filepath.Join(c.state, "functions.log"))
	if err != nil {
		c.t.Fatal(err)
	}
	return string(content)
}

// quiet waits until nothing is under way.
func (c *cloud) quiet() {
	c.t.Helper()
	c.quietWithin(2 * time.Minute)
}

func (c *cloud) quietWithin(longest time.Duration) {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(c.t.Context(), longest)
	defer cancel()
	left, err := c.console().AwaitQuiet(ctx)
	if err != nil || len(left) > 0 {
		c.t.Fatalf("still under way: %v, error %v", left, err)
	}
}

// command runs a subcommand of bayon and returns its exit code and output.
func (c *cloud) command(arguments ...string) (int, string) {
	c.t.Helper()
	command := exec.Command(bayon, append(arguments, "--port", c.port)...)
	output, err := command.CombinedOutput()
	if command.ProcessState == nil {
		c.t.Fatal(err)
	}
	return command.ProcessState.ExitCode(), string(output)
}
