package scenario_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	dynamodbtypes "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	eventbridgetypes "github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/template"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/verification"
)

// verified are the checks of a local cloud against a template, given as a text.
func (c *cloud) verified(source string) []verification.Check {
	c.t.Helper()
	stack, err := template.Read("template.yaml", []byte(source), nil)
	if err != nil {
		c.t.Fatal(err)
	}
	return verification.Deployment(c.t.Context(), c.config(), stack)
}

func (c *cloud) config() aws.Config {
	return aws.Config{
		Region: "us-east-1", Credentials: credentials.NewStaticCredentialsProvider("any", "any", ""), BaseEndpoint: aws.String(c.endpoint()),
	}
}

// wrong are those checks that are, in short.
func wrong(checks []verification.Check) (found []string) {
	for _, check := range checks {
		if check.Verdict == verification.Wrong {
			found = append(found, check.Kind+" "+strings.NewReplacer("bayon-coagent-", "", "-development", "").Replace(check.Name+": "+check.What))
		}
	}
	return found
}

func TestVerifyNamesEachThingThatIsBroken(t *testing.T) {
	t.Parallel()
	c := start(t)
	text, err := os.ReadFile("../template.yaml")
	if err != nil {
		t.Fatal(err)
	}
	source := string(text)
	if found := wrong(c.verified(source)); len(found) > 0 {
		t.Fatalf("nothing is broken, but: %q", found)
	}

	ctx := t.Context()
	functions := lambda.NewFromConfig(c.config())
	bus, rule, target := aws.String(busName), aws.String("bayon-coagent-price-reduction-monitor-development"), "PriceReductionProcessorFunction"
	function, alias := aws.String(functionName), aws.String("live")
	queueURL := func(name string) *string {
		answer, err := c.queues.GetQueueUrl(ctx, &sqs.GetQueueUrlInput{QueueName: aws.String(name)})
		if err != nil {
			t.Fatal(err)
		}
		return answer.QueueUrl
	}
	const deadLetters = "bayon-coagent-eventbridge-dlq-development"
	rules, err := c.bus.DescribeRule(ctx, &eventbridge.DescribeRuleInput{Name: rule, EventBusName: bus})
	if err != nil {
		t.Fatal(err)
	}
	targets, err := c.bus.ListTargetsByRule(ctx, &eventbridge.ListTargetsByRuleInput{Rule: rule, EventBusName: bus})
	if err != nil {
		t.Fatal(err)
	}
	putPattern := func(pattern string) error {
		_, err := c.bus.PutRule(ctx, &eventbridge.PutRuleInput{Name: rule, EventBusName: bus, EventPattern: &pattern, Description: rules.Description})
		return err
	}
	putTarget := func(change func(*eventbridgetypes.Target)) error {
		changed := targets.Targets[0]
		change(&changed)
		_, err := c.bus.PutTargets(ctx, &eventbridge.PutTargetsInput{Rule: rule, EventBusName: bus, Targets: []eventbridgetypes.Target{changed}})
		return err
	}
	setAttribute := func(queue string, name types.QueueAttributeName, value string) error {
		_, err := c.queues.SetQueueAttributes(ctx, &sqs.SetQueueAttributesInput{QueueUrl: queueURL(queue), Attributes: map[string]string{string(name): value}})
		return err
	}
	attributes, err := c.queues.GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{
		QueueUrl: queueURL(deadLetters), AttributeNames: []types.QueueAttributeName{types.QueueAttributeNamePolicy},
	})
	if err != nil {
		t.Fatal(err)
	}
	policy := attributes.Attributes["Policy"]
	timeToLive := func(enabled bool) error {
		_, err := c.database.UpdateTimeToLive(ctx, &dynamodb.UpdateTimeToLiveInput{
			TableName:               aws.String("BayonCoAgent-idempotency-development"),
			TimeToLiveSpecification: &dynamodbtypes.TimeToLiveSpecification{AttributeName: aws.String("expiration"), Enabled: &enabled},
		})
		return err
	}
	retries := func(number int32) error {
		_, err := functions.UpdateFunctionEventInvokeConfig(ctx, &lambda.UpdateFunctionEventInvokeConfigInput{
			FunctionName: function, Qualifier: alias, MaximumRetryAttempts: &number,
		})
		return err
	}
	archive := aws.String("bayon-coagent-event-archive-development")
	for _, breakage := range []struct {
		broken, mended func() error // nil if it is not mended: the last ones
		want           string
	}{
		{
			func() error {
				_, err := c.bus.DisableRule(ctx, &eventbridge.DisableRuleInput{Name: rule, EventBusName: bus})
				return err
			},
			func() error {
				_, err := c.bus.EnableRule(ctx, &eventbridge.EnableRuleInput{Name: rule, EventBusName: bus})
				return err
			}, "rule price-reduction-monitor: state",
		},
		{
			func() error { return putPattern(`{"source":["bayon.coagent.integration"]}`) },
			func() error { return putPattern(*rules.EventPattern) }, "rule price-reduction-monitor: pattern",
		},
		{
			func() error {
				return putTarget(func(target *eventbridgetypes.Target) { target.RetryPolicy = nil })
			},
			func() error { return putTarget(func(*eventbridgetypes.Target) {}) }, "rule price-reduction-monitor: retry policy",
		},
		{
			func() error {
				return putTarget(func(target *eventbridgetypes.Target) { target.DeadLetterConfig = nil })
			},
			func() error { return putTarget(func(*eventbridgetypes.Target) {}) }, "rule price-reduction-monitor: dead-letter queue",
		},
		{
			func() error {
				return putTarget(func(target *eventbridgetypes.Target) {
					target.Arn = aws.String(strings.TrimSuffix(*target.Arn, ":live"))
				})
			},
			func() error { return putTarget(func(*eventbridgetypes.Target) {}) }, "rule price-reduction-monitor: target",
		},
		{
			func() error {
				return putTarget(func(target *eventbridgetypes.Target) { target.Id = aws.String("Another") })
			},
			func() error {
				_, err := c.bus.RemoveTargets(ctx, &eventbridge.RemoveTargetsInput{Rule: rule, EventBusName: bus, Ids: []string{"Another"}})
				return err
			}, "rule price-reduction-monitor: targets",
		},
		{
			func() error {
				_, err := c.bus.RemoveTargets(ctx, &eventbridge.RemoveTargetsInput{Rule: rule, EventBusName: bus, Ids: []string{target}})
				return err
			},
			func() error { return putTarget(func(*eventbridgetypes.Target) {}) }, "rule price-reduction-monitor: target",
		},
		{
			func() error { return setAttribute(deadLetters, "MessageRetentionPeriod", "3600") },
			func() error { return setAttribute(deadLetters, "MessageRetentionPeriod", "1209600") },
			"queue eventbridge-dlq: MessageRetentionPeriod",
		},
		{
			func() error {
				return setAttribute(deadLetters, "Policy", strings.Replace(policy, "bayon-coagent-price-reduction-monitor-development", "another", 1))
			},
			func() error { return setAttribute(deadLetters, "Policy", policy) }, "queue eventbridge-dlq: policy",
		},
		{func() error { return retries(0) }, func() error { return retries(2) }, "function price-reduction-monitor: asynchronous retries"},
		{
			func() error {
				_, err := functions.RemovePermission(ctx, &lambda.RemovePermissionInput{
					FunctionName: function, Qualifier: alias, StatementId: aws.String("PriceReductionMonitorRulePermission"),
				})
				return err
			},
			func() error {
				_, err := functions.AddPermission(ctx, &lambda.AddPermissionInput{
					FunctionName: function, Qualifier: alias, StatementId: aws.String("PriceReductionMonitorRulePermission"), Action: aws.String("lambda:InvokeFunction"),
					Principal: aws.String("events.amazonaws.com"), SourceArn: rules.Arn,
				})
				return err
			}, "function price-reduction-monitor: permission of price-reduction-monitor",
		},
		{
			func() error {
				_, err := functions.PutFunctionConcurrency(ctx, &lambda.PutFunctionConcurrencyInput{FunctionName: function, ReservedConcurrentExecutions: aws.Int32(0)})
				return err
			},
			func() error {
				_, err := functions.DeleteFunctionConcurrency(ctx, &lambda.DeleteFunctionConcurrencyInput{FunctionName: function})
				return err
			}, "function price-reduction-monitor: reserved concurrency",
		},
		{
			func() error {
				_, err := functions.AddPermission(ctx, &lambda.AddPermissionInput{
					FunctionName: function, StatementId: aws.String("Open"), Action: aws.String("lambda:InvokeFunction"), Principal: aws.String("*"),
				})
				return err
			},
			func() error {
				_, err := functions.RemovePermission(ctx, &lambda.RemovePermissionInput{FunctionName: function, StatementId: aws.String("Open")})
				return err
			}, "function price-reduction-monitor: no further permissions",
		},
		{
			func() error {
				_, err := c.bus.PutRule(ctx, &eventbridge.PutRuleInput{Name: aws.String("spy"), EventBusName: bus, EventPattern: rules.EventPattern})
				return err
			},
			func() error {
				_, err := c.bus.DeleteRule(ctx, &eventbridge.DeleteRuleInput{Name: aws.String("spy"), EventBusName: bus})
				return err
			}, "bus events: no further rules",
		},
		{func() error { return timeToLive(false) }, func() error { return timeToLive(true) }, "table BayonCoAgent-idempotency: time to live"},
		{
			func() error {
				_, err := c.bus.UpdateArchive(ctx, &eventbridge.UpdateArchiveInput{ArchiveName: archive, RetentionDays: aws.Int32(1)})
				return err
			},
			func() error {
				_, err := c.bus.UpdateArchive(ctx, &eventbridge.UpdateArchiveInput{ArchiveName: archive, RetentionDays: aws.Int32(30)})
				return err
			}, "archive event-archive: retention",
		},
	} {
		if err := breakage.broken(); err != nil {
			t.Errorf("break %s: %v", breakage.want, err)
			continue
		}
		if found := wrong(c.verified(source)); !slices.Contains(found, breakage.want) || len(found) > 1 && breakage.want != "rule price-reduction-monitor: target" {
			t.Errorf("%s is broken, but found is %q", breakage.want, found)
		}
		if err := breakage.mended(); err != nil {
			t.Fatalf("mend %s: %v", breakage.want, err)
		}
	}

	// What cannot be changed in the local cloud differs from another template as well.
	for _, change := range []struct{ was, is, want string }{
		{"ScheduleExpression: cron(30 */4 * * ? *)", "ScheduleExpression: cron(0 1 * * ? *)", "schedule price-reduction-monitor-schedule: expression"},
		{`Input: '{"schedule":"price",`, `Input: '{"schedule":"prices",`, "schedule price-reduction-monitor-schedule: input"},
		{"        Level: ERROR", "        Level: TRACE", "bus events: logging"},
		{"IndexName: GSI4", "IndexName: GSI5", "table BayonCoAgent: indexes"},
		{"    MemorySize: 256", "    MemorySize: 512", "function price-reduction-monitor: memory"},
		{"    Timeout: 300", "    Timeout: 60", "function price-reduction-monitor: time-out"},
		{"Default: arm64", "Default: x86_64", "function price-reduction-monitor: architecture"},
		{"QueueName: !Sub bayon-coagent-canary-", "QueueName: !Sub bayon-coagent-canaries-", "queue canaries: there"},
		{"Name: !Sub bayon-coagent-analytics-sync-check-", "Name: !Sub bayon-coagent-another-check-", "rule another-check: there"},
	} {
		changed := strings.Replace(source, change.was, change.is, 1)
		if changed == source {
			t.Fatalf("the template has no %q", change.was)
		}
		if found := wrong(c.verified(changed)); !slices.Contains(found, change.want) {
			t.Errorf("%s differs, but found is %q", change.want, found)
		}
	}
}

func TestVerifyCommand(t *testing.T) {
	t.Parallel()
	c := start(t)
	code, output := c.command("verify", "--template", "../template.yaml", "--publish")
	if code != 0 || !strings.Contains(output, "ok       canary Canary: comes back") || !strings.Contains(output, " 0 wrong,") || strings.Count(output, "unknown  alarm ") != 1 {
		t.Errorf("exit code %d:\n%s", code, output)
	}
	if _, err := c.bus.DisableRule(t.Context(), &eventbridge.DisableRuleInput{Name: aws.String("bayon-coagent-canary-development"), EventBusName: aws.String(busName)}); err != nil {
		t.Fatal(err)
	}
	code, output = c.command("verify", "--template", "../template.yaml", "--publish", "--wait", "1s", "--json")
	var broken []string
	for line := range strings.Lines(output) {
		var check verification.Check
		if json.Unmarshal([]byte(line), &check) == nil && check.Verdict == verification.Wrong {
			broken = append(broken, check.Kind+": "+check.What+": "+check.Mend)
		}
	}
	if code != 1 || len(broken) != 2 || !strings.HasPrefix(broken[0], "rule: state: aws events enable-rule ") || !strings.HasPrefix(broken[1], "canary: comes back: ") {
		t.Errorf("exit code %d, broken are %q", code, broken)
	}
	if code, output := c.command("verify", "--template", filepath.Join(t.TempDir(), "none.yaml")); code != 2 {
		t.Errorf("without a template: exit code %d: %s", code, output)
	}
}
