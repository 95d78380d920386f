package expression

import (
	"github.com/bayon-coagent/event-consumers/internal/localcloud/dynamo/attribute"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/dynamo/refusal"
)

// operandsOfFunction returns the number of operands of a function of conditions; 0 when there is no such function.
func operandsOfFunction(name string) int {
	switch name {
	case "attribute_exists", "attribute_not_exists", "size":
		return 1
	case "attribute_type", "begins_with", "contains":
		return 2
	}
	return 0
}

// function makes a condition of a call. Faults are noted; what is returned then is never evaluated.
func (p *conditionParser) function(call *call) (condition, error) {
	operands, ok, err := p.operands(call)
	if err != nil || !ok {
		return existence{}, err
	}
	switch call.name {
	case "attribute_exists", "attribute_not_exists":
		path, isPath := operands[0].(pathOperand)
		if !isPath {
			p.note(operandType, requiresPath(call.name))
		}
		return existence{path.path, call.name == "attribute_exists"}, nil
	case "attribute_type":
		p.checkTypeName(operands[1])
		return typeIs{operands[0], operands[1]}, nil
	case "begins_with":
		p.distinct(call.name, operands)
		p.checkTexts(operands)
		return beginsWith{operands[0], operands[1]}, nil
	case "contains":
		p.distinct(call.name, operands)
		return contains{operands[0], operands[1]}, nil
	}
	p.note(misusedFunction, misused(call.name))
	return existence{}, nil
}

// size makes an operand of a call, which only size(…) can be.
func (p *conditionParser) size(call *call) (operand, error) {
	operands, ok, err := p.operands(call)
	if err != nil || !ok {
		return sizeOf{}, err
	}
	if call.name != "size" {
		p.note(misusedFunction, misused(call.name))
		return sizeOf{}, nil
	}
	kind, _ := staticType(operands[0])
	if kind == attribute.Number || kind == attribute.Bool || kind == attribute.Null {
		p.note(operandType, wrongOperandType("size", kind))
	}
	return sizeOf{operands[0]}, nil
}

// operands checks a call's name and number of operands; it says false when a fault was noted.
func (p *conditionParser) operands(call *call) ([]operand, bool, error) {
	operands, err := p.asOperands(call.arguments)
	if err != nil {
		return nil, false, err
	}
	want := operandsOfFunction(call.name)
	switch {
	case isUpdateFunction(call.name):
		p.note(unknownFunction, refusal.Validation("The function is not allowed in a condition expression; function: %s", call.name))
		return nil, false, nil
	case want == 0:
		p.note(unknownFunction, refusal.Validation("Invalid function name; function: %s", call.name))
		return nil, false, nil
	}
	if len(operands) != want {
		p.note(operandCount, wrongOperandCount(call.name, len(operands)))
		return nil, false, nil
	}
	return operands, true, nil
}

func (p *conditionParser) checkTypeName(name operand) {
	fixed, isConstant := name.(constant)
	switch {
	case !isConstant:
		p.note(operandType, refusal.Validation("Incorrect operand type for operator or function; "+
			"operator or function: attribute_type, operand type: {NS,SS,L,BS,N,M,B,BOOL,NULL,S}"))
	case fixed.constant.Type != attribute.String && fixed.constant.Type != 0:
		p.note(operandType, wrongOperandType("attribute_type", fixed.constant.Type))
	default:
		if _, known := attribute.ParseType(fixed.constant.Text); !known {
			p.note(operandType, refusal.Validation("Invalid attribute type name found; type: %s, "+
				"valid types: {B,NULL,SS,BOOL,L,BS,N,NS,S,M}", fixed.constant.Text))
		}
	}
}

func (p *conditionParser) checkTexts(operands []operand) {
	for _, operand := range operands {
		if kind, known := staticType(operand); known && !isText(kind) {
			p.note(operandType, wrongOperandType("begins_with", kind))
		}
	}
}

// staticType tells the type of an operand that does not depend on the item.
func staticType(operand operand) (attribute.Type, bool) {
	switch operand := operand.(type) {
	case constant:
		return operand.constant.Type, operand.constant.Type != 0
	case sizeOf:
		return attribute.Number, true
	}
	return 0, false
}

func misused(function string) error {
	return refusal.Validation("The function is not allowed to be used this way in an expression; function: %s", function)
}

func requiresPath(name string) error {
	return refusal.Validation("Operator or function requires a document path; operator or function: %s", name)
}

func wrongOperandCount(name string, count int) error {
	return refusal.Validation(
		"Incorrect number of operands for operator or function; operator or function: %s, number of operands: %d", name, count)
}

func wrongOperandType(name string, kind attribute.Type) error {
	return refusal.Validation(
		"Incorrect operand type for operator or function; operator or function: %s, operand type: %s", name, kind)
}
