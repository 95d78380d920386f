// Package table reads and writes the items of the platform's one DynamoDB table, whose layout the functions share with
// the platform (rules: Data).
package table

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go"
)

// Client is the part of *dynamodb.Client that a Table calls.
type Client interface {
	GetItem(context.Context, *dynamodb.GetItemInput, ...func(*dynamodb.Options)) (*dynamodb.GetItemOutput, error)
	BatchGetItem(context.Context, *dynamodb.BatchGetItemInput, ...func(*dynamodb.Options)) (*dynamodb.BatchGetItemOutput, error)
	Query(context.Context, *dynamodb.QueryInput, ...func(*dynamodb.Options)) (*dynamodb.QueryOutput, error)
	UpdateItem(context.Context, *dynamodb.UpdateItemInput, ...func(*dynamodb.Options)) (*dynamodb.UpdateItemOutput, error)
	TransactWriteItems(context.Context, *dynamodb.TransactWriteItemsInput, ...func(*dynamodb.Options)) (*dynamodb.TransactWriteItemsOutput, error)
}

// Table is the platform's table. It is safe for concurrent use. All reads by key are strongly consistent.
type Table struct {
	client Client
	name   string
}

// New is the table of that name, reached through client.
func New(client Client, name string) *Table {
	return &Table{client: client, name: name}
}

// Get returns the item at key, and whether there is one of the platform's making.
func (t *Table) Get(ctx context.Context, key Key) (Item, bool, error) {
	answer, err := t.client.GetItem(ctx, &dynamodb.GetItemInput{
		TableName:      &t.name,
		Key:            key.attributes(),
		ConsistentRead: aws.Bool(true),
	})
	if err != nil {
		return Item{}, false, fmt.Errorf("read %s: %w", key, err)
	}
	item, ok := ItemOf(answer.Item)
	return item, ok, nil
}

// batchGetLimit is DynamoDB's limit of keys in one BatchGetItem.
const batchGetLimit = 100

// GetAll returns the items that exist at keys, in no particular order. The keys must differ from each other.
func (t *Table) GetAll(ctx context.Context, keys []Key) ([]Item, error) {
	items := make([]Item, 0, len(keys))
	for len(keys) > 0 {
		count := min(len(keys), batchGetLimit)
		pending := make([]map[string]types.AttributeValue, count)
		for i, key := range keys[:count] {
			pending[i] = key.attributes()
		}
		keys = keys[count:]
		found, err := t.getBatch(ctx, pending)
		if err != nil {
			return nil, err
		}
		items = append(items, found...)
	}
	return items, nil
}

// getBatch asks again for what DynamoDB left unprocessed. An answer without any item means that the table is throttled:
// then the SDK's own back-off has run its course, and the caller's retry comes later.
func (t *Table) getBatch(ctx context.Context, pending []map[string]types.AttributeValue) ([]Item, error) {
	var items []Item
	for len(pending) > 0 {
		answer, err := t.client.BatchGetItem(ctx, &dynamodb.BatchGetItemInput{RequestItems: map[string]types.KeysAndAttributes{
			t.name: {Keys: pending, ConsistentRead: aws.Bool(true)},
		}})
		if err != nil {
			return nil, fmt.Errorf("read %d items: %w", len(pending), err)
		}
		left := answer.UnprocessedKeys[t.name].Keys
		if len(left) == len(pending) {
			return nil, fmt.Errorf("read %d items: the table is throttled", len(pending))
		}
		for _, attributes := range answer.Responses[t.name] {
			if item, ok := ItemOf(attributes); ok {
				items = append(items, item)
			}
		}
		pending = left
	}
	return items, nil
}

// Query selects the items of one partition by their sort keys: those that begin with Prefix, or, when To is set, those
// from From to To, both inclusive.
type Query struct {
	Partition string
	Prefix    string
	From, To  string
	Filter    Condition // what is left out is read and paid for all the same
	Limit     int32     // items read in a page; 0 is as many as a megabyte holds
}

// Pages yields the selected items page by page, in ascending order of their sort keys, leaving out foreign ones; a page
// may be empty. Only one page is kept in memory. An error ends the pages.
func (t *Table) Pages(ctx context.Context, query Query) iter.Seq2[[]Item, error] {
	input := &dynamodb.QueryInput{
		TableName:              &t.name,
		KeyConditionExpression: aws.String("PK = :partition AND begins_with(SK, :prefix)"),
		ConsistentRead:         aws.Bool(true),
		ExpressionAttributeValues: map[string]types.AttributeValue{
			":partition": Text(query.Partition),
			":prefix":    Text(query.Prefix),
		},
	}
	if query.To != "" {
		input.KeyConditionExpression = aws.String("PK = :partition AND SK BETWEEN :from AND :to")
		input.ExpressionAttributeValues = map[string]types.AttributeValue{
			":partition": Text(query.Partition),
			":from":      Text(query.From),
			":to":        Text(query.To),
		}
	}
	return t.pages(ctx, input, query.Filter, query.Limit)
}

// EntityQuery selects the items of one entity type, of all agents.
type EntityQuery struct {
	EntityType string
	Filter     Condition // what is left out is read and paid for all the same
}

// EntityPages yields the selected items, oldest first, page by page from the place that an earlier page's Next named (nil is
// the start); limit is how many items of the type are read for a page. The index it reads follows the table within moments.
func (t *Table) EntityPages(ctx context.Context, query EntityQuery, limit int32, from Place) iter.Seq2[EntityPage, error] {
	return t.indexPages(ctx, &dynamodb.QueryInput{
		TableName:                 &t.name,
		IndexName:                 aws.String("EntityTypeIndex"),
		KeyConditionExpression:    aws.String("EntityType = :entityType"),
		ExpressionAttributeValues: map[string]types.AttributeValue{":entityType": Text(query.EntityType)},
		ExclusiveStartKey:         from,
	}, query.Filter, limit)
}

// IndexQuery selects the items of one partition of an index by their sort keys, up to To, which is inclusive.
type IndexQuery struct {
	Index     string // GSI1 to GSI4
	Partition string
	To        string
	Filter    Condition // what is left out is read and paid for all the same
}

// IndexPages yields the selected items in ascending order of their sort keys, page by page from the place that an earlier
// page's Next named (nil is the start). The index follows the table within moments: an item may be no longer, or not yet,
// what it says.
func (t *Table) IndexPages(ctx context.Context, query IndexQuery, limit int32, from Place) iter.Seq2[EntityPage, error] {
	return t.indexPages(ctx, &dynamodb.QueryInput{
		TableName:              &t.name,
		IndexName:              &query.Index,
		KeyConditionExpression: aws.String(query.Index + "PK = :partition AND " + query.Index + "SK <= :to"),
		ExpressionAttributeValues: map[string]types.AttributeValue{
			":partition": Text(query.Partition),
			":to":        Text(query.To),
		},
		ExclusiveStartKey: from,
	}, query.Filter, limit)
}

func (t *Table) indexPages(
	ctx context.Context, input *dynamodb.QueryInput, filter Condition, limit int32,
) iter.Seq2[EntityPage, error] {
	return func(yield func(EntityPage, error) bool) {
		for items, err := range t.pages(ctx, input, filter, limit) {
			if !yield(EntityPage{Items: items, Next: input.ExclusiveStartKey}, err) {
				return
			}
		}
	}
}

// EntityPage is one page of an index.
type EntityPage struct {
	Items []Item
	Next  Place // where the next page begins; nil after the last
}

// Place is a position in an index. It can be stored in an item.
type Place map[string]types.AttributeValue

// MarshalDynamoDBAttributeValue returns the position as a map.
func (p Place) MarshalDynamoDBAttributeValue() (types.AttributeValue, error) {
	return &types.AttributeValueMemberM{Value: p}, nil
}

// UnmarshalDynamoDBAttributeValue reads the position from a map.
func (p *Place) UnmarshalDynamoDBAttributeValue(value types.AttributeValue) error {
	switch value := value.(type) {
	case *types.AttributeValueMemberM:
		*p = value.Value
	case *types.AttributeValueMemberNULL:
		*p = nil
	default:
		return errors.New("a position must be a map")
	}
	return nil
}

// pages moves input.ExclusiveStartKey along before it yields.
func (t *Table) pages(ctx context.Context, input *dynamodb.QueryInput, filter Condition, limit int32) iter.Seq2[[]Item, error] {
	if filter.Expression != "" {
		input.FilterExpression = &filter.Expression
		input.ExpressionAttributeNames = filter.Names
		for name, value := range filter.Values {
			input.ExpressionAttributeValues[name] = value
		}
	}
	if limit > 0 {
		input.Limit = &limit
	}
	return func(yield func([]Item, error) bool) {
		for {
			answer, err := t.client.Query(ctx, input)
			if err != nil {
				yield(nil, fmt.Errorf("query the table: %w", err))
				return
			}
			input.ExclusiveStartKey = answer.LastEvaluatedKey
			if !yield(readItems(answer.Items), nil) || len(answer.LastEvaluatedKey) == 0 {
				return
			}
		}
	}
}

// Save writes one item. It fails with ErrConflict when the condition does not hold.
func (t *Table) Save(ctx context.Context, save Save) error {
	update, err := save.update(t.name)
	if err != nil {
		return err
	}
	_, err = t.client.UpdateItem(ctx, &dynamodb.UpdateItemInput{
		TableName:                 update.TableName,
		Key:                       update.Key,
		UpdateExpression:          update.UpdateExpression,
		ConditionExpression:       update.ConditionExpression,
		ExpressionAttributeNames:  update.ExpressionAttributeNames,
		ExpressionAttributeValues: update.ExpressionAttributeValues,
	})
	var failed *types.ConditionalCheckFailedException
	if errors.As(err, &failed) {
		return fmt.Errorf("save %s: %w", save.Key, ErrConflict)
	}
	if err != nil {
		return fmt.Errorf("save %s: %w", save.Key, err)
	}
	return nil
}

// Amend changes one item, at half the price of a transaction, and returns what it is then. It fails with ErrConflict when
// the condition does not hold or there is no such item, and with *RefusedError.
func (t *Table) Amend(ctx context.Context, amend Amend) (Item, error) {
	update, err := amend.update(t.name)
	if err != nil {
		return Item{}, err
	}
	answer, err := t.client.UpdateItem(ctx, &dynamodb.UpdateItemInput{
		TableName:                 update.TableName,
		Key:                       update.Key,
		UpdateExpression:          update.UpdateExpression,
		ConditionExpression:       update.ConditionExpression,
		ExpressionAttributeNames:  update.ExpressionAttributeNames,
		ExpressionAttributeValues: update.ExpressionAttributeValues,
		ReturnValues:              types.ReturnValueAllNew,
	})
	var failed *types.ConditionalCheckFailedException
	switch {
	case errors.As(err, &failed):
		err = ErrConflict
	case isRefusal(err):
		err = &RefusedError{Err: err}
	}
	if err != nil {
		return Item{}, fmt.Errorf("amend %s: %w", amend.Key, err)
	}
	item, _ := ItemOf(answer.Attributes)
	return item, nil
}

// TransactionLimit is DynamoDB's limit of actions in one transaction.
const TransactionLimit = 100

// Transact makes all changes together or none. It fails with ErrConflict when a condition does not hold, or when another
// transaction touched one of the items at the same time.
func (t *Table) Transact(ctx context.Context, changes ...Change) error {
	actions := make([]types.TransactWriteItem, len(changes))
	for i, change := range changes {
		action, err := change.action(t.name)
		if err != nil {
			return err
		}
		actions[i] = action
	}
	_, err := t.client.TransactWriteItems(ctx, &dynamodb.TransactWriteItemsInput{TransactItems: actions})
	if isConflict(err) {
		return fmt.Errorf("transaction of %d changes: %w", len(changes), ErrConflict)
	}
	if isRefusal(err) {
		return fmt.Errorf("transaction of %d changes: %w", len(changes), &RefusedError{Err: err})
	}
	if err != nil {
		return fmt.Errorf("transaction of %d changes: %w", len(changes), err)
	}
	return nil
}

// RefusedError says that DynamoDB will never make a change, as of an item that has become too large.
type RefusedError struct{ Err error }

func (e *RefusedError) Error() string { return "the table refuses it: " + e.Err.Error() }

// Unwrap returns what DynamoDB said.
func (e *RefusedError) Unwrap() error { return e.Err }

// Permanent tells the consumer that a retry would fail alike.
func (e *RefusedError) Permanent() bool { return true }

// ErrConflict says that an item is no longer what the writer saw.
var ErrConflict = errors.New("the item has changed in the meantime")

func isConflict(err error) bool {
	var busy *types.TransactionConflictException
	if errors.As(err, &busy) {
		return true
	}
	var canceled *types.TransactionCanceledException
	if !errors.As(err, &canceled) {
		return false
	}
	for _, reason := range canceled.CancellationReasons {
		switch aws.ToString(reason.Code) {
		case "ConditionalCheckFailed", "TransactionConflict":
			return true
		}
	}
	return false
}

// isRefusal tells whether a transaction is one that DynamoDB would refuse again.
func isRefusal(err error) bool {
	var canceled *types.TransactionCanceledException
	if errors.As(err, &canceled) {
		return slices.ContainsFunc(canceled.CancellationReasons, func(reason types.CancellationReason) bool {
			return aws.ToString(reason.Code) == "ValidationError"
		})
	}
	var answer smithy.APIError
	return errors.As(err, &answer) && answer.ErrorCode() == "ValidationException"
}
