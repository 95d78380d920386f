package table

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// Add adds to a number in an item's Data: in one step, so that whatever many add at the same time is in the sum. The
// condition should demand that the number is there.
type Add struct {
	Key       Key
	Field     string
	By        int64 // may be negative
	Now       time.Time
	Condition Condition
	// AtMostOnce asks once only: an addition whose answer was lost, and that is asked for again, counts twice.
	AtMostOnce bool
}

// Add adds to a number. It fails with ErrConflict when the condition does not hold.
func (t *Table) Add(ctx context.Context, add Add) error {
	set := assignments{
		names:  map[string]string{"#Data": "Data", "#" + add.Field: add.Field},
		values: map[string]types.AttributeValue{":by": Number(add.By)},
		parts:  []string{fmt.Sprintf("#Data.#%[1]s = #Data.#%[1]s + :by", add.Field)},
	}
	set.assign("UpdatedAt", milliseconds(add.Now), false)
	maps.Copy(set.names, add.Condition.Names)
	maps.Copy(set.values, add.Condition.Values)
	expression := set.expression()
	options := func(options *dynamodb.Options) {
		if add.AtMostOnce {
			options.Retryer = aws.NopRetryer{}
		}
	}
	_, err := t.client.UpdateItem(ctx, &dynamodb.UpdateItemInput{
		TableName:                 &t.name,
		Key:                       add.Key.attributes(),
		UpdateExpression:          &expression,
		ConditionExpression:       &add.Condition.Expression,
		ExpressionAttributeNames:  set.names,
		ExpressionAttributeValues: set.values,
	}, options)
	var failed *types.ConditionalCheckFailedException
	if errors.As(err, &failed) {
		return fmt.Errorf("add to %s: %w", add.Key, ErrConflict)
	}
	if err != nil {
		return fmt.Errorf("add to %s: %w", add.Key, err)
	}
	return nil
}
