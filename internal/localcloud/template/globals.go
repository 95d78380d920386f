package template

import "slices"

// mergeGlobals lays a function's own properties over the globals as SAM does: objects merge, lists append to the global
// list, everything else overrides. A call of an intrinsic function counts as one value.
func mergeGlobals(global, own *node) *node {
	switch {
	case global == nil:
		return own
	case own == nil:
		return global
	case own.kind == list && global.kind == list:
		return listNode(own.line, slices.Concat(global.items, own.items)...)
	case !plainObject(own) || !plainObject(global):
		return own
	}
	merged := &node{kind: object, line: own.line}
	for _, f := range global.fields {
		value := mergeGlobals(f.value, own.get(f.name))
		if f.name == "Architectures" && own.get(f.name) != nil {
			value = own.get(f.name) // the one list that SAM replaces
		}
		merged.fields = append(merged.fields, field{f.name, value.line, value})
	}
	for _, f := range own.fields {
		if global.get(f.name) == nil {
			merged.fields = append(merged.fields, f)
		}
	}
	return merged
}

func plainObject(n *node) bool {
	_, _, isCall := n.intrinsic()
	return n.kind == object && !isCall
}

// functionGlobals returns the properties that all functions share.
func (r *reader) functionGlobals(section *node) *node {
	for _, f := range section.fieldsOrNone() {
		if f.name != "Function" {
			r.report(place{"Globals", f.name}, f.line, "the local cloud has functions only")
		}
	}
	shared := section.get("Function")
	for _, f := range shared.fieldsOrNone() {
		if slices.Contains([]string{"FunctionName", "Role", "Policies", "Events"}, f.name) {
			r.report(place{"Globals", "Function." + f.name}, f.line, "SAM takes this property at a function only")
		}
	}
	return shared
}
