// Package refusal words DynamoDB's refusals with AWS's codes and texts.
package refusal

import (
	"errors"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/awsapi"
)

// The codes that callers act upon.
const (
	CodeValidation = "ValidationException"
	CodeThrottled  = "ProvisionedThroughputExceededException"
)

// ThroughputExceeded is AWS's text of a throttled request.
const ThroughputExceeded = "The level of configured provisioned throughput for the table was exceeded. " +
	"Consider increasing your provisioning level with the UpdateTable API."

// Validation refuses a request whose content is wrong.
func Validation(format string, args ...any) *awsapi.Error {
	return awsapi.Errorf(CodeValidation, format, args...)
}

// Parameter refuses a request for the value of a parameter.
func Parameter(format string, args ...any) *awsapi.Error {
	return Validation("One or more parameter values were invalid: "+format, args...)
}

// Serialization refuses a request body that is not JSON or whose members have the wrong JSON type.
func Serialization(format string, args ...any) *awsapi.Error {
	return awsapi.Errorf("SerializationException", format, args...)
}

// NotFound refuses a data operation on a table that does not exist.
func NotFound() *awsapi.Error {
	return awsapi.Errorf("ResourceNotFoundException", "Requested resource not found")
}

// TableNotFound refuses an operation on the table itself when it does not exist.
func TableNotFound(table string) *awsapi.Error {
	return awsapi.Errorf("ResourceNotFoundException", "Requested resource not found: Table: %s not found", table)
}

// TableExists refuses to create a table again.
func TableExists(table string) *awsapi.Error {
	return awsapi.Errorf("ResourceInUseException", "Table already exists: %s", table)
}

// Throttled refuses a request as AWS does when a table's capacity is used up.
func Throttled() *awsapi.Error {
	return awsapi.Errorf(CodeThrottled, "%s", ThroughputExceeded)
}

// Prefixed puts a text before the message of a ValidationException; other errors stay as they are.
func Prefixed(prefix string, err error) error { return Worded(prefix, err, "") }

// Worded puts texts before and after the message of a ValidationException; other errors stay as they are.
func Worded(prefix string, err error, suffix string) error {
	var refused *awsapi.Error
	if !errors.As(err, &refused) || refused.Code != CodeValidation {
		return err
	}
	return Validation("%s%s%s", prefix, refused.Message, suffix)
}
