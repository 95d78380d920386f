package template

import (
	"strings"
)

// checkReferences reports every name that nothing declares, also in parts of the template that no condition lets in and
// in resources that are left to AWS.
func (r *reader) checkReferences(root *node) {
	for _, res := range r.order {
		r.checkNode(res.properties, place{resource: res.id})
	}
	for _, f := range root.get("Resources").fieldsOrNone() {
		r.checkDependencies(f.value.get("DependsOn"), place{f.name, "DependsOn"})
		r.checkCondition(f.value.get("Condition"), place{f.name, "Condition"})
	}
	for _, f := range root.get("Outputs").fieldsOrNone() {
		r.checkNode(f.value, place{"Outputs", f.name})
		r.checkCondition(f.value.get("Condition"), place{"Outputs", f.name})
	}
}

func (r *reader) checkDependencies(n *node, at place) {
	if n == nil {
		return
	}
	for _, name := range append([]*node{n}, n.items...) {
		if name.kind == text {
			r.checkResource(name.text, "DependsOn", name.line, at)
		}
	}
}

func (r *reader) checkNode(n *node, at place) {
	if name, argument, ok := n.intrinsic(); ok {
		r.checkCall(name, argument, n.line, at)
		if argument.kind != list {
			argument = listNode(argument.line, argument)
		}
		for _, item := range argument.items {
			r.checkNode(item, at)
		}
		return
	}
	for i, item := range n.items {
		r.checkNode(item, at.item(i))
	}
	for _, f := range n.fields {
		r.checkNode(f.value, at.field(f.name))
	}
}

func (r *reader) checkCall(name string, argument *node, line int, at place) {
	switch name {
	case "Ref":
		if argument.kind == text {
			r.checkName(argument.text, name, line, at)
		}
	case "Fn::GetAtt":
		if id, _, ok := splitGetAtt(argument); ok {
			r.checkResource(id, name, line, at)
		}
	case "Fn::Sub":
		r.checkSub(argument, line, at)
	case "Fn::If":
		if argument.kind == list && len(argument.items) > 0 {
			r.checkCondition(argument.items[0], at)
		}
	}
}

func (r *reader) checkSub(argument *node, line int, at place) {
	pattern, variables, ok := splitSub(argument)
	if !ok {
		return
	}
	for _, part := range subParts(pattern.text) {
		if !part.variable || variables.get(part.text) != nil {
			continue
		}
		if id, _, dotted := strings.Cut(part.text, "."); dotted {
			r.checkResource(id, "Fn::Sub", line, at)
		} else {
			r.checkName(part.text, "Fn::Sub", line, at)
		}
	}
}

func (r *reader) checkName(name, function string, line int, at place) {
	_, isParameter := r.parameters[name]
	_, isPseudo := r.pseudoParameter(name)
	_, isResource := r.resources[name]
	if !isParameter && !isPseudo && !isResource && name != "AWS::NoValue" {
		r.report(at, line, "%s: the template has no parameter or resource %q", function, name)
	}
}

func (r *reader) checkResource(id, function string, line int, at place) {
	if _, ok := r.resources[id]; !ok {
		r.report(at, line, "%s: the template has no resource %q", function, id)
	}
}

func (r *reader) checkCondition(name *node, at place) {
	if name != nil && name.kind == text && r.conditions.get(name.text) == nil {
		r.report(at, name.line, "the template has no condition %q", name.text)
	}
}
