package queue_test

import (
	"context"
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/iam"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/queue"
)

// BenchmarkSendBatch measures messages of 1 KB into a queue on disk.
func BenchmarkSendBatch(b *testing.B) {
	for _, size := range []int{1, 10, 100} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			queues, disk, err := openDir(b.TempDir())
			if err != nil {
				b.Fatal(err)
			}
			defer disk.Close()
			defer queues.Close(context.Background())
			declare(b, queues, "inbox", nil)
			batch := make([]queue.Message, size)
			for i := range batch {
				batch[i] = queue.Message{Body: strings.Repeat("x", 1000), TraceHeader: "Root=1-5759e988-bd862e3fe1be46a994272793"}
			}
			b.ReportAllocs()
			b.RunParallel(func(work *testing.PB) {
				for work.Next() {
					if err := queues.SendBatch(context.Background(), iam.Caller{}, arn("inbox"), batch); err != nil {
						b.Error(err)
					}
				}
			})
			b.ReportMetric(float64(b.N*size)/b.Elapsed().Seconds(), "messages/s")
		})
	}
}

// BenchmarkReceiveAndDelete measures one consumer that takes messages of 1 KB ten at a time, through the protocol.
func BenchmarkReceiveAndDelete(b *testing.B) {
	queues, disk, err := openDir(b.TempDir())
	if err != nil {
		b.Fatal(err)
	}
	defer disk.Close()
	defer queues.Close(context.Background())
	declare(b, queues, "inbox", nil)
	fill(b, queues, b.N*10)
	c := caller{queues}
	for b.Loop() {
		var entries []string
		for i, m := range c.receive(b, 0) {
			entries = append(entries, fmt.Sprintf(`{"Id":"%d","ReceiptHandle":%q}`, i, m.ReceiptHandle))
		}
		if len(entries) == 0 {
			b.StopTimer()
			fill(b, queues, 100_000)
			b.StartTimer()
			continue
		}
		if err := c.call("DeleteMessageBatch", `{"QueueUrl":"`+inboxURL+`","Entries":[`+strings.Join(entries, ",")+`]}`, nil); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N*10)/b.Elapsed().Seconds(), "messages/s")
}

func fill(b *testing.B, queues *queue.Queues, messages int) {
	b.Helper()
	batch := make([]queue.Message, 1000)
	for i := range batch {
		batch[i] = queue.Message{Body: strings.Repeat("x", 1000)}
	}
	for ; messages > 0; messages -= len(batch) {
		if err := queues.SendBatch(context.Background(), iam.Caller{}, arn("inbox"), batch); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkMillionMessages measures the memory that a full queue takes, once it is looked at.
func BenchmarkMillionMessages(b *testing.B) {
	queues, disk, err := openDir(b.TempDir())
	if err != nil {
		b.Fatal(err)
	}
	defer disk.Close()
	defer queues.Close(context.Background())
	declare(b, queues, "inbox", nil)
	fill(b, queues, 1_000_000)
	c := caller{queues}
	for b.Loop() {
		c.attribute(b, "ApproximateNumberOfMessages")
		c.receive(b, 0)
	}
	runtime.GC()
	var memory runtime.MemStats
	runtime.ReadMemStats(&memory)
	b.ReportMetric(float64(memory.HeapAlloc)/(1<<20), "heap-MB")
}
