package expression

import (
	"strconv"
	"strings"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/dynamo/attribute"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/dynamo/refusal"
)

// Path leads to a value inside an item: an attribute's name, then names of map members and indexes of list elements.
type Path []Step

// Step is one part of a Path.
type Step struct {
	Name    string
	Index   int // counts when IsIndex
	IsIndex bool
}

// find follows the path from a value.
func (p Path) find(value attribute.Value) (attribute.Value, bool) {
	for _, step := range p {
		var found bool
		if value, found = step.find(value); !found {
			return attribute.Value{}, false
		}
	}
	return value, true
}

func (s Step) find(value attribute.Value) (attribute.Value, bool) {
	switch {
	case s.IsIndex && value.Type == attribute.List && s.Index < len(value.List):
		return value.List[s.Index], true
	case !s.IsIndex && value.Type == attribute.MapType:
		return value.Map.Get(s.Name)
	}
	return attribute.Value{}, false
}

// String writes the path as AWS's error texts do, such as [a, [0], b].
func (p Path) String() string {
	steps := make([]string, len(p))
	for i, step := range p {
		steps[i] = step.Name
		if step.IsIndex {
			steps[i] = "[" + strconv.Itoa(step.Index) + "]"
		}
	}
	return "[" + strings.Join(steps, ", ") + "]"
}

func (p Path) equal(other Path) bool {
	return len(p) == len(other) && p.shared(other) == len(p)
}

// shared counts the steps that two paths begin with in common.
func (p Path) shared(other Path) int {
	n := 0
	for n < len(p) && n < len(other) && p[n] == other[n] {
		n++
	}
	return n
}

// clash refuses two paths of which one contains the other, or that take the same value for a map and for a list.
func clash(one, two Path) (category, error) {
	n := one.shared(two)
	switch {
	case n == len(one) || n == len(two):
		return overlap, refusal.Validation("Two document paths overlap with each other; "+
			"must remove or rewrite one of these paths; path one: %v, path two: %v", one, two)
	case one[n].IsIndex != two[n].IsIndex:
		return conflict, refusal.Validation("Two document paths conflict with each other; "+
			"must remove or rewrite one of these paths; path one: %v, path two: %v", one, two)
	}
	return 0, nil
}
