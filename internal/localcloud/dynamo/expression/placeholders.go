package expression

import (
	"strings"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/dynamo/attribute"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/dynamo/refusal"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/dynamo/wire"
)

// Placeholders are the #names and :values that the expressions of one request may use. The zero Placeholders has none.
type Placeholders struct {
	names     []namePlaceholder
	values    []valuePlaceholder
	hasNames  bool
	hasValues bool
}

type namePlaceholder struct {
	key, name string
	used      bool
}

type valuePlaceholder struct {
	key   string
	value attribute.Value
	used  bool
}

// DeclareNames notes that the request has names, though perhaps none in it.
func (p *Placeholders) DeclareNames() { p.hasNames = true }

// DeclareValues notes that the request has values, though perhaps none in it.
func (p *Placeholders) DeclareValues() { p.hasValues = true }

// HasNames tells whether names were declared.
func (p *Placeholders) HasNames() bool { return p.hasNames }

// HasValues tells whether values were declared.
func (p *Placeholders) HasValues() bool { return p.hasValues }

// AddName declares the name that a key such as #name stands for.
func (p *Placeholders) AddName(key, name string) error {
	if !isPlaceholder(key, '#') {
		return refusal.Validation("ExpressionAttributeNames contains invalid key: Syntax error; key: \"%s\"", key)
	}
	if err := attribute.CheckName(name); err != nil {
		return refusal.Worded("ExpressionAttributeNames contains invalid value: ", err, " for key "+key)
	}
	p.names = append(p.names, namePlaceholder{key: key, name: name})
	return nil
}

// AddValue declares the value that a key such as :value stands for.
func (p *Placeholders) AddValue(key string, value attribute.Value) error {
	if !isPlaceholder(key, ':') {
		return refusal.Validation("ExpressionAttributeValues contains invalid key: Syntax error; key: \"%s\"", key)
	}
	p.values = append(p.values, valuePlaceholder{key: key, value: value})
	return nil
}

func isPlaceholder(key string, mark byte) bool {
	return len(key) > 1 && key[0] == mark && wordLength(key[1:]) == len(key)-1
}

func (p *Placeholders) name(key string) (string, error) {
	for i := range p.names {
		if p.names[i].key == key {
			p.names[i].used = true
			return p.names[i].name, nil
		}
	}
	return "", refusal.Validation(
		"An expression attribute name used in the document path is not defined; attribute name: %s", key)
}

func (p *Placeholders) value(key string) (attribute.Value, error) {
	for i := range p.values {
		if p.values[i].key == key {
			p.values[i].used = true
			return p.values[i].value, nil
		}
	}
	return attribute.Value{}, refusal.Validation(
		"An expression attribute value used in expression is not defined; attribute value: %s", key)
}

// CheckDeclared refuses declarations without content. It is to be called before the expressions are parsed.
func (p *Placeholders) CheckDeclared() error {
	switch {
	case p.hasNames && len(p.names) == 0:
		return refusal.Validation("ExpressionAttributeNames must not be empty")
	case p.hasValues && len(p.values) == 0:
		return refusal.Validation("ExpressionAttributeValues must not be empty")
	}
	return nil
}

// CheckUsed refuses placeholders that no expression used. It is to be called after the expressions are parsed.
func (p *Placeholders) CheckUsed() error {
	var unused []string
	for _, name := range p.names {
		if !name.used {
			unused = append(unused, name.key)
		}
	}
	if len(unused) > 0 {
		return refusal.Validation(
			"Value provided in ExpressionAttributeNames unused in expressions: keys: {%s}", strings.Join(unused, ", "))
	}
	for _, value := range p.values {
		if !value.used {
			unused = append(unused, value.key)
		}
	}
	if len(unused) > 0 {
		return refusal.Validation(
			"Value provided in ExpressionAttributeValues unused in expressions: keys: {%s}", strings.Join(unused, ", "))
	}
	return nil
}

// AppendStored appends a form that is equal for placeholders that stand for the same, in whichever order they came.
func (p *Placeholders) AppendStored(to []byte) []byte {
	members := make(attribute.Map, 0)
	for _, name := range p.names {
		members = members.With(name.key, attribute.Text(name.name))
	}
	for _, value := range p.values {
		members = members.With(value.key, value.value)
	}
	return members.AppendStored(to)
}

// AppendNames appends the names as the JSON object that declared them.
func (p *Placeholders) AppendNames(to []byte) []byte {
	separator := byte('{')
	for _, name := range p.names {
		to = wire.AppendString(append(to, separator), name.key)
		to = wire.AppendString(append(to, ':'), name.name)
		separator = ','
	}
	return append(to, '}')
}
