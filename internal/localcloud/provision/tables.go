// Package provision makes what a template describes: tables, queues, buses, rules, functions, schedules.
package provision

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/template"
)

// Database is the part of *dynamodb.Client that is called; it may be the local cloud's own or another.
type Database interface {
	CreateTable(context.Context, *dynamodb.CreateTableInput, ...func(*dynamodb.Options)) (*dynamodb.CreateTableOutput, error)
	DeleteTable(context.Context, *dynamodb.DeleteTableInput, ...func(*dynamodb.Options)) (*dynamodb.DeleteTableOutput, error)
	DescribeTable(context.Context, *dynamodb.DescribeTableInput, ...func(*dynamodb.Options)) (*dynamodb.DescribeTableOutput, error)
	UpdateTimeToLive(context.Context, *dynamodb.UpdateTimeToLiveInput, ...func(*dynamodb.Options)) (*dynamodb.UpdateTimeToLiveOutput, error)
}

// Tables creates the tables that are not there yet. A table that is there keeps its items, and its shape.
func Tables(ctx context.Context, database Database, tables []template.Table) error {
	for _, described := range tables {
		_, err := database.CreateTable(ctx, createTable(described))
		var exists *types.ResourceInUseException
		if errors.As(err, &exists) {
			continue
		}
		if err != nil {
			return fmt.Errorf("create the table %s (%s): %w", described.Name, described.LogicalID, err)
		}
		if described.TTLAttribute == "" {
			continue
		}
		_, err = database.UpdateTimeToLive(ctx, &dynamodb.UpdateTimeToLiveInput{
			TableName: &described.Name,
			TimeToLiveSpecification: &types.TimeToLiveSpecification{
				AttributeName: &described.TTLAttribute,
				Enabled:       aws.Bool(true),
			},
		})
		if err != nil {
			return fmt.Errorf("let items of the table %s (%s) expire: %w", described.Name, described.LogicalID, err)
		}
	}
	return nil
}

func createTable(described template.Table) *dynamodb.CreateTableInput {
	input := &dynamodb.CreateTableInput{
		TableName:   &described.Name,
		BillingMode: types.BillingModePayPerRequest,
		KeySchema:   keySchema(described.Key),
	}
	for _, name := range slices.Sorted(maps.Keys(described.Attributes)) {
		input.AttributeDefinitions = append(input.AttributeDefinitions, types.AttributeDefinition{
			AttributeName: aws.String(name),
			AttributeType: types.ScalarAttributeType(described.Attributes[name]),
		})
	}
	for _, index := range described.Indexes {
		input.GlobalSecondaryIndexes = append(input.GlobalSecondaryIndexes, types.GlobalSecondaryIndex{
			IndexName:  aws.String(index.Name),
			KeySchema:  keySchema(index.Key),
			Projection: &types.Projection{ProjectionType: types.ProjectionType(index.Projection), NonKeyAttributes: index.NonKey},
		})
	}
	if described.StreamView != "" {
		input.StreamSpecification = &types.StreamSpecification{
			StreamEnabled:  aws.Bool(true),
			StreamViewType: types.StreamViewType(described.StreamView),
		}
	}
	return input
}

func keySchema(key template.Key) []types.KeySchemaElement {
	schema := []types.KeySchemaElement{{AttributeName: aws.String(key.Partition), KeyType: types.KeyTypeHash}}
	if key.Sort != "" {
		schema = append(schema, types.KeySchemaElement{AttributeName: aws.String(key.Sort), KeyType: types.KeyTypeRange})
	}
	return schema
}
