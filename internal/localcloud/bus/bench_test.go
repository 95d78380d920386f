package bus_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/activity"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/bus"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/iam"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/queue"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/store"
)

// plainQueue persists one record per message, and nothing else.
type plainQueue struct {
	state *store.Space
	count atomic.Uint64
}

func (q *plainQueue) Send(ctx context.Context, caller iam.Caller, arn string, message queue.Message) error {
	return q.SendBatch(ctx, caller, arn, []queue.Message{message})
}

func (q *plainQueue) SendBatch(_ context.Context, _ iam.Caller, _ string, messages []queue.Message) error {
	batch := q.state.Batch()
	for _, message := range messages {
		batch.Set(binary.BigEndian.AppendUint64(nil, q.count.Add(1)), []byte(message.Body))
	}
	return batch.Apply()
}

// plainLambda takes every invocation.
type plainLambda struct{ count atomic.Uint64 }

func (l *plainLambda) InvokeAsync(context.Context, iam.Caller, string, []byte, string) (string, error) {
	l.count.Add(1)
	return "request", nil
}

// benchmarkBody is a request of ten entries with details of 500 bytes.
func benchmarkBody(b *testing.B) []byte {
	b.Helper()
	type entry struct{ EventBusName, Source, DetailType, Detail string }
	var request struct{ Entries []entry }
	for i := range 10 {
		detail := map[string]any{
			"syncId": fmt.Sprintf("sync-%04d", i), "userId": "agent-0815", "provider": "mlsgrid", "status": "completed",
			"completedAt": "2026-11-20T10:11:12.345Z", "itemsSynced": 1234 + i,
			"metadata": map[string]any{
				"schemaVersion": "1.0.0", "eventKey": "Integration Sync Completed:sync-0001", "hops": 0,
				"correlationId": "5f0c7a2e-6f0b-4b39-9f7e-0d5a6c1f0a11", "occurredAt": "2026-11-20T10:11:12.345Z",
			},
			"note": strings.Repeat("x", 180),
		}
		text, err := json.Marshal(detail)
		if err != nil {
			b.Fatal(err)
		}
		request.Entries = append(request.Entries, entry{"bench", "bayon.coagent.integration", "Integration Sync Completed", string(text)})
	}
	body, err := json.Marshal(request)
	if err != nil {
		b.Fatal(err)
	}
	return body
}

func BenchmarkPutEventsArchived(b *testing.B) {
	benchmarkPutEvents(b, func(buses *bus.Bus) error {
		_, err := buses.PutRule(bus.Rule{Name: "other", Bus: "bench", Pattern: `{"source":["bayon.coagent.user"],"detail-type":["User Created"]}`})
		return err
	})
}

func BenchmarkPutEventsToQueue(b *testing.B) {
	benchmarkPutEvents(b, func(buses *bus.Bus) error {
		for i, pattern := range []string{
			`{"source":["bayon.coagent.user"],"detail-type":["User Created"]}`,
			`{"source":["bayon.coagent.integration"],"detail-type":["Integration Sync Completed"],"detail":{"provider":["google"]}}`,
			`{"source":["bayon.coagent.integration"],"detail-type":["Integration Sync Completed"],"detail":{"status":["failed"]}}`,
			`{"source":["bayon.coagent.integration"],"detail-type":["Integration Sync Completed"],"detail":{"provider":["mls","mlsgrid","bridgeInteractive"]}}`,
			`{"source":[{"prefix":"bayon.coagent.c"}]}`,
		} {
			if _, err := buses.PutRule(bus.Rule{Name: fmt.Sprint("rule-", i), Bus: "bench", Pattern: pattern}); err != nil {
				return err
			}
			if err := buses.PutTargets(fmt.Sprint("rule-", i), "bench", []bus.Target{{ID: "q", ARN: "arn:aws:sqs:us-east-1:123456789012:q"}}); err != nil {
				return err
			}
		}
		return nil
	})
}

func BenchmarkPutEventsToFunction(b *testing.B) {
	benchmarkPutEvents(b, func(buses *bus.Bus) error {
		if _, err := buses.PutRule(bus.Rule{Name: "rule", Bus: "bench", Pattern: `{"source":["bayon.coagent.integration"]}`}); err != nil {
			return err
		}
		return buses.PutTargets("rule", "bench", []bus.Target{{ID: "f", ARN: functionARN}})
	})
}

// BenchmarkLatency is the time from a call of PutEvents with one event to the invocation of the function.
func BenchmarkLatency(b *testing.B) {
	state, err := store.Open(b.TempDir())
	if err != nil {
		b.Fatal(err)
	}
	defer state.Close()
	invoked := make(chan struct{})
	c := open(b, state.Space("bus"))
	c.targets.answer = func(string, string) error {
		invoked <- struct{}{}
		return nil
	}
	c.rule(b, "r", bus.Target{ID: "f", ARN: functionARN})
	c.Start()
	for b.Loop() {
		c.put(b, `{"a":1}`)
		<-invoked
	}
	c.quiet(b)
	closeBus(b, c.Bus)
}

func benchmarkPutEvents(b *testing.B, rules func(*bus.Bus) error) {
	state, err := store.Open(b.TempDir())
	if err != nil {
		b.Fatal(err)
	}
	defer state.Close()
	diary, err := activity.New(activity.Config{State: state.Space("diary")})
	if err != nil {
		b.Fatal(err)
	}
	defer diary.Close()
	queues := &plainQueue{state: state.Space("queue")}
	buses, err := bus.New(bus.Config{State: state.Space("bus"), Lambda: &plainLambda{}, Queues: queues, Recorder: diary})
	if err != nil {
		b.Fatal(err)
	}
	defer buses.Close(context.Background())
	if err := buses.CreateBus("bench", "", nil); err != nil {
		b.Fatal(err)
	}
	if err := buses.CreateArchive(bus.Archive{Name: "all", Bus: "bench"}); err != nil {
		b.Fatal(err)
	}
	if err := rules(buses); err != nil {
		b.Fatal(err)
	}
	buses.Start()
	server := httptest.NewServer(buses.Handler())
	defer server.Close()
	body := benchmarkBody(b)
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	b.ResetTimer()
	const clients = 4
	var group sync.WaitGroup
	var left atomic.Int64
	left.Store(int64(b.N))
	for range clients {
		group.Go(func() {
			client := &http.Client{Transport: &http.Transport{}}
			for left.Add(-1) >= 0 {
				put(b, client, server.URL, body)
			}
		})
	}
	group.Wait()
	accepted := b.Elapsed()
	for len(buses.InFlight()) > 0 {
		time.Sleep(time.Millisecond)
	}
	delivered := b.Elapsed()
	b.ReportMetric(float64(10*b.N)/accepted.Seconds(), "accepted/s")
	b.ReportMetric(float64(10*b.N)/delivered.Seconds(), "done/s")
}

func put(b *testing.B, client *http.Client, url string, body []byte) {
	request, err := http.NewRequest(http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		b.Error(err)
		return
	}
	request.Header.Set("X-Amz-Target", "AWSEvents.PutEvents")
	request.Header.Set("Content-Type", "application/x-amz-json-1.1")
	response, err := client.Do(request)
	if err != nil {
		b.Error(err)
		return
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK || !bytes.Contains(answer, []byte(`"FailedEntryCount":0`)) {
		b.Error(response.Status, string(answer), err)
	}
}
