package template

import (
	"strconv"
	"strings"
)

// resolve evaluates all intrinsic functions in a value. It returns nil for AWS::NoValue, which removes a field or an item,
// and a broken node where a problem was reported.
func (r *reader) resolve(n *node, at place) *node {
	if name, argument, ok := n.intrinsic(); ok {
		return r.evaluate(name, argument, n.line, at)
	}
	switch n.kind {
	case null:
		r.report(at, n.line, "CloudFormation takes no null values")
		return &node{line: n.line}
	case list:
		resolved := &node{kind: list, line: n.line}
		for i, item := range n.items {
			if value := r.resolve(item, at.item(i)); value != nil {
				resolved.items = append(resolved.items, value)
			}
		}
		return resolved
	case object:
		resolved := &node{kind: object, line: n.line}
		for _, f := range n.fields {
			if f.name == "Ref" || strings.HasPrefix(f.name, "Fn::") {
				r.report(at, f.line, "%s must be the only key of its object", f.name)
				return &node{line: n.line}
			}
			if value := r.resolve(f.value, at.field(f.name)); value != nil {
				resolved.fields = append(resolved.fields, field{f.name, f.line, value})
			}
		}
		return resolved
	default:
		return n
	}
}

// evaluate calls one intrinsic function. The value it gives stands where the call stands.
func (r *reader) evaluate(name string, argument *node, line int, at place) *node {
	if argument.kind == broken {
		return argument
	}
	var value *node
	ok := false
	switch name {
	case "Ref":
		value, ok = r.evaluateRef(argument, at)
	case "Fn::GetAtt":
		value, ok = r.evaluateGetAtt(argument, at)
	case "Fn::Sub":
		value, ok = r.evaluateSub(argument, at)
	case "Fn::Join":
		value, ok = r.evaluateJoin(argument, at)
	case "Fn::Select":
		value, ok = r.evaluateSelect(argument, at)
	case "Fn::If":
		return r.evaluateIf(argument, at)
	case "Fn::FindInMap":
		value, ok = r.evaluateFindInMap(argument, at)
	case "Fn::Equals", "Fn::And", "Fn::Or", "Fn::Not":
		r.report(at, line, "%s stands in Conditions only", name)
	default:
		r.report(at, line, "the local cloud does not know the intrinsic function %s", name)
	}
	if !ok {
		return &node{line: line}
	}
	if value != nil && value.line != line {
		moved := *value
		moved.line = line
		value = &moved
	}
	return value
}

// scalarText resolves a value that must become a text.
func (r *reader) scalarText(n *node, at place, what string) (string, bool) {
	value := r.resolve(n, at)
	if value != nil && value.scalar() {
		return value.text, true
	}
	if value == nil {
		r.report(at, n.line, "%s must be a text, not AWS::NoValue", what)
	} else if value.kind != broken {
		r.report(at, n.line, "%s must be a text, not %s", what, value.kind)
	}
	return "", false
}

// arguments returns the items of a list of the length that a function takes.
func (r *reader) arguments(function string, n *node, count int, at place) ([]*node, bool) {
	if n.kind != list || len(n.items) != count {
		r.report(at, n.line, "%s takes a list of %d", function, count)
		return nil, false
	}
	return n.items, true
}

func (r *reader) evaluateRef(argument *node, at place) (*node, bool) {
	name := argument.text
	if argument.kind != text {
		r.report(at, argument.line, "Ref takes a name")
		return nil, false
	}
	if name == "AWS::NoValue" {
		return nil, true
	}
	if value, ok := r.pseudoParameter(name); ok {
		return textNode(argument.line, value), true
	}
	if value, ok := r.parameters[name]; ok {
		return value, value.kind != broken
	}
	known, ok := r.identify(name, "Ref", argument.line, at)
	if !ok {
		return nil, false
	}
	if known.ref == "" {
		r.report(at, argument.line, "Ref: the local cloud does not know what %s gives", name)
		return nil, false
	}
	return textNode(argument.line, known.ref), true
}

func (r *reader) evaluateGetAtt(argument *node, at place) (*node, bool) {
	name, attribute, ok := splitGetAtt(argument)
	if !ok {
		r.report(at, argument.line, "Fn::GetAtt takes a logical id and an attribute, such as Queue.Arn")
		return nil, false
	}
	value, ok := r.attribute(name, attribute, "Fn::GetAtt", argument.line, at)
	return textNode(argument.line, value), ok
}

// splitGetAtt understands both forms of the argument: Queue.Arn and [Queue, Arn].
func splitGetAtt(argument *node) (name, attribute string, ok bool) {
	switch {
	case argument.kind == text:
		return strings.Cut(argument.text, ".")
	case argument.kind == list && len(argument.items) == 2 && argument.items[0].kind == text && argument.items[1].kind == text:
		return argument.items[0].text, argument.items[1].text, true
	default:
		return "", "", false
	}
}

func (r *reader) evaluateSub(argument *node, at place) (*node, bool) {
	pattern, variables, ok := splitSub(argument)
	if !ok {
		r.report(at, argument.line, "Fn::Sub takes a text, or a list of a text and an object")
		return nil, false
	}
	var out strings.Builder
	for _, part := range subParts(pattern.text) {
		if !part.variable {
			out.WriteString(part.text)
			continue
		}
		value, resolved := r.subValue(part.text, variables, pattern.line, at)
		ok = ok && resolved
		out.WriteString(value)
	}
	return textNode(argument.line, out.String()), ok
}

func splitSub(argument *node) (pattern, variables *node, ok bool) {
	switch {
	case argument.kind == text:
		return argument, nil, true
	case argument.kind == list && len(argument.items) == 2 && argument.items[0].kind == text && argument.items[1].kind == object:
		return argument.items[0], argument.items[1], true
	default:
		return nil, nil, false
	}
}

func (r *reader) subValue(name string, variables *node, line int, at place) (string, bool) {
	if value := variables.get(name); value != nil {
		return r.scalarText(value, at, "Fn::Sub: "+name)
	}
	if id, attribute, dotted := strings.Cut(name, "."); dotted {
		return r.attribute(id, attribute, "Fn::Sub", line, at)
	}
	value, ok := r.evaluateRef(textNode(line, name), at)
	if !ok || value == nil {
		return "", false
	}
	return value.text, true
}

// subPart is a piece of Fn::Sub's pattern: plain text, or the name of a variable.
type subPart struct {
	text     string
	variable bool
}

// subParts cuts a pattern at ${Name}; ${!Name} is the plain text ${Name}.
func subParts(pattern string) []subPart {
	var parts []subPart
	for {
		before, rest, found := strings.Cut(pattern, "${")
		name, after, closed := strings.Cut(rest, "}")
		if !found || !closed {
			return append(parts, subPart{text: pattern})
		}
		parts = append(parts, subPart{text: before})
		if literal, escaped := strings.CutPrefix(name, "!"); escaped {
			parts = append(parts, subPart{text: "${" + literal + "}"})
		} else {
			parts = append(parts, subPart{text: strings.TrimSpace(name), variable: true})
		}
		pattern = after
	}
}

func (r *reader) evaluateJoin(argument *node, at place) (*node, bool) {
	items, ok := r.arguments("Fn::Join", argument, 2, at)
	if !ok {
		return nil, false
	}
	delimiter, ok := r.scalarText(items[0], at, "Fn::Join: the delimiter")
	values := r.resolve(items[1], at)
	if values == nil || values.kind != list {
		r.report(at, items[1].line, "Fn::Join takes a delimiter and a list of texts")
		return nil, false
	}
	texts := make([]string, len(values.items))
	for i, item := range values.items {
		value, isText := r.scalarText(item, at, "Fn::Join: an item")
		texts[i], ok = value, ok && isText
	}
	return textNode(argument.line, strings.Join(texts, delimiter)), ok
}

func (r *reader) evaluateSelect(argument *node, at place) (*node, bool) {
	items, ok := r.arguments("Fn::Select", argument, 2, at)
	if !ok {
		return nil, false
	}
	written, ok := r.scalarText(items[0], at, "Fn::Select: the index")
	if !ok {
		return nil, false
	}
	values := r.resolve(items[1], at)
	if values == nil || values.kind != list {
		r.report(at, items[1].line, "Fn::Select takes an index and a list")
		return nil, false
	}
	index, err := strconv.Atoi(written)
	if err != nil || index < 0 || index >= len(values.items) {
		r.report(at, items[0].line, "Fn::Select: the list of %d has no item %s", len(values.items), written)
		return nil, false
	}
	return values.items[index], true
}

// evaluateIf resolves only the value that is chosen, which may be AWS::NoValue.
func (r *reader) evaluateIf(argument *node, at place) *node {
	items, ok := r.arguments("Fn::If", argument, 3, at)
	if !ok {
		return &node{line: argument.line}
	}
	verdict, decided := r.condition(items[0], at)
	switch {
	case !decided:
		return &node{line: argument.line}
	case verdict:
		return r.resolve(items[1], at)
	default:
		return r.resolve(items[2], at)
	}
}

func (r *reader) evaluateFindInMap(argument *node, at place) (*node, bool) {
	items, ok := r.arguments("Fn::FindInMap", argument, 3, at)
	if !ok {
		return nil, false
	}
	found := r.mappings
	path := ""
	for _, item := range items {
		key, isText := r.scalarText(item, at, "Fn::FindInMap: a key")
		if !isText {
			return nil, false
		}
		path += "." + key
		if found = found.get(key); found == nil {
			r.report(at, argument.line, "Fn::FindInMap: Mappings has no %s", path[1:])
			return nil, false
		}
	}
	return found, found.scalar() || found.kind == list
}
