package pattern_test

import (
	"fmt"
	"testing"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/pattern"
)

const benchmarkEvent = `{"version":"0","id":"5f0c7a2e-6f0b-4b39-9f7e-0d5a6c1f0a11","detail-type":"Integration Sync Completed",` +
	`"source":"bayon.coagent.integration","account":"123456789012","time":"2026-11-20T10:11:12Z","region":"us-east-1","resources":[],` +
	`"detail":{"syncId":"sync-0001","userId":"agent-0815","provider":"mlsgrid","status":"completed","completedAt":"2026-11-20T10:11:12.345Z",` +
	`"itemsSynced":1234,"listings":[{"mlsNumber":"1","price":250000},{"mlsNumber":"2","price":1250000}],` +
	`"metadata":{"schemaVersion":"1.0.0","eventKey":"Integration Sync Completed:sync-0001","hops":0}}}`

func BenchmarkMatch(b *testing.B) {
	for _, rules := range []int{5, 100, 300} {
		for _, kind := range []struct{ name, pattern string }{
			{"none concerned", `{"source":["bayon.coagent.other.%d"],"detail-type":["Something Else"],"detail":{"status":["completed"]}}`},
			{"all looked at", `{"source":["bayon.coagent.integration"],"detail":{"provider":["provider-%d"],"status":["completed"]}}`},
			{"all look at all sources", `{"source":[{"prefix":"bayon.coagent."}],"detail":{"status":["status-%d"],"itemsSynced":[{"numeric":[">",0]}]}}`},
		} {
			b.Run(fmt.Sprintf("%d rules, %s", rules, kind.name), func(b *testing.B) {
				patterns := []*pattern.Pattern{compile(b, `{"source":["bayon.coagent.integration"],"detail":{"provider":["mls","mlsgrid"]}}`)}
				for i := range rules - 1 {
					patterns = append(patterns, compile(b, fmt.Sprintf(kind.pattern, i)))
				}
				set := pattern.NewSet(patterns...)
				event := []byte(benchmarkEvent)
				var matched []int
				b.ReportAllocs()
				b.SetBytes(int64(len(event)))
				for b.Loop() {
					matched = set.Match(matched[:0], "bayon.coagent.integration", "Integration Sync Completed", event)
				}
				if len(matched) != 1 {
					b.Fatal(matched)
				}
			})
		}
	}
}

func BenchmarkCompile(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		compile(b, `{"source":["bayon.coagent.integration"],"detail":{"provider":["mls","mlsgrid"],"itemsSynced":[{"numeric":[">",0]}]}}`)
	}
}
