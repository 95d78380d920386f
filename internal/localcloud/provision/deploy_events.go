package provision

import (
	"context"
	"slices"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/template"
)

func (d *Deployer) busKind() kind {
	return kind{
		exists: func(_ context.Context, _ *template.Stack, resource template.Declaration) (bool, error) {
			return d.Events.HasBus(resource.Name), nil
		},
		create: func(_ context.Context, stack *template.Stack, resource template.Declaration) error {
			described := named(stack.Buses, func(b *template.Bus) template.Resource { return b.Resource }, resource.LogicalID)
			return d.Events.CreateBus(described.Name, described.Description, logConfig(*described))
		},
		remove: func(_ context.Context, _, _ *template.Stack, resource template.Declaration) error {
			if !d.Events.HasBus(resource.Name) {
				return nil
			}
			return d.Events.DeleteBus(resource.Name)
		},
	}
}

func ruleOf(stack *template.Stack, logicalID string) *template.Rule {
	return named(stack.Rules, func(r *template.Rule) template.Resource { return r.Resource }, logicalID)
}

func (d *Deployer) ruleKind() kind {
	return kind{
		exists: func(_ context.Context, stack *template.Stack, resource template.Declaration) (bool, error) {
			return d.Events.HasRule(resource.Name, ruleOf(stack, resource.LogicalID).Bus), nil
		},
		create: func(_ context.Context, stack *template.Stack, resource template.Declaration) error {
			return putRule(d.Events, *ruleOf(stack, resource.LogicalID))
		},
		update: func(_ context.Context, _, after *template.Stack, resource template.Declaration) error {
			described := ruleOf(after, resource.LogicalID)
			if err := putRule(d.Events, *described); err != nil {
				return err
			}
			wanted := func(id string) bool {
				return slices.ContainsFunc(described.Targets, func(target template.Target) bool { return target.ID == id })
			}
			stale := slices.DeleteFunc(d.Events.TargetIDs(described.Name, described.Bus), wanted)
			if len(stale) == 0 {
				return nil
			}
			_, err := d.Events.RemoveTargets(described.Name, described.Bus, stale)
			return err
		},
		remove: func(_ context.Context, before, _ *template.Stack, resource template.Declaration) error {
			described := ruleOf(before, resource.LogicalID)
			if !d.Events.HasRule(described.Name, described.Bus) {
				return nil
			}
			targets := d.Events.TargetIDs(described.Name, described.Bus)
			return remove(d.Events, provisioned{Bus: described.Bus, Rule: described.Name, Targets: targets})
		},
	}
}

func (d *Deployer) archiveKind() kind {
	return kind{
		exists: func(_ context.Context, _ *template.Stack, resource template.Declaration) (bool, error) {
			return d.Events.HasArchive(resource.Name), nil
		},
		create: func(_ context.Context, stack *template.Stack, resource template.Declaration) error {
			described := named(stack.Archives, func(a *template.Archive) template.Resource { return a.Resource }, resource.LogicalID)
			return d.Events.CreateArchive(archiveOf(*described))
		},
		remove: func(_ context.Context, _, _ *template.Stack, resource template.Declaration) error {
			if !d.Events.HasArchive(resource.Name) {
				return nil
			}
			return d.Events.DeleteArchive(resource.Name)
		},
	}
}

func (d *Deployer) scheduleKind() kind {
	return kind{
		exists: func(_ context.Context, _ *template.Stack, resource template.Declaration) (bool, error) {
			return d.Schedules.Has(resource.ARN), nil
		},
		create: func(_ context.Context, stack *template.Stack, resource template.Declaration) error {
			return d.Schedules.Put(*named(stack.Schedules, func(s *template.Schedule) template.Resource { return s.Resource }, resource.LogicalID))
		},
		remove: func(_ context.Context, _, _ *template.Stack, resource template.Declaration) error {
			return d.Schedules.Remove(resource.ARN)
		},
	}
}
