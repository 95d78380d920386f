package provision_test

import (
	"strings"
	"testing"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/iam"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/platformtest"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/provision"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/template"
)

func TestRolesOfTheProject(t *testing.T) {
	t.Parallel()
	stack := platformtest.Stack(t)
	identities, err := provision.Identities(stack, nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(identities) != len(stack.Roles) {
		t.Errorf("%d identities of %d roles", len(identities), len(stack.Roles))
	}
	const table, records = "arn:aws:dynamodb:us-east-1:123456789012:table/BayonCoAgent-development", "arn:aws:dynamodb:us-east-1:123456789012:table/BayonCoAgent-idempotency-development"
	for _, function := range stack.Functions {
		role := identities[function.RoleARN]
		if role == nil {
			t.Fatalf("%s: no role %s", function.LogicalID, function.RoleARN)
		}
		read := func(resource, partition string) iam.Verdict {
			return role.Decide(iam.Demand{Action: "dynamodb:Query", Resource: resource, Context: map[string][]string{"dynamodb:leadingkeys": {partition}}})
		}
		for _, test := range []struct {
			what string
			got  iam.Verdict
			want iam.Verdict
		}{
			{"an agent's items", read(table, "USER#1"), iam.Allowed},
			{"another partition", read(table, "BILLING#1"), iam.NotAllowed},
			{"another table", read(table+"-2", "USER#1"), iam.NotAllowed},
			{"what it remembers", role.Decide(iam.Demand{Action: "dynamodb:PutItem", Resource: records}), iam.Allowed},
			{"all of a table", role.Decide(iam.Demand{Action: "dynamodb:Scan", Resource: table}), iam.NotAllowed},
		} {
			if test.got != test.want {
				t.Errorf("%s: %s: %v, want %v", function.LogicalID, test.what, test.got, test.want)
			}
		}
	}
}

func TestPoliciesOfAWS(t *testing.T) {
	t.Parallel()
	role := template.Role{
		Resource: template.Resource{LogicalID: "Role", ARN: "arn:aws:iam::123456789012:role/r"},
		ManagedPolicies: []string{
			"arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole", "arn:aws:iam::aws:policy/AWSXrayWriteOnlyAccess",
		},
	}
	identities, err := provision.Identities(&template.Stack{Roles: []template.Role{role}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, action := range []string{"logs:PutLogEvents", "xray:PutTraceSegments"} {
		if !identities[role.ARN].Allows(iam.Demand{Action: action, Resource: "*"}) {
			t.Errorf("%s is not allowed", action)
		}
	}
	role.ManagedPolicies = []string{"arn:aws:iam::aws:policy/AdministratorAccess"}
	if _, err := provision.Identities(&template.Stack{Roles: []template.Role{role}}, nil); err == nil || !strings.Contains(err.Error(), "AdministratorAccess") {
		t.Errorf("a policy that is not known: error %v", err)
	}
}

// A schedule's role may invoke the schedule's target and send what it cannot deliver to the schedule's queue, and nothing else.
func TestRolesOfSchedulesAllowWhatTheyNeed(t *testing.T) {
	t.Parallel()
	stack := platformtest.Stack(t)
	usage := iam.NewUsage()
	identities, err := provision.Identities(stack, usage)
	if err != nil {
		t.Fatal(err)
	}
	roles := map[string]bool{}
	for _, schedule := range stack.Schedules {
		role := identities[schedule.RoleARN]
		roles[schedule.RoleARN] = true
		invoke := iam.Demand{Action: "lambda:InvokeFunction", Resource: schedule.TargetARN}
		if schedule.EventSource != "" {
			invoke = iam.Demand{Action: "events:PutEvents", Resource: schedule.TargetARN, Context: map[string][]string{
				"events:source": {schedule.EventSource}, "events:detail-type": {schedule.EventDetailType},
			}}
		}
		for _, demand := range []iam.Demand{invoke, {Action: "sqs:SendMessage", Resource: schedule.DeadLetterARN}} {
			if !role.Allows(demand) {
				t.Errorf("%s: its role does not allow %s with %s", schedule.LogicalID, demand.Action, demand.Resource)
			}
		}
	}
	for _, permission := range usage.Report().Permissions {
		if roles[permission.Role] && permission.Calls == 0 {
			t.Errorf("%s: nobody needs %s with %s", permission.Role, permission.Action, permission.Resource)
		}
	}
}
