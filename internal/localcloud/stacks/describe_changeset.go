package stacks

import (
	"context"
	"slices"
	"strings"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/awsapi"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/template"
)

func (s *Stacks) serveDescribeChangeSet(_ context.Context, form awsapi.Form) (any, error) {
	type resourceChange struct {
		Action             string
		LogicalResourceID  string `xml:"LogicalResourceId"`
		PhysicalResourceID string `xml:"PhysicalResourceId,omitempty"`
		ResourceType       string
		Replacement        string `xml:",omitempty"`
		Scope              awsapi.Members[string]
		Details            awsapi.Members[string]
	}
	type shownChange struct {
		Type           string
		ResourceChange resourceChange
	}
	name, err := required(form, "ChangeSetName")
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	st, made, err := s.findChangeSet(name, form.Text("StackName"))
	if err != nil {
		return nil, err
	}
	var changes []shownChange
	for _, c := range made.Changes {
		shown := resourceChange{Action: c.Action, LogicalResourceID: c.LogicalID, PhysicalResourceID: c.PhysicalID, ResourceType: c.Type, Replacement: c.Replacement}
		if c.Action == "Modify" {
			shown.Scope = listOf([]string{"Properties"})
		}
		changes = append(changes, shownChange{"Resource", shown})
	}
	return struct {
		ChangeSetName       string
		ChangeSetID         string `xml:"ChangeSetId"`
		StackID             string `xml:"StackId"`
		StackName           string
		Description         string `xml:",omitempty"`
		Parameters          *awsapi.Members[parameterValue]
		CreationTime        string
		ExecutionStatus     string
		Status              string
		StatusReason        string `xml:",omitempty"`
		NotificationARNs    awsapi.Members[string]
		Capabilities        *awsapi.Members[string]
		Tags                awsapi.Members[keyValue]
		Changes             awsapi.Members[shownChange]
		IncludeNestedStacks bool
	}{
		made.Name, made.ID, st.ID, st.Name, made.Description, listOrNone(valuesOf(&made.Version)), moment(made.Created),
		made.Execution, made.Status, made.Reason, listOf(made.Topics), listOrNone(made.Version.Capabilities),
		tagsOf(made.Version.Tags), listOf(changes), false,
	}, nil
}

func (s *Stacks) serveListChangeSets(_ context.Context, form awsapi.Form) (any, error) {
	type summary struct {
		StackID         string `xml:"StackId"`
		StackName       string
		ChangeSetID     string `xml:"ChangeSetId"`
		ChangeSetName   string
		ExecutionStatus string
		Status          string
		StatusReason    string `xml:",omitempty"`
		CreationTime    string
		Description     string `xml:",omitempty"`
	}
	name, err := required(form, "StackName")
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	st, err := s.find(name)
	if err != nil {
		return nil, err
	}
	var list []summary
	for _, made := range slices.Backward(st.changeSets) {
		list = append(list, summary{
			st.ID, st.Name, made.ID, made.Name, made.Execution, made.Status, made.Reason, moment(made.Created), made.Description,
		})
	}
	return struct{ Summaries awsapi.Members[summary] }{listOf(list)}, nil
}

func (s *Stacks) serveGetTemplate(_ context.Context, form awsapi.Form) (any, error) {
	if stage := form.Text("TemplateStage"); stage != "" && stage != "Original" {
		return nil, invalid("The local cloud keeps templates as they were sent: the stage %s is not supported.", stage)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var shown *version
	if name := form.Text("ChangeSetName"); name != "" {
		_, made, err := s.findChangeSet(name, form.Text("StackName"))
		if err != nil {
			return nil, err
		}
		shown = &made.Version
	} else {
		st, err := s.find(form.Text("StackName"))
		if err != nil {
			return nil, err
		}
		shown = st.Current
	}
	answer := struct {
		TemplateBody    string `xml:",omitempty"`
		StagesAvailable awsapi.Members[string]
	}{StagesAvailable: listOf([]string{"Original"})}
	if shown != nil {
		answer.TemplateBody = shown.Body
	}
	return answer, nil
}

// summary is what the template says that a request means.
func (s *Stacks) summary(form awsapi.Form) (template.Summary, error) {
	var body string
	if name := form.Text("StackName"); name != "" {
		s.mu.Lock()
		st, err := s.find(name)
		if err == nil && st.Current != nil {
			body = st.Current.Body
		}
		s.mu.Unlock()
		if err != nil {
			return template.Summary{}, err
		}
	} else {
		var err error
		if body, err = s.body(form, ""); err != nil {
			return template.Summary{}, err
		}
	}
	summary, err := template.Summarize("template", []byte(body))
	if err != nil {
		return summary, invalid("Template format error: %v", err)
	}
	return summary, nil
}

type parameterDeclaration struct {
	ParameterKey         string
	DefaultValue         *string
	ParameterType        string `xml:",omitempty"`
	NoEcho               bool
	Description          string `xml:",omitempty"`
	ParameterConstraints *constraints
}

type constraints struct{ AllowedValues awsapi.Members[string] }

func (s *Stacks) serveGetTemplateSummary(_ context.Context, form awsapi.Form) (any, error) {
	summary, err := s.summary(form)
	if err != nil {
		return nil, err
	}
	var parameters []parameterDeclaration
	for _, p := range summary.Parameters {
		declared := parameterDeclaration{p.Name, p.Default, p.Type, p.NoEcho, p.Description, nil}
		if len(p.AllowedValues) > 0 {
			declared.ParameterConstraints = &constraints{listOf(p.AllowedValues)}
		}
		parameters = append(parameters, declared)
	}
	return struct {
		Parameters         awsapi.Members[parameterDeclaration]
		Description        string `xml:",omitempty"`
		Capabilities       *awsapi.Members[string]
		CapabilitiesReason string `xml:",omitempty"`
		ResourceTypes      awsapi.Members[string]
		Version            string
		DeclaredTransforms awsapi.Members[string]
	}{
		listOf(parameters), summary.Description, listOrNone(summary.Capabilities), reasonForCapabilities(summary), listOf(summary.Types),
		"2010-09-09", transforms(summary),
	}, nil
}

func (s *Stacks) serveValidateTemplate(_ context.Context, form awsapi.Form) (any, error) {
	summary, err := s.summary(form)
	if err != nil {
		return nil, err
	}
	var parameters []parameterDeclaration
	for _, p := range summary.Parameters {
		parameters = append(parameters, parameterDeclaration{ParameterKey: p.Name, DefaultValue: p.Default, NoEcho: p.NoEcho, Description: p.Description})
	}
	return struct {
		Parameters         awsapi.Members[parameterDeclaration]
		Description        string `xml:",omitempty"`
		Capabilities       *awsapi.Members[string]
		CapabilitiesReason string `xml:",omitempty"`
		DeclaredTransforms awsapi.Members[string]
	}{
		listOf(parameters), summary.Description, listOrNone(summary.Capabilities), reasonForCapabilities(summary), transforms(summary),
	}, nil
}

func reasonForCapabilities(summary template.Summary) string {
	if len(summary.Capabilities) == 0 {
		return ""
	}
	return "The following resource(s) require capabilities: [" + strings.Join(slices.DeleteFunc(slices.Clone(summary.Types),
		func(kind string) bool { return !strings.HasPrefix(kind, "AWS::IAM::") }), ", ") + "]"
}

func transforms(summary template.Summary) awsapi.Members[string] {
	if summary.Transform == "" {
		return listOf[string](nil)
	}
	return listOf([]string{summary.Transform})
}
