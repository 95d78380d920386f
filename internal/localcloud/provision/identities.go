package provision

import (
	"fmt"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/iam"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/template"
)

// Identities are what the roles of a stack may do, by the roles' ARNs. Usage takes notes of what they do; it may be nil.
func Identities(stack *template.Stack, usage *iam.Usage) (map[string]*iam.Identity, error) {
	managed := map[string][]template.Statement{}
	for _, policy := range stack.ManagedPolicies {
		managed[policy.ARN] = policy.Statements
	}
	identities := map[string]*iam.Identity{}
	for _, role := range stack.Roles {
		grants := grantsOf(role.Statements)
		for _, arn := range role.ManagedPolicies {
			statements, ours := managed[arn]
			if !ours {
				known, err := policyOfAWS(arn)
				if err != nil {
					return nil, fmt.Errorf("role %s: %w", role.LogicalID, err)
				}
				grants = append(grants, known)
				continue
			}
			grants = append(grants, grantsOf(statements)...)
		}
		identity, err := iam.NewIdentity(role.ARN, grants, usage)
		if err != nil {
			return nil, err
		}
		identities[role.ARN] = identity
	}
	return identities, nil
}

// BusPolicies are the policies of the stack's buses, by the buses' names.
func BusPolicies(stack *template.Stack) (map[string]iam.Policy, error) {
	policies := map[string]iam.Policy{}
	for _, b := range stack.Buses {
		if b.Policy == nil {
			continue
		}
		policy, err := iam.ParsePolicy(b.Policy)
		if err != nil {
			return nil, fmt.Errorf("bus %s: %w", b.LogicalID, err)
		}
		policies[b.Name] = policy
	}
	return policies, nil
}

func grantsOf(statements []template.Statement) []iam.Grant {
	grants := make([]iam.Grant, len(statements))
	for i, statement := range statements {
		grants[i] = iam.Grant{
			SID: statement.SID, Deny: statement.Effect == "Deny",
			Actions: statement.Actions, Resources: statement.Resources, Condition: statement.Condition,
		}
	}
	return grants
}

// policyOfAWS is one of AWS's own policies, of which only those are known that SAM gives functions.
//
// https://docs.aws.amazon.com/aws-managed-policy/latest/reference/policy-list.html
func policyOfAWS(arn string) (iam.Grant, error) {
	grant := iam.Grant{SID: arn, Resources: []string{"*"}}
	switch arn {
	case "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole":
		grant.Actions = []string{"logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"}
	case "arn:aws:iam::aws:policy/AWSXrayWriteOnlyAccess", "arn:aws:iam::aws:policy/AWSXRayDaemonWriteAccess":
		grant.Actions = []string{
			"xray:PutTraceSegments", "xray:PutTelemetryRecords", "xray:GetSamplingRules", "xray:GetSamplingTargets",
			"xray:GetSamplingStatisticSummaries",
		}
	default:
		return iam.Grant{}, fmt.Errorf("the local cloud does not know what the policy %s allows: write its statements into the template", arn)
	}
	return grant, nil
}
