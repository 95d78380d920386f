package bus

import (
	"bytes"
	"encoding/binary"
	"errors"
	"time"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/activity"
)

// delivery is one event that one target is to get.
type delivery struct {
	key         []byte // where the record stands in the state
	sequence    uint64
	acceptedAt  time.Time // to the millisecond
	failures    int       // of attempts so far
	refusals    int       // of the dead-letter queue so far
	givenUp     bool      // the dead-letter queue is to get it, for this reason:
	reason      failure
	traceHeader string
	about
	event string // JSON, as the rule matched it
}

// about is what the diary says of an event.
type about struct {
	eventID, detailType, source, correlationID, causationID string
}

func aboutOf(happened *activity.Activity) about {
	return about{
		eventID: happened.EventID, detailType: happened.DetailType, source: happened.Source,
		correlationID: happened.CorrelationID, causationID: happened.CausationID,
	}
}

// happened begins an activity about the event.
func (a *about) happened(kind activity.Kind, rule ruleID) activity.Activity {
	return activity.Activity{
		At: time.Now(), Kind: kind, Bus: rule.bus, Rule: rule.name,
		EventID: a.eventID, DetailType: a.detailType, Source: a.source, CorrelationID: a.correlationID, CausationID: a.causationID,
	}
}

// texts are the strings of a record, in their order.
func (d *delivery) texts() [textCount]*string {
	return [...]*string{
		&d.traceHeader, &d.eventID, &d.detailType, &d.source, &d.correlationID, &d.causationID,
		&d.reason.code, &d.reason.message, &d.reason.exhausted,
	}
}

// A record begins with these numbers: the lengths of the texts, and the rest of what is no text.
const (
	numberAcceptedAt = textCount + iota // Unix milliseconds
	numberFailures
	numberRefusals
	numberGivenUp
	numberCount

	textCount = 9
)

// appendTo appends the record of the delivery: numbers, texts, the event.
func (d *delivery) appendTo(record, event []byte) []byte {
	texts := d.texts()
	var numbers [numberCount]uint64
	for i, text := range texts {
		numbers[i] = uint64(len(*text))
	}
	numbers[numberAcceptedAt] = uint64(d.acceptedAt.UnixMilli())
	numbers[numberFailures], numbers[numberRefusals] = uint64(d.failures), uint64(d.refusals)
	if d.givenUp {
		numbers[numberGivenUp] = 1
	}
	for _, number := range numbers {
		record = binary.AppendUvarint(record, number)
	}
	for _, text := range texts {
		record = append(record, *text...)
	}
	return append(record, event...)
}

var errRecord = errors.New("the record of a delivery is damaged")

// readDelivery reads the record at a pendingKey or retryKey.
func readDelivery(key, record []byte) (*delivery, error) {
	var numbers [numberCount]uint64
	for i := range numbers {
		number, n := binary.Uvarint(record)
		if n <= 0 {
			return nil, errRecord
		}
		numbers[i], record = number, record[n:]
	}
	d := &delivery{
		key: bytes.Clone(key), sequence: sequenceOf(key), acceptedAt: time.UnixMilli(int64(numbers[numberAcceptedAt])),
		failures: int(numbers[numberFailures]), refusals: int(numbers[numberRefusals]), givenUp: numbers[numberGivenUp] == 1,
	}
	rest := string(record)
	for i, text := range d.texts() {
		if numbers[i] > uint64(len(rest)) {
			return nil, errRecord
		}
		*text, rest = rest[:numbers[i]], rest[numbers[i]:]
	}
	d.event = rest
	return d, nil
}
