// Package expression is DynamoDB's expression language: conditions and filters, key conditions, updates and projections.
// Texts are parsed together with their placeholders (#name and :value) and refused in AWS's words.
package expression

import (
	"strings"
	"unicode/utf8"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/dynamo/refusal"
)

type tokenKind byte

const (
	endToken    tokenKind = iota
	wordToken             // a bare name, function or keyword
	nameToken             // #name
	valueToken            // :value
	numberToken           // digits
	symbolToken           // an operator or a bracket, or a character that is no part of the language
)

// token is a piece of an expression at text[start:end].
type token struct {
	kind       tokenKind
	text       string
	start, end int
}

func (t token) isSymbol(symbol string) bool { return t.kind == symbolToken && t.text == symbol }

// isWord tells whether the token is a keyword, which may be written in any case.
func (t token) isWord(keyword string) bool {
	return t.kind == wordToken && strings.EqualFold(t.text, keyword)
}

// tokens cuts a text into tokens, the last of which is an endToken.
func tokens(text string) []token {
	list := make([]token, 0, 16)
	for at := 0; ; {
		for at < len(text) && strings.IndexByte(" \t\r\n", text[at]) >= 0 {
			at++
		}
		if at == len(text) {
			return append(list, token{kind: endToken, text: "<EOF>", start: at, end: at})
		}
		kind, length := scan(text[at:])
		list = append(list, token{kind: kind, text: text[at : at+length], start: at, end: at + length})
		at += length
	}
}

// scan tells the kind and length of the token that a text begins with.
func scan(text string) (tokenKind, int) {
	switch c := text[0]; {
	case isLetter(c):
		return wordToken, wordLength(text)
	case isDigit(c):
		return numberToken, numberLength(text)
	case c == '#' || c == ':':
		length := 1 + wordLength(text[1:])
		if length == 1 {
			return symbolToken, length
		}
		if c == '#' {
			return nameToken, length
		}
		return valueToken, length
	}
	for _, symbol := range []string{"<>", "<=", ">="} {
		if strings.HasPrefix(text, symbol) {
			return symbolToken, len(symbol)
		}
	}
	_, length := utf8.DecodeRuneInString(text)
	return symbolToken, length
}

func wordLength(text string) int {
	length := 0
	for length < len(text) && (isLetter(text[length]) || isDigit(text[length]) || text[length] == '_') {
		length++
	}
	return length
}

// numberLength is the length of the number that a text begins with, which has no leading zeros.
func numberLength(text string) int {
	length := 1
	for text[0] != '0' && length < len(text) && isDigit(text[length]) {
		length++
	}
	return length
}

func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }
func isDigit(c byte) bool  { return c >= '0' && c <= '9' }

// syntaxError is the refusal of the token at an index, with the tokens beside it.
func syntaxError(text string, list []token, at int) error {
	start, end := list[at].start, list[at].end
	if at > 0 {
		start = list[at-1].start
	}
	if at+1 < len(list) && list[at+1].kind != endToken {
		end = list[at+1].end
	}
	return refusal.Validation("Syntax error; token: \"%s\", near: \"%s\"", list[at].text, text[start:end])
}
