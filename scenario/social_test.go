package scenario_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
)

// items is how many items of scheduled content TestNothingIsPostedTwice posts, on four networks each. Each waits a second
// for Instagram; make scenario-full posts a thousand.
var items = flag.Int("items", 160, "how many items of scheduled content are posted")

// postsPerAgent is how many of them are one agent's.
const postsPerAgent = 10

// publishers are the agents who have them.
func publishers() int { return max(1, *items/postsPerAgent) }

func socialPlatforms() []string { return []string{"facebook", "instagram", "linkedin", "twitter"} }

// connect stores an agent's connections to all networks, each with a token of its own.
func (c *cloud) connect(agent string) {
	c.t.Helper()
	for _, platform := range socialPlatforms() {
		c.put(agent, "SOCIAL#"+strings.ToUpper(platform), "SocialConnection", fields{
			"provider": strings.ToUpper(platform), "accessToken": tokenOf(agent, platform), "platformUserId": accountOf(agent, platform),
			"expiresAt": time.Now().Add(24 * time.Hour).UnixMilli(), "scope": "all",
		})
	}
}

func tokenOf(agent, platform string) string   { return "secret-token-of-" + agent + "-at-" + platform }
func accountOf(agent, platform string) string { return agent + "-" + platform }

// everywhere are channels on all networks.
func everywhere(agent string) (channels []fields) {
	for _, platform := range socialPlatforms() {
		channels = append(channels, fields{
			"type": platform, "accountId": accountOf(agent, platform), "accountName": platform, "isActive": true, "connectionStatus": "connected",
		})
	}
	return channels
}

// plan schedules a post of an agent with a picture, due at a time; its text is its id.
func (c *cloud) plan(agent, id string, channels []fields, at time.Time) {
	c.t.Helper()
	c.replace(fields{
		"PK": "USER#" + agent, "SK": "SCHEDULE#" + id, "EntityType": "ScheduledContent", "CreatedAt": 1, "UpdatedAt": 1,
		"GSI2PK": "SCHEDULE#scheduled", "GSI2SK": "TIME#" + iso(at),
		"Data": fields{
			"id": id, "userId": agent, "contentId": "content-" + id, "title": "A home", "content": id, "contentType": "social_media",
			"publishTime": iso(at), "channels": channels, "status": "scheduled", "publishResults": []fields{}, "retryCount": 0,
			"metadata": fields{"hashtags": []string{"home"}, "mediaUrls": []string{c.endpoint() + "/_social/picture.png"}},
		},
	})
}

// replace puts a whole item into the table.
func (c *cloud) replace(item fields) {
	c.t.Helper()
	encoded, err := attributevalue.MarshalMap(item)
	if err != nil {
		c.t.Fatal(err)
	}
	if _, err := c.database.PutItem(c.t.Context(), &dynamodb.PutItemInput{TableName: aws.String(tableName), Item: encoded}); err != nil {
		c.t.Fatal(err)
	}
}

// postedBy counts what the networks say was posted, by platform, account and text.
func (c *cloud) postedBy() map[string]int {
	c.t.Helper()
	posts, err := c.console().Posts(c.t.Context())
	if err != nil {
		c.t.Fatal(err)
	}
	counts := map[string]int{}
	for _, post := range posts {
		first, _, _ := strings.Cut(post.Text, "\n")
		counts[post.Platform+" "+first]++
	}
	return counts
}

// laterOn makes due what an agent's scheduled content waits for, and lets leases of workers that are gone run out. It
// returns how many items have not ended.
func (c *cloud) laterOn(agent string) (open int) {
	c.t.Helper()
	past := time.Now().Add(-time.Second)
	for _, item := range c.items(agent, "SCHEDULE#") {
		data := item["Data"].(fields)
		switch data["status"] {
		case "scheduled":
			data["nextAttemptAt"], item["GSI2SK"] = iso(past), "TIME#"+iso(past)
			results, _ := data["publishResults"].([]any)
			for _, result := range results {
				result := result.(fields)
				if result["retryAt"] != nil {
					result["retryAt"] = iso(past)
				}
				if since, noted := result["postingSince"].(string); noted {
					at, err := time.Parse(time.RFC3339, since)
					if err != nil {
						c.t.Fatal(err)
					}
					result["postingSince"] = iso(at.Add(-3 * time.Minute))
				}
			}
		case "publishing":
			data["leaseUntil"] = iso(past)
		default:
			continue
		}
		open++
		c.replace(item)
	}
	return open
}

// Many items on four networks, with whatever can go wrong: nothing is posted twice, and what is said to be posted is.
func TestNothingIsPostedTwice(t *testing.T) {
	t.Parallel()
	c := start(t, "--time-scale", "600", "--chaos", "duplicate=5%,crash=2%,dynamo-throttle=1%,social-limit=2%,social-fault=2%,social-cut=2%,seed=11")
	now := time.Now()
	for a := range publishers() {
		agent := fmt.Sprintf("agent-%03d", a)
		c.connect(agent)
		for i := range postsPerAgent {
			id := fmt.Sprintf("%s-post-%02d", agent, i)
			c.plan(agent, id, everywhere(agent), now.Add(-time.Duration(i)*time.Second))
		}
	}
	const mostRounds = 30
	open := publishers() * postsPerAgent
	for round := 0; open > 0; round++ {
		if round == mostRounds {
			t.Fatalf("%d items have not ended after %d rounds", open, round)
		}
		for range 2 { // ticks that overlap
			c.schedule("publish-scheduled-content", "publishing", now.Add(time.Duration(2*round)*5*time.Minute))
		}
		if round%3 == 0 { // and workers that are killed in the middle
			for _, process := range c.functionProcesses() {
				_ = syscall.Kill(process, syscall.SIGKILL) // it may have ended
			}
		}
		c.quietWithin(8 * time.Minute)
		open = 0
		for a := range publishers() {
			open += c.laterOn(fmt.Sprintf("agent-%03d", a))
		}
	}
	c.compareWithNetworks()
	c.noTokenIsLogged()
}

// compareWithNetworks compares what the items say with what the networks have.
func (c *cloud) compareWithNetworks() {
	c.t.Helper()
	posted := c.postedBy()
	twice, unsaid, outcomes := 0, maps.Clone(posted), map[string]int{}
	for what, times := range posted {
		if times > 1 {
			twice++
			c.t.Errorf("posted %d times: %s", times, what)
		}
	}
	for a := range publishers() {
		for _, item := range c.items(fmt.Sprintf("agent-%03d", a), "SCHEDULE#") {
			data := item["Data"].(fields)
			outcomes[data["status"].(string)]++
			results, _ := data["publishResults"].([]any)
			if len(results) != len(socialPlatforms()) {
				c.t.Errorf("%s has %d results", data["id"], len(results))
			}
			for _, result := range results {
				result := result.(fields)
				what := fmt.Sprintf("%s %s", result["channel"], data["id"])
				if result["success"] == true {
					outcomes["posts"]++
					if posted[what] != 1 {
						c.t.Errorf("said to be posted, but is not: %s", what)
					}
					delete(unsaid, what)
				} else {
					outcomes["posts that failed"]++
				}
			}
		}
	}
	for what := range unsaid {
		outcomes["posted, but unknown"]++
		c.t.Logf("posted, but the item does not know: %s", what)
	}
	c.t.Logf("%v", outcomes)
	if outcomes["posts"] < publishers()*postsPerAgent*len(socialPlatforms())*9/10 {
		c.t.Errorf("only %d posts", outcomes["posts"])
	}
}

// noTokenIsLogged looks for every token in what the functions have printed.
func (c *cloud) noTokenIsLogged() {
	c.t.Helper()
	printed := c.functionLog()
	if strings.Contains(printed, "secret-token-of-") {
		c.t.Error("a token is in the functions' log")
	}
	for _, body := range c.failures() {
		if strings.Contains(body, "secret-token-of-") {
			c.t.Error("a token is in the failure queue")
		}
	}
}

// Accounts that ask for trouble: each ends as it should, and holds up no other.
func TestTroubleOnOneChannelHoldsUpNoOther(t *testing.T) {
	t.Parallel()
	c := start(t, "--time-scale", "600")
	published, failed, synced := c.watch("published", "Content Published"), c.watch("failed", "Content Publish Failed"), c.watch("synced", "Integration Sync Completed")
	const agent = "agent-1"
	c.connect(agent)
	now := time.Now()
	for _, account := range []string{"fine", "forbidden-page", "limited-page", "broken-page", "cut-page", "denied-page"} {
		c.plan(agent, account, []fields{
			{"type": "facebook", "accountId": account, "accountName": account, "isActive": true, "connectionStatus": "connected"},
			{"type": "linkedin", "accountId": "member-" + account, "accountName": "me", "isActive": true, "connectionStatus": "connected"},
		}, now)
	}
	for round := range 6 {
		c.schedule("publish-scheduled-content", "publishing", now.Add(time.Duration(round)*5*time.Minute))
		c.quiet()
		if round < 5 {
			c.laterOn(agent)
		}
	}
	statuses := map[string]string{}
	for _, item := range c.items(agent, "SCHEDULE#") {
		data := item["Data"].(fields)
		statuses[data["id"].(string)] = data["status"].(string)
	}
	want := map[string]string{"fine": "published", "forbidden-page": "failed", "limited-page": "scheduled", "broken-page": "failed", "cut-page": "published", "denied-page": "published"}
	if !maps.Equal(statuses, want) {
		t.Errorf("items %v, want %v", statuses, want)
	}
	for what, times := range c.postedBy() {
		if times != 1 {
			t.Errorf("posted %d times: %s", times, what)
		}
	}
	if got := len(unique(c.receive(published))); got != 9 { // six on LinkedIn, three on Facebook
		t.Errorf("%d posts were told of", got)
	}
	reasons := []string{}
	for _, body := range unique(c.receive(failed)) {
		var event struct {
			Detail struct {
				ScheduleID string   `json:"scheduleId"`
				Platforms  []string `json:"platforms"`
				Error      string   `json:"error"`
			} `json:"detail"`
		}
		if err := json.Unmarshal([]byte(body), &event); err != nil || event.Detail.Error == "" {
			t.Fatalf("%v: %s", err, body)
		}
		reasons = append(reasons, event.Detail.ScheduleID+" "+strings.Join(event.Detail.Platforms, ","))
	}
	slices.Sort(reasons)
	if !slices.Equal(reasons, []string{"broken-page facebook", "forbidden-page facebook"}) {
		t.Errorf("failures %v", reasons)
	}
	analytics := c.items(agent, "ANALYTICS#")
	if len(analytics) != 9 {
		t.Errorf("%d items of analytics", len(analytics))
	}
	for _, item := range analytics {
		data := item["Data"].(fields)
		if data["lastSynced"] == nil || data["metrics"].(fields)["views"] == nil {
			t.Errorf("not synced: %v", data)
		}
	}
	if got := len(unique(c.receive(synced))); got != 9 {
		t.Errorf("%d syncs were told of", got)
	}
	c.noTokenIsLogged()
	c.noFailures()
}
