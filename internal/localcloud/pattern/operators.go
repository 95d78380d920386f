package pattern

import "strings"

// tests reads the list of values and operators that a field may have, whose start has been read.
func (c *compiler) tests() (tests, error) {
	var list tests
	for empty := true; ; empty = false {
		kind, err := c.next()
		switch {
		case err != nil:
			return tests{}, err
		case kind == arrayEnd && empty:
			return tests{}, c.fail("Empty arrays are not allowed")
		case kind == arrayEnd:
			return list, nil
		}
		if err := c.addTest(&list, kind); err != nil {
			return tests{}, err
		}
	}
}

func (c *compiler) addTest(list *tests, kind token) error {
	switch kind {
	case objectStart:
		return c.operator(list)
	case stringValue:
		text, err := c.textOfString()
		if err != nil {
			return err
		}
		if address, ok := parseAddress(text); ok {
			list.add(singleAddress(address))
		} else {
			list.addText(text)
		}
	case numberValue:
		list.add(equalNumber{newNumber(c.lexeme), string(c.lexeme)})
	case trueValue, falseValue, nullValue:
		list.add(literal(kind))
	default:
		return c.fail("Match value must be String, number, true, false, or null")
	}
	return nil
}

// operator reads an operator and its value, and the end of the object that they stand in.
func (c *compiler) operator(list *tests) error {
	kind, err := c.next()
	if err != nil {
		return err
	}
	if kind != fieldName {
		return c.fail("Match expression name not found")
	}
	name := c.key
	switch name {
	case "exists":
		return c.exists(list)
	case "numeric":
		return c.numeric(list)
	case "anything-but":
		return c.anythingBut(list)
	case "prefix", "suffix":
		return c.affix(list, name)
	case "exactly", "equals-ignore-case", "wildcard", "cidr":
		text, err := c.operand(operandName(name))
		if err != nil {
			return err
		}
		test, err := c.textTest(name, text)
		if err != nil {
			return err
		}
		list.add(test)
		return c.end(onlyOneKey)
	default:
		return c.fail("Unrecognized match type %s", name)
	}
}

const (
	onlyOneKey      = "Only one key allowed in match expression"
	tooManyElements = "Too many elements in numeric expression"
)

// operandName is what AWS calls an operator that takes a string, in its messages.
func operandName(operator string) string {
	switch operator {
	case "exactly":
		return "exact"
	case "cidr":
		return "prefix" // sic
	default:
		return operator
	}
}

// operand reads the string that an operator takes.
func (c *compiler) operand(name string) (string, error) {
	kind, err := c.next()
	if err != nil {
		return "", err
	}
	if kind != stringValue {
		return "", c.fail("%s match pattern must be a string", name)
	}
	return c.textOfString()
}

// written is how a token that was read is written, as far as AWS's messages show it.
func (c *compiler) written(kind token) string {
	switch kind {
	case numberValue:
		return string(c.lexeme)
	case objectStart:
		return "{"
	case arrayStart:
		return "["
	case arrayEnd:
		return "]"
	case trueValue:
		return "true"
	case falseValue:
		return "false"
	default:
		return "null"
	}
}

// end reads the end of an object that must have no further key.
func (c *compiler) end(problem string) error {
	kind, err := c.next()
	if err == nil && kind != objectEnd {
		err = c.fail("%s", problem)
	}
	return err
}

// textTest makes the test of an operator that takes one string.
func (c *compiler) textTest(name, text string) (test, error) {
	switch name {
	case "exactly":
		return equalText(text), nil
	case "prefix":
		return prefix(text), nil
	case "suffix":
		return suffix(text), nil
	case "equals-ignore-case":
		return equalFolded{fold(text)}, nil
	case "cidr":
		return parseCIDR(text)
	default:
		c.wildcards = true
		compiled, err := parseWildcard(text)
		if err != nil {
			return nil, c.fail("%s", err)
		}
		return compiled, nil
	}
}

func (c *compiler) exists(list *tests) error {
	kind, err := c.next()
	switch {
	case err != nil:
		return err
	case kind == trueValue:
		list.add(present{})
	case kind == falseValue:
		list.absent = true
	default:
		return c.fail("exists match pattern must be either true or false.")
	}
	return c.end(onlyOneKey)
}

// affix reads the value of prefix or suffix: a string, or a string to be compared without regard to case.
func (c *compiler) affix(list *tests, name string) error {
	if c.waiting != objectStart {
		text, err := c.operand(name)
		if err != nil {
			return err
		}
		test, err := c.textTest(name, text)
		if err != nil {
			return err
		}
		list.add(test)
		return c.end(onlyOneKey)
	}
	if _, err := c.next(); err != nil { // the start of the object
		return err
	}
	kind, err := c.next()
	switch {
	case err != nil:
		return err
	case kind != fieldName:
		return c.fail("%s expression name not found", strings.ToUpper(name[:1])+name[1:])
	case c.key != "equals-ignore-case":
		return c.fail("Unsupported %s pattern: %s", name, c.key)
	}
	text, err := c.operand("equals-ignore-case")
	if err != nil {
		return err
	}
	if name == "prefix" {
		list.add(prefixFolded{fold(text)})
	} else {
		list.add(suffixFolded{fold(text)})
	}
	if err := c.end(onlyOneKey); err != nil {
		return err
	}
	return c.end(onlyOneKey)
}
