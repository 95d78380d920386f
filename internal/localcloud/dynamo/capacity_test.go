package dynamo_test

import (
	"fmt"
	"strings"
	"testing"
)

// sized makes an item of the table letters with a size in bytes, and puts it into no index.
func sized(size int) string {
	return ab + `,"x":{"S":"` + strings.Repeat("y", size-7) + `"}`
}

func TestCapacityOfOneItem(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	read := func(units string) string {
		return `{"ConsumedCapacity":{"TableName":"letters","CapacityUnits":` + units + `}}`
	}
	get := `{"TableName":"letters","Key":{` + ab + `},"ReturnConsumedCapacity":"TOTAL","ProjectionExpression":"PK"`
	c.expect("GetItem", get+`}`, read("0.5"))
	c.expect("GetItem", get+`,"ConsistentRead":true}`, read("1"))
	write := func(operation, members string, units int) {
		t.Helper()
		c.expect(operation, `{"TableName":"letters",`+members+`,"ReturnConsumedCapacity":"TOTAL"}`, read(fmt.Sprint(units)))
	}
	write("DeleteItem", `"Key":{`+ab+`}`, 1)
	write("PutItem", `"Item":{`+sized(1024)+`}`, 1)
	write("PutItem", `"Item":{`+sized(1025)+`}`, 2)
	write("PutItem", `"Item":{`+sized(8192)+`}`, 8)
	c.expect("GetItem", get+`}`, `{"Item":{"PK":{"S":"a"}},"ConsumedCapacity":{"TableName":"letters","CapacityUnits":1}}`)
	write("PutItem", `"Item":{`+sized(100)+`}`, 8) // the larger of the item before and after
	write("UpdateItem", `"Key":{`+ab+`},"UpdateExpression":"REMOVE x"`, 1)
	c.put(sized(8193))
	c.expect("GetItem", get+`,"ConsistentRead":true}`, `{"Item":{"PK":{"S":"a"}},"ConsumedCapacity":{"TableName":"letters",
		"CapacityUnits":3}}`)
	write("DeleteItem", `"Key":{`+ab+`}`, 9)
	c.expect("GetItem", strings.Replace(get, "TOTAL", "NONE", 1)+`}`, `{}`)
}

func TestCapacityOfIndexes(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	write := func(operation, members, want string) {
		t.Helper()
		c.expect(operation, `{"TableName":"letters",`+members+`,"ReturnConsumedCapacity":"INDEXES"}`,
			`{"ConsumedCapacity":{"TableName":"letters",`+want+`}}`)
	}
	units := func(name string, units int) string { return fmt.Sprintf(`%q:{"CapacityUnits":%d}`, name, units) }
	write("PutItem", `"Item":{`+sized(1500)+`}`, `"CapacityUnits":2,`+units("Table", 2))
	write("PutItem", `"Item":{`+sized(1500)+`,"G":{"S":"g"},"H":{"N":"1"}}`,
		`"CapacityUnits":6,`+units("Table", 2)+`,"GlobalSecondaryIndexes":{`+units("all", 2)+`,`+units("some", 1)+`,`+units("keys",
			1)+`}`)
	update := `"Key":{` + ab + `},"UpdateExpression":`
	write("UpdateItem", update+`"SET b = PK"`, `"CapacityUnits":4,`+units("Table", 2)+`,"GlobalSecondaryIndexes":{`+units("all",
		2)+`}`)
	write("UpdateItem", update+`"SET a = PK"`, `"CapacityUnits":5,`+units("Table", 2)+`,"GlobalSecondaryIndexes":{`+units("all",
		2)+`,`+units("some", 1)+`}`)
	write("UpdateItem", update+`"SET H = :two","ExpressionAttributeValues":{":two":{"N":"2"}}`,
		`"CapacityUnits":8,`+units("Table", 2)+`,"GlobalSecondaryIndexes":{`+units("all", 4)+`,`+units("keys", 2)+`}`)
	write("DeleteItem", `"Key":{`+ab+`}`,
		`"CapacityUnits":6,`+units("Table", 2)+`,"GlobalSecondaryIndexes":{`+units("all", 2)+`,`+units("some", 1)+`,`+units("keys",
			1)+`}`)
}

func TestCapacityOfSeveralItems(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	c.expect("BatchWriteItem", `{"RequestItems":{"letters":[{"PutRequest":{"Item":{`+sized(1500)+`}}},
		{"PutRequest":{"Item":{"PK":{"S":"c"},"SK":{"S":"d"},"G":{"S":"g"}}}}],"numbers":[{"PutRequest":{"Item":{"id":{"N":"1"}}}}]},
		"ReturnConsumedCapacity":"INDEXES"}`, `{"UnprocessedItems":{},"ConsumedCapacity":[
		{"TableName":"letters","CapacityUnits":4,"Table":{"CapacityUnits":3},"GlobalSecondaryIndexes":{"some":{"CapacityUnits":1}}},
		{"TableName":"numbers","CapacityUnits":1,"Table":{"CapacityUnits":1}}]}`)
	c.expect("BatchGetItem", `{"RequestItems":{"letters":{"Keys":[{"PK":{"S":"none"},"SK":{"S":"d"}}]},
		"numbers":{"Keys":[{"id":{"N":"1"}},{"id":{"N":"2"}}],"ConsistentRead":true}},"ReturnConsumedCapacity":"TOTAL"}`,
		`{"Responses":{"letters":[],"numbers":[{"id":{"N":"1"}}]},"UnprocessedKeys":{},"ConsumedCapacity":[
		{"TableName":"letters","CapacityUnits":0.5},{"TableName":"numbers","CapacityUnits":2}]}`)
	c.expect("TransactWriteItems", `{"TransactItems":[{"Put":{"TableName":"letters","Item":{`+sized(1500)+`}}},
		{"ConditionCheck":{"TableName":"numbers","Key":{"id":{"N":"1"}},"ConditionExpression":"attribute_exists(id)"}}],
			"ReturnConsumedCapacity":"INDEXES"}`,
		`{"ConsumedCapacity":[{"TableName":"letters","CapacityUnits":4,"WriteCapacityUnits":4,"Table":{"CapacityUnits":4,
			"WriteCapacityUnits":4}},
		{"TableName":"numbers","CapacityUnits":2,"WriteCapacityUnits":2,"Table":{"CapacityUnits":2,"WriteCapacityUnits":2}}]}`)
	c.expect("TransactGetItems", `{"TransactItems":[{"Get":{"TableName":"numbers","Key":{"id":{"N":"1"}}}},
		{"Get":{"TableName":"numbers","Key":{"id":{"N":"2"}}}}],
		"ReturnConsumedCapacity":"TOTAL"}`, `{"Responses":[{"Item":{"id":{"N":"1"}}},{}],
		"ConsumedCapacity":[{"TableName":"numbers","CapacityUnits":4,"ReadCapacityUnits":4}]}`)

	for i := range 3 {
		c.put(fmt.Sprintf(`"PK":{"S":"p"},"SK":{"S":"%d"},"G":{"S":"g"},"H":{"N":"%d"},"x":{"S":"%s"}`, i, i, strings.Repeat("x", 4000)))
	}
	query := `"Select":"COUNT","ReturnConsumedCapacity":"INDEXES"}`
	c.expect("Query", queryP+`,`+query, `{"Count":3,"ScannedCount":3,"ConsumedCapacity":{"TableName":"letters","CapacityUnits":1.5,
		"Table":{"CapacityUnits":1.5}}}`)
	c.expect("Query", queryP+`,"ConsistentRead":true,`+query,
		`{"Count":3,"ScannedCount":3,"ConsumedCapacity":{"TableName":"letters","CapacityUnits":3,"Table":{"CapacityUnits":3}}}`)
	c.expect("Scan", `{"TableName":"letters","IndexName":"all",`+query,
		`{"Count":3,"ScannedCount":3,"ConsumedCapacity":{"TableName":"letters",
		"CapacityUnits":1.5,"Table":{"CapacityUnits":0},"GlobalSecondaryIndexes":{"all":{"CapacityUnits":1.5}}}}`)
}
