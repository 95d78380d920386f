package dynamo

import (
	"strings"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/dynamo/refusal"
)

// named is an expression that a request may have, with its parameter's name.
type named struct {
	name       string
	expression optional
}

// checkPlaceholders refuses placeholders without an expression that could use them: those that can use values, and a
// projection, which can use names only.
func (q *request) checkPlaceholders(expressions []named, projections ...optional) error {
	couldUseValues := false
	names := make([]string, len(expressions))
	for i, e := range expressions {
		couldUseValues = couldUseValues || e.expression.given
		names[i] = e.name
	}
	couldUseNames := couldUseValues
	for _, projection := range projections {
		couldUseNames = couldUseNames || projection.given
	}
	switch {
	case q.placeholders.HasNames() && !couldUseNames:
		return refusal.Validation("ExpressionAttributeNames can only be specified when using expressions")
	case q.placeholders.HasValues() && !couldUseValues && len(names) > 1:
		return refusal.Validation("ExpressionAttributeValues can only be specified when using expressions: %s are null",
			strings.Join(names, " and "))
	case q.placeholders.HasValues() && !couldUseValues && len(names) == 1:
		return refusal.Validation("ExpressionAttributeValues can only be specified when using expressions: %s is null", names[0])
	}
	return q.placeholders.CheckDeclared()
}
