package bus

import (
	"strings"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/pattern/scan"
)

// transform makes what a target gets of an event. The zero transform leaves the event as it is.
//
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-transform-target-input.html
type transform struct {
	constant string
	path     *path
	template *template
	function bool // the target is a function, which takes nothing but JSON
}

// newTransform reads a target's Input, InputPath or InputTransformer.
func newTransform(t *Target, rule ruleID) (transform, error) {
	given := 0
	for _, is := range []bool{t.Input != "", t.InputPath != "", t.InputTransformer != nil} {
		if is {
			given++
		}
	}
	made := transform{constant: t.Input, function: strings.Contains(t.ARN, ":lambda:")}
	var err error
	switch {
	case given > 1:
		return made, invalid("Only one of Input, InputPath, or InputTransformer must be provided for target %s.", t.ID)
	case t.Input != "" && !scan.Whole([]byte(t.Input)):
		return made, invalid("JSON syntax error in input for target %s.", t.ID)
	case t.InputPath != "":
		if made.path, err = parsePath(t.InputPath); err != nil {
			return made, invalid("Invalid InputPath for target %s: %v.", t.ID, err)
		}
	case t.InputTransformer != nil:
		made.template, err = parseTemplate(t.InputTransformer, t.ID, rule)
	}
	return made, err
}

// apply returns the payload for a delivery. Its error is a *failure.
func (t transform) apply(d *delivery) (string, error) {
	switch {
	case t.constant != "":
		return t.constant, nil
	case t.path != nil:
		value, found := t.path.in(d.event)
		if !found {
			return "", &failure{code: invalidParameter, message: "The event has nothing at the InputPath " + t.path.text}
		}
		return string(value), nil
	case t.template != nil:
		return t.template.fill(d, t.function)
	default:
		return d.event, nil
	}
}
