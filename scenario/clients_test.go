package scenario_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// venv is the project's virtual environment with the AWS CLI and boto3. make test installs it and says where.
func venv(t *testing.T) string {
	t.Helper()
	folder := os.Getenv("PYTHON_VENV")
	if folder == "" {
		folder = "../.tools/python"
	}
	if _, err := os.Stat(filepath.Join(folder, "bin", "aws")); err != nil {
		t.Skip("the AWS CLI is not installed: run make python")
	}
	return folder
}

// aws runs the AWS CLI against the local cloud, and returns whether it succeeded, and what it printed.
func (c *cloud) aws(arguments ...string) (bool, string) {
	c.t.Helper()
	command := exec.Command(filepath.Join(venv(c.t), "bin", "aws"), append([]string{"--endpoint-url", c.endpoint()}, arguments...)...)
	command.Env = clientEnvironment()
	var output bytes.Buffer
	command.Stdout, command.Stderr = &output, &output
	err := command.Run()
	return err == nil, output.String()
}

func clientEnvironment() []string {
	return append(os.Environ(), "AWS_ACCESS_KEY_ID=any", "AWS_SECRET_ACCESS_KEY=any", "AWS_DEFAULT_REGION=us-east-1",
		"AWS_DEFAULT_OUTPUT=text", "AWS_PAGER=", "AWS_MAX_ATTEMPTS=1")
}

func TestAWSCommandLine(t *testing.T) {
	t.Parallel()
	venv(t)
	c := start(t)
	const rule = "bayon-coagent-price-reduction-monitor-development"
	steps := []struct {
		name      string
		arguments string
		succeeds  bool
		want      string // what the output holds
	}{
		{"buses", "events list-event-buses --query EventBuses[].Name", true, busName},
		{"bus", "events describe-event-bus --name " + busName + " --query Arn", true, "arn:aws:events:us-east-1:123456789012:event-bus/" + busName},
		{"unknown bus", "events describe-event-bus --name nowhere", false, "ResourceNotFoundException"},
		{"rules", "events list-rules --event-bus-name " + busName + " --query Rules[].Name", true, rule},
		{"rule", "events describe-rule --event-bus-name " + busName + " --name " + rule + " --query EventPattern", true, "bridgeInteractive"},
		{"targets", "events list-targets-by-rule --event-bus-name " + busName + " --rule " + rule + " --query Targets[].DeadLetterConfig.Arn", true, "eventbridge-dlq"},
		{"event", `events put-events --entries [{"EventBusName":"` + busName + `","Source":"me","DetailType":"Hello","Detail":"{}"}] --query FailedEntryCount`, true, "0"},
		{"malformed", `events put-events --entries [{"EventBusName":"` + busName + `","Source":"me","DetailType":"Hello","Detail":"[]"}] --query Entries[0].ErrorCode`, true, "MalformedDetail"},
		{"pattern that fits", `events test-event-pattern --event-pattern {"source":["me"]} --event {"id":"1","account":"1","source":"me","time":"2026-11-24T00:00:00Z","region":"r","resources":[],"detail-type":"x","detail":{}}`, true, "True"},
		{"pattern that is none", `events test-event-pattern --event-pattern {"source":"me"} --event {}`, false, "InvalidEventPatternException"},
		{"put rule", `events put-rule --name mine --event-bus-name ` + busName + ` --event-pattern {"source":["me"]} --query RuleArn`, true, "rule/" + busName + "/mine"},
		{"queue", "sqs create-queue --queue-name mine --query QueueUrl", true, "123456789012/mine"},
		{"put targets", "events put-targets --rule mine --event-bus-name " + busName + " --targets Id=1,Arn=arn:aws:sqs:us-east-1:123456789012:mine --query FailedEntryCount", true, "0"},
		{"rule with targets", "events delete-rule --name mine --event-bus-name " + busName, false, "ValidationException"},
		{"remove targets", "events remove-targets --rule mine --event-bus-name " + busName + " --ids 1 --query FailedEntryCount", true, "0"},
		{"delete rule", "events delete-rule --name mine --event-bus-name " + busName, true, ""},
		{"queues", "sqs list-queues --query QueueUrls", true, "bayon-coagent-function-failures-development"},
		{"send", "sqs send-message --queue-url " + c.endpoint() + "/123456789012/mine --message-body hello --query MD5OfMessageBody", true, "5d41402abc4b2a76b9719d911017c592"},
		{"receive", "sqs receive-message --queue-url " + c.endpoint() + "/123456789012/mine --query Messages[0].Body", true, "hello"},
		{"no such queue", "sqs get-queue-url --queue-name nowhere", false, "NonExistentQueue"},
		{"tables", "dynamodb list-tables --query TableNames", true, tableName},
		{"put item", `dynamodb put-item --table-name ` + tableName + ` --item {"PK":{"S":"USER#cli"},"SK":{"S":"NOTE#1"},"EntityType":{"S":"Note"},"CreatedAt":{"N":"1"}}`, true, ""},
		{"condition that fails", `dynamodb put-item --table-name ` + tableName + ` --item {"PK":{"S":"USER#cli"},"SK":{"S":"NOTE#1"}} --condition-expression attribute_not_exists(PK)`, false, "ConditionalCheckFailedException"},
		{"query", `dynamodb query --table-name ` + tableName + ` --key-condition-expression PK=:p --expression-attribute-values {":p":{"S":"USER#cli"}} --query Count`, true, "1"},
		{"query of an index", `dynamodb query --table-name ` + tableName + ` --index-name EntityTypeIndex --key-condition-expression EntityType=:e --expression-attribute-values {":e":{"S":"Note"}} --query Count`, true, "1"},
		{"functions", "lambda list-functions --query Functions[].FunctionName", true, functionName},
		{"schedules", "scheduler list-schedules --query Schedules[].Name", true, "price-reduction-monitor-schedule"},
		{"a service that is not there", "kinesis list-streams", false, "does not support"},
		{"an operation that is not there", "events create-connection --name x --authorization-type API_KEY --auth-parameters {}", false, "UnknownOperationException"},
	}
	for _, step := range steps {
		succeeded, output := c.aws(strings.Fields(step.arguments)...)
		if succeeded != step.succeeds || !strings.Contains(output, step.want) {
			t.Errorf("%s: aws %s\nsucceeded %v, want %q in:\n%s", step.name, step.arguments, succeeded, step.want, output)
		}
	}
	c.quiet()
}

func TestAWSCommandLineInvokes(t *testing.T) {
	t.Parallel()
	venv(t)
	c := start(t)
	answer := filepath.Join(t.TempDir(), "answer.json")
	for _, test := range []struct {
		name, payload string
		unhandled     bool
	}{
		{"handled", "fileb://../functions/price-reduction/testdata/check-due.json", false},
		{"failed", `{"schedule":"tides","dueAt":"2026-11-24T08:30:00Z"}`, true},
	} {
		succeeded, output := c.aws("lambda", "invoke", "--function-name", functionName, "--payload", test.payload, answer)
		if !succeeded || !strings.Contains(output, "200") || strings.Contains(output, "Unhandled") != test.unhandled {
			t.Errorf("%s: %s", test.name, output)
		}
	}
	content, err := os.ReadFile(answer)
	if err != nil || !strings.Contains(string(content), `"errorType":"PermanentError"`) {
		t.Errorf("answer %s, error %v", content, err)
	}
}

func TestBoto3(t *testing.T) {
	t.Parallel()
	folder := venv(t)
	c := start(t)
	command := exec.Command(filepath.Join(folder, "bin", "python"), "testdata/clients.py", c.endpoint())
	command.Env = clientEnvironment()
	if output, err := command.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, output)
	}
}
