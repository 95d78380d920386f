package bus_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/bus"
)

const constraint = "1 validation error detected: Value "

// request is a call of the protocol and what it must answer: the whole answer if it is a success, otherwise code and message.
type request struct {
	operation, body string
	answer          string
	code, message   string
}

func (c *cloud) check(t *testing.T, calls []request) {
	t.Helper()
	for _, call := range calls {
		status, answer := c.call(t, call.operation, call.body)
		if call.code != "" {
			if status != 400 || answer["__type"] != call.code || answer["message"] != call.message {
				t.Errorf("%s %s: %d %v\nwant %s: %s", call.operation, call.body, status, answer, call.code, call.message)
			}
			continue
		}
		var want map[string]any
		if err := json.Unmarshal([]byte(call.answer), &want); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, answer); status != 200 || diff != "" {
			t.Errorf("%s %s: %d %s", call.operation, call.body, status, diff)
		}
	}
}

const ok = `{"FailedEntryCount":0,"FailedEntries":[]}`

func TestRulesAndTargets(t *testing.T) {
	t.Parallel()
	c := open(t, memory(t))
	const ruleARN = "arn:aws:events:us-east-1:123456789012:rule/b/r"
	c.check(t, []request{
		{operation: "PutRule", body: `{"Name":"r","EventBusName":"b","EventPattern":"{\"source\":[\"s\"]}","Description":"d"}`, answer: `{"RuleArn":"` + ruleARN + `"}`},
		{
			operation: "DescribeRule", body: `{"Name":"r","EventBusName":"arn:aws:events:us-east-1:123456789012:event-bus/b"}`,
			answer: `{"Name":"r","Arn":"` + ruleARN + `","EventBusName":"b","EventPattern":"{\"source\":[\"s\"]}","State":"ENABLED","Description":"d","CreatedBy":"123456789012"}`,
		},
		{
			operation: "PutTargets",
			body: `{"Rule":"r","EventBusName":"b","Targets":[{"Id":"2","Arn":"` + functionARN + `","RetryPolicy":{"MaximumRetryAttempts":0,"MaximumEventAgeInSeconds":60},` +
				`"DeadLetterConfig":{"Arn":"` + deadLetterARN + `"}},{"Id":"1","Arn":"` + queueARN + `","InputPath":"$.detail"}]}`,
			answer: ok,
		},
		{
			operation: "ListTargetsByRule", body: `{"Rule":"r","EventBusName":"b"}`,
			answer: `{"Targets":[{"Id":"1","Arn":"` + queueARN + `","InputPath":"$.detail"},{"Id":"2","Arn":"` + functionARN + `",` +
				`"RetryPolicy":{"MaximumRetryAttempts":0,"MaximumEventAgeInSeconds":60},"DeadLetterConfig":{"Arn":"` + deadLetterARN + `"}}]}`,
		},
		// Putting again changes, and leaves the targets.
		{operation: "PutRule", body: `{"Name":"r","EventBusName":"b","EventPattern":"{\"source\":[\"t\"]}","State":"DISABLED"}`, answer: `{"RuleArn":"` + ruleARN + `"}`},
		{
			operation: "ListRules", body: `{"EventBusName":"b"}`,
			answer: `{"Rules":[{"Name":"r","Arn":"` + ruleARN + `","EventBusName":"b","EventPattern":"{\"source\":[\"t\"]}","State":"DISABLED"}]}`,
		},
		{operation: "EnableRule", body: `{"Name":"r","EventBusName":"b"}`, answer: `{}`},
		{operation: "PutTargets", body: `{"Rule":"r","EventBusName":"b","Targets":[{"Id":"1","Arn":"` + queueARN + `"}]}`, answer: ok},
		{operation: "ListTargetsByRule", body: `{"Rule":"r","EventBusName":"b","Limit":1}`, answer: `{"Targets":[{"Id":"1","Arn":"` + queueARN + `"}],"NextToken":"MQ"}`},
		{operation: "DeleteRule", body: `{"Name":"r","EventBusName":"b"}`, code: "ValidationException", message: "Rule can't be deleted since it has targets."},
		{
			operation: "RemoveTargets", body: `{"Rule":"r","EventBusName":"b","Ids":["1","2","3"]}`,
			answer: `{"FailedEntryCount":1,"FailedEntries":[{"TargetId":"3","ErrorCode":"ResourceNotFoundException","ErrorMessage":"Rule r does not have a target with the Id 3."}]}`,
		},
		{operation: "ListTargetsByRule", body: `{"Rule":"r","EventBusName":"b"}`, answer: `{"Targets":[]}`},
		{operation: "DeleteRule", body: `{"Name":"r","EventBusName":"b"}`, answer: `{}`},
		{operation: "DeleteRule", body: `{"Name":"r","EventBusName":"b"}`, answer: `{}`},
		{operation: "ListRules", body: `{"EventBusName":"b"}`, answer: `{"Rules":[]}`},
		{operation: "PutRule", body: `{"Name":"r","EventPattern":"{\"source\":[\"s\"]}"}`, answer: `{"RuleArn":"arn:aws:events:us-east-1:123456789012:rule/r"}`},
	})
}

func TestRefusedChanges(t *testing.T) {
	t.Parallel()
	const pattern = `"EventPattern":"{\"source\":[\"s\"]}"`
	long := strings.Repeat("x", 65)
	target := func(members string) string {
		return `{"Rule":"r","EventBusName":"b","Targets":[{"Id":"1","Arn":"` + queueARN + `"` + members + `}]}`
	}
	arn := func(arn string) string {
		return `{"Rule":"r","EventBusName":"b","Targets":[{"Id":"1","Arn":"` + arn + `"}]}`
	}
	const invalidException, notFound = "ValidationException", "ResourceNotFoundException"
	c := open(t, memory(t))
	c.rule(t, "r")
	calls := []request{
		{operation: "PutRule", body: `{` + pattern + `}`, code: invalidException, message: "1 validation error detected: Value null at 'name' failed to satisfy constraint: Member must not be null"},
		{operation: "PutRule", body: `{"Name":"a b",` + pattern + `}`, code: invalidException, message: constraint + `'a b' at 'name' failed to satisfy constraint: Member must satisfy regular expression pattern: [\.\-_A-Za-z0-9]+`},
		{operation: "PutRule", body: `{"Name":"` + long + `",` + pattern + `}`, code: invalidException, message: constraint + `'` + long + `' at 'name' failed to satisfy constraint: Member must have length less than or equal to 64`},
		{operation: "PutRule", body: `{"Name":"` + long + ` ",` + pattern + `}`, code: invalidException, message: `2 validation errors detected: Value '` + long +
			` ' at 'name' failed to satisfy constraint: Member must satisfy regular expression pattern: [\.\-_A-Za-z0-9]+; Value '` + long + ` ' at 'name' failed to satisfy constraint: Member must have length less than or equal to 64`},
		{
			operation: "PutRule", body: `{"Name":"a b","State":"ON",` + pattern + `}`, code: invalidException,
			message: `2 validation errors detected: Value 'a b' at 'name' failed to satisfy constraint: Member must satisfy regular expression pattern: [\.\-_A-Za-z0-9]+; ` +
				`Value 'ON' at 'state' failed to satisfy constraint: Member must satisfy enum value set: [ENABLED, DISABLED]`,
		},
		{operation: "PutRule", body: `{"Name":"x"}`, code: invalidException, message: "Parameter(s) EventPattern or ScheduleExpression must be specified."},
		{operation: "PutRule", body: `{"Name":"x","EventBusName":"b","ScheduleExpression":"rate(5 minutes)"}`, code: invalidException, message: "ScheduleExpression is supported only on the default event bus."},
		{operation: "PutRule", body: `{"Name":"x","ScheduleExpression":"rate(5 minutes)"}`, code: invalidException, message: "The local cloud does not support ScheduleExpression of a rule; a schedule of EventBridge Scheduler does the same."},
		{operation: "PutRule", body: `{"Name":"x","EventBusName":"none",` + pattern + `}`, code: notFound, message: "Event bus none does not exist."},
		{operation: "PutRule", body: `{"Name":"x","EventPattern":"{\"a\":1}"}`, code: "InvalidEventPatternException", message: "Event pattern is not valid. Reason: \"a\" must be an object or an array\n at [Source: (String)\"{\"a\":1}\"; line: 1, column: 7]"},
		{operation: "PutRule", body: `{"Name":"x","Tags":[],` + pattern + `}`, code: "SerializationException", message: `The local cloud does not support this request: json: unknown field "Tags".`},
		{operation: "DescribeRule", body: `{"Name":"x"}`, code: notFound, message: "Rule x does not exist on EventBus default."},
		{operation: "DescribeRule", body: `{"Name":"x","EventBusName":"none"}`, code: notFound, message: "Event bus none does not exist."},
		{operation: "DescribeRule", body: `{}`, code: invalidException, message: "1 validation error detected: Value null at 'name' failed to satisfy constraint: Member must not be null"},
		{operation: "EnableRule", body: `{"Name":"x"}`, code: notFound, message: "Rule x does not exist on EventBus default."},
		{operation: "DisableRule", body: `{"Name":"x"}`, code: notFound, message: "Rule x does not exist on EventBus default."},
		{operation: "DeleteRule", body: `{"Name":"x","EventBusName":"none"}`, code: notFound, message: "Event bus none does not exist."},
		{operation: "ListRules", body: `{"EventBusName":"none"}`, code: notFound, message: "Event bus none does not exist."},
		{operation: "ListRules", body: `{"Limit":0}`, code: invalidException, message: constraint + "'0' at 'limit' failed to satisfy constraint: Member must have value greater than or equal to 1"},
		{operation: "ListRules", body: `{"Limit":101}`, code: invalidException, message: constraint + "'101' at 'limit' failed to satisfy constraint: Member must have value less than or equal to 100"},
		{operation: "ListRules", body: `{"NextToken":"%"}`, code: invalidException, message: "Parameter NextToken is not valid."},
		{operation: "DescribeEventBus", body: `{"Name":"none"}`, code: notFound, message: "Event bus none does not exist."},
		{operation: "PutTargets", body: `{"Targets":[]}`, code: invalidException, message: "1 validation error detected: Value null at 'rule' failed to satisfy constraint: Member must not be null"},
		{operation: "PutTargets", body: `{"Rule":"r","EventBusName":"b","Targets":[]}`, code: invalidException, message: constraint + "'[]' at 'targets' failed to satisfy constraint: Member must have length greater than or equal to 1"},
		{operation: "PutTargets", body: `{"Rule":"x","EventBusName":"b","Targets":[{"Id":"1","Arn":"` + queueARN + `"}]}`, code: notFound, message: "Rule x does not exist on EventBus b."},
		{operation: "PutTargets", body: strings.Replace(arn(queueARN), `"Id":"1"`, `"Id":"!@"`, 1), code: invalidException, message: constraint + `'!@' at 'targets.1.member.id' failed to satisfy constraint: Member must satisfy regular expression pattern: [\.\-_A-Za-z0-9]+`},
		{operation: "PutTargets", body: strings.Replace(arn(queueARN), `"Id":"1"`, `"Id":"`+long+`"`, 1), code: invalidException, message: constraint + `'` + long + `' at 'targets.1.member.id' failed to satisfy constraint: Member must have length less than or equal to 64`},
		{operation: "PutTargets", body: arn(""), code: invalidException, message: "1 validation error detected: Value null at 'targets.1.member.arn' failed to satisfy constraint: Member must not be null"},
		{operation: "PutTargets", body: arn("queue"), code: invalidException, message: "Parameter queue is not valid. Reason: Provided Arn is not in correct format."},
		{
			operation: "PutTargets", body: arn("arn:aws:sns:us-east-1:123456789012:topic"), code: invalidException,
			message: "The local cloud does not support the target arn:aws:sns:us-east-1:123456789012:topic: it brings events to Lambda functions and SQS queues of account 123456789012 in us-east-1.",
		},
		{
			operation: "PutTargets", body: arn("arn:aws:sqs:eu-west-1:123456789012:q"), code: invalidException,
			message: "The local cloud does not support the target arn:aws:sqs:eu-west-1:123456789012:q: it brings events to Lambda functions and SQS queues of account 123456789012 in us-east-1.",
		},
		{operation: "PutTargets", body: arn(queueARN + ".fifo"), code: invalidException, message: "The local cloud does not support FIFO queues, such as the target " + queueARN + ".fifo."},
		{operation: "PutTargets", body: target(`,"RoleArn":"r"`), code: "SerializationException", message: `The local cloud does not support this request: json: unknown field "RoleArn".`},
		{operation: "PutTargets", body: target(`,"RetryPolicy":{"MaximumRetryAttempts":186}`), code: invalidException, message: constraint + "'186' at 'targets.1.member.retryPolicy.maximumRetryAttempts' failed to satisfy constraint: Member must have value less than or equal to 185"},
		{operation: "PutTargets", body: target(`,"RetryPolicy":{"MaximumRetryAttempts":-1}`), code: invalidException, message: constraint + "'-1' at 'targets.1.member.retryPolicy.maximumRetryAttempts' failed to satisfy constraint: Member must have value greater than or equal to 0"},
		{operation: "PutTargets", body: target(`,"RetryPolicy":{"MaximumEventAgeInSeconds":59}`), code: invalidException, message: constraint + "'59' at 'targets.1.member.retryPolicy.maximumEventAgeInSeconds' failed to satisfy constraint: Member must have value greater than or equal to 60"},
		{operation: "PutTargets", body: target(`,"RetryPolicy":{"MaximumEventAgeInSeconds":86401}`), code: invalidException, message: constraint + "'86401' at 'targets.1.member.retryPolicy.maximumEventAgeInSeconds' failed to satisfy constraint: Member must have value less than or equal to 86400"},
		{
			operation: "PutTargets", body: target(`,"DeadLetterConfig":{"Arn":"` + deadLetterARN + `.fifo"}`), code: invalidException,
			message: "Parameter DeadLetterConfig is not valid. Reason: " + deadLetterARN + ".fifo is not the ARN of a standard SQS queue in the rule's Region.",
		},
		{operation: "PutTargets", body: target(`,"Input":"{}","InputPath":"$.x"`), code: invalidException, message: "Only one of Input, InputPath, or InputTransformer must be provided for target 1."},
		{operation: "PutTargets", body: target(`,"Input":"{"`), code: invalidException, message: "JSON syntax error in input for target 1."},
		{operation: "PutTargets", body: target(`,"InputPath":"detail"`), code: invalidException, message: "Invalid InputPath for target 1: it must be a path such as $.detail.name or $.resources[0]."},
		{
			operation: "PutTargets", body: target(`,"InputTransformer":{"InputPathsMap":{"a":"$.a"},"InputTemplate":"\"<a> <b>\""}`), code: invalidException,
			message: "InputTemplate for target 1 contains invalid placeholder b.",
		},
		{
			operation: "PutTargets", body: target(`,"InputTransformer":{"InputPathsMap":{"a":"$..a"},"InputTemplate":"<a>"}`), code: invalidException,
			message: "InputPathsMap for target 1 has an invalid path for a: it must be a path such as $.detail.name or $.resources[0].",
		},
		{operation: "PutTargets", body: target(`,"InputTransformer":{}`), code: invalidException, message: "InputTemplate for target 1 is missing."},
		{operation: "RemoveTargets", body: `{"Rule":"x","EventBusName":"b","Ids":["1"]}`, code: notFound, message: "Rule x does not exist on EventBus b."},
		{operation: "RemoveTargets", body: `{"Rule":"r","EventBusName":"b"}`, code: invalidException, message: "1 validation error detected: Value null at 'ids' failed to satisfy constraint: Member must not be null"},
		{operation: "ListTargetsByRule", body: `{"Rule":"x","EventBusName":"b"}`, code: notFound, message: "Rule x does not exist on EventBus b."},
		{operation: "PutEvents", body: `{}`, code: invalidException, message: "1 validation error detected: Value null at 'entries' failed to satisfy constraint: Member must not be null"},
		{operation: "PutEvents", body: `{"Entries":[{}],"EndpointId":"abcde.veo"}`, code: invalidException, message: "The local cloud does not support global endpoints (EndpointId)."},
		{operation: "PutEvents", body: `[`, code: "SerializationException", message: "The body of PutEvents cannot be read: there should be an object."},
		{operation: "CreateConnection", body: `{"Name":"x"}`, code: "UnknownOperationException", message: `The local cloud does not support the operation "CreateConnection".`},
		{operation: "ListRuleNamesByTarget", body: `{}`, code: invalidException, message: constraint + "null at 'targetArn' failed to satisfy constraint: Member must not be null"},
		{operation: "ListRuleNamesByTarget", body: `{"TargetArn":"x","EventBusName":"none"}`, code: notFound, message: "Event bus none does not exist."},
		{operation: "ListTargetsByRule", body: `{"Rule":"r","EventBusName":"b"}`, answer: `{"Targets":[]}`},
	}
	c.check(t, calls)
}

func TestQuotas(t *testing.T) {
	t.Parallel()
	c := open(t, memory(t))
	c.rule(t, "r")
	add := func(i int) error {
		return c.PutTargets("r", "b", []bus.Target{{ID: fmt.Sprint(i), ARN: queueARN}})
	}
	for i := range 5 {
		if err := add(i); err != nil {
			t.Fatal(err)
		}
	}
	limit := func(err error) {
		t.Helper()
		if code, message := refusal(t, err); code != "LimitExceededException" || message != "The requested resource exceeds the maximum number allowed." {
			t.Error(code, message)
		}
	}
	limit(add(5))
	if err := add(4); err != nil {
		t.Errorf("changing the fifth: %v", err)
	}
	put := func(name, pattern string) error {
		_, err := c.PutRule(bus.Rule{Name: name, Bus: "b", Pattern: pattern})
		return err
	}
	for i := range 30 {
		if err := put(fmt.Sprint("wild", i), `{"source":[{"wildcard":"a*"}]}`); err != nil {
			t.Fatal(err)
		}
	}
	limit(put("wild30", `{"source":[{"wildcard":"a*"}]}`))
	if err := put("wild29", `{"source":[{"wildcard":"b*"}]}`); err != nil {
		t.Errorf("changing the thirtieth: %v", err)
	}
	for i := 31; i < 300; i++ {
		if err := put(fmt.Sprint("rule", i), `{"source":["a"]}`); err != nil {
			t.Fatal(err)
		}
	}
	limit(put("rule300", `{"source":["a"]}`))
}

func TestPages(t *testing.T) {
	t.Parallel()
	c := open(t, memory(t))
	for i := range 5 {
		c.rule(t, fmt.Sprint("rule-", i))
	}
	c.rule(t, "other")
	var names []string
	token := ""
	for pages := 1; ; pages++ {
		body, err := json.Marshal(map[string]any{"EventBusName": "b", "NamePrefix": "rule-", "Limit": 2, "NextToken": token})
		if err != nil {
			t.Fatal(err)
		}
		_, answer := c.call(t, "ListRules", string(body))
		rules, _ := answer["Rules"].([]any)
		for _, rule := range rules {
			described, _ := rule.(map[string]any)
			names = append(names, fmt.Sprint(described["Name"]))
		}
		if answer["NextToken"] == nil {
			if pages != 3 {
				t.Errorf("%d pages", pages)
			}
			break
		}
		token = fmt.Sprint(answer["NextToken"])
	}
	if diff := cmp.Diff([]string{"rule-0", "rule-1", "rule-2", "rule-3", "rule-4"}, names); diff != "" {
		t.Error(diff)
	}
}

func TestBuses(t *testing.T) {
	t.Parallel()
	c := open(t, memory(t))
	if err := c.CreateBus("other", "a bus", &bus.LogConfig{Level: "ERROR", IncludeDetail: "NONE"}); err != nil {
		t.Fatal(err)
	}
	_, described := c.call(t, "DescribeEventBus", `{"Name":"other"}`)
	created, _ := described["CreationTime"].(float64)
	if created < 1.7e9 || described["Arn"] != "arn:aws:events:us-east-1:123456789012:event-bus/other" || described["Description"] != "a bus" ||
		fmt.Sprint(described["LogConfig"]) != "map[IncludeDetail:NONE Level:ERROR]" {
		t.Error(described)
	}
	_, standard := c.call(t, "DescribeEventBus", `{}`)
	if standard["Name"] != "default" {
		t.Error(standard)
	}
	_, list := c.call(t, "ListEventBuses", `{"Limit":2}`)
	buses, _ := list["EventBuses"].([]any)
	if len(buses) != 2 || list["NextToken"] == nil {
		t.Error(list)
	}
	_, list = c.call(t, "ListEventBuses", `{"NamePrefix":"o"}`)
	if buses, _ = list["EventBuses"].([]any); len(buses) != 1 || list["NextToken"] != nil {
		t.Error(list)
	}
	c.rule(t, "r")
	if err := c.CreateBus("b", "changed", nil); err != nil {
		t.Fatal(err)
	}
	if _, rules := c.call(t, "ListRules", `{"EventBusName":"b"}`); !strings.Contains(fmt.Sprint(rules), "Name:r") {
		t.Errorf("changing the bus lost its rules: %v", rules)
	}
	if err := c.CreateBus("a b", "", nil); err == nil {
		t.Error("a bus with a blank in its name")
	}
}

func TestTestEventPattern(t *testing.T) {
	t.Parallel()
	c := open(t, memory(t))
	test := func(pattern, event string) (int, map[string]any) {
		body, err := json.Marshal(map[string]string{"EventPattern": pattern, "Event": event})
		if err != nil {
			t.Fatal(err)
		}
		return c.call(t, "TestEventPattern", string(body))
	}
	event := `{"id":"1","account":"1","source":"s","time":"2026-11-20T10:11:12Z","region":"r","detail-type":["T"]}`
	for pattern, want := range map[string]bool{`{"source":["s"]}`: true, `{"source":["t"]}`: false, `{"detail-type":["T"]}`: true} {
		if status, answer := test(pattern, event); status != 200 || answer["Result"] != want {
			t.Error(pattern, status, answer)
		}
	}
	for _, bad := range []string{"plain string", `["x"]`, `{"testEvent":"value"}`, strings.Replace(event, `"region":"r",`, "", 1), event + "x", ""} {
		if status, answer := test(`{"source":["s"]}`, bad); status != 400 || answer["__type"] != "ValidationException" || answer["message"] != "Parameter Event is not valid." {
			t.Error(bad, status, answer)
		}
	}
	if status, answer := test(`{"source":"s"}`, event); status != 400 || answer["__type"] != "InvalidEventPatternException" {
		t.Error(status, answer)
	}
}

func TestPutEventsOverHTTP(t *testing.T) {
	t.Parallel()
	c := open(t, memory(t), func(config *bus.Config) {
		config.FunctionOf = func(key string) (string, bool) { return "price", key == "AKIDFUNCTION" }
	})
	c.rule(t, "r", bus.Target{ID: "q", ARN: queueARN})
	c.Start()
	const trace = "Root=1-5759e988-bd862e3fe1be46a994272793"
	status, answer := c.call(t, "PutEvents", `{"Entries":[{"EventBusName":"b","Source":"s","DetailType":"T","Detail":"{}"},{"Source":"s"}]}`,
		"X-Amzn-Trace-Id", trace, "Authorization", "AWS4-HMAC-SHA256 Credential=AKIDFUNCTION/20261120/us-east-1/events/aws4_request, SignedHeaders=host, Signature=0")
	results, _ := answer["Entries"].([]any)
	if status != 200 || len(results) != 2 || answer["FailedEntryCount"] != 1.0 {
		t.Fatal(status, answer)
	}
	failed, _ := results[1].(map[string]any)
	if diff := cmp.Diff(map[string]any{
		"ErrorCode": "InvalidArgument", "ErrorMessage": "Parameter DetailType is not valid. Reason: DetailType is a required argument.",
	}, failed); diff != "" {
		t.Error(diff)
	}
	c.quiet(t)
	if got := c.targets.at(queueARN); len(got) != 1 || got[0].Trace != trace {
		t.Error(got)
	}
	if published := c.notes.of("published"); len(published) != 1 || published[0].Function != "price" {
		t.Error(published)
	}
}

func TestBusesOverTheProtocol(t *testing.T) {
	t.Parallel()
	c := open(t, memory(t))
	const invalidException, notFound = "ValidationException", "ResourceNotFoundException"
	const newARN = "arn:aws:events:us-east-1:123456789012:event-bus/new"
	c.rule(t, "r")
	c.check(t, []request{
		{operation: "CreateEventBus", body: `{"Name":"new","Description":"d","LogConfig":{"Level":"INFO"}}`, answer: `{"EventBusArn":"` + newARN + `","Description":"d","LogConfig":{"Level":"INFO"}}`},
		{operation: "CreateEventBus", body: `{"Name":"new"}`, code: "ResourceAlreadyExistsException", message: "Event bus new already exists."},
		{operation: "CreateEventBus", body: `{"Name":"default"}`, code: "ResourceAlreadyExistsException", message: "Event bus default already exists."},
		{operation: "CreateEventBus", body: `{"Name":"a/b"}`, code: invalidException, message: "Event bus name must not contain '/'."},
		{operation: "CreateEventBus", body: `{}`, code: invalidException, message: constraint + "null at 'name' failed to satisfy constraint: Member must not be null"},
		{operation: "CreateEventBus", body: `{"Name":"x","LogConfig":{"Level":"LOUD"}}`, code: invalidException, message: constraint + "'LOUD' at 'logConfig.level' failed to satisfy constraint: Member must satisfy enum value set: [OFF, ERROR, INFO, TRACE]"},
		{operation: "CreateEventBus", body: `{"Name":"x","KmsKeyIdentifier":"k"}`, code: "SerializationException", message: `The local cloud does not support this request: json: unknown field "KmsKeyIdentifier".`},
		{operation: "UpdateEventBus", body: `{"Name":"new","Description":"other"}`, answer: `{"Arn":"` + newARN + `","Name":"new","Description":"other","LogConfig":{"Level":"INFO"}}`},
		{operation: "UpdateEventBus", body: `{"Name":"none"}`, code: notFound, message: "Event bus none does not exist."},
		{operation: "DeleteEventBus", body: `{"Name":"default"}`, code: invalidException, message: "Cannot delete event bus default."},
		{operation: "DeleteEventBus", body: `{"Name":"none"}`, code: notFound, message: "Event bus none does not exist."},
		{operation: "DeleteEventBus", body: `{"Name":"b"}`, code: invalidException, message: "EventBus can't be deleted since it has rules."},
		{operation: "CreateArchive", body: `{"ArchiveName":"x","EventSourceArn":"` + newARN + `","RetentionDays":0,"CreationTime":1}`, code: "SerializationException", message: `The local cloud does not support this request: json: unknown field "CreationTime".`},
	})
	if err := c.CreateArchive(bus.Archive{Name: "a", Bus: "new"}); err != nil {
		t.Fatal(err)
	}
	c.check(t, []request{{operation: "DeleteEventBus", body: `{"Name":"new"}`, code: invalidException, message: "EventBus can't be deleted since it has rules."}})
	if err := c.DeleteArchive("a"); err != nil {
		t.Fatal(err)
	}
	c.check(t, []request{{operation: "DeleteEventBus", body: `{"Name":"` + newARN + `"}`, answer: `{}`}, {operation: "DescribeEventBus", body: `{"Name":"new"}`, code: notFound, message: "Event bus new does not exist."}})
	if results, err := c.PutEvents([]bus.Entry{{Bus: "new", Source: "s", DetailType: "T", Detail: "{}"}}, bus.Origin{}); err != nil || results[0].EventID == "" {
		t.Error(results, err)
	}
	if warned := c.notes.of("warned"); len(warned) != 1 {
		t.Errorf("an event for a bus that was deleted: %v", warned)
	}
	for i := len(c.busNames(t)); i < 101; i++ {
		if status, answer := c.call(t, "CreateEventBus", fmt.Sprintf(`{"Name":"bus-%d"}`, i)); status != 200 {
			t.Fatal(i, answer)
		}
	}
	c.check(t, []request{{operation: "CreateEventBus", body: `{"Name":"one-more"}`, code: "LimitExceededException", message: "The requested resource exceeds the maximum number allowed."}})
}

func (c *cloud) busNames(t *testing.T) []any {
	t.Helper()
	_, list := c.call(t, "ListEventBuses", `{}`)
	buses, _ := list["EventBuses"].([]any)
	return buses
}

func TestListRuleNamesByTarget(t *testing.T) {
	t.Parallel()
	c := open(t, memory(t))
	for i := range 3 {
		c.rule(t, fmt.Sprint("r", i), bus.Target{ID: "1", ARN: queueARN}, bus.Target{ID: "2", ARN: queueARN}, bus.Target{ID: "3", ARN: functionARN})
	}
	if err := c.SetRuleState("r1", "b", bus.Disabled); err != nil {
		t.Fatal(err)
	}
	if _, err := c.RemoveTargets("r2", "b", []string{"3"}); err != nil {
		t.Fatal(err)
	}
	c.check(t, []request{
		{operation: "ListRuleNamesByTarget", body: `{"TargetArn":"` + queueARN + `","EventBusName":"b"}`, answer: `{"RuleNames":["r0","r1","r2"]}`},
		{operation: "ListRuleNamesByTarget", body: `{"TargetArn":"` + functionARN + `","EventBusName":"arn:aws:events:us-east-1:123456789012:event-bus/b"}`, answer: `{"RuleNames":["r0","r1"]}`},
		{operation: "ListRuleNamesByTarget", body: `{"TargetArn":"` + queueARN + `","EventBusName":"b","Limit":2}`, answer: `{"RuleNames":["r0","r1"],"NextToken":"cjE"}`},
		{operation: "ListRuleNamesByTarget", body: `{"TargetArn":"` + queueARN + `","EventBusName":"b","Limit":2,"NextToken":"cjE"}`, answer: `{"RuleNames":["r2"]}`},
		{operation: "ListRuleNamesByTarget", body: `{"TargetArn":"` + queueARN + `"}`, answer: `{"RuleNames":[]}`},
	})
}
