// Command bayon runs the whole system on one machine, and looks at it: the local cloud with the real functions, events
// published and watched, functions invoked.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"

	"github.com/alecthomas/kong"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/console"
)

// The exit codes that scripts may rely on.
const (
	exitDone       = 0
	exitNotSo      = 1 // the thing asked for is not so
	exitUsage      = 2
	exitNotRunning = 3
)

// commandLine is everything that can be asked for.
type commandLine struct {
	Port int  `help:"Port of the local cloud on 127.0.0.1." default:"4599" env:"BAYON_PORT"`
	AWS  bool `help:"Work with AWS, as your AWS configuration says, in place of the local cloud: publish, invoke, tail, replay, dlq, verify." name:"aws"`

	Up      upCommand      `cmd:"" help:"Start the local cloud with all functions of the template."`
	Down    downCommand    `cmd:"" help:"End the local cloud in order."`
	Wait    waitCommand    `cmd:"" help:"Wait until nothing is under way: no delivery, no invocation, no retry."`
	Publish publishCommand `cmd:"" help:"Publish an event to the bus, from a file or a template; also on AWS."`
	Invoke  invokeCommand  `cmd:"" help:"Invoke a function with an event, from a file or a template; also on AWS."`
	Tail    tailCommand    `cmd:"" help:"Show what happens, live; also on AWS, from the functions' logs."`
	Replay  replayCommand  `cmd:"" help:"Bring archived events to chosen rules once more; also on AWS."`
	DLQ     dlqCommand     `cmd:"" name:"dlq" help:"See what could not be delivered or handled, and drive it back; also on AWS."`
	Mail    mailCommand    `cmd:"" help:"Show the mail that was sent, or samples of each kind."`
	Social  socialCommand  `cmd:"" help:"List what was posted to social networks, oldest first."`
	Graph   graphCommand   `cmd:"" help:"Show who publishes and consumes what, and prove that no loop is possible."`
	Verify  verifyCommand  `cmd:"" help:"Compare a deployment with the template, and say how to mend what differs; also on AWS."`
	Demo    demoCommand    `cmd:"" help:"Play the demonstration on a local cloud of its own and end."`
	Bench   benchCommand   `cmd:"" help:"Measure start-up, memory, throughput and latency."`
}

// endpoint is where the local cloud answers.
func (c *commandLine) endpoint() string { return fmt.Sprintf("http://127.0.0.1:%d", c.Port) }

func (c *commandLine) console() console.Client { return console.Client{Endpoint: c.endpoint()} }

const description = `Bayon CoAgent's event backbone on one machine.

Examples:
  bayon up --demo                          start everything and play the demonstration
  bayon up --detach && bayon wait          start in the background, wait until nothing is under way
  bayon publish user-created --set detail.email=x@example.com   publish the example of a fact, with a change
  bayon publish event.json                 publish an event, in PutEvents' form or as a function receives it
  bayon invoke price-reduction schedule-price   invoke a function by itself
  bayon tail --json --since 10m --once     what happened in the last ten minutes, one JSON object a line
  bayon replay --last 2h --rule trend-detector   bring the events of two hours to a rule once more
  bayon dlq                                what could not be delivered or handled; bayon dlq redrive drives it back
  bayon mail                               the mail that was sent; bayon mail show 1 shows the first
  bayon graph                              who publishes and consumes what; proves that no loop is possible
  bayon verify --publish                   is everything as the template says, and does an event come through?
  bayon social                             what was posted to social networks
  aws --endpoint-url http://127.0.0.1:4599 events list-rules --event-bus-name bayon-coagent-events-development

Exit codes: 0 done, 1 the thing asked for is not so, 2 wrong usage, 3 the local cloud is not running.`

func main() { os.Exit(run(os.Args[1:])) }

func run(arguments []string) int {
	var line commandLine
	exit := -1
	parser, err := kong.New(&line, kong.Name("bayon"), kong.Description(description), kong.UsageOnError(),
		kong.Exit(func(code int) { exit = code }))
	if err != nil {
		fmt.Fprintln(os.Stderr, "bayon:", err)
		return exitUsage
	}
	parsed, err := parser.Parse(arguments)
	if exit >= 0 { // --help was asked for, and given
		return exit
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bayon:", err)
		fmt.Fprintln(os.Stderr, "Try bayon --help.")
		return exitUsage
	}
	if line.AWS && !worksOnAWS(parsed.Command()) {
		return exitCode(&usageError{"bayon " + parsed.Command() + " works on the local cloud only, not with --aws"})
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	parsed.BindTo(ctx, (*context.Context)(nil))
	return exitCode(parsed.Run(&line))
}

// worksOnAWS tells whether a command, by its name and arguments, understands --aws.
func worksOnAWS(command string) bool {
	name, _, _ := strings.Cut(command, " ")
	return slices.Contains([]string{"publish", "invoke", "tail", "replay", "dlq", "verify"}, name)
}

// exitCode tells what went wrong on standard error, and as a number.
func exitCode(err error) int {
	var usage *usageError
	switch {
	case err == nil:
		return exitDone
	case errors.Is(err, console.ErrNotRunning):
		fmt.Fprintf(os.Stderr, "bayon: %v; start it with bayon up\n", err)
		return exitNotRunning
	case errors.As(err, &usage):
		fmt.Fprintln(os.Stderr, "bayon:", err)
		return exitUsage
	}
	fmt.Fprintln(os.Stderr, "bayon:", err)
	return exitNotSo
}

// usageError says that what was asked for makes no sense.
type usageError struct{ problem string }

func (e *usageError) Error() string { return e.problem }
