package dynamo_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/dynamo"
)

func TestAccesses(t *testing.T) {
	t.Parallel()
	partitionKey := func(_, index string) string { return index + "PK" }
	for _, test := range []struct {
		name, operation, body string
		want                  []dynamo.Access
	}{
		{
			"one item", "GetItem", `{"TableName":"t","Key":{"PK":{"S":"a"},"SK":{"S":"b"}}}`,
			[]dynamo.Access{{Action: "GetItem", Table: "t", Partitions: []string{"a"}}},
		},
		{
			"a table by its ARN", "PutItem", `{"TableName":"arn:aws:dynamodb:us-east-1:123456789012:table/t","Item":{"PK":{"S":"a"}}}`,
			[]dynamo.Access{{Action: "PutItem", Table: "t", Partitions: []string{"a"}}},
		},
		{
			"a query of an index", "Query", `{"TableName":"t","IndexName":"GSI1","KeyConditionExpression":"#p = :p AND SK > :s",
				"ExpressionAttributeNames":{"#p":"GSI1PK"},"ExpressionAttributeValues":{":p":{"S":"a"},":s":{"S":"b"}}}`,
			[]dynamo.Access{{Action: "Query", Table: "t", Index: "GSI1", Partitions: []string{"a"}}},
		},
		{
			"a key condition turned around", "Query", `{"TableName":"t","KeyConditionExpression":":p = PK","ExpressionAttributeValues":{":p":{"N":"7"}}}`,
			[]dynamo.Access{{Action: "Query", Table: "t", Partitions: []string{"7"}}},
		},
		{"all items", "Scan", `{"TableName":"t"}`, []dynamo.Access{{Action: "Scan", Table: "t"}}},
		{
			"many reads", "BatchGetItem", `{"RequestItems":{"t":{"Keys":[{"PK":{"S":"a"}},{"PK":{"S":"b"}},{"PK":{"S":"a"}}]},"u":{"Keys":[{"PK":{"S":"c"}}]}}}`,
			[]dynamo.Access{
				{Action: "BatchGetItem", Table: "t", Partitions: []string{"a", "b"}},
				{Action: "BatchGetItem", Table: "u", Partitions: []string{"c"}},
			},
		},
		{
			"many writes", "BatchWriteItem", `{"RequestItems":{"t":[{"PutRequest":{"Item":{"PK":{"S":"a"}}}},{"DeleteRequest":{"Key":{"PK":{"S":"b"}}}}]}}`,
			[]dynamo.Access{
				{Action: "BatchWriteItem", Table: "t", Partitions: []string{"a"}},
				{Action: "BatchWriteItem", Table: "t", Partitions: []string{"b"}},
			},
		},
		{
			"a transaction", "TransactWriteItems", `{"TransactItems":[{"Put":{"TableName":"t","Item":{"PK":{"S":"a"}}}},{"Update":{"TableName":"t","Key":{"PK":{"S":"b"}}}},
				{"Delete":{"TableName":"t","Key":{"PK":{"S":"c"}}}},{"ConditionCheck":{"TableName":"u","Key":{"PK":{"S":"d"}}}}]}`,
			[]dynamo.Access{
				{Action: "PutItem", Table: "t", Partitions: []string{"a"}}, {Action: "UpdateItem", Table: "t", Partitions: []string{"b"}},
				{Action: "DeleteItem", Table: "t", Partitions: []string{"c"}}, {Action: "ConditionCheckItem", Table: "u", Partitions: []string{"d"}},
			},
		},
		{
			"a transaction that reads", "TransactGetItems", `{"TransactItems":[{"Get":{"TableName":"t","Key":{"PK":{"S":"a"}}}}]}`,
			[]dynamo.Access{{Action: "GetItem", Table: "t", Partitions: []string{"a"}}},
		},
		{"no tables", "ListTables", `{}`, []dynamo.Access{{Action: "ListTables"}}},
		{"no request", "GetItem", `[`, []dynamo.Access{{Action: "GetItem"}}},
	} {
		if diff := cmp.Diff(test.want, dynamo.Accesses(test.operation, []byte(test.body), partitionKey)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.name, diff)
		}
	}
}

func FuzzAccesses(f *testing.F) {
	f.Add("Query", []byte(`{"TableName":"t","KeyConditionExpression":"PK = :p","ExpressionAttributeValues":{":p":{"S":"a"}}}`))
	f.Add("TransactWriteItems", []byte(`{"TransactItems":[{"Put":{"TableName":"t","Item":{"PK":{"S":"a"}}}},{}]}`))
	f.Add("BatchWriteItem", []byte(`{"RequestItems":{"t":[{"DeleteRequest":{"Key":{"PK":{"S":"b"}}}}]}}`))
	f.Fuzz(func(t *testing.T, operation string, body []byte) {
		for _, access := range dynamo.Accesses(operation, body, func(string, string) string { return "PK" }) {
			if access.Action == "" && operation != "" {
				t.Error("an access without an action")
			}
		}
	})
}
