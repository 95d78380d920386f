// Package template reads a SAM template as AWS would deploy it: it merges the globals, expands SAM's functions, resolves
// parameters, conditions and intrinsic functions, and gives every resource the name and the ARN it would have on AWS.
//
// What it cannot read it refuses, by file, line, logical id and property: a template that reads without an error is one
// that the local cloud acts on in full. The few resources that it leaves to AWS are listed by type in leftToAWS.
package template

import (
	"slices"
)

// Read resolves the template of the stack LocalStack: see ReadStack.
func Read(name string, source []byte, parameters map[string]string) (*Stack, error) {
	return ReadStack(LocalStack, name, source, parameters)
}

// ReadStack resolves the template in source for the given parameters; a parameter that is not given has its default. The name
// is the file's, for problems; the stack's begins the names of resources that the template does not name. All problems are
// collected into one *ReadError.
func ReadStack(stackName, name string, source []byte, parameters map[string]string) (*Stack, error) {
	r := &reader{
		file:       name,
		stackName:  stackName,
		parameters: map[string]*node{},
		verdicts:   map[string]bool{},
		resources:  map[string]*resource{},
	}
	root := r.parse(source)
	r.readSections(root)
	if root.kind != object {
		return nil, r.err()
	}
	r.mappings, r.conditions = root.get("Mappings"), root.get("Conditions")
	r.readParameters(root.get("Parameters"), parameters)
	r.readConditions()
	r.declareResources(root.get("Resources"))
	r.expandFunctions(root.get("Globals"))
	r.checkReferences(root)
	for _, res := range slices.Clone(r.order) {
		r.readResource(res)
	}
	r.attach()
	r.readOutputs(root.get("Outputs"))
	r.listDeclarations()
	r.stack.Description = root.get("Description").textOrNone()
	if err := r.err(); err != nil {
		return nil, err
	}
	return &r.stack, nil
}

// reader holds what Read knows so far.
type reader struct {
	file       string
	stackName  string
	problems   []Problem
	parameters map[string]*node
	mappings   *node
	conditions *node
	verdicts   map[string]bool // of conditions that were decided
	deciding   []string        // conditions that are being decided, to find circles
	resources  map[string]*resource
	order      []*resource
	stack      Stack

	// What other resources attach to queues, functions and registries once all of these are read.
	queuePolicies []queuePolicy
	busPolicies   []busPolicy
	asyncConfigs  []asyncConfig
	schemas       []registeredSchema
}

func (r *reader) readSections(root *node) {
	if root.kind != object {
		if root.kind != broken {
			r.report(place{}, root.line, "a template is an object, not %s", root.kind)
		}
		return
	}
	known := []string{"AWSTemplateFormatVersion", "Transform", "Description", "Metadata", "Parameters", "Mappings",
		"Conditions", "Globals", "Resources", "Outputs"}
	for _, section := range root.fields {
		if !slices.Contains(known, section.name) {
			r.report(place{resource: section.name}, section.line, "the local cloud does not know this section")
		}
	}
	for _, name := range []string{"Parameters", "Mappings", "Conditions", "Globals", "Resources", "Outputs"} {
		if section := root.get(name); section != nil && section.kind != object && section.kind != broken {
			r.report(place{resource: name}, section.line, "must be an object, not %s", section.kind)
		}
	}
	if transform := root.get("Transform"); transform == nil || transform.text != "AWS::Serverless-2016-10-31" {
		r.report(place{resource: "Transform"}, root.line, "must be AWS::Serverless-2016-10-31")
	}
	if root.get("Resources") == nil {
		r.report(place{resource: "Resources"}, root.line, "a template has at least one resource")
	}
}

func (r *reader) readOutputs(section *node) {
	if section == nil {
		return
	}
	for _, declared := range section.fields {
		at := place{"Outputs", declared.name}
		if condition := declared.value.get("Condition"); condition != nil {
			if wanted, decided := r.condition(condition, at); !decided || !wanted {
				continue
			}
		}
		p := r.properties(declared.value, at)
		p.ignore("Condition", "Export")
		r.stack.Outputs = append(r.stack.Outputs, Output{
			Name:        declared.name,
			Line:        declared.line,
			Description: p.text("Description", ""),
			Value:       p.requiredText("Value"),
		})
		p.done()
	}
}
