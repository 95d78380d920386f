// Package awsapi holds what all AWS services of the local cloud answer with and are called by: errors with AWS's codes,
// the JSON protocol, and the names of the one account and region.
package awsapi

import "fmt"

// The local cloud is one account in one region.
const (
	Account = "123456789012"
	Region  = "us-east-1"
)

// ARN names a resource of the local cloud's account and region, such as ARN("events", "rule/bus/name").
func ARN(service, resource string) string {
	return "arn:aws:" + service + ":" + Region + ":" + Account + ":" + resource
}

// Error is a refusal as AWS words it. Clients act upon Code, people read Message.
type Error struct {
	Status  int            // HTTP status
	Code    string         // such as ResourceNotFoundException, without a namespace
	Message string         // AWS's text where it is known
	Fields  map[string]any // further members of the error's body, such as CancellationReasons
}

func (e *Error) Error() string { return e.Code + ": " + e.Message }

// Errorf makes a refusal with status 400.
func Errorf(code, format string, args ...any) *Error {
	return &Error{Status: 400, Code: code, Message: fmt.Sprintf(format, args...)}
}
