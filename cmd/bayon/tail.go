package main

import (
	"context"
	"encoding/json"
	"os"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/charmbracelet/lipgloss"
	"golang.org/x/term"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/activity"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/functionlog"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/narrative"
)

type tailCommand struct {
	stackFlags
	JSON  bool   `help:"One JSON object a line, for programs." name:"json"`
	Since string `help:"Begin with what happened that long ago, such as 10m, or since then, such as 2026-11-24T08:30:00Z." default:"0s"`
	Once  bool   `help:"End at the present."`
}

// Help is shown with the command's flags.
func (*tailCommand) Help() string {
	return `The local cloud tells everything: what was accepted, which rule matched it, what was delivered, failed, tried again, given up.

With --aws it is read from the functions' log groups in CloudWatch Logs, every few seconds. They tell of invocations that
succeeded or failed and of warnings; what the bus does, and what ends in a queue, no function sees. The caller needs
logs:FilterLogEvents on these log groups.

Examples:
  bayon tail --since 10m --once
  bayon tail --json | jq 'select(.kind == "failed")'
  bayon --aws tail --environment production --since 5m`
}

func (c *tailCommand) Run(ctx context.Context, line *commandLine) error {
	since, err := sinceWhen(c.Since, time.Now())
	if err != nil {
		return err
	}
	tell := narrative.New(os.Stdout, terminalStyle(os.Stdout)).Tell
	if c.JSON {
		encoder := json.NewEncoder(os.Stdout)
		tell = func(happened activity.Activity) error { return encoder.Encode(happened) }
	}
	if line.AWS {
		return c.fromLogs(ctx, line, since, tell)
	}
	return line.console().Activities(ctx, since, !c.Once, tell)
}

// fromLogs reads the logs of the stack's functions.
func (c *tailCommand) fromLogs(ctx context.Context, line *commandLine, since time.Time, tell func(activity.Activity) error) error {
	config, err := line.clients(ctx)
	if err != nil {
		return err
	}
	stack, err := c.stack(ctx, line)
	if err != nil {
		return err
	}
	tail := functionlog.Tail{Client: cloudwatchlogs.NewFromConfig(config), Now: time.Now, Pause: pauseBetweenLooks}
	for _, function := range stack.Functions {
		group := function.Logging.LogGroup
		if group == "" {
			group = "/aws/lambda/" + function.Name
		}
		tail.Groups = append(tail.Groups, functionlog.Group{Name: group, Function: function.Name})
	}
	if c.Once {
		return plain(tail.Once(ctx, since, tell))
	}
	if err := tail.Follow(ctx, since, tell); ctx.Err() == nil {
		return plain(err)
	}
	return nil // it was ended by whoever started it
}

// pauseBetweenLooks waits so long that seven log groups make some two calls a second, of the five that an account may make
// in a small region.
func pauseBetweenLooks(ctx context.Context) error {
	return pause(ctx, 3*time.Second)
}

// sinceWhen reads how long ago, or when.
func sinceWhen(text string, now time.Time) (time.Time, error) {
	if ago, err := time.ParseDuration(text); err == nil {
		return now.Add(-ago), nil
	}
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return time.Time{}, &usageError{"--since must be a duration such as 10m, or a date and time such as 2026-11-24T08:30:00Z"}
	}
	return at, nil
}

// terminalStyle has colours only where someone sees them.
func terminalStyle(output *os.File) narrative.Style {
	if !term.IsTerminal(int(output.Fd())) || os.Getenv("NO_COLOR") != "" {
		return narrative.Plain()
	}
	return narrative.Colourful(lipgloss.NewRenderer(output))
}
