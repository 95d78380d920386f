package main

import (
	"context"
	"fmt"
	"strings"
	"time"
)

type waitCommand struct {
	Timeout time.Duration `help:"How long to wait at most." default:"30s"`
}

func (c *waitCommand) Run(ctx context.Context, line *commandLine) error {
	ctx, cancel := context.WithTimeout(ctx, c.Timeout)
	defer cancel()
	left, err := line.console().AwaitQuiet(ctx)
	if err != nil {
		return err
	}
	if len(left) > 0 {
		return fmt.Errorf("after %s there is still under way:\n  %s", c.Timeout, strings.Join(left, "\n  "))
	}
	return nil
}
