package table

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// Key is the primary key of an item.
type Key struct {
	Partition string
	Sort      string
}

// UserKey is the key of one of an agent's items.
func UserKey(userID, sort string) Key { return Key{Partition: UserPartition(userID), Sort: sort} }

// UserPartition is the partition that holds all items of an agent.
func UserPartition(userID string) string { return userPrefix + userID }

// UserOf is the agent whose item a key is of, if it is of one.
func UserOf(key Key) (userID string, ok bool) {
	userID, ok = strings.CutPrefix(key.Partition, userPrefix)
	return userID, ok && userID != ""
}

const userPrefix = "USER#"

// String names the key in errors. It tells ids, no personal data.
func (k Key) String() string { return k.Partition + " / " + k.Sort }

func (k Key) attributes() map[string]types.AttributeValue {
	return map[string]types.AttributeValue{"PK": Text(k.Partition), "SK": Text(k.Sort)}
}

// Item is an item of the platform's making: one with a map Data.
type Item struct {
	Key        Key
	EntityType string
	data       *types.AttributeValueMemberM
}

// ItemOf reads an item from its attributes. It returns false for foreign items, which have no map Data.
func ItemOf(attributes map[string]types.AttributeValue) (Item, bool) {
	data, ok := attributes["Data"].(*types.AttributeValueMemberM)
	if !ok {
		return Item{}, false
	}
	return Item{
		Key:        Key{Partition: textOf(attributes["PK"]), Sort: textOf(attributes["SK"])},
		EntityType: textOf(attributes["EntityType"]),
		data:       data,
	}, true
}

func readItems(found []map[string]types.AttributeValue) []Item {
	items := make([]Item, 0, len(found))
	for _, attributes := range found {
		if item, ok := ItemOf(attributes); ok {
			items = append(items, item)
		}
	}
	return items
}

// Decode reads an item's Data into a struct by the tags dynamodbav. It fails with *MalformedError.
func Decode(item Item, into any) error {
	if err := attributevalue.Unmarshal(item.data, into); err != nil {
		return &MalformedError{Key: item.Key, Err: err}
	}
	return nil
}

// Size is about how many bytes DynamoDB counts for an item's Data: names and texts as they are, numbers and the like with a
// few bytes each.
func (i Item) Size() int {
	if i.data == nil {
		return 0
	}
	return sizeOf(i.data)
}

func sizeOf(value types.AttributeValue) int {
	const small = 8
	switch value := value.(type) {
	case *types.AttributeValueMemberS:
		return len(value.Value) + 1
	case *types.AttributeValueMemberB:
		return len(value.Value) + 1
	case *types.AttributeValueMemberN:
		return len(value.Value) + 1
	case *types.AttributeValueMemberM:
		size := small
		for name, member := range value.Value {
			size += len(name) + 1 + sizeOf(member)
		}
		return size
	case *types.AttributeValueMemberL:
		size := small
		for _, member := range value.Value {
			size += 1 + sizeOf(member)
		}
		return size
	case *types.AttributeValueMemberSS:
		return small + len(strings.Join(value.Value, " "))
	case *types.AttributeValueMemberNS:
		return small + len(strings.Join(value.Value, " "))
	case *types.AttributeValueMemberBS:
		return small + len(bytes.Join(value.Value, []byte(" ")))
	}
	return small
}

// MalformedError says that an item's Data is not what its entity should be. Trying again does not help.
type MalformedError struct {
	Key Key
	Err error
}

func (e *MalformedError) Error() string {
	return fmt.Sprintf("the item %s cannot be read: %v", e.Key, e.Err)
}

// Unwrap returns what is wrong.
func (e *MalformedError) Unwrap() error { return e.Err }

// Permanent tells the consumer that a retry would fail alike.
func (e *MalformedError) Permanent() bool { return true }

// Raw is a field of an item as it is stored; nil where there is none.
type Raw struct{ types.AttributeValue }

// MarshalDynamoDBAttributeValue returns the field as it is.
func (r Raw) MarshalDynamoDBAttributeValue() (types.AttributeValue, error) {
	return r.AttributeValue, nil
}

// UnmarshalDynamoDBAttributeValue keeps the field as it is.
func (r *Raw) UnmarshalDynamoDBAttributeValue(value types.AttributeValue) error {
	r.AttributeValue = value
	return nil
}

// Text is a text attribute.
func Text(text string) types.AttributeValue { return &types.AttributeValueMemberS{Value: text} }

// Number is a whole number attribute.
func Number(number int64) types.AttributeValue {
	return &types.AttributeValueMemberN{Value: strconv.FormatInt(number, 10)}
}

func textOf(value types.AttributeValue) string {
	if text, ok := value.(*types.AttributeValueMemberS); ok {
		return text.Value
	}
	return ""
}

func milliseconds(at time.Time) types.AttributeValue { return Number(at.UnixMilli()) }
