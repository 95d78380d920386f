package expression

import (
	"slices"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/dynamo/attribute"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/dynamo/refusal"
)

// ParseCondition parses a ConditionExpression or a FilterExpression; kind says which.
func ParseCondition(kind, text string, placeholders *Placeholders) (*Condition, error) {
	condition, err := parseCondition(text, placeholders)
	if err != nil {
		return nil, invalid(kind, err)
	}
	return condition, nil
}

func parseCondition(text string, placeholders *Placeholders) (*Condition, error) {
	shared, err := newParser(text, placeholders, "AND", "OR", "NOT", "BETWEEN", "IN")
	if err != nil {
		return nil, err
	}
	p := conditionParser{parser: shared}
	term, err := p.either()
	if err != nil {
		return nil, err
	}
	root, err := p.asCondition(term)
	if err != nil {
		return nil, err
	}
	return &Condition{root: root, paths: p.paths}, p.end()
}

type conditionParser struct {
	*parser
	paths []Path
}

// term is what brackets can enclose: a condition, an operand, or a function call, which can be either.
type term struct {
	condition condition
	operand   operand
	call      *call
	enclosed  bool
}

type call struct {
	name      string
	arguments []term
}

func (p *conditionParser) either() (term, error) {
	return p.chain("OR", p.both, func(left, right condition) condition { return anyOf{left, right} })
}

func (p *conditionParser) both() (term, error) {
	return p.chain("AND", p.negated, func(left, right condition) condition { return allOf{left, right} })
}

// chain takes conditions with a keyword between, or whatever the single term is.
func (p *conditionParser) chain(keyword string, part func() (term, error), join func(l, r condition) condition) (term, error) {
	first, err := part()
	if err != nil || !p.next().isWord(keyword) {
		return first, err
	}
	joined, err := p.asCondition(first)
	for err == nil && p.takeWord(keyword) {
		p.operators++
		var next term
		var right condition
		if next, err = part(); err == nil {
			right, err = p.asCondition(next)
		}
		joined = join(joined, right)
	}
	return term{condition: joined}, err
}

func (p *conditionParser) negated() (term, error) {
	if !p.takeWord("NOT") {
		return p.predicate()
	}
	p.operators++
	inner, err := p.negated()
	if err != nil {
		return term{}, err
	}
	condition, err := p.asCondition(inner)
	return term{condition: not{condition}}, err
}

// predicate takes a comparison, a BETWEEN, an IN, or a single term.
func (p *conditionParser) predicate() (term, error) {
	left, err := p.simple()
	if err != nil || left.condition != nil {
		return left, err
	}
	switch token := p.next(); {
	case token.kind == symbolToken && slices.Contains([]string{"=", "<>", "<", "<=", ">", ">="}, token.text):
		p.at++
		return p.comparison(left, token.text)
	case p.takeWord("BETWEEN"):
		return p.between(left)
	case p.takeWord("IN"):
		return p.oneOf(left)
	}
	return left, nil
}

func (p *conditionParser) comparison(left term, operator string) (term, error) {
	p.operators++
	right, err := p.simple()
	if err != nil {
		return term{}, err
	}
	operands, err := p.asOperands([]term{left, right})
	if err != nil {
		return term{}, err
	}
	p.distinct(operator, operands)
	if operator != "=" && operator != "<>" {
		p.haveOrder(operator, operands)
	}
	return term{condition: comparison{operator, operands[0], operands[1]}}, nil
}

func (p *conditionParser) between(value term) (term, error) {
	p.operators++
	low, err := p.simple()
	if err != nil {
		return term{}, err
	}
	if !p.takeWord("AND") {
		return term{}, p.unexpected()
	}
	high, err := p.simple()
	if err != nil {
		return term{}, err
	}
	operands, err := p.asOperands([]term{value, low, high})
	if err != nil {
		return term{}, err
	}
	p.distinct("BETWEEN", operands)
	p.haveOrder("BETWEEN", operands)
	p.checkBounds(operands[1], operands[2])
	return term{condition: between{operands[0], operands[1], operands[2]}}, nil
}

func (p *conditionParser) oneOf(value term) (term, error) {
	p.operators++
	terms := []term{value}
	if err := p.expect("("); err != nil {
		return term{}, err
	}
	err := p.list(func() error {
		next, err := p.simple()
		terms = append(terms, next)
		return err
	})
	if err == nil {
		err = p.expect(")")
	}
	if err != nil {
		return term{}, err
	}
	operands, err := p.asOperands(terms)
	if err != nil {
		return term{}, err
	}
	if count := len(operands) - 1; count > maxOperands {
		p.note(operandCount, refusal.Validation(
			"The IN operator is provided with too many operands; number of operands: %d", count))
	}
	p.distinct("IN", operands)
	return term{condition: oneOf{operands}}, nil
}

// simple takes brackets with what they enclose, a function call, a :value or a path.
func (p *conditionParser) simple() (term, error) {
	switch {
	case p.takeSymbol("("):
		inner, err := p.either()
		if err != nil {
			return term{}, err
		}
		if inner.enclosed {
			p.note(parentheses, redundantParentheses())
		}
		inner.enclosed = true
		return inner, p.expect(")")
	case p.isCall():
		return p.call()
	case p.next().kind == valueToken:
		return term{operand: constant{p.value()}}, nil
	}
	path, err := p.path()
	p.paths = append(p.paths, path)
	return term{operand: pathOperand{path}}, err
}

func redundantParentheses() error {
	return refusal.Validation("The expression has redundant parentheses;")
}

func (p *conditionParser) call() (term, error) {
	call := &call{name: p.next().text}
	p.at += 2
	p.operators++
	err := p.list(func() error {
		argument, err := p.simple()
		call.arguments = append(call.arguments, argument)
		return err
	})
	if err == nil {
		err = p.expect(")")
	}
	return term{call: call}, err
}

// asCondition takes a term for a condition. An operand in its place is a fault of syntax.
func (p *conditionParser) asCondition(t term) (condition, error) {
	switch {
	case t.condition != nil:
		return t.condition, nil
	case t.call != nil:
		return p.function(t.call)
	}
	return nil, p.unexpected()
}

// asOperands takes terms for operands, which no condition and no function but size can be.
func (p *conditionParser) asOperands(terms []term) ([]operand, error) {
	operands := make([]operand, len(terms))
	for i, t := range terms {
		switch {
		case t.operand != nil:
			operands[i] = t.operand
		case t.call != nil:
			size, err := p.size(t.call)
			if err != nil {
				return nil, err
			}
			operands[i] = size
		default:
			return nil, p.unexpected()
		}
	}
	return operands, nil
}

// distinct notes a first operand that comes again.
func (p *conditionParser) distinct(name string, operands []operand) {
	first, isPath := operands[0].(pathOperand)
	for _, operand := range operands[1:] {
		if other, same := operand.(pathOperand); isPath && same && first.path.equal(other.path) {
			p.note(distinctOperands, refusal.Validation("The first operand must be distinct from the remaining operands "+
				"for this operator or function; operator: %s, first operand: %v", name, first.path))
		}
	}
}

func (p *conditionParser) haveOrder(operator string, operands []operand) {
	for _, operand := range operands {
		if fixed, ok := operand.(constant); ok && !fixed.constant.Type.HasOrder() && fixed.constant.Type != 0 {
			p.note(operandType, wrongOperandType(operator, fixed.constant.Type))
		}
	}
}

func (p *conditionParser) checkBounds(low, high operand) {
	from, ok := low.(constant)
	to, both := high.(constant)
	if !ok || !both || from.constant.Type == 0 || to.constant.Type == 0 {
		return
	}
	const bounds = "lower bound operand: AttributeValue: %s, upper bound operand: AttributeValue: %s"
	switch {
	case from.constant.Type != to.constant.Type:
		p.note(operandType, refusal.Validation("The BETWEEN operator requires same data type for lower and upper bounds; "+
			bounds, inError(from.constant), inError(to.constant)))
	case from.constant.Type.HasOrder() && from.constant.Compare(to.constant) > 0:
		p.note(operandType, refusal.Validation("The BETWEEN operator requires upper bound to be greater than or equal to "+
			"lower bound; "+bounds, inError(from.constant), inError(to.constant)))
	}
}

func inError(value attribute.Value) string { return "{" + value.Type.String() + ":" + value.Text + "}" }
