package narrative_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/activity"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/narrative"
)

func TestStoryIsATree(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 24, 8, 30, 0, 0, time.Local)
	again := at.Add(time.Minute)
	const function = "bayon-coagent-price-reduction-monitor-development"
	happened := []activity.Activity{
		{Kind: activity.Accepted, EventID: "1", DetailType: "Integration Sync Completed"},
		{Kind: activity.Matched, EventID: "1", Rule: function},
		{Kind: activity.Published, EventID: "2", CausationID: "1", DetailType: "Alert Created"},
		{Kind: activity.Failed, EventID: "1", Function: function, DurationMS: 12.34, Attempt: 1, Reason: "TransientError: throttled"},
		{Kind: activity.Retried, EventID: "1", Function: function, RetryAt: &again},
		{Kind: activity.Delivered, EventID: "1", Function: function, DurationMS: 5, Attempt: 2},
		{Kind: activity.DeadLettered, EventID: "2", Queue: "arn:aws:sqs:us-east-1:1:bayon-coagent-function-failures-development", Reason: "PermanentError: userId is missing"},
		{Kind: activity.Accepted, EventID: "3", CausationID: "long forgotten", DetailType: "Check Due"},
	}
	var output strings.Builder
	narrator := narrative.New(&output, narrative.Plain())
	for _, one := range happened {
		one.At = at
		if err := narrator.Tell(one); err != nil {
			t.Fatal(err)
		}
	}
	want := strings.Join([]string{
		"08:30:00.000  Integration Sync Completed  1",
		"08:30:00.000  ├─ matches the rule price-reduction-monitor",
		"08:30:00.000  │  ├─ Alert Created  2",
		"08:30:00.000  ├─ failed: price-reduction-monitor in 12.3 ms: TransientError: throttled",
		"08:30:00.000  ├─ again at 08:31:00: price-reduction-monitor",
		"08:30:00.000  ├─ done: price-reduction-monitor in 5.0 ms (attempt 2)",
		"08:30:00.000  │  │  ├─ given up into the queue function-failures: PermanentError: userId is missing",
		"08:30:00.000  Check Due  3",
		"",
	}, "\n")
	if diff := cmp.Diff(want, output.String()); diff != "" {
		t.Error(diff)
	}
}
