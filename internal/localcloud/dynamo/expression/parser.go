package expression

import (
	"strconv"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/dynamo/attribute"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/dynamo/refusal"
)

// Limits of expressions.
const (
	maxLength    = 4096 // bytes
	maxOperators = 300
	maxOperands  = 100 // of IN
	maxPathDepth = 32
)

// category orders the faults of an expression that is well formed: the first in this order is the one that is told.
type category byte

const (
	parentheses category = iota
	unknownFunction
	misusedFunction
	reservedName
	repeatedSection
	undefined
	tooMany
	overlap
	conflict
	operandCount
	distinctOperands
	operandType
	categories
)

// parser is what the parsers of all kinds of expressions share. Faults of syntax end the parsing, others are noted.
type parser struct {
	text         string
	tokens       []token
	at           int
	placeholders *Placeholders
	keywords     []string
	faults       [categories]error
	operators    int
}

// newParser begins to parse an expression in which the keywords are no names.
func newParser(text string, placeholders *Placeholders, keywords ...string) (*parser, error) {
	switch {
	case text == "":
		return nil, refusal.Validation("The expression can not be empty;")
	case len(text) > maxLength:
		return nil, refusal.Validation("Expression size has exceeded the maximum allowed size; expression size: %d", len(text))
	}
	return &parser{text: text, tokens: tokens(text), placeholders: placeholders, keywords: keywords}, nil
}

// invalid words a fault of an expression of some kind, such as FilterExpression.
func invalid(kind string, err error) error { return refusal.Prefixed("Invalid "+kind+": ", err) }

func (p *parser) note(category category, err error) {
	if err != nil && p.faults[category] == nil {
		p.faults[category] = err
	}
}

// end tells the gravest fault of an expression that must be over.
func (p *parser) end() error {
	if p.next().kind != endToken {
		return p.unexpected()
	}
	if p.operators > maxOperators {
		p.note(tooMany, refusal.Validation(
			"The expression contains too many operators; operator count: %d", maxOperators+1))
	}
	for _, fault := range p.faults {
		if fault != nil {
			return fault
		}
	}
	return nil
}

func (p *parser) next() token       { return p.tokens[p.at] }
func (p *parser) unexpected() error { return syntaxError(p.text, p.tokens, p.at) }

// isCall tells whether a function call is next.
func (p *parser) isCall() bool {
	return p.next().kind == wordToken && !p.isKeyword() && p.tokens[p.at+1].isSymbol("(")
}

func (p *parser) isKeyword() bool {
	for _, keyword := range p.keywords {
		if p.next().isWord(keyword) {
			return true
		}
	}
	return false
}

func (p *parser) takeSymbol(symbol string) bool {
	if !p.next().isSymbol(symbol) {
		return false
	}
	p.at++
	return true
}

func (p *parser) takeWord(keyword string) bool {
	if !p.next().isWord(keyword) {
		return false
	}
	p.at++
	return true
}

func (p *parser) expect(symbol string) error {
	if !p.takeSymbol(symbol) {
		return p.unexpected()
	}
	return nil
}

// value takes a :value.
func (p *parser) value() attribute.Value {
	value, err := p.placeholders.value(p.next().text)
	p.note(undefined, err)
	p.at++
	return value
}

// path takes a document path.
func (p *parser) path() (Path, error) {
	name, err := p.pathName()
	if err != nil {
		return nil, err
	}
	path := Path{{Name: name}}
	for {
		switch {
		case p.takeSymbol("."):
			name, err := p.pathName()
			if err != nil {
				return nil, err
			}
			path = append(path, Step{Name: name})
		case p.takeSymbol("["):
			index, err := p.index()
			if err != nil {
				return nil, err
			}
			path = append(path, Step{Index: index, IsIndex: true})
		default:
			if len(path) > maxPathDepth {
				p.note(tooMany, refusal.Validation("The document path has too many nesting levels; nesting levels: %d", len(path)))
			}
			return path, nil
		}
	}
}

func (p *parser) pathName() (string, error) {
	token := p.next()
	if token.kind == nameToken {
		p.at++
		name, err := p.placeholders.name(token.text)
		p.note(undefined, err)
		return name, nil
	}
	if token.kind != wordToken || p.isKeyword() {
		return "", p.unexpected()
	}
	p.at++
	if isReserved(token.text) {
		p.note(reservedName, refusal.Validation("Attribute name is a reserved keyword; reserved keyword: %s", token.text))
	}
	return token.text, nil
}

func (p *parser) index() (int, error) {
	token := p.next()
	if token.kind != numberToken {
		return 0, p.unexpected()
	}
	p.at++
	index, err := strconv.ParseInt(token.text, 10, 32)
	if err != nil {
		p.note(operandType, refusal.Validation("List index is not within the allowable range; index: [%s]", token.text))
	}
	return int(index), p.expect("]")
}

// list takes what parse takes, once or more often with commas between.
func (p *parser) list(parse func() error) error {
	for {
		if err := parse(); err != nil {
			return err
		}
		if !p.takeSymbol(",") {
			return nil
		}
	}
}

// checkPaths notes paths that stand in each other's way.
func (p *parser) checkPaths(paths []Path) {
	for i, two := range paths {
		for _, one := range paths[:i] {
			p.note(clash(one, two))
		}
	}
}
