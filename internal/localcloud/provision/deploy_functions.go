package provision

import (
	"context"
	"fmt"
	"reflect"
	"time"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/lambdahost"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/template"
)

func functionOf(stack *template.Stack, logicalID string) *template.Function {
	return named(stack.Functions, func(f *template.Function) template.Resource { return f.Resource }, logicalID)
}

// longestStart is how long a function may take to ask for work for the first time.
const longestStart = time.Minute

func (d *Deployer) functionKind() kind {
	return kind{
		exists: func(_ context.Context, _ *template.Stack, resource template.Declaration) (bool, error) {
			return d.Functions.Has(resource.Name), nil
		},
		create: func(ctx context.Context, stack *template.Stack, resource template.Declaration) error {
			definition, err := d.definition(stack, functionOf(stack, resource.LogicalID))
			if err != nil {
				return err
			}
			if err := d.Functions.Create(definition); err != nil {
				return err
			}
			if err := d.awaitReady(ctx, definition.Name); err != nil {
				_ = d.Functions.Remove(definition.Name) // it fails only if it is gone, which is what is wanted
				return err
			}
			d.note(definition)
			return nil
		},
		update: func(ctx context.Context, _, after *template.Stack, resource template.Declaration) error {
			return d.configure(ctx, after, functionOf(after, resource.LogicalID))
		},
		remove: func(_ context.Context, _, _ *template.Stack, resource template.Declaration) error {
			d.forget(resource.Name)
			if !d.Functions.Has(resource.Name) {
				return d.Functions.Clear(resource.Name)
			}
			return d.Functions.Remove(resource.Name)
		},
	}
}

// definition is what Lambda is told of a function, with its code fetched.
func (d *Deployer) definition(stack *template.Stack, described *template.Function) (lambdahost.Function, error) {
	bootstrap, err := d.Code.Fetch(described.CodeURI, described.Architecture)
	if err != nil {
		return lambdahost.Function{}, err
	}
	identities, err := d.Identities(stack)
	if err != nil {
		return lambdahost.Function{}, err
	}
	return definition(stack, *described, identities, bootstrap, d.Endpoint), nil
}

// configure makes a function that is there be as it is described. It does nothing if it is so already.
func (d *Deployer) configure(ctx context.Context, stack *template.Stack, described *template.Function) error {
	wanted, err := d.definition(stack, described)
	if err != nil {
		return err
	}
	d.mu.Lock()
	same := reflect.DeepEqual(d.applied[wanted.Name], withoutNotes(wanted))
	d.mu.Unlock()
	if same {
		return nil
	}
	d.forget(wanted.Name) // until it is ready: a version that never starts must not stay
	if err := d.Functions.Update(wanted); err != nil {
		return err
	}
	if err := d.awaitReady(ctx, wanted.Name); err != nil {
		return err
	}
	d.note(wanted)
	return nil
}

// note remembers what a function was made of.
func (d *Deployer) note(definition lambdahost.Function) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.applied == nil {
		d.applied = map[string]lambdahost.Function{}
	}
	d.applied[definition.Name] = withoutNotes(definition)
}

// forget forgets what a function was made of.
func (d *Deployer) forget(name string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.applied, name)
}

// withoutNotes is a definition without what takes notes of its use.
func withoutNotes(definition lambdahost.Function) lambdahost.Function {
	definition.Identity = nil
	return definition
}

// roleKind is that of roles and their policies: functions that are there get the new ones.
func (d *Deployer) roleKind() kind {
	return kind{
		create: func(_ context.Context, stack *template.Stack, _ template.Declaration) error {
			_, err := d.Identities(stack)
			return err
		},
		update: func(ctx context.Context, before, after *template.Stack, _ template.Declaration) error {
			if _, err := d.Identities(after); err != nil {
				return err
			}
			for i := range after.Functions {
				function := &after.Functions[i]
				was := functionOf(before, function.LogicalID)
				if was == nil || was.Name != function.Name || !d.Functions.Has(function.Name) {
					continue
				}
				d.forget(function.Name) // its definition is the same but for the role
				if err := d.configure(ctx, after, function); err != nil {
					return err
				}
			}
			return nil
		},
		remove: func(context.Context, *template.Stack, *template.Stack, template.Declaration) error { return nil },
	}
}

func (d *Deployer) awaitReady(ctx context.Context, name string) error {
	ctx, cancel := context.WithTimeout(ctx, longestStart)
	defer cancel()
	return d.Functions.AwaitReadyOf(ctx, name)
}

// functionPartKind is that of resources that are parts of functions of the same stack: each is made with its function, and
// changes it when it comes, changes or goes by itself.
func (d *Deployer) functionPartKind() kind {
	return kind{
		create: func(ctx context.Context, stack *template.Stack, resource template.Declaration) error {
			found := false
			for _, function := range functionsBehind(stack, resource) {
				found = true
				if err := d.configure(ctx, stack, function); err != nil {
					return err
				}
			}
			if !found {
				return fmt.Errorf("its function is not of this stack: the local cloud takes resources of type %s with their function only", resource.Type)
			}
			return nil
		},
		remove: func(ctx context.Context, _, after *template.Stack, resource template.Declaration) error {
			if after == nil {
				return nil // the function goes as well
			}
			for _, function := range functionsBehind(after, resource) {
				if !d.Functions.Has(function.Name) {
					continue
				}
				if err := d.configure(ctx, after, function); err != nil {
					return err
				}
			}
			return nil
		},
	}
}

// functionsBehind are the functions that a resource refers to.
func functionsBehind(stack *template.Stack, resource template.Declaration) []*template.Function {
	var found []*template.Function
	for _, logicalID := range resource.DependsOn {
		if function := functionOf(stack, logicalID); function != nil {
			found = append(found, function)
		}
		if alias, ok := stack.Declaration(logicalID); ok && alias.Type == "AWS::Lambda::Alias" {
			found = append(found, functionsBehind(stack, alias)...)
		}
	}
	return found
}
