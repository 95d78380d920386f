package queue_test

import (
	"fmt"
	"maps"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/queue"
)

// lying is what a test knows of a message that lies in the queue.
type lying struct {
	visible time.Time
	receipt string // of the last time it was received
}

// TestQueueKeepsItsPromises does anything in any order with a queue, and knows all the time what must be in it: nothing is
// lost, nothing is handed out twice at a time, nothing comes back once it was deleted.
func TestQueueKeepsItsPromises(t *testing.T) {
	t.Parallel()
	inFakeTimeForAll(t, func(t *rapid.T) {
		queues, closeAll := open(t, queue.Config{})
		defer closeAll()
		const visibility = 30 * time.Second
		declare(t, queues, "inbox", map[string]string{"VisibilityTimeout": "30"})
		c, there, sent := caller{queues}, map[string]*lying{}, 0
		pick := func(t *rapid.T) string {
			received := slices.DeleteFunc(slices.Sorted(maps.Keys(there)), func(body string) bool { return there[body].receipt == "" })
			if len(received) == 0 {
				t.Skip("nothing was received")
			}
			return rapid.SampledFrom(received).Draw(t, "message")
		}
		t.Repeat(map[string]func(*rapid.T){
			"send": func(t *rapid.T) {
				delay := rapid.IntRange(0, 20).Draw(t, "delay")
				body := fmt.Sprint(sent)
				sent++
				err := c.call("SendMessage", fmt.Sprintf(`{"QueueUrl":%q,"MessageBody":%q,"DelaySeconds":%d}`, inboxURL, body, delay), nil)
				if err != nil {
					t.Fatal(err)
				}
				there[body] = &lying{visible: time.Now().Add(time.Duration(delay) * time.Second)}
			},
			"receive": func(t *rapid.T) {
				now := time.Now()
				visible := 0
				for _, message := range there {
					if !message.visible.After(now) {
						visible++
					}
				}
				got := c.receive(t, 0)
				if len(got) != min(visible, 10) {
					t.Fatalf("received %d messages, %d can be received", len(got), visible)
				}
				for _, m := range got {
					known, exists := there[m.Body]
					if !exists || known.visible.After(now) {
						t.Fatalf("received %s, which is %+v", m.Body, known)
					}
					known.receipt, known.visible = m.ReceiptHandle, now.Add(visibility)
				}
			},
			"delete": func(t *rapid.T) {
				body := pick(t)
				err := c.call("DeleteMessage", fmt.Sprintf(`{"QueueUrl":%q,"ReceiptHandle":%q}`, inboxURL, there[body].receipt), nil)
				if err != nil {
					t.Fatal(err)
				}
				delete(there, body)
			},
			"hide": func(t *rapid.T) {
				body, seconds := pick(t), rapid.IntRange(0, 60).Draw(t, "seconds")
				err := c.call("ChangeMessageVisibility", fmt.Sprintf(`{"QueueUrl":%q,"ReceiptHandle":%q,"VisibilityTimeout":%d}`,
					inboxURL, there[body].receipt, seconds), nil)
				if err != nil {
					t.Fatal(err)
				}
				there[body].visible = time.Now().Add(time.Duration(seconds) * time.Second)
			},
			"wait": func(t *rapid.T) { time.Sleep(time.Duration(rapid.IntRange(1, 40).Draw(t, "seconds")) * time.Second) },
			"": func(t *rapid.T) {
				visible, hidden := 0, 0
				for _, message := range there {
					if message.visible.After(time.Now()) {
						hidden++
					} else {
						visible++
					}
				}
				if got, want := c.attribute(t, "ApproximateNumberOfMessages"), fmt.Sprint(visible); got != want {
					t.Fatalf("%s messages to receive, want %s", got, want)
				}
			},
		})
	})
}

// inFakeTimeForAll checks a property in time that passes when everybody waits.
func inFakeTimeForAll(t *testing.T, property func(t *rapid.T)) {
	t.Helper()
	rapid.Check(t, func(drawn *rapid.T) {
		var stopped any // rapid stops a run by a panic, which must not leave the bubble's goroutine
		synctest.Test(t, func(*testing.T) {
			defer func() { stopped = recover() }()
			property(drawn)
		})
		if stopped != nil {
			panic(stopped)
		}
	})
}
