package iam

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/awsapi"
)

// Policy is a resource's policy: who may do what with it. The zero Policy lets nobody in but the account itself.
type Policy struct {
	statements []statement
}

type statement struct {
	deny       bool
	principals principals
	actions    []string
	resources  []string
	conditions []condition
}

// Demand is what a call asks to do.
type Demand struct {
	Action   string              // such as sqs:SendMessage
	Resource string              // ARN; * for an action that knows no resources
	Context  map[string][]string // what else is so of the call, by condition keys in lower case; may be nil
}

// Allows tells whether a caller may do an action, such as sqs:SendMessage, with a resource, given as its ARN.
func (p Policy) Allows(caller Caller, action, resource string) bool {
	return p.AllowsDemand(caller, Demand{Action: action, Resource: resource})
}

// AllowsDemand tells whether a caller may do what it asks to. It must be let in by a statement, or by the policies of a
// role of the account through which it acts; and no statement must shut it out. The account's own administrator may do
// everything.
//
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
func (p Policy) AllowsDemand(caller Caller, demanded Demand) bool {
	if caller.Administrator() {
		return true
	}
	told := caller.context()
	maps.Copy(told, demanded.Context)
	allowed := false
	for _, s := range p.statements {
		if !s.principals.include(caller) || !s.appliesTo(demanded.Action, demanded.Resource, told) {
			continue
		}
		if s.deny {
			return false
		}
		allowed = true
	}
	return caller.roleAllows(demanded) || allowed
}

// appliesTo tells whether a statement is about an action with a resource, whoever asks.
func (s statement) appliesTo(action, resource string, told map[string][]string) bool {
	return slices.ContainsFunc(s.actions, func(pattern string) bool { return likeAction(pattern, action) }) &&
		slices.ContainsFunc(s.resources, func(pattern string) bool { return like(pattern, resource) }) &&
		s.conditionsHold(told)
}

func (s statement) conditionsHold(told map[string][]string) bool {
	return !slices.ContainsFunc(s.conditions, func(c condition) bool { return !c.holds(told) })
}

// likeAction compares actions, which know no case.
func likeAction(pattern, action string) bool {
	return like(strings.ToLower(pattern), strings.ToLower(action))
}

// principals are those whom a statement is about.
type principals struct {
	everyone bool
	services []string
	accounts []string // account numbers and ARNs of the account's identities
}

func (p principals) include(caller Caller) bool {
	if p.everyone || slices.Contains(p.services, caller.Service) {
		return true
	}
	const root = "arn:aws:iam::" + awsapi.Account + ":root"
	return caller.hasRole() && (slices.Contains(p.accounts, awsapi.Account) || slices.Contains(p.accounts, root))
}

// ParsePolicy reads a policy document. What it does not understand it refuses, rather than let in whom AWS would not:
// the elements NotPrincipal, NotAction and NotResource, and conditions of other operators than those of ARNs and texts,
// or on keys that nobody tells it.
//
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
func ParsePolicy(document []byte) (Policy, error) {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(document, &members); err != nil {
		return Policy{}, fmt.Errorf("policy: not a JSON object: %w", err)
	}
	for name := range members {
		if !slices.Contains([]string{"Version", "Id", "Statement"}, name) {
			return Policy{}, fmt.Errorf("policy: %s is not an element of a policy", name)
		}
	}
	if err := checkVersion(members["Version"]); err != nil {
		return Policy{}, err
	}
	statements, err := listOf[map[string]json.RawMessage](members["Statement"])
	if err != nil {
		return Policy{}, fmt.Errorf("policy: Statement: %w", err)
	}
	var policy Policy
	for i, members := range statements {
		parsed, err := parseStatement(members)
		if err != nil {
			return Policy{}, fmt.Errorf("policy: Statement[%d]: %w", i, err)
		}
		policy.statements = append(policy.statements, parsed)
	}
	return policy, nil
}

func checkVersion(element json.RawMessage) error {
	if element == nil {
		return nil
	}
	var version string
	if err := json.Unmarshal(element, &version); err != nil || (version != "2012-10-17" && version != "2008-10-17") {
		return fmt.Errorf("policy: Version: must be 2012-10-17 or 2008-10-17, not %s", element)
	}
	return nil
}

func parseStatement(members map[string]json.RawMessage) (statement, error) {
	var parsed statement
	elements := []struct {
		name  string
		parse func(element json.RawMessage) error
	}{
		{"Sid", func(json.RawMessage) error { return nil }},
		{"Effect", func(element json.RawMessage) (err error) { parsed.deny, err = parseEffect(element); return err }},
		{"Principal", func(element json.RawMessage) (err error) {
			parsed.principals, err = parsePrincipals(element)
			return err
		}},
		{"Action", func(element json.RawMessage) (err error) { parsed.actions, err = listOf[string](element); return err }},
		{"Resource", func(element json.RawMessage) (err error) { parsed.resources, err = listOf[string](element); return err }},
		{"Condition", func(element json.RawMessage) (err error) {
			parsed.conditions, err = parseConditions(element, keyOfResourcePolicy)
			return err
		}},
	}
	unknown := maps.Clone(members)
	for _, element := range elements {
		if err := element.parse(members[element.name]); err != nil {
			return statement{}, fmt.Errorf("%s: %w", element.name, err)
		}
		delete(unknown, element.name)
	}
	for name := range unknown {
		return statement{}, fmt.Errorf("%s is not supported", name)
	}
	return parsed, nil
}

func parseEffect(element json.RawMessage) (deny bool, err error) {
	switch string(element) {
	case `"Allow"`:
		return false, nil
	case `"Deny"`:
		return true, nil
	}
	return false, errors.New("must be Allow or Deny")
}

func parsePrincipals(element json.RawMessage) (principals, error) {
	if string(element) == `"*"` {
		return principals{everyone: true}, nil
	}
	var kinds map[string]json.RawMessage
	if err := json.Unmarshal(element, &kinds); err != nil || len(kinds) == 0 {
		return principals{}, errors.New(`must be "*" or name services or accounts`)
	}
	var parsed principals
	for kind, names := range kinds {
		list, err := listOf[string](names)
		if err != nil {
			return principals{}, fmt.Errorf("%s: %w", kind, err)
		}
		switch kind {
		case "Service":
			parsed.services = list
		case "AWS":
			parsed.accounts = list
			parsed.everyone = slices.Contains(list, "*")
		default:
			return principals{}, fmt.Errorf("%s is not supported", kind)
		}
	}
	return parsed, nil
}

// listOf reads an element that is one value or a list of values, and must be there.
func listOf[T any](element json.RawMessage) ([]T, error) {
	if element == nil {
		return nil, errors.New("is missing")
	}
	var list []T
	if err := json.Unmarshal(element, &list); err == nil && len(list) > 0 {
		return list, nil
	}
	var one T
	if err := json.Unmarshal(element, &one); err != nil || string(element) == "null" {
		return nil, fmt.Errorf("must be one or a list of %s", describe(one))
	}
	return []T{one}, nil
}

func describe(value any) string {
	if _, isString := value.(string); isString {
		return "strings"
	}
	return "objects"
}
