package pattern

import (
	"slices"
	"unicode/utf8"
)

// Kind describes all events of some kind, such as those that tell of one fact: what their fields may hold, by the fields'
// paths, whose keys are joined by dots. A field that it does not name is absent, or holds an object or nothing but objects,
// unless it lies inside one that may hold anything.
type Kind map[string]Values

// Values is what a field may hold. Of a list it tells what the elements may be.
type Values struct {
	Absent   bool     // it may be absent, or an empty list
	Null     bool     // it may be null
	Anything bool     // it may be any JSON, with any members
	Texts    []string // it may be one of these strings
	Text     *Text    // it may be a string; nil if only Texts
	Number   *Number  // it may be a number; nil if it is none
}

// Text is all strings of a least number of characters.
type Text struct{ MinLength int }

// Number is all numbers from a least one on; without one all numbers.
type Number struct{ Minimum *float64 }

// MayMatch tells whether the pattern may let some event of a kind through. It is false only if there is no such event:
// where it would have to look at several fields together, or to solve for a text, it is true.
func (p *Pattern) MayMatch(kind Kind) bool {
	return slices.ContainsFunc(p.alternatives, func(alternative alternative) bool {
		return !slices.ContainsFunc(alternative, func(condition condition) bool {
			return !condition.tests.mayPass(kind.at(condition.path))
		})
	})
}

// Repeated are the paths that the pattern names more than once, of which the last naming alone counts, in the order in
// which they are repeated. A key with dots names the same path as nested keys do, and a branch of $or may repeat a path
// that stands outside of it.
func (p *Pattern) Repeated() []string { return p.repeated }

// at is what the field at a path may hold.
func (k Kind) at(path string) Values {
	values, named := k[path]
	for i := range path {
		if path[i] == '.' && k[path[:i]].Anything {
			return Values{Absent: true, Anything: true}
		}
	}
	if !named {
		return Values{Absent: true}
	}
	return values
}

func (t *tests) mayPass(v Values) bool {
	if t.absent && v.Absent || v.Anything {
		return true
	}
	for _, text := range v.Texts {
		if t.passes(&value{kind: stringValue, text: []byte(text)}) {
			return true
		}
	}
	if v.Null && t.passes(&value{kind: nullValue}) {
		return true
	}
	if v.Text != nil {
		for text := range t.texts {
			if v.Text.has(text) {
				return true
			}
		}
	}
	return slices.ContainsFunc(t.others, func(other test) bool {
		return v.Text != nil && v.Text.mayPass(other) || v.Number != nil && v.Number.mayPass(other)
	})
}

func (t *Text) has(text string) bool { return utf8.RuneCountInString(text) >= t.MinLength }

// mayPass tells whether some text passes a test. There are enough texts for any that asks for a part of a text, or that
// excludes some.
func (t *Text) mayPass(other test) bool {
	switch other := other.(type) {
	case literal, numericRange, equalNumber:
		return false
	case equalText:
		return t.has(string(other))
	case wildcard:
		return len(other.segments) > 1 || t.has(string(other.segments[0]))
	default:
		return true
	}
}

// mayPass tells whether some number passes a test.
func (n *Number) mayPass(other test) bool {
	switch other := other.(type) {
	case present, noneOf:
		return true
	case numericRange:
		return n.Minimum == nil || other.high > *n.Minimum || !other.below && other.high == *n.Minimum
	case equalNumber:
		return n.Minimum == nil || !other.exact || other.value >= *n.Minimum
	default:
		return false
	}
}
