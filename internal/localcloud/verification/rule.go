package verification

import (
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/template"
)

func (v *verifier) rules() {
	for _, rule := range v.stack.Rules {
		r := v.of("rule", rule.Name)
		at := " --name " + rule.Name + " --event-bus-name " + rule.Bus
		put := "aws events put-rule" + at + " --event-pattern '" + string(rule.Pattern) + "'"
		found, err := v.events.DescribeRule(v.ctx, &eventbridge.DescribeRuleInput{Name: &rule.Name, EventBusName: &rule.Bus})
		if !r.there(err, put+", then its targets") {
			continue
		}
		state, mend := "ENABLED", "aws events enable-rule"+at
		if !rule.Enabled {
			state, mend = "DISABLED", "aws events disable-rule"+at
		}
		r.same("state", state, string(found.State), mend)
		r.sameJSON("pattern", string(rule.Pattern), aws.ToString(found.EventPattern), put)
		r.targets(rule)
	}
}

func (r resource) targets(rule template.Rule) {
	answer, err := r.events.ListTargetsByRule(r.ctx, &eventbridge.ListTargetsByRuleInput{Rule: &rule.Name, EventBusName: &rule.Bus})
	if err != nil {
		r.record(Check{What: "targets", Verdict: Unknown, Reason: reasonOf(err)})
		return
	}
	found := map[string]types.Target{}
	for _, target := range answer.Targets {
		found[aws.ToString(target.Id)] = target
	}
	for _, target := range rule.Targets {
		mend := "aws events put-targets --rule " + rule.Name + " --event-bus-name " + rule.Bus + " --targets …, with " + target.ID + " as in the template"
		is, there := found[target.ID]
		delete(found, target.ID)
		if !there {
			r.record(Check{What: "target", Verdict: Wrong, Expected: r.here(target.ARN), Found: "no target " + target.ID, Mend: mend})
			continue
		}
		r.same("target", r.here(target.ARN), aws.ToString(is.Arn), mend)
		r.same("retry policy", retries(target.Retry.MaximumRetryAttempts, int(target.Retry.MaximumEventAge.Seconds())), retryPolicy(is.RetryPolicy), mend)
		var deadLetters string
		if is.DeadLetterConfig != nil {
			deadLetters = aws.ToString(is.DeadLetterConfig.Arn)
		}
		r.same("dead-letter queue", r.here(target.DeadLetterARN), deadLetters, mend)
	}
	for id, target := range found {
		r.record(Check{
			What: "targets", Verdict: Wrong, Expected: "only those of the template", Found: id + ": " + aws.ToString(target.Arn),
			Mend: "aws events remove-targets --rule " + rule.Name + " --event-bus-name " + rule.Bus + " --ids " + id,
		})
	}
}

func retryPolicy(policy *types.RetryPolicy) string {
	const attempts, age = 185, 86400 // EventBridge's own
	if policy == nil {
		return retries(attempts, age)
	}
	return retries(valueOr(policy.MaximumRetryAttempts, attempts), valueOr(policy.MaximumEventAgeInSeconds, age))
}

func valueOr(value *int32, fallback int) int {
	if value == nil {
		return fallback
	}
	return int(*value)
}

func retries(attempts, seconds int) string {
	return fmt.Sprintf("%d retries in %d s", attempts, seconds)
}

// lastOf is what an ARN ends with.
func lastOf(arn string) string { return arn[strings.LastIndexAny(arn, ":/")+1:] }
