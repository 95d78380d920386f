package dynamo_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/dynamo"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/store"
)

// The benchmarks call the engine in process, over a store on disk, with items of about 700 bytes in a table with five
// indexes, of which each item is in two.

func benchEngine(b *testing.B) *dynamo.Engine {
	b.Helper()
	opened, err := store.Open(b.TempDir())
	if err != nil {
		b.Fatal(err)
	}
	engine, err := dynamo.New(dynamo.Config{Space: opened.Space("dynamodb"), SweepEvery: -1})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := opened.Close(); err != nil {
			b.Error(err)
		}
	})
	benchCall(b, engine, "CreateTable", benchTable())
	return engine
}

func benchTable() string {
	var definitions, indexes strings.Builder
	for i := 1; i <= 4; i++ {
		fmt.Fprintf(&definitions, `,{"AttributeName":"GSI%dPK","AttributeType":"S"},{"AttributeName":"GSI%dSK","AttributeType":"S"}`,
			i, i)
		fmt.Fprintf(&indexes, `{"IndexName":"GSI%d","KeySchema":[{"AttributeName":"GSI%dPK","KeyType":"HASH"},`+
			`{"AttributeName":"GSI%dSK","KeyType":"RANGE"}],"Projection":{"ProjectionType":"ALL"}},`, i, i, i)
	}
	return `{"TableName":"bench","BillingMode":"PAY_PER_REQUEST","AttributeDefinitions":[
		{"AttributeName":"PK","AttributeType":"S"},{"AttributeName":"SK","AttributeType":"S"},
		{"AttributeName":"EntityType","AttributeType":"S"},{"AttributeName":"CreatedAt","AttributeType":"N"}` + definitions.String() + `],
		"KeySchema":[{"AttributeName":"PK","KeyType":"HASH"},{"AttributeName":"SK","KeyType":"RANGE"}],
		"GlobalSecondaryIndexes":[` + indexes.String() + `{"IndexName":"EntityTypeIndex","KeySchema":[
		{"AttributeName":"EntityType","KeyType":"HASH"},{"AttributeName":"CreatedAt","KeyType":"RANGE"}],
		"Projection":{"ProjectionType":"ALL"}}]}`
}

func benchCall(b *testing.B, engine *dynamo.Engine, operation, body string) json.RawMessage {
	b.Helper()
	answer, err := engine.Call(context.Background(), operation, []byte(body))
	if err != nil {
		b.Fatal(err)
	}
	return answer
}

// spread makes a number look random, so that keys do not arrive in order.
func spread(n int64) int64 { return n * 7919 % 1_000_003 }

func benchKey(n int64) string {
	return fmt.Sprintf(`"PK":{"S":"USER#%d"},"SK":{"S":"LISTING#%08d"}`, spread(n)%100, n)
}

func benchItem(n int64) string {
	return fmt.Sprintf(`{%s,"EntityType":{"S":"Listing"},"CreatedAt":{"N":"%d"},"UpdatedAt":{"N":"1763949600000"},`+
		`"GSI1PK":{"S":"AREA#%d"},"GSI1SK":{"S":"%08d"},"Data":{"M":{"id":{"S":"L%d"},"price":{"N":"%d.5"},`+
		`"address":{"M":{"street":{"S":"1234 Long Street"},"city":{"S":"Seattle"},"zip":{"S":"98101"}}},`+
		`"photos":{"L":[{"S":"a.jpg"},{"S":"b.jpg"}]},"tags":{"SS":["garden","garage"]},"active":{"BOOL":true},`+
		`"description":{"S":"%s"}}}}`, benchKey(n), 1763949600000+n, n%50, n, n, 100000+spread(n), strings.Repeat("lovely home ", 25))
}

func fill(b *testing.B, engine *dynamo.Engine, items int64) {
	b.Helper()
	for n := range items {
		benchCall(b, engine, "PutItem", `{"TableName":"bench","Item":`+benchItem(n)+`}`)
	}
}

func BenchmarkPutItem(b *testing.B) {
	engine := benchEngine(b)
	var n atomic.Int64
	b.ReportAllocs()
	b.SetBytes(int64(len(benchItem(0))))
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			benchCall(b, engine, "PutItem", `{"TableName":"bench","Item":`+benchItem(n.Add(1))+
				`,"ConditionExpression":"attribute_not_exists(PK)"}`)
		}
	})
}

func BenchmarkUpdateItem(b *testing.B) {
	engine := benchEngine(b)
	const items = 1000
	fill(b, engine, items)
	var n atomic.Int64
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			benchCall(b, engine, "UpdateItem", `{"TableName":"bench","Key":{`+benchKey(n.Add(1)%items)+`},`+
				`"UpdateExpression":"SET #d.price = :p, UpdatedAt = :n ADD #d.changes :one","ConditionExpression":"attribute_exists(PK)",`+
				`"ExpressionAttributeNames":{"#d":"Data"},`+
				`"ExpressionAttributeValues":{":p":{"N":"99"},":n":{"N":"5"},":one":{"N":"1"}}}`)
		}
	})
}

func BenchmarkGetItem(b *testing.B) {
	engine := benchEngine(b)
	const items = 10_000
	fill(b, engine, items)
	var n atomic.Int64
	b.ReportAllocs()
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			benchCall(b, engine, "GetItem", `{"TableName":"bench","Key":{`+benchKey(n.Add(1)%items)+`}}`)
		}
	})
}

func BenchmarkBatchGetItem100(b *testing.B) {
	engine := benchEngine(b)
	const items = 10_000
	fill(b, engine, items)
	keys := make([]string, 100)
	for i := range keys {
		keys[i] = `{` + benchKey(int64(i*97)) + `}`
	}
	body := `{"RequestItems":{"bench":{"Keys":[` + strings.Join(keys, ",") + `]}}}`
	b.ReportAllocs()
	b.ResetTimer()
	for b.Loop() {
		benchCall(b, engine, "BatchGetItem", body)
	}
}

func BenchmarkQueryPage(b *testing.B) {
	engine := benchEngine(b)
	fill(b, engine, 10_000)
	for _, bench := range []struct{ name, body string }{
		{"100 items", `{"TableName":"bench","IndexName":"GSI1","Limit":100,"KeyConditionExpression":"GSI1PK = :p",` +
			`"ExpressionAttributeValues":{":p":{"S":"AREA#7"}}}`},
		{"1 MB", `{"TableName":"bench","IndexName":"EntityTypeIndex","KeyConditionExpression":"EntityType = :p",` +
			`"ExpressionAttributeValues":{":p":{"S":"Listing"}}}`},
		{"1 MB filtered", `{"TableName":"bench","IndexName":"EntityTypeIndex","KeyConditionExpression":"EntityType = :p",` +
			`"FilterExpression":"#d.price > :x","ProjectionExpression":"PK, #d.price","ExpressionAttributeNames":{"#d":"Data"},` +
			`"ExpressionAttributeValues":{":p":{"S":"Listing"},":x":{"N":"1000000"}}}`},
	} {
		b.Run(bench.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				benchCall(b, engine, "Query", bench.body)
			}
		})
	}
}

func BenchmarkTransactWriteItems(b *testing.B) {
	for _, size := range []int{2, 25, 100} {
		b.Run(fmt.Sprintf("%d items", size), func(b *testing.B) {
			engine := benchEngine(b)
			n := int64(0)
			b.ReportAllocs()
			for b.Loop() {
				parts := make([]string, size)
				for i := range parts {
					n++
					parts[i] = `{"Put":{"TableName":"bench","Item":` + benchItem(n) + `,"ConditionExpression":"attribute_not_exists(PK)"}}`
				}
				benchCall(b, engine, "TransactWriteItems", `{"TransactItems":[`+strings.Join(parts, ",")+`]}`)
			}
		})
	}
}
