package publication

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/bayon-coagent/event-consumers/internal/table"
)

// Whatever an item holds: it can be read, one without a problem can be told of, and its results are written as they were read.
func FuzzContent(f *testing.F) {
	f.Add(`{"contentId":"c","contentType":"blog_post","publishTime":"2026-11-24T08:30:00.000Z","status":"scheduled","content":"x",
		"channels":[{"type":"Facebook","accountId":"1"},7,{"type":null}],"metadata":{"hashtags":["a"]},
		"publishResults":[{"channel":"facebook","accountId":"1","success":true,"publishedAt":1764000000123,"other":[1]}]}`)
	f.Add(`{"publishTime":1764000000123456,"channels":"x","publishResults":{"a":1},"status":7,"leaseUntil":[]}`)
	f.Add(`{"status":"publishing","leaseUntil":"yesterday","nextAttemptAt":0,"startedAt":null,"publishResults":[null,{}]}`)
	now := time.Date(2026, 11, 24, 8, 30, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, text string) {
		var data map[string]any
		if json.Unmarshal([]byte(text), &data) != nil || data == nil {
			return
		}
		encoded, err := attributevalue.Marshal(data)
		if err != nil {
			return
		}
		item, ok := table.ItemOf(map[string]types.AttributeValue{"PK": table.Text("USER#u"), "SK": table.Text("SCHEDULE#s"), "Data": encoded})
		if !ok {
			t.Fatal("no item")
		}
		dueOf(item, now)
		read, err := contentOf(item)
		if err != nil {
			t.Fatal(err)
		}
		w := worker{Poster: New(Config{Now: func() time.Time { return now }}), content: read}
		w.results = read.stored.Results.value.since(read.stored.StartedAt.value.Time)
		if read.problem() != "" {
			return
		}
		for _, on := range read.channels {
			result := w.results.of(on)
			if !result.is(on) {
				t.Errorf("the result of %v is %v", on, result)
			}
			w.results = w.results.with(result.failed("because", now))
		}
		if is, _ := w.outcome(); is != published && is != failed {
			t.Errorf("after the end it is %s", is)
		}
		if fact := w.failure(); fact.Validate() != nil && len(fact.Platforms) > 0 {
			t.Errorf("cannot be told: %v", fact.Validate())
		}
		written, err := attributevalue.Marshal(w.results)
		if err != nil {
			t.Fatal(err)
		}
		var again results
		if err := attributevalue.Unmarshal(written, &again); err != nil || len(again) != len(w.results) {
			t.Errorf("%d results were written, %d read, error %v", len(w.results), len(again), err)
		}
	})
}
