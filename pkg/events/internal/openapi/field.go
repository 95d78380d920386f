package openapi

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strconv"
	"strings"

	"github.com/bayon-coagent/event-consumers/pkg/events"
)

// objectOf describes a struct by the tags of its fields, and by what an entry says of their values.
func objectOf(t reflect.Type, entry events.Entry) (schema, error) {
	object := schema{Type: "object", Properties: map[string]schema{}}
	for _, field := range reflect.VisibleFields(t) {
		if field.Anonymous {
			continue // its own fields are visible too
		}
		name, options, _ := strings.Cut(field.Tag.Get("json"), ",")
		property, err := propertyOf(field)
		if err != nil {
			return schema{}, fmt.Errorf("%s: %w", name, err)
		}
		property.Enum = entry.Values[name]
		if known := entry.Known[name]; known != nil {
			property.Description += " Known: " + strings.Join(known, ", ") + ". New ones may come."
		}
		if options == "" && field.Tag.Get("optional") == "" {
			object.Required = append(object.Required, name)
			property = filled(property)
		}
		object.Properties[name] = property
	}
	return object, nil
}

func propertyOf(field reflect.StructField) (schema, error) {
	property, err := typeOf(field.Type)
	if err != nil {
		return schema{}, err
	}
	property.Description = field.Tag.Get("doc")
	if property.Description == "" {
		return schema{}, fmt.Errorf("the field has no tag doc")
	}
	if format := field.Tag.Get("format"); format != "" {
		property.Format = format
	}
	if text := field.Tag.Get("minimum"); text != "" {
		minimum, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return schema{}, fmt.Errorf("the tag minimum: %w", err)
		}
		property.Minimum = &minimum
	}
	return property, nil
}

func typeOf(t reflect.Type) (schema, error) {
	switch {
	case t == reflect.TypeFor[events.Instant]():
		return schema{Type: "string", Format: "date-time"}, nil
	case t == reflect.TypeFor[json.RawMessage]():
		return schema{Type: "object"}, nil
	}
	switch t.Kind() {
	case reflect.String:
		return schema{Type: "string"}, nil
	case reflect.Int, reflect.Int64:
		return schema{Type: "integer", Format: "int64"}, nil
	case reflect.Pointer:
		return typeOf(t.Elem())
	case reflect.Slice:
		items, err := typeOf(t.Elem())
		items = filled(items)
		return schema{Type: "array", Items: &items}, err
	default:
		return schema{}, fmt.Errorf("the type %s has no schema", t)
	}
}

// filled demands that there is something in a text or a list.
func filled(property schema) schema {
	switch {
	case property.Type == "string" && property.Enum == nil && property.Format == "":
		property.MinLength = 1
	case property.Type == "array":
		property.MinItems = 1
	}
	return property
}
