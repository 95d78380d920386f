package iam_test

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/iam"
)

const (
	role  = "arn:aws:iam::123456789012:role/price"
	table = "arn:aws:dynamodb:us-east-1:123456789012:table/items"
)

func identity(t testing.TB, usage *iam.Usage, grants ...iam.Grant) *iam.Identity {
	t.Helper()
	made, err := iam.NewIdentity(role, grants, usage)
	if err != nil {
		t.Fatal(err)
	}
	return made
}

func TestIdentityDecides(t *testing.T) {
	t.Parallel()
	grant := func(condition string) iam.Grant {
		allowed := iam.Grant{SID: "Read", Actions: []string{"dynamodb:GetItem", "dynamodb:Query"}, Resources: []string{table, table + "/index/*"}}
		if condition != "" {
			allowed.Condition = json.RawMessage(condition)
		}
		return allowed
	}
	get := func(partitions ...string) iam.Demand {
		return iam.Demand{Action: "dynamodb:GetItem", Resource: table, Context: map[string][]string{"dynamodb:leadingkeys": partitions}}
	}
	const agentsOnly = `{"ForAllValues:StringLike":{"dynamodb:LeadingKeys":["USER#*","SYSTEM"]}}`
	denied := iam.Grant{SID: "Never", Deny: true, Actions: []string{"dynamodb:*"}, Resources: []string{"*"},
		Condition: json.RawMessage(`{"ForAnyValue:StringEquals":{"dynamodb:LeadingKeys":"USER#blocked"}}`)}
	for _, test := range []struct {
		name   string
		grants []iam.Grant
		demand iam.Demand
		want   iam.Verdict
	}{
		{"allowed", []iam.Grant{grant("")}, get("USER#1"), iam.Allowed},
		{"action in another case", []iam.Grant{grant("")}, iam.Demand{Action: "DynamoDB:getitem", Resource: table}, iam.Allowed},
		{"another action", []iam.Grant{grant("")}, iam.Demand{Action: "dynamodb:PutItem", Resource: table}, iam.NotAllowed},
		{"another resource", []iam.Grant{grant("")}, iam.Demand{Action: "dynamodb:GetItem", Resource: table + "2"}, iam.NotAllowed},
		{"resource by wildcard", []iam.Grant{grant("")}, iam.Demand{Action: "dynamodb:Query", Resource: table + "/index/GSI2"}, iam.Allowed},
		{"no grants", nil, get("USER#1"), iam.NotAllowed},
		{"every value of many fits", []iam.Grant{grant(agentsOnly)}, get("USER#1", "SYSTEM"), iam.Allowed},
		{"one value of many does not", []iam.Grant{grant(agentsOnly)}, get("USER#1", "OTHER"), iam.NotAllowed},
		{"all of no values fit", []iam.Grant{grant(agentsOnly)}, get(), iam.Allowed},
		{"any of no values does not", []iam.Grant{grant(`{"ForAnyValue:StringLike":{"dynamodb:LeadingKeys":"*"}}`)}, get(), iam.NotAllowed},
		{"one value without a quantifier is not there", []iam.Grant{grant(`{"StringLike":{"dynamodb:LeadingKeys":"*"}}`)}, get(), iam.NotAllowed},
		{"not there, if it exists", []iam.Grant{grant(`{"StringLikeIfExists":{"dynamodb:LeadingKeys":"USER#*"}}`)}, get(), iam.Allowed},
		{"negated and not there", []iam.Grant{grant(`{"StringNotEquals":{"dynamodb:LeadingKeys":"USER#1"}}`)}, get(), iam.Allowed},
		{"negated and there", []iam.Grant{grant(`{"StringNotEquals":{"dynamodb:LeadingKeys":["USER#2","USER#1"]}}`)}, get("USER#1"), iam.NotAllowed},
		{"negated and another", []iam.Grant{grant(`{"StringNotLike":{"dynamodb:LeadingKeys":"SYS*"}}`)}, get("USER#1"), iam.Allowed},
		{"deny wins", []iam.Grant{grant(""), denied}, get("USER#1", "USER#blocked"), iam.Denied},
		{"deny wins from before", []iam.Grant{denied, grant("")}, get("USER#blocked"), iam.Denied},
		{"deny of another key", []iam.Grant{denied, grant("")}, get("USER#1"), iam.Allowed},
	} {
		if got := identity(t, nil, test.grants...).Decide(test.demand); got != test.want {
			t.Errorf("%s: %v, want %v", test.name, got, test.want)
		}
	}
}

func TestIdentityRefusesWhatItDoesNotUnderstand(t *testing.T) {
	t.Parallel()
	for condition, want := range map[string]string{
		`{"Bool":{"aws:SecureTransport":"true"}}`: "role " + role + ": statement 1 (Read): Condition: the operator Bool is not supported: " +
			"use ArnEquals, ArnLike, StringEquals or StringLike, their negations, ForAllValues and ForAnyValue, and IfExists",
		`{"ForNoValues:StringLike":{"a:b":"c"}}`: "role " + role + ": statement 1 (Read): Condition: the operator ForNoValues:StringLike is not supported: " +
			"use ArnEquals, ArnLike, StringEquals or StringLike, their negations, ForAllValues and ForAnyValue, and IfExists",
		`[]`: "role " + role + ": statement 1 (Read): Condition: must be an object of operators, each an object of keys",
	} {
		_, err := iam.NewIdentity(role, []iam.Grant{{SID: "Read", Condition: json.RawMessage(condition)}}, nil)
		if err == nil || err.Error() != want {
			t.Errorf("error %v, want %s", err, want)
		}
	}
}

func TestUsageKnowsWhatWasUsed(t *testing.T) {
	t.Parallel()
	usage := iam.NewUsage()
	made := identity(t, usage,
		iam.Grant{SID: "Read", Actions: []string{"dynamodb:GetItem", "dynamodb:Query"}, Resources: []string{table}},
		iam.Grant{SID: "Send", Actions: []string{"sqs:*"}, Resources: []string{queue}},
		iam.Grant{SID: "Never", Deny: true, Actions: []string{"sqs:Purge*"}, Resources: []string{"*"}})
	made.Allows(iam.Demand{Action: "dynamodb:GetItem", Resource: table})
	made.Allows(iam.Demand{Action: "dynamodb:GetItem", Resource: table})
	made.Consider(iam.Demand{Action: "dynamodb:Query", Resource: table})
	made.Allows(iam.Demand{Action: "sqs:PurgeQueue", Resource: queue})
	made.Allows(iam.Demand{Action: "dynamodb:PutItem", Resource: table})
	want := iam.Report{
		Permissions: []iam.Used{
			{Permission: iam.Permission{Role: role, SID: "Read", Action: "dynamodb:GetItem", Resource: table}, Calls: 2},
			{Permission: iam.Permission{Role: role, SID: "Read", Action: "dynamodb:Query", Resource: table}},
			{Permission: iam.Permission{Role: role, SID: "Send", Action: "sqs:*", Resource: queue}},
		},
		Refused: []iam.Refused{
			{Refusal: iam.Refusal{Role: role, Action: "dynamodb:PutItem", Resource: table}, Calls: 1},
			{Refusal: iam.Refusal{Role: role, Action: "sqs:PurgeQueue", Resource: queue}, Calls: 1},
		},
	}
	if diff := cmp.Diff(want, usage.Report()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestRoleMustLetItsCallerDoIt(t *testing.T) {
	t.Parallel()
	maySend := identity(t, nil, iam.Grant{Actions: []string{"sqs:SendMessage"}, Resources: []string{queue}})
	mayNothing := identity(t, nil)
	open, err := iam.ParsePolicy([]byte(`{"Statement":{"Effect":"Allow","Principal":{"AWS":"123456789012"},"Action":"sqs:*","Resource":"*"}}`))
	if err != nil {
		t.Fatal(err)
	}
	shut, err := iam.ParsePolicy([]byte(`{"Statement":{"Effect":"Deny","Principal":"*","Action":"sqs:*","Resource":"*"}}`))
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name   string
		policy iam.Policy
		role   *iam.Identity
		want   bool
	}{
		{"the role may", iam.Policy{}, maySend, true},
		{"the role may not", iam.Policy{}, mayNothing, false},
		{"the role may not, but the resource lets it", open, mayNothing, true},
		{"the role may, but the resource shuts it out", shut, maySend, false},
	} {
		caller := iam.Caller{Service: iam.Lambda, SourceARN: function, Role: test.role}
		if got := test.policy.Allows(caller, "sqs:SendMessage", queue); got != test.want {
			t.Errorf("%s: %v", test.name, got)
		}
	}
}

// A statement that denies everything lets nothing through, whatever else is granted and demanded.
func TestDenyAlwaysWins(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		words := rapid.SampledFrom([]string{"dynamodb:GetItem", "dynamodb:*", "*", "sqs:SendMessage", table, queue})
		grants := rapid.SliceOf(rapid.Custom(func(t *rapid.T) iam.Grant {
			return iam.Grant{Actions: []string{words.Draw(t, "action")}, Resources: []string{words.Draw(t, "resource")}}
		})).Draw(t, "grants")
		place := rapid.IntRange(0, len(grants)).Draw(t, "place")
		demand := iam.Demand{Action: words.Draw(t, "demanded"), Resource: words.Draw(t, "of")}
		without, err := iam.NewIdentity(role, grants, nil)
		if err != nil {
			t.Fatal(err)
		}
		deny := iam.Grant{Deny: true, Actions: []string{"*"}, Resources: []string{"*"}}
		with, err := iam.NewIdentity(role, append(append(append([]iam.Grant{}, grants[:place]...), deny), grants[place:]...), nil)
		if err != nil {
			t.Fatal(err)
		}
		if with.Decide(demand) != iam.Denied || without.Decide(demand) == iam.Denied {
			t.Fatal("a denial is not what it is")
		}
	})
}
