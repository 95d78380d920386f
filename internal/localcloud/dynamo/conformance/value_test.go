package conformance_test

import (
	"encoding/base64"
	"strings"
)

// The attributes that items have. Most values of an attribute have its own type, so that conditions often hold and
// updates often fit, and some do not.
var attributes = []struct{ name, kind string }{
	{"n", "N"}, {"p", "N"}, {"s", "S"}, {"b", "B"}, {"t", "BOOL"}, {"z", "NULL"}, {"m", "M"}, {"l", "L"},
	{"ss", "SS"}, {"ns", "NS"}, {"bs", "BS"}, {"a", "N"}, {"name", "S"}, {"count", "N"}, {"a.b", "S"}, {"é x", "M"},
}

var kinds = []string{"S", "N", "B", "BOOL", "NULL", "M", "L", "SS", "NS", "BS"}

func (g *generator) number() string {
	return choose(g.random,
		choice[string]{60, func() string { return pick(g.random, "0", "1", "2", "3", "-1", "5", "10") }},
		choice[string]{20, func() string {
			return pick(g.random, "0.1", "0.2", "0.3", "-0.3", "1.50", "1e2", "-0", "0.0", "+5", "007", ".5", "5.")
		}},
		choice[string]{10, func() string {
			return pick(g.random, "1E125", "-9.9999999999999999999999999999999999999E+125", "1E-130", "-1E-130",
				"12345678901234567890123456789012345678", "0.12345678901234567890123456789012345678",
				"99999999999999999999999999999999999999", "1234567890123456789.0123456789012345678", "123456789012345678901234567890123456780000",
				"1e37", "1e-37", "1e38")
		}},
		choice[string]{1, func() string {
			if !g.chance(25) {
				return "4"
			}
			return pick(g.random, "", "x", "1E126", "1E-131", "-1e126", "123456789012345678901234567890123456789", "1e", "NaN", "Infinity",
				"0x10", " 1", "1 ", "1_000", "--1", "1.2.3", "e5", "1e400", "1e-400")
		}},
	)
}

func (g *generator) text() string {
	return pick(g.random, "", "a", "b", "ab", "abc", "b", "x", "S", "é", "日本", "😀", "\x00", "a\x00b", "\ufffd", `"\`)
}

func (g *generator) bytes() string {
	return base64.StdEncoding.EncodeToString([]byte(pick(g.random, "", "\x00", "a", "ab", "b", "\xff", "\xff\xff")))
}

// value makes a value of a type, not deeper than a number of levels.
func (g *generator) value(kind string, depth int) object {
	switch kind {
	case "S":
		return object{"S": g.text()}
	case "N":
		return object{"N": g.number()}
	case "B":
		return object{"B": g.bytes()}
	case "BOOL":
		return object{"BOOL": g.chance(50)}
	case "NULL":
		return object{"NULL": true}
	case "M":
		members := object{}
		for range g.IntN(4) {
			members[pick(g.random, "x", "y", "w", "a.b")] = g.anyValue(depth - 1)
		}
		return object{"M": members}
	case "L":
		elements := []any{}
		for range g.IntN(4) {
			elements = append(elements, g.anyValue(depth-1))
		}
		return object{"L": elements}
	}
	return object{kind: g.set(kind)}
}

// anyValue makes a value of any type, most often a number or a text.
func (g *generator) anyValue(depth int) object {
	if depth <= 0 || g.chance(40) {
		return g.value(pick(g.random, "N", "S"), 0)
	}
	return g.value(pick(g.random, kinds...), depth)
}

// set makes the elements of a set, seldom none or two that are the same.
func (g *generator) set(kind string) []any {
	element := map[string]func() string{"SS": g.text, "NS": g.number, "BS": g.bytes}[kind]
	elements := []any{}
	seen := map[string]bool{}
	for len(elements) == 0 && !g.chance(1) || g.chance(50) {
		next := element()
		if plain := strings.Trim(next, "+"); seen[plain] && !g.chance(2) {
			continue
		}
		seen[next] = true
		elements = append(elements, next)
	}
	return elements
}

// fault makes a value that is refused.
func (g *generator) faultyValue() any {
	deep := object{"S": "x"}
	for range pick(g.random, 30, 31, 32, 33, 40) {
		deep = pick(g.random, object{"L": []any{deep}}, object{"M": object{"x": deep}})
	}
	return pick[any](g.random,
		deep,
		object{}, object{"S": "a", "N": "1"}, object{"X": "a"}, object{"NULL": false}, object{"SS": []any{}}, object{"NS": []any{}},
		object{"BS": []any{}}, object{"SS": []any{"a", "a"}}, object{"NS": []any{"1", "1.0"}}, object{"BS": []any{"YQ==", "YQ=="}},
		object{"N": 1}, object{"S": 1}, object{"S": true}, object{"BOOL": "true"}, object{"L": object{}}, object{"M": []any{}}, object{"B": "?"},
		object{"N": "x"}, object{"N": ""}, object{"N": "1e126"}, object{"N": "1e-131"}, object{"N": "1234567890123456789012345678901234567890.5"},
		object{"L": []any{object{}}}, object{"M": object{"x": object{"N": "x"}}}, object{"M": object{"": object{"N": "1"}}}, "text", 5, []any{},
		object{"NS": []any{"x"}}, object{"SS": []any{1}}, object{"L": []any{object{"NULL": false}}}, object{"S": nil}, object{"SS": nil},
	)
}
