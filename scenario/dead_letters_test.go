package scenario_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
)

// dlq runs bayon dlq with the project's template.
func (c *cloud) dlq(arguments string) (int, string) {
	c.t.Helper()
	return c.command(append([]string{"dlq"}, append(strings.Fields(arguments), "--template", "../template.yaml")...)...)
}

// deadLetters are the reasons of the messages that lie in the queues, each with how many.
func (c *cloud) deadLetters() map[string]int {
	c.t.Helper()
	_, output := c.dlq("list --json")
	var listed struct {
		Messages []struct{ ID, Reason string }
	}
	if err := json.Unmarshal([]byte(output), &listed); err != nil {
		c.t.Fatalf("%v: %s", err, output)
	}
	reasons := map[string]int{}
	for _, message := range listed.Messages {
		reasons[message.Reason]++
	}
	return reasons
}

// TestDeadLettersAreDrivenBack breaks functions in four ways, kills the local cloud, mends what can be mended, and drives
// back what lies in both queues: each effect is there, once.
func TestDeadLettersAreDrivenBack(t *testing.T) {
	t.Parallel()
	c := start(t, "--time-scale", "600")
	functions := lambda.NewFromConfig(aws.Config{
		Region: "us-east-1", Credentials: credentials.NewStaticCredentialsProvider("any", "any", ""), BaseEndpoint: aws.String(c.endpoint()),
	})
	const newcomers = "bayon-coagent-life-event-processor-development"
	before, after := market(t, 9)
	c.settings("agent-1", nil)
	c.list("agent-1", before, 1000)
	c.synced("agent-1", "s1")
	c.quiet()

	_, err := functions.PutFunctionConcurrency(t.Context(), &lambda.PutFunctionConcurrencyInput{
		FunctionName: aws.String(functionName), ReservedConcurrentExecutions: aws.Int32(0),
	})
	if err != nil {
		t.Fatal(err)
	}
	_, err = functions.RemovePermission(t.Context(), &lambda.RemovePermissionInput{
		FunctionName: aws.String(newcomers), Qualifier: aws.String("live"), StatementId: aws.String("LifeEventProcessorRulePermission"),
	})
	if err != nil {
		t.Fatal(err)
	}
	c.list("agent-1", after, 2000)
	c.synced("agent-1", "s2")
	c.publish("User Created", "bayon.coagent.user", `{"userId":"agent-2","email":"a@example.com","createdAt":"2026-11-24T08:29:59.120Z"}`)
	c.publish("Check Due", "bayon.coagent.schedule", `{"check":"trend","dueAt":"2026-11-24T08:30:00.000Z"}`) // for nobody: it fails for good
	c.quiet()
	url, err := c.queues.GetQueueUrl(t.Context(), &sqs.GetQueueUrlInput{QueueName: aws.String(failureQueue)})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.queues.SendMessage(t.Context(), &sqs.SendMessageInput{QueueUrl: url.QueueUrl, MessageBody: aws.String("hello")}); err != nil {
		t.Fatal(err)
	}
	lie := c.deadLetters()
	if lie["ZeroReservedConcurrency"] != 1 || lie["NO_PERMISSIONS"] != 1 || lie["NOT_UNDERSTOOD"] != 1 || lie["PermanentError"] == 0 || len(lie) != 4 {
		t.Fatalf("in the queues lie %v", lie)
	}

	c.kill(syscall.SIGKILL)
	c.up()
	c.quiet()
	if again := c.deadLetters(); len(again) != len(lie) || again["PermanentError"] != lie["PermanentError"] {
		t.Errorf("after a kill there lie %v, before it %v", again, lie)
	}
	wantCode := func(arguments string, code int, want string) {
		t.Helper()
		if got, output := c.dlq(arguments); got != code || !strings.Contains(output, want) {
			t.Errorf("dlq %s: exit code %d, want %d and %q in:\n%s", arguments, got, code, want, output)
		}
	}
	wantCode("redrive --reason ZeroReservedConcurrency --yes", 1, "Rate Exceeded") // it is still stopped
	if len(c.alerts("agent-1")) > 0 {
		t.Error("a stopped function has worked")
	}
	if _, err := functions.DeleteFunctionConcurrency(t.Context(), &lambda.DeleteFunctionConcurrencyInput{FunctionName: aws.String(functionName)}); err != nil {
		t.Fatal(err)
	}
	wantCode("redrive --all", 2, "nobody is there to be asked")
	wantCode("redrive --all --dry-run", 0, "NO_PERMISSIONS")
	wantCode("redrive --all --yes", 1, "still in the queue")
	c.quiet()
	if alerts := c.alerts("agent-1"); len(alerts) != 3 {
		t.Errorf("alerts %v, want 3", alerts)
	}
	if settings := c.items("agent-2", "SETTINGS#ALERTS"); len(settings) != 1 {
		t.Errorf("the new agent's settings are %v", settings)
	}
	left := c.deadLetters()
	if left["NOT_UNDERSTOOD"] != 1 || left["PermanentError"] != lie["PermanentError"] || len(left) != 2 {
		t.Errorf("left in the queues is %v", left)
	}
	wantCode("list --each", 0, "userId is missing")
	wantCode("show none", 1, "there is no message none")
	wantCode("redrive", 2, "which messages?")
	wantCode("purge --all --yes", 0, "Deleted")
	wantCode("list", 0, "Nothing lies in the dead-letter queues.")
	onAWS := exec.Command(bayon, "--aws", "dlq", "list", "--template", "../template.yaml", "--environment", "development")
	onAWS.Env = append(os.Environ(), "AWS_ENDPOINT_URL="+c.endpoint(), "AWS_REGION=us-east-1", "AWS_ACCESS_KEY_ID=any", "AWS_SECRET_ACCESS_KEY=any")
	if output, err := onAWS.CombinedOutput(); err != nil || !strings.Contains(string(output), "Nothing lies") {
		t.Errorf("with --aws: %v\n%s", err, output)
	}
}
