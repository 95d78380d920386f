package dynamo_test

import (
	"context"
	"encoding/json"
	"errors"
	"hash/crc32"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/google/go-cmp/cmp"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/dynamo/dynamotest"
)

func TestTheProtocol(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	const namespace = "com.amazonaws.dynamodb.v20120810#"
	tests := []struct {
		target, body string
		status       int
		kind         string
	}{
		{"DynamoDB_20120810.ListTables", `{}`, 200, ""},
		{"DynamoDB_20120810.GetItem", `{"TableName":"nowhere","Key":{}}`, 400, namespace + "ResourceNotFoundException"},
		{"DynamoDB_20120810.GetItem", `{`, 400, namespace + "SerializationException"},
		{"DynamoDB_20120810.GetItem", ``, 400, namespace + "SerializationException"},
		{"DynamoDB_20120810.UpdateTable", `{}`, 400, namespace + "UnknownOperationException"},
		{"", `{}`, 400, namespace + "UnknownOperationException"},
		{"DynamoDB_20120810.ListTables", `{"x":"` + strings.Repeat("x", 16<<20) + `"}`, 413, namespace +
			"RequestEntityTooLargeException"},
	}
	for _, test := range tests {
		request := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(test.body))
		request.Header.Set("X-Amz-Target", test.target)
		recorder := httptest.NewRecorder()
		c.Handler().ServeHTTP(recorder, request)
		body := recorder.Body.Bytes()
		var answer struct {
			Type string `json:"__type"`
		}
		if err := json.Unmarshal(body, &answer); err != nil {
			t.Fatal(err)
		}
		if recorder.Code != test.status || answer.Type != test.kind {
			t.Errorf("%s: status %d, type %q", test.target, recorder.Code, answer.Type)
		}
		header := recorder.Header()
		if want := strconv.FormatUint(uint64(crc32.ChecksumIEEE(body)), 10); header.Get("X-Amz-Crc32") != want {
			t.Errorf("%s: the checksum is %s, want %s", test.target, header.Get("X-Amz-Crc32"), want)
		}
		if header.Get("Content-Type") != "application/x-amz-json-1.0" || header.Get("X-Amzn-Requestid") == "" {
			t.Errorf("%s: the header is %v", test.target, header)
		}
	}
	c.refuse("UpdateTable", `{}`, "UnknownOperationException",
		`The local cloud's DynamoDB does not support the operation "UpdateTable".`)
}

// listing is an item as a program has it.
type listing struct {
	PK, SK string
	Price  float64
	Tags   []string          `dynamodbav:",stringset,omitempty"`
	Data   map[string]string `dynamodbav:",omitempty"`
	Photo  []byte            `dynamodbav:",omitempty"`
	Gone   *string
}

// TestTheSDK uses every operation through the real client, which checks the checksum of each answer.
func TestTheSDK(t *testing.T) {
	t.Parallel()
	client, engine := dynamotest.Client(t)
	ctx := context.Background()
	table := aws.String("letters")
	if _, err := engine.Call(ctx, "CreateTable", []byte(letters)); err != nil {
		t.Fatal(err)
	}
	must := func(_ any, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	want := listing{PK: "a", SK: "b", Price: 12.5, Tags: []string{"x", "y"}, Data: map[string]string{"é\"\n": "\u2028"},
		Photo: []byte{0, 255}}
	item, err := attributevalue.MarshalMap(want)
	must(nil, err)
	key := map[string]types.AttributeValue{"PK": item["PK"], "SK": item["SK"]}
	must(client.PutItem(ctx, &dynamodb.PutItemInput{TableName: table, Item: item}))
	got, err := client.GetItem(ctx, &dynamodb.GetItemInput{TableName: table, Key: key})
	must(nil, err)
	var again listing
	must(nil, attributevalue.UnmarshalMap(got.Item, &again))
	if diff := cmp.Diff(want, again); diff != "" {
		t.Error(diff)
	}
	updated, err := client.UpdateItem(ctx, &dynamodb.UpdateItemInput{
		TableName: table, Key: key, UpdateExpression: aws.String("ADD Price :p"), ReturnValues: types.ReturnValueUpdatedNew,
		ExpressionAttributeValues: map[string]types.AttributeValue{":p": &types.AttributeValueMemberN{Value: "0.5"}},
	})
	must(nil, err)
	if price, _ := updated.Attributes["Price"].(*types.AttributeValueMemberN); price == nil || price.Value != "13" {
		t.Errorf("updated: %v", updated.Attributes)
	}

	var failed *types.ConditionalCheckFailedException
	_, err = client.DeleteItem(ctx, &dynamodb.DeleteItemInput{
		TableName: table, Key: key, ConditionExpression: aws.String("attribute_not_exists(PK)"),
		ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
	})
	if !errors.As(err, &failed) || len(failed.Item) != len(item) || failed.ErrorMessage() != "The conditional request failed" {
		t.Errorf("a failed condition is %v with %v", err, failed)
	}
	var cancelled *types.TransactionCanceledException
	_, err = client.TransactWriteItems(ctx, &dynamodb.TransactWriteItemsInput{TransactItems: []types.TransactWriteItem{
		{Delete: &types.Delete{TableName: table, Key: map[string]types.AttributeValue{"PK": item["PK"], "SK": item["PK"]}}},
		{Put: &types.Put{TableName: table, Item: item, ConditionExpression: aws.String("attribute_not_exists(PK)"),
			ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld}},
	}})
	if !errors.As(err, &cancelled) || len(cancelled.CancellationReasons) != 2 || *cancelled.CancellationReasons[0].Code != "None" ||
		*cancelled.CancellationReasons[1].Code != "ConditionalCheckFailed" || len(cancelled.CancellationReasons[1].Item) != len(item) {
		t.Errorf("a cancelled transaction is %v with %+v", err, cancelled)
	}
	var missing *types.ResourceNotFoundException
	if _, err := client.Scan(ctx, &dynamodb.ScanInput{TableName: aws.String("nowhere")}); !errors.As(err, &missing) {
		t.Errorf("a table that does not exist is %v", err)
	}
	pages := dynamodb.NewQueryPaginator(client, &dynamodb.QueryInput{
		TableName: table, KeyConditionExpression: aws.String("PK = :p"), Limit: aws.Int32(1),
		ExpressionAttributeValues: map[string]types.AttributeValue{":p": item["PK"]},
	})
	items := 0
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		must(nil, err)
		items += len(page.Items)
	}
	if items != 1 {
		t.Errorf("the pages have %d items", items)
	}
	must(client.TransactGetItems(ctx,
		&dynamodb.TransactGetItemsInput{TransactItems: []types.TransactGetItem{{Get: &types.Get{TableName: table, Key: key}}}}))
	must(client.BatchGetItem(ctx, &dynamodb.BatchGetItemInput{RequestItems: map[string]types.KeysAndAttributes{
		"letters": {Keys: []map[string]types.AttributeValue{key}}}}))
	must(client.BatchWriteItem(ctx, &dynamodb.BatchWriteItemInput{RequestItems: map[string][]types.WriteRequest{
		"letters": {{DeleteRequest: &types.DeleteRequest{Key: key}}}}}))
	must(client.UpdateTimeToLive(ctx, &dynamodb.UpdateTimeToLiveInput{TableName: table,
		TimeToLiveSpecification: &types.TimeToLiveSpecification{
			AttributeName: aws.String("TTL"), Enabled: aws.Bool(true)}}))
	must(client.DescribeTimeToLive(ctx, &dynamodb.DescribeTimeToLiveInput{TableName: table}))
	must(client.DescribeContinuousBackups(ctx, &dynamodb.DescribeContinuousBackupsInput{TableName: table}))
	must(client.ListTables(ctx, &dynamodb.ListTablesInput{}))
	described, err := client.DescribeTable(ctx, &dynamodb.DescribeTableInput{TableName: table})
	must(nil, err)
	if described.Table.TableStatus != types.TableStatusActive || len(described.Table.GlobalSecondaryIndexes) != 3 ||
		described.Table.CreationDateTime == nil {
		t.Errorf("described: %+v", described.Table)
	}
	must(client.DeleteTable(ctx, &dynamodb.DeleteTableInput{TableName: table}))
}
