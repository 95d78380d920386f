package localcloud

import (
	"context"
	"slices"
	"strings"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/authorization"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/awsapi"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/bus"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/iam"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/provision"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/template"
)

// access is what all stacks together describe, and who may do what by it.
type access struct {
	described   *template.Stack
	roles       map[string]*iam.Identity // by their ARNs
	busPolicies map[string]iam.Policy    // by the buses' names
}

// describe makes what some stacks describe be what there is.
func (c *Cloud) describe(stacks []*template.Stack) error {
	joined := template.Join(stacks...)
	roles, err := provision.Identities(joined, c.usage)
	if err != nil {
		return err
	}
	busPolicies, err := provision.BusPolicies(joined)
	if err != nil {
		return err
	}
	c.access.Store(&access{joined, roles, busPolicies})
	return nil
}

// session is the role of the function that an access key was given to.
func (c *Cloud) session(accessKeyID string) (authorization.Session, bool) {
	name, known := c.functions.FunctionOf(accessKeyID)
	if !known {
		return authorization.Session{}, false
	}
	return c.access.Load().session(name)
}

// session is the role of a function. One whose role is none of the stacks' may do everything, as nothing is known of that role.
// One that no stack has any more, such as one that ends after its stack is gone, may do nothing.
func (a *access) session(name string) (authorization.Session, bool) {
	function := a.function(name)
	if function == nil {
		role := &iam.Identity{ARN: "arn:aws:iam::" + awsapi.Account + ":role/" + name}
		return authorization.Session{Role: role, Name: name}, true
	}
	role, known := a.roles[function.RoleARN]
	return authorization.Session{Role: role, Name: name}, known
}

func (a *access) function(name string) *template.Function {
	functions := a.described.Functions
	at := slices.IndexFunc(functions, func(f template.Function) bool { return f.Name == name })
	if at < 0 {
		return nil
	}
	return &functions[at]
}

// mayLog tells whether a function's role lets Lambda write down what the function prints.
func (c *Cloud) mayLog(name string) bool {
	granted := c.access.Load()
	function := granted.function(name)
	if function == nil {
		return true // the last lines of one whose stack is gone
	}
	role, known := granted.roles[function.RoleARN]
	if !known {
		return true
	}
	stream := awsapi.ARN("logs", "log-group:"+function.Logging.LogGroup+":log-stream:"+name)
	return role.Allows(iam.Demand{Action: "logs:CreateLogStream", Resource: stream}) &&
		role.Allows(iam.Demand{Action: "logs:PutLogEvents", Resource: stream})
}

// PutEvent puts an event on a bus on behalf of a schedule's role.
func (c *Cloud) PutEvent(_ context.Context, caller iam.Caller, busARN, source, detailType, detail string) error {
	name := busARN[strings.LastIndexByte(busARN, '/')+1:]
	if caller.Role != nil {
		session := authorization.Session{Role: caller.Role, Name: caller.SourceARN[strings.LastIndexByte(caller.SourceARN, '/')+1:]}
		if refusal := c.guard.MayPublishAs(session, name, source, detailType); refusal != nil {
			return refusal
		}
	}
	results, err := c.events.PutEvents([]bus.Entry{{Bus: name, Source: source, DetailType: detailType, Detail: detail}}, bus.Origin{})
	if err != nil {
		return err
	}
	if refused := results[0]; refused.ErrorCode != "" {
		return awsapi.Errorf(refused.ErrorCode, "%s", refused.ErrorMessage)
	}
	return nil
}
