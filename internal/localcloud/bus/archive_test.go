package bus_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/bus"
)

// archived returns the events of an archive in a window.
func archived(t testing.TB, c *cloud, name string, from, to time.Time) []string {
	t.Helper()
	list := []string{}
	err := c.Archived(name, from, to, func(event []byte) bool {
		list = append(list, string(event))
		return true
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func archivedIDs(t testing.TB, c *cloud, name string) []string {
	t.Helper()
	var ids []string
	for _, event := range archived(t, c, name, time.Time{}, time.Now().Add(time.Hour)) {
		var parsed struct{ ID string }
		if err := json.Unmarshal([]byte(event), &parsed); err != nil {
			t.Fatal(err)
		}
		ids = append(ids, parsed.ID)
	}
	slices.Sort(ids)
	return ids
}

func TestArchivesKeepWhatTheirPatternMatches(t *testing.T) {
	t.Parallel()
	c := open(t, memory(t))
	for _, archive := range []bus.Archive{
		{Name: "all", Bus: "arn:aws:events:us-east-1:123456789012:event-bus/b"}, {Name: "some", Bus: "b", Pattern: `{"detail":{"n":[1]}}`}, {Name: "other"},
	} {
		if err := c.CreateArchive(archive); err != nil {
			t.Fatal(err)
		}
	}
	c.rule(t, "r", bus.Target{ID: "q", ARN: queueARN})
	c.Start()
	ids := c.put(t, `{"n":1}`, `{"n":2}`)
	c.quiet(t)
	all := slices.Sorted(slices.Values(ids))
	if diff := cmp.Diff(all, archivedIDs(t, c, "all")); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(ids[:1], archivedIDs(t, c, "some")); diff != "" {
		t.Error(diff)
	}
	if got := archivedIDs(t, c, "other"); got != nil {
		t.Error(got)
	}
	var delivered []string
	for _, call := range c.targets.at(queueARN) {
		delivered = append(delivered, call.Body)
	}
	slices.Sort(delivered)
	kept := archived(t, c, "all", time.Time{}, time.Now().Add(time.Hour))
	slices.Sort(kept)
	if diff := cmp.Diff(delivered, kept); diff != "" {
		t.Errorf("the archive keeps other events than those delivered: %s", diff)
	}
}

func TestArchivesAreReadByTheTimeOfEvents(t *testing.T) {
	t.Parallel()
	c := open(t, memory(t))
	if err := c.CreateArchive(bus.Archive{Name: "a", Bus: "b"}); err != nil {
		t.Fatal(err)
	}
	at := func(seconds int) time.Time { return time.Date(2014, 5, 2, 0, 0, seconds, 0, time.UTC) }
	for _, seconds := range []int{3, 1, 2, 0, -1_000_000_000} {
		e := entry("{}")
		e.Time = at(seconds)
		if _, err := c.PutEvents([]bus.Entry{e}, bus.Origin{}); err != nil {
			t.Fatal(err)
		}
	}
	times := func(from, to time.Time) (list []string) {
		for _, event := range archived(t, c, "a", from, to) {
			_, text, _ := strings.Cut(event, `"time":"`)
			list = append(list, text[:20])
		}
		return list
	}
	if diff := cmp.Diff([]string{"2014-05-02T00:00:01Z", "2014-05-02T00:00:02Z"}, times(at(1), at(3))); diff != "" {
		t.Error(diff)
	}
	if got := times(time.Unix(-1<<40, 0), at(10)); len(got) != 5 || !strings.HasPrefix(got[0], "1982-") {
		t.Error(got)
	}
	calls := 0
	err := c.Archived("a", at(0), at(10), func([]byte) bool {
		calls++
		return false
	})
	if calls != 1 || err != nil {
		t.Errorf("%d calls, %v", calls, err)
	}
}

func TestRetention(t *testing.T) {
	t.Parallel()
	c := open(t, memory(t))
	for name, days := range map[string]int{"forever": 0, "week": 7} {
		if err := c.CreateArchive(bus.Archive{Name: name, Bus: "b", RetentionDays: days}); err != nil {
			t.Fatal(err)
		}
	}
	old := entry(`{"old":true}`)
	old.Time = time.Now().AddDate(-10, 0, 0)
	if _, err := c.PutEvents([]bus.Entry{old, entry("{}")}, bus.Origin{}); err != nil {
		t.Fatal(err)
	}
	if err := c.Sweep(time.Now().AddDate(0, 0, 6)); err != nil {
		t.Fatal(err)
	}
	if got := archivedIDs(t, c, "week"); len(got) != 2 {
		t.Errorf("after six days %d are left: what counts is when an event was accepted", len(got))
	}
	if err := c.Sweep(time.Now().AddDate(0, 0, 8)); err != nil {
		t.Fatal(err)
	}
	if week, forever := archivedIDs(t, c, "week"), archivedIDs(t, c, "forever"); len(week) != 0 || len(forever) != 2 {
		t.Errorf("%v %v", week, forever)
	}
}

func TestReplayedEventsAreNotArchivedAgain(t *testing.T) {
	t.Parallel()
	c := open(t, memory(t))
	if err := c.CreateArchive(bus.Archive{Name: "a", Bus: "b"}); err != nil {
		t.Fatal(err)
	}
	c.rule(t, "r", bus.Target{ID: "q", ARN: queueARN})
	if _, err := c.PutRule(bus.Rule{Name: "live", Bus: "b", Pattern: `{"source":["s"],"replay-name":[{"exists":false}]}`}); err != nil {
		t.Fatal(err)
	}
	if err := c.PutTargets("live", "b", []bus.Target{{ID: "f", ARN: functionARN}}); err != nil {
		t.Fatal(err)
	}
	c.Start()
	if err := c.PutReplayed(entry("{}"), "again"); err != nil {
		t.Fatal(err)
	}
	c.quiet(t)
	got := c.targets.at(queueARN)
	if len(got) != 1 || !strings.Contains(got[0].Body, `"region":"us-east-1","replay-name":"again","resources":[]`) {
		t.Error(got)
	}
	if live := c.targets.at(functionARN); len(live) != 0 {
		t.Error(live)
	}
	if kept := archivedIDs(t, c, "a"); len(kept) != 0 {
		t.Error(kept)
	}
}

func TestArchiveRefusals(t *testing.T) {
	t.Parallel()
	c := open(t, memory(t))
	good := bus.Archive{Name: "a", Bus: "b"}
	tests := []struct {
		change        func(*bus.Archive)
		code, message string
	}{
		{func(a *bus.Archive) { a.Bus = "none" }, "ResourceNotFoundException", "Event bus none does not exist."},
		{func(a *bus.Archive) { a.Pattern = "{}" }, "InvalidEventPatternException", "Event pattern is not valid. Reason: Empty objects are not allowed\n at [Source: (String)\"{}\"; line: 1, column: 3]"},
		{func(a *bus.Archive) { a.Name = strings.Repeat("x", 49) }, "ValidationException", constraint + "'" + strings.Repeat("x", 49) + "' at 'archiveName' failed to satisfy constraint: Member must have length less than or equal to 48"},
		{func(a *bus.Archive) { a.RetentionDays = -1 }, "ValidationException", constraint + "'-1' at 'retentionDays' failed to satisfy constraint: Member must have value greater than or equal to 0"},
	}
	for _, test := range tests {
		bad := good
		test.change(&bad)
		if code, message := refusal(t, c.CreateArchive(bad)); code != test.code || message != test.message {
			t.Error(code, message)
		}
	}
	if code, message := refusal(t, c.Archived("a", time.Time{}, time.Now(), nil)); code != "ResourceNotFoundException" || message != "Archive a does not exist." {
		t.Error(code, message)
	}
	if err := c.CreateArchive(good); err != nil {
		t.Fatal(err)
	}
	c.put(t, "{}")
	good.RetentionDays = 3
	if err := c.CreateArchive(good); err != nil {
		t.Fatal(err)
	}
	if kept := archivedIDs(t, c, "a"); len(kept) != 1 {
		t.Errorf("changing the archive lost events: %v", kept)
	}
	good.Bus = ""
	if err := c.CreateArchive(good); err == nil {
		t.Error("an archive moves to another bus")
	}
}

func TestArchivesOverTheProtocol(t *testing.T) {
	t.Parallel()
	c := open(t, memory(t))
	const source, archive = `"EventSourceArn":"arn:aws:events:us-east-1:123456789012:event-bus/b"`, "arn:aws:events:us-east-1:123456789012:archive/one"
	status, made := c.call(t, "CreateArchive", `{"ArchiveName":"one",`+source+`,"Description":"d","EventPattern":"{\"source\":[\"s\"]}","RetentionDays":1}`)
	created, _ := made["CreationTime"].(float64)
	if status != 200 || made["ArchiveArn"] != archive || made["State"] != "ENABLED" || created < 1.7e9 {
		t.Fatal(status, made)
	}
	c.put(t, "{}", "{}")
	kept := archived(t, c, "one", time.Time{}, time.Now().Add(time.Hour))
	want := map[string]any{
		"ArchiveName": "one", "EventSourceArn": "arn:aws:events:us-east-1:123456789012:event-bus/b", "State": "ENABLED", "RetentionDays": 1.0,
		"EventCount": 2.0, "SizeBytes": float64(len(kept[0]) + len(kept[1])), "CreationTime": created,
	}
	for _, filter := range []string{`{}`, `{"NamePrefix":"o"}`, `{"State":"ENABLED"}`, `{` + source + `}`} {
		_, list := c.call(t, "ListArchives", filter)
		if diff := cmp.Diff(map[string]any{"Archives": []any{want}}, list); diff != "" {
			t.Errorf("%s: %s", filter, diff)
		}
	}
	for _, filter := range []string{`{"NamePrefix":"x"}`, `{"State":"DISABLED"}`, `{"EventSourceArn":"arn:aws:events:us-east-1:123456789012:event-bus/default"}`} {
		if _, list := c.call(t, "ListArchives", filter); len(list["Archives"].([]any)) != 0 {
			t.Error(filter, list)
		}
	}
	want["ArchiveArn"], want["Description"], want["EventPattern"] = archive, "d", `{"source":["s"]}`
	_, described := c.call(t, "DescribeArchive", `{"ArchiveName":"one"}`)
	if diff := cmp.Diff(want, described); diff != "" {
		t.Error(diff)
	}
	if status, changed := c.call(t, "UpdateArchive", `{"ArchiveName":"one","EventPattern":"{\"source\":[\"t\"]}"}`); status != 200 || changed["CreationTime"] != created {
		t.Error(status, changed)
	}
	c.put(t, "{}")
	want["EventPattern"] = `{"source":["t"]}`
	_, described = c.call(t, "DescribeArchive", `{"ArchiveName":"one"}`)
	if diff := cmp.Diff(want, described); diff != "" {
		t.Errorf("the new pattern lets nothing more in, and all else stays: %s", diff)
	}
	const invalidException, notFound = "ValidationException", "ResourceNotFoundException"
	c.check(t, []request{
		{operation: "CreateArchive", body: `{"ArchiveName":"one",` + source + `}`, code: "ResourceAlreadyExistsException", message: "Archive one already exists."},
		{operation: "CreateArchive", body: `{"ArchiveName":"two","EventSourceArn":"arn:aws:events:us-east-1:123456789012:event-bus/none"}`, code: notFound, message: "Event bus none does not exist."},
		{operation: "CreateArchive", body: `{"ArchiveName":"two","EventSourceArn":"b"}`, code: invalidException, message: "Parameter EventSourceArn is not valid. Reason: Must contain an event bus ARN."},
		{operation: "CreateArchive", body: `{"ArchiveName":"two"}`, code: invalidException, message: constraint + "null at 'eventSourceArn' failed to satisfy constraint: Member must not be null"},
		{operation: "DescribeArchive", body: `{"ArchiveName":"none"}`, code: notFound, message: "Archive none does not exist."},
		{operation: "UpdateArchive", body: `{"ArchiveName":"none"}`, code: notFound, message: "Archive none does not exist."},
		{operation: "UpdateArchive", body: `{"ArchiveName":"one","RetentionDays":-1}`, code: invalidException, message: constraint + "'-1' at 'retentionDays' failed to satisfy constraint: Member must have value greater than or equal to 0"},
		{operation: "DeleteArchive", body: `{"ArchiveName":"none"}`, code: notFound, message: "Archive none does not exist."},
		{operation: "ListArchives", body: `{"EventSourceArn":"arn:aws:events:us-east-1:123456789012:event-bus/none"}`, code: notFound, message: "Event bus none does not exist."},
		{operation: "ListArchives", body: `{"NamePrefix":"a","State":"ENABLED"}`, code: invalidException, message: "At most one filter is allowed for ListArchives. Use either : State, EventSourceArn, or NamePrefix."},
		{operation: "DeleteArchive", body: `{"ArchiveName":"one"}`, answer: `{}`},
		{operation: "ListArchives", body: `{}`, answer: `{"Archives":[]}`},
	})
	if status, answer := c.call(t, "CreateArchive", `{"ArchiveName":"one",`+source+`}`); status != 200 {
		t.Fatal(status, answer)
	}
	if kept := archivedIDs(t, c, "one"); len(kept) != 0 {
		t.Errorf("a new archive holds the events of one that was deleted: %v", kept)
	}
}

func TestEventsOfADeletedArchiveAreSweptAfterAKill(t *testing.T) {
	t.Parallel()
	state := memory(t)
	c := open(t, state)
	for _, name := range []string{"one", "two", "three", "four"} {
		if err := c.CreateArchive(bus.Archive{Name: name, Bus: "b"}); err != nil {
			t.Fatal(err)
		}
	}
	c.put(t, "{}", "{}")
	for _, name := range []string{"one", "three", "four"} {
		if err := c.ForgetArchive(name); err != nil {
			t.Fatal(err)
		}
	}
	opened, err := bus.New(bus.Config{State: state, Lambda: c.targets, Queues: c.targets, Recorder: c.notes})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closeBus(t, opened) })
	if events, err := opened.CountArchived(); err != nil || events != 2 {
		t.Errorf("%d events are left, want the 2 of the archive that is there; error %v", events, err)
	}
}
