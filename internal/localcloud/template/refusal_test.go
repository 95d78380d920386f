package template_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/template"
)

// refusal is a text that follows head, and the problems that Read finds in it, without the file's name.
type refusal struct {
	name, source, want string
}

func TestRefusedIntrinsics(t *testing.T) {
	t.Parallel()
	output := func(name, expression, want string) refusal {
		return refusal{name, queue + "Outputs:\n  Out:\n    Value: " + expression + "\n", want}
	}
	expectRefusals(t, []refusal{
		output("unknown function", "!GetAZs us-east-1",
			`10: Outputs: Out.Value: the local cloud does not know the intrinsic function Fn::GetAZs`),
		output("dangling Ref", "!Ref Nothing", `10: Outputs: Out.Value: Ref: the template has no parameter or resource "Nothing"`),
		output("dangling Ref that no condition lets in", "!If [InDev, a, !Ref Nothing]",
			`10: Outputs: Out.Value: Ref: the template has no parameter or resource "Nothing"`),
		output("Ref of an object", "{Ref: {a: b}}", `10: Outputs: Out.Value: Ref takes a name`),
		output("dangling GetAtt", "!GetAtt Nothing.Arn", `10: Outputs: Out.Value: Fn::GetAtt: the template has no resource "Nothing"`),
		output("unknown attribute", "!GetAtt Queue.Color",
			`10: Outputs: Out.Value: Fn::GetAtt: the local cloud does not know Queue.Color`),
		output("GetAtt without an attribute", "!GetAtt Queue",
			`10: Outputs: Out.Value: Fn::GetAtt takes a logical id and an attribute, such as Queue.Arn`),
		output("dangling Sub", "!Sub 'a ${Nothing} ${Nowhere.Arn}'",
			`10: Outputs: Out.Value: Fn::Sub: the template has no parameter or resource "Nothing"
10: Outputs: Out.Value: Fn::Sub: the template has no resource "Nowhere"`),
		output("Sub of an object", "!Sub {a: b}", `10: Outputs: Out.Value: Fn::Sub takes a text, or a list of a text and an object`),
		output("Sub with a list", "!Sub ['${A}', {A: [b]}]", `10: Outputs: Out.Value: Fn::Sub: A must be a text, not a list`),
		output("Join of a text", "!Join ['-', a]", `10: Outputs: Out.Value: Fn::Join takes a delimiter and a list of texts`),
		output("Join of an object", "!Join ['-', [{a: b}]]", `10: Outputs: Out.Value: Fn::Join: an item must be a text, not an object`),
		output("Join of three", "!Join ['-', a, b]", `10: Outputs: Out.Value: Fn::Join takes a list of 2`),
		output("Select beyond the end", "!Select [2, [a, b]]", `10: Outputs: Out.Value: Fn::Select: the list of 2 has no item 2`),
		output("Select by a word", "!Select [one, [a, b]]", `10: Outputs: Out.Value: Fn::Select: the list of 2 has no item one`),
		output("Select of a text", "!Select [0, a]", `10: Outputs: Out.Value: Fn::Select takes an index and a list`),
		output("If without an alternative", "!If [InDev, a]", `10: Outputs: Out.Value: Fn::If takes a list of 3`),
		output("If of an unknown condition", "!If [InTest, a, b]", `10: Outputs: Out.Value: the template has no condition "InTest"`),
		output("FindInMap of an unknown key", "!FindInMap [Days, test, Keep]",
			`10: Outputs: Out.Value: Fn::FindInMap: Mappings has no Days.test`),
		output("a condition function", "!Equals [a, b]", `10: Outputs: Out.Value: Fn::Equals stands in Conditions only`),
		output("a function among other keys", "{Ref: Stage, a: b}", `10: Outputs: Out.Value: Ref must be the only key of its object`),
		output("removed", "!Ref AWS::NoValue", `10: Outputs: Out: Value is missing`),
		output("null", "null", `10: Outputs: Out.Value: CloudFormation takes no null values`),
	})
}

func TestRefusedDocuments(t *testing.T) {
	t.Parallel()
	expectRefusals(t, []refusal{
		{"duplicate key", queue + "  Queue: {Type: AWS::SQS::Queue}\n", `8: the key "Queue" stands twice in one object`},
		{"duplicate property", "  Queue: {Type: AWS::SQS::Queue, Properties: {QueueName: a, QueueName: b}}\n",
			`7: the key "QueueName" stands twice in one object`},
		{"anchor", "  Queue: &q {Type: AWS::SQS::Queue}\n", `7: CloudFormation takes no YAML anchors, aliases and merges`},
		{"alias", queue + "Outputs: {Out: {Value: *q}}\n", `8: CloudFormation takes no YAML anchors, aliases and merges`},
		{"boolean of YAML 1.1", "  Queue: {Type: AWS::SQS::Queue, Properties: {QueueName: Off}}\n",
			`7: AWS reads Off as a boolean: put it in quotes`},
		{"octal number", "  Queue: {Type: AWS::SQS::Queue, Properties: {DelaySeconds: 0x10}}\n",
			`7: write the number 0x10 in plain decimal form, or put it in quotes`},
		{"YAML's own tag", "  Queue: {Type: AWS::SQS::Queue, Properties: {QueueName: !!str a}}\n",
			`7: a template has no place for the YAML tag !!str`},
		{"broken YAML", queue + "Outputs: [\n", `8: no valid YAML: sequence end token ']' not found`},
		{"two documents", queue + "---\na: b\n", `1: a template is one YAML document`},
		{"unknown section", queue + "Hooks: {}\n", `8: Hooks: the local cloud does not know this section`},
		{"section of the wrong type", queue + "Outputs: [a]\n", `8: Outputs: must be an object, not a list`},
		{"too long", "# " + strings.Repeat("-", 1<<20) + "\n", fmt.Sprintf("1: the template has %d bytes; CloudFormation takes at most 1048576", len(head)+1<<20+3)},
		{"too deep", queue + "Metadata: " + strings.Repeat("[", 70) + strings.Repeat("]", 70) + "\n",
			`8: the template is nested deeper than 64 levels`},
	})
}

func TestRefusedResources(t *testing.T) {
	t.Parallel()
	resource := func(name, source, want string) refusal { return refusal{name, source, want} }
	expectRefusals(t, []refusal{
		resource("unknown type", "  Topic: {Type: AWS::SNS::Topic}\n",
			`7: Topic: the local cloud does not know resources of type AWS::SNS::Topic`),
		resource("no type", "  Topic: {Properties: {}}\n", `7: Topic: Type is missing`),
		resource("no object", "  Topic: AWS::SNS::Topic\n", `7: Topic: a resource is an object, not a text`),
		resource("bad logical id", "  My-Queue: {Type: AWS::SQS::Queue}\n", `7: My-Queue: a logical id has letters and digits only`),
		resource("unknown attribute", "  Queue: {Type: AWS::SQS::Queue, Colour: red}\n",
			`7: Queue: Colour: the local cloud does not know this property`),
		resource("dangling DependsOn", "  Queue: {Type: AWS::SQS::Queue, DependsOn: [Nothing]}\n",
			`7: Queue: DependsOn: DependsOn: the template has no resource "Nothing"`),
		resource("unknown condition", "  Queue: {Type: AWS::SQS::Queue, Condition: InTest}\n",
			`7: Queue: Condition: the template has no condition "InTest"`),
		resource("reference to what is not there",
			"  Queue: {Type: AWS::SQS::Queue, Condition: InProd}\nOutputs: {Out: {Value: !Ref Queue}}\n",
			`8: Outputs: Out.Value: Ref: the resource Queue is not there, because its condition InProd is not met`),
		resource("name with a problem, which counts once", "  Queue: {Type: AWS::SQS::Queue, Properties: {QueueName: !Select [1, [a]]}}\n",
			`7: Queue: QueueName: Fn::Select: the list of 1 has no item 1`),
		resource("name that needs itself", "  Queue: {Type: AWS::SQS::Queue, Properties: {QueueName: !Ref Queue}}\n",
			`7: Queue: QueueName: Ref: the name of Queue depends on itself`),
		resource("dangling reference in a resource that is left to AWS",
			"  Alarm: {Type: AWS::CloudWatch::Alarm, Properties: {Any: [!Ref Nothing]}}\n",
			`7: Alarm: Any[0]: Ref: the template has no parameter or resource "Nothing"`),
		resource("queue out of bounds", "  Queue: {Type: AWS::SQS::Queue, Properties: {MessageRetentionPeriod: 59, DelaySeconds: soon}}\n",
			`7: Queue: DelaySeconds: must be a whole number, not a text
7: Queue: MessageRetentionPeriod: must be between 60 and 1209600, not 59`),
		resource("FIFO queue", "  Queue: {Type: AWS::SQS::Queue, Properties: {FifoQueue: true}}\n",
			`7: Queue: FifoQueue: the local cloud has standard queues only`),
		resource("two policies of one queue", queue+strings.Repeat(`  PolicyX:
    Type: AWS::SQS::QueuePolicy
    Properties:
      Queues: [!Ref Queue]
      PolicyDocument: {Statement: [{Effect: Allow, Action: a, Principal: '*', Resource: '*'}]}
`, 2), `17: PolicyB: Queues: the queue Queue has another policy already, and each overwrites the other`),
		resource("policy of an unknown queue", `  Policy:
    Type: AWS::SQS::QueuePolicy
    Properties:
      Queues: [here]
      PolicyDocument: {Statement: [{Effect: Maybe, NotAction: a, Colour: red}]}
`, `11: Policy: PolicyDocument.Statement[0].NotAction: the local cloud reads what a statement names, not what it leaves out
11: Policy: PolicyDocument.Statement[0].Effect: must be Allow or Deny, not "Maybe"
11: Policy: PolicyDocument.Statement[0]: Action is missing
11: Policy: PolicyDocument.Statement[0].Colour: the local cloud does not know this property
11: Policy: Queues: the template has no queue here`),
		resource("rule", `  Rule:
    Type: AWS::Events::Rule
    Properties:
      EventPattern: source
      ScheduleExpression: rate(5 minutes)
      Targets: [{Id: a, Arn: somewhere, Input: '{', RetryPolicy: {MaximumRetryAttempts: 186}, InputPath: $.a, SqsParameters: {}}]
`, `7: Rule: EventPattern is missing
10: Rule: EventPattern: must be an object, not a text
11: Rule: ScheduleExpression: the local cloud has schedules of AWS::Scheduler::Schedule only
12: Rule: Targets[0]: has at most one of Input, InputPath and InputTransformer
12: Rule: Targets[0].Arn: must be the ARN of a function or a queue, not "somewhere"
12: Rule: Targets[0].Input: must be JSON
12: Rule: Targets[0].RetryPolicy.MaximumRetryAttempts: must be between 0 and 185, not 186
12: Rule: Targets[0].SqsParameters: the local cloud does not know this property`),
		resource("rule with six targets", `  Rule:
    Type: AWS::Events::Rule
    Properties:
      EventPattern: {a: [b]}
      Targets: [`+strings.Repeat("{Id: a, Arn: 'arn:aws:sqs:us-east-1:123456789012:q'}, ", 6)+`]
`, `7: Rule: Targets: a rule has at most 5 targets, not 6`),
		resource("archive of an unknown bus",
			"  Archive: {Type: AWS::Events::Archive, Properties: {SourceArn: 'arn:aws:events:us-east-1:123456789012:event-bus/b'}}\n",
			`7: Archive: SourceArn: the template has no event bus arn:aws:events:us-east-1:123456789012:event-bus/b`),
		resource("table", `  Table:
    Type: AWS::DynamoDB::Table
    Properties:
      BillingMode: PROVISIONED
      AttributeDefinitions: [{AttributeName: a, AttributeType: S}, {AttributeName: b, AttributeType: X}]
      KeySchema: [{AttributeName: a, KeyType: HASH}, {AttributeName: c, KeyType: HASH}]
`, `7: Table: AttributeDefinitions: b is in no key
10: Table: BillingMode: must be PAY_PER_REQUEST, not "PROVISIONED"
11: Table: AttributeDefinitions[1].AttributeType: must be S, N or B, not "X"
12: Table: KeySchema[1]: a key is one HASH attribute, followed by at most one RANGE attribute`),
		resource("table whose key has no type", `  Table:
    Type: AWS::DynamoDB::Table
    Properties:
      BillingMode: PAY_PER_REQUEST
      KeySchema: [{AttributeName: a, KeyType: HASH}]
`, `7: Table: AttributeDefinitions: the key attribute a has no type`),
		resource("schedule", `  Schedule:
    Type: AWS::Scheduler::Schedule
    Properties:
      GroupName: nobody
      FlexibleTimeWindow: {Mode: FLEXIBLE, MaximumWindowInMinutes: 5}
      StartDate: tomorrow
      Target: {Arn: 'arn:aws:lambda:us-east-1:123456789012:function:f'}
`, `7: Schedule: ScheduleExpression is missing
7: Schedule: GroupName: the template has no schedule group "nobody"
11: Schedule: FlexibleTimeWindow.Mode: must be OFF, not "FLEXIBLE"
11: Schedule: FlexibleTimeWindow.MaximumWindowInMinutes: the local cloud does not know this property
12: Schedule: StartDate: must be an instant such as 2026-11-24T06:00:00Z, not a text
13: Schedule: Target: RoleArn is missing
13: Schedule: Target: Input is missing`),
		resource("schema", "  Schema: {Type: AWS::EventSchemas::Schema, Properties: {RegistryName: none, Type: OpenApi3, Content: '{'}}\n",
			`7: Schema: Content: must be JSON
7: Schema: RegistryName: the template has no schema registry "none"`),
		resource("schema that is too long", `  Registry: {Type: AWS::EventSchemas::Registry, Properties: {RegistryName: r}}
  Schema: {Type: AWS::EventSchemas::Schema, Properties: {RegistryName: r, Type: OpenApi3, Content: '"`+strings.Repeat("ü", 99_999)+`"'}}
`, `8: Schema: Content: has 100001 characters; AWS takes at most 100000`),
		resource("secret", `  Secret:
    Type: AWS::SecretsManager::Secret
    Properties:
      SecretString: {a: b}
      ReplicaRegions: [{Region: eu-west-1}]
      GenerateSecretString: {PasswordLength: 4097, SecretStringTemplate: '[]', ExcludeVowels: true}
`, `7: Secret: has SecretString or GenerateSecretString, not both
10: Secret: SecretString: must be a text, not an object
11: Secret: ReplicaRegions: the local cloud is one region
12: Secret: GenerateSecretString.PasswordLength: must be between 1 and 4096, not 4097
12: Secret: GenerateSecretString: SecretStringTemplate and GenerateStringKey come together
12: Secret: GenerateSecretString.SecretStringTemplate: must be a JSON object
12: Secret: GenerateSecretString.ExcludeVowels: the local cloud does not know this property`),
		resource("secret that is too long", "  Secret: {Type: AWS::SecretsManager::Secret, Properties: {SecretString: "+strings.Repeat("a", 65537)+"}}\n",
			`7: Secret: SecretString: has 65537 bytes; AWS takes at most 65536`),
		resource("keys", `  Far: {Type: AWS::KMS::Key, Properties: {MultiRegion: true, KeySpec: RSA_2048}}
  Nowhere: {Type: AWS::KMS::Alias, Properties: {AliasName: alias/a, TargetKeyId: nothing}}
  Nameless: {Type: AWS::KMS::Alias, Properties: {AliasName: tokens, TargetKeyId: !Ref Far}}
  Reserved: {Type: AWS::KMS::Alias, Properties: {AliasName: alias/aws/s3, TargetKeyId: !GetAtt Far.Arn}}
  Missing: {Type: AWS::KMS::Alias}
`, `7: Far: MultiRegion: the local cloud is one region
7: Far: KeySpec: must be SYMMETRIC_DEFAULT, not "RSA_2048"
8: Nowhere: TargetKeyId: the template has no key "nothing"
9: Nameless: AliasName: must begin with alias/, and not with alias/aws/, not "tokens"
10: Reserved: AliasName: must begin with alias/, and not with alias/aws/, not "alias/aws/s3"
11: Missing: TargetKeyId is missing
11: Missing: AliasName is missing`),
		resource("e-mail identities", `  Missing: {Type: AWS::SES::EmailIdentity}
  Nobody: {Type: AWS::SES::EmailIdentity, Properties: {EmailIdentity: '@bayon.example'}}
  Nowhere: {Type: AWS::SES::EmailIdentity, Properties: {EmailIdentity: 'alerts@', Colour: red}}
  Someone: {Type: AWS::SES::EmailIdentity, Properties: {EmailIdentity: 'Bayon <alerts@bayon.example>'}}
`, `7: Missing: EmailIdentity is missing
8: Nobody: EmailIdentity: must be an e-mail address or a domain, not "@bayon.example"
9: Nowhere: EmailIdentity: must be an e-mail address or a domain, not "alerts@"
9: Nowhere: Colour: the local cloud does not know this property
10: Someone: EmailIdentity: must be an e-mail address or a domain, not "Bayon <alerts@bayon.example>"`),
		resource("configuration set", "  Set: {Type: AWS::SES::ConfigurationSet, Properties: {SendingOptions: {SendingEnabled: sometimes, Colour: red}, Size: 1}}\n",
			`7: Set: SendingOptions.SendingEnabled: must be a boolean, not a text
7: Set: SendingOptions.Colour: the local cloud does not know this property
7: Set: Size: the local cloud does not know this property`),
		resource("permission",
			"  Permission: {Type: AWS::Lambda::Permission, Properties: {FunctionName: f, Action: 'lambda:*', Principal: a}}\n",
			`7: Permission: Action: must be lambda:InvokeFunction, not "lambda:*"`),
		resource("configuration of no function",
			"  Config: {Type: AWS::Lambda::EventInvokeConfig, Properties: {FunctionName: f, Qualifier: live}}\n",
			`7: Config: FunctionName: the template has no function arn:aws:lambda:us-east-1:123456789012:function:f`),
	})
}

func TestRefusedNumberOfSchemas(t *testing.T) {
	t.Parallel()
	var source strings.Builder
	source.WriteString(head + "  Registry: {Type: AWS::EventSchemas::Registry, Properties: {RegistryName: r}}\n")
	for i := range 101 {
		fmt.Fprintf(&source, "  S%d: {Type: AWS::EventSchemas::Schema, Properties: {RegistryName: r, Type: OpenApi3, Content: '{}'}}\n", i)
	}
	_, err := template.Read("t.yaml", []byte(source.String()), nil)
	expectProblems(t, err, "108: S100: RegistryName: a registry has at most 100 schemas")
}

func TestRefusedParametersAndConditions(t *testing.T) {
	t.Parallel()
	const rest = "Resources: {Queue: {Type: AWS::SQS::Queue}}\n"
	tests := []struct {
		name, sections, given, want string
	}{
		{"no value", "Parameters: {A: {Type: String}}\n", "", `2: Parameters: A: has no default, and no value is given`},
		{"unknown parameter", "Parameters: {}\n", "A=b", `1: Parameters: A: a value is given, but the template has no such parameter`},
		{"value that is not allowed", "Parameters: {A: {Type: String, AllowedValues: [a, b]}}\n", "A=c",
			`2: Parameters: A: "c" is not among the allowed values ["a" "b"]`},
		{"default that is not allowed", "Parameters: {A: {Type: String, AllowedPattern: '[a-z]', Default: ab}}\n", "",
			`2: Parameters: A: "ab" does not match the allowed pattern "[a-z]"`},
		{"no number", "Parameters: {A: {Type: Number}}\n", "A=one", `2: Parameters: A: "one" is no number`},
		{"unknown type", "Parameters: {A: {Type: CommaDelimitedList, Default: a}}\n", "",
			`2: Parameters: A.Type: must be String or Number, not "CommaDelimitedList"`},
		{"condition in a circle", "Conditions: {A: !Not [!Condition B], B: !Not [!Condition A]}\n", "",
			"2: Conditions: A: the condition depends on itself\n2: Conditions: B: the condition depends on itself"},
		{"condition of a resource", "Conditions: {A: !Equals [!Ref Queue, a]}\n", "",
			`2: Conditions: A: Ref: a condition knows parameters only, and Queue is none`},
		{"unknown condition function", "Conditions: {A: !Contains [a, b]}\n", "",
			`2: Conditions: A: the local cloud does not know the condition function Fn::Contains`},
		{"And of one", "Conditions: {A: !And [!Equals [a, b]]}\n", "", `2: Conditions: A: Fn::And takes a list of 2 to 10`},
		{"no condition", "Conditions: {A: true}\n", "",
			`2: Conditions: A: a condition is one of Fn::Equals, Fn::And, Fn::Or, Fn::Not and Condition`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			given := map[string]string{}
			if name, value, found := strings.Cut(test.given, "="); found {
				given[name] = value
			}
			_, err := template.Read("t.yaml", []byte("Transform: AWS::Serverless-2016-10-31\n"+test.sections+rest), given)
			expectProblems(t, err, test.want)
		})
	}
	t.Run("no SAM template", func(t *testing.T) {
		t.Parallel()
		_, err := template.Read("t.yaml", []byte(rest), nil)
		expectProblems(t, err, "1: Transform: must be AWS::Serverless-2016-10-31")
	})
	t.Run("no object", func(t *testing.T) {
		t.Parallel()
		_, err := template.Read("t.yaml", []byte("- a\n"), nil)
		expectProblems(t, err, "1: a template is an object, not a list")
	})
}

func expectRefusals(t *testing.T, tests []refusal) {
	t.Helper()
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			source := strings.Replace(strings.Replace(test.source, "PolicyX", "PolicyA", 1), "PolicyX", "PolicyB", 1)
			_, err := template.Read("t.yaml", []byte(head+source), nil)
			expectProblems(t, err, test.want)
		})
	}
}

// expectProblems compares an error with the problems wanted, which leave out the file's name.
func expectProblems(t *testing.T, err error, want string) {
	t.Helper()
	if err == nil {
		t.Fatalf("no problem found, want:\n%s", want)
	}
	got := strings.TrimPrefix(strings.ReplaceAll(err.Error(), "\nt.yaml:", "\n"), "t.yaml:")
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("problems (-want +got):\n%s", diff)
	}
}
