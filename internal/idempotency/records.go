// Package idempotency lets an act happen once for a key, however often and from wherever it is asked for: claim, act,
// complete; release on failure.
//
// A record moves like this:
//
//	(none) ──claim──▶ in progress ──complete──▶ completed ──after Keep──▶ (none)
//	   ▲                   │ │
//	   └─────release───────┘ └─ the claim's deadline passes, or the same request asks again: the next claim takes over
//
// A claim carries its owner's token, so that an owner who has been taken over can neither complete nor release what is no
// longer its own.
package idempotency

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// Keep is how long a completed act is remembered: longer than an event can lie in a queue (14 days) before it is driven
// back.
const Keep = 15 * 24 * time.Hour

// Client is the part of *dynamodb.Client that Records call.
type Client interface {
	PutItem(context.Context, *dynamodb.PutItemInput, ...func(*dynamodb.Options)) (*dynamodb.PutItemOutput, error)
	UpdateItem(context.Context, *dynamodb.UpdateItemInput, ...func(*dynamodb.Options)) (*dynamodb.UpdateItemOutput, error)
	DeleteItem(context.Context, *dynamodb.DeleteItemInput, ...func(*dynamodb.Options)) (*dynamodb.DeleteItemOutput, error)
}

// Records are the idempotency records of a table with the partition key "id" and the TTL attribute "expiration".
type Records struct {
	client Client
	table  string
	now    func() time.Time
	token  func() string
}

// NewRecords are the records in a table; now is the clock, token makes a value that no other claim has.
func NewRecords(client Client, table string, now func() time.Time, token func() string) *Records {
	return &Records{client: client, table: table, now: now, token: token}
}

// Claim is the right to act for a key.
type Claim struct {
	records *Records
	id      string
	token   string
}

// InProgressError says that someone else is acting for the key.
type InProgressError struct {
	Until time.Time // when that claim ends at the latest
}

func (e *InProgressError) Error() string {
	return "in progress elsewhere until " + e.Until.UTC().Format(time.RFC3339Nano)
}

// ErrCompleted says that the act for the key is done.
var ErrCompleted = errors.New("completed before")

// ErrTakenOver says that a claim has passed to someone else, after its deadline.
var ErrTakenOver = errors.New("the claim was taken over by another invocation")

const (
	inProgress = "INPROGRESS"
	completed  = "COMPLETED"
)

// claimable holds where no one has acted or is acting, where what is known has expired, and where the same request asks
// again: Lambda repeats a request only after its earlier attempt has ended.
const claimable = "attribute_not_exists(id) OR expiration < :nowSeconds OR " +
	"(#status = :inProgress AND (inProgressExpiration < :nowMilliseconds OR requestId = :requestId))"

// Claim claims a key for a request until a deadline. It fails with ErrCompleted or *InProgressError.
func (r *Records) Claim(ctx context.Context, id, requestID string, deadline time.Time) (*Claim, error) {
	now := r.now()
	claim := &Claim{records: r, id: id, token: r.token()}
	_, err := r.client.PutItem(ctx, &dynamodb.PutItemInput{
		TableName: &r.table,
		Item: map[string]types.AttributeValue{
			"id":                   text(id),
			"status":               text(inProgress),
			"token":                text(claim.token),
			"requestId":            text(requestID),
			"inProgressExpiration": number(deadline.UnixMilli()),
			"expiration":           number(now.Add(Keep).Unix()),
		},
		ConditionExpression:      aws.String(claimable),
		ExpressionAttributeNames: map[string]string{"#status": "status"},
		ExpressionAttributeValues: map[string]types.AttributeValue{
			":inProgress":      text(inProgress),
			":requestId":       text(requestID),
			":nowSeconds":      number(now.Unix()),
			":nowMilliseconds": number(now.UnixMilli()),
		},
		ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
	})
	var refused *types.ConditionalCheckFailedException
	switch {
	case err == nil:
		return claim, nil
	case !errors.As(err, &refused):
		return nil, fmt.Errorf("claim %s: %w", id, err)
	case textOf(refused.Item["status"]) == completed:
		return nil, ErrCompleted
	}
	return nil, &InProgressError{Until: time.UnixMilli(numberOf(refused.Item["inProgressExpiration"]))}
}

// Complete remembers that the act is done. It fails with ErrTakenOver when the claim has passed to someone else.
func (c *Claim) Complete(ctx context.Context) error {
	_, err := c.records.client.UpdateItem(ctx, &dynamodb.UpdateItemInput{
		TableName:                &c.records.table,
		Key:                      c.key(),
		UpdateExpression:         aws.String("SET #status = :completed, expiration = :expiration REMOVE inProgressExpiration"),
		ConditionExpression:      aws.String(owned),
		ExpressionAttributeNames: map[string]string{"#status": "status", "#token": "token"},
		ExpressionAttributeValues: map[string]types.AttributeValue{
			":token":      text(c.token),
			":completed":  text(completed),
			":expiration": number(c.records.now().Add(Keep).Unix()),
		},
	})
	return c.ended("complete", err)
}

// Release gives the key back, so that a retry can claim it at once. It fails with ErrTakenOver when the claim has passed
// to someone else.
func (c *Claim) Release(ctx context.Context) error {
	_, err := c.records.client.DeleteItem(ctx, &dynamodb.DeleteItemInput{
		TableName:                 &c.records.table,
		Key:                       c.key(),
		ConditionExpression:       aws.String(owned),
		ExpressionAttributeNames:  map[string]string{"#token": "token"},
		ExpressionAttributeValues: map[string]types.AttributeValue{":token": text(c.token)},
	})
	return c.ended("release", err)
}

const owned = "#token = :token"

func (c *Claim) key() map[string]types.AttributeValue {
	return map[string]types.AttributeValue{"id": text(c.id)}
}

func (c *Claim) ended(how string, err error) error {
	var refused *types.ConditionalCheckFailedException
	if errors.As(err, &refused) {
		err = ErrTakenOver
	}
	if err != nil {
		return fmt.Errorf("%s %s: %w", how, c.id, err)
	}
	return nil
}

func text(value string) types.AttributeValue { return &types.AttributeValueMemberS{Value: value} }

func number(value int64) types.AttributeValue {
	return &types.AttributeValueMemberN{Value: strconv.FormatInt(value, 10)}
}

func textOf(value types.AttributeValue) string {
	if value, ok := value.(*types.AttributeValueMemberS); ok {
		return value.Value
	}
	return ""
}

func numberOf(value types.AttributeValue) int64 {
	if value, ok := value.(*types.AttributeValueMemberN); ok {
		parsed, _ := strconv.ParseInt(value.Value, 10, 64) // a record that no claim wrote has ended long ago
		return parsed
	}
	return 0
}
