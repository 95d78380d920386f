package template

import (
	"encoding/json"
	"slices"
	"strings"
)

// Declaration is a resource as CloudFormation sees it, after SAM's expansion: what a stack's events and change sets tell of.
type Declaration struct {
	Resource
	Type                string // such as AWS::Lambda::Function
	PhysicalID          string // what Ref gives, else a name that is the same each time
	DependsOn           []string
	DeletionPolicy      string          // Delete, Retain or RetainExceptOnCreate
	UpdateReplacePolicy string          // Delete or Retain
	Properties          json.RawMessage // with all intrinsic functions evaluated; what differs is a change
	LeftToAWS           bool            // whether the local cloud does not act on it
}

// Declaration finds a resource by its logical id.
func (s *Stack) Declaration(logicalID string) (Declaration, bool) {
	i := slices.IndexFunc(s.Declarations, func(d Declaration) bool { return d.LogicalID == logicalID })
	if i < 0 {
		return Declaration{}, false
	}
	return s.Declarations[i], true
}

// listDeclarations tells of all resources that are there, each behind those that it depends on.
func (r *reader) listDeclarations() {
	placed := map[string]bool{}
	var placing []string
	var place func(res *resource)
	place = func(res *resource) {
		if placed[res.id] || res.condition != "" {
			return
		}
		if from := slices.Index(placing, res.id); from >= 0 {
			r.reportCycle(placing[from:], res)
			return
		}
		placing = append(placing, res.id)
		dependencies := r.dependencies(res)
		for _, id := range dependencies {
			place(r.resources[id])
		}
		placing = placing[:len(placing)-1]
		if !placed[res.id] {
			placed[res.id] = true
			r.stack.Declarations = append(r.stack.Declarations, r.declaration(res, dependencies))
		}
	}
	for _, res := range r.order {
		place(res)
	}
}

func (r *reader) reportCycle(ids []string, res *resource) {
	r.report(place{resource: res.id}, res.line, "Circular dependency between resources: [%s]",
		strings.Join(slices.Sorted(slices.Values(ids)), ", "))
}

func (r *reader) declaration(res *resource, dependencies []string) Declaration {
	d := Declaration{
		Resource: r.header(res), Type: res.kind, DependsOn: dependencies,
		DeletionPolicy: res.deletionPolicy, UpdateReplacePolicy: res.replacePolicy, LeftToAWS: leftToAWS(res.kind) || res.kind == "AWS::CloudWatch::Alarm",
	}
	known := r.identityOf(res)
	d.PhysicalID = known.ref
	switch {
	case d.Type == "AWS::Serverless::Function":
		d.Type = "AWS::Lambda::Function"
	case d.Type == publishedAlias:
		d.Type = "AWS::Lambda::Alias"
	case d.Type == "AWS::Events::Rule" && r.busOf(res) != defaultBus:
		d.PhysicalID = r.busOf(res) + "|" + known.name
	case d.PhysicalID == "" && known.name != "":
		d.PhysicalID = known.name
	case d.PhysicalID == "":
		d.PhysicalID = r.generatedName(res.id)
	}
	problems := r.problems
	if resolved := r.resolve(res.properties, place{resource: res.id}); resolved != nil {
		d.Properties = resolved.json()
	}
	r.problems = problems // those that count were reported when the resource was read; others are of what is left to AWS
	return d
}

// dependencies are the logical ids that a resource refers to and that are there, in the order of their mention.
func (r *reader) dependencies(res *resource) []string {
	var ids []string
	add := func(id string) {
		other, isResource := r.resources[id]
		if isResource && other.condition == "" && other.id != res.id && !slices.Contains(ids, other.id) {
			ids = append(ids, other.id) // an alias is named by its function, too
		}
	}
	for _, id := range res.dependsOn {
		add(id)
	}
	for _, f := range res.properties.fields {
		if res.kind != "AWS::Serverless::Function" || f.name != "DeploymentPreference" { // which is its alias's
			r.mentions(f.value, add)
		}
	}
	return ids
}

// mentions calls add with each name that a value refers to, but for the sides of Fn::If that are not chosen.
func (r *reader) mentions(n *node, add func(name string)) {
	name, argument, isCall := n.intrinsic()
	switch {
	case !isCall:
		for _, item := range n.items {
			r.mentions(item, add)
		}
		for _, f := range n.fields {
			r.mentions(f.value, add)
		}
	case name == "Ref" && argument.kind == text:
		add(argument.text)
	case name == "Fn::GetAtt":
		if id, _, ok := splitGetAtt(argument); ok {
			add(id)
		}
	case name == "Fn::Sub":
		r.mentionsOfSub(argument, add)
	case name == "Fn::If" && argument.kind == list && len(argument.items) == 3:
		if verdict := r.verdicts[argument.items[0].text]; verdict {
			r.mentions(argument.items[1], add)
		} else {
			r.mentions(argument.items[2], add)
		}
	default:
		r.mentions(argument, add)
	}
}

func (r *reader) mentionsOfSub(argument *node, add func(name string)) {
	pattern, variables, ok := splitSub(argument)
	if !ok {
		return
	}
	for _, part := range subParts(pattern.text) {
		if part.variable && variables.get(part.text) == nil {
			id, _, _ := strings.Cut(part.text, ".")
			add(id)
		}
	}
	if variables != nil {
		r.mentions(variables, add)
	}
}
