package localcloud

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/account"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/activity"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/artifact"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/iam"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/logs"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/objects"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/provision"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/stacks"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/template"
)

// openStacks reads what was deployed, and adds the stack of the template file. The services come up with both.
func (c *Cloud) openStacks(context.Context) (err error) {
	c.usage = iam.NewUsage()
	c.buckets = objects.New(objects.Config{Space: c.store.Space("s3")})
	c.deployer = &provision.Deployer{}
	c.stacks, err = stacks.New(stacks.Config{
		Space: c.store.Space("cloudformation"), Platform: c.deployer, Object: c.object, Address: objects.Address,
	})
	if err != nil {
		return err
	}
	if c.template == nil {
		name, err := c.stacks.Adopted()
		if err == nil && name != "" {
			err = fmt.Errorf("the state in %s is that of a template file, with its queues and tables: forget it (--fresh), or use another --state", c.options.State)
		}
		return errors.Join(err, c.describe(c.stacks.Deployed()))
	}
	if err := c.stacks.Adopt(template.LocalStack, string(c.source), c.options.Parameters, c.template); err != nil {
		return err
	}
	return c.describe(c.stacks.Deployed())
}

// equipDeployer gives what deploys the services that it deploys to.
func (c *Cloud) equipDeployer() {
	d := c.deployer
	d.Queues, d.Events, d.Functions, d.Schedules = c.queues, c.events, c.functions, c.schedules
	d.Secrets, d.Keys, d.Buckets, d.Database = c.secrets, c.keys, c.buckets, c.databaseClient()
	d.Code, d.Endpoint = c.code(), c.Endpoint()
	d.Identities = func(stack *template.Stack) (map[string]*iam.Identity, error) {
		return provision.Identities(stack, c.usage)
	}
	d.Live = func(live []*template.Stack) {
		if err := c.describe(live); err != nil { // a role or a bus policy that is refused fails where it is made
			c.diary.Record(activity.Activity{At: time.Now(), Kind: activity.Warned, Reason: "who may do what stays as it was: " + err.Error()})
			return
		}
		c.mail.Verify(provision.MailIdentities(c.described()), provision.ConfigurationSets(c.described()))
	}
}

func (c *Cloud) code() artifact.Shelf {
	return artifact.Shelf{Folder: c.folder(codeFolder), Object: c.object}
}

// mostObject is the largest object that anything is deployed from.
const mostObject = 64 << 20

func (c *Cloud) object(bucket, key string) ([]byte, error) {
	return c.buckets.Bytes(bucket, key, mostObject)
}

// deployedCode finds the bootstraps of a stack that was deployed.
func (c *Cloud) deployedCode(stack *template.Stack) (map[string]string, error) {
	bootstraps := map[string]string{}
	for _, function := range stack.Functions {
		path, err := c.code().Known(function.CodeURI)
		if err != nil {
			return nil, fmt.Errorf("function %s: %w", function.Name, err)
		}
		bootstraps[function.LogicalID] = path
	}
	return bootstraps, nil
}

func (c *Cloud) logs() *logs.Logs {
	return logs.New(logs.Config{
		Functions: c.functions,
		Declared: func() map[string]time.Duration {
			kept := map[string]time.Duration{}
			for _, group := range c.described().LogGroups {
				kept[group.Name] = group.Retention
			}
			return kept
		},
	})
}

func (c *Cloud) account() account.Account {
	return account.Account{FunctionOf: c.functions.FunctionOf, Described: c.described}
}
