package benchmark

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/bayon-coagent/event-consumers/pkg/events"
)

// busName is the bus of the templates of this package.
const busName = "benchmark"

// entry is an entry of PutEvents.
//
// https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html
type entry struct {
	EventBusName string
	Source       string
	DetailType   string
	Detail       string
}

// putEvents is the body of a PutEvents request.
func putEvents(entries []entry) ([]byte, error) {
	return json.Marshal(struct{ Entries []entry }{entries})
}

// entriesPerRequest is AWS's limit, and what a producer in a hurry sends.
const entriesPerRequest = 10

// syncEntries are entries from a source, each with a detail of about 500 bytes as an MLS sync has.
func syncEntries(source string) ([]entry, error) {
	entries := make([]entry, entriesPerRequest)
	for i := range entries {
		detail, err := json.Marshal(map[string]any{
			"syncId": fmt.Sprintf("sync-%04d", i), "userId": "agent-0815", "provider": "mlsgrid", "status": events.StatusCompleted,
			"completedAt": "2026-11-20T10:11:12.345Z", "itemsSynced": 1234 + i,
			"metadata": map[string]any{
				"schemaVersion": "1.0.0", "eventKey": "Integration Sync Completed:sync-0001", "hops": 0,
				"correlationId": "5f0c7a2e-6f0b-4b39-9f7e-0d5a6c1f0a11", "occurredAt": "2026-11-20T10:11:12.345Z",
			},
			"note": strings.Repeat("x", 120),
		})
		if err != nil {
			return nil, err
		}
		entries[i] = entry{busName, source, events.IntegrationSyncCompleted{}.DetailType(), string(detail)}
	}
	return entries, nil
}

// sequenceEntries are entries for the function stamp, with consecutive sequence numbers.
func sequenceEntries(from uint64, count int) []entry {
	entries := make([]entry, count)
	for i := range entries {
		entries[i] = entry{busName, "bayon.coagent.benchmark", "Stamp", fmt.Sprintf(`{"sequence":%d}`, from+uint64(i))}
	}
	return entries
}
