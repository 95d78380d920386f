package expression

import (
	"github.com/bayon-coagent/event-consumers/internal/localcloud/dynamo/attribute"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/dynamo/refusal"
)

// KeyTest is what a key condition demands of one key attribute.
type KeyTest struct {
	Attribute string
	Operator  string            // = < <= > >= BETWEEN begins_with
	Values    []attribute.Value // two for BETWEEN, else one
}

// ParseKeyCondition parses a KeyConditionExpression into one test for each attribute it names. Whether these are keys
// is for the caller to find out.
func ParseKeyCondition(text string, placeholders *Placeholders) ([]KeyTest, error) {
	const kind = "KeyConditionExpression"
	parsed, err := ParseCondition(kind, text, placeholders)
	if err != nil {
		return nil, err
	}
	tests, err := keyTests(nil, parsed.root)
	if err != nil {
		return nil, err
	}
	for i, test := range tests {
		for _, earlier := range tests[:i] {
			if test.Attribute == earlier.Attribute {
				return nil, refusal.Validation("KeyConditionExpressions must only contain one condition per key")
			}
		}
	}
	if len(tests) > 2 {
		return nil, refusal.Validation("Conditions can be of length 1 or 2 only")
	}
	return tests, nil
}

// keyTests appends the tests of a condition.
func keyTests(tests []KeyTest, root condition) ([]KeyTest, error) {
	switch c := root.(type) {
	case allOf:
		tests, err := keyTests(tests, c.left)
		if err != nil {
			return nil, err
		}
		return keyTests(tests, c.right)
	case comparison:
		return comparisonTest(tests, c)
	case between:
		return keyFirst(tests, "BETWEEN", c.operand, c.low, c.high)
	case beginsWith:
		return keyFirst(tests, "begins_with", c.operand, c.prefix)
	case anyOf:
		return nil, notForKeys("OR")
	case not:
		return nil, notForKeys("NOT")
	case oneOf:
		return nil, notForKeys("IN")
	case typeIs:
		return nil, notForKeys("attribute_type")
	case contains:
		return nil, notForKeys("contains")
	case existence:
		if c.wanted {
			return nil, notForKeys("attribute_exists")
		}
	}
	return nil, notForKeys("attribute_not_exists")
}

func notForKeys(operator string) error {
	return refusal.Validation("Invalid operator used in KeyConditionExpression: %s", operator)
}

// turned returns the operator that says the same when the operands change places.
func turned(operator string) string {
	switch operator {
	case "<":
		return ">"
	case "<=":
		return ">="
	case ">":
		return "<"
	case ">=":
		return "<="
	}
	return operator
}

func comparisonTest(tests []KeyTest, c comparison) ([]KeyTest, error) {
	if c.operator == "<>" {
		return nil, notForKeys(c.operator)
	}
	if _, isPath := c.left.(pathOperand); isPath {
		return keyTest(tests, c.operator, c.left, c.right)
	}
	return keyTest(tests, turned(c.operator), c.right, c.left)
}

// keyFirst makes the test of an operator whose first operand must be the key.
func keyFirst(tests []KeyTest, operator string, key operand, values ...operand) ([]KeyTest, error) {
	if _, isConstant := key.(constant); isConstant {
		return nil, refusal.Validation(
			"Invalid condition in KeyConditionExpression: %s operator must have the key attribute as its first operand", operator)
	}
	return keyTest(tests, operator, key, values...)
}

func keyTest(tests []KeyTest, operator string, key operand, operands ...operand) ([]KeyTest, error) {
	values := make([]attribute.Value, len(operands))
	for i, operand := range operands {
		switch operand := operand.(type) {
		case constant:
			values[i] = operand.constant
		case pathOperand:
			return nil, refusal.Validation(
				"Invalid condition in KeyConditionExpression: Multiple attribute names used in one condition")
		default:
			return nil, nestedOperation()
		}
	}
	switch key := key.(type) {
	case pathOperand:
		if len(key.path) > 1 {
			return nil, refusal.Validation("KeyConditionExpressions cannot have conditions on nested attributes")
		}
		return append(tests, KeyTest{key.path[0].Name, operator, values}), nil
	case constant:
		return nil, refusal.Validation("Invalid condition in KeyConditionExpression: No key attribute specified")
	}
	return nil, nestedOperation()
}

func nestedOperation() error {
	return refusal.Validation("KeyConditionExpressions cannot contain nested operations")
}
