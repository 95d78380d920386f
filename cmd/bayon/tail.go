package main

import (
	"context"
	"encoding/json"
	"os"
	"time"

	"github.com/charmbracelet/lipgloss"
	"golang.org/x/term"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/activity"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/narrative"
)

type tailCommand struct {
	JSON  bool   `help:"One JSON object a line, for programs." name:"json"`
	Since string `help:"Begin with what happened that long ago, such as 10m, or since then, such as 2026-11-24T08:30:00Z." default:"0s"`
	Once  bool   `help:"End at the present."`
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
	return line.console().Activities(ctx, since, !c.Once, tell)
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
