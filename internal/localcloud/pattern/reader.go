package pattern

import (
	"bytes"
	"fmt"
	"unicode/utf8"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/pattern/scan"
)

// token is a kind of JSON token.
type token byte

const (
	endOfText token = iota
	objectStart
	objectEnd
	arrayStart
	arrayEnd
	fieldName
	stringValue
	numberValue
	trueValue
	falseValue
	nullValue
)

// invalid is the reason why a text is no pattern, as AWS words it, and the place that AWS names.
type invalid struct {
	reason string
	place  string // "\n at [Source: …]", or empty where AWS names none
}

func (e *invalid) Error() string { return e.reason + e.place }

// reader hands out the tokens of a pattern one by one. Its errors name the place as AWS's parser does: a key is read
// together with the start of its value, and of a string only the opening quote until its text is asked for.
type reader struct {
	text    []byte
	offset  int // after what has been read
	open    []container
	waiting token  // the value of the key that was read last
	begun   bool   // a string's opening quote has been read, but not its text
	key     string // the key read last
	lexeme  []byte // the text of the last number
}

type container struct {
	object bool
	start  int // offset of the bracket
	filled bool
}

// next returns the next token, endOfText after the outermost value.
func (r *reader) next() (token, error) {
	if r.waiting != endOfText {
		value := r.waiting
		r.waiting = endOfText
		return value, nil
	}
	if r.begun {
		if _, err := r.textOfString(); err != nil {
			return endOfText, err
		}
	}
	r.offset = scan.Space(r.text, r.offset)
	if len(r.open) == 0 {
		if r.offset == len(r.text) {
			return endOfText, nil
		}
		return r.value()
	}
	inner := &r.open[len(r.open)-1]
	if r.offset == len(r.text) {
		return endOfText, r.unclosed(*inner)
	}
	if c := r.text[r.offset]; c == '}' || c == ']' {
		return r.closing(c)
	}
	if inner.filled {
		if err := r.pass(',', "was expecting comma to separate "+inner.name()+" entries"); err != nil {
			return endOfText, err
		}
	}
	inner.filled = true
	if inner.object {
		return r.member()
	}
	return r.value()
}

func (r *reader) closing(c byte) (token, error) {
	inner := r.open[len(r.open)-1]
	if (c == '}') != inner.object {
		expected := byte(']')
		if inner.object {
			expected = '}'
		}
		start := place(r.text, inner.start)
		return endOfText, r.fail("Unexpected close marker '%c': expected '%c' (for %s starting at %s)", c, expected, inner.name(), start)
	}
	r.offset++
	r.open = r.open[:len(r.open)-1]
	if inner.object {
		return objectEnd, nil
	}
	return arrayEnd, nil
}

func (r *reader) member() (token, error) {
	if r.offset == len(r.text) {
		return endOfText, r.unclosed(r.open[len(r.open)-1])
	}
	if r.text[r.offset] != '"' {
		return endOfText, r.unexpected("was expecting double-quote to start field name")
	}
	r.offset++
	key, err := r.textOfString()
	if err != nil {
		return endOfText, err
	}
	r.key = key
	r.offset = scan.Space(r.text, r.offset)
	if err := r.pass(':', "was expecting a colon to separate field name and value"); err != nil {
		return endOfText, err
	}
	r.waiting, err = r.value()
	return fieldName, err
}

// pass steps over a separator and the white space after it.
func (r *reader) pass(separator byte, expectation string) error {
	if r.offset == len(r.text) {
		return r.fail("Unexpected end-of-input within/between %s entries", r.open[len(r.open)-1].name())
	}
	if r.text[r.offset] != separator {
		return r.unexpected(expectation)
	}
	r.offset = scan.Space(r.text, r.offset+1)
	return nil
}

func (r *reader) value() (token, error) {
	if r.offset == len(r.text) {
		return endOfText, r.unclosed(r.open[len(r.open)-1])
	}
	switch c := r.text[r.offset]; {
	case c == '{' || c == '[':
		r.open = append(r.open, container{object: c == '{', start: r.offset})
		r.offset++
		if c == '{' {
			return objectStart, nil
		}
		return arrayStart, nil
	case c == '"':
		r.offset++
		r.begun = true
		return stringValue, nil
	case c == '-' || '0' <= c && c <= '9':
		return r.number()
	default:
		return r.word()
	}
}

func (r *reader) number() (token, error) {
	end := scan.Number(r.text, r.offset)
	if end == scan.Invalid {
		return endOfText, r.fail("Invalid numeric value")
	}
	r.lexeme = r.text[r.offset:end]
	r.offset = end
	return numberValue, nil
}

func (r *reader) word() (token, error) {
	end := r.offset
	for end < len(r.text) && isWordByte(r.text[end]) {
		end++
	}
	word := string(r.text[r.offset:end])
	if word == "" {
		return endOfText, r.unexpected("expected a valid value " + anyValue)
	}
	r.offset = end
	switch word {
	case "true":
		return trueValue, nil
	case "false":
		return falseValue, nil
	case "null":
		return nullValue, nil
	}
	return endOfText, r.fail("Unrecognized token '%s': was expecting %s", word, anyValue)
}

const anyValue = "(JSON String, Number, Array, Object or token 'null', 'true' or 'false')"

func isWordByte(c byte) bool {
	return c == '_' || c == '$' || '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || c >= utf8.RuneSelf
}

// textOfString reads on to the end of the string whose opening quote has been read.
func (r *reader) textOfString() (string, error) {
	start := r.offset - 1
	end := scan.String(r.text, start)
	if end == scan.Invalid {
		return "", r.fail("Unexpected end-of-input, control character or bad escape in a string")
	}
	r.offset, r.begun = end, false
	return string(scan.AppendText(nil, r.text[start:end])), nil
}

// fail is an error at the place up to which the text has been read.
func (r *reader) fail(format string, args ...any) error {
	return &invalid{reason: fmt.Sprintf(format, args...), place: "\n at " + place(r.text, r.offset)}
}

func (r *reader) unexpected(expectation string) error {
	character, _ := utf8.DecodeRune(r.text[r.offset:])
	return r.fail("Unexpected character ('%c' (code %d)): %s", character, character, expectation)
}

func (r *reader) unclosed(inner container) error {
	start := place(r.text, inner.start)
	return r.fail("Unexpected end-of-input: expected close marker for %s (start marker at %s)", inner.name(), start)
}

func (c container) name() string {
	if c.object {
		return "Object"
	}
	return "Array"
}

// place names an offset as AWS does, lines and columns counted from 1. It quotes the beginning of the text.
func place(text []byte, offset int) string {
	line := 1 + bytes.Count(text[:offset], []byte("\n"))
	column := 1 + utf8.RuneCount(text[bytes.LastIndexByte(text[:offset], '\n')+1:offset])
	quoted := `"` + string(text) + `"`
	const quotable = 500
	if characters := []rune(string(text)); len(characters) > quotable {
		quoted = fmt.Sprintf(`"%s"[truncated %d chars]`, string(characters[:quotable]), len(characters)-quotable)
	}
	return fmt.Sprintf("[Source: (String)%s; line: %d, column: %d]", quoted, line, column)
}
