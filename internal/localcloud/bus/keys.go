package bus

import (
	"encoding/binary"
	"time"
)

// The first byte of a key in the bus's part of the state says what stands there.
const (
	keyCounters = 'n' // counters
	keyBus      = 'b' // name: EventBus
	keyRule     = 'r' // bus, 0, name: savedRule
	keyArchive  = 'v' // name: savedArchive
	keyPending  = 'p' // lane, sequence number: a delivery that was never attempted
	keyRetry    = 'q' // lane, due time, sequence number: a delivery that is to be attempted again
	keyArchived = 'a' // archive, time of the event, sequence number, time of acceptance: the event
	keyReplay   = 'y' // name: savedReplay
)

func nameKey(kind byte, names ...string) []byte {
	key := []byte{kind}
	for i, name := range names {
		if i > 0 {
			key = append(key, 0)
		}
		key = append(key, name...)
	}
	return key
}

func numberKey(kind byte, number uint32) []byte {
	return binary.BigEndian.AppendUint32([]byte{kind}, number)
}

func pendingKey(lane uint32, sequence uint64) []byte {
	return binary.BigEndian.AppendUint64(numberKey(keyPending, lane), sequence)
}

func retryKey(lane uint32, due time.Time, sequence uint64) []byte {
	key := binary.BigEndian.AppendUint64(numberKey(keyRetry, lane), uint64(max(due.UnixNano(), 0)))
	return binary.BigEndian.AppendUint64(key, sequence)
}

// dueOf returns when the delivery at a retryKey is due.
func dueOf(key []byte) time.Time {
	return time.Unix(0, int64(binary.BigEndian.Uint64(key[5:])))
}

// sequenceOf returns the sequence number that a pendingKey or retryKey ends with.
func sequenceOf(key []byte) uint64 { return binary.BigEndian.Uint64(key[len(key)-8:]) }

// archivedKey orders the events of an archive by their time, to the second.
func archivedKey(archive uint32, at time.Time, sequence uint64, accepted time.Time) []byte {
	key := archivedFrom(archive, at)
	key = binary.BigEndian.AppendUint64(key, sequence)
	return binary.BigEndian.AppendUint64(key, ordered(accepted))
}

// archivedFrom is where the events of an archive begin that happened at a time or later.
func archivedFrom(archive uint32, at time.Time) []byte {
	return binary.BigEndian.AppendUint64(numberKey(keyArchived, archive), ordered(at))
}

// archivedSequence returns the sequence number in an archivedKey.
func archivedSequence(key []byte) uint64 { return binary.BigEndian.Uint64(key[len(key)-16:]) }

// acceptedOf returns when the event at an archivedKey was accepted, to the second.
func acceptedOf(key []byte) time.Time {
	return time.Unix(int64(binary.BigEndian.Uint64(key[len(key)-8:])^signBit), 0)
}

const signBit = 1 << 63

// ordered turns a time's seconds into a number whose bytes sort as the times do, before 1970 too.
func ordered(at time.Time) uint64 { return uint64(at.Unix()) ^ signBit }

// after is the key that follows all keys with a prefix, which must not consist of the byte 255 alone.
func after(prefix []byte) []byte {
	end := append([]byte(nil), prefix...)
	for i := len(end) - 1; ; i-- {
		if end[i]++; end[i] != 0 {
			return end[:i+1]
		}
	}
}
