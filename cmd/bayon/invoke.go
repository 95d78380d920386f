package main

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/awsapi"
	"github.com/bayon-coagent/event-consumers/pkg/events"
)

type invokeCommand struct {
	stackFlags
	Function string   `arg:"" help:"Name of the function, whole or a part that no other has, such as price-reduction."`
	Event    string   `arg:"" help:"File with the event, or name of a template: of a fact (bayon publish --list), or schedule-CHECK such as schedule-price for a schedule's tick."`
	Set      []string `help:"Change a field, such as detail.userId=agent-7. May be given more than once." placeholder:"PATH=VALUE" sep:"none"`
	Async    bool     `help:"Invoke as EventBridge does: queued, tried again on failure."`
	Logs     bool     `help:"Show what the function logged." default:"true" negatable:""`
}

// Help is shown with the command's flags.
func (*invokeCommand) Help() string {
	return `Invokes a function by itself, past the bus and its rules, and waits for its answer. What it publishes goes to the bus.

Examples:
  bayon invoke price-reduction schedule-price
  bayon invoke life-event user-created --set detail.userId=agent-7
  bayon invoke notification-processor functions/notification-processor/testdata/alert-created.json --async
  bayon --aws invoke trend-detector check-due --set detail.check=trend --environment production`
}

func (c *invokeCommand) Run(ctx context.Context, line *commandLine) error {
	payload, err := c.payload()
	if err != nil {
		return err
	}
	config, err := line.clients(ctx)
	if err != nil {
		return err
	}
	functions, err := c.functionNames(ctx, line)
	if err != nil {
		return err
	}
	name := wholeName(c.Function, functions)
	input := &lambda.InvokeInput{FunctionName: &name, Payload: payload, InvocationType: types.InvocationTypeRequestResponse}
	client := lambda.NewFromConfig(config)
	if c.Async {
		input.InvocationType = types.InvocationTypeEvent
		if input.Qualifier, err = failureQualifier(ctx, client, name); err != nil {
			return fmt.Errorf("find where failures of %s go: %w", name, plain(err))
		}
	} else if c.Logs {
		input.LogType = types.LogTypeTail
	}
	answer, err := client.Invoke(ctx, input)
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

// failureQualifier is the version or alias of a function for which its failures are handed over, nil if there is none:
// what is queued for another fails unseen.
func failureQualifier(ctx context.Context, client *lambda.Client, name string) (*string, error) {
	configs, err := client.ListFunctionEventInvokeConfigs(ctx, &lambda.ListFunctionEventInvokeConfigsInput{FunctionName: &name})
	if err != nil {
		return nil, err
	}
	for _, config := range configs.FunctionEventInvokeConfigs {
		arn := aws.ToString(config.FunctionArn)
		if config.DestinationConfig != nil && config.DestinationConfig.OnFailure != nil {
			return aws.String(arn[strings.LastIndexByte(arn, ':')+1:]), nil
		}
	}
	return nil, nil //nolint:nilnil // a function without such a destination has no such qualifier
}

// payload is what the function gets. A file without changes goes as it is, whatever it holds.
func (c *invokeCommand) payload() ([]byte, error) {
	event, err := c.template(time.Now())
	if err != nil {
		return nil, err
	}
	if event == nil {
		content, err := readInput(c.Event)
		if err != nil || len(c.Set) == 0 {
			return content, err
		}
		if err := decodeNumbers(content, &event); err != nil || event == nil {
			return nil, &usageError{c.Event + " holds no JSON object, which --set could change"}
		}
	}
	if err := setAll(event, c.Set); err != nil {
		return nil, err
	}
	return json.Marshal(event)
}

// template is the event that a template's name stands for, as a function receives it now; nil if it is no template's name.
func (c *invokeCommand) template(now time.Time) (eventObject, error) {
	if check, isTick := strings.CutPrefix(c.Event, "schedule-"); isTick {
		for _, known := range events.Checks() {
			if check == known {
				return eventObject{"schedule": check, "dueAt": now.UTC().Format(time.RFC3339)}, nil
			}
		}
	}
	for _, entry := range events.Catalogue() {
		if templateName(entry) != c.Event {
			continue
		}
		event, err := exampleOf(entry)
		for name, value := range envelope(now) {
			event[name] = value
		}
		return event, err
	}
	return nil, nil //nolint:nilnil // no template is no error
}

// envelope is what EventBridge puts around a fact.
func envelope(now time.Time) eventObject {
	return eventObject{
		"version": "0", "id": strings.ToLower(rand.Text()), "account": awsapi.Account, "region": awsapi.Region,
		"time": now.UTC().Format(time.RFC3339), "resources": []any{},
	}
}

// functionNames are the names of the stack's functions.
func (c *invokeCommand) functionNames(ctx context.Context, line *commandLine) ([]string, error) {
	if !line.AWS {
		health, err := line.console().Health(ctx)
		var names []string
		for name := range health.Functions {
			names = append(names, name)
		}
		return names, err
	}
	stack, err := c.stack(ctx, line)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, function := range stack.Functions {
		names = append(names, function.Name)
	}
	return names, nil
}

// wholeName is the one function whose name has the given part; otherwise what was given, for Lambda to refuse.
func wholeName(part string, functions []string) string {
	found := ""
	for _, name := range functions {
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
