package dynamo_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/awsapi"
)

// FuzzCall makes calls with any body: the answer is JSON, or a refusal that is not the server's fault.
func FuzzCall(f *testing.F) {
	seeds := []struct{ operation, body string }{
		{"GetItem", `{"TableName":"letters","Key":{` + ab + `},"ProjectionExpression":"a.b[0], #n",
			"ExpressionAttributeNames":{"#n":"n"},"ReturnConsumedCapacity":"INDEXES"}`},
		{"PutItem", `{"TableName":"letters","Item":{` + ab + `,"n":{"N":"1e3"},"s":{"SS":["a","b"]},
			"m":{"M":{"x":{"L":[{"NULL":true}]}}}},"ReturnValues":"ALL_OLD"}`},
		{"UpdateItem", `{"TableName":"letters","Key":{` + ab + `},"UpdateExpression":"SET a = :v ADD n :n",
			"ConditionExpression":"size(PK) > :n",
			"ExpressionAttributeValues":{":v":{"B":"AA=="},":n":{"N":"0"}},"ReturnValues":"UPDATED_NEW"}`},
		{"DeleteItem", `{"TableName":"numbers","Key":{"id":{"N":"-1.5e-3"}},"ConditionExpression":"attribute_exists(id)",
			"ReturnValuesOnConditionCheckFailure":"ALL_OLD"}`},
		{"Query", `{"TableName":"letters","IndexName":"all","KeyConditionExpression":"G = :g AND H BETWEEN :a AND :b",
			"FilterExpression":"attribute_exists(n)",
			"ExpressionAttributeValues":{":g":{"S":"g"},":a":{"N":"1"},":b":{"N":"2"}},"Limit":3,"ScanIndexForward":false,
			"ExclusiveStartKey":{` + ab + `,"G":{"S":"g"},"H":{"N":"1"}}}`},
		{"Scan", `{"TableName":"letters","Segment":1,"TotalSegments":3,"Select":"COUNT","ExclusiveStartKey":{` + ab + `}}`},
		{"BatchGetItem", `{"RequestItems":{"letters":{"Keys":[{` + ab +
			`}]},"numbers":{"Keys":[{"id":{"N":"1"}}],"ConsistentRead":true}}}`},
		{"BatchWriteItem", `{"RequestItems":{"letters":[{"PutRequest":{"Item":{` + ab +
			`}}},{"DeleteRequest":{"Key":{"PK":{"S":"x"},"SK":{"S":"y"}}}}]}}`},
		{"TransactWriteItems", `{"ClientRequestToken":"t","TransactItems":[{"Put":{"TableName":"letters","Item":{` + ab + `}}},
			{"ConditionCheck":{"TableName":"numbers","Key":{"id":{"N":"1"}},"ConditionExpression":"attribute_not_exists(id)"}}]}`},
		{"TransactGetItems", `{"TransactItems":[{"Get":{"TableName":"letters","Key":{` + ab + `}}}]}`},
		{"CreateTable", letters},
		{"DescribeTable", `{"TableName":"letters"}`},
		{"ListTables", `{"Limit":1,"ExclusiveStartTableName":"a"}`},
		{"UpdateTimeToLive", enableTTL},
		{"DescribeTimeToLive", `{"TableName":"letters"}`},
		{"DescribeContinuousBackups", `{"TableName":"letters"}`},
	}
	for _, seed := range seeds {
		f.Add(seed.operation, seed.body)
	}
	c := newCloud(f)
	fillLetters(c)
	f.Fuzz(func(t *testing.T, operation, body string) {
		if len(body) > 10_000 || strings.Count(body, "DeleteTable") > 0 {
			return
		}
		answer, err := c.Call(t.Context(), operation, []byte(body))
		var refused *awsapi.Error
		switch {
		case err == nil && !json.Valid(answer):
			t.Errorf("%s %s: %s", operation, body, answer)
		case err != nil && (!errors.As(err, &refused) || refused.Status != 400 || refused.Message == ""):
			t.Errorf("%s %s: %v", operation, body, err)
		}
		if refused != nil {
			for name, value := range refused.Fields {
				if field, ok := value.(json.RawMessage); !ok || !json.Valid(field) {
					t.Errorf("%s %s: %s is %s", operation, body, name, value)
				}
			}
		}
	})
}
