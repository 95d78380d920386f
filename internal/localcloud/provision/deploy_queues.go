package provision

import (
	"context"
	"slices"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/template"
)

func queueOf(stack *template.Stack, logicalID string) *template.Queue {
	if stack == nil {
		return nil
	}
	return named(stack.Queues, func(q *template.Queue) template.Resource { return q.Resource }, logicalID)
}

func (d *Deployer) queueKind() kind {
	return kind{
		exists: func(_ context.Context, _ *template.Stack, resource template.Declaration) (bool, error) {
			return d.Queues.Has(resource.ARN), nil
		},
		create: func(_ context.Context, stack *template.Stack, resource template.Declaration) error {
			return Queues(d.Queues, []template.Queue{*queueOf(stack, resource.LogicalID)})
		},
		remove: func(_ context.Context, _, _ *template.Stack, resource template.Declaration) error {
			return d.Queues.Remove(resource.Name)
		},
	}
}

// queuePolicyKind makes the queues be as they are described that a policy is for: the policy is part of them.
func (d *Deployer) queuePolicyKind() kind {
	declare := func(stack *template.Stack, policy template.Declaration) error {
		var concerned []template.Queue
		for _, logicalID := range policy.DependsOn {
			if q := queueOf(stack, logicalID); q != nil && d.Queues.Has(q.ARN) {
				concerned = append(concerned, *q)
			}
		}
		return Queues(d.Queues, concerned)
	}
	return kind{
		create: func(_ context.Context, stack *template.Stack, resource template.Declaration) error {
			return declare(stack, resource)
		},
		update: func(_ context.Context, before, after *template.Stack, resource template.Declaration) error {
			was, _ := before.Declaration(resource.LogicalID)
			resource.DependsOn = slices.Concat(resource.DependsOn, was.DependsOn)
			return declare(after, resource)
		},
		remove: func(_ context.Context, _, after *template.Stack, resource template.Declaration) error {
			return declare(after, resource)
		},
	}
}
