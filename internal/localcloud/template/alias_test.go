package template_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/template"
)

const alias = "arn:aws:lambda:us-east-1:123456789012:function:f:live"

// aliased is a function with an alias, which resources of its own invoke; more can follow.
const aliased = globals + `  F:
    Type: AWS::Serverless::Function
    Properties:
      FunctionName: f
      Role: arn:aws:iam::123456789012:role/r
      AutoPublishAlias: live
      AutoPublishAliasAllProperties: true
      DeploymentPreference: {Enabled: false, Type: Canary10Percent5Minutes, Alarms: [!Ref Errors]}
      EventInvokeConfig: {MaximumRetryAttempts: 1}
      Events:
        Joined: {Type: EventBridgeRule, Properties: {Pattern: {source: [a]}}}
        Daily: {Type: ScheduleV2, Properties: {ScheduleExpression: rate(1 day), Input: '{}'}}
  Errors: {Type: AWS::CloudWatch::Alarm, Properties: {AlarmName: errors, AlarmDescription: too many, Threshold: 1, Dimensions: [{Name: FunctionName, Value: !Ref F}]}}
`

func TestFunctionsAreInvokedByTheirAlias(t *testing.T) {
	t.Parallel()
	stack := read(t, aliased+`  Rule:
    Type: AWS::Events::Rule
    Properties: {Name: r, EventPattern: {source: [b]}, Targets: [{Id: F, Arn: !Ref F.Alias}]}
  Permission:
    Type: AWS::Lambda::Permission
    Properties: {FunctionName: !Ref F.Alias, Action: lambda:InvokeFunction, Principal: events.amazonaws.com, SourceArn: !GetAtt Rule.Arn}
`, nil)
	if got := stack.Functions[0].InvokedARN(); got != alias {
		t.Errorf("it is invoked at %s", got)
	}
	if got := stack.Functions[0].Async.Retry.MaximumRetryAttempts; got != 1 {
		t.Errorf("%d retries", got)
	}
	if len(stack.Rules) != 2 || len(stack.Permissions) != 2 || len(stack.Schedules) != 1 {
		t.Fatalf("%d rules, %d permissions, %d schedules", len(stack.Rules), len(stack.Permissions), len(stack.Schedules))
	}
	for _, rule := range stack.Rules {
		if rule.Targets[0].ARN != alias {
			t.Errorf("%s has the target %s", rule.LogicalID, rule.Targets[0].ARN)
		}
	}
	for _, permission := range stack.Permissions {
		if permission.FunctionARN != alias {
			t.Errorf("%s is for %s", permission.LogicalID, permission.FunctionARN)
		}
	}
	if stack.Schedules[0].TargetARN != alias || stack.Roles[0].Statements[0].Resources[0] != alias {
		t.Errorf("the schedule invokes %s, its role may %v", stack.Schedules[0].TargetARN, stack.Roles[0].Statements)
	}
	want := []template.Alarm{{
		Resource:    template.Resource{LogicalID: "Errors", Name: "errors", ARN: "arn:aws:cloudwatch:us-east-1:123456789012:alarm:errors"},
		Description: "too many",
		Properties:  []byte(`{"AlarmName":"errors","AlarmDescription":"too many","Threshold":1,"Dimensions":[{"Name":"FunctionName","Value":"f"}]}`),
	}}
	if diff := cmp.Diff(want, stack.Alarms, onlyLines); diff != "" {
		t.Errorf("alarms (-want +got):\n%s", diff)
	}
	function := stack.Functions[0]
	if function.Alias = ""; function.InvokedARN() != function.ARN {
		t.Errorf("without an alias it is invoked at %s", function.InvokedARN())
	}
}

func TestPolicyOfABus(t *testing.T) {
	t.Parallel()
	stack := read(t, head+`  Bus: {Type: AWS::Events::EventBus, Properties: {Name: b, KmsKeyIdentifier: k}}
  First:
    Type: AWS::Events::EventBusPolicy
    Properties: {EventBusName: !Ref Bus, StatementId: One, Statement: {Effect: Allow, Principal: '*', Action: events:PutEvents, Resource: !GetAtt Bus.Arn}}
  Second:
    Type: AWS::Events::EventBusPolicy
    Properties: {EventBusName: !Ref Bus, StatementId: Two, Statement: {Sid: Two, Effect: Deny, Principal: '*', Action: events:PutEvents, Resource: '*'}}
`, nil)
	const want = `{"Statement":[{"Effect":"Allow","Principal":"*","Action":"events:PutEvents","Resource":"arn:aws:events:us-east-1:123456789012:event-bus/b"},` +
		`{"Sid":"Two","Effect":"Deny","Principal":"*","Action":"events:PutEvents","Resource":"*"}],"Version":"2012-10-17"}`
	if got := string(stack.Buses[0].Policy); got != want {
		t.Errorf("the policy is %s", got)
	}
}

func TestScheduleThatPutsAnEvent(t *testing.T) {
	t.Parallel()
	stack := read(t, head+`  Bus: {Type: AWS::Events::EventBus, Properties: {Name: b}}
  Schedule:
    Type: AWS::Scheduler::Schedule
    Properties:
      ScheduleExpression: rate(5 minutes)
      FlexibleTimeWindow: {Mode: 'OFF'}
      Target:
        Arn: !GetAtt Bus.Arn
        RoleArn: arn:aws:iam::123456789012:role/r
        Input: '{}'
        EventBridgeParameters: {Source: s, DetailType: d}
`, nil)
	if got := stack.Schedules[0]; got.EventSource != "s" || got.EventDetailType != "d" || got.TargetARN != "arn:aws:events:us-east-1:123456789012:event-bus/b" {
		t.Errorf("the schedule: %+v", got)
	}
}

func TestRefusedAliasesAndPolicies(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, source, want string }{
		{
			"configuration of what is not invoked", aliased + "  Config: {Type: AWS::Lambda::EventInvokeConfig, Properties: {FunctionName: !Ref F, Qualifier: $LATEST}}\n",
			`25: Config: Qualifier: must be live, which is what is invoked, not "$LATEST": it would count for nothing`,
		},
		{
			"preference without an alias", globals + `  F:
    Type: AWS::Serverless::Function
    Properties: {Role: arn:aws:iam::123456789012:role/r, DeploymentPreference: {Type: AllAtOnce}}
`, `14: F: DeploymentPreference: SAM takes it with AutoPublishAlias only`,
		},
		{
			"alias of a function without one", globals + `  F: {Type: AWS::Serverless::Function, Properties: {Role: !Ref F.Alias}}
`, `12: F: Role: Ref: the template has no parameter or resource "F.Alias"`,
		},
		{"policy of an unknown bus", head + `  Policy:
    Type: AWS::Events::EventBusPolicy
    Properties: {EventBusName: b, StatementId: One, Statement: {Sid: Two, Effect: Allow, Principal: '*', Action: a, Resource: '*'}}
`, `7: Policy: EventBusName: the template has no bus "b"
9: Policy: Statement.Sid: must be the StatementId "One", not "Two"`},
		{"schedule on a bus without an event, and on a function with one", head + `  OnBus:
    Type: AWS::Scheduler::Schedule
    Properties:
      ScheduleExpression: rate(5 minutes)
      FlexibleTimeWindow: {Mode: 'OFF'}
      Target: {Arn: 'arn:aws:events:us-east-1:123456789012:event-bus/b', RoleArn: 'arn:aws:iam::123456789012:role/r', Input: '{}'}
  OnFunction:
    Type: AWS::Scheduler::Schedule
    Properties:
      ScheduleExpression: rate(5 minutes)
      FlexibleTimeWindow: {Mode: 'OFF'}
      Target:
        Arn: arn:aws:lambda:us-east-1:123456789012:function:f
        RoleArn: arn:aws:iam::123456789012:role/r
        Input: '{}'
        EventBridgeParameters: {Source: s, DetailType: d}
`, `12: OnBus: Target: EventBridgeParameters is missing
22: OnFunction: Target.EventBridgeParameters: Scheduler takes it for event buses only`},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			_, err := template.Read("t.yaml", []byte(test.source), nil)
			expectProblems(t, err, test.want)
		})
	}
}
