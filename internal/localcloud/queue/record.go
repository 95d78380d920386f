package queue

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"time"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/store"
)

// The kinds of records in the space; each key begins with one. A message has a body record, which does not change, an
// order record, by which the messages are found that can be received, and a state record as soon as it was received.
const (
	definitionRecord = 'q' // name -> definition
	bodyRecord       = 'm' // name, 0, identity -> envelope and body
	stateRecord      = 's' // name, 0, identity -> state
	orderRecord      = 'v' // name, 0, time from which it can be received, identity -> whyHidden
)

// Why a message cannot be received before its time, as its order record says.
const (
	delayed  = 'd'
	inFlight = 'f'
)

// definition is a queue as it is saved.
type definition struct {
	Attributes map[string]string `json:"attributes"`         // those that were set
	Declared   map[string]string `json:"declared,omitempty"` // of these, as the template declares them
	Created    time.Time         `json:"created"`
	Modified   time.Time         `json:"modified"`
}

// identity is what a message is stored under: when it was sent, in nanoseconds since 1970, and a number that makes it
// unique. Older messages have smaller identities.
type identity [16]byte

func newIdentity(sent time.Time, serial uint64) (id identity) {
	binary.BigEndian.PutUint64(id[:8], uint64(sent.UnixNano()))
	binary.BigEndian.PutUint64(id[8:], serial)
	return id
}

func (id identity) sent() time.Time { return time.Unix(0, int64(binary.BigEndian.Uint64(id[:8]))) }

// envelope is what is saved of a message beside its body.
type envelope struct {
	MessageID   string               `json:"messageId"`
	Visible     time.Time            `json:"visible"` // when it can be received first
	SenderID    string               `json:"senderId"`
	TraceHeader string               `json:"traceHeader,omitempty"`
	GroupID     string               `json:"groupId,omitempty"`
	SourceARN   string               `json:"sourceArn,omitempty"` // of the queue that gave the message up
	Attributes  map[string]Attribute `json:"attributes,omitempty"`
}

// state is what has happened to a message.
type state struct {
	Visible       time.Time `json:"visible"` // when it can be received next
	Receives      int       `json:"receives"`
	FirstReceived time.Time `json:"firstReceived"`
}

func definitionKey(name string) []byte { return append([]byte{definitionRecord}, name...) }

// prefix is what the keys of a queue's records of one kind begin with.
func (q *queue) prefix(kind byte) []byte { return append(append([]byte{kind}, q.name...), 0) }

func (q *queue) bodyKey(id identity) []byte  { return append(q.prefix(bodyRecord), id[:]...) }
func (q *queue) stateKey(id identity) []byte { return append(q.prefix(stateRecord), id[:]...) }

func (q *queue) orderKey(visible time.Time, id identity) []byte {
	return append(q.orderBound(visible), id[:]...)
}

// orderBound is the key before the order records of messages that can be received from a time on.
func (q *queue) orderBound(visible time.Time) []byte {
	return binary.BigEndian.AppendUint64(q.prefix(orderRecord), uint64(visible.UnixNano()))
}

// identityAt returns the identity at the end of a key.
func identityAt(key []byte) (id identity) {
	copy(id[:], key[len(key)-len(id):])
	return id
}

// after is the key that follows all keys with a prefix.
func after(prefix []byte) []byte {
	end := bytes.Clone(prefix)
	end[len(end)-1]++
	return end
}

// encodeBody joins an envelope and a body. An envelope's JSON has no line break, so the first one ends it.
func encodeBody(e envelope, body string) ([]byte, error) {
	encoded, err := json.Marshal(e)
	if err != nil {
		return nil, fmt.Errorf("encode a message: %w", err)
	}
	return append(append(encoded, '\n'), body...), nil
}

func decodeBody(value []byte) (e envelope, body string, err error) {
	encoded, rest, _ := bytes.Cut(value, []byte{'\n'})
	if err := json.Unmarshal(encoded, &e); err != nil {
		return envelope{}, "", fmt.Errorf("decode a message: %w", err)
	}
	return e, string(rest), nil
}

// stateOf reads what has happened to a message.
func (q *queue) stateOf(id identity, e envelope) (state, error) {
	value, found, err := q.space.Get(q.stateKey(id))
	if err != nil || !found {
		return state{Visible: e.Visible}, err
	}
	var saved state
	if err := json.Unmarshal(value, &saved); err != nil {
		return state{}, fmt.Errorf("decode the state of a message: %w", err)
	}
	return saved, nil
}

func (q *queue) setState(batch *store.Batch, id identity, s state) error {
	encoded, err := json.Marshal(s)
	if err != nil {
		return fmt.Errorf("encode the state of a message: %w", err)
	}
	batch.Set(q.stateKey(id), encoded)
	return nil
}

// deleteMessage removes all records of a message that can be received from a time on.
func (q *queue) deleteMessage(batch *store.Batch, id identity, visible time.Time) {
	batch.Delete(q.bodyKey(id))
	batch.Delete(q.stateKey(id))
	batch.Delete(q.orderKey(visible, id))
}

// deleteAll removes all messages.
func (q *queue) deleteAll(batch *store.Batch) {
	for _, kind := range []byte{bodyRecord, stateRecord, orderRecord} {
		batch.DeleteRange(q.prefix(kind), after(q.prefix(kind)))
	}
}
