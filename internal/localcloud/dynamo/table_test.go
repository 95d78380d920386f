package dynamo_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/dynamo"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/store"
)

func TestTablesAreDescribed(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 24, 10, 0, 0, 500e6, time.UTC)
	c := newCloud(t, at(&now))
	created := c.answer("CreateTable", `{"TableName":"full","BillingMode":"PAY_PER_REQUEST","TableClass":"STANDARD",
		"DeletionProtectionEnabled":true,
		"AttributeDefinitions":[{"AttributeName":"p","AttributeType":"B"},{"AttributeName":"g","AttributeType":"N"}],
		"KeySchema":[{"AttributeName":"p","KeyType":"HASH"}],"SSESpecification":{"Enabled":true},"Tags":[{"Key":"a","Value":"b"}],
		"StreamSpecification":{"StreamEnabled":true,"StreamViewType":"NEW_AND_OLD_IMAGES"},
		"GlobalSecondaryIndexes":[{"IndexName":"idx","KeySchema":[{"AttributeName":"g","KeyType":"HASH"}],
			"Projection":{"ProjectionType":"INCLUDE","NonKeyAttributes":["x"]}}]}`)
	described := c.answer("DescribeTable", `{"TableName":"full"}`)
	var table struct{ TableDescription, Table map[string]any }
	for _, answer := range []string{created, described} {
		if err := json.Unmarshal([]byte(answer), &table); err != nil {
			t.Fatal(err)
		}
	}
	id, _ := table.Table["TableId"].(string)
	if len(id) != 36 || id != table.TableDescription["TableId"] {
		t.Errorf("the table's id is %q", id)
	}
	const arn = "arn:aws:dynamodb:us-east-1:123456789012:table/full"
	c.expect("DescribeTable", `{"TableName":"`+arn+`"}`, `{"Table":{"TableName":"full","TableArn":"`+arn+`","TableId":"`+id+`",
		"TableStatus":"ACTIVE",
		"CreationDateTime":1795514400.5,"AttributeDefinitions":[{"AttributeName":"p","AttributeType":"B"},{"AttributeName":"g",
			"AttributeType":"N"}],
		"KeySchema":[{"AttributeName":"p","KeyType":"HASH"}],"ItemCount":0,"TableSizeBytes":0,"DeletionProtectionEnabled":true,
		"ProvisionedThroughput":{"ReadCapacityUnits":0,"WriteCapacityUnits":0,"NumberOfDecreasesToday":0},
		"BillingModeSummary":{"BillingMode":"PAY_PER_REQUEST","LastUpdateToPayPerRequestDateTime":1795514400.5},
		"TableClassSummary":{"TableClass":"STANDARD"},"SSEDescription":{"Status":"ENABLED","SSEType":"KMS"},
		"StreamSpecification":{"StreamEnabled":true,"StreamViewType":"NEW_AND_OLD_IMAGES"},
		"LatestStreamLabel":"2026-11-24T10:00:00.500","LatestStreamArn":"`+arn+`/stream/2026-11-24T10:00:00.500",
		"GlobalSecondaryIndexes":[{"IndexName":"idx","IndexArn":"`+arn+`/index/idx","IndexStatus":"ACTIVE",
			"KeySchema":[{"AttributeName":"g","KeyType":"HASH"}],"Projection":{"ProjectionType":"INCLUDE","NonKeyAttributes":["x"]},
			"ProvisionedThroughput":{"ReadCapacityUnits":0,"WriteCapacityUnits":0,"NumberOfDecreasesToday":0},"ItemCount":0,
				"IndexSizeBytes":0}]}}`)
	c.expect("DescribeContinuousBackups", `{"TableName":"full"}`,
		`{"ContinuousBackupsDescription":{"ContinuousBackupsStatus":"ENABLED",
		"PointInTimeRecoveryDescription":{"PointInTimeRecoveryStatus":"DISABLED"}}}`)
	c.invalid("DeleteTable", `{"TableName":"full"}`,
		"Resource cannot be deleted as it is currently protected against deletion. Disable deletion protection first.")

	c.answer("CreateTable", `{"TableName":"provisioned","AttributeDefinitions":[{"AttributeName":"p","AttributeType":"S"}],
		"KeySchema":[{"AttributeName":"p","KeyType":"HASH"}],"ProvisionedThroughput":{"ReadCapacityUnits":5,"WriteCapacityUnits":6}}`)
	if got := c.answer("DescribeTable", `{"TableName":"provisioned"}`); !strings.Contains(got,
		`"ReadCapacityUnits":5,"WriteCapacityUnits":6`) ||
		strings.Contains(got, "BillingModeSummary") {
		t.Errorf("a provisioned table is described as %s", got)
	}
}

func TestTablesAreListed(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	c.expect("ListTables", `{}`, `{"TableNames":["letters","numbers"]}`)
	c.expect("ListTables", `{"Limit":1}`, `{"TableNames":["letters"],"LastEvaluatedTableName":"letters"}`)
	c.expect("ListTables", `{"Limit":2}`, `{"TableNames":["letters","numbers"]}`)
	c.expect("ListTables", `{"ExclusiveStartTableName":"letters"}`, `{"TableNames":["numbers"]}`)
	c.expect("ListTables", `{"ExclusiveStartTableName":"mmm"}`, `{"TableNames":["numbers"]}`)
	c.expect("ListTables", `{"ExclusiveStartTableName":"numbers"}`, `{"TableNames":[]}`)
	const constraint = "1 validation error detected: Value '%d' at 'limit' failed to satisfy constraint: Member must have value " +
		"%s than or equal to %d"
	c.invalid("ListTables", `{"Limit":0}`, fmt.Sprintf(constraint, 0, "greater", 1))
	c.invalid("ListTables", `{"Limit":101}`, fmt.Sprintf(constraint, 101, "less", 100))
	c.invalid("ListTables", `{"ExclusiveStartTableName":"m"}`, "1 validation error detected: Value 'm' at 'exclusiveStartTableName' "+
		"failed to satisfy constraint: Member must have length greater than or equal to 3")
	c.refuse("ListTables", `null`, "SerializationException", "Start of structure expected")
}

func TestADeletedTableLeavesNothing(t *testing.T) {
	t.Parallel()
	var space *store.Space
	c := newCloud(t, func(config *dynamo.Config) { space = config.Space })
	before := stored(t, space)
	c.answer("UpdateTimeToLive", enableTTL)
	fillLetters(c)
	c.put(ab + `,"until":{"N":"1"}`)
	deleted := c.answer("DeleteTable", `{"TableName":"letters"}`)
	if !strings.Contains(deleted, `"TableStatus":"DELETING"`) || strings.Contains(deleted, "KeySchema") ||
		strings.Contains(deleted, "CreationDateTime") {
		t.Errorf("deleted: %s", deleted)
	}
	if after := stored(t, space); after != before-1 {
		t.Errorf("of %d records of two tables %d are left", before, after)
	}
	for _, operation := range []string{"DescribeTable", "DeleteTable", "DescribeTimeToLive", "DescribeContinuousBackups"} {
		c.refuse(operation, `{"TableName":"letters"}`, "ResourceNotFoundException",
			"Requested resource not found: Table: letters not found")
	}
	c.refuse("Scan", `{"TableName":"letters"}`, "ResourceNotFoundException", "Requested resource not found")
	c.expect("ListTables", `{}`, `{"TableNames":["numbers"]}`)
	c.answer("CreateTable", letters)
	c.refuse("CreateTable", letters, "ResourceInUseException", "Table already exists: letters")
	for _, index := range []string{``, `,"IndexName":"all"`} {
		c.expect("Scan", `{"TableName":"letters"`+index+`}`, `{"Items":[],"Count":0,"ScannedCount":0}`)
	}
	c.expect("DescribeTimeToLive", `{"TableName":"letters"}`, `{"TimeToLiveDescription":{"TimeToLiveStatus":"DISABLED"}}`)
}

// stored counts what a space holds.
func stored(t *testing.T, space *store.Space) int {
	t.Helper()
	count := 0
	err := space.Scan(nil, nil, func(_, _ []byte) (bool, error) {
		count++
		return true, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return count
}

func TestTablesAreRefused(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	const (
		invalid = "One or more parameter values were invalid: "
		one     = "1 validation error detected: "
		null    = " failed to satisfy constraint: Member must not be null"
		index   = `{"IndexName":"idx","KeySchema":[{"AttributeName":"b","KeyType":"HASH"}],"Projection":{"ProjectionType":"ALL"}}`
	)
	long := strings.Repeat("x", 256)
	indexes := make([]string, 21)
	projected := make([]string, 101)
	for i := range indexes {
		indexes[i] = strings.Replace(index, "idx", fmt.Sprintf("idx%d", i), 1)
	}
	for i := range projected {
		projected[i] = fmt.Sprintf(`"x%d"`, i)
	}
	tests := []struct{ old, new, want string }{ // what is changed in a definition that is right
		{`"TableName":"new",`, ``, one + "Value null at 'tableName'" + null},
		{`"TableName":"new",`, `"TableName":"n",`, one + "Value 'n' at 'tableName' failed to satisfy constraint: Member must have " +
			"length greater than or equal to 3"},
		{`"TableName":"new",`, `"TableName":"` + long + `",`,
			one + "Value '" + long + "' at 'tableName' failed to satisfy constraint: Member must have length less than or equal to 255"},
		{`"KeySchema":[{"AttributeName":"a","KeyType":"HASH"}],`, ``, one + "Value null at 'keySchema'" + null},
		{`[{"AttributeName":"a","KeyType":"HASH"}],"Glob`, `[],"Glob`, one + "Value '[]' at 'keySchema' failed to satisfy constraint: " +
			"Member must have length greater than or equal to 1"},
		{`{"AttributeName":"a","KeyType":"HASH"}`, strings.Repeat(`{"AttributeName":"a","KeyType":"HASH"},`, 2) +
			`{"AttributeName":"a","KeyType":"HASH"}`,
			one + "Value '[…]' at 'keySchema' failed to satisfy constraint: Member must have length less than or equal to 2"},
		{`"KeyType":"HASH"}],"Glob`, `"KeyType":"RANGE"}],"Glob`, "Invalid KeySchema: The first KeySchemaElement is not a HASH key type"},
		{`"KeyType":"HASH"}],"Glob`, `"KeyType":"OTHER"}],"Glob`,
			one + "Value 'OTHER' at 'keySchema.1.member.keyType' failed to satisfy constraint: Member must satisfy enum value set: " +
				"[HASH, RANGE]"},
		{`"KeyType":"HASH"}],"Glob`, `"KeyType":"HASH"},{"AttributeName":"b","KeyType":"HASH"}],"Glob`,
			"Invalid KeySchema: The second KeySchemaElement is not a RANGE key type"},
		{`"KeyType":"HASH"}],"Glob`, `"KeyType":"HASH"},{"AttributeName":"a","KeyType":"RANGE"}],"Glob`,
			"Both the Hash Key and the Range Key element in the KeySchema have the same name"},
		{`"KeyType":"HASH"}],"Glob`, `"KeyType":"HASH"},{"AttributeName":"c","KeyType":"RANGE"}],"Glob`,
			invalid + "Some index key attributes are not defined in AttributeDefinitions. Keys: [c], AttributeDefinitions: [a, b]"},
		{`{"AttributeName":"a","AttributeType":"S"},`, `{"AttributeName":"a","AttributeType":"S"},{"AttributeName":"a",
			"AttributeType":"S"},`,
			invalid + "Duplicate AttributeName in AttributeDefinitions: a"},
		{`{"AttributeName":"a","AttributeType":"S"},`, `{"AttributeName":"a","AttributeType":"S"},{"AttributeName":"c",
			"AttributeType":"S"},`,
			invalid + "Number of attributes in KeySchema does not exactly match number of attributes defined in AttributeDefinitions"},
		{`{"AttributeName":"a","AttributeType":"S"},`, `{"AttributeName":"a","AttributeType":"SS"},`,
			one + "Value 'SS' at 'attributeDefinitions.1.member.attributeType' failed to satisfy constraint: Member must satisfy enum " +
				"value set: [B, N, S]"},
		{`{"AttributeName":"a","AttributeType":"S"},`, `{"AttributeType":"S"},`, one +
			"Value null at 'attributeDefinitions.1.member.attributeName'" + null},
		{`{"AttributeName":"b","AttributeType":"S"}]`, `{"AttributeName":"` + long + `","AttributeType":"S"}]`,
			one + "Value '" + long + "' at 'attributeDefinitions.2.member.attributeName' failed to satisfy constraint: Member must have " +
				"length less than or equal to 255"},
		{`"BillingMode":"PAY_PER_REQUEST"`, `"BillingMode":"FREE"`,
			one + "Value 'FREE' at 'billingMode' failed to satisfy constraint: Member must satisfy enum value set: [PROVISIONED, " +
				"PAY_PER_REQUEST]"},
		{`"BillingMode":"PAY_PER_REQUEST"`, `"BillingMode":"PROVISIONED"`,
			invalid + "ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is PROVISIONED"},
		{`"BillingMode":"PAY_PER_REQUEST"`, `"ProvisionedThroughput":{"ReadCapacityUnits":1,"WriteCapacityUnits":1}`,
			invalid + "ProvisionedThroughput must be specified for index: idx"},
		{`"BillingMode":"PAY_PER_REQUEST"`, `"ProvisionedThroughput":{"ReadCapacityUnits":0}`, "2 validation errors detected: " +
			"Value '0' at 'provisionedThroughput.readCapacityUnits' failed to satisfy constraint: Member must have value greater than " +
			"or equal to 1; Value null at 'provisionedThroughput.writeCapacityUnits'" + null},
		{`"BillingMode":"PAY_PER_REQUEST"`, `"BillingMode":"PAY_PER_REQUEST","ProvisionedThroughput":{"ReadCapacityUnits":1,
			"WriteCapacityUnits":1}`,
			invalid + "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST"},
		{`"BillingMode":"PAY_PER_REQUEST"`, `"BillingMode":"PAY_PER_REQUEST","TableClass":"GOLD"`, one +
			"Value 'GOLD' at 'tableClass' failed to satisfy constraint: Member must satisfy enum value set: [STANDARD, " +
			"STANDARD_INFREQUENT_ACCESS]"},
		{`"BillingMode":"PAY_PER_REQUEST"`, `"BillingMode":"PAY_PER_REQUEST","LocalSecondaryIndexes":[{}]`,
			"The local cloud does not support LocalSecondaryIndexes."},
		{`"BillingMode":"PAY_PER_REQUEST"`, `"BillingMode":"PAY_PER_REQUEST","StreamSpecification":{"StreamEnabled":true}`,
			invalid + "StreamViewType must be one of NEW_IMAGE, OLD_IMAGE, NEW_AND_OLD_IMAGES, KEYS_ONLY when StreamEnabled is true"},
		{`"BillingMode":"PAY_PER_REQUEST"`, `"BillingMode":"PAY_PER_REQUEST","StreamSpecification":{"StreamEnabled":false,
			"StreamViewType":"KEYS_ONLY"}`,
			invalid + "StreamViewType must not be specified when StreamEnabled is false"},
		{index, ``, invalid + "List of GlobalSecondaryIndexes is empty"},
		{index, index + `,` + index, invalid + "Duplicate index name: idx"},
		{index, strings.Join(indexes, ","), invalid + "GlobalSecondaryIndex count exceeds the per-table limit of 20"},
		{`"idx"`, `"i!"`, "2 validation errors detected: Value 'i!' at 'globalSecondaryIndexes.1.member.indexName' failed to satisfy " +
			"constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+; Value 'i!' at 'globalSecondaryIndexes.1.member.indexName' " +
			"failed to satisfy constraint: Member must have length greater than or equal to 3"},
		{`{"AttributeName":"b","KeyType":"HASH"}`, `{"AttributeName":"d","KeyType":"HASH"}`,
			invalid + "Some index key attributes are not defined in AttributeDefinitions. Keys: [d], AttributeDefinitions: [a, b]"},
		{`{"ProjectionType":"ALL"}`, `{}`, invalid + "Unknown ProjectionType: null"},
		{`{"ProjectionType":"ALL"}`, `{"ProjectionType":"NONE"}`, invalid + "Unknown ProjectionType: NONE"},
		{`{"ProjectionType":"ALL"}`, `{"ProjectionType":"ALL","NonKeyAttributes":["x"]}`, invalid +
			"ProjectionType is ALL, but NonKeyAttributes is specified"},
		{`{"ProjectionType":"ALL"}`, `{"ProjectionType":"INCLUDE"}`, invalid +
			"ProjectionType is INCLUDE, but NonKeyAttributes is not specified"},
		{`{"ProjectionType":"ALL"}`, `{"ProjectionType":"INCLUDE","NonKeyAttributes":[` + strings.Join(projected, ",") + `]}`,
			invalid + "Number of projected attributes exceeds the per-table limit of 100"},
		{`{"ProjectionType":"ALL"}`, `{"ProjectionType":"ALL"},"ProvisionedThroughput":{"ReadCapacityUnits":1,"WriteCapacityUnits":1}`,
			invalid + "ProvisionedThroughput should not be specified for index: idx when BillingMode is PAY_PER_REQUEST"},
	}
	const right = `{"TableName":"new","BillingMode":"PAY_PER_REQUEST",
		"AttributeDefinitions":[{"AttributeName":"a","AttributeType":"S"},{"AttributeName":"b","AttributeType":"S"}],
		"KeySchema":[{"AttributeName":"a","KeyType":"HASH"}],"GlobalSecondaryIndexes":[` + index + `]}`
	for _, test := range tests {
		if !strings.Contains(right, test.old) {
			t.Fatalf("nothing to change: %s", test.old)
		}
		c.invalid("CreateTable", strings.Replace(right, test.old, test.new, 1), test.want)
	}
	c.refuse("CreateTable", `{"TableName":5}`, "SerializationException",
		"The request body does not fit the operation: json: cannot unmarshal number into Go struct field definition.TableName of "+
			"type string.")
	c.answer("CreateTable", right)
}

// What was answered is there when the store is opened again.
func TestTheStateIsKept(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	open := func() (cloud, func()) {
		opened, err := store.Open(dir)
		if err != nil {
			t.Fatal(err)
		}
		engine, err := dynamo.New(dynamo.Config{Space: opened.Space("dynamodb")})
		if err != nil {
			t.Fatal(err)
		}
		return cloud{t, engine}, func() {
			if err := engine.Close(t.Context()); err != nil {
				t.Error(err)
			}
			if err := opened.Close(); err != nil {
				t.Error(err)
			}
		}
	}
	transaction := `{"ClientRequestToken":"t","TransactItems":[{"Update":{"TableName":"letters","Key":{` + ab +
		`},"UpdateExpression":"ADD n :one",
		"ExpressionAttributeValues":{":one":{"N":"1"}}}}]}`
	c, shut := open()
	c.answer("CreateTable", letters)
	c.answer("CreateTable", numbers)
	c.answer("UpdateTimeToLive", enableTTL)
	c.answer("TransactWriteItems", transaction)
	c.put(`"PK":{"S":"c"},"SK":{"S":"d"},"G":{"S":"g"},"H":{"N":"1"},"until":{"N":"1"}`)
	c.answer("DeleteTable", `{"TableName":"numbers"}`)
	before := c.answer("DescribeTable", `{"TableName":"letters"}`)
	shut()

	c, shut = open()
	defer shut()
	c.expect("ListTables", `{}`, `{"TableNames":["letters"]}`)
	c.expect("DescribeTable", `{"TableName":"letters"}`, before)
	c.expect("DescribeTimeToLive", `{"TableName":"letters"}`, `{"TimeToLiveDescription":{"TimeToLiveStatus":"ENABLED",
		"AttributeName":"until"}}`)
	c.answer("TransactWriteItems", transaction)
	if got := c.get(ab); got != `{`+ab+`,"n":{"N":"1"}}` {
		t.Errorf("the item is %s", got)
	}
	if got := c.page("Scan", `{"TableName":"letters","IndexName":"all"}`); got.Count != 1 {
		t.Errorf("the index has %d entries", got.Count)
	}
	c.answer("CreateTable", numbers) // under a number that no table had before
	c.expect("Scan", `{"TableName":"numbers"}`, `{"Items":[],"Count":0,"ScannedCount":0}`)
}
