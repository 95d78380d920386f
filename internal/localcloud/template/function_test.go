package template_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/template"
)

// globals begin the templates of these tests; resources follow.
const globals = `Transform: AWS::Serverless-2016-10-31
Globals:
  Function:
    CodeUri: .
    Handler: bootstrap
    Runtime: provided.al2023
    Architectures: [arm64]
    Timeout: 60
    Environment: {Variables: {SHARED: global, OWN: global}}
    LoggingConfig: {LogFormat: JSON}
Resources:
`

// onlyLines leaves out what other tests look at.
var onlyLines = cmpopts.IgnoreFields(template.Resource{}, "Line")

func TestGlobalsMerge(t *testing.T) {
	t.Parallel()
	stack := read(t, globals+`  F:
    Type: AWS::Serverless::Function
    Metadata: {BuildMethod: makefile}
    Properties:
      FunctionName: f
      Role: arn:aws:iam::123456789012:role/r
      Architectures: [x86_64]
      Timeout: 5
      MemorySize: '256'
      ReservedConcurrentExecutions: 0
      Environment: {Variables: {OWN: mine, NUMBER: 3}}
      LoggingConfig: {LogGroup: logs, ApplicationLogLevel: WARN}
`, nil)
	none := 0
	want := []template.Function{{
		Resource:            template.Resource{LogicalID: "F", Name: "f", ARN: "arn:aws:lambda:us-east-1:123456789012:function:f"},
		CodeURI:             ".",
		BuildMethod:         "makefile",
		Handler:             "bootstrap",
		Runtime:             "provided.al2023",
		Architecture:        "x86_64",
		MemoryMB:            256,
		Timeout:             5 * time.Second,
		Environment:         map[string]string{"SHARED": "global", "OWN": "mine", "NUMBER": "3"},
		ReservedConcurrency: &none,
		Logging:             template.Logging{Format: "JSON", ApplicationLevel: "WARN", SystemLevel: "INFO", LogGroup: "logs"},
		Async:               template.Async{Retry: template.RetryPolicy{MaximumRetryAttempts: 2, MaximumEventAge: 6 * time.Hour}},
		RoleARN:             "arn:aws:iam::123456789012:role/r",
	}}
	if diff := cmp.Diff(want, stack.Functions, onlyLines); diff != "" {
		t.Error(diff)
	}
}

func TestFunctionDefaults(t *testing.T) {
	t.Parallel()
	stack := read(t, `Transform: AWS::Serverless-2016-10-31
Resources:
  F:
    Type: AWS::Serverless::Function
    Properties: {CodeUri: ., Handler: bootstrap, Runtime: provided.al2023}
`, nil)
	got := stack.Functions[0]
	if got.Architecture != "x86_64" || got.MemoryMB != 128 || got.Timeout != 3*time.Second || got.Tracing || got.ReservedConcurrency != nil {
		t.Errorf("defaults are not AWS's: %+v", got)
	}
	if want := (template.Logging{Format: "Text", LogGroup: "/aws/lambda/" + got.Name}); got.Logging != want {
		t.Errorf("got %+v, want %+v", got.Logging, want)
	}
}

const expanded = globals + `  Bus: {Type: AWS::Events::EventBus, Properties: {Name: b}}
  Failures: {Type: AWS::SQS::Queue, Properties: {QueueName: failures}}
  F:
    Type: AWS::Serverless::Function
    Properties:
      FunctionName: f
      Tracing: Active
      Policies:
        - Statement: [{Effect: Allow, Action: 'events:PutEvents', Resource: !GetAtt Bus.Arn}]
      EventInvokeConfig:
        MaximumRetryAttempts: 1
        DestinationConfig: {OnFailure: {Type: SQS, Destination: !GetAtt Failures.Arn}}
      Events:
        Rule:
          Type: EventBridgeRule
          Properties:
            EventBusName: !Ref Bus
            Pattern: {source: [a]}
            RetryPolicy: {MaximumRetryAttempts: 3}
            DeadLetterConfig: {Arn: !GetAtt Failures.Arn}
        Daily:
          Type: ScheduleV2
          Properties:
            ScheduleExpression: rate(1 day)
            Input: '{}'
            DeadLetterConfig: {Arn: !GetAtt Failures.Arn}
`

func TestEventsExpand(t *testing.T) {
	t.Parallel()
	stack := read(t, expanded, nil)
	const functionARN, failuresARN = "arn:aws:lambda:us-east-1:123456789012:function:f", "arn:aws:sqs:us-east-1:123456789012:failures"
	ruleName := stack.Rules[0].Name
	ruleARN := "arn:aws:events:us-east-1:123456789012:rule/b/" + ruleName
	wantRules := []template.Rule{{
		Resource:    template.Resource{LogicalID: "FRule", Line: 28, Name: ruleName, ARN: ruleARN},
		Bus:         "b",
		Enabled:     true,
		Pattern:     []byte(`{"source":["a"]}`),
		PatternLine: 29,
		Targets: []template.Target{{
			ID:            "FRuleLambdaTarget",
			ARN:           functionARN,
			Retry:         template.RetryPolicy{MaximumRetryAttempts: 3, MaximumEventAge: 24 * time.Hour},
			DeadLetterARN: failuresARN,
		}},
	}}
	if diff := cmp.Diff(wantRules, stack.Rules); diff != "" {
		t.Error(diff)
	}
	wantPermissions := []template.Permission{{
		LogicalID: "FRulePermission", Line: 28, FunctionARN: functionARN, Action: "lambda:InvokeFunction",
		Principal: "events.amazonaws.com", SourceARN: ruleARN,
	}}
	if diff := cmp.Diff(wantPermissions, stack.Permissions); diff != "" {
		t.Error(diff)
	}
	wantSchedules := []template.Schedule{{
		Resource: template.Resource{
			LogicalID: "FDaily", Name: "FDaily", ARN: "arn:aws:scheduler:us-east-1:123456789012:schedule/default/FDaily",
		},
		Group:         "default",
		Expression:    "rate(1 day)",
		TimeZone:      "UTC",
		Enabled:       true,
		TargetARN:     functionARN,
		RoleARN:       stack.Roles[1].ARN,
		Input:         "{}",
		Retry:         template.RetryPolicy{MaximumRetryAttempts: 185, MaximumEventAge: 24 * time.Hour},
		DeadLetterARN: failuresARN,
	}}
	if diff := cmp.Diff(wantSchedules, stack.Schedules, onlyLines); diff != "" {
		t.Error(diff)
	}
	wantAsync := template.Async{
		Retry:        template.RetryPolicy{MaximumRetryAttempts: 1, MaximumEventAge: 6 * time.Hour},
		OnFailureARN: failuresARN,
	}
	if diff := cmp.Diff(wantAsync, stack.Functions[0].Async); diff != "" {
		t.Error(diff)
	}
}

func TestRolesExpand(t *testing.T) {
	t.Parallel()
	stack := read(t, expanded, nil)
	const failuresARN = "arn:aws:sqs:us-east-1:123456789012:failures"
	allow := func(action, resource string) template.Statement {
		return template.Statement{Effect: "Allow", Actions: []string{action}, Resources: []string{resource}}
	}
	trust := func(service string) []template.Statement {
		return []template.Statement{{Effect: "Allow", Principals: []string{service}, Actions: []string{"sts:AssumeRole"}}}
	}
	want := []template.Role{
		{
			Resource: template.Resource{LogicalID: "FRole"},
			Trust:    trust("lambda.amazonaws.com"),
			Statements: []template.Statement{
				allow("events:PutEvents", "arn:aws:events:us-east-1:123456789012:event-bus/b"),
				allow("sqs:SendMessage", failuresARN),
			},
			ManagedPolicies: []string{
				"arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole",
				"arn:aws:iam::aws:policy/AWSXrayWriteOnlyAccess",
			},
		},
		{
			Resource: template.Resource{LogicalID: "FDailyRole"},
			Trust:    trust("scheduler.amazonaws.com"),
			Statements: []template.Statement{
				allow("lambda:InvokeFunction", "arn:aws:lambda:us-east-1:123456789012:function:f"),
				allow("sqs:SendMessage", failuresARN),
			},
		},
	}
	if diff := cmp.Diff(want, stack.Roles, cmpopts.IgnoreFields(template.Resource{}, "Line", "Name", "ARN")); diff != "" {
		t.Error(diff)
	}
	if stack.Functions[0].RoleARN != stack.Roles[0].ARN {
		t.Errorf("the function has the role %s, want %s", stack.Functions[0].RoleARN, stack.Roles[0].ARN)
	}
}

func TestRefusedFunctions(t *testing.T) {
	t.Parallel()
	const role = "      Role: arn:aws:iam::123456789012:role/r\n"
	function := func(name, properties, want string) refusal {
		return refusal{name, "  F:\n    Type: AWS::Serverless::Function\n    Properties:\n      Runtime: provided.al2023\n" +
			"      CodeUri: .\n      Handler: bootstrap\n" + properties, want}
	}
	expectRefusals(t, []refusal{
		function("unknown property", role+"      SnapStart: {ApplyOn: None}\n",
			`14: F: SnapStart: the local cloud does not know this property`),
		function("policies beside a role", role+"      Policies: [AWSLambdaExecute]\n",
			`14: F: Policies: SAM passes over Policies where there is a Role`),
		function("policy template", "      Policies: [{SQSSendMessagePolicy: {QueueName: q}}, AWSLambdaExecute]\n",
			`13: F: Policies[0]: the local cloud reads policy documents and ARNs of managed policies, not SAM's policy templates
13: F: Policies[1]: the local cloud reads policy documents and ARNs of managed policies, not SAM's policy templates`),
		function("architectures", role+"      Architectures: [arm64, x86_64]\n",
			`14: F: Architectures: must be one of arm64 and x86_64, not ["arm64" "x86_64"]`),
		function("reserved and malformed variables", role+"      Environment: {Variables: {AWS_REGION: a, 1st: b, LIST: [c]}}\n",
			`14: F: Environment.Variables.AWS_REGION: Lambda sets this variable itself and refuses to have it set
14: F: Environment.Variables.1st: a variable's name begins with a letter and has letters, digits and underscores only
14: F: Environment.Variables.LIST: must be a text, not a list`),
		function("levels of a text log", role+"      LoggingConfig: {SystemLogLevel: INFO}\n",
			`14: F: LoggingConfig.SystemLogLevel: Lambda takes levels for the format JSON only`),
		function("unknown event", role+"      Events: {Hourly: {Type: Schedule, Properties: {Schedule: rate(1 hour)}}}\n",
			`14: F: Events.Hourly.Type: must be EventBridgeRule or ScheduleV2, not "Schedule"`),
		function("events that are no object", role+"      Events: [a]\n", `14: F: Events: must be an object, not a list`),
		function("conditional events", role+"      Events: !If [InDev, {}, {}]\n", `14: F: Events: AWS evaluates no Fn::If here`),
		function("unknown property of an event", role+"      Events: {A: {Type: EventBridgeRule, Properties: {Name: a, Pattern: {a: [b]}}}}\n",
			`14: F: Events.A.Properties.Name: the local cloud does not know this property`),
		function("queue of SAM's own", role+"      Events: {A: {Type: EventBridgeRule, Properties: {Pattern: {a: [b]}, DeadLetterConfig: {Type: SQS}}}}\n",
			`14: FA: Targets[0].DeadLetterConfig.Type: the local cloud reads Arn only: SAM's own queues get one policy each, and these overwrite each other
14: FA: Targets[0].DeadLetterConfig: Arn is missing`),
		function("destination that is no queue", role+"      EventInvokeConfig: {DestinationConfig: {OnFailure: {Type: SNS, Destination: a}}}\n",
			`14: F: EventInvokeConfig.DestinationConfig.OnFailure.Type: must be SQS, not "SNS"
14: FEventInvokeConfig: DestinationConfig.OnFailure.Destination: must be the ARN of a queue, not "a"`),
		function("two configurations", role+"      EventInvokeConfig: {MaximumRetryAttempts: 0}\n"+
			"  Config: {Type: AWS::Lambda::EventInvokeConfig, Properties: {FunctionName: !Ref F, Qualifier: $LATEST}}\n",
			`14: FEventInvokeConfig: FunctionName: F has the configuration Config already`),
		function("logical id that is taken", role+"      Events: {A: {Type: EventBridgeRule, Properties: {Pattern: {a: [b]}}}}\n  FA: {Type: AWS::SQS::Queue}\n",
			`14: FA: SAM's expansion gives this logical id to another resource`),
	})
	t.Run("globals", func(t *testing.T) {
		t.Parallel()
		_, err := template.Read("t.yaml", []byte(`Transform: AWS::Serverless-2016-10-31
Globals:
  Function: {Role: a}
  Api: {}
Resources: {Queue: {Type: AWS::SQS::Queue}}
`), nil)
		expectProblems(t, err, "3: Globals: Function.Role: SAM takes this property at a function only\n"+
			"4: Globals: Api: the local cloud has functions only")
	})
}
