package bus_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/activity"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/bus"
)

const inputDetail = `{"command":"update-account","payload":{"acc_id":"0a787ecb-4015","sf_id":"baz"},"one":["HIGH"],` +
	`"two":["ACTIVE","INACTIVE"],"valid":true,"n":[[1,2],[3]],"a b":"blank","quote":"say \"x\""}`

func TestInputs(t *testing.T) {
	t.Parallel()
	paths := map[string]string{
		"type": "$.detail-type", "command": "$.detail.command", "missing": "$.detail.nothing", "payload": "$.detail.payload",
		"user": "$.detail.payload.acc_id", "one": "$.detail.one", "two": "$.detail.two", "valid": "$.detail.valid", "quote": "$.detail.quote",
	}
	template := func(text string) bus.Target {
		return bus.Target{InputTransformer: &bus.InputTransformer{InputPathsMap: paths, InputTemplate: text}}
	}
	const none = "" // nothing is delivered
	tests := []struct {
		name   string
		target bus.Target
		want   string
	}{
		{"constant", bus.Target{Input: `{"a": 1}`}, `{"a": 1}`},
		{"path of an object", bus.Target{InputPath: "$.detail.payload"}, `{"acc_id":"0a787ecb-4015","sf_id":"baz"}`},
		{"path of a string", bus.Target{InputPath: "$.detail.payload.sf_id"}, `"baz"`},
		{"path with indices", bus.Target{InputPath: "$.detail.n[0][1]"}, `2`},
		{"path in brackets", bus.Target{InputPath: "$['detail']['a b']"}, `"blank"`},
		{"path that leads nowhere", bus.Target{InputPath: "$.detail.payload.x"}, none},
		{"index that leads nowhere", bus.Target{InputPath: "$.detail.n[2]"}, none},
		{"name in an array", bus.Target{InputPath: "$.detail.n.x"}, none},
		{"index in an object", bus.Target{InputPath: "$.detail[0]"}, none},
		{
			"text", template(`"Event of <type> type, info <command>, <missing>!"`),
			`"Event of T type, info update-account, !"`,
		},
		{"text with an object", template(`"Payload of <payload> with path users/<user> and <user>"`), `"Payload of {acc_id:0a787ecb-4015,sf_id:baz} with path users/0a787ecb-4015 and 0a787ecb-4015"`},
		{"text with lists", template(`"<one> and <two> and <valid>"`), `"[HIGH] and [ACTIVE,INACTIVE] and true"`},
		{"lines of text", template("\"<one> x\"\n\"<user>\""), "\"[HIGH] x\"\n\"0a787ecb-4015\""},
		{"special characters", template(`"{[/Check <type>"`), `"{[/Check T"`},
		{"quotes in a value", template(`"<quote>"`), `"say \"x\""`},
		{"object", template(`{"type": <type>,  "command": <command>, "missing": <missing>}`), `{"type": "T",  "command": "update-account", "missing": ""}`},
		{"object with nested values", template(`{"path": "users/<user>", "body": <payload>, "list": [<user>, "x"]}`), `{"path": "users/0a787ecb-4015", "body": {"acc_id":"0a787ecb-4015","sf_id":"baz"}, "list": ["0a787ecb-4015", "x"]}`},
		{"object with a quoted name", template(`{"id" : "<user>", "a": {"b": "<user>/<user>"}}`), `{"id" : "0a787ecb-4015", "a": {"b": "0a787ecb-4015/0a787ecb-4015"}}`},
		{"object with a list", template(`{"one": <one>}`), `{"one": ["HIGH"]}`},
		{"object with a quoted list", template(`{"one": "<one>"}`), none},
		{"value and text without quotes", template(`<one> single list item`), none},
		{"a value alone", template(`<payload>`), `{"acc_id":"0a787ecb-4015","sf_id":"baz"}`},
		{"a sign that opens nothing", template(`"<user> 1 < 2"`), `"0a787ecb-4015 1 < 2"`},
		{"rule", template(`{"arn": <aws.events.rule-arn>, "name": "<aws.events.rule-name>"}`), `{"arn": "arn:aws:events:us-east-1:123456789012:rule/b/r", "name": "r"}`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			c := open(t, memory(t))
			test.target.ID, test.target.ARN = "q", queueARN
			if _, err := c.PutRule(bus.Rule{Name: "r", Bus: "b", Pattern: `{"source":["s"]}`}); err != nil {
				t.Fatal(err)
			}
			if err := c.PutTargets("r", "b", []bus.Target{test.target}); err != nil {
				t.Fatal(err)
			}
			c.Start()
			c.put(t, inputDetail)
			c.quiet(t)
			var got []string
			for _, call := range c.targets.at(queueARN) {
				got = append(got, call.Body)
			}
			var want []string
			if test.want != none {
				want = append(want, test.want)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
			if lost := c.notes.of(activity.Lost); (len(lost) == 1) != (test.want == none) {
				t.Error(lost)
			}
		})
	}
}

func TestVariablesOfTheEvent(t *testing.T) {
	t.Parallel()
	c := open(t, memory(t))
	c.rule(t, "r", bus.Target{ID: "q", ARN: queueARN, InputTransformer: &bus.InputTransformer{
		InputTemplate: `{"event": <aws.events.event>, "whole": <aws.events.event.json>, "at": "<aws.events.event.ingestion-time>"}`,
	}})
	c.Start()
	ids := c.put(t, `{"n":1}`)
	c.quiet(t)
	got := c.targets.at(queueARN)[0].Body
	start := `{"event": {"version":"0","id":"` + ids[0] + `","detailType":"T","source":"s","account":"123456789012","time":"20`
	if !strings.HasPrefix(got, start) || strings.Count(got, `"detail":{"n":1}`) != 1 || !strings.Contains(got, `, "whole": {"version":"0",`) ||
		!strings.Contains(got, `, "at": "20`) {
		t.Error(got)
	}
}

func TestFunctionsGetOnlyJSON(t *testing.T) {
	t.Parallel()
	c := open(t, memory(t))
	c.rule(t, "r", bus.Target{ID: "f", ARN: functionARN, DeadLetterConfig: &bus.DeadLetterConfig{ARN: deadLetterARN}, InputTransformer: &bus.InputTransformer{
		InputPathsMap: map[string]string{"a": "$.detail.a"}, InputTemplate: "\"<a>\"\n\"<a>\"",
	}})
	c.Start()
	ids := c.put(t, `{"a":1}`)
	c.quiet(t)
	body, attributes, _ := deadLetter(t, c)
	if attributes["ERROR_CODE"] != "INVALID_JSON" || !strings.Contains(body, ids[0]) || attributes["RETRY_ATTEMPTS"] != "" {
		t.Error(body, attributes)
	}
}
