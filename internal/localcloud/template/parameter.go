package template

import (
	"fmt"
	"maps"
	"regexp"
	"slices"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/awsapi"
)

// LocalStack is the name of the stack of a template that is read and not deployed.
const LocalStack = "bayon-coagent-local"

// pseudoParameter returns the value of a parameter that CloudFormation itself sets.
func (r *reader) pseudoParameter(name string) (string, bool) {
	value, ok := map[string]string{
		"AWS::AccountId": awsapi.Account,
		"AWS::Partition": "aws",
		"AWS::Region":    awsapi.Region,
		"AWS::StackName": r.stackName,
		"AWS::URLSuffix": "amazonaws.com",
	}[name]
	return value, ok
}

// readParameters gives each declared parameter its value: the one that is given, else its default.
func (r *reader) readParameters(section *node, given map[string]string) {
	for _, name := range slices.Sorted(maps.Keys(given)) {
		if section.get(name) == nil {
			r.report(place{"Parameters", name}, 1, "a value is given, but the template has no such parameter")
		}
	}
	if section == nil {
		return
	}
	for _, declared := range section.fields {
		at := place{"Parameters", declared.name}
		r.parameters[declared.name] = &node{line: declared.line}
		p := r.literalProperties(declared.value, at)
		if value, ok := r.parameterValue(p, given, declared.name); ok {
			r.parameters[declared.name] = textNode(declared.line, value)
		}
		p.done()
	}
}

func (r *reader) parameterValue(p *properties, given map[string]string, name string) (value string, ok bool) {
	p.ignore("Description", "ConstraintDescription", "NoEcho")
	valueType := p.choice("Type", "", "String", "Number")
	allowed, pattern := p.texts("AllowedValues"), p.text("AllowedPattern", "")
	fallback := p.take("Default")
	value, ok = given[name]
	if !ok {
		if fallback == nil {
			r.report(p.at, p.line, "has no default, and no value is given")
			return "", false
		}
		if !fallback.scalar() {
			r.report(p.at.field("Default"), fallback.line, "must be a text or a number, not %s", fallback.kind)
			return "", false
		}
		value = fallback.text
	}
	if reason := refuseValue(value, valueType, allowed, pattern); reason != "" {
		r.report(p.at, p.line, "%s", reason)
		return "", false
	}
	return value, true
}

// refuseValue says why a parameter cannot have a value, or nothing.
func refuseValue(value, valueType string, allowed []string, pattern string) string {
	if valueType == "Number" && !decimal.MatchString(value) {
		return fmt.Sprintf("%q is no number", value)
	}
	if len(allowed) > 0 && !slices.Contains(allowed, value) {
		return fmt.Sprintf("%q is not among the allowed values %q", value, allowed)
	}
	if pattern == "" {
		return ""
	}
	compiled, err := regexp.Compile("^(?:" + pattern + ")$")
	if err != nil {
		return fmt.Sprintf("AllowedPattern %q is no regular expression that the local cloud knows", pattern)
	}
	if !compiled.MatchString(value) {
		return fmt.Sprintf("%q does not match the allowed pattern %q", value, pattern)
	}
	return ""
}
