package alert

import (
	"encoding/json"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// MarshalJSON writes the data as it is stored: numbers as they are, fields in the order of their names. So an alert that
// is told twice is told the same.
func (d data) MarshalJSON() ([]byte, error) {
	plain, err := plainValue(d.AttributeValue)
	if err != nil {
		return nil, err
	}
	return json.Marshal(plain)
}

// plainValue turns an attribute into what encoding/json writes.
func plainValue(value types.AttributeValue) (any, error) {
	switch value := value.(type) {
	case *types.AttributeValueMemberS:
		return value.Value, nil
	case *types.AttributeValueMemberN:
		return json.Number(value.Value), nil
	case *types.AttributeValueMemberBOOL:
		return value.Value, nil
	case *types.AttributeValueMemberNULL:
		return nil, nil //nolint:nilnil // JSON's null
	case *types.AttributeValueMemberSS:
		return value.Value, nil
	case *types.AttributeValueMemberL:
		list := make([]any, len(value.Value))
		for i, element := range value.Value {
			plain, err := plainValue(element)
			if err != nil {
				return nil, err
			}
			list[i] = plain
		}
		return list, nil
	case *types.AttributeValueMemberM:
		fields := make(map[string]any, len(value.Value))
		for name, field := range value.Value {
			plain, err := plainValue(field)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", name, err)
			}
			fields[name] = plain
		}
		return fields, nil
	}
	return nil, fmt.Errorf("data of type %T has no form in JSON", value)
}
