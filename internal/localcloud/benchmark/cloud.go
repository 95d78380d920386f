package benchmark

import (
	"context"
	_ "embed" // the templates
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"github.com/bayon-coagent/event-consumers/internal/localcloud"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/awsapi"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/provision"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/template"
)

//go:embed bus.yaml
var busTemplate []byte

//go:embed lambda.yaml
var lambdaTemplate []byte

// cloud starts a local cloud with an empty state. Whoever asked for it closes it.
func (b *bench) cloud(ctx context.Context, options localcloud.Options) (*localcloud.Cloud, error) {
	state, err := os.MkdirTemp(b.folder, "state-")
	if err != nil {
		return nil, fmt.Errorf("make a folder for the state: %w", err)
	}
	options.State, options.Address, options.TimeScale, options.Progress = state, "127.0.0.1:0", 1, b.Progress
	return localcloud.Start(ctx, options)
}

// project starts a local cloud as the project's template describes it.
func (b *bench) project(ctx context.Context) (*localcloud.Cloud, error) {
	return b.cloud(ctx, localcloud.Options{Template: b.Template, Bootstraps: b.built.functions})
}

// busCloud starts a local cloud with a bus, an archive, five rules and a queue.
func (b *bench) busCloud(ctx context.Context) (*localcloud.Cloud, error) {
	path, err := b.write("bus.yaml", busTemplate)
	if err != nil {
		return nil, err
	}
	return b.cloud(ctx, localcloud.Options{Template: path, Bootstraps: map[string]string{}})
}

// lambdaCloud starts a local cloud with a bus, a rule and the function stamp.
func (b *bench) lambdaCloud(ctx context.Context, received *stamps) (*localcloud.Cloud, error) {
	path, err := b.write("lambda.yaml", lambdaTemplate)
	if err != nil {
		return nil, err
	}
	return b.cloud(ctx, localcloud.Options{
		Template:   path,
		Parameters: map[string]string{"StampAddress": received.address()},
		Bootstraps: map[string]string{"Stamp": b.built.stamp},
	})
}

func (b *bench) write(name string, content []byte) (string, error) {
	path := filepath.Join(b.folder, name)
	if err := os.WriteFile(path, content, 0o600); err != nil {
		return "", fmt.Errorf("write a template: %w", err)
	}
	return path, nil
}

// readStack reads the project's template.
func readStack(path string) (*template.Stack, error) {
	source, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read the template: %w", err)
	}
	return template.Read(path, source, nil)
}

// function is a function of the project, with the variables that Lambda and the template give it.
func (b *bench) function(logicalID, endpoint string) (process, error) {
	for _, function := range b.stack.Functions {
		if function.LogicalID != logicalID {
			continue
		}
		environment := []string{
			"AWS_REGION=" + awsapi.Region, "AWS_ACCESS_KEY_ID=local", "AWS_SECRET_ACCESS_KEY=local",
			"AWS_LAMBDA_FUNCTION_NAME=" + function.Name,
		}
		for name, value := range provision.Environment(function, endpoint) {
			environment = append(environment, name+"="+value)
		}
		return process{function.Name, b.built.functions[logicalID], environment}, nil
	}
	return process{}, fmt.Errorf("%s has no function %s", b.Template, logicalID)
}

// empty is the smallest function.
func (b *bench) empty() process { return process{name: "the empty function", bootstrap: b.built.empty} }

const ofEmpty = "an empty Go function, built with the same flags"

func clientConfig(endpoint string) aws.Config {
	return aws.Config{
		Region:       awsapi.Region,
		Credentials:  credentials.NewStaticCredentialsProvider("local", "local", ""),
		BaseEndpoint: &endpoint,
	}
}

// quietTimeout bounds how long a local cloud may take to finish what it was given.
const quietTimeout = 2 * time.Minute

// awaitQuiet returns when nothing is under way.
func awaitQuiet(ctx context.Context, cloud *localcloud.Cloud) error {
	ctx, cancel := context.WithTimeout(ctx, quietTimeout)
	defer cancel()
	return cloud.AwaitQuiet(ctx)
}
