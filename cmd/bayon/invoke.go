package main

import (
	"context"
	"encoding/base64"
	"fmt"
	"os"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
)

type invokeCommand struct {
	Function string `arg:"" help:"Name of the function, such as bayon-coagent-price-reduction-monitor-development."`
	Event    string `arg:"" help:"File with the event."`
	Async    bool   `help:"Invoke as EventBridge does: queued, tried again on failure."`
	Logs     bool   `help:"Show what the function logged." default:"true" negatable:""`
}

func (c *invokeCommand) Run(ctx context.Context, line *commandLine) error {
	payload, err := os.ReadFile(c.Event)
	if err != nil {
		return &usageError{err.Error()}
	}
	if _, err := line.console().Health(ctx); err != nil {
		return err
	}
	input := &lambda.InvokeInput{FunctionName: &c.Function, Payload: payload, InvocationType: types.InvocationTypeRequestResponse}
	if c.Async {
		input.InvocationType = types.InvocationTypeEvent
	} else if c.Logs {
		input.LogType = types.LogTypeTail
	}
	answer, err := lambdaClient(line.endpoint()).Invoke(ctx, input)
	if err != nil {
		return fmt.Errorf("invoke %s: %w", c.Function, err)
	}
	if c.Async {
		fmt.Println("queued")
		return nil
	}
	logs, err := base64.StdEncoding.DecodeString(aws.ToString(answer.LogResult))
	if err != nil {
		return fmt.Errorf("read the logs: %w", err)
	}
	fmt.Fprint(os.Stderr, string(logs))
	fmt.Println(string(answer.Payload))
	if answer.FunctionError != nil {
		return fmt.Errorf("%s failed", c.Function)
	}
	return nil
}
