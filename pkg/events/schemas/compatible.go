package schemas

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Change is a difference between two versions of a fact's schema, as one may not be made: whoever publishes or consumes the
// fact by the one version and whoever does by the other would not understand each other. Such a fact gets a new detail type.
type Change struct {
	Field string // the path of the field from the envelope on, such as detail.userId; empty for the event itself
	Rule  string // what was broken, and for whom
}

func (c Change) String() string { return c.Field + ": " + c.Rule }

// Compare tells what has changed between a released document and the one that is to follow it: the optional fields that are
// new, which every consumer passes over until it knows them, and what may not change. Descriptions are free.
func Compare(released, current Document) (added []string, refused []Change) {
	c := &comparison{}
	c.schema("", released.Event, current.Event)
	return c.added, c.refused
}

type comparison struct {
	added   []string
	refused []Change
}

func (c *comparison) refuse(field, format string, values ...any) {
	c.refused = append(c.refused, Change{field, fmt.Sprintf(format, values...)})
}

func (c *comparison) schema(field string, was, is *Schema) {
	if was.Type != is.Type {
		c.refuse(field, "its type was %s and is %s", said(was.Type), said(is.Type))
		return
	}
	for _, names := range [][3]string{
		{"detail type", was.DetailType, is.DetailType},
		{"source", was.Source, is.Source},
		{"format", was.Format, is.Format},
		{"least number", number(was.Minimum), number(is.Minimum)},
		{"least number of characters", fmt.Sprint(was.MinLength), fmt.Sprint(is.MinLength)},
		{"least number of items", fmt.Sprint(was.MinItems), fmt.Sprint(is.MinItems)},
	} {
		if names[1] != names[2] {
			c.refuse(field, "its %s was %s and is %s", names[0], said(names[1]), said(names[2]))
		}
	}
	c.enum(field, was.Enum, is.Enum)
	c.members(field, was, is)
	switch {
	case was.Items != nil && is.Items != nil:
		c.schema(field+"[]", was.Items, is.Items)
	case was.Items != nil || is.Items != nil:
		c.refuse(field, "what its items are was said before or is said now, but not both")
	}
}

// enum refuses every change: events of old have the values that went, consumers of old refuse those that came.
func (c *comparison) enum(field string, was, is []string) {
	switch {
	case was == nil && is != nil:
		c.refuse(field, "it could have any value and can now have only %s: older events have others", strings.Join(is, ", "))
	case was != nil && is == nil:
		c.refuse(field, "it could have only %s and can now have any value: older consumers refuse others", strings.Join(was, ", "))
	}
	for _, value := range was {
		if is != nil && !slices.Contains(is, value) {
			c.refuse(field, "the value %q is gone: older events have it", value)
		}
	}
	for _, value := range is {
		if was != nil && !slices.Contains(was, value) {
			c.refuse(field, "the value %q is new: older consumers refuse it", value)
		}
	}
}

func (c *comparison) members(field string, was, is *Schema) {
	for _, name := range slices.Sorted(maps.Keys(was.Properties)) {
		path := strings.TrimPrefix(field+"."+name, ".")
		member, there := is.Properties[name]
		required := slices.Contains(is.Required, name)
		switch {
		case !there:
			c.refuse(path, "the field is gone or has another name: rules, consumers and archived events know it")
			continue
		case required && !slices.Contains(was.Required, name):
			c.refuse(path, "it was optional and is required: older events do not have it")
		case !required && slices.Contains(was.Required, name):
			c.refuse(path, "it was required and is optional: older consumers refuse an event without it")
		}
		c.schema(path, was.Properties[name], member)
	}
	for _, name := range slices.Sorted(maps.Keys(is.Properties)) {
		path := strings.TrimPrefix(field+"."+name, ".")
		if _, known := was.Properties[name]; known {
			continue
		}
		if slices.Contains(is.Required, name) {
			c.refuse(path, "it is new and required: older events do not have it")
			continue
		}
		c.added = append(c.added, path)
	}
}

func said(text string) string {
	if text == "" {
		return "none"
	}
	return text
}

func number(n *int64) string {
	if n == nil {
		return ""
	}
	return fmt.Sprint(*n)
}
