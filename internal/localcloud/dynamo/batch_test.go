package dynamo_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/dynamo"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/dynamo/refusal"
)

func TestBatchWriteAndGet(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	c.put(ab + `,"old":{"BOOL":true}`)
	c.expect("BatchWriteItem", `{"RequestItems":{
		"letters":[{"PutRequest":{"Item":{"PK":{"S":"c"},"SK":{"S":"d"},"G":{"S":"g"},"H":{"N":"1"}}}},
			{"DeleteRequest":{"Key":{`+ab+`}}}],
		"numbers":[{"PutRequest":{"Item":{"id":{"N":"5"},"a":{"S":"x"}}}}]}}`, `{"UnprocessedItems":{}}`)
	c.expect("BatchGetItem", `{"RequestItems":{
		"letters":{"Keys":[{`+ab+`},{"PK":{"S":"c"},"SK":{"S":"d"}}],"ProjectionExpression":"SK, #g",
			"ExpressionAttributeNames":{"#g":"G"}},
		"numbers":{"Keys":[{"id":{"N":"5.0"}}],"ConsistentRead":true}}}`,
		`{"Responses":{"letters":[{"SK":{"S":"d"},"G":{"S":"g"}}],"numbers":[{"id":{"N":"5"},"a":{"S":"x"}}]},"UnprocessedKeys":{}}`)
	if got := c.page("Scan", `{"TableName":"letters","IndexName":"all"}`); got.Count != 1 {
		t.Errorf("the index has %d entries", got.Count)
	}
}

func TestBatchesAnswerByTheNameOfTheRequest(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	const arn = "arn:aws:dynamodb:us-east-1:123456789012:table/numbers"
	c.answer("BatchWriteItem", `{"RequestItems":{"`+arn+`":[{"PutRequest":{"Item":{"id":{"N":"1"}}}}]}}`)
	c.expect("BatchGetItem", `{"RequestItems":{"`+arn+`":{"Keys":[{"id":{"N":"1"}}]}}}`,
		`{"Responses":{"`+arn+`":[{"id":{"N":"1"}}]},"UnprocessedKeys":{}}`)
}

// keys lists the keys of items of the table numbers.
func keys(count int) string {
	list := make([]string, count)
	for i := range list {
		list[i] = fmt.Sprintf(`{"id":{"N":"%d"}}`, i)
	}
	return strings.Join(list, ",")
}

func puts(count int) string {
	return `{"PutRequest":{"Item":` + strings.ReplaceAll(keys(count), `},{`, `}}},{"PutRequest":{"Item":{`) + `}}`
}

func TestBatchesAreRefused(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	const (
		one        = "1 validation error detected: "
		empty      = " failed to satisfy constraint: Member must have length greater than or equal to 1"
		duplicates = "Provided list of item keys contains duplicates"
		twoTypes   = "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes"
	)
	c.answer("BatchGetItem", `{"RequestItems":{"numbers":{"Keys":[`+keys(100)+`]}}}`)
	c.answer("BatchWriteItem", `{"RequestItems":{"numbers":[`+puts(25)+`]}}`)
	tests := []struct{ operation, items, want string }{
		{"BatchGetItem", ``, one + "Value '[]' at 'requestItems'" + empty},
		{"BatchGetItem", `"numbers":{"Keys":[]}`, one + "Value '[]' at 'requestItems.numbers.member.keys'" + empty},
		{"BatchGetItem", `"numbers":{"Keys":[{"id":{"N":"1"}},{"id":{"N":"1.0"}}]}`, duplicates},
		{"BatchGetItem", `"numbers":{"Keys":[` + keys(101) + `]}`, one +
			"Value '[…]' at 'requestItems.numbers.member.keys' failed to satisfy constraint: " +
			"Member must have length less than or equal to 100"},
		{"BatchGetItem", `"numbers":{"Keys":[` + keys(100) + `]},"letters":{"Keys":[{` + ab + `}]}`,
			"Too many items requested for the BatchGetItem call"},
		{"BatchGetItem", `"numbers":{"Keys":[{"id":{"S":"1"}}]}`, "The provided key element does not match the schema"},
		{"BatchGetItem", `"numbers":{"Keys":[{"id":{"N":"1"}}],"AttributesToGet":["a"]}`,
			"The parameter AttributesToGet is from before expressions, and the local cloud does not support it: use ProjectionExpression."},
		{"BatchGetItem", `"numbers":{"Keys":[{"id":{"N":"1"}}],"ProjectionExpression":"id.x"}`,
			"Key attributes must be scalars; list random access '[]' and map lookup '.' are not allowed: Key: id"},
		{"BatchWriteItem", ``, one + "Value '[]' at 'requestItems'" + empty},
		{"BatchWriteItem", `"numbers":[]`, "The batch write request list for a table cannot be null or empty: numbers"},
		{"BatchWriteItem", `"numbers":[{}]`, twoTypes},
		{"BatchWriteItem", `"numbers":[{"PutRequest":{"Item":{"id":{"N":"1"}}},"DeleteRequest":{"Key":{"id":{"N":"2"}}}}]`, twoTypes},
		{"BatchWriteItem", `"numbers":[{"PutRequest":{"Item":{"id":{"N":"1"}}}},{"DeleteRequest":{"Key":{"id":{"N":"1"}}}}]`, duplicates},
		{"BatchWriteItem", `"numbers":[` + puts(26) + `]`, one + "Value '{numbers=[…]}' at 'requestItems' failed to satisfy " +
			"constraint: Map value must satisfy constraint: [Member must have length less than or equal to 25, Member must have length greater than or equal to 1]"},
		{"BatchWriteItem", `"numbers":[` + puts(25) + `],"letters":[{"DeleteRequest":{"Key":{` + ab + `}}}]`,
			"Too many items requested for the BatchWriteItem call"},
		{"BatchWriteItem", `"numbers":[{"PutRequest":{"Item":{"a":{"N":"1"}}}}]`,
			"One or more parameter values were invalid: Missing the key id in the item"},
		{"BatchWriteItem", `"numbers":[{"DeleteRequest":{"Key":{"a":{"N":"1"}}}}]`, "The provided key element does not match the schema"},
	}
	for _, test := range tests {
		c.invalid(test.operation, `{"RequestItems":{`+test.items+`}}`, test.want)
	}
	c.refuse("BatchGetItem", `{"RequestItems":{"nowhere":{"Keys":[{"id":{"N":"1"}}]}}}`, "ResourceNotFoundException",
		"Requested resource not found")
	c.refuse("BatchWriteItem", `{"RequestItems":{"nowhere":[{"DeleteRequest":{"Key":{"id":{"N":"1"}}}}]}}`,
		"ResourceNotFoundException", "Requested resource not found")
}

func TestKeysBeyond16MBAreLeftUnprocessed(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	const items = 50
	for i := range items {
		c.answer("PutItem", fmt.Sprintf(`{"TableName":"numbers","Item":{"id":{"N":"%d"},"x":{"S":"%s"}}}`, i, strings.Repeat("x",
			390<<10)))
	}
	rest := `{"numbers":{"Keys":[` + keys(items) + `],"ProjectionExpression":"#i","ExpressionAttributeNames":{"#i":"id"},
		"ConsistentRead":true}}`
	var counts []int
	for rest != `{}` {
		var answer struct {
			Responses       struct{ Numbers []json.RawMessage }
			UnprocessedKeys json.RawMessage
		}
		if err := json.Unmarshal([]byte(c.answer("BatchGetItem", `{"RequestItems":`+rest+`}`)), &answer); err != nil {
			t.Fatal(err)
		}
		counts = append(counts, len(answer.Responses.Numbers))
		rest = string(answer.UnprocessedKeys)
		const options = `],"ProjectionExpression":"#i","ExpressionAttributeNames":{"#i":"id"},"ConsistentRead":true}}`
		if rest != `{}` && !strings.HasSuffix(rest, options) {
			t.Errorf("the keys that are left: %s", rest)
		}
	}
	if len(counts) != 2 || counts[0] != 43 || counts[1] != 7 {
		t.Errorf("the answers have %v items", counts)
	}
}

func TestThrottledRequests(t *testing.T) {
	t.Parallel()
	asked := map[string]int{}
	c := newCloud(t, func(config *dynamo.Config) {
		config.Throttle = func(operation, table string) bool { asked[operation+" "+table]++; return table == "letters" }
	})
	throttled := func(operation, body string) {
		t.Helper()
		c.refuse(operation, body, "ProvisionedThroughputExceededException", refusal.ThroughputExceeded)
	}
	throttled("GetItem", `{"TableName":"letters","Key":{`+ab+`}}`)
	throttled("PutItem", `{"TableName":"letters","Item":{`+ab+`}}`)
	throttled("UpdateItem", `{"TableName":"letters","Key":{`+ab+`}}`)
	throttled("DeleteItem", `{"TableName":"letters","Key":{`+ab+`}}`)
	throttled("Query", queryP+`}`)
	throttled("Scan", `{"TableName":"letters"}`)
	throttled("BatchGetItem", `{"RequestItems":{"letters":{"Keys":[{`+ab+`}]}}}`)
	throttled("BatchWriteItem", `{"RequestItems":{"letters":[{"PutRequest":{"Item":{`+ab+`}}}]}}`)
	c.expect("BatchWriteItem", `{"RequestItems":{"letters":[{"PutRequest":{"Item":{`+ab+`}}},
		{"DeleteRequest":{"Key":{"PK":{"S":"c"},"SK":{"S":"d"}}}}],
		"numbers":[{"PutRequest":{"Item":{"id":{"N":"1"}}}}]}}`,
		`{"UnprocessedItems":{"letters":[{"PutRequest":{"Item":{`+ab+`}}},{"DeleteRequest":{"Key":{"PK":{"S":"c"},"SK":{"S":"d"}}}}]}}`)
	c.expect("BatchGetItem", `{"RequestItems":{"letters":{"Keys":[{`+ab+`}]},"numbers":{"Keys":[{"id":{"N":"1"}}]}}}`,
		`{"Responses":{"letters":[],"numbers":[{"id":{"N":"1"}}]},"UnprocessedKeys":{"letters":{"Keys":[{`+ab+`}]}}}`)
	transaction := `{"TransactItems":[{"Put":{"TableName":"letters","Item":{` + ab +
		`}}},{"Put":{"TableName":"numbers","Item":{"id":{"N":"2"}}}},
		{"Delete":{"TableName":"letters","Key":{"PK":{"S":"c"},"SK":{"S":"d"}}}}]}`
	refused := c.refuse("TransactWriteItems", transaction, "TransactionCanceledException",
		"Transaction cancelled, please refer cancellation reasons "+
			"for specific reasons [ProvisionedThroughputExceeded, None, ProvisionedThroughputExceeded]")
	if reasons, _ := refused.Fields["CancellationReasons"].(json.RawMessage); !strings.Contains(string(reasons),
		refusal.ThroughputExceeded) {
		t.Errorf("the reasons are %s", reasons)
	}
	c.refuse("TransactGetItems", `{"TransactItems":[{"Get":{"TableName":"letters","Key":{`+ab+`}}}]}`, "TransactionCanceledException",
		"Transaction cancelled, please refer cancellation reasons for specific reasons [ProvisionedThroughputExceeded]")
	c.expect("GetItem", `{"TableName":"numbers","Key":{"id":{"N":"2"}}}`, `{}`)
	for _, request := range []string{"TransactWriteItems letters", "GetItem letters", "GetItem numbers"} {
		if asked[request] != 1 {
			t.Errorf("asked %d times about %s", asked[request], request)
		}
	}
}
