package dynamo_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// page is an answer of Query or Scan.
type page struct {
	Items            []json.RawMessage
	Count            int
	ScannedCount     int
	LastEvaluatedKey json.RawMessage
}

func (c cloud) page(operation, body string) page {
	c.Helper()
	var answer page
	if err := json.Unmarshal([]byte(c.answer(operation, body)), &answer); err != nil {
		c.Fatal(err)
	}
	return answer
}

// names returns the attribute of an answer's items that is called id.
func (p page) ids(t testing.TB) string {
	t.Helper()
	var ids []string
	for _, document := range p.Items {
		var item map[string]map[string]any
		if err := json.Unmarshal(document, &item); err != nil {
			t.Fatal(err)
		}
		for _, value := range item["id"] {
			ids = append(ids, fmt.Sprint(value))
		}
	}
	return strings.Join(ids, " ")
}

func TestSortKeyConditions(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	for kind, keys := range map[string][]string{
		"S": {"a", "ab", "abc", "b", "é"},
		"N": {"-1.5", "0", "0.5", "2", "10"},
		"B": {"AA==", "AAE=", "AQ==", "/w==", "//8="},
	} {
		table := `{"TableName":"table` + kind + `","BillingMode":"PAY_PER_REQUEST","AttributeDefinitions":[
			{"AttributeName":"p","AttributeType":"S"},{"AttributeName":"s","AttributeType":"` + kind + `"}],
			"KeySchema":[{"AttributeName":"p","KeyType":"HASH"},{"AttributeName":"s","KeyType":"RANGE"}]}`
		c.answer("CreateTable", table)
		for _, i := range []int{3, 0, 4, 1, 2} {
			for _, partition := range []string{"o", "p", "pp"} {
				c.answer("PutItem", fmt.Sprintf(`{"TableName":"table%s","Item":{"p":{"S":%q},"s":{%q:%q},"id":{"S":"%d"}}}`, kind,
					partition, kind, keys[i], i))
			}
		}
	}
	value := func(kind, key string) string { return fmt.Sprintf(`{%q:%q}`, kind, key) }
	tests := []struct {
		kind, condition, one, two, want string
	}{
		{"S", "", "", "", "0 1 2 3 4"},
		{"S", "s = :a", "ab", "", "1"}, {"S", "s = :a", "abx", "", ""}, {"S", "s < :a", "ab", "", "0"}, {"S", "s <= :a", "ab", "", "0 1"},
		{"S", "s > :a", "ab", "", "2 3 4"}, {"S", "s >= :a", "ab", "", "1 2 3 4"}, {"S", "s BETWEEN :a AND :b", "aa", "b", "1 2 3"},
		{"S", "begins_with(s, :a)", "a", "", "0 1 2"}, {"S", "begins_with(s, :a)", "abc", "", "2"}, {"S", "begins_with(s, :a)", "z",
			"", ""},
		{"N", "s = :a", "2.0", "", "3"}, {"N", "s < :a", "0", "", "0"}, {"N", "s <= :a", "0.5", "", "0 1 2"}, {"N", "s > :a", "2", "",
			"4"},
		{"N", "s >= :a", "-1", "", "1 2 3 4"}, {"N", "s BETWEEN :a AND :b", "-9", "2", "0 1 2 3"},
		{"B", "s = :a", "/w==", "", "3"}, {"B", "s > :a", "AAE=", "", "2 3 4"}, {"B", "s <= :a", "AA==", "", "0"},
		{"B", "begins_with(s, :a)", "AA==", "", "0 1"}, {"B", "begins_with(s, :a)", "/w==", "", "3 4"},
	}
	for _, test := range tests {
		condition, values := "p = :p", `":p":{"S":"p"}`
		for key, operand := range map[string]string{":a": test.one, ":b": test.two} {
			if strings.Contains(test.condition, key) {
				values += fmt.Sprintf(`,%q:%s`, key, value(test.kind, operand))
			}
		}
		if test.condition != "" {
			condition += " AND " + test.condition
		}
		body := fmt.Sprintf(`{"TableName":"table%s","KeyConditionExpression":"%s","ExpressionAttributeValues":{%s}`, test.kind,
			condition, values)
		if got := c.page("Query", body+`}`).ids(t); got != test.want {
			t.Errorf("%s with %s %s: %s, want %s", condition, test.one, test.two, got, test.want)
		}
		backward := strings.Fields(test.want)
		slices.Reverse(backward)
		if got, want := c.page("Query", body+`,"ScanIndexForward":false}`).ids(t), strings.Join(backward, " "); got != want {
			t.Errorf("%s with %s %s backward: %s, want %s", condition, test.one, test.two, got, want)
		}
	}
}

// fillLetters stores letters in one partition, every second in indexes.
func fillLetters(c cloud) {
	c.Helper()
	for i := range 6 {
		item := fmt.Sprintf(`"PK":{"S":"p"},"SK":{"S":"s%d"},"id":{"N":"%d"},"a":{"S":"x%d"},"b":{"S":"y"}`, i, i, i%3)
		if i%2 == 0 {
			item += fmt.Sprintf(`,"G":{"S":"g"},"H":{"N":"%d"}`, 10-i)
		}
		c.put(item)
	}
	c.put(`"PK":{"S":"q"},"SK":{"S":"s0"},"id":{"N":"9"},"G":{"S":"g"},"H":{"N":"8"},"a":{"S":"x9"}`,
		`"PK":{"S":"q"},"SK":{"S":"s1"},"id":{"N":"7"},"G":{"S":"g"}`)
}

const queryP = `{"TableName":"letters","KeyConditionExpression":"PK = :p","ExpressionAttributeValues":{":p":{"S":"p"}}`

func TestQuerySelects(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	fillLetters(c)
	filtered := `{"TableName":"letters","KeyConditionExpression":"PK = :p","FilterExpression":"a = :x",
		"ExpressionAttributeValues":{":p":{"S":"p"},":x":{"S":"x1"}}`
	tests := []struct {
		body           string
		ids            string
		count, scanned int
		last           string
	}{
		{queryP + `}`, "0 1 2 3 4 5", 6, 6, ``},
		{queryP + `,"Limit":6}`, "0 1 2 3 4 5", 6, 6, `{"PK":{"S":"p"},"SK":{"S":"s5"}}`},
		{queryP + `,"Limit":7}`, "0 1 2 3 4 5", 6, 6, ``},
		{queryP + `,"Limit":2}`, "0 1", 2, 2, `{"PK":{"S":"p"},"SK":{"S":"s1"}}`},
		{queryP + `,"Limit":2,"ExclusiveStartKey":{"PK":{"S":"p"},"SK":{"S":"s1"}}}`, "2 3", 2, 2, `{"PK":{"S":"p"},"SK":{"S":"s3"}}`},
		{queryP + `,"ExclusiveStartKey":{"PK":{"S":"p"},"SK":{"S":"s3.5"}},"ConsistentRead":true}`, "4 5", 2, 2, ``},
		{queryP + `,"ExclusiveStartKey":{"PK":{"S":"p"},"SK":{"S":"s5"}}}`, "", 0, 0, ``},
		{queryP + `,"Limit":2,"ScanIndexForward":false}`, "5 4", 2, 2, `{"PK":{"S":"p"},"SK":{"S":"s4"}}`},
		{queryP + `,"ScanIndexForward":false,"ExclusiveStartKey":{"PK":{"S":"p"},"SK":{"S":"s2"}}}`, "1 0", 2, 2, ``},
		{queryP + `,"Select":"COUNT","Limit":4}`, "", 4, 4, `{"PK":{"S":"p"},"SK":{"S":"s3"}}`},
		{filtered + `}`, "1 4", 2, 6, ``},
		{filtered + `,"Limit":3}`, "1", 1, 3, `{"PK":{"S":"p"},"SK":{"S":"s2"}}`},
		{filtered + `,"Select":"COUNT"}`, "", 2, 6, ``},
		{queryP + `,"ProjectionExpression":"id, q","Limit":1}`, "0", 1, 1, `{"PK":{"S":"p"},"SK":{"S":"s0"}}`},
		{queryP + `,"ProjectionExpression":"id","Select":"SPECIFIC_ATTRIBUTES","Limit":1}`, "0", 1, 1,
			`{"PK":{"S":"p"},"SK":{"S":"s0"}}`},
	}
	for _, test := range tests {
		got := c.page("Query", test.body)
		if ids := got.ids(t); ids != test.ids || got.Count != test.count || got.ScannedCount != test.scanned ||
			string(got.LastEvaluatedKey) != test.last {
			t.Errorf("%s\n got %s (%d of %d), last %s\nwant %s (%d of %d), last %s", test.body, ids, got.Count, got.ScannedCount,
				got.LastEvaluatedKey,
				test.ids, test.count, test.scanned, test.last)
		}
	}
	c.expect("Query", queryP+`,"Select":"COUNT"}`, `{"Count":6,"ScannedCount":6}`)
	c.expect("Query", strings.Replace(queryP, `"p"`, `"nobody"`, 1)+`}`, `{"Items":[],"Count":0,"ScannedCount":0}`)
	c.expect("Query", queryP+`,"ProjectionExpression":"id","Limit":1}`,
		`{"Items":[{"id":{"N":"0"}}],"Count":1,"ScannedCount":1,"LastEvaluatedKey":{"PK":{"S":"p"},"SK":{"S":"s0"}}}`)
}

func TestQueryOfIndexes(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	fillLetters(c)
	queryG := func(index string) string {
		return `{"TableName":"letters","IndexName":"` + index + `","KeyConditionExpression":"G = :g",
			"ExpressionAttributeValues":{":g":{"S":"g"}}`
	}
	if got := c.page("Query", queryG("all")+`}`).ids(t); got != "4 9 2 0" { // 9 and 2 have the same H
		t.Errorf("the index's order is %s", got)
	}
	got := c.page("Query", queryG("all")+`,"Limit":2}`)
	if want := `{"G":{"S":"g"},"H":{"N":"8"},"PK":{"S":"q"},"SK":{"S":"s0"}}`; got.ids(t) != "4 9" ||
		string(got.LastEvaluatedKey) != want {
		t.Errorf("the first page of the index is %s, last %s", got.ids(t), got.LastEvaluatedKey)
	}
	if got := c.page("Query", queryG("all")+`,"ExclusiveStartKey":`+string(got.LastEvaluatedKey)+`}`).ids(t); got != "2 0" {
		t.Errorf("the second page of the index is %s", got)
	}
	if got := c.page("Query", queryG("all")+`,"ScanIndexForward":false,
		"ExclusiveStartKey":`+string(got.LastEvaluatedKey)+`}`).ids(t); got != "4" {
		t.Errorf("backward from there is %s", got)
	}
	c.expect("Query", queryG("some")+`,"FilterExpression":"attribute_not_exists(a)"}`,
		`{"Items":[{"PK":{"S":"q"},"SK":{"S":"s1"},"G":{"S":"g"}}],"Count":1,"ScannedCount":5}`)
	c.expect("Query", `{"TableName":"letters","IndexName":"keys","KeyConditionExpression":"H = :h",
		"ExpressionAttributeValues":{":h":{"N":"8"}},
		"Select":"ALL_PROJECTED_ATTRIBUTES"}`, `{"Items":[{"PK":{"S":"q"},"SK":{"S":"s0"},"H":{"N":"8"}},{"PK":{"S":"p"},
			"SK":{"S":"s2"},"H":{"N":"8"}}],
		"Count":2,"ScannedCount":2}`)

	c.answer("UpdateItem", `{"TableName":"letters","Key":{"PK":{"S":"p"},"SK":{"S":"s2"}},"UpdateExpression":"SET H = :h",
		"ExpressionAttributeValues":{":h":{"N":"20"}}}`)
	c.answer("UpdateItem", `{"TableName":"letters","Key":{"PK":{"S":"p"},"SK":{"S":"s4"}},"UpdateExpression":"REMOVE G"}`)
	c.answer("UpdateItem", `{"TableName":"letters","Key":{"PK":{"S":"p"},"SK":{"S":"s5"}},"UpdateExpression":"SET G = :g, H = :h",
		"ExpressionAttributeValues":{":g":{"S":"g"},":h":{"N":"-1"}}}`)
	c.answer("DeleteItem", `{"TableName":"letters","Key":{"PK":{"S":"q"},"SK":{"S":"s0"}}}`)
	if got := c.page("Query", queryG("all")+`}`).ids(t); got != "5 0 2" {
		t.Errorf("after changes the index is %s", got)
	}
}

func TestQueriesAreRefused(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	const (
		start    = "The provided starting key is invalid"
		one      = "1 validation error detected: "
		choosing = "Cannot specify the ProjectionExpression when choosing to get "
	)
	query := func(condition, rest string) string {
		declared := []string{}
		for key, value := range map[string]string{":p": `{"S":"p"}`, ":n": `{"N":"1"}`, ":e": `{"S":""}`} {
			if strings.Contains(condition+rest, key) {
				declared = append(declared, `"`+key+`":`+value)
			}
		}
		return `{"TableName":"letters","KeyConditionExpression":"` + condition + `","ExpressionAttributeValues":{` +
			strings.Join(declared, ",") + `}` + rest + `}`
	}
	tests := []struct{ body, want string }{
		{`{"TableName":"letters"}`, "Either the KeyConditions or KeyConditionExpression parameter must be specified in the request."},
		{`{"TableName":"letters","KeyConditions":{}}`,
			"The parameter KeyConditions is from before expressions, and the local cloud does not support it: use KeyConditionExpression."},
		{query("SK = :p", ``), "Query condition missed key schema element: PK"},
		{query("PK = :p AND a = :p", ``), "Query condition missed key schema element: SK"},
		{query("PK > :p", ``), "Query key condition not supported"},
		{query("begins_with(PK, :p)", ``), "Query key condition not supported"},
		{query("PK = :n", ``), "One or more parameter values were invalid: Condition parameter type does not match schema type"},
		{query("PK = :p AND SK < :n", ``), "One or more parameter values were invalid: Condition parameter type does not match " +
			"schema type"},
		{query("PK = :p AND SK > :e", ``), "One or more parameter values are not valid. The AttributeValue for a key attribute " +
			"cannot contain an empty string value. Key: SK"},
		{query("G = :p", `,"IndexName":"none"`), "The table does not have the specified index: none"},
		{query("G = :p", `,"IndexName":"x"`), one + "Value 'x' at 'indexName' failed to satisfy constraint: Member must have length " +
			"greater than or equal to 3"},
		{query("G = :p", `,"IndexName":"all","ConsistentRead":true`), "Consistent reads are not supported on global secondary indexes"},
		{query("PK = :p", `,"IndexName":"all"`), "Query condition missed key schema element: G"},
		{query("G = :p AND SK = :p", `,"IndexName":"all"`), "Query condition missed key schema element: H"},
		{query("G = :p AND H = :n", `,"IndexName":"some"`), "Query key condition not supported"},
		{query("G = :p", `,"IndexName":"some","Select":"ALL_ATTRIBUTES"`),
			"One or more parameter values were invalid: Select type ALL_ATTRIBUTES is not " +
				"supported for global secondary index some because its projection type is not ALL"},
		{query("G = :p", `,"IndexName":"some","ProjectionExpression":"a, b.c, b.d"`),
			"One or more parameter values were invalid: Global secondary index some does not project [b]"},
		{query("G = :p", `,"IndexName":"some","FilterExpression":"attribute_exists(b)"`),
			"One or more parameter values were invalid: Secondary index some does not project one or more filter attributes: [b]"},
		{query("PK = :p", `,"FilterExpression":"attribute_exists(SK)"`),
			"Filter Expression can only contain non-primary key attributes: Primary key attribute: SK"},
		{query("G = :p", `,"IndexName":"all","FilterExpression":"a = H"`),
			"Filter Expression can only contain non-primary key attributes: Primary key attribute: H"},
		{query("PK = :p", `,"FilterExpression":"attribute_exists(SK.x)"`),
			"Key attributes must be scalars; list random access '[]' and map lookup '.' are not allowed: Key: SK"},
		{query("PK = :p", `,"Limit":0`), one + "Value '0' at 'limit' failed to satisfy constraint: Member must have value greater " +
			"than or equal to 1"},
		{query("PK = :p", `,"Select":"SOME"`), one + "Value 'SOME' at 'select' failed to satisfy constraint: Member must satisfy " +
			"enum value set: [SPECIFIC_ATTRIBUTES, COUNT, ALL_ATTRIBUTES, ALL_PROJECTED_ATTRIBUTES]"},
		{query("PK = :p", `,"Select":"COUNT","ProjectionExpression":"a"`), choosing + "only the Count"},
		{query("PK = :p", `,"Select":"ALL_ATTRIBUTES","ProjectionExpression":"a"`), choosing + "ALL_ATTRIBUTES"},
		{query("PK = :p", `,"Select":"SPECIFIC_ATTRIBUTES"`),
			"Must specify the AttributesToGet or ProjectionExpression when choosing to get SPECIFIC_ATTRIBUTES"},
		{query("PK = :p", `,"Select":"ALL_PROJECTED_ATTRIBUTES"`),
			"ALL_PROJECTED_ATTRIBUTES can be used only when Querying using an IndexName"},
		{query("PK = :p", `,"ExclusiveStartKey":{"PK":{"S":"p"}}`), start},
		{query("PK = :p", `,"ExclusiveStartKey":{}`), start},
		{query("PK = :p", `,"ExclusiveStartKey":{"PK":{"S":"p"},"SK":{"S":"s"},"x":{"S":"s"}}`), start},
		{query("PK = :p", `,"ExclusiveStartKey":{"PK":{"S":"p"},"x":{"S":"s"}}`), start},
		{query("PK = :p", `,"ExclusiveStartKey":{"PK":{"S":"p"},"SK":{"N":"1"}}`), start +
			": The provided key element does not match the schema"},
		{query("PK = :p", `,"ExclusiveStartKey":{"PK":{"S":"p"},"SK":{}}`),
			start + ": Supplied AttributeValue is empty, must contain exactly one of the supported datatypes"},
		{query("PK = :p", `,"ExclusiveStartKey":{"PK":{"S":"q"},"SK":{"S":"s"}}`),
			"The provided starting key is outside query boundaries based on provided conditions"},
		{query("PK = :p AND SK > :p", `,"ExclusiveStartKey":{"PK":{"S":"p"},"SK":{"S":"o"}}`),
			"The provided starting key does not match the range key predicate"},
		{query("G = :p", `,"IndexName":"all","ExclusiveStartKey":{"PK":{"S":"p"},"SK":{"S":"s"}}`), start},
		{query("G = :p", `,"IndexName":"all","ExclusiveStartKey":{"PK":{"S":"p"},"SK":{"S":"s"},"G":{"S":"p"},"H":{"S":"x"}}`), start},
	}
	for _, test := range tests {
		c.invalid("Query", test.body, test.want)
	}
	c.refuse("Query", strings.Replace(query("PK = :p", ``), "letters", "nowhere", 1), "ResourceNotFoundException",
		"Requested resource not found")
}

// A page ends with the item that brings what was read to 1 MB, whatever of it is wanted.
func TestPagesAreMeasuredByWhatIsRead(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	const items, size = 7, 200 << 10
	for i := range items {
		c.put(fmt.Sprintf(`"PK":{"S":"p"},"SK":{"S":"%d"},"x":{"S":"%s"}`, i, strings.Repeat("x", size-7)))
	}
	for name, more := range map[string]string{
		"all": ``, "filtered": `,"FilterExpression":"attribute_not_exists(x)"`, "projected": `,"ProjectionExpression":"SK"`,
		"counted": `,"Select":"COUNT"`,
	} {
		first := c.page("Query", queryP+more+`}`)
		if want := `{"PK":{"S":"p"},"SK":{"S":"5"}}`; first.ScannedCount != 6 || string(first.LastEvaluatedKey) != want {
			t.Errorf("%s: the first page has %d items, last %s", name, first.ScannedCount, first.LastEvaluatedKey)
		}
		second := c.page("Query", queryP+more+`,"ExclusiveStartKey":`+string(first.LastEvaluatedKey)+`}`)
		if second.ScannedCount != items-6 || second.LastEvaluatedKey != nil {
			t.Errorf("%s: the second page has %d items, last %s", name, second.ScannedCount, second.LastEvaluatedKey)
		}
	}
}
