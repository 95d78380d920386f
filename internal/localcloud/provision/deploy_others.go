package provision

import (
	"context"
	"errors"
	"fmt"
	"reflect"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/template"
)

func tableOf(stack *template.Stack, logicalID string) *template.Table {
	return named(stack.Tables, func(t *template.Table) template.Resource { return t.Resource }, logicalID)
}

func (d *Deployer) tableKind() kind {
	return kind{
		exists: func(ctx context.Context, _ *template.Stack, resource template.Declaration) (bool, error) {
			_, err := d.Database.DescribeTable(ctx, &dynamodb.DescribeTableInput{TableName: &resource.Name})
			var missing *types.ResourceNotFoundException
			if errors.As(err, &missing) {
				return false, nil
			}
			return err == nil, err
		},
		create: func(ctx context.Context, stack *template.Stack, resource template.Declaration) error {
			described := tableOf(stack, resource.LogicalID)
			err := Tables(ctx, d.Database, []template.Table{*described})
			if err != nil {
				return errors.Join(err, d.deleteTable(context.WithoutCancel(ctx), described.Name))
			}
			return nil
		},
		update: d.updateTable,
		remove: func(ctx context.Context, _, _ *template.Stack, resource template.Declaration) error {
			return d.deleteTable(ctx, resource.Name)
		},
	}
}

// updateTable changes what of a table can change while it has items, in the local cloud: its time to live. Recovery, encryption
// and the like are AWS's alone.
func (d *Deployer) updateTable(ctx context.Context, before, after *template.Stack, resource template.Declaration) error {
	was, is := tableOf(before, resource.LogicalID), tableOf(after, resource.LogicalID)
	switch {
	case !reflect.DeepEqual(was.Key, is.Key):
		return fmt.Errorf("CloudFormation cannot update a stack when a custom-named resource requires replacing. Rename %s and update the stack again", is.Name)
	case !reflect.DeepEqual(was.Attributes, is.Attributes), !reflect.DeepEqual(was.Indexes, is.Indexes), was.StreamView != is.StreamView,
		was.DeletionProtection != is.DeletionProtection:
		return errors.New("the local cloud cannot change the indexes, the stream and the protection of a table that is there")
	case was.TTLAttribute == is.TTLAttribute:
		return nil
	}
	for _, change := range []struct {
		attribute string
		enabled   bool
	}{{was.TTLAttribute, false}, {is.TTLAttribute, true}} {
		if change.attribute == "" {
			continue
		}
		_, err := d.Database.UpdateTimeToLive(ctx, &dynamodb.UpdateTimeToLiveInput{
			TableName:               &is.Name,
			TimeToLiveSpecification: &types.TimeToLiveSpecification{AttributeName: &change.attribute, Enabled: aws.Bool(change.enabled)},
		})
		if err != nil {
			return fmt.Errorf("change the time to live of %s: %w", is.Name, err)
		}
	}
	return nil
}

func (d *Deployer) deleteTable(ctx context.Context, name string) error {
	_, err := d.Database.DeleteTable(ctx, &dynamodb.DeleteTableInput{TableName: &name})
	var missing *types.ResourceNotFoundException
	if errors.As(err, &missing) {
		return nil
	}
	return err
}

func (d *Deployer) secretKind() kind {
	return kind{
		exists: func(_ context.Context, _ *template.Stack, resource template.Declaration) (bool, error) {
			return d.Secrets.Has(resource.Name), nil
		},
		create: func(_ context.Context, stack *template.Stack, resource template.Declaration) error {
			described := named(stack.Secrets, func(s *template.Secret) template.Resource { return s.Resource }, resource.LogicalID)
			return Secrets(d.Secrets, []template.Secret{*described})
		},
		remove: func(_ context.Context, _, _ *template.Stack, resource template.Declaration) error {
			return d.Secrets.Remove(resource.Name)
		},
	}
}

func (d *Deployer) keyKind() kind {
	return kind{
		create: func(_ context.Context, stack *template.Stack, resource template.Declaration) error {
			described := named(stack.Keys, func(k *template.EncryptionKey) template.Resource { return k.Resource }, resource.LogicalID)
			return Keys(d.Keys, &template.Stack{Keys: []template.EncryptionKey{*described}})
		},
		remove: func(_ context.Context, _, _ *template.Stack, resource template.Declaration) error {
			return d.Keys.Remove(resource.Name)
		},
	}
}

func (d *Deployer) keyAliasKind() kind {
	return kind{
		exists: func(_ context.Context, _ *template.Stack, resource template.Declaration) (bool, error) {
			return d.Keys.HasAlias(resource.Name), nil
		},
		create: func(_ context.Context, stack *template.Stack, resource template.Declaration) error {
			described := named(stack.KeyAliases, func(a *template.KeyAlias) template.Resource { return a.Resource }, resource.LogicalID)
			return Keys(d.Keys, &template.Stack{KeyAliases: []template.KeyAlias{*described}})
		},
		remove: func(_ context.Context, _, _ *template.Stack, resource template.Declaration) error {
			d.Keys.RemoveAlias(resource.Name)
			return nil
		},
	}
}

func (d *Deployer) bucketKind() kind {
	return kind{
		exists: func(_ context.Context, _ *template.Stack, resource template.Declaration) (bool, error) {
			return d.Buckets.Has(resource.Name)
		},
		create: func(_ context.Context, _ *template.Stack, resource template.Declaration) error {
			return d.Buckets.Create(resource.Name)
		},
		remove: func(_ context.Context, _, _ *template.Stack, resource template.Declaration) error {
			if exists, err := d.Buckets.Has(resource.Name); err != nil || !exists {
				return err
			}
			return d.Buckets.Delete(resource.Name)
		},
	}
}
