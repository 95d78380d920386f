package dynamo

import (
	"fmt"
	"slices"
	"strings"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/dynamo/refusal"
)

// constraints collects what is wrong with the members of a request by their form alone, to tell it all at once as AWS
// does.
type constraints []string

func (c *constraints) add(member, value, constraint string, args ...any) {
	if value != "null" {
		value = "'" + value + "'"
	}
	*c = append(*c, fmt.Sprintf("Value %s at '%s' failed to satisfy constraint: ", value, member)+fmt.Sprintf(constraint, args...))
}

// notNull demands that a member is given.
func (c *constraints) notNull(member string, given bool) {
	if !given {
		c.add(member, "null", "Member must not be null")
	}
}

// oneOf demands that a text, when it is given, is one of a few.
func (c *constraints) oneOf(member string, value optional, allowed ...string) {
	if value.given && !slices.Contains(allowed, value.text) {
		c.add(member, value.text, "Member must satisfy enum value set: [%s]", strings.Join(allowed, ", "))
	}
}

// atLeast demands that a number, when it is given, is not below a least one.
func (c *constraints) atLeast(member string, value optionalInt, least int) {
	if value.given && value.value < least {
		c.add(member, fmt.Sprint(value.value), "Member must have value greater than or equal to %d", least)
	}
}

// atMost demands that a number, when it is given, is not above a greatest one.
func (c *constraints) atMost(member string, value optionalInt, greatest int) {
	if value.given && value.value > greatest {
		c.add(member, fmt.Sprint(value.value), "Member must have value less than or equal to %d", greatest)
	}
}

// listLength demands that a list has one to some number of elements.
func (c *constraints) listLength(member string, length, greatest int) {
	value := "[…]"
	if length == 0 {
		value = "[]"
	}
	c.length(member, value, length, 1, greatest)
}

// textLength demands that a text has a number of bytes.
func (c *constraints) textLength(member, text string, least, greatest int) {
	c.length(member, text, len(text), least, greatest)
}

func (c *constraints) length(member, value string, length, least, greatest int) {
	switch {
	case length < least:
		c.add(member, value, "Member must have length greater than or equal to %d", least)
	case length > greatest:
		c.add(member, value, "Member must have length less than or equal to %d", greatest)
	}
}

// The lengths of names of tables and indexes.
const (
	minName = 3
	maxName = 255
)

// name demands a valid name of a table or an index.
func (c *constraints) name(member, name string) {
	if name == "" {
		c.notNull(member, false)
		return
	}
	if strings.Trim(name, nameCharacters) != "" {
		c.add(member, name, "Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+")
	}
	c.textLength(member, name, minName, maxName)
}

const nameCharacters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-"

// error refuses the request if anything is wrong.
func (c constraints) error() error {
	switch len(c) {
	case 0:
		return nil
	case 1:
		return refusal.Validation("1 validation error detected: %s", c[0])
	}
	return refusal.Validation("%d validation errors detected: %s", len(c), strings.Join(c, "; "))
}
