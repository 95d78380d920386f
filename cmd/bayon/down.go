package main

import (
	"context"
	"time"
)

type downCommand struct{}

// stopTimeout bounds how long running invocations may take to end.
const stopTimeout = 30 * time.Second

func (*downCommand) Run(ctx context.Context, line *commandLine) error {
	if _, err := line.console().Health(ctx); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, stopTimeout)
	defer cancel()
	return line.console().Stop(ctx)
}
