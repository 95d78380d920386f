package verification

import (
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/template"
)

// buses looks at the buses, and learns from the first where the deployment is.
func (v *verifier) buses() {
	for _, bus := range v.stack.Buses {
		r := v.of("bus", bus.Name)
		found, err := v.events.DescribeEventBus(v.ctx, &eventbridge.DescribeEventBusInput{Name: &bus.Name})
		if !r.there(err, redeploy) {
			continue
		}
		const regionAndAccount = 6
		if parts := strings.SplitN(aws.ToString(found.Arn), ":", regionAndAccount); len(parts) == regionAndAccount {
			v.region, v.account = parts[3], parts[4]
		}
		var level, detail string
		if found.LogConfig != nil {
			level, detail = string(found.LogConfig.Level), string(found.LogConfig.IncludeDetail)
		}
		mend := "aws events update-event-bus --name " + bus.Name + " --log-config Level=" + bus.LogLevel + ",IncludeDetail=" + logDetail(bus)
		r.same("logging", bus.LogLevel+" with detail "+logDetail(bus), level+" with detail "+detail, mend)
		r.busPolicy(bus, found.Policy)
		r.furtherRules(bus)
	}
}

func logDetail(bus template.Bus) string {
	if bus.LogDetail {
		return "FULL"
	}
	return "NONE"
}

// busPolicy compares the bus's policy. AWS keeps statements in an order of its own.
func (r resource) busPolicy(bus template.Bus, policy *string) {
	if policy == nil && r.isLocal() {
		r.record(Check{What: "policy", Verdict: Unknown, Reason: "the local cloud enforces it, but does not tell it"})
		return
	}
	expected, found := statementsOf(r.here(string(bus.Policy))), statementsOf(aws.ToString(policy))
	r.same("policy", expected, found, "aws events put-permission --event-bus-name "+bus.Name+" --policy …, with the statements of the template")
}

// furtherRules looks for rules on the bus that the template does not declare. The bus is the template's, which alone says what
// is routed where: a rule of somebody else's takes events along that may hold personal data, and counts as wrong. Rules that an
// AWS service keeps for itself, such as an archive's, do not.
func (r resource) furtherRules(bus template.Bus) {
	declared := map[string]bool{}
	for _, rule := range r.stack.Rules {
		declared[rule.Name] = declared[rule.Name] || rule.Bus == bus.Name
	}
	const what = "no further rules"
	further := false
	for token, more := (*string)(nil), true; more; more = token != nil {
		page, err := r.events.ListRules(r.ctx, &eventbridge.ListRulesInput{EventBusName: &bus.Name, NextToken: token})
		if err != nil {
			r.record(Check{What: what, Verdict: Unknown, Reason: reasonOf(err)})
			return
		}
		for _, rule := range page.Rules {
			name := aws.ToString(rule.Name)
			if declared[name] || aws.ToString(rule.ManagedBy) != "" {
				continue
			}
			further = true
			at := " --event-bus-name " + bus.Name
			r.record(Check{
				What: what, Verdict: Wrong, Expected: "only those of the template", Found: name + ": " + aws.ToString(rule.EventPattern),
				Mend: "if nobody needs it: aws events remove-targets --rule " + name + at + " --ids …, then aws events delete-rule --name " + name + at +
					"; else declare it in the template",
			})
		}
		token = page.NextToken
	}
	if !further {
		r.record(Check{What: what, Verdict: OK})
	}
}

// isLocal tells whether the deployment is in the local cloud's account, which nobody has on AWS.
func (v *verifier) isLocal() bool { return v.account == localAccount }
