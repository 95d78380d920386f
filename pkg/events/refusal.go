package events

import (
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
)

// The reasons why a fact was not accepted, beside *InvalidError. Each that cannot pass says so by a method Permanent.

var (
	errNotSent        = errors.New("not sent")
	errAnswersMissing = errors.New("the answer has not one result for each entry")
	errNoReason       = errors.New("the answer has neither an event id nor an error code for the entry")
)

// NotDeclaredError says that a handler wanted to publish a fact that it has not declared (see Cause).
type NotDeclaredError struct {
	DetailType string
}

func (e *NotDeclaredError) Error() string {
	return e.DetailType + ": the handler has not declared that it may publish it"
}

// Permanent tells that trying again would fail alike.
func (e *NotDeclaredError) Permanent() bool { return true }

// TooLargeError says that the detail of a fact has too many bytes.
type TooLargeError struct {
	DetailType  string
	Size, Limit int // bytes
}

func (e *TooLargeError) Error() string {
	return fmt.Sprintf("%s: the detail has %d bytes, more than %d; store the data in S3 and publish a reference to it",
		e.DetailType, e.Size, e.Limit)
}

// Permanent tells that trying again would fail alike.
func (e *TooLargeError) Permanent() bool { return true }

// RefusedError says that EventBridge has refused one entry of a call.
type RefusedError struct {
	Code    string // such as ThrottlingException
	Message string
}

func (e *RefusedError) Error() string { return e.Code + ": " + e.Message }

// Permanent tells whether AWS says that the same entry would be refused again. A code that AWS has not documented is taken
// for one that passes: a needless resend costs less than a lost event.
//
// Codes: https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEventsResultEntry.html
func (e *RefusedError) Permanent() bool {
	switch e.Code {
	case "AccessDeniedException", "InvalidAccountIdException", "InvalidArgument", "MalformedDetail", "RedactionFailure",
		"NotAuthorizedForSourceException", "NotAuthorizedForDetailTypeException":
		return true
	}
	return false
}

// refusal returns nil for an entry that was accepted.
func refusal(answer types.PutEventsResultEntry) error {
	switch {
	case answer.ErrorCode != nil:
		return &RefusedError{Code: *answer.ErrorCode, Message: aws.ToString(answer.ErrorMessage)}
	case aws.ToString(answer.EventId) == "":
		return &CallError{Err: errNoReason}
	}
	return nil
}

// resendable tells whether an entry alone was refused, for a reason that passes. A call that failed as a whole is not made
// again: the SDK's client has tried it several times already.
func resendable(err error) bool {
	var refused *RefusedError
	return errors.As(err, &refused) && !refused.Permanent()
}

// CallError says that a call of PutEvents failed as a whole, or that its answer cannot be understood. Some of its entries
// may have been accepted all the same.
type CallError struct{ Err error }

func (e *CallError) Error() string { return "put events: " + e.Err.Error() }

// Unwrap returns the client's error.
func (e *CallError) Unwrap() error { return e.Err }

// Permanent tells whether AWS answered with an error that the SDK would not try again, such as a validation error. A
// network that is away, a throttled call or a deadline pass.
func (e *CallError) Permanent() bool {
	var answered interface{ ErrorCode() string }
	return errors.As(e.Err, &answered) &&
		!retry.IsErrorRetryables(retry.DefaultRetryables).IsErrorRetryable(e.Err).Bool()
}
