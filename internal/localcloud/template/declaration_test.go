package template_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/template"
)

// TestDeclarationsOfTheProject finds each resource behind those that it depends on, with all that deploying needs.
func TestDeclarationsOfTheProject(t *testing.T) {
	t.Parallel()
	stack := readProject(t, nil)
	seen := map[string]bool{}
	for _, d := range stack.Declarations {
		for _, id := range d.DependsOn {
			if !seen[id] {
				t.Errorf("%s stands before %s, which it depends on", d.LogicalID, id)
			}
		}
		seen[d.LogicalID] = true
		if d.PhysicalID == "" || len(d.Properties) == 0 || d.DeletionPolicy == "" || d.UpdateReplacePolicy == "" {
			t.Errorf("%+v", d)
		}
		if strings.Contains(string(d.Properties), "Fn::") && !d.LeftToAWS {
			t.Errorf("%s: not evaluated: %s", d.LogicalID, d.Properties)
		}
	}
	for id, want := range map[string]string{
		"PriceReductionProcessorFunction":                  "AWS::Lambda::Function bayon-coagent-price-reduction-monitor-development Delete",
		"PriceReductionProcessorFunctionEventInvokeConfig": "AWS::Lambda::EventInvokeConfig bayon-coagent-local-PriceReductionProcessorFunctionEventInvokeConfig-",
		"PriceReductionMonitorRule":                        "AWS::Events::Rule bayon-coagent-events-development|bayon-coagent-price-reduction-monitor-development Delete",
		"IdempotencyTable":                                 "AWS::DynamoDB::Table BayonCoAgent-idempotency-development Delete",
	} {
		d, found := stack.Declaration(id)
		if got := d.Type + " " + d.PhysicalID + " " + d.DeletionPolicy; !found || !strings.HasPrefix(got, want) {
			t.Errorf("%s: %s, want %s", id, got, want)
		}
	}
	if _, found := readProject(t, map[string]string{"ExistingTableName": "Platform"}).Declaration("Table"); found {
		t.Error("a resource is declared whose condition is not met")
	}
}

func TestDependencies(t *testing.T) {
	t.Parallel()
	const body = `Transform: AWS::Serverless-2016-10-31
Parameters: {P: {Type: String, Default: a}}
Conditions: {Wanted: !Equals [!Ref P, a], Unwanted: !Equals [!Ref P, b]}
Resources:
  All:
    Type: AWS::SQS::Queue
    DependsOn: [Named]
    Properties:
      QueueName: !Sub '${P}-${Sub.QueueName}'
      Tags: [{Key: k, Value: !If [Wanted, !GetAtt Chosen.Arn, !GetAtt Other.Arn]}]
  Named: {Type: AWS::SQS::Queue}
  Sub: {Type: AWS::SQS::Queue}
  Chosen: {Type: AWS::SQS::Queue}
  Other: {Type: AWS::SQS::Queue}
  Gone: {Type: AWS::SQS::Queue, Condition: Unwanted}
`
	stack, err := template.ReadStack("mine", "template", []byte(body), nil)
	if err != nil {
		t.Fatal(err)
	}
	d, _ := stack.Declaration("All")
	if diff := cmp.Diff([]string{"Named", "Sub", "Chosen"}, d.DependsOn); diff != "" {
		t.Error(diff)
	}
	if len(stack.Declarations) != 5 || !strings.HasPrefix(stack.Queues[1].Name, "mine-Named-") {
		t.Errorf("%d, %s", len(stack.Declarations), stack.Queues[1].Name)
	}
}

func TestSummary(t *testing.T) {
	t.Parallel()
	const body = `{"Transform": "AWS::Serverless-2016-10-31", "Description": "d",
		"Parameters": {"A": {"Type": "String", "AllowedValues": ["x", "y"], "NoEcho": true}, "B": {"Type": "Number", "Default": 3}},
		"Resources": {"R": {"Type": "AWS::IAM::Role", "Properties": {"RoleName": "r"}}, "F": {"Type": "AWS::Serverless::Function"}}}`
	three := "3"
	want := template.Summary{
		Description: "d", Transform: "AWS::Serverless-2016-10-31",
		Parameters: []template.Parameter{
			{Name: "A", Type: "String", AllowedValues: []string{"x", "y"}, NoEcho: true}, {Name: "B", Type: "Number", Default: &three},
		},
		Types: []string{"AWS::IAM::Role", "AWS::Serverless::Function"}, Capabilities: []string{"CAPABILITY_IAM", "CAPABILITY_NAMED_IAM"},
	}
	got, err := template.Summarize("template", []byte(body))
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v %s", err, diff)
	}
	if _, err := template.Summarize("template", []byte("[")); err == nil {
		t.Error("what is no template is read")
	}
}

func TestCodeInS3(t *testing.T) {
	t.Parallel()
	for _, code := range []string{"s3://bucket/key", "{Bucket: bucket, Key: key}"} {
		stack := read(t, "Transform: AWS::Serverless-2016-10-31\nResources:\n  F:\n    Type: AWS::Serverless::Function\n    Properties: {Handler: bootstrap, Runtime: provided.al2023, CodeUri: "+code+"}\n", nil)
		if got := stack.Functions[0].CodeURI; got != "s3://bucket/key" {
			t.Errorf("%s: %s", code, got)
		}
	}
}
