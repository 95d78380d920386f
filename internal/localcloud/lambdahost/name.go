package lambdahost

import (
	"net/http"
	"regexp"
	"strings"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/awsapi"
)

// Functions are named by name, by partial ARN or by ARN, each with a version or without.
//
// https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html#API_Invoke_RequestParameters
var functionReference = regexp.MustCompile(
	`^(?:(?:arn:aws:lambda:([a-z0-9-]+):)?(?:([0-9]{12}):)?function:)?([A-Za-z0-9_-]+)(?::(\$LATEST|[A-Za-z0-9_-]+))?$`)

// reference is what a request calls a function.
type reference struct {
	name      string
	qualifier string // version; empty if none was given
}

// arn is the ARN that the request means.
func (r reference) arn() string {
	arn := awsapi.ARN("lambda", "function:"+r.name)
	if r.qualifier != "" {
		arn += ":" + r.qualifier
	}
	return arn
}

// invoked is the ARN that the permission to invoke must be for. That for the newest version is for the function.
func (r reference) invoked() string {
	if r.qualifier == latest {
		r.qualifier = ""
	}
	return r.arn()
}

// resolve reads what a request calls a function, given the version that it names apart from it, if any.
func resolve(name, qualifier string) (reference, error) {
	parts := functionReference.FindStringSubmatch(name)
	if parts == nil || strings.HasPrefix(name, "arn:") && (parts[1] == "" || parts[2] == "") {
		return reference{}, awsapi.Errorf("ValidationException",
			"1 validation error detected: Value '%s' at 'functionName' failed to satisfy constraint: "+
				"Member must satisfy regular expression pattern: %s", name, functionReference)
	}
	found := reference{name: parts[3], qualifier: parts[4]}
	if found.qualifier != "" && qualifier != "" && found.qualifier != qualifier {
		return reference{}, awsapi.Errorf("InvalidParameterValueException",
			"The derived qualifier from the function name does not match the specified qualifier.")
	}
	if found.qualifier == "" {
		found.qualifier = qualifier
	}
	if region := parts[1]; region != "" && region != awsapi.Region {
		return reference{}, &awsapi.Error{
			Status: http.StatusNotFound, Code: "ResourceNotFoundException",
			Message: "Functions from '" + region + "' are not reachable in this region ('" + awsapi.Region + "')",
		}
	}
	if account := parts[2]; account != "" && account != awsapi.Account {
		return reference{}, notFound(name)
	}
	return found, nil
}

// InvokedARN is the ARN that the permission to invoke a function must be for, given what a request names it and the version or
// alias that it names apart from it, if any. It says false if these name no function of this account and region; then nothing
// is invoked.
func InvokedARN(name, qualifier string) (arn string, isName bool) {
	named, err := resolve(name, qualifier)
	if err != nil {
		return "", false
	}
	return named.invoked(), true
}

// find returns the function that a request means, and how the request calls it if there is none.
func (h *Host) find(name, qualifier string) (*function, reference, error) {
	wanted, err := resolve(name, qualifier)
	if err != nil {
		return nil, reference{}, err
	}
	h.mu.RLock()
	f, exists := h.functions[wanted.name]
	h.mu.RUnlock()
	if !exists || wanted.qualifier != "" && wanted.qualifier != latest && wanted.qualifier != f.Alias {
		return nil, wanted, notFound(wanted.arn())
	}
	return f, wanted, nil
}

func notFound(arn string) error {
	return &awsapi.Error{Status: http.StatusNotFound, Code: "ResourceNotFoundException", Message: "Function not found: " + arn}
}
