package authorization

import (
	"net/http"
	"strings"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/iam"
)

// Lambda protects a service of Lambda's protocol. Of its operations it knows Invoke by name; a role that may do others
// needs a permission for all of Lambda.
//
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_awslambda.html
func (g *Guard) Lambda(service http.Handler) http.Handler {
	return g.protect(service, http.StatusForbidden, func(_ Session, c call) []iam.Demand {
		_, rest, _ := strings.Cut(c.path, "/functions/")
		name, isInvoke := strings.CutSuffix(rest, "/invocations")
		if !isInvoke {
			return []iam.Demand{{Action: "lambda:" + c.method + c.path, Resource: "*"}}
		}
		arn, isName := g.InvokedARN(name, c.query.Get("Qualifier"))
		if !isName {
			arn = "*"
		}
		return []iam.Demand{{Action: "lambda:InvokeFunction", Resource: arn}}
	})
}

// Others protects a service of which no function's role is meant to do anything: it demands the permission for an action
// of its own on all resources, such as scheduler:GetSchedule.
func (g *Guard) Others(service http.Handler, prefix string) http.Handler {
	return g.protect(service, http.StatusForbidden, func(_ Session, c call) []iam.Demand {
		action := c.operation
		if action == "" {
			action = c.method + c.path
		}
		return []iam.Demand{{Action: prefix + ":" + action, Resource: "*"}}
	})
}
