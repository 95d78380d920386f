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
	JSON  bool          `help:"One JSON object a line, for programs." name:"json"`
	Since time.Duration `help:"Begin with what happened that long ago, such as 10m." default:"0s"`
	Once  bool          `help:"End at the present."`
}

func (c *tailCommand) Run(ctx context.Context, line *commandLine) error {
	tell := narrative.New(os.Stdout, terminalStyle(os.Stdout)).Tell
	if c.JSON {
		encoder := json.NewEncoder(os.Stdout)
		tell = func(happened activity.Activity) error { return encoder.Encode(happened) }
	}
	return line.console().Activities(ctx, time.Now().Add(-c.Since), !c.Once, tell)
}

// terminalStyle has colours only where someone sees them.
func terminalStyle(output *os.File) narrative.Style {
	if !term.IsTerminal(int(output.Fd())) || os.Getenv("NO_COLOR") != "" {
		return narrative.Plain()
	}
	return narrative.Colourful(lipgloss.NewRenderer(output))
}
