package mail

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// The errors of sending. Their texts are for logs, and hold neither an address nor what SES says of one; RefusedError has
// words for the agent beside them.

// UnavailableError says that a letter was not sent, and that trying again later may help: SES is asked too often, has a
// fault of its own, cannot be reached, or does not know the function's credentials.
type UnavailableError struct{ Problem string }

func (e *UnavailableError) Error() string { return "send a mail: " + e.Problem }

// Permanent tells that trying again may help.
func (e *UnavailableError) Permanent() bool { return false }

// UncertainError says that a letter may have been sent: the connection was cut, or time ran out, after SES could have read
// the letter, and no answer came.
type UncertainError struct{ Problem string }

func (e *UncertainError) Error() string { return "send a mail: it may have been sent: " + e.Problem }

// Permanent tells that the caller has to decide. An error that nobody looks at leads to another try.
func (e *UncertainError) Permanent() bool { return false }

// RefusedError says that a letter cannot be sent, whenever it is tried.
type RefusedError struct {
	Code   string // SES's, such as MessageRejected, or InvalidAddress for what is not even tried
	Reason string // for the agent, in a sentence or two
}

func (e *RefusedError) Error() string { return "send a mail: refused: " + e.Code }

// Permanent tells that trying again would fail alike.
func (e *RefusedError) Permanent() bool { return true }

// What an agent is told.
const (
	reasonAddress = "Your email address is not one that we can write to. Please check it in your notification settings."
	reasonLetter  = "The email service did not accept this email. Please check your email address in your notification settings."
	reasonService = "We cannot send emails at the moment. The fault is ours; you do not need to do anything."
)

// failure gives an error of the SDK its kind.
func (a *attempt) failure(err error) error {
	status, code := answered(err)
	switch {
	case throttled(err):
		return &UnavailableError{Problem: "SES is asked too often: " + code}
	case status == http.StatusBadGateway, status == http.StatusGatewayTimeout, 0 < status && status < http.StatusBadRequest:
		return &UncertainError{Problem: fmt.Sprintf("SES answered with status %d", status)}
	case status >= http.StatusInternalServerError, status == http.StatusRequestTimeout:
		return &UnavailableError{Problem: fmt.Sprintf("SES answered with status %d: %s", status, code)}
	case status == http.StatusUnauthorized, status == http.StatusForbidden:
		return &UnavailableError{Problem: "SES does not let the function send: " + code}
	case status != 0:
		return &RefusedError{Code: code, Reason: reasonOf(code)}
	case a.mayHaveArrived.Load():
		return &UncertainError{Problem: cause(err)}
	}
	return &UnavailableError{Problem: cause(err)}
}

// answered is the status of SES's answer, 0 if there was none, and the code of its error.
func answered(err error) (status int, code string) {
	var response *smithyhttp.ResponseError
	if errors.As(err, &response) {
		status = response.HTTPStatusCode()
	}
	code = "an error without a code"
	var refusal smithy.APIError
	if errors.As(err, &refusal) {
		code = line(refusal.ErrorCode(), maxBrief)
	}
	return status, code
}

// throttled tells whether SES has answered that it is asked too often.
func throttled(err error) bool {
	status, code := answered(err)
	return status == http.StatusTooManyRequests || status != 0 &&
		(code == "TooManyRequestsException" || code == "LimitExceededException" || strings.Contains(code, "Throttl"))
}

func reasonOf(code string) string {
	switch code {
	case "MessageRejected", "BadRequestException":
		return reasonLetter
	}
	return reasonService // the account, the domain or the function is at fault: no agent can mend that
}

// cause is the innermost reason that no answer came, without the wrapping of the SDK.
func cause(err error) string {
	for next := errors.Unwrap(err); next != nil; next = errors.Unwrap(err) {
		err = next
	}
	return line(err.Error(), maxValue)
}
