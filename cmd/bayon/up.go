package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/bayon-coagent/event-consumers/internal/localcloud"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/chaos"
)

type upCommand struct {
	Demo        bool     `help:"Play the demonstration, then stay up."`
	Detach      bool     `help:"Return when all functions are ready; the local cloud goes on in the background."`
	Empty       bool     `help:"Come up without a template: with what sam deploy has deployed to this state, and nothing else."`
	Template    string   `help:"The SAM template." default:"template.yaml" type:"path"`
	State       string   `help:"Folder that keeps the state." default:".bayon" type:"path"`
	Fresh       bool     `help:"Forget the state of earlier runs."`
	Environment string   `help:"The template's parameter Environment." default:"development" enum:"development,production"`
	TimeScale   float64  `help:"Divide every wait that AWS imposes by this, such as 60 for retries after seconds instead of minutes." default:"1"`
	Concurrency int      `help:"How many events each function handles at once, each in a process of its own. 0 means twice the processors, and at least 4; AWS has 1,000 for all functions together." default:"0"`
	Chaos       string   `help:"Faults on demand: duplicate=5%,throttle=10%,crash=2%,delay=200ms,dynamo-throttle=5%,mail-throttle=5%,mail-fault=2%,mail-cut=1%,social-limit=5%,social-fault=2%,social-cut=1%,seed=1."`
	DynamoDB    string   `help:"Use the DynamoDB at this URL in place of the embedded one." name:"dynamodb"`
	Listen      []string `help:"Listen at this HOST:PORT, too, for containers. There is no authentication!"`
}

func (c *upCommand) Run(ctx context.Context, line *commandLine) (err error) {
	if c.TimeScale <= 0 {
		return &usageError{"--time-scale must be greater than 0"}
	}
	if c.Concurrency < 0 {
		return &usageError{"--concurrency must not be negative"}
	}
	if _, err := chaos.Parse(c.Chaos); err != nil {
		return &usageError{err.Error()}
	}
	if c.Empty && c.Demo {
		return &usageError{"--demo needs the functions of a template: leave --empty away"}
	}
	if c.Fresh {
		if err := c.forget(ctx, line); err != nil {
			return err
		}
	}
	if c.Detach {
		return c.detach(ctx, line)
	}
	cloud, err := c.start(ctx, fmt.Sprintf("127.0.0.1:%d", line.Port))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, cloud.Close()) }()
	screen := newScreen(os.Stdout)
	screen.say("The local cloud is ready at " + cloud.Endpoint() + " (Ctrl-C ends it).")
	for _, address := range c.Listen {
		screen.say("It listens at " + address + ", too. Whoever reaches that address can do everything: there is no authentication.")
	}
	go screen.follow(ctx, cloud)
	if c.Demo {
		if _, err := play(ctx, cloud, screen); err != nil && ctx.Err() == nil {
			return err
		}
		screen.say(tryNext(line.Port))
	}
	select {
	case <-ctx.Done():
	case <-cloud.Stopping():
	}
	screen.say("Ending …")
	return nil
}

// start builds the functions and starts the local cloud with them.
func (c *upCommand) start(ctx context.Context, address string) (*localcloud.Cloud, error) {
	faults, err := chaos.Parse(c.Chaos)
	if err != nil {
		return nil, &usageError{err.Error()}
	}
	template := c.Template
	if c.Empty {
		template = ""
	}
	return localcloud.Start(ctx, localcloud.Options{
		Template:    template,
		Parameters:  map[string]string{"Environment": c.Environment},
		State:       c.State,
		Address:     address,
		Listen:      c.Listen,
		TimeScale:   c.TimeScale,
		Concurrency: c.Concurrency,
		Faults:      faults,
		DynamoDB:    c.DynamoDB,
		Progress:    func(what string) { fmt.Fprintln(os.Stderr, what) },
	})
}

// forget removes the state, unless a local cloud is using it.
func (c *upCommand) forget(ctx context.Context, line *commandLine) error {
	if _, err := line.console().Health(ctx); err == nil {
		return fmt.Errorf("a local cloud is running at %s: end it with bayon down", line.endpoint())
	}
	if err := localcloud.Forget(c.State); err != nil {
		return fmt.Errorf("forget the state: %w", err)
	}
	return nil
}

// readyTimeout bounds how long a detached local cloud may take to build and start its functions.
const readyTimeout = 5 * time.Minute

// detach starts the same command in the background and waits until it is ready.
func (c *upCommand) detach(ctx context.Context, line *commandLine) error {
	if health, err := line.console().Health(ctx); err == nil {
		return fmt.Errorf("a local cloud is running at %s already (process %d)", line.endpoint(), health.Process)
	}
	logPath := filepath.Join(c.State, "bayon.log")
	if err := os.MkdirAll(c.State, 0o755); err != nil {
		return fmt.Errorf("make the folder of the state: %w", err)
	}
	log, err := os.Create(logPath)
	if err != nil {
		return fmt.Errorf("open the log: %w", err)
	}
	defer log.Close()
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("find this command: %w", err)
	}
	child := exec.Command(self, c.arguments(line)...) //nolint:noctx // it outlives this command
	child.Stdout, child.Stderr = log, log
	child.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := child.Start(); err != nil {
		return fmt.Errorf("start in the background: %w", err)
	}
	ended := make(chan error, 1)
	go func() { ended <- child.Wait() }()

	waiting, cancel := context.WithTimeout(ctx, readyTimeout)
	defer cancel()
	ready := make(chan error, 1)
	go func() {
		_, err := line.console().AwaitReady(waiting)
		ready <- err
	}()
	select {
	case reason := <-ended:
		written, err := os.ReadFile(logPath)
		return errors.Join(fmt.Errorf("the local cloud has ended:\n%s", strings.TrimSpace(string(written))), reason, err)
	case err := <-ready:
		if err != nil {
			return errors.Join(err, child.Process.Kill())
		}
	}
	fmt.Println(line.endpoint())
	return nil
}

func (c *upCommand) arguments(line *commandLine) []string {
	arguments := []string{
		"up", "--port", strconv.Itoa(line.Port), "--template", c.Template, "--state", c.State, "--environment", c.Environment,
		"--time-scale", strconv.FormatFloat(c.TimeScale, 'g', -1, 64), "--concurrency", strconv.Itoa(c.Concurrency), "--chaos=" + c.Chaos, "--dynamodb=" + c.DynamoDB,
	}
	for _, address := range c.Listen {
		arguments = append(arguments, "--listen", address)
	}
	if c.Demo {
		arguments = append(arguments, "--demo")
	}
	if c.Empty {
		arguments = append(arguments, "--empty")
	}
	return arguments
}

func tryNext(port int) string {
	command := func(text string) string {
		if port != defaultPort {
			text += fmt.Sprintf(" --port %d", port)
		}
		return "  " + text
	}
	return strings.Join([]string{
		"Try next, in another terminal:",
		command("bin/bayon publish functions/price-reduction/testdata/check-due.json"),
		command("bin/bayon tail --since 5m --once --json"),
		fmt.Sprintf("  aws --endpoint-url http://127.0.0.1:%d --region us-east-1 dynamodb scan --table-name BayonCoAgent-development --select COUNT", port),
	}, "\n")
}

const defaultPort = 4599
