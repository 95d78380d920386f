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

// access is who may do what, as all stacks together describe it.
type access struct {
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
	c.access.Store(&access{roles, busPolicies})
	c.there.Store(joined)
	return nil
}

// session is the role of the function that an access key was given to. A function whose role is none of the stack's may do
// everything, as nothing is known of its role.
func (c *Cloud) session(accessKeyID string) (authorization.Session, bool) {
	name, known := c.functions.FunctionOf(accessKeyID)
	if !known {
		return authorization.Session{}, false
	}
	function := c.function(name)
	if function == nil || c.access.Load().roles[function.RoleARN] == nil {
		return authorization.Session{}, false
	}
	return authorization.Session{Role: c.access.Load().roles[function.RoleARN], Name: name}, true
}

func (c *Cloud) function(name string) *template.Function {
	functions := c.described().Functions
	at := slices.IndexFunc(functions, func(f template.Function) bool { return f.Name == name })
	if at < 0 {
		return nil
	}
	return &functions[at]
}

// mayLog tells whether a function's role lets Lambda write down what the function prints.
func (c *Cloud) mayLog(name string) bool {
	function := c.function(name)
	if function == nil || c.access.Load().roles[function.RoleARN] == nil {
		return true
	}
	stream := awsapi.ARN("logs", "log-group:"+function.Logging.LogGroup+":log-stream:"+name)
	role := c.access.Load().roles[function.RoleARN]
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
