package dynamo_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/dynamo"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/store"
)

const enableTTL = `{"TableName":"letters","TimeToLiveSpecification":{"AttributeName":"until","Enabled":true}}`

// lives tells whether an item of the partition p of the table letters is there, in the table and in an index.
func (c cloud) lives(sort string) bool {
	c.Helper()
	_, inTable := strings.CutPrefix(c.get(`"PK":{"S":"p"},"SK":{"S":"`+sort+`"}`), "{")
	index := c.page("Query", `{"TableName":"letters","IndexName":"all","KeyConditionExpression":"G = :g","FilterExpression":"SK = :s",
		"ExpressionAttributeValues":{":g":{"S":"g"},":s":{"S":"`+sort+`"}}}`)
	if inTable != (index.Count == 1) {
		c.Errorf("%s is in the table: %v, in the index: %d", sort, inTable, index.Count)
	}
	return inTable
}

func TestExpiredItemsAreDeleted(t *testing.T) {
	t.Parallel()
	now := time.Unix(1_800_000_000, 0)
	c := newCloud(t, at(&now))
	put := func(sort, until string) {
		t.Helper()
		c.put(`"PK":{"S":"p"},"SK":{"S":"` + sort + `"},"G":{"S":"g"},"H":{"N":"1"},"until":` + until)
	}
	seconds := func(d time.Duration) string { return fmt.Sprintf(`{"N":"%d"}`, now.Add(d).Unix()) }
	put("before it is enabled", seconds(-time.Second))
	put("kept before it is enabled", seconds(time.Hour))
	c.answer("UpdateTimeToLive", enableTTL)
	for sort, until := range map[string]string{
		"now": seconds(0), "past": seconds(-time.Hour), "a second to come": seconds(time.Second), "an hour to come": seconds(time.Hour),
		"a text": `{"S":"1799999999"}`, "a fraction": `{"N":"1799999999.9"}`, "negative": `{"N":"-5"}`, "huge": `{"N":"1e100"}`,
		"five years ago": seconds(-5 * 365 * 24 * time.Hour), "more than five years ago": seconds(-5*365*24*time.Hour - time.Second),
		"zero":      `{"N":"0"}`,
		"prolonged": seconds(-time.Minute), "unlimited": seconds(-time.Minute), "shortened": seconds(time.Hour),
		"deleted": seconds(-time.Minute),
	} {
		put(sort, until)
	}
	update := func(sort, expression, values string) {
		t.Helper()
		c.answer("UpdateItem", `{"TableName":"letters","Key":{"PK":{"S":"p"},"SK":{"S":"`+sort+`"}},
			"UpdateExpression":"`+expression+`"`+values+`}`)
	}
	update("prolonged", "SET #u = :u", `,"ExpressionAttributeNames":{"#u":"until"},
		"ExpressionAttributeValues":{":u":`+seconds(time.Minute)+`}`)
	update("shortened", "SET #u = :u", `,"ExpressionAttributeNames":{"#u":"until"},
		"ExpressionAttributeValues":{":u":`+seconds(-time.Minute)+`}`)
	update("unlimited", "REMOVE #u", `,"ExpressionAttributeNames":{"#u":"until"}`)
	c.answer("DeleteItem", `{"TableName":"letters","Key":{"PK":{"S":"p"},"SK":{"S":"deleted"}}}`)

	sweep := func(want int) {
		t.Helper()
		if deleted, err := c.Sweep(context.Background(), now); err != nil || deleted != want {
			t.Errorf("a sweep deleted %d, want %d; error %v", deleted, want, err)
		}
	}
	expect := func(lives bool, sorts ...string) {
		t.Helper()
		for _, sort := range sorts {
			if c.lives(sort) != lives {
				t.Errorf("%s is there: %v", sort, !lives)
			}
		}
	}
	sweep(6)
	expect(false, "before it is enabled", "now", "past", "a fraction", "shortened", "deleted", "five years ago")
	expect(true, "kept before it is enabled", "a second to come", "an hour to come", "a text", "negative", "huge",
		"more than five years ago",
		"zero", "prolonged", "unlimited")
	sweep(0)
	now = now.Add(time.Second)
	sweep(1)
	expect(false, "a second to come")
	now = now.Add(time.Hour)
	c.answer("UpdateTimeToLive", strings.Replace(enableTTL, "true", "false", 1))
	sweep(0)
	expect(true, "an hour to come", "prolonged")
	c.answer("UpdateTimeToLive", enableTTL)
	sweep(3)
	expect(false, "an hour to come", "prolonged", "kept before it is enabled")
	expect(true, "unlimited", "more than five years ago")
}

func TestSweepsGoOnWithManyItems(t *testing.T) {
	t.Parallel()
	now := time.Unix(1_800_000_000, 0)
	c := newCloud(t, at(&now))
	c.answer("UpdateTimeToLive", strings.Replace(enableTTL, "letters", "numbers", 1))
	const items = 2500
	for i := range items {
		c.answer("PutItem", fmt.Sprintf(`{"TableName":"numbers","Item":{"id":{"N":"%d"},"until":{"N":"1799999999"}}}`, i))
	}
	if deleted, err := c.Sweep(context.Background(), now); deleted != items || err != nil {
		t.Errorf("deleted %d, error %v", deleted, err)
	}
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	c.answer("PutItem", `{"TableName":"numbers","Item":{"id":{"N":"1"},"until":{"N":"1799999999"}}}`)
	if deleted, err := c.Sweep(ended, now); deleted != 0 || err == nil {
		t.Errorf("a cancelled sweep deleted %d, error %v", deleted, err)
	}
}

func TestTimeToLiveIsDescribed(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	const letters = `{"TableName":"letters"}`
	c.expect("DescribeTimeToLive", letters, `{"TimeToLiveDescription":{"TimeToLiveStatus":"DISABLED"}}`)
	c.invalid("UpdateTimeToLive", strings.Replace(enableTTL, "true", "false", 1), "TimeToLive is already disabled")
	c.expect("UpdateTimeToLive", enableTTL, `{"TimeToLiveSpecification":{"AttributeName":"until","Enabled":true}}`)
	c.expect("DescribeTimeToLive", letters, `{"TimeToLiveDescription":{"TimeToLiveStatus":"ENABLED","AttributeName":"until"}}`)
	c.invalid("UpdateTimeToLive", enableTTL, "TimeToLive is already enabled")
	const different = "TimeToLive is active on a different AttributeName: current AttributeName is until"
	c.invalid("UpdateTimeToLive", strings.Replace(enableTTL, "until", "other", 1), different)
	c.invalid("UpdateTimeToLive", strings.NewReplacer("until", "other", "true", "false").Replace(enableTTL), different)
	c.refuse("UpdateTimeToLive", strings.Replace(enableTTL, "letters", "nowhere", 1), "ResourceNotFoundException",
		"Requested resource not found: Table: nowhere not found")
	c.refuse("DescribeTimeToLive", `{"TableName":"nowhere"}`, "ResourceNotFoundException",
		"Requested resource not found: Table: nowhere not found")
	const one = "1 validation error detected: Value "
	tests := []struct{ specification, want string }{
		{``, one + "null at 'timeToLiveSpecification' failed to satisfy constraint: Member must not be null"},
		{`,"TimeToLiveSpecification":{"Enabled":true}`,
			one + "null at 'timeToLiveSpecification.attributeName' failed to satisfy constraint: Member must not be null"},
		{`,"TimeToLiveSpecification":{"AttributeName":"x"}`,
			one + "null at 'timeToLiveSpecification.enabled' failed to satisfy constraint: Member must not be null"},
		{`,"TimeToLiveSpecification":{"AttributeName":"","Enabled":true}`,
			one + "'' at 'timeToLiveSpecification.attributeName' failed to satisfy constraint: Member must have length greater than or " +
				"equal to 1"},
	}
	for _, test := range tests {
		c.invalid("UpdateTimeToLive", `{"TableName":"letters"`+test.specification+`}`, test.want)
	}
}

func TestTheEngineSweepsByItself(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		memory, err := store.OpenMemory()
		if err != nil {
			t.Fatal(err)
		}
		defer memory.Close()
		engine, err := dynamo.New(dynamo.Config{Space: memory.Space("dynamodb")})
		if err != nil {
			t.Fatal(err)
		}
		c := cloud{t, engine}
		c.answer("CreateTable", letters)
		c.answer("UpdateTimeToLive", enableTTL)
		c.put(fmt.Sprintf(`"PK":{"S":"p"},"SK":{"S":"x"},"G":{"S":"g"},"H":{"N":"1"},"until":{"N":"%d"}`,
			time.Now().Add(10*time.Minute).Unix()))
		time.Sleep(9 * time.Minute)
		if !c.lives("x") {
			t.Error("the item is gone before its time")
		}
		time.Sleep(3 * time.Minute)
		if c.lives("x") {
			t.Error("the item is still there")
		}
		if err := engine.Close(t.Context()); err != nil {
			t.Error(err)
		}
		if under := engine.InFlight(); len(under) > 0 {
			t.Errorf("in flight: %v", under)
		}
	})
}
