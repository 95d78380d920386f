package dynamo_test

import (
	"context"
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/awsapi"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/dynamo"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/store"
)

// letters is a table with a sort key, an index with all attributes, one with some and one with keys only.
const letters = `{"TableName":"letters","BillingMode":"PAY_PER_REQUEST",
	"AttributeDefinitions":[{"AttributeName":"PK","AttributeType":"S"},{"AttributeName":"SK","AttributeType":"S"},
		{"AttributeName":"G","AttributeType":"S"},{"AttributeName":"H","AttributeType":"N"}],
	"KeySchema":[{"AttributeName":"PK","KeyType":"HASH"},{"AttributeName":"SK","KeyType":"RANGE"}],
	"GlobalSecondaryIndexes":[
		{"IndexName":"all","KeySchema":[{"AttributeName":"G","KeyType":"HASH"},{"AttributeName":"H","KeyType":"RANGE"}],
			"Projection":{"ProjectionType":"ALL"}},
		{"IndexName":"some","KeySchema":[{"AttributeName":"G","KeyType":"HASH"}],
			"Projection":{"ProjectionType":"INCLUDE","NonKeyAttributes":["a"]}},
		{"IndexName":"keys","KeySchema":[{"AttributeName":"H","KeyType":"HASH"},{"AttributeName":"SK","KeyType":"RANGE"}],
			"Projection":{"ProjectionType":"KEYS_ONLY"}}]}`

// numbers is a table whose only key is a number.
const numbers = `{"TableName":"numbers","BillingMode":"PAY_PER_REQUEST",
	"AttributeDefinitions":[{"AttributeName":"id","AttributeType":"N"}],"KeySchema":[{"AttributeName":"id","KeyType":"HASH"}]}`

// cloud is an engine that a test talks to in JSON.
type cloud struct {
	testing.TB
	*dynamo.Engine
}

// newCloud makes an engine over memory with the tables letters and numbers.
func newCloud(t testing.TB, configure ...func(*dynamo.Config)) cloud {
	t.Helper()
	memory, err := store.OpenMemory()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := memory.Close(); err != nil {
			t.Error(err)
		}
	})
	config := dynamo.Config{Space: memory.Space("dynamodb"), SweepEvery: -1}
	for _, configure := range configure {
		configure(&config)
	}
	engine, err := dynamo.New(config)
	if err != nil {
		t.Fatal(err)
	}
	c := cloud{t, engine}
	c.answer("CreateTable", letters)
	c.answer("CreateTable", numbers)
	return c
}

// at sets the engine's clock.
func at(now *time.Time) func(*dynamo.Config) {
	return func(config *dynamo.Config) { config.Clock = func() time.Time { return *now } }
}

// answer makes a call that must succeed.
func (c cloud) answer(operation, body string) string {
	c.Helper()
	answer, err := c.Call(context.Background(), operation, []byte(body))
	if err != nil {
		c.Fatalf("%s %.300s: %v", operation, body, err)
	}
	return string(answer)
}

// expect makes a call that must succeed with an answer, given as JSON.
func (c cloud) expect(operation, body, want string) {
	c.Helper()
	if diff := cmp.Diff(decoded(c, want), decoded(c, c.answer(operation, body))); diff != "" {
		c.Errorf("%s %.300s (-want +got)\n%s", operation, body, diff)
	}
}

// refuse makes a call that must be refused with a code and a text.
func (c cloud) refuse(operation, body, code, message string) *awsapi.Error {
	c.Helper()
	answer, err := c.Call(context.Background(), operation, []byte(body))
	var refused *awsapi.Error
	if !errors.As(err, &refused) {
		c.Fatalf("%s %.300s: answer %.300s, error %v, want %s: %s", operation, body, answer, err, code, message)
	}
	if refused.Code != code || refused.Message != message {
		c.Errorf("%s %.300s\n got %v\nwant %s: %s", operation, body, refused, code, message)
	}
	return refused
}

// invalid makes a call that must be refused with a ValidationException.
func (c cloud) invalid(operation, body, message string) {
	c.Helper()
	c.refuse(operation, body, "ValidationException", message)
}

func decoded(t testing.TB, document string) any {
	t.Helper()
	var value any
	if err := json.Unmarshal([]byte(document), &value); err != nil {
		t.Fatalf("%.300s: %v", document, err)
	}
	return value
}

// put stores items, given as JSON without braces, in the table letters.
func (c cloud) put(items ...string) {
	c.Helper()
	for _, item := range items {
		c.answer("PutItem", `{"TableName":"letters","Item":{`+item+`}}`)
	}
}

// get reads an item of the table letters; empty when there is none.
func (c cloud) get(key string) string {
	c.Helper()
	var answer struct{ Item json.RawMessage }
	if err := json.Unmarshal([]byte(c.answer("GetItem", `{"TableName":"letters","Key":{`+key+`},"ConsistentRead":true}`)),
		&answer); err != nil {
		c.Fatal(err)
	}
	return string(answer.Item)
}
