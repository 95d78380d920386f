package template_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/iam"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/template"
)

// The tests below look for the silent mistakes of an event system in the project's own template: AWS deploys each of them
// without a word, and then events are lost.

func TestEveryRuleMayDeliver(t *testing.T) {
	t.Parallel()
	stack := readProject(t, nil)
	for _, rule := range stack.Rules {
		if len(rule.Targets) != 1 {
			t.Errorf("%s has %d targets, want one", rule.LogicalID, len(rule.Targets))
		}
		for _, target := range rule.Targets {
			eventBridge := iam.Caller{Service: iam.EventBridge, SourceARN: rule.ARN}
			expectLetIn(t, stack, target.DeadLetterARN, eventBridge)
			if strings.HasPrefix(target.ARN, "arn:aws:sqs:") {
				expectLetIn(t, stack, target.ARN, eventBridge)
				continue
			}
			if functionInvokedAt(stack, target.ARN) == nil {
				t.Errorf("%s: there is no function whose alias is %s", rule.LogicalID, target.ARN)
			}
			if !slices.ContainsFunc(stack.Permissions, func(permission template.Permission) bool {
				return permission.Principal == iam.EventBridge && permission.FunctionARN == target.ARN && permission.SourceARN == rule.ARN
			}) {
				t.Errorf("%s has no permission to invoke %s", rule.LogicalID, target.ARN)
			}
		}
	}
}

func TestEveryScheduleMayDeliver(t *testing.T) {
	t.Parallel()
	stack := readProject(t, nil)
	for _, schedule := range stack.Schedules {
		if schedule.EventSource != "" {
			if schedule.TargetARN != stack.Buses[0].ARN {
				t.Errorf("%s: there is no bus %s", schedule.LogicalID, schedule.TargetARN)
			}
			expectMay(t, stack, schedule.RoleARN, iam.Scheduler, "events:PutEvents", schedule.TargetARN)
			expectMay(t, stack, schedule.RoleARN, iam.Scheduler, "sqs:SendMessage", schedule.DeadLetterARN)
			continue
		}
		if functionInvokedAt(stack, schedule.TargetARN) == nil {
			t.Errorf("%s: there is no function whose alias is %s", schedule.LogicalID, schedule.TargetARN)
		}
		expectMay(t, stack, schedule.RoleARN, iam.Scheduler, "lambda:InvokeFunction", schedule.TargetARN)
		expectMay(t, stack, schedule.RoleARN, iam.Scheduler, "sqs:SendMessage", schedule.DeadLetterARN)
	}
}

func TestEveryFunctionMayHandOverAndLog(t *testing.T) {
	t.Parallel()
	stack := readProject(t, nil)
	for _, function := range stack.Functions {
		expectMay(t, stack, function.RoleARN, iam.Lambda, "sqs:SendMessage", function.Async.OnFailureARN)
		if function.Async.OnFailureARN == "" {
			t.Errorf("%s drops what it fails on", function.LogicalID)
		}
		logs := "arn:aws:logs:us-east-1:123456789012:log-group:" + function.Logging.LogGroup + ":*"
		expectMay(t, stack, function.RoleARN, iam.Lambda, "logs:PutLogEvents", logs)
		if !slices.ContainsFunc(stack.LogGroups, func(group template.LogGroup) bool {
			return group.Name == function.Logging.LogGroup && group.Retention > 0
		}) {
			t.Errorf("no log group with a retention is declared for %s: AWS keeps what it logs for ever", function.LogicalID)
		}
	}
}

// functionInvokedAt is the function that an ARN invokes as it is meant to be invoked: by its alias.
func functionInvokedAt(stack *template.Stack, arn string) *template.Function {
	for i, function := range stack.Functions {
		if function.Alias != "" && function.InvokedARN() == arn {
			return &stack.Functions[i]
		}
	}
	return nil
}

// expectLetIn fails unless a queue's policy lets a caller send.
func expectLetIn(t *testing.T, stack *template.Stack, queueARN string, caller iam.Caller) {
	t.Helper()
	for _, queue := range stack.Queues {
		if queue.ARN != queueARN || queue.Policy == nil {
			continue
		}
		policy, err := iam.ParsePolicy(queue.Policy)
		if err != nil {
			t.Fatal(err)
		}
		if policy.Allows(caller, "sqs:SendMessage", queueARN) {
			return
		}
	}
	t.Errorf("no policy of the queue %q lets %s in", queueARN, caller.SourceARN)
}

// expectMay fails unless a service may take a role, and the role may do something with a resource that it names in full.
func expectMay(t *testing.T, stack *template.Stack, roleARN, service, action, resource string) {
	t.Helper()
	for _, role := range stack.Roles {
		if role.ARN != roleARN || !slices.Contains(role.Trust[0].Principals, service) {
			continue
		}
		statements := role.Statements
		for _, policy := range stack.ManagedPolicies {
			if slices.Contains(role.ManagedPolicies, policy.ARN) {
				statements = append(statements, policy.Statements...)
			}
		}
		for _, statement := range statements {
			if slices.Contains(statement.Actions, action) && slices.Contains(statement.Resources, resource) {
				return
			}
		}
	}
	t.Errorf("%s may not %s on %q as %s", service, action, resource, roleARN)
}
