package queue

import (
	"strings"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/awsapi"
)

// The codes of SQS's refusals, as its first protocol has them: clients act upon these still. On the wire of the JSON
// protocol some have another name, and these stand in a header of their own.
//
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-json-faqs.html
const (
	accessDenied                 = "AccessDeniedException"
	batchEntryIDsNotDistinct     = "AWS.SimpleQueueService.BatchEntryIdsNotDistinct"
	batchRequestTooLong          = "AWS.SimpleQueueService.BatchRequestTooLong"
	emptyBatchRequest            = "AWS.SimpleQueueService.EmptyBatchRequest"
	invalidAttributeName         = "InvalidAttributeName"
	invalidAttributeValue        = "InvalidAttributeValue"
	invalidBatchEntryID          = "AWS.SimpleQueueService.InvalidBatchEntryId"
	invalidMessageContents       = "InvalidMessageContents"
	invalidParameterValue        = "InvalidParameterValue"
	missingParameter             = "MissingParameter"
	nonExistentQueue             = "AWS.SimpleQueueService.NonExistentQueue"
	purgeQueueInProgress         = "AWS.SimpleQueueService.PurgeQueueInProgress"
	queueAlreadyExists           = "QueueAlreadyExists"
	queueDeletedRecently         = "AWS.SimpleQueueService.QueueDeletedRecently"
	receiptHandleIsInvalid       = "ReceiptHandleIsInvalid"
	tooManyEntriesInBatchRequest = "AWS.SimpleQueueService.TooManyEntriesInBatchRequest"
	unsupportedOperation         = "AWS.SimpleQueueService.UnsupportedOperation"
)

func refuse(code, format string, args ...any) *awsapi.Error {
	return awsapi.Errorf(code, format, args...)
}

// renamed are the codes that have a name of their own in the JSON protocol, each with that name. Of the others, only the
// beginning falls away.
func renamed() [][2]string {
	return [][2]string{
		{nonExistentQueue, "QueueDoesNotExist"},
		{queueAlreadyExists, "QueueNameExists"},
		{invalidParameterValue, "InvalidParameterValueException"},
		{missingParameter, "MissingRequiredParameterException"},
	}
}

const legacyPrefix = "AWS.SimpleQueueService."

// shapeOf is the name that a code has in the JSON protocol.
func shapeOf(code string) string {
	for _, names := range renamed() {
		if names[0] == code {
			return names[1]
		}
	}
	return strings.TrimPrefix(code, legacyPrefix)
}

// codeOf is the code that has a name in the JSON protocol.
func codeOf(shape string) string {
	for _, names := range renamed() {
		if names[1] == shape {
			return names[0]
		}
	}
	switch code := legacyPrefix + shape; code {
	case batchEntryIDsNotDistinct, batchRequestTooLong, emptyBatchRequest, invalidBatchEntryID, purgeQueueInProgress,
		queueDeletedRecently, tooManyEntriesInBatchRequest, unsupportedOperation:
		return code
	}
	return shape
}
