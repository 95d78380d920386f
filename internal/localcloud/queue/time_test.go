package queue_test

import (
	"context"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/iam"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/queue"
)

// inFakeTime runs a test with a queue "inbox" in time that passes when everybody waits.
func inFakeTime(t *testing.T, attributes map[string]string, test func(t *testing.T, c caller)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		queues, closeAll := open(t, queue.Config{})
		defer closeAll()
		declare(t, queues, "inbox", attributes)
		test(t, caller{queues})
	})
}

func (c caller) send(t fataler, bodies ...string) {
	t.Helper()
	for _, body := range bodies {
		if err := c.queues.Send(context.Background(), iam.Caller{}, arn("inbox"), queue.Message{Body: body}); err != nil {
			t.Fatal(err)
		}
	}
}

func TestMessageIsHiddenUntilItsVisibilityEnds(t *testing.T) {
	t.Parallel()
	inFakeTime(t, map[string]string{"VisibilityTimeout": "30"}, func(t *testing.T, c caller) {
		c.send(t, "a")
		first := c.receive(t, 0)
		if diff := cmp.Diff([]string{"a"}, bodies(first)); diff != "" {
			t.Fatal(diff)
		}
		time.Sleep(29 * time.Second)
		if again := c.receive(t, 0); again != nil {
			t.Fatalf("received %v while it was hidden", again)
		}
		began := time.Now()
		second := c.receive(t, 20)
		if waited := time.Since(began); waited != time.Second || len(second) != 1 {
			t.Fatalf("received %v after %v, want it after 1 s", second, waited)
		}
		if got := second[0].Attributes["ApproximateReceiveCount"]; got != "2" {
			t.Errorf("ApproximateReceiveCount = %s, want 2", got)
		}
		const firstReceived = "ApproximateFirstReceiveTimestamp"
		if a, b := first[0].Attributes[firstReceived], second[0].Attributes[firstReceived]; a != b {
			t.Errorf("first received at %s, then at %s", a, b)
		}

		if err := c.call("DeleteMessage", `{"QueueUrl":"`+inboxURL+`","ReceiptHandle":"`+first[0].ReceiptHandle+`"}`, nil); err != nil {
			t.Errorf("deletion with a stale receipt: %v", err)
		}
		if got := c.attribute(t, "ApproximateNumberOfMessagesNotVisible"); got != "1" {
			t.Errorf("%s messages after deletion with a stale receipt, want 1", got)
		}
		hide := `{"QueueUrl":"` + inboxURL + `","VisibilityTimeout":5,"ReceiptHandle":"` + second[0].ReceiptHandle + `"}`
		if err := c.call("ChangeMessageVisibility", hide, nil); err != nil {
			t.Fatal(err)
		}
		began = time.Now()
		if third := c.receive(t, 20); len(third) != 1 || time.Since(began) != 5*time.Second {
			t.Errorf("received %v after %v, want it after 5 s", third, time.Since(began))
		}
		err := c.call("ChangeMessageVisibility", hide, nil)
		if err == nil || !strings.Contains(err.Error(), "is not available for visibility") {
			t.Errorf("visibility changed with a stale receipt: %v", err)
		}
	})
}

func TestLongPollEndsWithTheFirstMessage(t *testing.T) {
	t.Parallel()
	inFakeTime(t, map[string]string{"ReceiveMessageWaitTimeSeconds": "20"}, func(t *testing.T, c caller) {
		go func() {
			time.Sleep(7 * time.Second)
			c.send(t, "a")
		}()
		began := time.Now()
		if got := c.receive(t, 15); len(got) != 1 || time.Since(began) != 7*time.Second {
			t.Errorf("received %v after %v, want it after 7 s", got, time.Since(began))
		}
		began = time.Now()
		if err := c.call("ReceiveMessage", `{"QueueUrl":"`+inboxURL+`"}`, nil); err != nil {
			t.Fatal(err)
		}
		if waited := time.Since(began); waited != 20*time.Second {
			t.Errorf("an empty queue was polled for %v, want the queue's own 20 s", waited)
		}
	})
}

func TestLongPollEndsWhenVisibilityIsGivenUp(t *testing.T) {
	t.Parallel()
	inFakeTime(t, nil, func(t *testing.T, c caller) {
		c.send(t, "a")
		first := c.receive(t, 0)
		go func() {
			time.Sleep(3 * time.Second)
			err := c.call("ChangeMessageVisibility",
				`{"QueueUrl":"`+inboxURL+`","VisibilityTimeout":0,"ReceiptHandle":"`+first[0].ReceiptHandle+`"}`, nil)
			if err != nil {
				t.Error(err)
			}
		}()
		began := time.Now()
		if got := c.receive(t, 20); len(got) != 1 || time.Since(began) != 3*time.Second {
			t.Errorf("received %v after %v, want it after 3 s", got, time.Since(began))
		}
	})
}

func TestCloseSendsPollersAway(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		queues, closeAll := open(t, queue.Config{})
		declare(t, queues, "inbox", nil)
		ended := make(chan []message)
		go func() { ended <- caller{queues}.receive(t, 20) }()
		synctest.Wait()
		began := time.Now()
		closeAll()
		if got := <-ended; got != nil || time.Since(began) != 0 {
			t.Errorf("received %v after %v, want nothing at once", got, time.Since(began))
		}
	})
}

func TestDelayedMessagesComeLater(t *testing.T) {
	t.Parallel()
	inFakeTime(t, map[string]string{"DelaySeconds": "10"}, func(t *testing.T, c caller) {
		c.send(t, "late")
		if err := c.call("SendMessage", `{"QueueUrl":"`+inboxURL+`","MessageBody":"soon","DelaySeconds":2}`, nil); err != nil {
			t.Fatal(err)
		}
		if got := c.attribute(t, "ApproximateNumberOfMessagesDelayed"); got != "2" {
			t.Errorf("%s messages delayed, want 2", got)
		}
		began := time.Now()
		for _, want := range []struct {
			body string
			wait time.Duration
		}{{"soon", 2 * time.Second}, {"late", 10 * time.Second}} {
			if got := c.receive(t, 20); len(got) != 1 || got[0].Body != want.body || time.Since(began) != want.wait {
				t.Errorf("received %v after %v, want %v", bodies(got), time.Since(began), want)
			}
		}
	})
}

func TestOldMessagesAreDeleted(t *testing.T) {
	t.Parallel()
	for _, swept := range []bool{false, true} {
		inFakeTime(t, map[string]string{"MessageRetentionPeriod": "3600", "VisibilityTimeout": "600"}, func(t *testing.T, c caller) {
			c.send(t, "old", "old and received")
			if got := c.receive(t, 0); len(got) != 2 {
				t.Fatalf("received %v", got)
			}
			time.Sleep(30 * time.Minute)
			c.send(t, "young")
			time.Sleep(30*time.Minute + time.Second)
			if swept {
				time.Sleep(time.Minute)
				if got := c.attribute(t, "ApproximateNumberOfMessages"); got != "1" {
					t.Errorf("%s messages after a sweep, want 1", got)
				}
			}
			if diff := cmp.Diff([]string{"young"}, bodies(c.receive(t, 0))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestPurgeAndDeletionCannotBeRepeatedAtOnce(t *testing.T) {
	t.Parallel()
	inFakeTime(t, nil, func(t *testing.T, c caller) {
		purge := func() error { return c.call("PurgeQueue", `{"QueueUrl":"`+inboxURL+`"}`, nil) }
		create := func() error { return c.call("CreateQueue", `{"QueueName":"inbox"}`, nil) }
		c.send(t, "a")
		if err := purge(); err != nil {
			t.Fatal(err)
		}
		if got := c.receive(t, 0); got != nil {
			t.Errorf("received %v after a purge", got)
		}
		if err := purge(); err == nil || !strings.HasPrefix(err.Error(), "403") {
			t.Errorf("second purge: %v", err)
		}
		time.Sleep(time.Minute)
		if err := purge(); err != nil {
			t.Errorf("purge after a minute: %v", err)
		}
		c.send(t, "b")
		if err := c.call("DeleteQueue", `{"QueueUrl":"`+inboxURL+`"}`, nil); err != nil {
			t.Fatal(err)
		}
		if err := create(); err == nil || !strings.Contains(err.Error(), "QueueDeletedRecently") {
			t.Errorf("creation after deletion: %v", err)
		}
		time.Sleep(time.Minute)
		if err := create(); err != nil {
			t.Fatal(err)
		}
		if got := c.receive(t, 0); got != nil {
			t.Errorf("a new queue holds %v", got)
		}
	})
}

func TestMessagesReceivedTooOftenGoToTheDeadLetterQueue(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		queues, closeAll := open(t, queue.Config{})
		defer closeAll()
		c := caller{queues}
		declare(t, queues, "inbox", map[string]string{"VisibilityTimeout": "1"})
		declare(t, queues, "work", map[string]string{
			"VisibilityTimeout": "1", "RedrivePolicy": `{"deadLetterTargetArn":"` + arn("inbox") + `","maxReceiveCount":"2"}`,
		})
		if err := queues.Send(t.Context(), iam.Caller{}, arn("work"), queue.Message{Body: "bad", TraceHeader: "Root=1"}); err != nil {
			t.Fatal(err)
		}
		sentAt := time.Now()
		var ids []string
		work := func() {
			var answer struct{ Messages []message }
			if err := c.call("ReceiveMessage", `{"QueueUrl":"http://x/1/work"}`, &answer); err != nil {
				t.Fatal(err)
			}
			for _, m := range answer.Messages {
				ids = append(ids, m.MessageId)
			}
			time.Sleep(time.Second)
		}
		got := make(chan []message)
		go func() { got <- c.receive(t, 20) }()
		work()
		work()
		work()
		messages := <-got
		if len(messages) != 1 || len(ids) != 2 {
			t.Fatalf("the queue gave %v, its dead-letter queue %v", ids, messages)
		}
		dead := messages[0]
		if dead.Body != "bad" || dead.MessageId != ids[0] || dead.Attributes["DeadLetterQueueSourceArn"] != arn("work") ||
			dead.Attributes["ApproximateReceiveCount"] != "3" || dead.Attributes["AWSTraceHeader"] != "Root=1" {
			t.Errorf("dead letter %+v", dead)
		}
		if got, want := dead.Attributes["SentTimestamp"], strconv.FormatInt(sentAt.UnixMilli(), 10); got != want {
			t.Errorf("SentTimestamp = %s, want %s as when it was sent first", got, want)
		}
	})
}
