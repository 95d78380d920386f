package bus_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/activity"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/awsapi"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/bus"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/iam"
)

func number(n int) *int { return &n }

func TestTargetsAreCalledAsTheRule(t *testing.T) {
	t.Parallel()
	c := open(t, memory(t))
	c.rule(t, "r", bus.Target{ID: "q", ARN: queueARN}, bus.Target{ID: "f", ARN: functionARN})
	c.Start()
	c.put(t, `{"n":1}`)
	c.quiet(t)
	caller := iam.Caller{Service: "events.amazonaws.com", SourceARN: "arn:aws:events:us-east-1:123456789012:rule/b/r"}
	for _, arn := range []string{queueARN, functionARN} {
		if got := c.targets.at(arn); len(got) != 1 || got[0].Caller != caller || !strings.Contains(got[0].Body, `"detail":{"n":1}`) {
			t.Errorf("%s got %v", arn, got)
		}
	}
}

func TestOnlyMatchedEventsAreDelivered(t *testing.T) {
	t.Parallel()
	c := open(t, memory(t))
	for name, pattern := range map[string]string{
		"detail": `{"source":["s"],"detail":{"n":[1]}}`, "type": `{"detail-type":["T"]}`, "other": `{"source":["x"]}`, "disabled": `{"source":["s"]}`,
	} {
		if _, err := c.PutRule(bus.Rule{Name: name, Bus: "b", Pattern: pattern}); err != nil {
			t.Fatal(err)
		}
		if err := c.PutTargets(name, "b", []bus.Target{{ID: "q", ARN: "arn:aws:sqs:us-east-1:123456789012:" + name}}); err != nil {
			t.Fatal(err)
		}
	}
	if err := c.SetRuleState("disabled", "b", bus.Disabled); err != nil {
		t.Fatal(err)
	}
	c.Start()
	ids := c.put(t, `{"n":1}`, `{"n":2}`)
	c.quiet(t)
	for name, want := range map[string][]string{"detail": ids[:1], "type": ids, "other": nil, "disabled": nil} {
		got := eventIDs(t, c.targets.at("arn:aws:sqs:us-east-1:123456789012:"+name))
		slices.Sort(got)
		want = slices.Clone(want)
		slices.Sort(want)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestManyEventsReachEveryTarget(t *testing.T) {
	t.Parallel()
	c := open(t, memory(t))
	c.rule(t, "r", bus.Target{ID: "q", ARN: queueARN}, bus.Target{ID: "f", ARN: functionARN})
	c.Start()
	const clients, each = 8, 60
	var mu sync.Mutex
	var ids []string
	var group sync.WaitGroup
	for range clients {
		group.Go(func() {
			var details []string
			for range each {
				details = append(details, "{}")
			}
			put := c.put(t, details...)
			mu.Lock()
			defer mu.Unlock()
			ids = append(ids, put...)
		})
	}
	group.Wait()
	c.quiet(t)
	slices.Sort(ids)
	for _, arn := range []string{queueARN, functionARN} {
		got := eventIDs(t, c.targets.at(arn))
		slices.Sort(got)
		if diff := cmp.Diff(ids, got); diff != "" {
			t.Errorf("%s: %s", arn, diff)
		}
	}
}

// refusing returns an answer that refuses a target's calls with an error, as often as given; -1 for always.
func refusing(arn string, times int, err error) func(string, string) error {
	var mu sync.Mutex
	return func(called, _ string) error {
		mu.Lock()
		defer mu.Unlock()
		if called != arn || times == 0 {
			return nil
		}
		times--
		return err
	}
}

var errThrottled = &awsapi.Error{Status: 429, Code: "TooManyRequestsException", Message: "Rate Exceeded."}

func TestRetries(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := open(t, memory(t))
		c.targets.answer = refusing(functionARN, 3, errThrottled)
		c.rule(t, "r", bus.Target{ID: "f", ARN: functionARN})
		c.Start()
		began := time.Now()
		ids := c.put(t, "{}")
		for synctest.Wait(); len(c.InFlight()) > 0; synctest.Wait() {
			time.Sleep(100 * time.Millisecond)
		}
		if diff := cmp.Diff(ids, eventIDs(t, c.targets.at(functionARN))); diff != "" {
			t.Error(diff)
		}
		// The pauses are 1, 2 and 4 s, shortened by up to a half.
		if took := time.Since(began); took < 3500*time.Millisecond || took > 7200*time.Millisecond {
			t.Errorf("it took %v", took)
		}
		happened := c.notes.of(activity.Failed, activity.Retried)
		var kinds []string
		for i, each := range happened {
			kinds = append(kinds, fmt.Sprint(each.Kind, each.Attempt, each.Function, each.Reason))
			if each.Kind == activity.Retried && !each.RetryAt.After(happened[i].At) {
				t.Errorf("retried at %v", each.RetryAt)
			}
		}
		want := []string{
			"failed1priceTHROTTLING: Rate Exceeded.", "retried2price", "failed2priceTHROTTLING: Rate Exceeded.", "retried3price",
			"failed3priceTHROTTLING: Rate Exceeded.", "retried4price",
		}
		if diff := cmp.Diff(want, kinds); diff != "" {
			t.Error(diff)
		}
	})
}

func TestInFlightNamesWhatWaits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := open(t, memory(t))
		c.targets.answer = refusing(queueARN, 1, errThrottled)
		c.rule(t, "r", bus.Target{ID: "q", ARN: queueARN})
		c.rule(t, "other", bus.Target{ID: "f", ARN: functionARN})
		if got := c.InFlight(); len(got) != 0 {
			t.Error(got)
		}
		c.put(t, "{}")
		if got := c.InFlight(); len(got) != 2 || got[0] != "1 deliveries of the rule other to the function price" {
			t.Error(got)
		}
		c.Start()
		synctest.Wait()
		if got := c.InFlight(); len(got) != 1 || !strings.HasPrefix(got[0], "1 deliveries of the rule r to the queue watch, the next attempt at ") {
			t.Error(got)
		}
		time.Sleep(time.Second)
		synctest.Wait()
		if got := c.InFlight(); len(got) != 0 {
			t.Error(got)
		}
	})
}

func TestWaitsAreScaled(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := open(t, memory(t), func(config *bus.Config) {
			config.Scale = func(wait time.Duration) time.Duration { return wait / 100 }
		})
		c.targets.answer = refusing(functionARN, 3, errThrottled)
		c.rule(t, "r", bus.Target{ID: "f", ARN: functionARN})
		c.Start()
		c.put(t, "{}")
		time.Sleep(71 * time.Millisecond)
		synctest.Wait()
		if got := c.InFlight(); len(got) != 0 {
			t.Error(got)
		}
	})
}

func TestAgesAreScaled(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := open(t, memory(t), func(config *bus.Config) {
			config.Scale = func(wait time.Duration) time.Duration { return wait / 100 }
		})
		c.targets.answer = refusing(functionARN, -1, errThrottled)
		c.rule(t, "r", bus.Target{ID: "f", ARN: functionARN, RetryPolicy: &bus.RetryPolicy{MaximumEventAgeInSeconds: number(60)}})
		c.Start()
		c.put(t, "{}")
		time.Sleep(600 * time.Millisecond)
		synctest.Wait()
		if lost := c.notes.of(activity.Lost); len(lost) != 1 {
			t.Error(lost, c.InFlight())
		}
	})
}

// TestRetriesThatAreDueAtOnce lets many deliveries fail at the same moment, to be attempted again at that moment.
func TestRetriesThatAreDueAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := open(t, memory(t), func(config *bus.Config) {
			config.Scale = func(time.Duration) time.Duration { return 0 }
		})
		var mu sync.Mutex
		attempts := map[string]int{}
		c.targets.answer = func(_, body string) error {
			mu.Lock()
			defer mu.Unlock()
			if attempts[body]++; attempts[body] < 4 {
				return errThrottled
			}
			return nil
		}
		c.rule(t, "r", bus.Target{ID: "f", ARN: functionARN})
		var details []string
		for range 300 {
			details = append(details, "{}")
		}
		c.put(t, details...)
		c.Start()
		synctest.Wait()
		if got := c.targets.at(functionARN); len(got) != 300 || len(c.InFlight()) != 0 {
			t.Errorf("%d arrived, in flight %v", len(got), c.InFlight())
		}
	})
}

// deadLetter is what the dead-letter queue got: body and attributes, whose types must all be String.
func deadLetter(t *testing.T, c *cloud) (body string, attributes map[string]string, trace string) {
	t.Helper()
	got := c.targets.at(deadLetterARN)
	if len(got) != 1 {
		t.Fatalf("the dead-letter queue got %v", got)
	}
	attributes = map[string]string{}
	for name, attribute := range got[0].Attributes {
		attributes[name] = attribute.StringValue
		if attribute.DataType != "String" {
			t.Errorf("%s is a %s", name, attribute.DataType)
		}
	}
	if want := (iam.Caller{Service: "events.amazonaws.com", SourceARN: "arn:aws:events:us-east-1:123456789012:rule/b/r"}); got[0].Caller != want {
		t.Errorf("it was called by %v", got[0].Caller)
	}
	return got[0].Body, attributes, got[0].Trace
}

func TestDeadLetters(t *testing.T) {
	t.Parallel()
	const ruleARN = "arn:aws:events:us-east-1:123456789012:rule/b/r"
	tests := []struct {
		name       string
		target     string
		policy     *bus.RetryPolicy
		answer     error
		attempts   int
		attributes map[string]string
	}{
		{
			name: "no such function", target: functionARN, answer: awsapi.Errorf("ResourceNotFoundException", "Function not found: x"),
			attempts: 1, attributes: map[string]string{"ERROR_CODE": "NO_RESOURCE", "ERROR_MESSAGE": "Function not found: x"},
		},
		{
			name: "no permission for the function", target: functionARN, answer: awsapi.Errorf("AccessDeniedException", "not authorized"),
			attempts: 1, attributes: map[string]string{"ERROR_CODE": "NO_PERMISSIONS", "ERROR_MESSAGE": "not authorized"},
		},
		{
			name: "no such queue", target: queueARN, answer: awsapi.Errorf("AWS.SimpleQueueService.NonExistentQueue", ""),
			attempts: 1, attributes: map[string]string{"ERROR_CODE": "NO_RESOURCE", "ERROR_MESSAGE": "AWS.SimpleQueueService.NonExistentQueue"},
		},
		{
			name: "a refused message", target: queueARN, answer: awsapi.Errorf("InvalidMessageContents", "bad character"),
			attempts: 1, attributes: map[string]string{"ERROR_CODE": "INVALID_PARAMETER", "ERROR_MESSAGE": "bad character"},
		},
		{
			name: "no retries", target: functionARN, policy: &bus.RetryPolicy{MaximumRetryAttempts: number(0)}, answer: errThrottled, attempts: 1,
			attributes: map[string]string{
				"ERROR_CODE": "THROTTLING", "ERROR_MESSAGE": "Rate Exceeded.", "EXHAUSTED_RETRY_CONDITION": "MaximumRetryAttempts", "RETRY_ATTEMPTS": "0",
			},
		},
		{
			name: "retries in vain", target: functionARN, policy: &bus.RetryPolicy{MaximumRetryAttempts: number(2)},
			answer: &awsapi.Error{Status: 503, Code: "ServiceException", Message: "down"}, attempts: 3,
			attributes: map[string]string{
				"ERROR_CODE": "ERROR_FROM_TARGET", "ERROR_MESSAGE": "down", "EXHAUSTED_RETRY_CONDITION": "MaximumRetryAttempts", "RETRY_ATTEMPTS": "2",
			},
		},
		{
			name: "too old", target: queueARN, policy: &bus.RetryPolicy{MaximumEventAgeInSeconds: number(60)}, answer: errors.New("no disk"), attempts: -1,
			attributes: map[string]string{"ERROR_CODE": "UNKNOWN", "ERROR_MESSAGE": "no disk", "EXHAUSTED_RETRY_CONDITION": "MaximumEventAgeInSeconds"},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				c := open(t, memory(t))
				c.targets.answer = refusing(test.target, -1, test.answer)
				c.rule(t, "r", bus.Target{
					ID: "x", ARN: test.target, RetryPolicy: test.policy, InputPath: "$.detail", DeadLetterConfig: &bus.DeadLetterConfig{ARN: deadLetterARN},
				})
				c.Start()
				e := entry(`{"n":1}`)
				e.TraceHeader = "Root=1-5759e988-bd862e3fe1be46a994272793"
				results, err := c.PutEvents([]bus.Entry{e}, bus.Origin{})
				if err != nil {
					t.Fatal(err)
				}
				began := time.Now()
				for synctest.Wait(); len(c.InFlight()) > 0; synctest.Wait() {
					time.Sleep(time.Second)
				}
				if took := time.Since(began); took > 61*time.Second {
					t.Errorf("it took %v", took)
				}
				body, attributes, trace := deadLetter(t, c)
				if !strings.Contains(body, results[0].EventID) || !strings.HasPrefix(body, `{"version":"0"`) || trace != e.TraceHeader {
					t.Errorf("body %s, trace %s", body, trace)
				}
				test.attributes["RULE_ARN"], test.attributes["TARGET_ARN"] = ruleARN, test.target
				failed := c.notes.of(activity.Failed)
				if test.attempts < 0 {
					test.attributes["RETRY_ATTEMPTS"] = fmt.Sprint(len(failed) - 1)
				}
				if diff := cmp.Diff(test.attributes, attributes); diff != "" {
					t.Error(diff)
				}
				if test.attempts >= 0 && len(failed) != test.attempts {
					t.Errorf("%d attempts", len(failed))
				}
				given := c.notes.of(activity.DeadLettered)
				if len(given) != 1 || given[0].Queue != "dead" || given[0].Attempt != len(failed) || given[0].EventID != results[0].EventID {
					t.Errorf("the diary has %v", given)
				}
			})
		})
	}
}

func TestDeadLetterQueuesThatDoNotTakeIt(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		config *bus.DeadLetterConfig
		answer error
		reason string
	}{
		{"none", nil, nil, "the target has no dead-letter queue"},
		{"no such queue", &bus.DeadLetterConfig{ARN: deadLetterARN}, awsapi.Errorf("AWS.SimpleQueueService.NonExistentQueue", "The queue does not exist."), "NO_RESOURCE: The queue does not exist."},
		{"its policy does not let the rule in", &bus.DeadLetterConfig{ARN: deadLetterARN}, awsapi.Errorf("AccessDeniedException", "denied"), "NO_PERMISSIONS: denied"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			c := open(t, memory(t))
			c.targets.answer = func(arn, _ string) error {
				if arn == functionARN {
					return awsapi.Errorf("ResourceNotFoundException", "no function")
				}
				return test.answer
			}
			c.rule(t, "r", bus.Target{ID: "f", ARN: functionARN, DeadLetterConfig: test.config})
			c.Start()
			c.put(t, "{}")
			c.quiet(t)
			lost := c.notes.of(activity.Lost)
			if len(lost) != 1 || !strings.HasSuffix(lost[0].Reason, test.reason) || !strings.HasPrefix(lost[0].Reason, "NO_RESOURCE: no function") {
				t.Errorf("the diary has %v", lost)
			}
			if got := c.targets.at(deadLetterARN); len(got) != 0 {
				t.Errorf("the dead-letter queue got %v", got)
			}
		})
	}
}

func TestDeadLetterQueuesAreTriedAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := open(t, memory(t))
		toDeadLetters := refusing(deadLetterARN, 3, errThrottled)
		c.targets.answer = func(arn, body string) error {
			if arn == functionARN {
				return awsapi.Errorf("ResourceNotFoundException", "no function")
			}
			return toDeadLetters(arn, body)
		}
		c.rule(t, "r", bus.Target{ID: "f", ARN: functionARN, DeadLetterConfig: &bus.DeadLetterConfig{ARN: deadLetterARN}})
		c.Start()
		c.put(t, "{}")
		time.Sleep(time.Minute)
		synctest.Wait()
		_, attributes, _ := deadLetter(t, c)
		if attributes["ERROR_CODE"] != "NO_RESOURCE" || attributes["RETRY_ATTEMPTS"] != "" {
			t.Error(attributes)
		}
		if failed := c.notes.of(activity.Failed); len(failed) != 1 {
			t.Errorf("the function was tried %d times", len(failed))
		}
	})
}

func TestASlowTargetHoldsUpNoOther(t *testing.T) {
	t.Parallel()
	c := open(t, memory(t))
	stuck := make(chan struct{})
	c.targets.answer = func(arn, _ string) error {
		if arn == functionARN {
			<-stuck
		}
		return nil
	}
	c.rule(t, "slow", bus.Target{ID: "f", ARN: functionARN})
	c.rule(t, "quick", bus.Target{ID: "q", ARN: queueARN})
	c.Start()
	var details []string
	for range 500 {
		details = append(details, "{}")
	}
	c.put(t, details...)
	eventually(t, func() bool { return len(c.targets.at(queueARN)) == 500 })
	if got := c.targets.at(functionARN); len(got) != 0 {
		t.Error(got)
	}
	close(stuck)
	c.quiet(t)
	if got := c.targets.at(functionARN); len(got) != 500 {
		t.Errorf("the slow one got %d", len(got))
	}
}

func TestAStuckInvocationHoldsUpNoOtherOfItsFunction(t *testing.T) {
	t.Parallel()
	c := open(t, memory(t))
	stuck := make(chan struct{})
	c.targets.answer = func(_, body string) error {
		if strings.Contains(body, "stuck") {
			<-stuck
		}
		return nil
	}
	c.rule(t, "r", bus.Target{ID: "f", ARN: functionARN})
	c.put(t, `{"stuck":1}`, "{}", "{}", "{}")
	c.Start()
	eventually(t, func() bool { return len(c.targets.at(functionARN)) == 3 })
	close(stuck)
	c.quiet(t)
}

func TestAPoisonousEventHoldsUpNoOther(t *testing.T) {
	t.Parallel()
	for _, arn := range []string{queueARN, functionARN} {
		c := open(t, memory(t))
		c.targets.answer = func(_, body string) error {
			if strings.Contains(body, "poison") {
				return awsapi.Errorf("InvalidParameterValue", "too bad")
			}
			return nil
		}
		c.rule(t, "r", bus.Target{ID: "x", ARN: arn})
		var details []string
		for i := range 300 {
			details = append(details, fmt.Sprintf(`{"n":%d}`, i))
		}
		details[137] = `{"poison":true}`
		c.put(t, details...)
		c.Start()
		c.quiet(t)
		if got := c.targets.at(arn); len(got) != 299 {
			t.Errorf("%s got %d", arn, len(got))
		}
		if lost := c.notes.of(activity.Lost); len(lost) != 1 {
			t.Errorf("%v", lost)
		}
	}
}

func TestDuplicates(t *testing.T) {
	t.Parallel()
	for _, arn := range []string{queueARN, functionARN} {
		var mu sync.Mutex
		count := 0
		c := open(t, memory(t), func(config *bus.Config) {
			config.Duplicate = func() bool {
				mu.Lock()
				defer mu.Unlock()
				count++
				return count%2 == 0
			}
		})
		c.rule(t, "r", bus.Target{ID: "x", ARN: arn})
		c.put(t, "{}", "{}", "{}", "{}")
		c.Start()
		c.quiet(t)
		got := eventIDs(t, c.targets.at(arn))
		slices.Sort(got)
		if len(got) != 6 || len(slices.Compact(got)) != 4 {
			t.Errorf("%s got %v", arn, got)
		}
	}
}

func TestRemovedTargetsGetNothingMore(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		state := memory(t)
		c := open(t, state)
		c.targets.answer = refusing(functionARN, 2, errThrottled)
		c.rule(t, "r", bus.Target{ID: "f", ARN: functionARN}, bus.Target{ID: "q", ARN: queueARN})
		c.Start()
		c.put(t, "{}", "{}")
		synctest.Wait()
		if unknown, err := c.RemoveTargets("r", "b", []string{"f", "x"}); err != nil || !slices.Equal(unknown, []string{"x"}) {
			t.Error(unknown, err)
		}
		if lost := c.notes.of(activity.Lost); len(lost) != 2 || lost[0].Reason != "The target was removed from the rule." || lost[0].Function != "price" {
			t.Error(lost)
		}
		for _, prefix := range []string{"p", "q"} {
			err := state.Scan([]byte(prefix), []byte{prefix[0] + 1}, func([]byte, []byte) (bool, error) {
				t.Error("a record of the removed target's deliveries is left")
				return false, nil
			})
			if err != nil {
				t.Error(err)
			}
		}
		c.put(t, "{}")
		time.Sleep(time.Hour)
		synctest.Wait()
		if got := c.targets.at(functionARN); len(got) != 0 {
			t.Error(got)
		}
		if got := c.targets.at(queueARN); len(got) != 3 || len(c.InFlight()) != 0 {
			t.Error(got, c.InFlight())
		}
		if err := c.PutTargets("r", "b", []bus.Target{{ID: "f", ARN: functionARN}}); err != nil {
			t.Fatal(err)
		}
		ids := c.put(t, "{}")
		synctest.Wait()
		if diff := cmp.Diff(ids, eventIDs(t, c.targets.at(functionARN))); diff != "" {
			t.Error(diff)
		}
	})
}

func TestChangedTargetsAreUsedForWhatWaits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := open(t, memory(t))
		c.targets.answer = refusing(functionARN, -1, errThrottled)
		c.rule(t, "r", bus.Target{ID: "x", ARN: functionARN})
		c.Start()
		ids := c.put(t, "{}")
		synctest.Wait()
		if err := c.PutTargets("r", "b", []bus.Target{{ID: "x", ARN: queueARN}}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
		synctest.Wait()
		if diff := cmp.Diff(ids, eventIDs(t, c.targets.at(queueARN))); diff != "" {
			t.Error(diff)
		}
	})
}

func TestCloseWaitsForWhatIsUnderWay(t *testing.T) {
	t.Parallel()
	state := memory(t)
	c := open(t, state)
	called, stuck := make(chan struct{}), make(chan struct{})
	c.targets.answer = func(string, string) error {
		close(called)
		<-stuck
		return nil
	}
	c.rule(t, "r", bus.Target{ID: "f", ARN: functionARN})
	c.Start()
	c.put(t, "{}")
	<-called
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := c.Close(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("closing with a delivery under way: %v", err)
	}
	close(stuck)
	closeBus(t, c.Bus)
	again := open(t, state)
	again.Start()
	again.quiet(t)
	if got := again.targets.at(functionARN); len(got) != 0 {
		t.Errorf("delivered again though it had been: %v", got)
	}
}
