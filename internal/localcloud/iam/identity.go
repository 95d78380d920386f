package iam

import (
	"encoding/json"
	"fmt"
	"slices"
)

// Grant is one statement of a role's policies, as the template has it.
type Grant struct {
	SID       string // names the statement; may be empty
	Deny      bool
	Actions   []string
	Resources []string
	Condition json.RawMessage // an object; nil without one
}

// Identity is what a role may do by its own policies. It is safe for concurrent use.
type Identity struct {
	ARN string

	statements []grant
	usage      *Usage
}

type grant struct {
	statement

	sid string
}

// NewIdentity puts together what the policies of a role say: all its grants count, wherever they stand. Usage takes notes
// of what the role does; it may be nil. Elements and conditions that are not understood are an error.
func NewIdentity(arn string, grants []Grant, usage *Usage) (*Identity, error) {
	made := &Identity{ARN: arn, usage: usage}
	for i, g := range grants {
		conditions, err := parseConditions(g.Condition, func(string) bool { return true })
		if err != nil {
			return nil, fmt.Errorf("role %s: statement %d (%s): Condition: %w", arn, i+1, g.SID, err)
		}
		made.statements = append(made.statements, grant{
			statement: statement{deny: g.Deny, actions: g.Actions, resources: g.Resources, conditions: conditions},
			sid:       g.SID,
		})
	}
	usage.declare(made)
	return made, nil
}

// Verdict is what a role's policies say to a demand.
type Verdict int

// A demand that no statement is about is as little allowed as one that a statement denies.
const (
	NotAllowed Verdict = iota
	Allowed
	Denied // by a statement that says so
)

// Allows tells whether the role may do what is demanded.
func (i *Identity) Allows(demanded Demand) bool { return i.Decide(demanded) == Allowed }

// Decide says whether the role may do what is demanded, and takes a note of it. A statement that denies wins.
//
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
func (i *Identity) Decide(demanded Demand) Verdict {
	verdict := i.Consider(demanded)
	i.usage.note(i, demanded, verdict)
	return verdict
}

// Consider is Decide without a note.
func (i *Identity) Consider(demanded Demand) Verdict {
	verdict := NotAllowed
	for _, g := range i.statements {
		if !g.appliesTo(demanded.Action, demanded.Resource, demanded.Context) {
			continue
		}
		if g.deny {
			return Denied
		}
		verdict = Allowed
	}
	return verdict
}

// LacksOnly tells whether a statement would let through what is demanded if it did not ask for a condition key, such as
// events:source.
func (i *Identity) LacksOnly(key string, demanded Demand) bool {
	for _, g := range i.statements {
		rest := g.statement
		rest.conditions = slices.DeleteFunc(slices.Clone(g.conditions), func(c condition) bool { return c.key == key })
		if !g.deny && rest.appliesTo(demanded.Action, demanded.Resource, demanded.Context) {
			return true
		}
	}
	return false
}
