package scenario_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/google/go-cmp/cmp"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/activity"
)

const listings = 600

// play syncs a market, lets prices fall, syncs again with trouble in the middle, and returns the alerts, and how often the
// bus told of each.
func play(c *cloud, trouble func()) (alerts []string, told map[string]int) {
	c.t.Helper()
	const agent = "agent-1"
	before, after := market(c.t, listings)
	watched := c.watch("watch-alerts", "Alert Created")
	c.settings(agent, nil)
	c.list(agent, before, 1000)
	c.synced(agent, "sync-1")
	c.quiet()
	c.list(agent, after, 2000)
	c.synced(agent, "sync-2")
	trouble()
	c.quiet()
	told = map[string]int{}
	for _, body := range c.receive(watched) {
		var event struct {
			Detail struct {
				AlertID  string `json:"alertId"`
				Metadata struct {
					EventKey    string `json:"eventKey"`
					CausationID string `json:"causationId"`
					Hops        int    `json:"hops"`
				} `json:"metadata"`
			} `json:"detail"`
		}
		if err := json.Unmarshal([]byte(body), &event); err != nil {
			c.t.Fatal(err)
		}
		metadata := event.Detail.Metadata
		if metadata.EventKey != "Alert Created:"+event.Detail.AlertID || metadata.CausationID == "" || metadata.Hops != 1 {
			c.t.Errorf("the metadata of an alert is %+v", metadata)
		}
		told[event.Detail.AlertID]++
	}
	return c.alerts(agent), told
}

func TestTheSameAlertsWhateverGoesWrong(t *testing.T) {
	t.Parallel()
	quiet := start(t)
	want, told := play(quiet, func() {})
	if len(want) != listings/3 || len(told) != len(want) {
		t.Fatalf("%d alerts, %d told, want %d", len(want), len(told), listings/3)
	}
	for id, times := range told {
		if times != 1 {
			t.Errorf("alert %s was told %d times in a quiet run", id, times)
		}
	}
	ids := slices.Sorted(maps.Keys(told))

	troubles := []struct {
		name      string
		arguments []string
		trouble   func(c *cloud)
	}{
		{"everything is delivered twice", []string{"--chaos", "duplicate=100%"}, func(c *cloud) {
			c.quiet()
			handlings := 0
			for line := range strings.Lines(c.functionLog()) {
				if strings.Contains(line, `"message":"invocation ended"`) && strings.Contains(line, `"function":"price-reduction"`) {
					handlings++
				}
			}
			if handlings != 4 {
				c.t.Errorf("%d invocations of two syncs, want two of each", handlings)
			}
		}},
		{"the table is throttled", []string{"--chaos", "dynamo-throttle=3%,seed=3", "--time-scale", "600"}, func(*cloud) {}},
		{"the function is killed in the middle", []string{"--time-scale", "600"}, func(c *cloud) {
			c.midway(len(want))
			for _, process := range c.functionProcesses() {
				_ = syscall.Kill(process, syscall.SIGKILL) // it may have ended
			}
			c.quiet()
			c.happened(activity.Failed, activity.Retried)
		}},
		{"the local cloud is killed in the middle", []string{"--time-scale", "600"}, func(c *cloud) {
			c.midway(len(want))
			c.kill(syscall.SIGKILL)
			c.up()
			c.quiet()
			c.happened(activity.Delivered)
		}},
		{"the function is killed when it answers, and in the middle", []string{"--chaos", "crash=50%,seed=3", "--time-scale", "6000"}, func(c *cloud) {
			c.quiet()
			c.happened(activity.Failed, activity.Retried)
		}},
		{"the sync is told three times", nil, func(c *cloud) {
			c.synced("agent-1", "sync-2")
			c.synced("agent-1", "sync-3")
		}},
	}
	for _, test := range troubles {
		t.Run(test.name, func(t *testing.T) {
			c := start(t, test.arguments...)
			got, told := play(c, func() { test.trouble(c) })
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("alerts (-quiet +trouble): %s", diff)
			}
			if diff := cmp.Diff(ids, slices.Sorted(maps.Keys(told))); diff != "" {
				t.Errorf("told (-quiet +trouble): %s", diff)
			}
			for _, body := range c.failures() {
				if strings.Contains(body, functionName) {
					t.Errorf("in the failure queue: %.200s", body)
				}
			}
		})
	}
}

// midway waits until some alerts are there, but not all.
func (c *cloud) midway(all int) {
	c.t.Helper()
	for {
		switch found := len(c.items("agent-1", "ALERT#")); {
		case found == 0:
			continue
		case found >= all:
			c.t.Fatalf("the sync was done before there could be trouble")
		}
		return
	}
}

// happened looks into the diary for each kind of activity.
func (c *cloud) happened(kinds ...activity.Kind) {
	c.t.Helper()
	missing := map[activity.Kind]bool{}
	for _, kind := range kinds {
		missing[kind] = true
	}
	err := c.console().Activities(c.t.Context(), time.Now().Add(-time.Hour), false, func(happened activity.Activity) error {
		delete(missing, happened.Kind)
		return nil
	})
	if err != nil || len(missing) > 0 {
		c.t.Errorf("did not happen: %v, error %v", missing, err)
	}
}

// noFailures looks into the failure queue.
func (c *cloud) noFailures() {
	c.t.Helper()
	for _, body := range c.failures() {
		c.t.Errorf("in the failure queue: %.200s", body)
	}
}

func (c *cloud) failures() []string {
	c.t.Helper()
	url, err := c.queues.GetQueueUrl(c.t.Context(), &sqs.GetQueueUrlInput{QueueName: aws.String(failureQueue)})
	if err != nil {
		c.t.Fatal(err)
	}
	return c.receive(*url.QueueUrl)
}

func TestBadInputEndsInTheFailureQueueWithItsReason(t *testing.T) {
	t.Parallel()
	c := start(t, "--time-scale", "6000")
	c.settings("unreadable", fields{"enabledAlertTypes": "price-reduction"})
	tests := []struct {
		name, detail, errorType, message string
		functions                        int // that fail on it
	}{
		{
			"invalid", `{"syncId":"a","userId":"","provider":"mls","status":"completed","completedAt":"2026-11-24T08:29:59Z"}`,
			"PermanentError", "userId", 3,
		},
		{
			"undecodable", `{"syncId":7,"userId":"u","provider":"mls","status":"completed","completedAt":"2026-11-24T08:29:59Z"}`,
			"PermanentError", "syncId", 3,
		},
		{
			"unreadable settings", `{"syncId":"b","userId":"unreadable","provider":"mls","status":"completed","completedAt":"2026-11-24T08:29:59Z"}`,
			"PermanentError", "SETTINGS#ALERTS", 2,
		},
		{
			"a loop", `{"syncId":"c","userId":"u","provider":"mls","status":"completed","completedAt":"2026-11-24T08:29:59Z","metadata":{"hops":9}}`,
			"PermanentError", "loop", 3,
		},
	}
	for _, test := range tests {
		c.publish("Integration Sync Completed", "bayon.coagent.integration", test.detail)
		c.quiet()
		failures := c.failures()
		if len(failures) != test.functions {
			t.Errorf("%s: %d messages in the failure queue, want %d", test.name, len(failures), test.functions)
		}
		for _, failure := range failures {
			var record struct {
				RequestContext struct {
					Condition              string `json:"condition"`
					ApproximateInvokeCount int    `json:"approximateInvokeCount"`
				} `json:"requestContext"`
				RequestPayload struct {
					Detail json.RawMessage `json:"detail"`
				} `json:"requestPayload"`
				ResponsePayload struct {
					ErrorType    string `json:"errorType"`
					ErrorMessage string `json:"errorMessage"`
				} `json:"responsePayload"`
			}
			if err := json.Unmarshal([]byte(failure), &record); err != nil {
				t.Fatal(err)
			}
			if record.RequestContext.Condition != "RetriesExhausted" || record.RequestContext.ApproximateInvokeCount != 3 {
				t.Errorf("%s: %+v", test.name, record.RequestContext)
			}
			if record.ResponsePayload.ErrorType != test.errorType || !strings.Contains(record.ResponsePayload.ErrorMessage, test.message) {
				t.Errorf("%s: %+v", test.name, record.ResponsePayload)
			}
			if string(record.RequestPayload.Detail) != test.detail {
				t.Errorf("%s: the event is not what was published: %s", test.name, record.RequestPayload.Detail)
			}
		}
	}
}

func TestScheduleReachesEveryAgentConcerned(t *testing.T) {
	t.Parallel()
	c := start(t)
	before, after := market(t, 3)
	watched := c.watch("watch-checks", "Check Due")
	for i := range 5 {
		agent := fmt.Sprintf("agent-%d", i)
		c.settings(agent, nil)
		c.list(agent, before, 1000)
	}
	c.settings("agent-4", fields{"enabledAlertTypes": []string{}})
	code, output := c.command("invoke", functionName, "../functions/price-reduction/testdata/schedule.json")
	if code != 0 {
		t.Fatalf("exit code %d: %s", code, output)
	}
	c.quiet()
	if got := len(c.receive(watched)); got != 4 {
		t.Errorf("%d checks are due, want 4", got)
	}
	for i := range 4 {
		agent := fmt.Sprintf("agent-%d", i)
		if got := len(c.items(agent, "LISTING_SNAPSHOT#")); got != 3 {
			t.Errorf("%s: %d listings were looked at", agent, got)
		}
		c.list(agent, after, 2000)
	}
	c.publish("Check Due", "bayon.coagent.schedule", `{"check":"price","userId":"agent-0","dueAt":"2026-11-24T12:30:00.000Z"}`)
	c.quiet()
	if got := len(c.alerts("agent-0")); got != 1 {
		t.Errorf("%d alerts", got)
	}
	c.noFailures()
}

func TestSampleEventsAreHandled(t *testing.T) {
	t.Parallel()
	c := start(t)
	samples, err := filepath.Glob("../functions/*/testdata/*.json")
	if err != nil || len(samples) == 0 {
		t.Fatalf("no samples, error %v", err)
	}
	for _, sample := range samples {
		function := filepath.Base(filepath.Dir(filepath.Dir(sample)))
		code, output := c.command("invoke", function, sample)
		if code != 0 || !strings.Contains(output, `"outcome":"handled"`) {
			t.Errorf("%s: exit code %d: %s", sample, code, output)
		}
	}
}
