package table

import "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

// Remove is the part of a transaction that removes an item, and lets the transaction happen only if the condition holds.
type Remove struct {
	Key       Key
	Condition Condition
}

func (r Remove) key() Key { return r.Key }

func (r Remove) action(tableName string) (types.TransactWriteItem, error) { //nolint:unparam // as a Change it may fail
	return types.TransactWriteItem{Delete: &types.Delete{
		TableName:                 &tableName,
		Key:                       r.Key.attributes(),
		ConditionExpression:       &r.Condition.Expression,
		ExpressionAttributeNames:  r.Condition.Names,
		ExpressionAttributeValues: r.Condition.Values,
	}}, nil
}
