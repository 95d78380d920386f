package queue_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"testing"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/iam"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/queue"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/store"
)

// senderVariable makes the test binary a process that sends to the queue "inbox" of the store in this folder, and says so
// for each message, until it is killed.
const senderVariable = "QUEUE_TEST_SENDER"

func TestMain(m *testing.M) {
	if dir := os.Getenv(senderVariable); dir != "" {
		sendForEver(dir)
		return
	}
	os.Exit(m.Run())
}

func sendForEver(dir string) {
	queues, _, err := openDir(dir)
	if err == nil {
		err = queues.Declare("inbox", nil)
	}
	for i := 0; err == nil; i++ {
		body := fmt.Sprint(i)
		if err = queues.Send(context.Background(), iam.Caller{}, arn("inbox"), queue.Message{Body: body}); err == nil {
			fmt.Println(body)
		}
	}
	fmt.Fprintln(os.Stderr, err)
}

func openDir(dir string) (*queue.Queues, *store.Store, error) {
	disk, err := store.Open(dir)
	if err != nil {
		return nil, nil, err
	}
	queues, err := queue.New(queue.Config{Space: disk.Space("sqs")})
	return queues, disk, err
}

func TestAcceptedMessagesSurviveAKill(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	sender := exec.CommandContext(t.Context(), os.Args[0])
	sender.Env = append(os.Environ(), senderVariable+"="+dir)
	sender.Stderr = os.Stderr
	output, err := sender.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := sender.Start(); err != nil {
		t.Fatal(err)
	}
	var accepted []string
	lines := bufio.NewScanner(output)
	for lines.Scan() {
		accepted = append(accepted, lines.Text())
		if len(accepted) == 500 {
			if err := sender.Process.Kill(); err != nil {
				t.Fatal(err)
			}
		}
	}
	_ = sender.Wait() // it was killed

	queues, disk, err := openDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	c := caller{queues}
	var got []string
	for messages := c.receive(t, 0); messages != nil; messages = c.receive(t, 0) {
		got = append(got, bodies(messages)...)
	}
	for _, body := range accepted {
		if !slices.Contains(got, body) {
			t.Errorf("message %s of %d was lost", body, len(accepted))
		}
	}
	if err := queues.Close(t.Context()); err != nil {
		t.Error(err)
	}
	if err := disk.Close(); err != nil {
		t.Error(err)
	}
}

func TestReceiptsAndCountsSurviveARestart(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	queues, disk, err := openDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	declare(t, queues, "inbox", map[string]string{"VisibilityTimeout": "600"})
	messages := []queue.Message{{Body: "a"}, {Body: "b"}, {Body: "c"}}
	if err := queues.SendBatch(t.Context(), iam.Caller{}, arn("inbox"), messages[:2]); err != nil {
		t.Fatal(err)
	}
	before := caller{queues}.receive(t, 0)
	if err := queues.SendBatch(t.Context(), iam.Caller{}, arn("inbox"), messages[2:]); err != nil {
		t.Fatal(err)
	}
	if err := queues.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := disk.Close(); err != nil {
		t.Fatal(err)
	}

	queues, disk, err = openDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer disk.Close()
	defer queues.Close(context.Background())
	c := caller{queues}
	counts := func() string {
		return c.attribute(t, "ApproximateNumberOfMessages") + " " + c.attribute(t, "ApproximateNumberOfMessagesNotVisible")
	}
	if got := counts(); got != "1 2" {
		t.Errorf("visible and in flight: %s, want 1 2", got)
	}
	err = c.call("DeleteMessage", `{"QueueUrl":"`+inboxURL+`","ReceiptHandle":"`+before[0].ReceiptHandle+`"}`, nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := counts(); got != "1 1" {
		t.Errorf("visible and in flight: %s, want 1 1", got)
	}
	if got := bodies(c.receive(t, 0)); !slices.Equal(got, []string{"c"}) {
		t.Errorf("received %v, want c", got)
	}
}
