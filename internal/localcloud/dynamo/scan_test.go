package dynamo_test

import (
	"fmt"
	"strings"
	"testing"
)

func TestScan(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	c.expect("Scan", `{"TableName":"letters"}`, `{"Items":[],"Count":0,"ScannedCount":0}`)
	fillLetters(c)
	all := c.page("Scan", `{"TableName":"letters"}`)
	if all.Count != 8 || all.ScannedCount != 8 || all.LastEvaluatedKey != nil {
		t.Errorf("a scan finds %d of %d, last %s", all.Count, all.ScannedCount, all.LastEvaluatedKey)
	}
	if got := c.page("Scan", `{"TableName":"letters","FilterExpression":"PK = :q","ExpressionAttributeValues":{":q":{"S":"q"}},
		"ScanIndexForward":false}`); got.ids(t) != "9 7" ||
		got.ScannedCount != 8 {
		t.Errorf("a filtered scan finds %s of %d", got.ids(t), got.ScannedCount)
	}
	if got := c.page("Scan", `{"TableName":"letters","IndexName":"some","Select":"COUNT"}`); got.Count != 5 {
		t.Errorf("the scan of an index finds %d", got.Count)
	}
	if got := c.page("Scan", `{"TableName":"letters","IndexName":"some","FilterExpression":"attribute_not_exists(b)"}`); got.Count != 5 {
		t.Errorf("of an index without b, %d entries have no b", got.Count)
	}
}

func TestScansGoOnWhereTheyStopped(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	fillLetters(c)
	for _, index := range []string{``, `,"IndexName":"all"`, `,"IndexName":"keys"`} {
		for limit := 1; limit < 10; limit++ {
			whole := c.page("Scan", `{"TableName":"letters"`+index+`}`)
			var found []string
			start := ``
			for {
				part := c.page("Scan", fmt.Sprintf(`{"TableName":"letters"%s,"Limit":%d%s}`, index, limit, start))
				for _, item := range part.Items {
					found = append(found, string(item))
				}
				if part.LastEvaluatedKey == nil {
					break
				}
				start = `,"ExclusiveStartKey":` + string(part.LastEvaluatedKey)
			}
			var want []string
			for _, item := range whole.Items {
				want = append(want, string(item))
			}
			if strings.Join(found, "\n") != strings.Join(want, "\n") {
				t.Errorf("%s by %d: %v", index, limit, found)
			}
		}
	}
}

func TestSegmentsPartTheTable(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	const items = 200
	for i := range items {
		c.answer("PutItem", fmt.Sprintf(`{"TableName":"numbers","Item":{"id":{"N":"%d"}}}`, i))
	}
	for _, total := range []int{1, 2, 3, 7, 1000000} {
		seen := map[string]int{}
		for _, segment := range []int{0, 1, 2, 3, 4, 5, 6, 999999} {
			if segment >= total {
				continue
			}
			page := c.page("Scan", fmt.Sprintf(`{"TableName":"numbers","Segment":%d,"TotalSegments":%d}`, segment, total))
			for _, item := range page.Items {
				seen[string(item)]++
			}
			if total == 7 && (page.Count < items/20 || page.Count > items/4) {
				t.Errorf("segment %d of 7 has %d of %d items", segment, page.Count, items)
			}
		}
		if total < 10 && len(seen) != items {
			t.Errorf("%d segments have %d items", total, len(seen))
		}
		for item, times := range seen {
			if times != 1 {
				t.Errorf("%s is in %d segments of %d", item, times, total)
			}
		}
	}
}

func TestScansAreRefused(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	fillLetters(c)
	first := c.page("Scan", `{"TableName":"letters","Limit":1}`)
	inOther := 0
	for segment := range 2 {
		body := fmt.Sprintf(`{"TableName":"letters","Segment":%d,"TotalSegments":2,"ExclusiveStartKey":%s}`, segment,
			first.LastEvaluatedKey)
		if _, err := c.Call(t.Context(), "Scan", []byte(body)); err != nil {
			inOther++
			c.invalid("Scan", body, fmt.Sprintf("The provided starting key is invalid: Invalid ExclusiveStartKey. "+
				"Please use ExclusiveStartKey with correct Segment. TotalSegments: 2 Segment: %d", segment))
		}
	}
	if inOther != 1 {
		t.Errorf("a key is refused in %d of two segments", inOther)
	}
	const one = "1 validation error detected: "
	tests := []struct{ members, want string }{
		{`"Segment":0`, "The TotalSegments parameter is required but was not present in the request when Segment parameter is present"},
		{`"TotalSegments":1`, "The Segment parameter is required but was not present in the request when parameter TotalSegments is " +
			"present"},
		{`"Segment":2,"TotalSegments":2`, "The Segment parameter is zero-based and must be less than parameter TotalSegments: " +
			"Segment: 2 is not less than TotalSegments: 2"},
		{`"Segment":-1,"TotalSegments":2`, one + "Value '-1' at 'segment' failed to satisfy constraint: Member must have value " +
			"greater than or equal to 0"},
		{`"Segment":0,"TotalSegments":1000001`, one + "Value '1000001' at 'totalSegments' failed to satisfy constraint: " +
			"Member must have value less than or equal to 1000000"},
		{`"ExpressionAttributeValues":{":v":{"N":"1"}},"ProjectionExpression":"a"`,
			"ExpressionAttributeValues can only be specified when using expressions: FilterExpression is null"},
		{`"ExpressionAttributeNames":{"#v":"a"}`, "ExpressionAttributeNames can only be specified when using expressions"},
		{`"FilterExpression":"a ="`, `Invalid FilterExpression: Syntax error; token: "<EOF>", near: "="`},
		{`"ScanFilter":{}`, "The parameter ScanFilter is from before expressions, and the local cloud does not support it: use " +
			"FilterExpression."},
		{`"ExclusiveStartKey":{"PK":{"S":"p"}}`, "The provided starting key is invalid"},
		{`"IndexName":"some","ConsistentRead":true`, "Consistent reads are not supported on global secondary indexes"},
	}
	for _, test := range tests {
		c.invalid("Scan", `{"TableName":"letters",`+test.members+`}`, test.want)
	}
}
