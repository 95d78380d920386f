package stacks

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strconv"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/awsapi"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/template"
)

// What follows are the shapes of answers.

type keyValue struct {
	Key   string
	Value string
}

type parameterValue struct {
	ParameterKey   string
	ParameterValue string
}

type outputValue struct {
	OutputKey   string
	OutputValue string
	Description string `xml:",omitempty"`
}

type stackDescription struct {
	StackID                     string `xml:"StackId"`
	StackName                   string
	ChangeSetID                 string `xml:"ChangeSetId,omitempty"`
	Description                 string `xml:",omitempty"`
	Parameters                  *awsapi.Members[parameterValue]
	CreationTime                string
	LastUpdatedTime             string `xml:",omitempty"`
	DeletionTime                string `xml:",omitempty"`
	StackStatus                 string
	StackStatusReason           string `xml:",omitempty"`
	DisableRollback             bool
	NotificationARNs            awsapi.Members[string]
	Capabilities                *awsapi.Members[string]
	Outputs                     *awsapi.Members[outputValue]
	RoleARN                     string `xml:",omitempty"`
	Tags                        awsapi.Members[keyValue]
	EnableTerminationProtection bool
	DriftInformation            driftOfStack
}

type driftOfStack struct{ StackDriftStatus string }

type driftOfResource struct{ StackResourceDriftStatus string }

const notChecked = "NOT_CHECKED"

func listOf[T any](list []T) awsapi.Members[T] { return awsapi.Members[T]{Member: list} }

// listOrNone is a list that AWS leaves away when it is empty.
func listOrNone[T any](list []T) *awsapi.Members[T] {
	if len(list) == 0 {
		return nil
	}
	return &awsapi.Members[T]{Member: list}
}

func tagsOf(tags map[string]string) awsapi.Members[keyValue] {
	var list []keyValue
	for _, key := range slices.Sorted(maps.Keys(tags)) {
		list = append(list, keyValue{key, tags[key]})
	}
	return listOf(list)
}

// valuesOf are the values that a version's parameters have, but for those that are not to be shown.
func valuesOf(v *version) []parameterValue {
	if v == nil {
		return nil
	}
	summary, err := template.Summarize("template", []byte(v.Body))
	if err != nil {
		return nil // it was read before it was deployed
	}
	var list []parameterValue
	for _, parameter := range summary.Parameters {
		value, given := v.Parameters[parameter.Name]
		switch {
		case parameter.NoEcho:
			value = "****"
		case !given && parameter.Default != nil:
			value = *parameter.Default
		}
		list = append(list, parameterValue{parameter.Name, value})
	}
	return list
}

func (st *stack) describe() stackDescription {
	shown := st.Current
	if shown == nil {
		shown = st.Next
	}
	description := stackDescription{
		StackID: st.ID, StackName: st.Name, ChangeSetID: st.ChangeSet, Description: st.Description, Parameters: listOrNone(valuesOf(shown)),
		CreationTime: moment(st.Created), LastUpdatedTime: moment(st.Updated), DeletionTime: moment(st.Deleted),
		StackStatus: st.Status, StackStatusReason: st.Reason, NotificationARNs: listOf(st.Topics),
		Capabilities: listOrNone(st.Capabilities), RoleARN: st.Role, Tags: tagsOf(st.Tags), DriftInformation: driftOfStack{notChecked},
	}
	if st.current != nil {
		var outputs []outputValue
		for _, output := range st.current.Outputs {
			outputs = append(outputs, outputValue{output.Name, output.Value, output.Description})
		}
		description.Outputs = listOrNone(outputs)
	}
	return description
}

func (s *Stacks) serveDescribeStacks(_ context.Context, form awsapi.Form) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var list []stackDescription
	if name := form.Text("StackName"); name != "" {
		st, err := s.find(name)
		if err != nil {
			return nil, err
		}
		list = append(list, st.describe())
	} else {
		for _, st := range slices.Backward(s.stacks) {
			if st.Status != deleteComplete {
				list = append(list, st.describe())
			}
		}
	}
	return struct {
		Stacks awsapi.Members[stackDescription]
	}{listOf(list)}, nil
}

func (s *Stacks) serveListStacks(_ context.Context, form awsapi.Form) (any, error) {
	type summary struct {
		StackID             string `xml:"StackId"`
		StackName           string
		TemplateDescription string `xml:",omitempty"`
		CreationTime        string
		LastUpdatedTime     string `xml:",omitempty"`
		DeletionTime        string `xml:",omitempty"`
		StackStatus         string
		StackStatusReason   string `xml:",omitempty"`
		DriftInformation    driftOfStack
	}
	wanted := form.Texts("StackStatusFilter")
	s.mu.Lock()
	defer s.mu.Unlock()
	var list []summary
	for _, st := range slices.Backward(s.stacks) {
		if len(wanted) == 0 || slices.Contains(wanted, st.Status) {
			list = append(list, summary{
				st.ID, st.Name, st.Description, moment(st.Created), moment(st.Updated), moment(st.Deleted), st.Status, st.Reason, driftOfStack{notChecked},
			})
		}
	}
	return struct{ StackSummaries awsapi.Members[summary] }{listOf(list)}, nil
}

func (s *Stacks) serveDescribeStackEvents(_ context.Context, form awsapi.Form) (any, error) {
	type shown struct {
		StackID              string `xml:"StackId"`
		EventID              string `xml:"EventId"`
		StackName            string
		LogicalResourceID    string `xml:"LogicalResourceId"`
		PhysicalResourceID   string `xml:"PhysicalResourceId"`
		ResourceType         string
		Timestamp            string
		ResourceStatus       string
		ResourceStatusReason string `xml:",omitempty"`
		ResourceProperties   string `xml:",omitempty"`
	}
	answer := struct {
		StackEvents awsapi.Members[shown]
		NextToken   string `xml:",omitempty"`
	}{}
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
	end := st.events
	if token := form.Text("NextToken"); token != "" {
		if end, err = strconv.ParseUint(token, 10, 64); err != nil {
			return nil, invalid("NextToken is not one that DescribeStackEvents gave")
		}
	}
	add := func(e event) {
		answer.StackEvents.Member = append(answer.StackEvents.Member, shown{
			st.ID, e.ID, st.Name, e.LogicalID, e.PhysicalID, e.Type, moment(e.At), e.Status, e.Reason, string(e.Properties),
		})
	}
	for _, e := range st.told {
		add(e)
	}
	const page = 100
	from := uint64(0)
	if end > page {
		from = end - page
		answer.NextToken = strconv.FormatUint(from, 10)
	}
	err = s.memory.space.ScanReverse(eventKey(st.ID, from), eventKey(st.ID, end), func(_, value []byte) (bool, error) {
		var e event
		if err := json.Unmarshal(value, &e); err != nil {
			return false, err
		}
		add(e)
		return true, nil
	})
	return answer, err
}

type resourceDescription struct {
	StackName            string
	StackID              string `xml:"StackId"`
	LogicalResourceID    string `xml:"LogicalResourceId"`
	PhysicalResourceID   string `xml:"PhysicalResourceId,omitempty"`
	ResourceType         string
	Timestamp            string
	ResourceStatus       string
	ResourceStatusReason string `xml:",omitempty"`
	DriftInformation     driftOfResource
}

func (st *stack) describeResource(r resource) resourceDescription {
	return resourceDescription{
		st.Name, st.ID, r.LogicalID, r.PhysicalID, r.Type, moment(r.At), r.Status, r.Reason, driftOfResource{notChecked},
	}
}

func (s *Stacks) serveDescribeStackResources(_ context.Context, form awsapi.Form) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	name, logicalID, physicalID := form.Text("StackName"), form.Text("LogicalResourceId"), form.Text("PhysicalResourceId")
	var found *stack
	var err error
	switch {
	case name != "" && physicalID == "":
		found, err = s.find(name)
	case name == "" && physicalID != "":
		for _, st := range s.stacks {
			if st.Status != deleteComplete && slices.ContainsFunc(st.Resources, func(r resource) bool { return r.PhysicalID == physicalID }) {
				found = st
			}
		}
		if found == nil {
			err = invalid("Stack for %s does not exist", physicalID)
		}
	default:
		err = invalid("Either StackName or PhysicalResourceId must be specified")
	}
	if err != nil {
		return nil, err
	}
	var list []resourceDescription
	for _, r := range found.Resources {
		if logicalID == "" || r.LogicalID == logicalID {
			list = append(list, found.describeResource(r))
		}
	}
	return struct {
		StackResources awsapi.Members[resourceDescription]
	}{listOf(list)}, nil
}

func (s *Stacks) serveDescribeStackResource(_ context.Context, form awsapi.Form) (any, error) {
	type detail struct {
		resourceDescription
		LastUpdatedTimestamp string
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	st, err := s.find(form.Text("StackName"))
	if err != nil {
		return nil, err
	}
	for _, r := range st.Resources {
		if r.LogicalID == form.Text("LogicalResourceId") {
			shown := st.describeResource(r)
			shown.Timestamp = ""
			return struct{ StackResourceDetail detail }{detail{shown, moment(r.At)}}, nil
		}
	}
	return nil, invalid("Resource %s does not exist for stack %s", form.Text("LogicalResourceId"), st.Name)
}

func (s *Stacks) serveListStackResources(_ context.Context, form awsapi.Form) (any, error) {
	type summary struct {
		LogicalResourceID    string `xml:"LogicalResourceId"`
		PhysicalResourceID   string `xml:"PhysicalResourceId,omitempty"`
		ResourceType         string
		LastUpdatedTimestamp string
		ResourceStatus       string
		ResourceStatusReason string `xml:",omitempty"`
		DriftInformation     driftOfResource
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
	for _, r := range st.Resources {
		list = append(list, summary{r.LogicalID, r.PhysicalID, r.Type, moment(r.At), r.Status, r.Reason, driftOfResource{notChecked}})
	}
	return struct{ StackResourceSummaries awsapi.Members[summary] }{listOf(list)}, nil
}
