package stacks

import (
	"errors"
	"net/url"
	"slices"
	"strings"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/awsapi"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/template"
)

const (
	mostBodyBytes = 51_200 // of a template in a request; one in S3 may have a megabyte
	previous      = "UsePreviousValue"
)

// submission reads what a request wants to be deployed, at once or by a change set.
func (s *Stacks) submission(form awsapi.Form, atOnce bool) (*submission, error) {
	name, err := required(form, "StackName")
	if err != nil {
		return nil, err
	}
	if form.Has("OnStackFailure") && form.Text("OnStackFailure") != "ROLLBACK" {
		return nil, withoutRollback()
	}
	body, err := s.body(form, name)
	if err != nil {
		return nil, err
	}
	read := &submission{
		stack: name, topics: form.Texts("NotificationARNs"), role: form.Text("RoleARN"),
		version: version{Body: body, Capabilities: form.Texts("Capabilities"), Tags: map[string]string{}},
	}
	for _, tag := range form.Structures("Tags") {
		read.version.Tags[tag.Text("Key")] = tag.Text("Value")
	}
	if read.version.Parameters, err = s.parameters(form, name); err != nil {
		return nil, err
	}
	return read, checkCapabilities(&read.version, atOnce)
}

// body is the template that a request means; a stack's own if it says so.
func (s *Stacks) body(form awsapi.Form, stackName string) (string, error) {
	body, address, previous := form.Text("TemplateBody"), form.Text("TemplateURL"), form.True("UsePreviousTemplate")
	switch {
	case previous:
		s.mu.Lock()
		defer s.mu.Unlock()
		st, err := s.find(stackName)
		if err == nil && st.Current == nil {
			err = invalid("Stack [%s] has no template yet", stackName)
		}
		if err != nil {
			return "", err
		}
		return st.Current.Body, nil
	case len(body) > mostBodyBytes:
		return "", invalid("1 validation error detected: Value at 'templateBody' failed to satisfy constraint: "+
			"Member must have length less than or equal to %d: put it into S3 and name its TemplateURL", mostBodyBytes)
	case body != "" && address == "":
		return body, nil
	case body == "" && address != "":
		return s.bodyAt(address)
	}
	return "", invalid("Either Template URL or Template Body must be specified.")
}

func (s *Stacks) bodyAt(address string) (string, error) {
	parsed, err := url.Parse(address)
	if err != nil || parsed.Host == "" {
		return "", invalid("TemplateURL must be a supported URL.")
	}
	bucket, key := s.config.Address(parsed.Host, parsed.Path)
	body, err := s.config.Object(bucket, key)
	var refusal *awsapi.Error
	if errors.As(err, &refusal) {
		return "", invalid("S3 error: %s", refusal.Message)
	}
	return string(body), err
}

// parameters are the values that a request gives, or that the stack has.
func (s *Stacks) parameters(form awsapi.Form, stackName string) (map[string]string, error) {
	values := map[string]string{}
	s.mu.Lock()
	defer s.mu.Unlock()
	st, err := s.find(stackName)
	for _, given := range form.Structures("Parameters") {
		key := given.Text("ParameterKey")
		switch {
		case !given.True(previous):
			values[key] = given.Text("ParameterValue")
		case err != nil || st.Current == nil:
			return nil, invalid("Invalid input for parameter key %s. Cannot specify usePreviousValue as true for a parameter key not in the previous template", key)
		default:
			if value, known := st.Current.Parameters[key]; known {
				values[key] = value
			}
		}
	}
	return values, nil
}

// checkCapabilities refuses a version whose caller has not acknowledged what it does.
func checkCapabilities(v *version, atOnce bool) error {
	summary, err := template.Summarize("template", []byte(v.Body))
	if err != nil {
		return invalid("Template format error: %v", err)
	}
	const named, expand = "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"
	var missing []string
	for _, capability := range summary.Capabilities {
		if !slices.Contains(v.Capabilities, capability) && !slices.Contains(v.Capabilities, named) {
			missing = append(missing, capability)
		}
	}
	if atOnce && summary.Transform != "" && !slices.Contains(v.Capabilities, expand) {
		missing = append(missing, expand)
	}
	if len(missing) > 0 {
		return awsapi.Errorf("InsufficientCapabilitiesException", "Requires capabilities : [%s]", strings.Join(missing, ", "))
	}
	return nil
}
