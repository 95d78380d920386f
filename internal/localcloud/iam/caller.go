// Package iam decides what a caller may do: a role's own policies say what it may do with whichever resource, a
// resource's policy whom it lets in.
package iam

import "github.com/bayon-coagent/event-consumers/internal/localcloud/awsapi"

// The services that call other services of the local cloud.
const (
	EventBridge = "events.amazonaws.com"
	Lambda      = "lambda.amazonaws.com"
	Scheduler   = "scheduler.amazonaws.com"
)

// Caller says on whose behalf one service calls another, such as EventBridge for a rule. The zero Caller is the
// account's own administrator, who may do everything.
type Caller struct {
	Service   string    // such as events.amazonaws.com
	SourceARN string    // the resource that caused the call, such as a rule's ARN
	Role      *Identity // the role that Lambda or Scheduler has taken for the call; nil for one that may do everything
}

// Administrator tells whether the caller is the account's own administrator.
func (c Caller) Administrator() bool { return c == Caller{} }

// hasRole tells whether the caller acts through a role of the account, whose own policies let it in or not: a function's
// role sends to its destinations, a schedule's role invokes its target. A resource's policy need not name such a caller,
// but can shut it out. EventBridge has no role for functions and queues: their policies must let it in.
func (c Caller) hasRole() bool { return c.Role != nil || c.Service == Lambda || c.Service == Scheduler }

// roleAllows tells whether the caller acts through a role whose own policies let it do what is demanded.
func (c Caller) roleAllows(demanded Demand) bool {
	return c.hasRole() && (c.Role == nil || c.Role.Allows(demanded))
}

// context is what a service tells of the caller, by condition keys in lower case. EventBridge does not tell the account,
// so a permission that asks for it never lets a rule in.
//
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-troubleshooting.html
func (c Caller) context() map[string][]string {
	told := map[string][]string{}
	if c.SourceARN != "" {
		told[sourceARN] = []string{c.SourceARN}
	}
	const account = 4
	if parts := splitARN(c.SourceARN); c.Service != EventBridge && len(parts) > account && parts[account] != "" {
		told[sourceAccount] = []string{parts[account]}
	}
	if c.hasRole() {
		told[principalAccount] = []string{awsapi.Account}
	}
	return told
}
