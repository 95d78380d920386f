package expression

import (
	"github.com/bayon-coagent/event-consumers/internal/localcloud/dynamo/attribute"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/dynamo/refusal"
)

// updateOperand is what SET can assign. It is evaluated on the item before the update.
type updateOperand interface {
	evaluate(item attribute.Value) (attribute.Value, error)
}

type (
	updateConstant struct{ constant attribute.Value }
	updatePath     struct{ path Path }
	ifNotExists    struct {
		path      Path
		otherwise updateOperand
	}
	listAppend struct{ first, second updateOperand }
	sum        struct{ left, right updateOperand }
	difference struct{ left, right updateOperand }
)

func (o updateConstant) evaluate(attribute.Value) (attribute.Value, error) { return o.constant, nil }

func (o updatePath) evaluate(item attribute.Value) (attribute.Value, error) {
	value, found := o.path.find(item)
	if !found {
		return attribute.Value{}, refusal.Validation(
			"The provided expression refers to an attribute that does not exist in the item")
	}
	return value, nil
}

func (o ifNotExists) evaluate(item attribute.Value) (attribute.Value, error) {
	if value, found := o.path.find(item); found {
		return value, nil
	}
	return o.otherwise.evaluate(item)
}

func (o listAppend) evaluate(item attribute.Value) (attribute.Value, error) {
	first, second, err := operandsOf(item, attribute.List, o.first, o.second)
	if err != nil {
		return attribute.Value{}, err
	}
	elements := make([]attribute.Value, 0, len(first.List)+len(second.List))
	return attribute.Value{Type: attribute.List, List: append(append(elements, first.List...), second.List...)}, nil
}

func (o sum) evaluate(item attribute.Value) (attribute.Value, error) {
	left, right, err := operandsOf(item, attribute.Number, o.left, o.right)
	if err != nil {
		return attribute.Value{}, err
	}
	return left.Plus(right)
}

func (o difference) evaluate(item attribute.Value) (attribute.Value, error) {
	left, right, err := operandsOf(item, attribute.Number, o.left, o.right)
	if err != nil {
		return attribute.Value{}, err
	}
	return left.Minus(right)
}

// operandsOf evaluates two operands that must have a type.
func operandsOf(item attribute.Value, kind attribute.Type, one, two updateOperand) (a, b attribute.Value, err error) {
	if a, err = one.evaluate(item); err != nil {
		return a, b, err
	}
	if b, err = two.evaluate(item); err != nil {
		return a, b, err
	}
	if a.Type != kind || b.Type != kind {
		return a, b, incorrectType()
	}
	return a, b, nil
}
