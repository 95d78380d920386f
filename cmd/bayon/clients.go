package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/smithy-go"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/awsapi"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/template"
)

// localConfig reaches the local cloud, which takes any credentials.
func localConfig(endpoint string) aws.Config {
	return aws.Config{
		Region:       awsapi.Region,
		Credentials:  credentials.NewStaticCredentialsProvider("local", "local", ""),
		BaseEndpoint: &endpoint,
	}
}

// clients says where AWS's clients of a command go: to the local cloud, or with --aws to AWS, as the caller's own AWS
// configuration says (profile, region, credentials, AWS_ENDPOINT_URL). It fails if the local cloud is not running.
func (c *commandLine) clients(ctx context.Context) (aws.Config, error) {
	if !c.AWS {
		_, err := c.console().Health(ctx)
		return localConfig(c.endpoint()), err
	}
	loaded, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return aws.Config{}, fmt.Errorf("read the AWS configuration: %w", err)
	}
	if loaded.Region == "" {
		return aws.Config{}, &usageError{"the AWS configuration names no region: set AWS_REGION, or a profile that has one"}
	}
	return loaded, nil
}

// plain leaves out of an error what AWS's client says about HTTP.
func plain(err error) error {
	var refusal smithy.APIError
	if errors.As(err, &refusal) {
		return fmt.Errorf("%s (%s)", refusal.ErrorMessage(), refusal.ErrorCode())
	}
	return err
}

// stackFlags are the flags of commands that work on a stack, in the local cloud or on AWS.
type stackFlags struct {
	Template    string `help:"With --aws: the SAM template that the stack was made of." default:"template.yaml" type:"path"`
	Environment string `help:"With --aws: the template's parameter Environment." default:"development" enum:"development,production"`

	Parameter map[string]string `help:"With --aws: another parameter that the stack was deployed with, such as AlarmTopicArn=arn:…; may come again." mapsep:"none" placeholder:"NAME=VALUE"`
}

// stack is what the template describes for the environment that is meant: on AWS the one that the flag names, otherwise
// that of the running local cloud.
func (f *stackFlags) stack(ctx context.Context, line *commandLine) (*template.Stack, error) {
	parameters := map[string]string{"Environment": f.Environment}
	if line.AWS {
		maps.Copy(parameters, f.Parameter)
	} else {
		health, err := line.console().Health(ctx)
		if err != nil {
			return nil, err
		}
		parameters["Environment"] = health.Environment
	}
	source, err := os.ReadFile(f.Template)
	if err != nil {
		return nil, &usageError{err.Error()}
	}
	return template.Read(f.Template, source, parameters)
}

// busName is the name of the stack's bus. The local cloud needs no template for it.
func (f *stackFlags) busName(ctx context.Context, line *commandLine) (string, error) {
	if !line.AWS {
		health, err := line.console().Health(ctx)
		return health.Bus, err
	}
	stack, err := f.stack(ctx, line)
	if err != nil {
		return "", err
	}
	if len(stack.Buses) == 0 {
		return "", &usageError{f.Template + " describes no event bus"}
	}
	return stack.Buses[0].Name, nil
}

func databaseClient(endpoint string) *dynamodb.Client {
	return dynamodb.NewFromConfig(localConfig(endpoint))
}

func busClient(endpoint string) *eventbridge.Client {
	return eventbridge.NewFromConfig(localConfig(endpoint))
}
