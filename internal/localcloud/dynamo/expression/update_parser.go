package expression

import (
	"github.com/bayon-coagent/event-consumers/internal/localcloud/dynamo/attribute"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/dynamo/refusal"
)

// ParseUpdate parses an UpdateExpression.
func ParseUpdate(text string, placeholders *Placeholders) (*Update, error) {
	update, err := parseUpdate(text, placeholders)
	if err != nil {
		return nil, invalid("UpdateExpression", err)
	}
	return update, nil
}

func parseUpdate(text string, placeholders *Placeholders) (*Update, error) {
	shared, err := newParser(text, placeholders, "SET", "REMOVE", "ADD", "DELETE")
	if err != nil {
		return nil, err
	}
	p := updateParser{parser: shared, update: &Update{}}
	if err := p.sections(); err != nil {
		return nil, err
	}
	p.checkPaths(p.paths)
	if err := p.end(); err != nil {
		return nil, err
	}
	p.update.touched = newProjection(p.paths)
	p.update.arrange()
	return p.update, nil
}

type updateParser struct {
	*parser
	update *Update
	paths  []Path
}

func (p *updateParser) sections() error {
	sections := []struct {
		name string
		item func() error
		seen bool
	}{
		{name: "SET", item: p.set},
		{name: "REMOVE", item: p.remove},
		{name: "ADD", item: func() error { return p.combine("ADD", &p.update.adds) }},
		{name: "DELETE", item: func() error { return p.combine("DELETE", &p.update.deletes) }},
	}
	for {
		if !p.isKeyword() {
			return p.unexpected()
		}
		for i := range sections {
			section := &sections[i]
			if !p.takeWord(section.name) {
				continue
			}
			if section.seen {
				p.note(repeatedSection, refusal.Validation(
					"The \"%s\" section can only be used once in an update expression;", section.name))
			}
			section.seen = true
			if err := p.list(section.item); err != nil {
				return err
			}
			break
		}
		if p.next().kind == endToken {
			return nil
		}
	}
}

// target takes the path of a change.
func (p *updateParser) target() (Path, error) {
	path, err := p.path()
	p.paths = append(p.paths, path)
	p.operators++
	return path, err
}

func (p *updateParser) set() error {
	path, err := p.target()
	if err != nil {
		return err
	}
	if err := p.expect("="); err != nil {
		return err
	}
	value, err := p.assigned()
	p.update.sets = append(p.update.sets, assignment{path, value.operand})
	return err
}

func (p *updateParser) remove() error {
	path, err := p.target()
	p.update.removes = append(p.update.removes, path)
	return err
}

func (p *updateParser) combine(section string, into *[]combination) error {
	path, err := p.target()
	if err != nil {
		return err
	}
	if p.next().kind != valueToken {
		return p.unexpected()
	}
	value := p.value()
	if value.Type != 0 && !value.Type.IsSet() && (section == "DELETE" || value.Type != attribute.Number) {
		p.note(operandType, refusal.Validation("Incorrect operand type for operator or function; "+
			"operator: %s, operand type: %s, typeSet: ALLOWED_FOR_%s_OPERAND", section, value.Type.Long(), section))
	}
	*into = append(*into, combination{path, value})
	return nil
}

// updateTerm is an operand and what brackets and operators it came with.
type updateTerm struct {
	operand  updateOperand
	enclosed bool
	computed bool // by + or -, of which no more than one is allowed
}

// assigned takes an operand, or two with + or - between.
func (p *updateParser) assigned() (updateTerm, error) {
	left, err := p.operand()
	if err != nil || left.computed {
		return left, err
	}
	for _, operator := range []string{"+", "-"} {
		if p.takeSymbol(operator) {
			return p.calculation(left, operator)
		}
	}
	return left, nil
}

func (p *updateParser) calculation(left updateTerm, operator string) (updateTerm, error) {
	p.operators++
	right, err := p.operand()
	if err != nil {
		return updateTerm{}, err
	}
	if right.computed {
		return updateTerm{}, p.unexpected()
	}
	p.checkType(operator, attribute.Number, left.operand, right.operand)
	if operator == "+" {
		return updateTerm{operand: sum{left.operand, right.operand}, computed: true}, nil
	}
	return updateTerm{operand: difference{left.operand, right.operand}, computed: true}, nil
}

// operand takes brackets with what they enclose, a function call, a :value or a path.
func (p *updateParser) operand() (updateTerm, error) {
	switch {
	case p.takeSymbol("("):
		inner, err := p.assigned()
		if err != nil {
			return updateTerm{}, err
		}
		if inner.enclosed {
			p.note(parentheses, redundantParentheses())
		}
		inner.enclosed = true
		return inner, p.expect(")")
	case p.isCall():
		operand, err := p.call()
		return updateTerm{operand: operand}, err
	case p.next().kind == valueToken:
		return updateTerm{operand: updateConstant{p.value()}}, nil
	}
	path, err := p.path()
	p.update.read = append(p.update.read, path)
	return updateTerm{operand: updatePath{path}}, err
}

func (p *updateParser) call() (updateOperand, error) {
	name := p.next().text
	p.at += 2
	p.operators++
	var operands []updateOperand
	err := p.list(func() error {
		argument, err := p.operand()
		if err == nil && argument.computed {
			err = p.unexpected()
		}
		operands = append(operands, argument.operand)
		return err
	})
	if err == nil {
		err = p.expect(")")
	}
	if err != nil {
		return nil, err
	}
	return p.function(name, operands), nil
}

// function makes an operand of a call. Faults are noted; what is returned then is never evaluated.
func (p *updateParser) function(name string, operands []updateOperand) updateOperand {
	switch {
	case operandsOfFunction(name) > 0:
		p.note(unknownFunction, refusal.Validation("The function is not allowed in an update expression; function: %s", name))
		return updateConstant{}
	case !isUpdateFunction(name):
		p.note(unknownFunction, refusal.Validation("Invalid function name; function: %s", name))
		return updateConstant{}
	case len(operands) != 2:
		p.note(operandCount, wrongOperandCount(name, len(operands)))
		return updateConstant{}
	case name == "list_append":
		p.checkType(name, attribute.List, operands...)
		return listAppend{operands[0], operands[1]}
	}
	path, isPath := operands[0].(updatePath)
	if !isPath {
		p.note(operandType, requiresPath(name))
	}
	return ifNotExists{path.path, operands[1]}
}

func isUpdateFunction(name string) bool { return name == "if_not_exists" || name == "list_append" }

// checkType notes constants of another type than the one needed.
func (p *updateParser) checkType(name string, want attribute.Type, operands ...updateOperand) {
	for _, operand := range operands {
		if fixed, ok := operand.(updateConstant); ok && fixed.constant.Type != want && fixed.constant.Type != 0 {
			p.note(operandType, wrongOperandType(name, fixed.constant.Type))
		}
	}
}
