package template

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// Limits of a template. CloudFormation takes 1 MB and knows no deeper nesting than a person would write.
const (
	maxBytes = 1 << 20
	maxDepth = 64
)

// parse turns the template's text into nodes. Short forms of intrinsic functions (!Ref x) become their long forms.
func (r *reader) parse(source []byte) *node {
	if len(source) > maxBytes {
		r.report(place{}, 1, "the template has %d bytes; CloudFormation takes at most %d", len(source), maxBytes)
		return &node{}
	}
	file, err := parseYAML(source)
	if err != nil {
		line, reason := explain(err)
		r.report(place{}, line, "no valid YAML: %s", reason)
		return &node{}
	}
	if len(file.Docs) != 1 || file.Docs[0].Body == nil {
		r.report(place{}, 1, "a template is one YAML document")
		return &node{}
	}
	return r.convert(file.Docs[0].Body, 0)
}

// parseYAML shields the reader from panics of the YAML library, which some malformed texts cause.
func parseYAML(source []byte) (file *ast.File, err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = fmt.Errorf("the parser gave up: %v", cause)
		}
	}()
	return parser.ParseBytes(source, 0, parser.AllowDuplicateMapKey())
}

func (r *reader) convert(n ast.Node, depth int) *node {
	line := lineOfNode(n)
	if depth > maxDepth {
		r.report(place{}, line, "the template is nested deeper than %d levels", maxDepth)
		return &node{line: line}
	}
	switch n := n.(type) {
	case *ast.MappingNode:
		return r.convertMapping(n, line, depth)
	case *ast.SequenceNode:
		converted := &node{kind: list, line: line}
		for _, item := range n.Values {
			converted.items = append(converted.items, r.convert(item, depth+1))
		}
		return converted
	case *ast.TagNode:
		return r.convertTag(n, line, depth)
	case *ast.StringNode:
		return r.convertText(n, line)
	case *ast.LiteralNode:
		return textNode(line, n.Value.Value)
	case *ast.BoolNode:
		return &node{kind: boolean, line: line, text: strconv.FormatBool(n.Value)}
	case *ast.IntegerNode, *ast.FloatNode:
		return r.convertNumber(n.GetToken().Value, line)
	case *ast.NullNode:
		return &node{kind: null, line: line}
	case *ast.AnchorNode, *ast.AliasNode, *ast.MergeKeyNode:
		r.report(place{}, line, "CloudFormation takes no YAML anchors, aliases and merges")
	default:
		r.report(place{}, line, "a template has no place for YAML of type %s", n.Type())
	}
	return &node{line: line}
}

func (r *reader) convertMapping(n *ast.MappingNode, line, depth int) *node {
	converted := &node{kind: object, line: line}
	for _, entry := range n.Values {
		name, ok := r.convertKey(entry.Key)
		if !ok {
			continue
		}
		at := lineOfNode(entry.Key)
		if slices.ContainsFunc(converted.fields, func(f field) bool { return f.name == name }) {
			r.report(place{}, at, "the key %q stands twice in one object", name)
			continue
		}
		converted.fields = append(converted.fields, field{name, at, r.convert(entry.Value, depth+1)})
	}
	if len(converted.fields) > 0 {
		converted.line = converted.fields[0].line
	}
	return converted
}

func (r *reader) convertKey(key ast.MapKeyNode) (string, bool) {
	line := lineOfNode(key)
	switch key := key.(type) {
	case *ast.StringNode:
		return r.convertText(key, line).text, true
	case *ast.IntegerNode:
		return key.GetToken().Value, true
	case *ast.MergeKeyNode, *ast.AnchorNode, *ast.AliasNode:
		r.report(place{}, line, "CloudFormation takes no YAML anchors, aliases and merges")
	default:
		r.report(place{}, line, "a key must be a text")
	}
	return "", false
}

// convertText refuses words that YAML 1.1 takes for booleans and YAML 1.2 for texts: AWS and this reader would differ.
func (r *reader) convertText(n *ast.StringNode, line int) *node {
	plain := n.Token.Type != token.SingleQuoteType && n.Token.Type != token.DoubleQuoteType
	if plain && slices.Contains([]string{"yes", "no", "on", "off"}, strings.ToLower(n.Value)) {
		r.report(place{}, line, "AWS reads %s as a boolean: put it in quotes", n.Value)
	}
	return textNode(line, n.Value)
}

var decimal = regexp.MustCompile(`^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?$`)

func (r *reader) convertNumber(written string, line int) *node {
	if !decimal.MatchString(written) {
		r.report(place{}, line, "write the number %s in plain decimal form, or put it in quotes", written)
		return &node{line: line}
	}
	return &node{kind: number, line: line, text: written}
}

// convertTag turns !Name into Fn::Name; whether there is such a function is seen when it is evaluated.
func (r *reader) convertTag(n *ast.TagNode, line, depth int) *node {
	name := strings.TrimPrefix(n.Start.Value, "!")
	if name == "" || strings.HasPrefix(name, "!") || n.Value == nil {
		r.report(place{}, line, "a template has no place for the YAML tag %s", n.Start.Value)
		return &node{line: line}
	}
	argument := r.convert(n.Value, depth+1)
	argument.line = max(argument.line, line)
	if name == "Ref" || name == "Condition" {
		return call(line, name, argument)
	}
	return call(line, "Fn::"+name, argument)
}

func lineOfNode(n ast.Node) int {
	if n == nil || n.GetToken() == nil || n.GetToken().Position == nil {
		return 1
	}
	return max(n.GetToken().Position.Line, 1)
}

// explain takes the line and the reason out of an error of the YAML library.
func explain(err error) (line int, reason string) {
	var syntax *yaml.SyntaxError
	if errors.As(err, &syntax) && syntax.Token != nil {
		return max(syntax.Token.Position.Line, 1), syntax.Message
	}
	return 1, err.Error()
}
