package bus_test

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/activity"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/bus"
)

func TestEnvelope(t *testing.T) {
	t.Parallel()
	c := open(t, memory(t))
	c.rule(t, "r", bus.Target{ID: "q", ARN: queueARN})
	c.Start()
	results, err := c.PutEvents([]bus.Entry{{
		Bus: "arn:aws:events:us-east-1:123456789012:event-bus/b", Source: "s", DetailType: `T "quoted"` + "\n", Detail: " { \"a\" : [1.0, \"é\"] }\n",
		Time: time.Date(2026, 11, 20, 10, 11, 12, 987654321, time.UTC), Resources: []string{"arn:x", "arn:y"},
	}}, bus.Origin{})
	if err != nil {
		t.Fatal(err)
	}
	c.quiet(t)
	want := `{"version":"0","id":"` + results[0].EventID + `","detail-type":"T \"quoted\"\n","source":"s","account":"123456789012",` +
		`"time":"2026-11-20T10:11:12Z","region":"us-east-1","resources":["arn:x","arn:y"],"detail": { "a" : [1.0, "é"] }` + "\n}"
	if got := c.targets.at(queueARN); len(got) != 1 || got[0].Body != want {
		t.Errorf("got  %v\nwant %s", got, want)
	}
	if !regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`).MatchString(results[0].EventID) {
		t.Errorf("%s is no random UUID", results[0].EventID)
	}
}

func TestTimeDefaultsToNow(t *testing.T) {
	t.Parallel()
	c := open(t, memory(t))
	c.rule(t, "r", bus.Target{ID: "q", ARN: queueARN})
	c.Start()
	before := time.Now().Truncate(time.Second)
	c.put(t, "{}")
	c.quiet(t)
	var event struct {
		Time      time.Time
		Resources []string
	}
	if err := json.Unmarshal([]byte(c.targets.at(queueARN)[0].Body), &event); err != nil {
		t.Fatal(err)
	}
	if event.Time.Before(before) || event.Time.After(time.Now()) || event.Time.Nanosecond() != 0 || event.Resources == nil {
		t.Errorf("%+v", event)
	}
}

func TestEntriesThatFailAlone(t *testing.T) {
	t.Parallel()
	const malformed = "Detail is malformed."
	tests := []struct {
		name          string
		change        func(*bus.Entry)
		code, message string
	}{
		{"no source", func(e *bus.Entry) { e.Source = "" }, "InvalidArgument", "Parameter Source is not valid. Reason: Source is a required argument."},
		{"no detail type", func(e *bus.Entry) { e.DetailType = "" }, "InvalidArgument", "Parameter DetailType is not valid. Reason: DetailType is a required argument."},
		{"no detail", func(e *bus.Entry) { e.Detail = "" }, "InvalidArgument", "Parameter Detail is not valid. Reason: Detail is a required argument."},
		{"the longest detail type", func(e *bus.Entry) { e.DetailType = strings.Repeat("é", 128) }, "", ""},
		{"a longer detail type", func(e *bus.Entry) { e.DetailType = strings.Repeat("é", 129) }, "InvalidArgument", "Parameter DetailType is not valid. Reason: DetailType has more than 128 characters."},
		{"a source of AWS's", func(e *bus.Entry) { e.Source = "aws.ec2" }, "NotAuthorizedForSourceException", "Not authorized for the source."},
		{"a source like AWS's", func(e *bus.Entry) { e.Source = "awsome" }, "", ""},
		{"a string", func(e *bus.Entry) { e.Detail = `"x"` }, "MalformedDetail", malformed},
		{"an array", func(e *bus.Entry) { e.Detail = `[{}]` }, "MalformedDetail", malformed},
		{"null", func(e *bus.Entry) { e.Detail = `null` }, "MalformedDetail", malformed},
		{"no JSON", func(e *bus.Entry) { e.Detail = `{"a":}` }, "MalformedDetail", malformed},
		{"two objects", func(e *bus.Entry) { e.Detail = `{}{}` }, "MalformedDetail", malformed},
		{"a comma too many", func(e *bus.Entry) { e.Detail = `{"a":1,}` }, "MalformedDetail", malformed},
		{"an unfinished object", func(e *bus.Entry) { e.Detail = `{"a":1` }, "MalformedDetail", malformed},
		{"blanks only", func(e *bus.Entry) { e.Detail = ` ` }, "MalformedDetail", malformed},
		{"the largest integer", func(e *bus.Entry) { e.Detail = `{"a":[9223372036854775807]}` }, "", ""},
		{"a larger integer", func(e *bus.Entry) { e.Detail = `{"a":[9223372036854775808]}` }, "MalformedDetail", malformed},
		{"nesting", func(e *bus.Entry) { e.Detail = `{"a":` + strings.Repeat("[", 999) + strings.Repeat("]", 999) + "}" }, "", ""},
		{"deeper nesting", func(e *bus.Entry) { e.Detail = `{"a":` + strings.Repeat("[", 1001) + strings.Repeat("]", 1001) + "}" }, "MalformedDetail", malformed},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			c := open(t, memory(t))
			bad := entry(`{"bad":true}`)
			test.change(&bad)
			results, err := c.PutEvents([]bus.Entry{entry("{}"), bad, entry("{}")}, bus.Origin{})
			if err != nil {
				t.Fatal(err)
			}
			if results[0].EventID == "" || results[2].EventID == "" || results[0].EventID == results[2].EventID {
				t.Errorf("the other entries failed: %v", results)
			}
			if got := results[1]; got.ErrorCode != test.code || got.ErrorMessage != test.message || (got.EventID == "") != (test.code != "") {
				t.Errorf("%+v, want %s %s", got, test.code, test.message)
			}
		})
	}
}

func TestRequestsThatFailAsAWhole(t *testing.T) {
	t.Parallel()
	sized := func(sizes ...int) []bus.Entry {
		var entries []bus.Entry
		for _, size := range sizes {
			e := entry("")
			e.Detail = `{"a":"` + strings.Repeat("x", size-len(e.Source)-len(e.DetailType)-8) + `"}`
			entries = append(entries, e)
		}
		return entries
	}
	timed := sized(1<<20 - 15)
	timed[0].Time = time.Now()
	overTimed := sized(1<<20 - 14)
	overTimed[0].Time = time.Now()
	withResources := sized(1<<20 - 3)
	withResources[0].Resources = []string{"abc"}
	longTrace, badBus, longBus := entry("{}"), entry("{}"), entry("{}")
	longTrace.TraceHeader, badBus.Bus, longBus.Bus = strings.Repeat("x", 501), "no bus", strings.Repeat("b", 1601)
	const overLimit = "Total size of the entries in the request is over the limit."
	const one = "1 validation error detected: "
	const inWords = `PutEventsRequestEntry(time=null, source=s, resources=null, detailType=T, detail={"a":"xxxxxxxxxx"}, eventBusName=b, ` +
		`traceHeader=null, kmsKeyIdentifier=null, internalMetadata=null)`
	tests := []struct {
		name    string
		entries []bus.Entry
		message string
	}{
		{"none", nil, one + "Value '[]' at 'entries' failed to satisfy constraint: Member must have length greater than or equal to 1"},
		{"ten", sized(20, 20, 20, 20, 20, 20, 20, 20, 20, 20), ""},
		{
			"eleven", sized(20, 20, 20, 20, 20, 20, 20, 20, 20, 20, 20),
			one + "Value '[" + strings.Join(slices.Repeat([]string{inWords}, 11), ", ") + "]' at 'entries' failed to satisfy constraint: Member must have length less than or equal to 10",
		},
		{"one of the greatest size", sized(1<<20 - 1), ""},
		{"one of a greater size", sized(1 << 20), overLimit},
		{"two of the greatest size together", sized(1<<19, 1<<19-1), ""},
		{"two of a greater size together", sized(1<<19, 1<<19), overLimit},
		{"a time counts 14 bytes", timed, ""},
		{"a time counts 14 bytes more", overTimed, overLimit},
		{"resources count", withResources, overLimit},
		{"a long trace header", []bus.Entry{entry("{}"), longTrace}, one + "Value '" + longTrace.TraceHeader +
			"' at 'entries.2.member.traceHeader' failed to satisfy constraint: Member must have length less than or equal to 500"},
		{"a bus that is no name", []bus.Entry{badBus}, one + "Value 'no bus' at 'entries.1.member.eventBusName' failed to satisfy constraint: " +
			`Member must satisfy regular expression pattern: (arn:aws[\w-]*:events:[a-z]+-[a-z]+-[\w-]+:[0-9]{12}:event-bus\/)?[/\.\-_A-Za-z0-9]+`},
		{"a long bus name", []bus.Entry{longBus}, one + "Value '" + longBus.Bus +
			"' at 'entries.1.member.eventBusName' failed to satisfy constraint: Member must have length less than or equal to 1600"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			c := open(t, memory(t))
			results, err := c.PutEvents(test.entries, bus.Origin{})
			if test.message == "" {
				if err != nil || len(results) != len(test.entries) || results[0].ErrorCode != "" {
					t.Errorf("%v %v", results, err)
				}
				return
			}
			if code, message := refusal(t, err); code != "ValidationException" || message != test.message {
				t.Errorf("%s: %.200s", code, message)
			}
			if happened := c.notes.of(); len(happened) != 0 {
				t.Errorf("the diary has %v", happened)
			}
		})
	}
}

func TestUnknownBusesLoseEventsInSilence(t *testing.T) {
	t.Parallel()
	c := open(t, memory(t))
	lost := entry("{}")
	for _, name := range []string{"nowhere", "arn:aws:events:eu-west-1:123456789012:event-bus/b"} {
		lost.Bus = name
		results, err := c.PutEvents([]bus.Entry{lost}, bus.Origin{})
		if err != nil || results[0].EventID == "" {
			t.Errorf("%v %v", results, err)
		}
	}
	warnings := c.notes.of(activity.Warned)
	if len(warnings) != 2 || len(c.notes.of(activity.Accepted)) != 0 || !strings.Contains(warnings[0].Reason, "there is no bus nowhere") {
		t.Errorf("the diary has %v", c.notes.of())
	}
}

func TestTheDefaultBusIsThere(t *testing.T) {
	t.Parallel()
	c := open(t, memory(t))
	if _, err := c.PutRule(bus.Rule{Name: "r", Pattern: `{"source":["s"]}`}); err != nil {
		t.Fatal(err)
	}
	if err := c.PutTargets("r", "", []bus.Target{{ID: "q", ARN: queueARN}}); err != nil {
		t.Fatal(err)
	}
	c.Start()
	e := entry("{}")
	e.Bus = ""
	if _, err := c.PutEvents([]bus.Entry{e}, bus.Origin{}); err != nil {
		t.Fatal(err)
	}
	c.quiet(t)
	if got := c.targets.at(queueARN); len(got) != 1 || got[0].Caller.SourceARN != "arn:aws:events:us-east-1:123456789012:rule/r" {
		t.Errorf("%v", got)
	}
}

func TestDiaryOfAnEvent(t *testing.T) {
	t.Parallel()
	c := open(t, memory(t), func(config *bus.Config) {
		config.FunctionOf = func(key string) (string, bool) { return "price", key == "AKIDFUNCTION" }
	})
	c.rule(t, "r1", bus.Target{ID: "q", ARN: queueARN})
	c.rule(t, "r2", bus.Target{ID: "f", ARN: functionARN})
	c.Start()
	e := entry(`{"x":{"metadata":1},"metadata":{"correlationId":"k\u0031","causationId":"c1","hops":2}}`)
	results, err := c.PutEvents([]bus.Entry{e}, bus.Origin{AccessKeyID: "AKIDFUNCTION"})
	if err != nil {
		t.Fatal(err)
	}
	c.quiet(t)
	about := activity.Activity{EventID: results[0].EventID, Bus: "b", Source: "s", DetailType: "T", CorrelationID: "k1", CausationID: "c1"}
	published, matched1, matched2, delivered := about, about, about, about
	published.Kind, published.Function = activity.Published, "price"
	matched1.Kind, matched1.Rule = activity.Matched, "r1"
	matched2.Kind, matched2.Rule = activity.Matched, "r2"
	delivered.Kind, delivered.Rule, delivered.Queue, delivered.Attempt = activity.Delivered, "r1", "watch", 1
	happened := c.notes.of()
	for i := range happened {
		if happened[i].At.IsZero() {
			t.Errorf("%v has no time", happened[i])
		}
		happened[i].At, happened[i].DurationMS = time.Time{}, 0
	}
	if diff := cmp.Diff([]activity.Activity{published, matched1, matched2, delivered}, happened); diff != "" {
		t.Error(diff)
	}
	c.put(t, `{"metadata":{"correlationId":7}}`, `{"metadata":"x"}`)
	if accepted := c.notes.of(activity.Accepted); len(accepted) != 2 || accepted[0].CorrelationID+accepted[1].CorrelationID != "" {
		t.Errorf("%v", accepted)
	}
}

func TestTraceHeaders(t *testing.T) {
	t.Parallel()
	const ofEntry = "Root=1-67a3-bd862e3fe1be46a994272793" // too short a time
	const good = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1"
	const other = "Self=1-67891234-12456789abcdef012345678;Root=1-67891233-abcdef012345678912345678;Lineage=a:1"
	tests := []struct{ request, entry, want string }{
		{"", "", ""},
		{good, "", good},
		{"", good, good},
		{good, other, other},
		{good, ofEntry, ""},
		{"nonsense", "", ""},
		{"Parent=53995c3f42cd8ad8", "", ""},
		{"Root=1-5759e988-bd862e3fe1be46a99427279g", "", ""},
		{"Root=2-5759e988-bd862e3fe1be46a994272793", "", ""},
	}
	for _, test := range tests {
		t.Run(fmt.Sprint(test), func(t *testing.T) {
			t.Parallel()
			c := open(t, memory(t))
			c.rule(t, "r", bus.Target{ID: "q", ARN: queueARN}, bus.Target{ID: "f", ARN: functionARN})
			c.Start()
			e := entry("{}")
			e.TraceHeader = test.entry
			if _, err := c.PutEvents([]bus.Entry{e}, bus.Origin{TraceHeader: test.request}); err != nil {
				t.Fatal(err)
			}
			c.quiet(t)
			for _, arn := range []string{queueARN, functionARN} {
				if got := c.targets.at(arn); len(got) != 1 || got[0].Trace != test.want {
					t.Errorf("%s got %v", arn, got)
				}
			}
		})
	}
}
