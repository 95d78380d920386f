package pattern

import "errors"

// anythingBut reads the value of anything-but: strings or numbers, or an operator with strings.
func (c *compiler) anythingBut(list *tests) error {
	kind, err := c.next()
	if err != nil {
		return err
	}
	name := ""
	if kind == objectStart {
		if name, kind, err = c.anythingButOperator(); err != nil {
			return err
		}
	}
	var excluded noneOf
	switch {
	case kind != arrayStart && kind != stringValue && kind != numberValue:
		return c.fail("Value of anything-but must be an array or single string/number value.")
	case kind == arrayStart:
		excluded, err = c.excludedList(name)
	default:
		excluded, err = c.excludedValue(name, kind, nil)
	}
	if err != nil {
		return err
	}
	list.add(excluded)
	if err := c.end(tooManyElements); err != nil || name == "" {
		return err
	}
	return c.end(tooManyElements)
}

// anythingButOperator reads the name of the operator inside anything-but, and the start of its value.
func (c *compiler) anythingButOperator() (string, token, error) {
	kind, err := c.next()
	if err != nil {
		return "", endOfText, err
	}
	if kind != fieldName {
		return "", endOfText, c.fail("Anything-But expression name not found")
	}
	switch name := c.key; name {
	case "equals-ignore-case", "prefix", "suffix", "wildcard":
		kind, err := c.next()
		return name, kind, err
	default:
		return "", endOfText, c.fail("Unsupported anything-but pattern: %s", name)
	}
}

func (c *compiler) excludedList(name string) (noneOf, error) {
	var excluded noneOf
	var strings, numbers bool
	for {
		kind, err := c.next()
		if err != nil {
			return nil, toldTwice(err)
		}
		if kind == arrayEnd {
			break
		}
		strings, numbers = strings || kind == stringValue, numbers || kind == numberValue
		if excluded, err = c.excludedValue(name, kind, excluded); err != nil {
			return nil, toldTwice(err)
		}
	}
	if name != "" && len(excluded) == 0 {
		return nil, c.fail("Empty arrays are not allowed")
	}
	if name == "" && strings == numbers {
		return nil, c.fail("Inside anything but list, either all values are number or string, mixed type is not supported")
	}
	return excluded, nil
}

// toldTwice names the place of an error twice, as AWS does of what is wrong inside a list.
func toldTwice(err error) error {
	var wrong *invalid
	if !errors.As(err, &wrong) {
		return err
	}
	return &invalid{reason: wrong.reason, place: wrong.place + wrong.place}
}

// excludedValue adds one value to those that the field must not have.
func (c *compiler) excludedValue(name string, kind token, excluded noneOf) (noneOf, error) {
	if name == "" && kind == numberValue {
		number := newNumber(c.lexeme)
		if !number.exact {
			return nil, c.fail("Cannot compare number : %s", c.lexeme)
		}
		return append(excluded, equalNumber{number, string(c.lexeme)}), nil
	}
	if kind != stringValue {
		return nil, c.fail("%s", notExcludable(name))
	}
	text, err := c.textOfString()
	if err != nil {
		return nil, err
	}
	if text == "" && (name == "prefix" || name == "suffix") {
		return nil, c.fail("Null prefix/suffix not allowed")
	}
	if name == "" {
		return append(excluded, equalText(text)), nil
	}
	test, err := c.textTest(name, text)
	return append(excluded, test), err
}

// notExcludable says what a form of anything-but takes, in AWS's words.
func notExcludable(name string) string {
	switch name {
	case "":
		return "Inside anything but list, start|null|boolean is not supported."
	case "equals-ignore-case":
		return "Inside anything-but/equals-ignore-case list, number|start|null|boolean is not supported."
	case "wildcard":
		return "wildcard match pattern must be a string"
	default:
		return "prefix/suffix match pattern must be a string"
	}
}
