package main

import (
	"cmp"
	"context"
	"encoding/base64"
	"fmt"
	"os"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
)

type invokeCommand struct {
	Function string `arg:"" help:"Name of the function, whole or a part that no other has, such as price-reduction."`
	Event    string `arg:"" help:"File with the event."`
	Async    bool   `help:"Invoke as EventBridge does: queued, tried again on failure."`
	Logs     bool   `help:"Show what the function logged." default:"true" negatable:""`
}

func (c *invokeCommand) Run(ctx context.Context, line *commandLine) error {
	payload, err := os.ReadFile(c.Event)
	if err != nil {
		return &usageError{err.Error()}
	}
	health, err := line.console().Health(ctx)
	if err != nil {
		return err
	}
	name := wholeName(c.Function, health.Functions)
	input := &lambda.InvokeInput{FunctionName: &name, Payload: payload, InvocationType: types.InvocationTypeRequestResponse}
	if c.Async {
		input.InvocationType = types.InvocationTypeEvent
	} else if c.Logs {
		input.LogType = types.LogTypeTail
	}
	answer, err := lambdaClient(line.endpoint()).Invoke(ctx, input)
	if err != nil {
		return fmt.Errorf("invoke %s: %w", name, err)
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
		return fmt.Errorf("%s failed", name)
	}
	return nil
}

// wholeName is the one function whose name has the given part; otherwise what was given, for Lambda to refuse.
func wholeName(part string, functions map[string]string) string {
	found := ""
	for name := range functions {
		if name == part {
			return name
		}
		if !strings.Contains(name, part) {
			continue
		}
		if found != "" {
			return part
		}
		found = name
	}
	return cmp.Or(found, part)
}
