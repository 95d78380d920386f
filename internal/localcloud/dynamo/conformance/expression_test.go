package conformance_test

import (
	"fmt"
	"maps"
	"regexp"
	"strings"
)

// scope makes the expressions of one request, and holds the placeholders that they use.
type scope struct {
	*generator
	names, values object
	has           []string // the attributes that there are; nil for all
	notKeys       bool     // the expressions are seldom to use keys
	deeper        int      // in how many of a hundred cases a path leads into a map or a list
	used          []string // functions, operators and clauses
}

func (g *generator) scope() *scope {
	return &scope{generator: g, names: object{}, values: object{}, deeper: 60}
}

func (s *scope) use(what string) { s.used = append(s.used, what) }

var placeholders = regexp.MustCompile(`[#:]\w+`)

// declare adds the placeholders that the request's expressions use.
func (s *scope) declare(request object) {
	used := map[string]bool{}
	for _, name := range expressions {
		text, _ := request[name].(string)
		for _, placeholder := range placeholders.FindAllString(text, -1) {
			used[placeholder] = true
		}
	}
	for _, declared := range []object{s.names, s.values} {
		maps.DeleteFunc(declared, func(placeholder string, _ any) bool { return !used[placeholder] })
	}
	if len(s.names) > 0 {
		request["ExpressionAttributeNames"] = s.names
	}
	if len(s.values) > 0 {
		request["ExpressionAttributeValues"] = s.values
	}
}

// constant declares a value and returns its placeholder.
func (s *scope) constant(value object) string {
	name := fmt.Sprintf(":v%d", len(s.values))
	s.values[name] = value
	return name
}

// name returns an attribute's name or a placeholder for it.
func (s *scope) name(name string) string {
	plain := strings.Trim(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ") == ""
	reserved := name == "name" || name == "count" || name == "data"
	if plain && !reserved && !s.chance(20) || reserved && s.chance(1) {
		return name
	}
	for placeholder, known := range s.names {
		if known == name {
			return placeholder
		}
	}
	placeholder := fmt.Sprintf("#n%d", len(s.names))
	s.names[placeholder] = name
	return placeholder
}

// path draws a document path and tells the type that its value usually has.
func (s *scope) path() (text, kind string) {
	if s.has != nil && !s.chance(3) {
		name := pick(s.random, s.has...)
		return s.name(name), map[string]string{"a": "N", "n": "N", "H": "N", "G": "S"}[name]
	}
	if !s.notKeys && s.chance(8) || s.chance(1) {
		return s.name(pick(s.random, "G", "H", "SK", "PK", "id", "at")), pick(s.random, "S", "N")
	}
	a := pick(s.random, attributes...)
	text, kind = s.name(a.name), a.kind
	for range 3 {
		switch {
		case kind == "M" && s.chance(s.deeper):
			text, kind = text+"."+s.name(pick(s.random, "x", "y", "w", "a.b")), pick(s.random, "N", "N", "S", "M", "L")
		case kind == "L" && s.chance(s.deeper):
			text, kind = text+fmt.Sprintf("[%d]", s.IntN(4)), pick(s.random, "N", "N", "S", "M", "L")
		case s.chance(1):
			text += pick(s.random, ".x", "[0]", "[99]", "[1].y")
		}
	}
	return text, kind
}

// root returns the attribute that a path begins with.
func (s *scope) root(path string) string {
	root := strings.FieldsFunc(path, func(c rune) bool { return c == '.' || c == '[' })[0]
	if name, given := s.names[root].(string); given {
		return name
	}
	return root
}

// like makes a value that usually has a type.
func (s *scope) like(kind string) object {
	if s.chance(4) {
		kind = pick(s.random, kinds...)
	}
	return s.value(kind, 2)
}

// condition makes a condition that is nested not deeper than a number of levels.
func (s *scope) condition(depth int) string {
	if depth <= 0 || s.chance(45) {
		return s.predicate()
	}
	part := func() string { return s.condition(depth - 1) }
	return choose(s.random,
		choice[string]{4, func() string { s.use("AND"); return part() + pick(s.random, " AND ", " and ", " And\n") + part() }},
		choice[string]{4, func() string { s.use("OR"); return part() + pick(s.random, " OR ", " or ", "\tOR ") + part() }},
		choice[string]{3, func() string { s.use("NOT"); return pick(s.random, "NOT ", "not ") + part() }},
		choice[string]{3, func() string { s.use("( )"); return "(" + part() + ")" }},
	)
}

// operand makes an operand that usually has a type.
func (s *scope) operand(kind string) string {
	return choose(s.random,
		choice[string]{12, func() string { return s.constant(s.like(kind)) }},
		choice[string]{2, func() string { text, _ := s.path(); return text }},
		choice[string]{1, func() string { return s.size() }},
	)
}

func (s *scope) size() string {
	s.use("size")
	text, _ := s.path()
	if s.chance(4) {
		text = s.constant(s.like("S"))
	}
	return "size(" + text + ")"
}

func (s *scope) predicate() string {
	text, kind := s.path()
	if s.chance(8) {
		text, kind = s.size(), "N"
	}
	call := func(function string, arguments ...string) string {
		s.use(function)
		return function + pick(s.random, "(", " ( ") + strings.Join(arguments, pick(s.random, ",", ", ")) + ")"
	}
	return choose(s.random,
		choice[string]{16, func() string {
			operator := pick(s.random, "=", "<>", "<", "<=", ">", ">=")
			if operator[0] != '=' && operator != "<>" && kind != "N" && kind != "S" && kind != "B" && !s.chance(5) {
				operator = "="
			}
			s.use(operator)
			left, right := text, s.operand(kind)
			if s.chance(10) {
				left, right = right, left
			}
			return left + pick(s.random, "", " ", "  ") + operator + pick(s.random, "", " ") + right
		}},
		choice[string]{3, func() string {
			s.use("BETWEEN")
			if kind != "N" && kind != "S" && kind != "B" && !s.chance(10) {
				text, kind = s.name("n"), "N"
			}
			low, high := s.operand(kind), s.operand(kind)
			if kind == "N" && s.chance(90) {
				low, high = s.constant(object{"N": pick(s.random, "-1", "0", "1")}), s.constant(object{"N": pick(s.random, "1", "2", "5", "1e37")})
			}
			return text + " BETWEEN " + low + pick(s.random, " AND ", " and ") + high
		}},
		choice[string]{3, func() string {
			s.use("IN")
			operands := []string{}
			for range 1 + s.IntN(4) {
				operands = append(operands, s.operand(kind))
			}
			return text + pick(s.random, " IN (", " in(") + strings.Join(operands, ",") + ")"
		}},
		choice[string]{6, func() string { return call("attribute_exists", text) }},
		choice[string]{6, func() string { return call("attribute_not_exists", text) }},
		choice[string]{3, func() string {
			name := pick(s.random, kinds...)
			if s.chance(60) {
				name = kind
			}
			if s.chance(2) {
				name = pick(s.random, "s", "STRING", "")
			}
			return call("attribute_type", text, s.constant(object{"S": name}))
		}},
		choice[string]{3, func() string {
			if kind != "S" && kind != "B" && !s.chance(10) {
				text, kind = s.name("s"), "S"
			}
			return call("begins_with", text, s.operand(kind))
		}},
		choice[string]{4, func() string {
			element := kind
			switch kind {
			case "SS":
				element = "S"
			case "NS":
				element = "N"
			case "BS":
				element = "B"
			case "L":
				element = pick(s.random, "N", "S")
			}
			return call("contains", text, s.operand(element))
		}},
	)
}

// update makes an UpdateExpression.
func (s *scope) update() string {
	s.deeper, s.notKeys = 12, true
	defer func() { s.deeper, s.notKeys = 60, false }()
	clauses := []string{}
	taken := map[string]bool{}
	target := func(want ...string) (string, string) {
		for range 20 {
			text, kind := s.path()
			root := s.root(text)
			fits := len(want) == 0 || s.chance(3)
			for _, w := range want {
				fits = fits || w == kind
			}
			isKey := root == "PK" || root == "SK" || root == "id" || root == "at"
			if fits && (!taken[root] || s.chance(2)) && (!isKey || s.chance(1)) {
				taken[root] = true
				return text, kind
			}
		}
		return s.name("n"), "N"
	}
	several := func(word string, clause func() string) {
		s.use(word)
		parts := []string{}
		for range 1 + s.IntN(3)*s.IntN(2) {
			parts = append(parts, clause())
		}
		clauses = append(clauses, word+" "+strings.Join(parts, ", "))
	}
	for len(clauses) == 0 {
		if s.chance(60) {
			several(pick(s.random, "SET", "set"), func() string {
				text, kind := target()
				return text + pick(s.random, " = ", "=") + s.assigned(text, kind)
			})
		}
		if s.chance(20) {
			several("REMOVE", func() string { text, _ := target(); return text })
		}
		if s.chance(20) {
			several("ADD", func() string {
				text, kind := target("N", "SS", "NS", "BS")
				return text + " " + s.constant(s.like(kind))
			})
		}
		if s.chance(12) {
			several("DELETE", func() string {
				text, kind := target("SS", "NS", "BS")
				return text + " " + s.constant(s.like(kind))
			})
		}
	}
	if s.chance(30) {
		s.Shuffle(len(clauses), func(i, j int) { clauses[i], clauses[j] = clauses[j], clauses[i] })
	}
	return strings.Join(clauses, " ")
}

// assigned makes what an attribute is set to.
func (s *scope) assigned(path, kind string) string {
	operand := func(kind string) string {
		return choose(s.random,
			choice[string]{6, func() string { return s.constant(s.like(kind)) }},
			choice[string]{1, func() string {
				text, _ := s.path()
				if s.chance(70) {
					s.use("if_not_exists")
					return "if_not_exists(" + text + "," + s.constant(s.like(kind)) + ")"
				}
				return text
			}},
			choice[string]{6, func() string {
				s.use("if_not_exists")
				return "if_not_exists(" + path + pick(s.random, ", ", ",") + s.constant(s.like(kind)) + ")"
			}},
			choice[string]{1, func() string { return path }},
		)
	}
	if kind == "N" && s.chance(55) {
		operator := pick(s.random, "+", "-")
		s.use(operator)
		left, right := operand(kind), operand(kind)
		if s.chance(10) {
			s.use("( ) in SET")
			return "(" + left + operator + right + ")"
		}
		return left + pick(s.random, " ", "") + operator + " " + right
	}
	if kind == "L" && s.chance(60) {
		s.use("list_append")
		return "list_append(" + operand(kind) + "," + operand(kind) + ")"
	}
	return operand(kind)
}

// projection makes a ProjectionExpression, whose paths seldom overlap.
func (s *scope) projection() string {
	paths := []string{}
	taken := map[string]bool{}
	for range 1 + s.IntN(4) {
		text, _ := s.path()
		root := s.root(text)
		if taken[root] && !s.chance(5) {
			continue
		}
		taken[root] = true
		paths = append(paths, text)
	}
	return strings.Join(paths, pick(s.random, ",", ", "))
}
