package scenario_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	eventbridgetypes "github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
)

// everySecond crashes every second invocation, half of them at one of its calls: sooner or later one falls exactly between
// a mail, or a post, and the record of it.
var everySecond = []string{"--time-scale", "600", "--chaos", "crash=50%,seed=4"}

const windowRounds, windowAgents = 40, 25

// A worker dies between a mail and its record. The mail is not sent again, and the agent is told that nobody knows.
func TestCrashBetweenAMailAndItsRecord(t *testing.T) {
	t.Parallel()
	c := start(t, everySecond...)
	for round := range windowRounds {
		var entries []eventbridgetypes.PutEventsRequestEntry
		for n := range windowAgents {
			agent := fmt.Sprintf("agent-%02d-%02d", round, n)
			entries = append(entries, eventbridgetypes.PutEventsRequestEntry{
				EventBusName: aws.String(busName), Source: aws.String("bayon.coagent.user"), DetailType: aws.String("User Created"),
				Detail: aws.String(fmt.Sprintf(`{"userId":%q,"email":"%s@example.com","createdAt":"2026-11-24T08:29:59.500Z"}`, agent, agent)),
			})
		}
		c.publishAll(entries)
		c.quiet()
		for n := range windowAgents {
			c.letLeasesRunOut(fmt.Sprintf("agent-%02d-%02d", round, n))
		}
		for range 3 { // each may crash
			c.tick("notification-processor", "notifications", time.Now())
			c.quiet()
		}
		mails := map[string]int{}
		for _, mail := range c.whoGotWhat() {
			mails[mail]++
			if mails[mail] > 1 {
				t.Errorf("sent %d times: %s", mails[mail], mail)
			}
		}
		for n := range windowAgents {
			agent := fmt.Sprintf("agent-%02d-%02d", round, n)
			for _, item := range c.items(agent, "NOTIFICATION_JOB#") {
				reason, _ := item["Data"].(fields)["error"].(string)
				if strings.Contains(reason, "could not find out") && mails[agent+": account to "+agent+"@example.com"] == 1 {
					return // sent, and nobody knows
				}
			}
		}
	}
	t.Errorf("no crash fell between a mail and its record in %d rounds", windowRounds)
}

// letLeasesRunOut frees the jobs of workers that are gone.
func (c *cloud) letLeasesRunOut(agent string) {
	c.t.Helper()
	for _, item := range c.items(agent, "NOTIFICATION_JOB#") {
		if job := item["Data"].(fields); job["status"] == "processing" {
			job["leaseUntil"] = iso(time.Now().Add(-time.Second))
			c.replace(item)
		}
	}
}

// A worker dies between a post and its record. The post is found, and not made again.
func TestCrashBetweenAPostAndItsRecord(t *testing.T) {
	t.Parallel()
	c := start(t, everySecond...)
	const agent = "agent-1"
	c.connect(agent)
	for round := range windowRounds {
		for n := range windowAgents {
			c.plan(agent, fmt.Sprintf("post-%02d-%02d", round, n), everywhere(agent)[:1], time.Now().Add(-time.Second))
		}
		open := windowAgents
		for range mostLaterings {
			c.tick("publish-scheduled-content", "publishing", time.Now())
			c.quiet()
			if open = c.laterOn(agent); open == 0 {
				break
			}
		}
		if open > 0 {
			t.Fatalf("%d items have not ended after %d ticks", open, mostLaterings)
		}
		for what, times := range c.postedBy() {
			if times != 1 {
				t.Errorf("posted %d times: %s", times, what)
			}
		}
		for _, item := range c.items(agent, "SCHEDULE#") {
			for _, result := range item["Data"].(fields)["publishResults"].([]any) {
				if result := result.(fields); result["success"] == true && result["attempts"] == 0.0 {
					return // no try of it was recorded: it was found
				}
			}
		}
	}
	t.Errorf("no crash fell between a post and its record in %d rounds", windowRounds)
}
