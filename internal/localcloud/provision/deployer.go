package provision

import (
	"context"
	"fmt"
	"sync"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/artifact"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/bus"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/iam"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/keys"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/lambdahost"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/objects"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/queue"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/scheduler"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/secrets"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/template"
)

// Deployer makes, changes and takes away the resources of stacks, one at a time, while the system runs. It is safe for
// concurrent use.
type Deployer struct {
	Queues    *queue.Queues
	Events    *bus.Bus
	Functions *lambdahost.Host
	Schedules *scheduler.Scheduler
	Secrets   *secrets.Secrets
	Keys      *keys.Keys
	Buckets   *objects.Buckets
	Database  Database
	Code      artifact.Shelf
	Endpoint  string // that functions call
	// Identities are what the roles of a stack may do, by the roles' ARNs.
	Identities func(stack *template.Stack) (map[string]*iam.Identity, error)
	// Live is told which stacks there are from now on.
	Live func(stacks []*template.Stack)

	mu      sync.Mutex
	applied map[string]lambdahost.Function // what functions were made of, by name
}

// kind is how resources of one type are handled.
type kind struct {
	exists func(ctx context.Context, stack *template.Stack, resource template.Declaration) (bool, error) // nil: never
	create func(ctx context.Context, stack *template.Stack, resource template.Declaration) error
	update func(ctx context.Context, before, after *template.Stack, resource template.Declaration) error // nil: like create
	remove func(ctx context.Context, before, after *template.Stack, resource template.Declaration) error
}

// kindOf is how a type is handled. Of some, there is nothing to do: others read them in the stack.
func (d *Deployer) kindOf(resource template.Declaration) (kind, error) {
	switch resource.Type {
	case "AWS::SQS::Queue":
		return d.queueKind(), nil
	case "AWS::SQS::QueuePolicy":
		return d.queuePolicyKind(), nil
	case "AWS::Events::EventBus":
		return d.busKind(), nil
	case "AWS::Events::Rule":
		return d.ruleKind(), nil
	case "AWS::Events::Archive":
		return d.archiveKind(), nil
	case "AWS::Lambda::Function":
		return d.functionKind(), nil
	case "AWS::Lambda::Permission", "AWS::Lambda::EventInvokeConfig":
		return d.functionPartKind(), nil
	case "AWS::DynamoDB::Table":
		return d.tableKind(), nil
	case "AWS::Scheduler::Schedule":
		return d.scheduleKind(), nil
	case "AWS::SecretsManager::Secret":
		return d.secretKind(), nil
	case "AWS::KMS::Key":
		return d.keyKind(), nil
	case "AWS::KMS::Alias":
		return d.keyAliasKind(), nil
	case "AWS::S3::Bucket":
		return d.bucketKind(), nil
	case "AWS::IAM::Role", "AWS::IAM::ManagedPolicy":
		return d.roleKind(), nil
	case "AWS::Events::EventBusPolicy":
		return kind{
			create: func(_ context.Context, stack *template.Stack, _ template.Declaration) error {
				_, err := BusPolicies(stack)
				return err
			},
			remove: func(context.Context, *template.Stack, *template.Stack, template.Declaration) error { return nil },
		}, nil
	case "AWS::Lambda::Alias", "AWS::Logs::LogGroup", "AWS::Scheduler::ScheduleGroup",
		"AWS::EventSchemas::Registry", "AWS::EventSchemas::Schema", "AWS::SES::EmailIdentity", "AWS::SES::ConfigurationSet":
		return kind{
			create: func(context.Context, *template.Stack, template.Declaration) error { return nil },
			remove: func(context.Context, *template.Stack, *template.Stack, template.Declaration) error { return nil },
		}, nil
	}
	return kind{}, fmt.Errorf("the local cloud cannot deploy resources of type %s", resource.Type)
}

// Exists tells whether there is such a resource already.
func (d *Deployer) Exists(ctx context.Context, stack *template.Stack, resource template.Declaration) (bool, error) {
	handled, err := d.kindOf(resource)
	if err != nil || handled.exists == nil {
		return false, err
	}
	return handled.exists(ctx, stack, resource)
}

// Create makes a resource.
func (d *Deployer) Create(ctx context.Context, stack *template.Stack, resource template.Declaration) error {
	if resource.LeftToAWS {
		return nil
	}
	handled, err := d.kindOf(resource)
	if err != nil {
		return err
	}
	return handled.create(ctx, stack, resource)
}

// Update makes a resource be as the stack describes it that comes after another.
func (d *Deployer) Update(ctx context.Context, before, after *template.Stack, resource template.Declaration) error {
	handled, err := d.kindOf(resource)
	switch {
	case err != nil:
		return err
	case handled.update == nil:
		return handled.create(ctx, after, resource)
	default:
		return handled.update(ctx, before, after, resource)
	}
}

// Delete takes a resource away.
func (d *Deployer) Delete(ctx context.Context, before, after *template.Stack, resource template.Declaration) error {
	handled, err := d.kindOf(resource)
	if err != nil {
		return err
	}
	return handled.remove(ctx, before, after, resource)
}

// Changed tells which stacks there are.
func (d *Deployer) Changed(live []*template.Stack) { d.Live(live) }

// named finds what a stack describes by a logical id.
func named[T any](list []T, header func(*T) template.Resource, logicalID string) *T {
	for i := range list {
		if header(&list[i]).LogicalID == logicalID {
			return &list[i]
		}
	}
	return nil
}
