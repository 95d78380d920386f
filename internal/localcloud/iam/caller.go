// Package iam decides whether a resource's policy lets a caller in.
package iam

// The services that call other services of the local cloud.
const (
	EventBridge = "events.amazonaws.com"
	Lambda      = "lambda.amazonaws.com"
	Scheduler   = "scheduler.amazonaws.com"
)

// Caller says on whose behalf one service calls another, such as EventBridge for a rule. The zero Caller is the
// account's own administrator, who may do everything.
type Caller struct {
	Service   string // such as events.amazonaws.com
	SourceARN string // the resource that caused the call, such as a rule's ARN
}

// Administrator tells whether the caller is the account's own administrator.
func (c Caller) Administrator() bool { return c == Caller{} }

// hasRole tells whether the caller acts through a role of the account, whose own policies let it in: a function's role
// sends to its destinations, a schedule's role invokes its target. A resource's policy need not name such a caller, but
// can shut it out. EventBridge has no role for functions and queues: their policies must let it in.
func (c Caller) hasRole() bool { return c.Service == Lambda || c.Service == Scheduler }
