package analytics

import (
	"maps"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/bayon-coagent/event-consumers/internal/table"
)

// fields are an item's Data, or a part of it, as they are stored. They are the platform's as much as ours: what
// cannot be read counts as missing.
type fields map[string]types.AttributeValue

func fieldsOf(value types.AttributeValue) fields {
	if inner, ok := value.(*types.AttributeValueMemberM); ok {
		return inner.Value
	}
	return nil
}

func (f fields) text(name string) string {
	if text, ok := f[name].(*types.AttributeValueMemberS); ok {
		return text.Value
	}
	return ""
}

// date is the zero time where the field is no date.
func (f fields) date(name string) time.Time {
	var date table.Date
	if value := f[name]; value == nil || date.UnmarshalDynamoDBAttributeValue(value) != nil {
		return time.Time{}
	}
	return date.Time
}

// number is 0 where the field is no whole number.
func (f fields) number(name string) int64 {
	number, ok := f[name].(*types.AttributeValueMemberN)
	if !ok {
		return 0
	}
	value, err := strconv.ParseInt(number.Value, 10, 64)
	if err != nil {
		return 0
	}
	return value
}

// with are the fields and some others, which take the place of those of the same name.
func (f fields) with(others map[string]any) map[string]any {
	all := map[string]any{}
	for name, value := range f {
		all[name] = table.Raw{AttributeValue: value}
	}
	maps.Copy(all, others)
	return all
}

// without are the fields but for some.
func (f fields) without(names ...string) fields {
	others := maps.Clone(f)
	for _, name := range names {
		delete(others, name)
	}
	return others
}
