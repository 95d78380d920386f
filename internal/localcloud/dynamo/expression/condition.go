package expression

import (
	"strings"
	"unicode/utf16"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/dynamo/attribute"
)

// Condition is a parsed condition or filter. A nil Condition always holds.
type Condition struct {
	root  condition
	paths []Path
}

// Holds tells whether an item, which may be nil, meets the condition.
func (c *Condition) Holds(item attribute.Map) bool {
	return c == nil || c.root.holds(attribute.Value{Type: attribute.MapType, Map: item})
}

// Paths returns all document paths of the condition.
func (c *Condition) Paths() []Path {
	if c == nil {
		return nil
	}
	return c.paths
}

// condition is a part of an expression that is true or false of an item. What is compared but not there, or of another
// type, makes it false and never an error.
type condition interface {
	holds(item attribute.Value) bool
}

// operand is a part of an expression that has a value, or none.
type operand interface {
	value(item attribute.Value) (attribute.Value, bool)
}

type (
	constant    struct{ constant attribute.Value }
	pathOperand struct{ path Path }
	sizeOf      struct{ operand operand }
)

func (o constant) value(attribute.Value) (attribute.Value, bool)         { return o.constant, true }
func (o pathOperand) value(item attribute.Value) (attribute.Value, bool) { return o.path.find(item) }

func (o sizeOf) value(item attribute.Value) (attribute.Value, bool) {
	value, found := o.operand.value(item)
	if !found {
		return attribute.Value{}, false
	}
	switch value.Type {
	case attribute.String:
		return attribute.Int(len(utf16.Encode([]rune(value.Text)))), true
	case attribute.Binary:
		return attribute.Int(len(value.Text)), true
	case attribute.MapType:
		return attribute.Int(len(value.Map)), true
	case attribute.List, attribute.StringSet, attribute.NumberSet, attribute.BinarySet:
		return attribute.Int(len(value.List)), true
	default:
		return attribute.Value{}, false
	}
}

type (
	allOf struct{ left, right condition }
	anyOf struct{ left, right condition }
	not   struct{ condition condition }

	comparison struct {
		operator    string // = <> < <= > >=
		left, right operand
	}
	between   struct{ operand, low, high operand }
	oneOf     struct{ operands []operand } // the first is one of the rest
	existence struct {
		path   Path
		wanted bool
	}
	typeIs     struct{ operand, name operand }
	beginsWith struct{ operand, prefix operand }
	contains   struct{ container, element operand }
)

func (c allOf) holds(item attribute.Value) bool { return c.left.holds(item) && c.right.holds(item) }
func (c anyOf) holds(item attribute.Value) bool { return c.left.holds(item) || c.right.holds(item) }
func (c not) holds(item attribute.Value) bool   { return !c.condition.holds(item) }

func (c comparison) holds(item attribute.Value) bool {
	left, leftFound := c.left.value(item)
	right, rightFound := c.right.value(item)
	both := leftFound && rightFound
	switch c.operator {
	case "=":
		return both && left.Equal(right)
	case "<>":
		return !both || !left.Equal(right)
	}
	return both && ordered(left, c.operator, right)
}

// ordered compares two values by < <= > >=, which only values of the same ordered type can be.
func ordered(left attribute.Value, operator string, right attribute.Value) bool {
	if left.Type != right.Type || !left.Type.HasOrder() {
		return false
	}
	order := left.Compare(right)
	switch operator {
	case "<":
		return order < 0
	case "<=":
		return order <= 0
	case ">":
		return order > 0
	}
	return order >= 0
}

func (c between) holds(item attribute.Value) bool {
	value, found := c.operand.value(item)
	low, lowFound := c.low.value(item)
	high, highFound := c.high.value(item)
	return found && lowFound && highFound && ordered(low, "<=", value) && ordered(value, "<=", high)
}

func (c oneOf) holds(item attribute.Value) bool {
	value, found := c.operands[0].value(item)
	if !found {
		return false
	}
	for _, operand := range c.operands[1:] {
		if other, found := operand.value(item); found && value.Equal(other) {
			return true
		}
	}
	return false
}

func (c existence) holds(item attribute.Value) bool {
	_, found := c.path.find(item)
	return found == c.wanted
}

func (c typeIs) holds(item attribute.Value) bool {
	value, found := c.operand.value(item)
	name, _ := c.name.value(item)
	return found && value.Type.String() == name.Text
}

func (c beginsWith) holds(item attribute.Value) bool {
	value, found := c.operand.value(item)
	prefix, prefixFound := c.prefix.value(item)
	return found && prefixFound && value.Type == prefix.Type && isText(value.Type) && strings.HasPrefix(value.Text, prefix.Text)
}

func (c contains) holds(item attribute.Value) bool {
	container, found := c.container.value(item)
	element, elementFound := c.element.value(item)
	switch {
	case !found || !elementFound:
		return false
	case isText(container.Type):
		return container.Type == element.Type && strings.Contains(container.Text, element.Text)
	}
	return container.Contains(element)
}

func isText(kind attribute.Type) bool { return kind == attribute.String || kind == attribute.Binary }
