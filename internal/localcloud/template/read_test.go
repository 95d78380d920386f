package template_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/template"
)

// head begins every template of these tests; it has six lines, so that what follows begins with line 7.
const head = `Transform: AWS::Serverless-2016-10-31
Parameters:
  Stage: {Type: String, Default: dev}
Mappings: {Days: {dev: {Keep: 7, List: [a, b]}, prod: {Keep: 30}}}
Conditions: {InDev: !Equals [!Ref Stage, dev], InProd: !Not [!Condition InDev]}
Resources:
`

// queue is a resource that most templates of these tests have, in one line.
const queue = "  Queue: {Type: AWS::SQS::Queue, Properties: {QueueName: !Sub 'q-${Stage}'}}\n"

func TestIntrinsics(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, expression, want string }{
		{"a text", "plain", "plain"},
		{"a number", "12.50", "12.50"},
		{"a boolean", "true", "true"},
		{"Ref of a parameter", "!Ref Stage", "dev"},
		{"Ref in long form", "{Ref: Stage}", "dev"},
		{"Ref of the account", "!Ref AWS::AccountId", "123456789012"},
		{"Ref of the region", "!Ref AWS::Region", "us-east-1"},
		{"Ref of the partition", "!Ref AWS::Partition", "aws"},
		{"Ref of the stack's name", "!Ref AWS::StackName", "bayon-coagent-local"},
		{"Ref of a queue is its URL", "!Ref Queue", "https://sqs.us-east-1.amazonaws.com/123456789012/q-dev"},
		{"GetAtt with a dot", "!GetAtt Queue.Arn", "arn:aws:sqs:us-east-1:123456789012:q-dev"},
		{"GetAtt with a list", "!GetAtt [Queue, QueueName]", "q-dev"},
		{"GetAtt in long form", "\n      Fn::GetAtt: [Queue, QueueName]", "q-dev"},
		{"Sub of a parameter", "!Sub a-${Stage}-b", "a-dev-b"},
		{"Sub of an attribute", "!Sub 'x ${Queue.QueueName}'", "x q-dev"},
		{"Sub of a pseudo parameter", "!Sub '${AWS::Region}'", "us-east-1"},
		{"Sub with variables", "!Sub ['${A}/${Stage}', {A: !Ref Queue}]", "https://sqs.us-east-1.amazonaws.com/123456789012/q-dev/dev"},
		{"Sub with a variable over a parameter", "!Sub ['${Stage}', {Stage: mine}]", "mine"},
		{"Sub with a literal", "!Sub '${!Stage} ${Stage}'", "${Stage} dev"},
		{"Sub with an open brace", "!Sub 'a ${Stage} ${'", "a dev ${"},
		{"Join", "!Join ['-', [a, !Ref Stage, 3]]", "a-dev-3"},
		{"Join of a list in a mapping", "!Join [',', !FindInMap [Days, !Ref Stage, List]]", "a,b"},
		{"Join without a removed item", "!Join ['-', [a, !Ref AWS::NoValue, b]]", "a-b"},
		{"Select", "!Select [1, [a, b, c]]", "b"},
		{"FindInMap", "!FindInMap [Days, !Ref Stage, Keep]", "7"},
		{"If that is met", "!If [InDev, yes-it-is, !Ref Stage]", "yes-it-is"},
		{"If that is not met", "!If [InProd, !Ref Stage, other]", "other"},
		{"nested", "!Join ['', [!If [InDev, !Sub '<${Stage}>', x], !Select ['0', [!Ref Stage]]]]", "<dev>dev"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			stack := read(t, head+queue+"Outputs:\n  Out:\n    Value: "+test.expression+"\n", nil)
			if got := stack.Outputs[0].Value; got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

func TestConditions(t *testing.T) {
	t.Parallel()
	tests := []struct{ condition, want string }{
		{"!Equals [!Ref Stage, dev]", "met"},
		{"!Equals [1, '1']", "met"},
		{"!Equals [a, b]", "not met"},
		{"!Not [!Equals [a, b]]", "met"},
		{"!And [!Equals [a, a], !Equals [b, b]]", "met"},
		{"!And [!Equals [a, a], !Equals [a, b]]", "not met"},
		{"!Or [!Equals [a, b], !Equals [b, b]]", "met"},
		{"!Or [!Equals [a, b], !Equals [b, a]]", "not met"},
		{"{Condition: Other}", "met"},
		{"!And [!Condition Other, !Not [!Condition Other]]", "not met"},
	}
	for _, test := range tests {
		t.Run(test.condition, func(t *testing.T) {
			t.Parallel()
			source := strings.Replace(head, "Conditions: {", "Conditions: {Tested: "+test.condition+", Other: !Equals [x, x], ", 1) +
				queue + "Outputs: {Out: {Value: !If [Tested, met, not met]}}\n"
			if got := read(t, source, nil).Outputs[0].Value; got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

func TestWhatIsConditionalIsLeftOut(t *testing.T) {
	t.Parallel()
	source := head + queue + `  Other: {Type: AWS::SQS::Queue, Condition: InProd}
  Policy:
    Type: AWS::SQS::QueuePolicy
    Properties:
      Queues: [!Ref Queue, !If [InProd, !Ref Other, !Ref AWS::NoValue]]
      PolicyDocument: {Statement: [{Effect: Allow, Action: 'sqs:SendMessage', Principal: '*', Resource: '*'}]}
Outputs:
  There: {Value: a, Condition: InDev}
  NotThere: {Value: b, Condition: InProd}
`
	for stage, want := range map[string]string{"dev": "q-dev There", "prod": "q-prod bayon-coagent-local-Other-7F7J3IHDXB47 NotThere"} {
		stack := read(t, source, map[string]string{"Stage": stage})
		var got []string
		for _, queue := range stack.Queues {
			got = append(got, queue.Name)
			if queue.Policy == nil {
				t.Errorf("%s has no policy", queue.Name)
			}
		}
		got = append(got, stack.Outputs[0].Name)
		if strings.Join(got, " ") != want {
			t.Errorf("with Stage %s: got %q, want %q", stage, got, want)
		}
	}
}

func TestPatternsKeepOrderAndNumbers(t *testing.T) {
	t.Parallel()
	stack := read(t, head+`  Rule:
    Type: AWS::Events::Rule
    Properties:
      EventPattern: {z: [300.0, 3.0e2, -1, "3", '<&>'], a: [{exists: true}], "b.c": [!Ref Stage]}
`, nil)
	want := `{"z":[300.0,3.0e2,-1,"3","<&>"],"a":[{"exists":true}],"b.c":["dev"]}`
	if got := string(stack.Rules[0].Pattern); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if want := "arn:aws:events:us-east-1:123456789012:rule/" + stack.Rules[0].Name; stack.Rules[0].ARN != want {
		t.Errorf("a rule of the default bus has the ARN %s, want %s", stack.Rules[0].ARN, want)
	}
	if line := stack.Rules[0].PatternLine; line != 10 {
		t.Errorf("the pattern stands at line %d, want 10", line)
	}
}

func TestTargetsTransformTheirInput(t *testing.T) {
	t.Parallel()
	stack := read(t, head+queue+`  Rule:
    Type: AWS::Events::Rule
    Properties:
      EventPattern: {a: [b]}
      Targets:
        - {Id: whole, Arn: !GetAtt Queue.Arn}
        - {Id: constant, Arn: !GetAtt Queue.Arn, Input: '{"a":1}'}
        - {Id: part, Arn: !GetAtt Queue.Arn, InputPath: $.detail}
        - Id: text
          Arn: !GetAtt Queue.Arn
          InputTransformer: {InputPathsMap: {who: $.detail.userId}, InputTemplate: '"<who> in <aws.events.rule-name>"'}
`, nil)
	target := func(id, input, path string, transformer *template.InputTransformer) template.Target {
		return template.Target{
			ID: id, ARN: "arn:aws:sqs:us-east-1:123456789012:q-dev", Input: input, InputPath: path, Transformer: transformer,
			Retry: template.RetryPolicy{MaximumRetryAttempts: 185, MaximumEventAge: 24 * time.Hour},
		}
	}
	want := []template.Target{
		target("whole", "", "", nil),
		target("constant", `{"a":1}`, "", nil),
		target("part", "", "$.detail", nil),
		target("text", "", "", &template.InputTransformer{
			Paths: map[string]string{"who": "$.detail.userId"}, Template: `"<who> in <aws.events.rule-name>"`,
		}),
	}
	if diff := cmp.Diff(want, stack.Rules[0].Targets); diff != "" {
		t.Error(diff)
	}
}

func TestProblemsComeAllAtOnceInOrder(t *testing.T) {
	t.Parallel()
	_, err := template.Read("t.yaml", []byte(head+`  Queue: {Type: AWS::SQS::Queue, Properties: {Color: red}}
  Rule: {Type: AWS::Events::Rule, Properties: {EventBusName: none, State: UP}}
Outputs: {Out: {Value: !Ref Nothing}}
`), nil)
	want := `t.yaml:7: Queue: Color: the local cloud does not know this property
t.yaml:8: Rule: EventPattern is missing
t.yaml:8: Rule: State: must be ENABLED or DISABLED, not "UP"
t.yaml:8: Rule: EventBusName: the template has no event bus "none"
t.yaml:9: Outputs: Out.Value: Ref: the template has no parameter or resource "Nothing"`
	var refused *template.ReadError
	if !errors.As(err, &refused) || len(refused.Problems) != 5 {
		t.Fatalf("got %T: %v", err, err)
	}
	if diff := cmp.Diff(want, err.Error()); diff != "" {
		t.Error(diff)
	}
}

func read(t *testing.T, source string, parameters map[string]string) *template.Stack {
	t.Helper()
	stack, err := template.Read("t.yaml", []byte(source), parameters)
	if err != nil {
		t.Fatal(err)
	}
	return stack
}
