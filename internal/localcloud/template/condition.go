package template

import "slices"

// readConditions decides all conditions, also those that nothing asks for.
func (r *reader) readConditions() {
	for _, declared := range r.conditions.fieldsOrNone() {
		r.condition(textNode(declared.line, declared.name), place{"Conditions", declared.name})
	}
}

// condition decides a condition by its name. Not decided means that a problem was reported.
func (r *reader) condition(name *node, at place) (verdict, decided bool) {
	if name.kind != text {
		if name.kind != broken {
			r.report(at, name.line, "a condition is named by a text, not by %s", name.kind)
		}
		return false, false
	}
	if verdict, decided = r.verdicts[name.text]; decided {
		return verdict, true
	}
	declared := r.conditions.get(name.text)
	if declared == nil {
		return false, false // checkReferences has reported it
	}
	if slices.Contains(r.deciding, name.text) {
		r.report(place{"Conditions", name.text}, declared.line, "the condition depends on itself")
		return false, false
	}
	r.deciding = append(r.deciding, name.text)
	verdict, decided = r.decide(declared, place{"Conditions", name.text})
	r.deciding = r.deciding[:len(r.deciding)-1]
	if decided {
		r.verdicts[name.text] = verdict
	}
	return verdict, decided
}

// decide evaluates one condition function.
func (r *reader) decide(n *node, at place) (verdict, decided bool) {
	if n.kind != object || len(n.fields) != 1 {
		r.report(at, n.line, "a condition is one of Fn::Equals, Fn::And, Fn::Or, Fn::Not and Condition")
		return false, false
	}
	name, argument := n.fields[0].name, n.fields[0].value
	switch name {
	case "Condition":
		return r.condition(argument, at)
	case "Fn::Equals":
		return r.decideEquals(argument, at)
	case "Fn::Not":
		items, ok := r.arguments(name, argument, 1, at)
		if !ok {
			return false, false
		}
		verdict, decided = r.decide(items[0], at)
		return !verdict, decided
	case "Fn::And", "Fn::Or":
		return r.decideAll(name, argument, at)
	default:
		r.report(at, n.line, "the local cloud does not know the condition function %s", name)
		return false, false
	}
}

func (r *reader) decideEquals(argument *node, at place) (verdict, decided bool) {
	items, ok := r.arguments("Fn::Equals", argument, 2, at)
	if !ok {
		return false, false
	}
	a, aOK := r.scalarText(items[0], at, "Fn::Equals: a value")
	b, bOK := r.scalarText(items[1], at, "Fn::Equals: a value")
	return a == b, aOK && bOK
}

func (r *reader) decideAll(name string, argument *node, at place) (verdict, decided bool) {
	if argument.kind != list || len(argument.items) < 2 || len(argument.items) > 10 {
		r.report(at, argument.line, "%s takes a list of 2 to 10", name)
		return false, false
	}
	verdict, decided = name == "Fn::And", true
	for _, item := range argument.items {
		itemVerdict, itemDecided := r.decide(item, at)
		decided = decided && itemDecided
		if name == "Fn::And" {
			verdict = verdict && itemVerdict
		} else {
			verdict = verdict || itemVerdict
		}
	}
	return verdict, decided
}
