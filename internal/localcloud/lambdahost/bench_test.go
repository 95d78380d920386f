package lambdahost_test

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/activity"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/iam"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/lambdahost"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/store"
)

// counter counts what was delivered.
type counter struct {
	delivered atomic.Int64
	wanted    int64
	all       chan struct{}
}

func (c *counter) Record(entry activity.Activity) {
	if entry.Kind == activity.Delivered && c.delivered.Add(1) == c.wanted {
		close(c.all)
	}
}

func newDiskHost(b *testing.B, config lambdahost.Config) *lambdahost.Host {
	b.Helper()
	disk, err := store.Open(b.TempDir())
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { disk.Close() })
	return newHostOn(b, disk, config)
}

// BenchmarkDeliveries measures events of EventBridge's size from being accepted on disk to having been done by one
// function in warm processes.
func BenchmarkDeliveries(b *testing.B) {
	payload := []byte(strings.Replace(eventBridgeEvent, `"userId":"u"`, `"userId":"`+strings.Repeat("u", 600)+`"`, 1))
	for _, limit := range []int{1, 2, 4} {
		b.Run(fmt.Sprintf("processes=%d", limit), func(b *testing.B) {
			count := &counter{wanted: int64(b.N), all: make(chan struct{})}
			host := newDiskHost(b, lambdahost.Config{Recorder: count, Concurrency: limit})
			create(b, host, echo("price"))
			if err := host.AwaitReady(b.Context()); err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			b.ResetTimer()
			var callers sync.WaitGroup
			next := atomic.Int64{}
			for range 4 {
				callers.Go(func() {
					for next.Add(1) <= int64(b.N) {
						if _, err := host.InvokeAsync(context.Background(), iam.Caller{}, arn("price"), payload, ""); err != nil {
							b.Error(err)
						}
					}
				})
			}
			callers.Wait()
			<-count.all
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "deliveries/s")
		})
	}
}

// BenchmarkLatency measures the time from the call of InvokeAsync to the function, when nothing else is going on.
func BenchmarkLatency(b *testing.B) {
	ages := make(chan time.Duration, 1)
	host := newDiskHost(b, lambdahost.Config{Logs: func(_, _, line string) {
		age, err := strconv.ParseInt(line, 10, 64)
		if err != nil {
			b.Errorf("the function printed %q", line)
		}
		ages <- time.Duration(age)
	}})
	create(b, host, function("price", map[string]string{bootstrapVariable: "clock"}))
	if err := host.AwaitReady(b.Context()); err != nil {
		b.Fatal(err)
	}
	var all []time.Duration
	for b.Loop() {
		payload := strconv.AppendInt(nil, time.Now().UnixNano(), 10)
		if _, err := host.InvokeAsync(context.Background(), iam.Caller{}, arn("price"), payload, ""); err != nil {
			b.Fatal(err)
		}
		all = append(all, <-ages)
		time.Sleep(time.Millisecond)
	}
	slices.Sort(all)
	b.ReportMetric(float64(all[len(all)/2].Microseconds()), "median-µs")
	b.ReportMetric(float64(all[len(all)*99/100].Microseconds()), "p99-µs")
}

// BenchmarkReady measures the time from the creation of seven functions to all of them waiting for work.
func BenchmarkReady(b *testing.B) {
	for b.Loop() {
		host := newDiskHost(b, lambdahost.Config{})
		for i := range 7 {
			create(b, host, echo(fmt.Sprintf("function-%d", i)))
		}
		if err := host.AwaitReady(b.Context()); err != nil {
			b.Fatal(err)
		}
		b.StopTimer()
		closeHost(b, host)
		b.StartTimer()
	}
}
