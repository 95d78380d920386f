package stacks

import (
	"context"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/awsapi"
)

// Handler serves CloudFormation's Query protocol. Whoever calls it is the account's own administrator; it does not look at the
// signature.
//
// https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_Operations.html
func (s *Stacks) Handler() http.Handler {
	const mostBytes = 2 << 20
	operations := map[string]awsapi.QueryOperation{}
	for name, operation := range map[string]struct {
		serve      func(ctx context.Context, form awsapi.Form) (any, error)
		parameters string
	}{
		"CreateChangeSet":        {s.serveCreateChangeSet, submitted + "ChangeSetName ChangeSetType Description IncludeNestedStacks"},
		"DescribeChangeSet":      {s.serveDescribeChangeSet, "ChangeSetName StackName NextToken"},
		"ExecuteChangeSet":       {s.serveExecuteChangeSet, "ChangeSetName StackName ClientRequestToken DisableRollback"},
		"DeleteChangeSet":        {s.serveDeleteChangeSet, "ChangeSetName StackName"},
		"ListChangeSets":         {s.serveListChangeSets, "StackName NextToken"},
		"CreateStack":            {s.serveCreateStack, submitted + "TimeoutInMinutes OnFailure EnableTerminationProtection DisableRollback"},
		"UpdateStack":            {s.serveUpdateStack, submitted + "DisableRollback"},
		"DeleteStack":            {s.serveDeleteStack, "StackName RetainResources RoleARN ClientRequestToken"},
		"DescribeStacks":         {s.serveDescribeStacks, "StackName NextToken"},
		"ListStacks":             {s.serveListStacks, "StackStatusFilter NextToken"},
		"DescribeStackEvents":    {s.serveDescribeStackEvents, "StackName NextToken"},
		"DescribeStackResource":  {s.serveDescribeStackResource, "StackName LogicalResourceId"},
		"DescribeStackResources": {s.serveDescribeStackResources, "StackName LogicalResourceId PhysicalResourceId"},
		"ListStackResources":     {s.serveListStackResources, "StackName NextToken"},
		"GetTemplate":            {s.serveGetTemplate, "StackName ChangeSetName TemplateStage"},
		"GetTemplateSummary":     {s.serveGetTemplateSummary, "StackName TemplateBody TemplateURL"},
		"ValidateTemplate":       {s.serveValidateTemplate, "TemplateBody TemplateURL"},
	} {
		known := append(strings.Fields(operation.parameters), "Action", "Version")
		operations[name] = func(r *http.Request, form awsapi.Form) (any, error) {
			for parameter := range r.Form {
				first, _, _ := strings.Cut(parameter, ".")
				if !slices.Contains(known, first) {
					return nil, invalid("The local cloud does not support the parameter %s of %s.", first, name)
				}
			}
			return operation.serve(r.Context(), form)
		}
	}
	return &awsapi.Query{Namespace: "http://cloudformation.amazonaws.com/doc/2010-05-15/", MaxBody: mostBytes, Operations: operations}
}

// submitted are the parameters of what is to be deployed.
const submitted = "StackName TemplateBody TemplateURL UsePreviousTemplate Parameters Capabilities Tags RoleARN NotificationARNs " +
	"ClientToken ClientRequestToken OnStackFailure RollbackConfiguration "

// stackName is what stacks and change sets may be called.
var stackName = regexp.MustCompile(`^[a-zA-Z][-a-zA-Z0-9]{0,127}$`)

const timeForm = "2006-01-02T15:04:05.000Z"

// moment is a time in an answer; empty for none.
func moment(at time.Time) string {
	if at.IsZero() {
		return ""
	}
	return at.UTC().Format(timeForm)
}

// required is a parameter that must be there.
func required(form awsapi.Form, name string) (string, error) {
	value := form.Text(name)
	if value == "" {
		return "", invalid("1 validation error detected: Value null at '%s' failed to satisfy constraint: Member must not be null",
			strings.ToLower(name[:1])+name[1:])
	}
	return value, nil
}

func (s *Stacks) serveCreateChangeSet(_ context.Context, form awsapi.Form) (any, error) {
	name, err := required(form, "ChangeSetName")
	if err != nil {
		return nil, err
	}
	kind := form.Text("ChangeSetType")
	switch {
	case !stackName.MatchString(name):
		return nil, invalid("1 validation error detected: Value '%s' at 'changeSetName' failed to satisfy constraint: "+
			"Member must satisfy regular expression pattern: [a-zA-Z][-a-zA-Z0-9]*", name)
	case kind == "":
		kind = kindUpdate
	case kind != kindCreate && kind != kindUpdate, form.True("IncludeNestedStacks"):
		return nil, invalid("The local cloud supports change sets of the types CREATE and UPDATE, without nested stacks.")
	}
	submitted, err := s.submission(form, false)
	if err != nil {
		return nil, err
	}
	st, made, err := s.createChangeSet(name, kind, form.Text("Description"), submitted)
	if err != nil {
		return nil, err
	}
	return struct {
		ID      string `xml:"Id"`
		StackID string `xml:"StackId"`
	}{made.ID, st.ID}, nil
}

func (s *Stacks) serveExecuteChangeSet(ctx context.Context, form awsapi.Form) (any, error) {
	name, err := required(form, "ChangeSetName")
	if err != nil {
		return nil, err
	}
	if form.True("DisableRollback") {
		return nil, withoutRollback()
	}
	st, err := s.execute(name, form.Text("StackName"))
	if err != nil {
		return nil, err
	}
	s.await(ctx, st)
	return struct{}{}, nil
}

func withoutRollback() error {
	return invalid("The local cloud rolls back what fails, always: leave DisableRollback and OnFailure away.")
}

func (s *Stacks) serveDeleteChangeSet(_ context.Context, form awsapi.Form) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	st, made, _ := s.findChangeSet(form.Text("ChangeSetName"), form.Text("StackName"))
	if made == nil {
		return struct{}{}, nil // AWS takes it for done
	}
	return struct{}{}, s.dropChangeSets(st, func(other *changeSet) bool { return other == made })
}

type stackAnswer struct {
	StackID string `xml:"StackId"`
}

func (s *Stacks) serveCreateStack(ctx context.Context, form awsapi.Form) (any, error) {
	if form.True("DisableRollback") || form.Has("OnFailure") && form.Text("OnFailure") != "ROLLBACK" {
		return nil, withoutRollback()
	}
	if form.True("EnableTerminationProtection") {
		return nil, invalid("The local cloud does not support EnableTerminationProtection.")
	}
	submitted, err := s.submission(form, true)
	if err != nil {
		return nil, err
	}
	st, err := s.createStack(submitted)
	if err != nil {
		return nil, err
	}
	s.await(ctx, st)
	return stackAnswer{st.ID}, nil
}

func (s *Stacks) serveUpdateStack(ctx context.Context, form awsapi.Form) (any, error) {
	if form.True("DisableRollback") {
		return nil, withoutRollback()
	}
	submitted, err := s.submission(form, true)
	if err != nil {
		return nil, err
	}
	st, err := s.updateStack(submitted)
	if err != nil {
		return nil, err
	}
	s.await(ctx, st)
	return stackAnswer{st.ID}, nil
}

func (s *Stacks) serveDeleteStack(ctx context.Context, form awsapi.Form) (any, error) {
	name, err := required(form, "StackName")
	if err != nil {
		return nil, err
	}
	st, err := s.deleteStack(name, form.Texts("RetainResources"))
	if err != nil {
		return nil, err
	}
	if st != nil {
		s.await(ctx, st)
	}
	return struct{}{}, nil
}
