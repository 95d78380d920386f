package eventstest

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
)

// What one call of PutEvents takes.
//
// Limits: https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html
const (
	maxCallEntries = 10
	maxCallSize    = 1_000_000
	maxDetailType  = 128
	maxTraceHeader = 500
)

// AWSError is AWS's answer to a call that fails as a whole.
type AWSError struct {
	Code    string // such as ValidationException
	Message string
}

func (e *AWSError) Error() string { return e.Code + ": " + e.Message }

// ErrorCode tells the SDK whether to try again.
func (e *AWSError) ErrorCode() string { return e.Code }

// checkCall returns the error that EventBridge answers to the whole call, if any.
func checkCall(entries []types.PutEventsRequestEntry) error {
	if len(entries) == 0 || len(entries) > maxCallEntries {
		return invalid("%d entries, but there must be from 1 to %d", len(entries), maxCallEntries)
	}
	total := 0
	for i, entry := range entries {
		switch {
		case entry.EventBusName != nil && *entry.EventBusName == "":
			return invalid("entries.%d.eventBusName must not be empty", i+1)
		case entry.TraceHeader != nil && (len(*entry.TraceHeader) == 0 || len(*entry.TraceHeader) > maxTraceHeader):
			return invalid("entries.%d.traceHeader must have from 1 to %d characters", i+1, maxTraceHeader)
		}
		total += countedSize(entry)
	}
	if total >= maxCallSize {
		return invalid("Total size of the entries in the request is over the limit.")
	}
	return nil
}

func invalid(format string, values ...any) error {
	return &AWSError{Code: "ValidationException", Message: fmt.Sprintf(format, values...)}
}

// countedSize is what EventBridge counts of an entry, in bytes.
//
// Formula: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-putevents.html#eb-putevent-size
func countedSize(entry types.PutEventsRequestEntry) int {
	size := 0
	for _, text := range append([]string{
		aws.ToString(entry.Source), aws.ToString(entry.DetailType), aws.ToString(entry.Detail),
	}, entry.Resources...) {
		size += len(text)
	}
	if entry.Time != nil {
		size += 14
	}
	return size
}

// checkEntry returns the error code of an entry that EventBridge refuses alone, and says why.
func checkEntry(entry types.PutEventsRequestEntry) (code, message string) {
	for _, required := range []struct {
		name  string
		value *string
	}{{"Source", entry.Source}, {"DetailType", entry.DetailType}, {"Detail", entry.Detail}} {
		if required.value == nil || *required.value == "" {
			return "InvalidArgument", fmt.Sprintf("Parameter %[1]s is not valid. Reason: %[1]s is a required argument.", required.name)
		}
	}
	var object map[string]json.RawMessage
	switch {
	case len(*entry.DetailType) > maxDetailType:
		return "InvalidArgument", "Parameter DetailType is not valid. Reason: it is too long."
	case strings.HasPrefix(*entry.Source, "aws."):
		return "NotAuthorizedForSourceException", "Not authorized for the source."
	case json.Unmarshal([]byte(*entry.Detail), &object) != nil || object == nil:
		return "MalformedDetail", "Detail is malformed."
	}
	return "", ""
}
