package bus_test

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/activity"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/awsapi"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/bus"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/store"
)

// disk opens the part of the bus of a state on disk.
func disk(t *testing.T, dir string) *store.Space {
	t.Helper()
	state, err := store.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := state.Close(); err != nil {
			t.Error(err)
		}
	})
	return state.Space("bus")
}

// TestKill goes on with the files as they are when the process is killed: one event is delivered, one waits for its next
// attempt, one is just being delivered, and all of them have been accepted.
func TestKill(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	killed := open(t, disk(t, dir))
	stuck := make(chan struct{})
	t.Cleanup(func() { close(stuck) })
	killed.targets.answer = func(_, body string) error {
		switch {
		case strings.Contains(body, `"later"`):
			return errThrottled
		case strings.Contains(body, `"never"`):
			<-stuck
			return errThrottled
		}
		return nil
	}
	killed.rule(t, "r", bus.Target{ID: "q", ARN: queueARN, DeadLetterConfig: &bus.DeadLetterConfig{ARN: deadLetterARN}})
	killed.rule(t, "other")
	if err := killed.CreateArchive(bus.Archive{Name: "a", Bus: "b"}); err != nil {
		t.Fatal(err)
	}
	killed.Start()
	ids := killed.put(t, `{"a":"now"}`)
	killed.quiet(t)
	ids = append(ids, killed.put(t, `{"a":"later"}`)...)
	eventually(t, func() bool { return len(killed.notes.of(activity.Retried)) > 0 })
	ids = append(ids, killed.put(t, `{"a":"never"}`)...)
	copied := t.TempDir()
	if err := os.CopyFS(copied, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}

	c := open(t, disk(t, copied))
	if got := c.InFlight(); len(got) != 1 || got[0][:1] != "2" {
		t.Errorf("in flight after the kill: %v", got)
	}
	if _, rules := c.call(t, "ListRules", `{"EventBusName":"b","NamePrefix":"other"}`); fmt.Sprint(rules["Rules"]) == "[]" {
		t.Error("the rules are lost")
	}
	c.Start()
	c.quiet(t)
	got := eventIDs(t, append(killed.targets.at(queueARN), c.targets.at(queueARN)...))
	slices.Sort(got)
	slices.Sort(ids)
	if diff := cmp.Diff(ids, got); diff != "" {
		t.Error(diff)
	}
	if archived := archivedIDs(t, c, "a"); !slices.Equal(archived, ids) {
		t.Errorf("archived %v, want %v", archived, ids)
	}
	ids = c.put(t, "{}")
	c.quiet(t)
	if got := eventIDs(t, c.targets.at(queueARN)); !slices.Contains(got, ids[0]) {
		t.Error("what is put after the restart is not delivered")
	}
}

func TestRetriesKeepTheirTimesOverARestart(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		state := memory(t)
		first := open(t, state)
		first.targets.answer = refusing(functionARN, -1, errThrottled)
		first.rule(t, "r", bus.Target{
			ID: "f", ARN: functionARN, RetryPolicy: &bus.RetryPolicy{MaximumRetryAttempts: number(5)},
			DeadLetterConfig: &bus.DeadLetterConfig{ARN: deadLetterARN},
		})
		first.Start()
		first.put(t, "{}")
		time.Sleep(5 * time.Second)
		synctest.Wait()
		closeBus(t, first.Bus)
		attempts := len(first.notes.of(activity.Failed))
		retried := first.notes.of(activity.Retried)
		due := *retried[len(retried)-1].RetryAt

		second := open(t, state)
		second.targets.answer = refusing(functionARN, -1, errThrottled)
		second.Start()
		time.Sleep(time.Until(due) - time.Millisecond)
		synctest.Wait()
		if failed := second.notes.of(activity.Failed); len(failed) != 0 {
			t.Errorf("attempted too early: %v", failed)
		}
		time.Sleep(time.Hour)
		synctest.Wait()
		if failed := second.notes.of(activity.Failed); attempts+len(failed) != 6 {
			t.Errorf("%d attempts before and %d after the restart", attempts, len(failed))
		}
		if _, attributes, _ := deadLetter(t, second); attributes["RETRY_ATTEMPTS"] != "5" {
			t.Error(attributes)
		}
	})
}

// TestNothingAcceptedIsLost puts events while targets fail in every way there is and the process is started again and
// again: each event reaches the target or, with its reason, the dead-letter queue.
func TestNothingAcceptedIsLost(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		outcomes := rapid.SliceOfN(rapid.SampledFrom([]error{
			nil, nil, errThrottled, &awsapi.Error{Status: 500, Code: "InternalError", Message: "x"}, fmt.Errorf("no disk"),
			awsapi.Errorf("AccessDeniedException", "x"), awsapi.Errorf("ResourceNotFoundException", "x"), awsapi.Errorf("InvalidParameterValue", "x"),
		}), 1, 20).Draw(rt, "outcomes")
		retries := rapid.IntRange(0, 3).Draw(rt, "retries")
		puts := rapid.SliceOfN(rapid.IntRange(1, 12), 1, 4).Draw(rt, "events put in each run")
		arn := rapid.SampledFrom([]string{queueARN, functionARN}).Draw(rt, "target")
		synctest.Test(t, func(t *testing.T) {
			var mu sync.Mutex
			calls := 0
			answer := func(called, _ string) error {
				mu.Lock()
				defer mu.Unlock()
				calls++
				outcome := outcomes[calls%len(outcomes)]
				if called == deadLetterARN && !bus.Retryable(outcome) {
					return nil // nothing can be done about a dead-letter queue that is not there
				}
				return outcome
			}
			state := memory(t)
			var ids, reached []string
			for _, count := range puts {
				c := open(t, state)
				c.targets.answer = answer
				c.rule(t, "r", bus.Target{
					ID: "x", ARN: arn, RetryPolicy: &bus.RetryPolicy{MaximumRetryAttempts: &retries},
					DeadLetterConfig: &bus.DeadLetterConfig{ARN: deadLetterARN},
				})
				c.Start()
				var details []string
				for range count {
					details = append(details, "{}")
				}
				ids = append(ids, c.put(t, details...)...)
				synctest.Wait()
				closeBus(t, c.Bus)
				reached = append(reached, eventIDs(t, c.targets.at(arn))...)
				reached = append(reached, eventIDs(t, c.targets.at(deadLetterARN))...)
			}
			last := open(t, state)
			last.targets.answer = answer
			last.Start()
			const patience = time.Hour // then all succeeds: a dead-letter queue may refuse for ever
			for began := time.Now(); len(last.InFlight()) > 0; synctest.Wait() {
				time.Sleep(time.Second)
				if time.Since(began) > patience {
					mu.Lock()
					outcomes = []error{nil}
					mu.Unlock()
				}
			}
			reached = append(reached, eventIDs(t, last.targets.at(arn))...)
			reached = append(reached, eventIDs(t, last.targets.at(deadLetterARN))...)
			slices.Sort(ids)
			slices.Sort(reached)
			if diff := cmp.Diff(ids, slices.Compact(reached)); diff != "" {
				rt.Fatalf("events that were put, and those that arrived: %s", diff)
			}
		})
	})
}
