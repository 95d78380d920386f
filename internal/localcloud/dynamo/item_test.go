package dynamo_test

import (
	"encoding/json"
	"strings"
	"testing"
)

const ab = `"PK":{"S":"a"},"SK":{"S":"b"}`

func TestPutGetDelete(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	c.expect("GetItem", `{"TableName":"letters","Key":{`+ab+`}}`, `{}`)
	c.expect("PutItem", `{"TableName":"letters","Item":{`+ab+`,"n":{"N":"1.50"}}}`, `{}`)
	c.expect("GetItem", `{"TableName":"letters","Key":{`+ab+`}}`, `{"Item":{`+ab+`,"n":{"N":"1.5"}}}`)
	c.expect("GetItem", `{"TableName":"arn:aws:dynamodb:us-east-1:123456789012:table/letters","Key":{`+ab+`},
		"ProjectionExpression":"#n",
		"ExpressionAttributeNames":{"#n":"n"}}`, `{"Item":{"n":{"N":"1.5"}}}`)
	c.expect("GetItem", `{"TableName":"letters","Key":{`+ab+`},"ExpressionAttributeValues":{":v":{"N":"1"}}}`,
		`{"Item":{`+ab+`,"n":{"N":"1.5"}}}`)
	c.expect("GetItem", `{"TableName":"letters","Key":{`+ab+`},"ProjectionExpression":"q"}`, `{"Item":{}}`)
	c.expect("PutItem", `{"TableName":"letters","Item":{`+ab+`,"x":{"S":""}},"ReturnValues":"ALL_OLD"}`,
		`{"Attributes":{`+ab+`,"n":{"N":"1.5"}}}`)
	c.expect("DeleteItem", `{"TableName":"letters","Key":{`+ab+`},"ReturnValues":"ALL_OLD"}`, `{"Attributes":{`+ab+`,"x":{"S":""}}}`)
	c.expect("DeleteItem", `{"TableName":"letters","Key":{`+ab+`},"ReturnValues":"ALL_OLD"}`, `{}`)
	c.expect("GetItem", `{"TableName":"letters","Key":{`+ab+`}}`, `{}`)
	c.answer("PutItem", `{"TableName":"numbers","Item":{"id":{"N":"10"},"x":{"S":"ten"}}}`)
	c.expect("GetItem", `{"TableName":"numbers","Key":{"id":{"N":"1e1"}}}`, `{"Item":{"id":{"N":"10"},"x":{"S":"ten"}}}`)
}

func TestConditionalWrites(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	const failed = "The conditional request failed"
	create := `{"TableName":"letters","Item":{` + ab + `,"n":{"N":"1"}},"ConditionExpression":"attribute_not_exists(PK)"`
	c.expect("PutItem", create+`}`, `{}`)
	refused := c.refuse("PutItem", create+`}`, "ConditionalCheckFailedException", failed)
	if refused.Fields != nil {
		t.Errorf("an item that was not asked for: %v", refused.Fields)
	}
	refused = c.refuse("PutItem", create+`,"ReturnValuesOnConditionCheckFailure":"ALL_OLD"}`, "ConditionalCheckFailedException",
		failed)
	if item, _ := refused.Fields["Item"].(json.RawMessage); string(item) != `{`+ab+`,"n":{"N":"1"}}` {
		t.Errorf("the item of the failed condition is %s", item)
	}
	key := `{"TableName":"letters","Key":{` + ab + `},"ExpressionAttributeValues":{":n":{"N":"2"}},`
	c.refuse("DeleteItem", key+`"ConditionExpression":"n = :n"}`, "ConditionalCheckFailedException", failed)
	c.refuse("UpdateItem", key+`"ConditionExpression":"n > :n","UpdateExpression":"SET n = :n"}`,
		"ConditionalCheckFailedException", failed)
	refused = c.refuse("UpdateItem", `{"TableName":"letters","Key":{"PK":{"S":"new"},"SK":{"S":"x"}},
		"ConditionExpression":"attribute_exists(PK)",
		"UpdateExpression":"SET n = :n","ExpressionAttributeValues":{":n":{"N":"2"}},"ReturnValuesOnConditionCheckFailure":"ALL_OLD"}`,
		"ConditionalCheckFailedException", failed)
	if refused.Fields != nil {
		t.Errorf("an item that does not exist: %v", refused.Fields)
	}
	c.expect("UpdateItem", key+`"ConditionExpression":"n < :n","UpdateExpression":"SET n = :n"}`, `{}`)
	if got := c.get(ab); got != `{`+ab+`,"n":{"N":"2"}}` {
		t.Errorf("the item is %s", got)
	}
}

func TestUpdateCreatesWhatIsNotThere(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, update, want string }{
		{"no update", ``, `{` + ab + `}`},
		{"SET", `,"UpdateExpression":"SET x = :s","ExpressionAttributeValues":{":s":{"SS":["a"]}}`, `{` + ab + `,"x":{"SS":["a"]}}`},
		{"ADD", `,"UpdateExpression":"ADD x :s","ExpressionAttributeValues":{":s":{"SS":["a"]}}`, `{` + ab + `,"x":{"SS":["a"]}}`},
		{"REMOVE", `,"UpdateExpression":"REMOVE x"`, ``},
		{"DELETE", `,"UpdateExpression":"DELETE x :s","ExpressionAttributeValues":{":s":{"SS":["a"]}}`, ``},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			c := newCloud(t)
			c.answer("UpdateItem", `{"TableName":"letters","Key":{`+ab+`}`+test.update+`}`)
			if got := c.get(ab); got != test.want {
				t.Errorf("the item is %s, want %s", got, test.want)
			}
		})
	}
}

func TestReturnValuesOfUpdate(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	const item = ab + `,"l":{"L":[{"N":"1"},{"N":"2"},{"N":"3"}]},"m":{"M":{"x":{"N":"1"},"y":{"N":"2"}}},"n":{"N":"5"}`
	tests := []struct{ update, kind, want string }{
		{`SET n = :v`, "NONE", ``},
		{`SET n = :v`, "ALL_OLD", `{` + item + `}`},
		{`SET n = :v`, "ALL_NEW", `{` + strings.Replace(item, `"5"`, `"7"`, 1) + `}`},
		{`SET n = :v, q = :v`, "UPDATED_OLD", `{"n":{"N":"5"}}`},
		{`SET n = :v, q = :v`, "UPDATED_NEW", `{"n":{"N":"7"},"q":{"N":"7"}}`},
		{`SET m.x = :v`, "UPDATED_OLD", `{"m":{"M":{"x":{"N":"1"}}}}`},
		{`SET m.x = :v, l[1] = :v`, "UPDATED_NEW", `{"l":{"L":[{"N":"7"}]},"m":{"M":{"x":{"N":"7"}}}}`},
		{`SET m.z = :v`, "UPDATED_OLD", ``},
		{`SET l[100] = :v`, "UPDATED_NEW", ``},
		{`REMOVE l[1], n`, "UPDATED_OLD", `{"l":{"L":[{"N":"2"}]},"n":{"N":"5"}}`},
		{`REMOVE l[1], n`, "UPDATED_NEW", `{"l":{"L":[{"N":"3"}]}}`},
		{`REMOVE n`, "UPDATED_NEW", ``},
		{`ADD n :v`, "UPDATED_NEW", `{"n":{"N":"12"}}`},
	}
	for _, test := range tests {
		c.put(item)
		values := `,"ExpressionAttributeValues":{":v":{"N":"7"}}`
		if !strings.Contains(test.update, ":v") {
			values = ""
		}
		want := `{}`
		if test.want != "" {
			want = `{"Attributes":` + test.want + `}`
		}
		c.expect("UpdateItem", `{"TableName":"letters","Key":{`+ab+`},"UpdateExpression":"`+test.update+`",
			"ReturnValues":"`+test.kind+`"`+values+`}`, want)
	}
}

func TestKeysAreChecked(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	const (
		mismatch = "The provided key element does not match the schema"
		empty    = "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty " +
			"string value. Key: "
		invalid  = "One or more parameter values were invalid: "
		tooLong  = invalid + "Size of hashkey has exceeded the maximum size limit of2048 bytes"
		sortLong = invalid + "Aggregated size of all range keys has exceeded the size limit of 1024 bytes"
	)
	long := func(n int) string { return strings.Repeat("x", n) }
	keys := []struct{ key, want, wantPut string }{
		{`"PK":{"S":"a"}`, mismatch, invalid + "Missing the key SK in the item"},
		{`"PK":{"S":"a"},"SK":{"N":"1"}`, mismatch, invalid + "Type mismatch for key SK expected: S actual: N"},
		{`"PK":{"S":""},"SK":{"S":"b"}`, empty + "PK", empty + "PK"},
		{`"PK":{"S":"a"},"SK":{"S":""}`, empty + "SK", empty + "SK"},
		{`"PK":{"S":"` + long(2049) + `"},"SK":{"S":"b"}`, tooLong, tooLong},
		{`"PK":{"S":"a"},"SK":{"S":"` + long(1025) + `"}`, sortLong, sortLong},
		{`"PK":{"S":"` + long(2048) + `"},"SK":{"S":"` + long(1024) + `"}`, "", ""},
	}
	for _, test := range keys {
		for operation, message := range map[string]string{"GetItem": test.want, "DeleteItem": test.want, "UpdateItem": test.want,
			"PutItem": test.wantPut} {
			member := "Key"
			if operation == "PutItem" {
				member = "Item"
			}
			body := `{"TableName":"letters","` + member + `":{` + test.key + `}}`
			if message == "" {
				c.answer(operation, body)
			} else {
				c.invalid(operation, body, message)
			}
		}
	}
	c.invalid("GetItem", `{"TableName":"letters","Key":{`+ab+`,"x":{"S":"c"}}}`, mismatch)
	c.invalid("GetItem", `{"TableName":"letters","Key":{}}`, mismatch)
	update := `{"TableName":"letters","Key":{` + ab + `},"UpdateExpression":`
	c.invalid("UpdateItem", update+`"REMOVE SK"}`, invalid+"Cannot update attribute SK. This attribute is part of the key")
	const scalar = "Key attributes must be scalars; list random access '[]' and map lookup '.' are not allowed: "
	c.invalid("UpdateItem", update+`"REMOVE G.x"}`, scalar+"IndexKey: G")
	c.invalid("UpdateItem", update+`"SET x = PK.y"}`, scalar+"Key: PK")
	c.invalid("UpdateItem", update+`"SET x = if_not_exists(H[0], n)"}`, scalar+"IndexKey: H")
	c.invalid("GetItem", `{"TableName":"letters","Key":{`+ab+`},"ProjectionExpression":"PK[0]"}`, scalar+"Key: PK")
	c.invalid("DeleteItem", `{"TableName":"letters","Key":{`+ab+`},"ConditionExpression":"attribute_exists(H.x)"}`,
		scalar+"IndexKey: H")
}

func TestIndexKeysAreChecked(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	const (
		mismatch = "One or more parameter values were invalid: Type mismatch for Index Key G Expected: S Actual: N IndexName: all"
		dynamic  = "The update expression attempted to update the secondary index key to unsupported type"
		tooLong  = "One or more parameter values were invalid: Size of hashkey has exceeded the maximum size limit of2048 bytes"
	)
	long := strings.Repeat("x", 2049)
	c.invalid("PutItem", `{"TableName":"letters","Item":{`+ab+`,"G":{"N":"1"}}}`, mismatch)
	c.invalid("PutItem", `{"TableName":"letters","Item":{`+ab+`,"G":{"S":""}}}`, "One or more parameter values are not valid. "+
		"A value specified for a secondary index key is not supported. The AttributeValue for a key attribute cannot contain an "+
		"empty string value. "+
		"IndexName: all, IndexKey: G")
	c.invalid("PutItem", `{"TableName":"letters","Item":{`+ab+`,"G":{"S":"`+long+`"}}}`, tooLong)
	c.put(ab + `,"n":{"N":"1"},"lengthy":{"S":"` + long + `"},"empty":{"S":""}`)
	update := `{"TableName":"letters","Key":{` + ab + `},"UpdateExpression":`
	c.invalid("UpdateItem", update+`"SET G = :v","ExpressionAttributeValues":{":v":{"N":"1"}}}`, mismatch)
	c.invalid("UpdateItem", update+`"ADD G :v","ExpressionAttributeValues":{":v":{"N":"1"}}}`, mismatch)
	c.invalid("UpdateItem", update+`"SET G = n"}`, dynamic)
	c.invalid("UpdateItem", update+`"SET G = if_not_exists(q, n)"}`, dynamic)
	c.invalid("UpdateItem", update+`"SET G = lengthy"}`, tooLong)
	c.invalid("UpdateItem", update+`"SET G = #e","ExpressionAttributeNames":{"#e":"empty"}}`,
		"One or more parameter values are not valid. "+
			"The update expression attempted to update a secondary index key to a value that is not supported. "+
			"The AttributeValue for a key attribute cannot contain an empty string value.")
	c.answer("UpdateItem", update+`"SET H = n, G = :v","ExpressionAttributeValues":{":v":{"S":"g"}}}`)
	c.answer("UpdateItem", update+`"REMOVE G ADD H :v","ExpressionAttributeValues":{":v":{"N":"1"}}}`)
}

func TestItemSize(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	const most = 400 << 10
	// PK, a, SK, b and x with its value.
	filled := func(size int) string { return ab + `,"x":{"S":"` + strings.Repeat("y", size-7) + `"}` }
	c.put(filled(most))
	c.invalid("PutItem", `{"TableName":"letters","Item":{`+filled(most+1)+`}}`, "Item size has exceeded the maximum allowed size")
	c.invalid("UpdateItem", `{"TableName":"letters","Key":{`+ab+`},"UpdateExpression":"SET z = :z",
		"ExpressionAttributeValues":{":z":{"S":""}}}`,
		"Item size to update has exceeded the maximum allowed size")
	c.invalid("BatchWriteItem", `{"RequestItems":{"letters":[{"PutRequest":{"Item":{`+filled(most+1)+`}}}]}}`,
		"Item size has exceeded the maximum allowed size")
}

func TestUpdatesNestNoDeeperThanItems(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	const most = 31
	c.put(ab + `,"deep":` + strings.Repeat(`{"L":[`, most) + strings.Repeat(`]}`, most) + `,"m":{"M":{}}`)
	body := `{"TableName":"letters","Key":{` + ab + `},"UpdateExpression":`
	c.answer("UpdateItem", body+`"SET copied = deep, m.x = deep[0]"}`)
	c.invalid("UpdateItem", body+`"SET m.x = deep"}`,
		"Nesting Levels have exceeded supported limits: Attributes in the item have nested levels beyond supported limit")
	if c.get(ab) == "" {
		t.Error("the item is gone")
	}
}

func TestRequestsForItemsAreRefused(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	const one = "1 validation error detected: "
	tests := []struct{ operation, body, want string }{
		{"GetItem", `{}`, "2 validation errors detected: Value null at 'tableName' failed to satisfy constraint: Member must not be " +
			"null; Value null at 'key' failed to satisfy constraint: Member must not be null"},
		{"PutItem", `{"TableName":"letters"}`, one + "Value null at 'item' failed to satisfy constraint: Member must not be null"},
		{"GetItem", `{"TableName":"ab","Key":{}}`, one + "Value 'ab' at 'tableName' failed to satisfy constraint: Member must have " +
			"length greater than or equal to 3"},
		{"GetItem", `{"TableName":"a b c","Key":{}}`, one + "Value 'a b c' at 'tableName' failed to satisfy constraint: " +
			"Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+"},
		{"PutItem", `{"TableName":"letters","Item":{},"ReturnValues":"SOME"}`, one +
			"Value 'SOME' at 'returnValues' failed to satisfy constraint: " +
			"Member must satisfy enum value set: [ALL_NEW, UPDATED_OLD, ALL_OLD, NONE, UPDATED_NEW]"},
		{"PutItem", `{"TableName":"letters","Item":{` + ab + `},"ReturnValues":"ALL_NEW"}`, "ReturnValues can only be ALL_OLD or NONE"},
		{"DeleteItem", `{"TableName":"letters","Key":{` + ab + `},"ReturnValues":"UPDATED_OLD"}`,
			"ReturnValues can only be ALL_OLD or NONE"},
		{"UpdateItem", `{"TableName":"letters","Key":{},"ReturnValuesOnConditionCheckFailure":"ALL_NEW"}`, one +
			"Value 'ALL_NEW' at 'returnValuesOnConditionCheckFailure' failed to satisfy constraint: Member must satisfy enum value set: " +
			"[ALL_OLD, NONE]"},
		{"GetItem", `{"TableName":"letters","Key":{},"ReturnConsumedCapacity":"SOME"}`, one +
			"Value 'SOME' at 'returnConsumedCapacity' failed to satisfy " +
			"constraint: Member must satisfy enum value set: [INDEXES, TOTAL, NONE]"},
		{"GetItem", `{"TableName":"letters","Key":{` + ab + `},"ExpressionAttributeNames":{"#a":"a"}}`,
			"ExpressionAttributeNames can only be specified when using expressions"},
		{"PutItem", `{"TableName":"letters","Item":{` + ab + `},"ExpressionAttributeValues":{":a":{"S":"a"}}}`,
			"ExpressionAttributeValues can only be specified when using expressions: ConditionExpression is null"},
		{"UpdateItem", `{"TableName":"letters","Key":{` + ab + `},"ExpressionAttributeValues":{":a":{"S":"a"}}}`,
			"ExpressionAttributeValues can only be specified when using expressions: UpdateExpression and ConditionExpression are null"},
		{"UpdateItem", `{"TableName":"letters","Key":{` + ab + `},"UpdateExpression":"REMOVE x","ExpressionAttributeNames":{}}`,
			"ExpressionAttributeNames must not be empty"},
		{"UpdateItem", `{"TableName":"letters","Key":{` + ab + `},"UpdateExpression":"REMOVE x",
			"ExpressionAttributeValues":{":a":{"N":"x"}}}`,
			"ExpressionAttributeValues contains invalid value: The parameter cannot be converted to a numeric value: x for key :a"},
		{"UpdateItem", `{"TableName":"letters","Key":{` + ab + `},"UpdateExpression":"REMOVE #a","ExpressionAttributeNames":{"#a":"a",
			"#b":"b"}}`,
			"Value provided in ExpressionAttributeNames unused in expressions: keys: {#b}"},
		{"DeleteItem", `{"TableName":"letters","Key":{` + ab + `},"ConditionExpression":"PK = :a",
			"ExpressionAttributeValues":{":a":{"S":"a"},":b":{"S":"a"}}}`,
			"Value provided in ExpressionAttributeValues unused in expressions: keys: {:b}"},
		{"PutItem", `{"TableName":"letters","Item":{` + ab + `},"Expected":{}}`,
			"The parameter Expected is from before expressions, and the local cloud does not support it: use ConditionExpression."},
		{"UpdateItem", `{"TableName":"letters","Key":{` + ab + `},"AttributeUpdates":{}}`,
			"The parameter AttributeUpdates is from before expressions, and the local cloud does not support it: use UpdateExpression."},
		{"GetItem", `{"TableName":"letters","Key":{` + ab + `},"AttributesToGet":["a"]}`,
			"The parameter AttributesToGet is from before expressions, and the local cloud does not support it: use ProjectionExpression."},
	}
	for _, test := range tests {
		c.invalid(test.operation, test.body, test.want)
	}
	for _, operation := range []string{"GetItem", "PutItem", "UpdateItem", "DeleteItem"} {
		body := `{"TableName":"nowhere","Key":{` + ab + `},"Item":{` + ab + `}}`
		c.refuse(operation, body, "ResourceNotFoundException", "Requested resource not found")
		c.refuse(operation, `{"TableName":5}`, "SerializationException", "NUMBER_VALUE cannot be converted to String")
		c.refuse(operation, `[]`, "SerializationException", "Start of structure expected")
	}
}
