package dynamo

import (
	"crypto/sha256"
	"encoding/binary"
	"slices"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/dynamo/attribute"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/dynamo/refusal"
)

// The greatest lengths of keys, in bytes.
const (
	maxPartitionKey = 2048
	maxSortKey      = 1024
)

// keyAttribute is an attribute that is part of a key.
type keyAttribute struct {
	name string
	kind attribute.Type
}

// keySchema is the key of a table or an index: a partition key and perhaps a sort key.
type keySchema []keyAttribute

func (s keySchema) has(name string) bool {
	return slices.ContainsFunc(s, func(k keyAttribute) bool { return k.name == name })
}

// of selects the key attributes of an item; it says false when one is missing.
func (s keySchema) of(item attribute.Map) (attribute.Map, bool) {
	key := make(attribute.Map, 0, len(s)+2)
	for _, k := range s {
		value, found := item.Get(k.name)
		if !found {
			return nil, false
		}
		key = key.With(k.name, value)
	}
	return key, true
}

// check refuses what is no key of the schema.
func (s keySchema) check(key attribute.Map) error {
	if len(key) != len(s) {
		return mismatch()
	}
	for i, k := range s {
		value, found := key.Get(k.name)
		if !found || value.Type != k.kind {
			return mismatch()
		}
		if err := checkKeyValue(k.name, value, i == 0); err != nil {
			return err
		}
	}
	return nil
}

func mismatch() error {
	return refusal.Validation("The provided key element does not match the schema")
}

// checkItem refuses an item that has no valid key.
func (s keySchema) checkItem(item attribute.Map) error {
	for i, k := range s {
		value, found := item.Get(k.name)
		if !found {
			return refusal.Parameter("Missing the key %s in the item", k.name)
		}
		if value.Type != k.kind {
			return refusal.Parameter("Type mismatch for key %s expected: %s actual: %s", k.name, k.kind, value.Type)
		}
		if err := checkKeyValue(k.name, value, i == 0); err != nil {
			return err
		}
	}
	return nil
}

func checkKeyValue(name string, value attribute.Value, partition bool) error {
	if isEmptyKey(value) {
		return refusal.Validation("One or more parameter values are not valid. "+
			"The AttributeValue for a key attribute cannot contain an empty %s value. Key: %s", emptyKind(value), name)
	}
	return checkKeyLength(value, partition)
}

func checkKeyLength(value attribute.Value, partition bool) error {
	switch {
	case value.Type == attribute.Number:
		return nil
	case partition && len(value.Text) > maxPartitionKey:
		return refusal.Parameter("Size of hashkey has exceeded the maximum size limit of2048 bytes") // as AWS spells it
	case !partition && len(value.Text) > maxSortKey:
		return refusal.Parameter("Aggregated size of all range keys has exceeded the size limit of 1024 bytes")
	}
	return nil
}

func isEmptyKey(value attribute.Value) bool {
	return (value.Type == attribute.String || value.Type == attribute.Binary) && value.Text == ""
}

func emptyKind(value attribute.Value) string {
	if value.Type == attribute.Binary {
		return "binary"
	}
	return "string"
}

// appendPartition appends what the stored keys of one partition have in common. As in AWS, partitions lie in the order
// of a hash.
func appendPartition(to []byte, partition attribute.Value) []byte {
	start := len(to)
	to = append(to, make([]byte, hashLength)...)
	to = attribute.AppendKey(to, partition)
	hash := sha256.Sum256(to[start+hashLength:])
	copy(to[start:], hash[:hashLength])
	return to
}

// hashLength is the length of the hash of a partition key, in bytes.
const hashLength = 8

// appendTo appends the stored form of an item's key, which the item must have.
func (s keySchema) appendTo(to []byte, item attribute.Map) []byte {
	for i, k := range s {
		value, _ := item.Get(k.name)
		if i == 0 {
			to = appendPartition(to, value)
		} else {
			to = attribute.AppendKey(to, value)
		}
	}
	return to
}

// The stored keys begin with a letter that says what they hold.
const (
	tableRecord  = 'T' // + name: the definition of a table
	itemRecord   = 'I' // + table id + key: an item
	indexRecord  = 'X' // + table id + index number + index key + key: a projected item
	expiryRecord = 'E' // + table id + second + key: an item that will expire
	tokenRecord  = 'C' // + ClientRequestToken: a transaction that was made
	forgetRecord = 'F' // + second + key of a token's record: nothing
	lastRecord   = 'Z' // the number of the last table
)

// prefix returns what the stored keys of one kind of record of a table have in common.
func (t *table) prefix(kind byte) []byte {
	key := make([]byte, 0, 128)
	return binary.BigEndian.AppendUint32(append(key, kind), t.id)
}

// itemKey returns where an item is stored.
func (t *table) itemKey(item attribute.Map) []byte {
	return t.keys.appendTo(t.prefix(itemRecord), item)
}

func (t *table) indexPrefix(index *index) []byte {
	return binary.BigEndian.AppendUint16(t.prefix(indexRecord), index.number)
}

// indexKey returns where an item's entry in an index is stored, and false when the item is not in the index.
func (t *table) indexKey(index *index, item attribute.Map) ([]byte, bool) {
	for _, k := range index.keys {
		if _, found := item.Get(k.name); !found {
			return nil, false
		}
	}
	return t.keys.appendTo(index.keys.appendTo(t.indexPrefix(index), item), item), true
}

// expiryKey returns where it is noted that an item expires, and false when it never does.
func (t *table) expiryKey(item attribute.Map) ([]byte, bool) {
	at, expires := t.expiry(item)
	if !expires {
		return nil, false
	}
	return t.keys.appendTo(binary.BigEndian.AppendUint64(t.prefix(expiryRecord), uint64(at)), item), true
}
