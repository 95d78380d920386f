package bus

import (
	"errors"
	"math/rand/v2"
	"net/http"
	"time"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/awsapi"
)

// failure is why a delivery did not succeed, as the dead-letter queue's message attributes say it.
//
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html
type failure struct {
	code, message string
	exhausted     string // the condition of the retry policy that ended the attempts, or empty
}

// The values of ERROR_CODE that the local cloud knows.
const (
	noPermissions    = "NO_PERMISSIONS"
	noResource       = "NO_RESOURCE"
	throttling       = "THROTTLING"
	invalidJSON      = "INVALID_JSON"
	invalidParameter = "INVALID_PARAMETER"
	errorFromTarget  = "ERROR_FROM_TARGET"
	unknownError     = "UNKNOWN"
)

func (f *failure) Error() string { return f.code + ": " + f.message }

// retryable tells whether another attempt may succeed without anyone's help.
func (f *failure) retryable() bool {
	switch f.code {
	case throttling, errorFromTarget, unknownError:
		return true
	default:
		return false
	}
}

// failureOf reads the error of a target.
func failureOf(err error) failure {
	var known *failure
	if errors.As(err, &known) {
		return *known
	}
	var refusal *awsapi.Error
	if !errors.As(err, &refusal) {
		return failure{code: unknownError, message: err.Error()}
	}
	found := failure{message: refusal.Message}
	if found.message == "" {
		found.message = refusal.Code
	}
	switch refusal.Code {
	case "ResourceNotFoundException", "AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist":
		found.code = noResource
	case "AccessDeniedException", "AccessDenied":
		found.code = noPermissions
	case "TooManyRequestsException", "ThrottlingException", "RequestThrottled":
		found.code = throttling
	default:
		switch {
		case refusal.Status == http.StatusTooManyRequests:
			found.code = throttling
		case refusal.Status >= http.StatusInternalServerError:
			found.code = errorFromTarget
		default:
			found.code = invalidParameter
		}
	}
	return found
}

// backoff is the pause after a number of failed attempts: it doubles from one second to eight minutes, so that 185 retries
// take about a day as on AWS, and is shortened at random by up to a half.
func backoff(failures int) time.Duration {
	const first, longest = time.Second, 8 * time.Minute
	pause := longest
	if doublings := failures - 1; doublings < 10 {
		pause = min(first<<doublings, longest)
	}
	return pause - rand.N(pause/2)
}
