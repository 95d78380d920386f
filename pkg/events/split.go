package events

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
)

// What one call of PutEvents takes. The entries must count less than 1 MB together; as the page does not say which
// megabyte, the smaller one is kept to.
//
// Limits: https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html
const (
	maxCallEntries = 10
	maxCallSize    = 1_000_000
)

// timeSize is what the time of an entry counts.
const timeSize = 14

// entrySize is how many bytes EventBridge counts an entry as.
//
// Formula: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-putevents.html#eb-putevent-size
func entrySize(entry types.PutEventsRequestEntry) int {
	size := len(aws.ToString(entry.Source)) + len(aws.ToString(entry.DetailType)) + len(aws.ToString(entry.Detail))
	if entry.Time != nil {
		size += timeSize
	}
	for _, resource := range entry.Resources {
		size += len(resource)
	}
	return size
}

// split cuts what is to be sent into the parts that one call each can take, in order. It expects that each alone fits.
func split(pending []outgoing) [][]outgoing {
	var calls [][]outgoing
	begin, size := 0, 0
	for i, next := range pending {
		if i-begin == maxCallEntries || size+next.size >= maxCallSize {
			calls = append(calls, pending[begin:i])
			begin, size = i, 0
		}
		size += next.size
	}
	if begin < len(pending) {
		calls = append(calls, pending[begin:])
	}
	return calls
}
