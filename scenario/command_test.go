package scenario_test

import (
	"encoding/json"
	"maps"
	"os"
	"os/exec"
	"strings"
	"testing"
)

func TestExitCodesMeanSomething(t *testing.T) {
	t.Parallel()
	c := start(t)
	tests := []struct {
		name, arguments string
		code            int
		want            string
	}{
		{"help", "--help", 0, "Examples:"},
		{"help of a command", "publish --help", 0, "PutEvents"},
		{"no command", "", 2, "Try bayon --help"},
		{"unknown command", "dance", 2, "unexpected argument dance"},
		{"unknown flag", "wait --patiently", 2, "unknown flag"},
		{"wrong chaos", "up --chaos flood=5%", 2, "no such fault"},
		{"wrong scale", "up --time-scale 0", 2, "greater than 0"},
		{"a second local cloud", "up --detach", 1, "running"},
		{"quiet", "wait --timeout 5s", 0, ""},
		{"an event", "publish ../functions/price-reduction/testdata/check-due.json", 0, "accepted"},
		{"no file", "publish nothing.json", 2, "no such file"},
		{"a template", "publish user-created --set detail.userId=agent-8 --set detail.email=agent-8@example.com", 0, "accepted"},
		{"a template with a field that is wrong", "publish user-created --set detail.email=agent-8", 2, "User Created: email must be"},
		{"the same all the same", "publish user-created --set detail.email=agent-8 --no-validate", 0, "accepted"},
		{"the templates", "publish --list", 0, "integration-sync-completed"},
		{"no template", "publish user-made", 2, "no template user-made"},
		{"an invocation by a template", "invoke price-reduction schedule-price --no-logs", 0, "null"},
		{"no event", "publish command_test.go", 2, "no event in JSON"},
		{"an invocation that fails", "invoke " + functionName + " ../samconfig.toml", 1, "InvalidRequestContent"},
		{"no such function", "invoke nobody ../functions/price-reduction/testdata/check-due.json", 1, "ResourceNotFoundException"},
		{"a part of a name", "invoke price-reduction ../functions/price-reduction/testdata/schedule.json", 0, "null"},
		{"no time", "tail --once --since yesterday", 2, "--since must be"},
		{"since a time", "tail --once --since 2026-01-01T00:00:00Z", 0, "Check Due"},
		{"what happened", "tail --once --since 1m", 0, "Check Due"},
		{"a command that AWS does not know", "--aws wait", 2, "works on the local cloud only"},
		{"a replay of no time", "replay --rule trend-detector", 2, "which events?"},
		{"a replay to no rule", "replay --last 1h", 2, "--all-rules"},
		{"a replay to no rule that there is", "replay --last 1h --rule nobody", 1, "no rule"},
		{"a dry run", "replay --last 1h --rule price-reduction-monitor-check --dry-run", 0, "price-reduction-monitor-check (3)"},
		{"a dry run for programs", "replay --last 1h --all-rules --dry-run --json", 0, `"archived":3`},
		{"no replays", "replay list", 0, "There are no replays."},
		{"a replay", "replay --last 1h --rule price-reduction-monitor-check --name again", 0, "completed, 100%"},
		{"the same name", "replay --last 1h --all-rules --name again", 1, "already exists"},
		{"how far it is", "replay show again --json", 0, `"state":"COMPLETED"`},
		{"the replays", "replay list", 0, "COMPLETED"},
		{"a replay that has ended", "replay cancel again", 1, "IllegalStatusException"},
		{"no replay", "replay show nothing", 1, "does not exist"},
		{"what was replayed", "tail --once --since 1m", 0, "replay again"},
	}
	for _, test := range tests {
		code, output := c.command(strings.Fields(test.arguments)...)
		if code != test.code || !strings.Contains(output, test.want) {
			t.Errorf("%s: bayon %s: exit code %d, want %d and %q in:\n%s", test.name, test.arguments, code, test.code, test.want, output)
		}
	}
	onAWS := exec.Command(bayon, "--aws", "replay", "--template", "../template.yaml", "--last", "1h", "--rule", "trend-detector", "--dry-run")
	onAWS.Env = append(os.Environ(), "AWS_ENDPOINT_URL="+c.endpoint(), "AWS_REGION=us-east-1", "AWS_ACCESS_KEY_ID=any", "AWS_SECRET_ACCESS_KEY=any")
	if output, err := onAWS.CombinedOutput(); err != nil || !strings.Contains(string(output), "cannot be told. The whole archive holds") {
		t.Errorf("a dry run with --aws: %v\n%s", err, output)
	}
	if code, output := c.command("down"); code != 0 {
		t.Fatalf("down: exit code %d: %s", code, output)
	}
	for _, command := range []string{"down", "wait", "tail --once", "publish ../functions/price-reduction/testdata/check-due.json", "replay list"} {
		if code, output := c.command(strings.Fields(command)...); code != 3 || !strings.Contains(output, "not running") {
			t.Errorf("%s, when nothing runs: exit code %d: %s", command, code, output)
		}
	}
}

func TestTailForPrograms(t *testing.T) {
	t.Parallel()
	c := start(t)
	before, after := market(t, 3)
	c.settings("agent-1", nil)
	c.list("agent-1", before, 1000)
	c.synced("agent-1", "s1")
	c.quiet()
	c.list("agent-1", after, 2000)
	c.synced("agent-1", "s2")
	c.quiet()
	code, output := c.command("tail", "--json", "--once", "--since", "1m")
	if code != 0 {
		t.Fatalf("exit code %d: %s", code, output)
	}
	kinds, delivered, published := map[string]int{}, map[string]int{}, map[string]int{}
	for line := range strings.Lines(output) {
		var happened struct {
			Kind, EventID, CorrelationID, DetailType, Function string
			DurationMS                                         float64
		}
		if err := json.Unmarshal([]byte(line), &happened); err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		if happened.DetailType == "" || happened.DetailType == "Canary" { // of a schedule
			continue
		}
		kinds[happened.Kind]++
		if happened.EventID == "" || happened.CorrelationID == "" {
			t.Errorf("without an event or a correlation id: %s", line)
		}
		if happened.Kind == "delivered" {
			delivered[happened.Function]++
			if happened.DurationMS <= 0 {
				t.Errorf("delivered: %s", line)
			}
		}
		if happened.Kind == "published" {
			published[happened.DetailType]++
			if happened.Function == "" {
				t.Errorf("published: %s", line)
			}
		}
	}
	// Two syncs to three functions, and the alert to one; nobody knows the agent's address.
	want := map[string]int{"Alert Created": 1, "Notification Failed": 1}
	if kinds["accepted"] != 2 || delivered[functionName] != 2 || kinds["delivered"] != 7 || kinds["failed"] != 0 || !maps.Equal(published, want) {
		t.Errorf("what happened: %v, published %v", kinds, published)
	}
}

func TestDemonstration(t *testing.T) {
	t.Parallel()
	output, err := exec.Command(bayon, "demo", "--template", "../template.yaml").CombinedOutput()
	if err != nil || !strings.Contains(string(output), "18 alerts. Of the 30 prices that fell, 19 were outside Maria's areas, 3 outside her price range.") {
		t.Errorf("%v\n%s", err, output)
	}
}
