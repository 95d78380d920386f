package awsenv

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
)

// The types below hand on only those operations of a client that functions call. They hold the operations, not the client:
// the X-Ray SDK's dependencies look methods up by name, so the linker keeps all exported methods of every type that ever
// becomes an interface value, and all operations of a client are half of a function's binary.

type call[Input, Output, Options any] func(context.Context, *Input, ...func(*Options)) (*Output, error)

// database is the part of *dynamodb.Client that tables and idempotency records call.
type database struct {
	getItem      call[dynamodb.GetItemInput, dynamodb.GetItemOutput, dynamodb.Options]
	batchGetItem call[dynamodb.BatchGetItemInput, dynamodb.BatchGetItemOutput, dynamodb.Options]
	query        call[dynamodb.QueryInput, dynamodb.QueryOutput, dynamodb.Options]
	putItem      call[dynamodb.PutItemInput, dynamodb.PutItemOutput, dynamodb.Options]
	updateItem   call[dynamodb.UpdateItemInput, dynamodb.UpdateItemOutput, dynamodb.Options]
	deleteItem   call[dynamodb.DeleteItemInput, dynamodb.DeleteItemOutput, dynamodb.Options]
	transact     call[dynamodb.TransactWriteItemsInput, dynamodb.TransactWriteItemsOutput, dynamodb.Options]
}

func databaseOf(client *dynamodb.Client) database {
	return database{
		getItem:      client.GetItem,
		batchGetItem: client.BatchGetItem,
		query:        client.Query,
		putItem:      client.PutItem,
		updateItem:   client.UpdateItem,
		deleteItem:   client.DeleteItem,
		transact:     client.TransactWriteItems,
	}
}

func (d database) GetItem(ctx context.Context, input *dynamodb.GetItemInput, options ...func(*dynamodb.Options)) (*dynamodb.GetItemOutput, error) {
	return d.getItem(ctx, input, options...)
}

func (d database) BatchGetItem(ctx context.Context, input *dynamodb.BatchGetItemInput, options ...func(*dynamodb.Options)) (*dynamodb.BatchGetItemOutput, error) {
	return d.batchGetItem(ctx, input, options...)
}

func (d database) Query(ctx context.Context, input *dynamodb.QueryInput, options ...func(*dynamodb.Options)) (*dynamodb.QueryOutput, error) {
	return d.query(ctx, input, options...)
}

func (d database) PutItem(ctx context.Context, input *dynamodb.PutItemInput, options ...func(*dynamodb.Options)) (*dynamodb.PutItemOutput, error) {
	return d.putItem(ctx, input, options...)
}

func (d database) UpdateItem(ctx context.Context, input *dynamodb.UpdateItemInput, options ...func(*dynamodb.Options)) (*dynamodb.UpdateItemOutput, error) {
	return d.updateItem(ctx, input, options...)
}

func (d database) DeleteItem(ctx context.Context, input *dynamodb.DeleteItemInput, options ...func(*dynamodb.Options)) (*dynamodb.DeleteItemOutput, error) {
	return d.deleteItem(ctx, input, options...)
}

func (d database) TransactWriteItems(
	ctx context.Context, input *dynamodb.TransactWriteItemsInput, options ...func(*dynamodb.Options),
) (*dynamodb.TransactWriteItemsOutput, error) {
	return d.transact(ctx, input, options...)
}

// bus is the part of *eventbridge.Client that publishers call.
type bus struct {
	putEvents call[eventbridge.PutEventsInput, eventbridge.PutEventsOutput, eventbridge.Options]
}

func busOf(client *eventbridge.Client) bus { return bus{putEvents: client.PutEvents} }

func (b bus) PutEvents(ctx context.Context, input *eventbridge.PutEventsInput, options ...func(*eventbridge.Options)) (*eventbridge.PutEventsOutput, error) {
	return b.putEvents(ctx, input, options...)
}
