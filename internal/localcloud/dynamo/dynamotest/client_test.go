package dynamotest_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/dynamo/dynamotest"
)

func TestClientAnswersWithoutASocket(t *testing.T) {
	t.Parallel()
	roundTrip(t)
}

func TestClientWorksInABubble(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		before := time.Now()
		roundTrip(t)
		time.Sleep(time.Hour)
		if past := time.Since(before); past != time.Hour {
			t.Errorf("the bubble's clock went on by %v", past)
		}
	})
}

func roundTrip(t *testing.T) {
	t.Helper()
	client, _ := dynamotest.Client(t)
	ctx := context.Background()
	_, err := client.CreateTable(ctx, &dynamodb.CreateTableInput{
		TableName:            aws.String("letters"),
		BillingMode:          types.BillingModePayPerRequest,
		KeySchema:            []types.KeySchemaElement{{AttributeName: aws.String("id"), KeyType: types.KeyTypeHash}},
		AttributeDefinitions: []types.AttributeDefinition{{AttributeName: aws.String("id"), AttributeType: types.ScalarAttributeTypeS}},
	})
	if err != nil {
		t.Fatal(err)
	}
	item := map[string]types.AttributeValue{"id": &types.AttributeValueMemberS{Value: "a"}}
	put := &dynamodb.PutItemInput{
		TableName: aws.String("letters"), Item: item, ConditionExpression: aws.String("attribute_not_exists(id)"),
	}
	if _, err := client.PutItem(ctx, put); err != nil {
		t.Fatal(err)
	}
	var failed *types.ConditionalCheckFailedException
	if _, err := client.PutItem(ctx, put); !errors.As(err, &failed) {
		t.Errorf("a second conditional put: %v", err)
	}
	got, err := client.GetItem(ctx, &dynamodb.GetItemInput{TableName: aws.String("letters"), Key: item})
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Item) != 1 {
		t.Errorf("got %v", got.Item)
	}
}
