package template

import (
	"slices"
)

// Summary is what a template says of itself, whatever the values of its parameters.
type Summary struct {
	Description  string
	Transform    string
	Parameters   []Parameter
	Types        []string // of the resources, each once, in order of their mention
	Capabilities []string // that a caller must acknowledge, such as CAPABILITY_IAM
}

// Parameter is a parameter that a template declares.
type Parameter struct {
	Name          string
	Type          string // String or Number
	Description   string
	Default       *string // nil without one
	AllowedValues []string
	NoEcho        bool // whether its value is not to be shown
}

// Summarize reads what a template says of itself. Problems with the template's form are a *ReadError; others are found by
// Read.
func Summarize(name string, source []byte) (Summary, error) {
	r := &reader{file: name}
	root := r.parse(source)
	r.readSections(root)
	summary := Summary{Description: root.get("Description").textOrNone(), Transform: root.get("Transform").textOrNone()}
	for _, declared := range root.get("Parameters").fieldsOrNone() {
		parameter := Parameter{
			Name: declared.name, Type: declared.value.get("Type").textOrNone(),
			Description: declared.value.get("Description").textOrNone(), NoEcho: declared.value.get("NoEcho").textOrNone() == "true",
		}
		if fallback := declared.value.get("Default"); fallback != nil {
			parameter.Default = &fallback.text
		}
		if allowed := declared.value.get("AllowedValues"); allowed != nil {
			for _, value := range allowed.items {
				parameter.AllowedValues = append(parameter.AllowedValues, value.text)
			}
		}
		summary.Parameters = append(summary.Parameters, parameter)
	}
	for _, declared := range root.get("Resources").fieldsOrNone() {
		kind := declared.value.get("Type").textOrNone()
		if !slices.Contains(summary.Types, kind) {
			summary.Types = append(summary.Types, kind)
		}
		summary.needs(capability(kind, declared.value.get("Properties")))
	}
	slices.Sort(summary.Capabilities)
	return summary, r.err()
}

func (s *Summary) needs(capability string) {
	if capability != "" && !slices.Contains(s.Capabilities, capability) {
		s.Capabilities = append(s.Capabilities, capability)
	}
}

// capability is what a caller must acknowledge so that a resource is made: that it changes who may do what.
//
// https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateChangeSet.html
func capability(kind string, properties *node) string {
	const unnamed, named = "CAPABILITY_IAM", "CAPABILITY_NAMED_IAM"
	switch {
	case kind == "AWS::IAM::Role" && properties.get("RoleName") != nil,
		kind == "AWS::IAM::ManagedPolicy" && properties.get("ManagedPolicyName") != nil:
		return named
	case kind == "AWS::IAM::Role", kind == "AWS::IAM::ManagedPolicy",
		kind == "AWS::Serverless::Function" && properties.get("Role") == nil:
		return unnamed
	}
	return ""
}

// textOrNone is the text of a scalar, and empty for all else.
func (n *node) textOrNone() string {
	if n == nil || !n.scalar() {
		return ""
	}
	return n.text
}
