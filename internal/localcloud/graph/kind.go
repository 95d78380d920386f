package graph

import (
	"slices"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/pattern"
	"github.com/bayon-coagent/event-consumers/pkg/events"
	"github.com/bayon-coagent/event-consumers/pkg/events/schemas"
)

// KindOf describes all events that tell of a fact, as its schema has them. Optional members may be null, as they may when
// they are decoded, and values may be spelled in every way that is read.
func KindOf(entry events.Entry) (pattern.Kind, error) {
	document, err := schemas.Of(entry)
	if err != nil {
		return nil, err
	}
	kind := pattern.Kind{}
	describe(kind, "", document.Event, pattern.Values{})
	for field, spellings := range entry.Spellings {
		values := kind["detail."+field]
		values.Texts = append(slices.Clone(values.Texts), spellings...)
		kind["detail."+field] = values
	}
	return kind, nil
}

// describe adds what a schema says of the field at a path, and of those below it. The values that are given are those that
// the field may have whatever the schema says.
func describe(kind pattern.Kind, path string, schema *schemas.Schema, values pattern.Values) {
	switch {
	case schema.Type == "object" && len(schema.Properties) > 0:
		if values.Absent || values.Null {
			kind[path] = values
		}
		describeMembers(kind, path, schema, values.Absent)
		return
	case schema.Type == "array":
		values.Absent = values.Absent || schema.MinItems == 0
		if items := schema.Items; items != nil && items.Type != "object" {
			describe(kind, path, items, values)
			return
		}
		values.Anything = true // of its elements each may have some of the members
	case schema.Type == "string" && schema.Enum != nil:
		values.Texts = schema.Enum
	case schema.Type == "string":
		values.Text = &pattern.Text{MinLength: schema.MinLength}
	case schema.Type == "integer":
		values.Number = &pattern.Number{}
		if schema.Minimum != nil {
			least := float64(*schema.Minimum)
			values.Number.Minimum = &least
		}
	default:
		values.Anything = true
	}
	kind[path] = values
}

func describeMembers(kind pattern.Kind, path string, schema *schemas.Schema, absent bool) {
	if path != "" {
		path += "."
	}
	for name, member := range schema.Properties {
		optional := absent || !slices.Contains(schema.Required, name)
		describe(kind, path+name, member, pattern.Values{Absent: optional, Null: optional})
	}
}
