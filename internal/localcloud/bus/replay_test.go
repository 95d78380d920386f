package bus_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/activity"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/bus"
)

const (
	archiveARN = "arn:aws:events:us-east-1:123456789012:archive/a"
	busARN     = "arn:aws:events:us-east-1:123456789012:event-bus/b"
)

// second is a time of events in tests.
func second(n int) time.Time { return time.Unix(1_700_000_000+int64(n), 0).UTC() }

// withArchive opens a bus with the archive a of all events.
func withArchive(t testing.TB) *cloud {
	t.Helper()
	c := open(t, memory(t))
	if err := c.CreateArchive(bus.Archive{Name: "a", Bus: "b"}); err != nil {
		t.Fatal(err)
	}
	return c
}

// putAt puts an event with a time and the detail {"n":n}.
func (c *cloud) putAt(t testing.TB, at time.Time, n int) {
	t.Helper()
	e := entry(fmt.Sprintf(`{"n":%d}`, n))
	e.Time, e.TraceHeader = at, "Root=1-5759e988-bd862e3fe1be46a994272793"
	if _, err := c.PutEvents([]bus.Entry{e}, bus.Origin{}); err != nil {
		t.Fatal(err)
	}
}

// replay asks for a replay of seconds, to rules of the bus b by their names, and returns the status and the answer.
func (c *cloud) replay(t testing.TB, name string, from, to int, rules ...string) (int, map[string]any) {
	t.Helper()
	destination := map[string]any{"Arn": busARN}
	if len(rules) > 0 {
		var arns []string
		for _, rule := range rules {
			arns = append(arns, bus.Rule{Name: rule, Bus: "b"}.ARN())
		}
		destination["FilterArns"] = arns
	}
	body, err := json.Marshal(map[string]any{
		"ReplayName": name, "EventSourceArn": archiveARN, "EventStartTime": second(from).Unix(), "EventEndTime": second(to).Unix(),
		"Destination": destination,
	})
	if err != nil {
		t.Fatal(err)
	}
	return c.call(t, "StartReplay", string(body))
}

// mustReplay is replay, which must be taken.
func (c *cloud) mustReplay(t testing.TB, name string, from, to int, rules ...string) {
	t.Helper()
	if status, answer := c.replay(t, name, from, to, rules...); status != 200 || answer["State"] != "STARTING" {
		t.Fatal(status, answer)
	}
}

func (c *cloud) replayState(t testing.TB, name string) map[string]any {
	t.Helper()
	_, answer := c.call(t, "DescribeReplay", fmt.Sprintf(`{"ReplayName":%q}`, name))
	return answer
}

// event is what a target got.
type event struct {
	ID, Time string
	Replay   string `json:"replay-name"`
	Detail   struct{ N int }
}

func eventsOf(t testing.TB, calls []sent) []event {
	t.Helper()
	var list []event
	for _, call := range calls {
		var next event
		if err := json.Unmarshal([]byte(call.Body), &next); err != nil {
			t.Fatal(err)
		}
		list = append(list, next)
	}
	slices.SortFunc(list, func(a, b event) int { return a.Detail.N - b.Detail.N })
	return list
}

func TestReplayWithTheSDK(t *testing.T) {
	t.Parallel()
	c := withArchive(t)
	c.rule(t, "chosen", bus.Target{ID: "q", ARN: queueARN})
	c.rule(t, "other", bus.Target{ID: "f", ARN: functionARN})
	c.Start()
	for n := range 5 {
		c.putAt(t, second(n), n)
	}
	c.quiet(t)
	before := eventsOf(t, c.targets.at(queueARN))
	events := client(t, c, "KEY")
	begun := time.Now()
	answer, err := events.StartReplay(t.Context(), &eventbridge.StartReplayInput{
		ReplayName: aws.String("again"), Description: aws.String("a bug"), EventSourceArn: aws.String(archiveARN),
		EventStartTime: aws.Time(second(1).Add(900 * time.Millisecond)), EventEndTime: aws.Time(second(3).Add(900 * time.Millisecond)),
		Destination: &types.ReplayDestination{Arn: aws.String(busARN), FilterArns: []string{"arn:aws:events:us-east-1:123456789012:rule/b/chosen"}},
	})
	if err != nil || answer.State != types.ReplayStateStarting || *answer.ReplayArn != "arn:aws:events:us-east-1:123456789012:replay/again" ||
		answer.ReplayStartTime.Before(begun.Add(-time.Second)) {
		t.Fatalf("%+v %v", answer, err)
	}
	c.quiet(t)
	all := c.targets.at(queueARN)
	var again []event
	for _, call := range all[len(before):] {
		if call.Trace != "" {
			t.Errorf("the trace header was replayed: %s", call.Trace)
		}
		if !strings.Contains(call.Body, `"region":"us-east-1","replay-name":"again","resources":[]`) {
			t.Error(call.Body)
		}
		again = append(again, eventsOf(t, []sent{call})...)
	}
	if len(again) != 2 || again[0].Detail.N != 1 || again[1].Detail.N != 2 {
		t.Fatalf("replayed %v: the window is half-open and in whole seconds", again)
	}
	for _, replayed := range again {
		original := before[replayed.Detail.N]
		if replayed.ID == original.ID || replayed.Time != original.Time {
			t.Errorf("%v was replayed as %v", original, replayed)
		}
	}
	if got := c.targets.at(functionARN); len(got) != 5 {
		t.Errorf("a rule that was not chosen got %d events", len(got))
	}
	if kept := archivedIDs(t, c, "a"); len(kept) != 5 {
		t.Errorf("%d events are archived: what is replayed is not archived again", len(kept))
	}
	if told := c.notes.of(activity.Replayed); len(told) != 2 || told[0].Replay != "again" || told[0].EventID != again[0].ID {
		t.Errorf("%+v", told)
	}
	described, err := events.DescribeReplay(t.Context(), &eventbridge.DescribeReplayInput{ReplayName: aws.String("again")})
	if err != nil {
		t.Fatal(err)
	}
	if described.State != types.ReplayStateCompleted || !described.EventLastReplayedTime.Equal(second(2)) || *described.Description != "a bug" ||
		!described.EventStartTime.Equal(second(1)) || !described.EventEndTime.Equal(second(3)) || *described.Destination.Arn != busARN ||
		len(described.Destination.FilterArns) != 1 || described.ReplayEndTime.Before(*described.ReplayStartTime) || *described.EventSourceArn != archiveARN {
		t.Errorf("%+v", described)
	}
	listed, err := events.ListReplays(t.Context(), &eventbridge.ListReplaysInput{NamePrefix: aws.String("ag")})
	if err != nil || len(listed.Replays) != 1 || *listed.Replays[0].ReplayName != "again" || listed.Replays[0].State != types.ReplayStateCompleted {
		t.Errorf("%+v %v", listed, err)
	}
	var illegal *types.IllegalStatusException
	if _, err := events.CancelReplay(t.Context(), &eventbridge.CancelReplayInput{ReplayName: aws.String("again")}); !errors.As(err, &illegal) {
		t.Error(err)
	}
	var taken *types.ResourceAlreadyExistsException
	_, err = events.StartReplay(t.Context(), &eventbridge.StartReplayInput{
		ReplayName: aws.String("again"), EventSourceArn: aws.String(archiveARN), EventStartTime: aws.Time(second(1)),
		EventEndTime: aws.Time(second(3)), Destination: &types.ReplayDestination{Arn: aws.String(busARN)},
	})
	if !errors.As(err, &taken) {
		t.Error(err)
	}
}

func TestReplayOfNothing(t *testing.T) {
	t.Parallel()
	c := withArchive(t)
	c.Start()
	c.mustReplay(t, "empty", 0, 1)
	c.quiet(t)
	if state := c.replayState(t, "empty"); state["State"] != "COMPLETED" || state["EventLastReplayedTime"] != nil || state["ReplayEndTime"] == nil {
		t.Error(state)
	}
}

func TestReplayRefusals(t *testing.T) {
	t.Parallel()
	c := withArchive(t)
	if err := c.CreateBus("c", "", nil); err != nil {
		t.Fatal(err)
	}
	c.rule(t, "r")
	body := func(changes ...string) string {
		text := `{"ReplayName":"x","EventSourceArn":"` + archiveARN + `","EventStartTime":100,"EventEndTime":200,"Destination":{"Arn":"` + busARN + `"}}`
		return strings.NewReplacer(changes...).Replace(text)
	}
	const invalidException, notFound = "ValidationException", "ResourceNotFoundException"
	filter := func(arn string) string { return body(`event-bus/b"`, `event-bus/b","FilterArns":["`+arn+`"]`) }
	c.check(t, []request{
		{operation: "StartReplay", body: `{}`, code: invalidException, message: "5 validation errors detected: Value null at 'replayName' failed to satisfy constraint: Member must not be null; " +
			"Value null at 'eventSourceArn' failed to satisfy constraint: Member must not be null; Value null at 'eventStartTime' failed to satisfy constraint: Member must not be null; " +
			"Value null at 'eventEndTime' failed to satisfy constraint: Member must not be null; Value null at 'destination' failed to satisfy constraint: Member must not be null"},
		{operation: "StartReplay", body: body(`"x"`, `"a b"`), code: invalidException, message: constraint + `'a b' at 'replayName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\.\-_A-Za-z0-9]+`},
		{operation: "StartReplay", body: body("archive/a", "archive/none"), code: invalidException, message: "Parameter EventSourceArn is not valid. Reason: Archive none does not exist."},
		{operation: "StartReplay", body: body("archive/a", "rule/a"), code: invalidException, message: "Parameter EventSourceArn is not valid. Reason: Must contain an archive ARN."},
		{operation: "StartReplay", body: body("event-bus/b", "event-bus/none"), code: notFound, message: "Event bus none does not exist."},
		{operation: "StartReplay", body: body("event-bus/b", "event-bus/c"), code: invalidException, message: "Parameter Destination.Arn is not valid. Reason: Cross event bus replay is not permitted."},
		{operation: "StartReplay", body: body("event-bus/b", "queue"), code: invalidException, message: "Parameter Destination.Arn is not valid. Reason: Must contain an event bus ARN."},
		{operation: "StartReplay", body: body("200", "100"), code: invalidException, message: "Parameter EventEndTime is not valid. Reason: EventStartTime must be before EventEndTime."},
		{operation: "StartReplay", body: body("200", "90"), code: invalidException, message: "Parameter EventEndTime is not valid. Reason: EventStartTime must be before EventEndTime."},
		{operation: "StartReplay", body: filter("arn:aws:events:us-east-1:123456789012:rule/b/none"), code: notFound, message: "Rule none does not exist on EventBus b."},
		{operation: "StartReplay", body: filter("arn:aws:events:us-east-1:123456789012:rule/c/r"), code: invalidException, message: "Parameter Destination.FilterArns is not valid. Reason: Rule must be on the destination event bus."},
		{operation: "DescribeReplay", body: `{"ReplayName":"none"}`, code: notFound, message: "Replay none does not exist."},
		{operation: "CancelReplay", body: `{"ReplayName":"none"}`, code: notFound, message: "Replay none does not exist."},
		{operation: "DescribeReplay", body: `{}`, code: invalidException, message: "1 validation error detected: Value null at 'replayName' failed to satisfy constraint: Member must not be null"},
		{operation: "CancelReplay", body: `{}`, code: invalidException, message: "1 validation error detected: Value null at 'replayName' failed to satisfy constraint: Member must not be null"},
		{operation: "ListReplays", body: `{"NamePrefix":"a","State":"RUNNING"}`, code: invalidException, message: "At most one filter is allowed for ListReplays. Use either : State, EventSourceArn, or NamePrefix."},
		{operation: "ListReplays", body: `{"State":"DONE"}`, code: invalidException, message: constraint + "'DONE' at 'state' failed to satisfy constraint: Member must satisfy enum value set: [STARTING, RUNNING, CANCELLING, COMPLETED, CANCELLED, FAILED]"},
		{operation: "ListReplays", body: `{}`, answer: `{"Replays":[]}`},
	})
}

// heldTargets take nothing until they are released.
func heldTargets(c *cloud) (release func()) {
	held := make(chan struct{})
	c.targets.answer = func(string, string) error {
		<-held
		return nil
	}
	return sync.OnceFunc(func() { close(held) })
}

func TestTenReplaysAtOnce(t *testing.T) {
	t.Parallel()
	c := withArchive(t)
	c.ReplaySlowly(1, 0)
	c.rule(t, "r", bus.Target{ID: "q", ARN: queueARN})
	release := heldTargets(c)
	t.Cleanup(release)
	for n := range 3 {
		c.putAt(t, second(n), n)
	}
	c.Start()
	for i := range 10 {
		c.mustReplay(t, fmt.Sprint("replay-", i), 0, 10)
	}
	status, answer := c.replay(t, "replay-10", 0, 10)
	if status != 400 || answer["__type"] != "LimitExceededException" || answer["message"] != "The requested resource exceeds the maximum number allowed." {
		t.Error(status, answer)
	}
	if status, answer := c.replay(t, "replay-0", 0, 10); status != 400 || answer["message"] != "Replay replay-0 already exists." {
		t.Error(status, answer)
	}
	if left := strings.Join(c.InFlight(), "\n"); !strings.Contains(left, "the replay replay-3") {
		t.Errorf("in flight: %s", left)
	}
	release()
	c.quiet(t)
	_, list := c.call(t, "ListReplays", `{"State":"COMPLETED","Limit":9}`)
	if replays, _ := list["Replays"].([]any); len(replays) != 9 || list["NextToken"] == nil {
		t.Error(list)
	}
	c.mustReplay(t, "replay-10", 0, 10)
	c.quiet(t)
	if got := c.targets.at(queueARN); len(got) != 3+11*3 {
		t.Errorf("%d deliveries", len(got))
	}
}

func TestCancelledReplay(t *testing.T) {
	t.Parallel()
	c := withArchive(t)
	c.ReplaySlowly(2, 3)
	const count = 40
	for n := range count {
		c.putAt(t, second(n), n)
	}
	c.rule(t, "r", bus.Target{ID: "q", ARN: queueARN})
	release := heldTargets(c)
	t.Cleanup(release)
	c.Start()
	c.mustReplay(t, "again", 0, count)
	eventually(t, func() bool { return c.replayState(t, "again")["EventLastReplayedTime"] != nil })
	if state := c.replayState(t, "again"); state["State"] != "RUNNING" || state["ReplayEndTime"] != nil {
		t.Error(state)
	}
	if status, answer := c.call(t, "CancelReplay", `{"ReplayName":"again"}`); status != 200 || answer["State"] != "CANCELLING" {
		t.Error(status, answer)
	}
	eventually(t, func() bool { return c.replayState(t, "again")["State"] == "CANCELLED" })
	status, answer := c.call(t, "CancelReplay", `{"ReplayName":"again"}`)
	if status != 400 || answer["__type"] != "IllegalStatusException" || answer["message"] != "Replay again is not in a valid state for this operation." {
		t.Error(status, answer)
	}
	release()
	c.quiet(t)
	got := eventsOf(t, c.targets.at(queueARN))
	state := c.replayState(t, "again")
	last := second(got[len(got)-1].Detail.N)
	if len(got) == 0 || len(got) >= count || state["EventLastReplayedTime"] != float64(last.Unix()) || state["ReplayEndTime"] == nil {
		t.Errorf("%d events were replayed, the last of %v; %v", len(got), last, state)
	}
}

func TestReplayWithoutItsArchive(t *testing.T) {
	t.Parallel()
	c := withArchive(t)
	c.ReplaySlowly(1, 0)
	for n := range 5 {
		c.putAt(t, second(n), n)
	}
	c.rule(t, "r", bus.Target{ID: "q", ARN: queueARN})
	release := heldTargets(c)
	t.Cleanup(release)
	c.Start()
	c.mustReplay(t, "again", 0, 5)
	eventually(t, func() bool { return c.replayState(t, "again")["State"] == "RUNNING" })
	if err := c.DeleteArchive("a"); err != nil {
		t.Fatal(err)
	}
	if state := c.replayState(t, "again"); state["State"] != "FAILED" || state["StateReason"] != "Archive a does not exist." {
		t.Error(state)
	}
	release()
	c.quiet(t)
}

// TestReplayLeavesOutWhatComesLater has a window that goes on: what is replayed must not bring anything new into it.
func TestReplayLeavesOutWhatComesLater(t *testing.T) {
	t.Parallel()
	c := withArchive(t)
	c.ReplaySlowly(1, 1)
	c.rule(t, "r", bus.Target{ID: "f", ARN: functionARN})
	for n := range 5 {
		c.putAt(t, second(n), n)
	}
	c.Start()
	c.quiet(t)
	var once sync.Once
	c.targets.answer = func(_, body string) error {
		if strings.Contains(body, "replay-name") {
			once.Do(func() { c.putAt(t, second(100), 100) })
		}
		return nil
	}
	c.mustReplay(t, "again", 0, 1000)
	c.quiet(t)
	var replayed []int
	for _, got := range eventsOf(t, c.targets.at(functionARN)) {
		if got.Replay != "" {
			replayed = append(replayed, got.Detail.N)
		}
	}
	if diff := cmp.Diff([]int{0, 1, 2, 3, 4}, replayed); diff != "" {
		t.Error(diff)
	}
}

func TestReplaysAreForgottenAfter90Days(t *testing.T) {
	t.Parallel()
	state := memory(t)
	c := open(t, state)
	if err := c.CreateArchive(bus.Archive{Name: "a", Bus: "b"}); err != nil {
		t.Fatal(err)
	}
	c.Start()
	c.mustReplay(t, "old", 0, 1)
	c.quiet(t)
	if err := c.Sweep(time.Now().AddDate(0, 0, 89)); err != nil {
		t.Fatal(err)
	}
	if c.replayState(t, "old")["State"] != "COMPLETED" {
		t.Error("forgotten too early")
	}
	if err := c.Sweep(time.Now().AddDate(0, 0, 91)); err != nil {
		t.Fatal(err)
	}
	c.mustReplay(t, "old", 0, 1)
	c.quiet(t)
	closeBus(t, c.Bus)
	if again := open(t, state); again.replayState(t, "old")["State"] != "COMPLETED" {
		t.Error("a replay is forgotten at a restart")
	}
}

// TestReplayProperty replays any window of any events to any rules, while the process ends in order again and again: each
// event of the archive in the window reaches each of the rules that it matches, under one new id.
func TestReplayProperty(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		seconds := rapid.SliceOfN(rapid.IntRange(0, 20), 0, 30).Draw(rt, "times of events")
		from := rapid.IntRange(-2, 21).Draw(rt, "from")
		to := from + rapid.IntRange(1, 23).Draw(rt, "length")
		rules := rapid.SliceOfDistinct(rapid.SampledFrom([]string{"even", "odd", "all"}), rapid.ID[string]).Draw(rt, "rules")
		atOnce, ahead := rapid.IntRange(1, 4).Draw(rt, "at once"), rapid.IntRange(0, 4).Draw(rt, "ahead")
		ends := rapid.SliceOfN(rapid.IntRange(1, 10), 0, 3).Draw(rt, "deliveries before each end")

		state := memory(t)
		run := func(deliveries int) *cloud {
			c := open(t, state)
			c.ReplaySlowly(atOnce, ahead)
			var mu sync.Mutex
			enough := make(chan struct{})
			c.targets.answer = func(string, string) error {
				mu.Lock()
				defer mu.Unlock()
				if deliveries--; deliveries == 0 {
					close(enough)
				}
				return nil
			}
			c.Start()
			for len(c.InFlight()) > 0 {
				select {
				case <-enough:
					return c
				case <-time.After(time.Millisecond):
				}
			}
			return c
		}
		c := open(t, state)
		if err := c.CreateArchive(bus.Archive{Name: "a", Bus: "b", Pattern: `{"detail":{"n":[{"anything-but":3}]}}`}); err != nil {
			rt.Fatal(err)
		}
		for n, at := range seconds {
			e := entry(fmt.Sprintf(`{"n":%d,"parity":%d}`, n, n%2))
			e.Time = second(at).Add(time.Duration(n) * time.Millisecond)
			if _, err := c.PutEvents([]bus.Entry{e}, bus.Origin{}); err != nil {
				rt.Fatal(err)
			}
		}
		patterns := map[string]string{"even": `{"detail":{"parity":[0]}}`, "odd": `{"detail":{"parity":[1]}}`, "all": `{"source":["s"]}`}
		for name, pattern := range patterns {
			if _, err := c.PutRule(bus.Rule{Name: name, Bus: "b", Pattern: pattern}); err != nil {
				rt.Fatal(err)
			}
			if err := c.PutTargets(name, "b", []bus.Target{{ID: "q", ARN: queueARN + "-" + name}}); err != nil {
				rt.Fatal(err)
			}
		}
		if status, answer := c.replay(t, "again", from, to, rules...); status != 200 {
			rt.Fatal(status, answer)
		}
		closeBus(t, c.Bus)
		got := map[string][]int{}
		take := func(c *cloud) {
			closeBus(t, c.Bus)
			for name := range patterns {
				for _, event := range eventsOf(t, c.targets.at(queueARN+"-"+name)) {
					if event.Replay != "again" || event.Time != second(seconds[event.Detail.N]).Format(time.RFC3339) {
						rt.Fatalf("%+v", event)
					}
					got[name] = append(got[name], event.Detail.N)
				}
			}
		}
		for _, deliveries := range ends {
			take(run(deliveries))
		}
		take(run(-1))

		want := map[string][]int{}
		if len(rules) == 0 {
			rules = []string{"even", "odd", "all"}
		}
		for _, rule := range rules {
			for n, at := range seconds {
				if n != 3 && at >= from && at < to && (rule == "all" || (rule == "even") == (n%2 == 0)) {
					want[rule] = append(want[rule], n)
				}
			}
		}
		for _, list := range got {
			slices.Sort(list)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			rt.Fatalf("(-want +got): %s", diff)
		}
	})
}

// TestReplayAfterAKill goes on with the files as they are when the process is killed in the middle of a replay, at several
// moments.
func TestReplayAfterAKill(t *testing.T) {
	t.Parallel()
	const count = 60
	for _, killAfter := range []int{1, 7, 25, 50} {
		t.Run(fmt.Sprint(killAfter), func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			killed := open(t, disk(t, dir))
			killed.ReplaySlowly(3, 2)
			if err := killed.CreateArchive(bus.Archive{Name: "a", Bus: "b"}); err != nil {
				t.Fatal(err)
			}
			for n := range count {
				killed.putAt(t, second(n), n)
			}
			killed.rule(t, "r", bus.Target{ID: "q", ARN: functionARN})
			enough, stuck := make(chan struct{}), make(chan struct{})
			t.Cleanup(func() { close(stuck) })
			var mu sync.Mutex
			calls := 0
			killed.targets.answer = func(string, string) error {
				mu.Lock()
				calls++
				at := calls
				mu.Unlock()
				if at == killAfter {
					close(enough)
				}
				if at >= killAfter {
					<-stuck
				}
				return nil
			}
			killed.Start()
			killed.mustReplay(t, "again", 0, count)
			<-enough
			copied := t.TempDir()
			if err := os.CopyFS(copied, os.DirFS(dir)); err != nil {
				t.Fatal(err)
			}
			c := open(t, disk(t, copied))
			if state := c.replayState(t, "again"); state["State"] != "RUNNING" {
				t.Fatal(state)
			}
			c.Start()
			c.quiet(t)
			ids := map[int]map[string]bool{}
			for _, got := range eventsOf(t, append(killed.targets.at(functionARN), c.targets.at(functionARN)...)) {
				if ids[got.Detail.N] == nil {
					ids[got.Detail.N] = map[string]bool{}
				}
				ids[got.Detail.N][got.ID] = true
			}
			for n := range count {
				if len(ids[n]) != 1 {
					t.Errorf("event %d was replayed under the ids %v", n, ids[n])
				}
			}
			if state := c.replayState(t, "again"); state["State"] != "COMPLETED" || state["EventLastReplayedTime"] != float64(second(count-1).Unix()) {
				t.Error(state)
			}
		})
	}
}

func TestPreview(t *testing.T) {
	t.Parallel()
	c := withArchive(t)
	for name, pattern := range map[string]string{
		"even": `{"detail":{"parity":[0]}}`, "all": `{"source":["s"]}`, "live": `{"source":["s"],"replay-name":[{"exists":false}]}`, "idle": `{"source":["s"]}`,
	} {
		if _, err := c.PutRule(bus.Rule{Name: name, Bus: "b", Pattern: pattern}); err != nil {
			t.Fatal(err)
		}
		if name == "idle" {
			continue // without a target nothing gets there
		}
		if err := c.PutTargets(name, "b", []bus.Target{{ID: "q", ARN: queueARN}}); err != nil {
			t.Fatal(err)
		}
	}
	for n := range 5 {
		e := entry(fmt.Sprintf(`{"parity":%d}`, n%2))
		e.Time = second(n)
		if n == 3 {
			e.DetailType = "A"
		}
		if _, err := c.PutEvents([]bus.Entry{e}, bus.Origin{}); err != nil {
			t.Fatal(err)
		}
	}
	preview := func(rules ...string) bus.Preview {
		t.Helper()
		var arns []string
		for _, rule := range rules {
			arns = append(arns, bus.Rule{Name: rule, Bus: "b"}.ARN())
		}
		got, err := c.PreviewReplay("a", second(1), second(5), arns)
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	want := bus.Preview{Archived: 4, Replayed: 4, Types: []bus.PreviewType{
		{DetailType: "A", Source: "s", Archived: 1, Replayed: 1, Rules: map[string]int{"all": 1}},
		{DetailType: "T", Source: "s", Archived: 3, Replayed: 3, Rules: map[string]int{"all": 3, "even": 2}},
	}}
	if diff := cmp.Diff(want, preview()); diff != "" {
		t.Error(diff)
	}
	want = bus.Preview{Archived: 4, Replayed: 2, Types: []bus.PreviewType{
		{DetailType: "A", Source: "s", Archived: 1, Rules: map[string]int{}},
		{DetailType: "T", Source: "s", Archived: 3, Replayed: 2, Rules: map[string]int{"even": 2}},
	}}
	if diff := cmp.Diff(want, preview("even", "live")); diff != "" {
		t.Error(diff)
	}
	if _, err := c.PreviewReplay("none", second(1), second(5), nil); err == nil {
		t.Error("a preview of no archive")
	}
}

// TestReplayedEventsAreTheSame puts any events: replayed, they are the same to the byte but for id and replay-name.
func TestReplayedEventsAreTheSame(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		text := rapid.StringMatching(`[ -~é\n"\\\x{1F600}<&]{1,20}`)
		detail := rapid.MapOf(rapid.String(), rapid.OneOf(rapid.Map(rapid.String(), anyOf[string]), rapid.Map(rapid.Int64(), anyOf[int64]), rapid.Map(rapid.Bool(), anyOf[bool])))
		encoded, err := json.Marshal(detail.Draw(rt, "detail"))
		if err != nil {
			rt.Fatal(err)
		}
		put := bus.Entry{
			Bus: "b", Source: "s" + text.Draw(rt, "source"), DetailType: text.Draw(rt, "detail type"), Detail: rapid.SampledFrom([]string{"", " ", "\n"}).Draw(rt, "space") + string(encoded),
			Time: second(rapid.IntRange(0, 9).Draw(rt, "time")), Resources: rapid.SliceOfN(text, 0, 3).Draw(rt, "resources"),
		}
		c := withArchive(t)
		if _, err := c.PutRule(bus.Rule{Name: "r", Bus: "b", Pattern: `{"source":[{"prefix":"s"}]}`}); err != nil {
			rt.Fatal(err)
		}
		if err := c.PutTargets("r", "b", []bus.Target{{ID: "q", ARN: queueARN}}); err != nil {
			rt.Fatal(err)
		}
		c.Start()
		results, err := c.PutEvents([]bus.Entry{put}, bus.Origin{})
		if err != nil || results[0].EventID == "" {
			rt.Fatal(results, err)
		}
		c.quiet(t)
		c.mustReplay(t, "again", 0, 10)
		c.quiet(t)
		got := c.targets.at(queueARN)
		if len(got) != 2 {
			rt.Fatalf("%d deliveries", len(got))
		}
		id := eventIDs(t, got[1:])[0]
		same := strings.Replace(strings.Replace(got[1].Body, id, results[0].EventID, 1), `"replay-name":"again",`, "", 1)
		if diff := cmp.Diff(got[0].Body, same); diff != "" || id == results[0].EventID {
			rt.Fatalf("(-put +replayed): %s", diff)
		}
		closeBus(t, c.Bus)
	})
}

func anyOf[T any](value T) any { return value }

func TestReplayLeavesOutWhatIsDamagedOrRefused(t *testing.T) {
	t.Parallel()
	c := withArchive(t)
	c.rule(t, "chosen", bus.Target{ID: "q", ARN: queueARN})
	for n := range 5 {
		c.putAt(t, second(n), n)
	}
	for n, event := range map[int]string{1: `{`, 3: `{"detail-type":"","source":"s","time":"2023-11-14T22:13:23Z","resources":[],"detail":{}}`} {
		if err := c.DamageArchived(n, event); err != nil {
			t.Fatal(err)
		}
	}
	c.Start()
	c.quiet(t)
	before := len(c.targets.at(queueARN))
	c.mustReplay(t, "again", 0, 5)
	c.quiet(t)
	var got []int
	for _, e := range eventsOf(t, c.targets.at(queueARN)[before:]) {
		got = append(got, e.Detail.N)
	}
	if diff := cmp.Diff([]int{0, 2, 4}, got); diff != "" {
		t.Error(diff)
	}
	if state := c.replayState(t, "again"); state["State"] != "COMPLETED" {
		t.Error(state)
	}
	warned := c.notes.of(activity.Warned)
	if len(warned) != 2 || !strings.Contains(warned[0].Reason+warned[1].Reason, "it is damaged") || warned[0].Replay != "again" ||
		!strings.Contains(warned[0].Reason+warned[1].Reason, "2023-11-14T22:13:23Z is left out: InvalidArgument") {
		t.Errorf("%+v", warned)
	}
}
