package pattern

import (
	"slices"
	"sync"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/pattern/scan"
)

// Set is several patterns that look at an event together. The event is read at most once, and only if there is a pattern
// that its source and detail type leave in doubt. A set never changes and is safe for concurrent use.
type Set struct {
	rules  []rule          // the alternatives of all patterns
	routes map[route][]int // the rules by the source and detail type that they ask for
	steps  *steps          // the fields that the rules' checks ask for
	fields int             // how many they are
	events *sync.Pool      // of *event
}

// rule is an alternative of a pattern of a set.
type rule struct {
	pattern            int
	source, detailType *tests  // that the route leaves to be made; nil for none
	checks             []check // of all other fields
}

type check struct {
	field int
	tests *tests
}

// route is a source and a detail type, either of which may be left open.
type route struct {
	source, detailType       string
	anySource, anyDetailType bool
}

// NewSet puts patterns together. What Match returns are their indices.
func NewSet(patterns ...*Pattern) *Set {
	s := newSet()
	for i, pattern := range patterns {
		for _, alternative := range pattern.alternatives {
			s.addRouted(i, alternative)
		}
	}
	return s
}

// newSingle makes the set of one pattern that takes events of any shape: even its source may be an array.
func newSingle(alternatives []alternative) *Set {
	s := newSet()
	for _, alternative := range alternatives {
		added := rule{}
		for i := range alternative {
			added.checks = append(added.checks, s.check(&alternative[i]))
		}
		s.add(added, route{anySource: true, anyDetailType: true})
	}
	return s
}

func newSet() *Set {
	return &Set{routes: make(map[route][]int), steps: newSteps(), events: &sync.Pool{New: func() any { return new(event) }}}
}

func (s *Set) addRouted(pattern int, alternative alternative) {
	added := rule{pattern: pattern}
	for i := range alternative {
		switch alternative[i].path {
		case "source":
			added.source = &alternative[i].tests
		case "detail-type":
			added.detailType = &alternative[i].tests
		default:
			added.checks = append(added.checks, s.check(&alternative[i]))
		}
	}
	routes := []route{{anySource: true, anyDetailType: true}}
	if added.source != nil && added.source.onlyTexts() {
		routes = routes[:0]
		for source := range added.source.texts {
			routes = append(routes, route{source: source, anyDetailType: true})
		}
		added.source = nil
	}
	const manyRoutes = 64 // are more than it is worth
	if added.detailType != nil && added.detailType.onlyTexts() && len(routes)*len(added.detailType.texts) <= manyRoutes {
		var pairs []route
		for _, pair := range routes {
			pair.anyDetailType = false
			for pair.detailType = range added.detailType.texts {
				pairs = append(pairs, pair)
			}
		}
		routes, added.detailType = pairs, nil
	}
	s.add(added, routes...)
}

func (s *Set) add(added rule, routes ...route) {
	for _, route := range routes {
		s.routes[route] = append(s.routes[route], len(s.rules))
	}
	s.rules = append(s.rules, added)
}

func (s *Set) check(condition *condition) check {
	leaf := s.steps.add(condition.path)
	if leaf.field == none {
		leaf.field = s.fields
		s.fields++
	}
	return check{leaf.field, &condition.tests}
}

// Match appends the indices of the patterns that let the event through, in ascending order, and returns the extended
// slice. The event must be a well-formed JSON object whose source and detail-type are the given ones.
func (s *Set) Match(matched []int, source, detailType string, json []byte) []int {
	start := len(matched)
	e, _ := s.events.Get().(*event)
	e.begin(source, detailType, json)
	for _, route := range [...]route{
		{source: source, detailType: detailType},
		{source: source, anyDetailType: true},
		{anySource: true, detailType: detailType},
		{anySource: true, anyDetailType: true},
	} {
		for _, number := range s.routes[route] {
			rule := &s.rules[number]
			if !slices.Contains(matched[start:], rule.pattern) && s.passes(e, rule) {
				matched = append(matched, rule.pattern)
			}
		}
	}
	e.end()
	s.events.Put(e)
	slices.Sort(matched[start:])
	return matched
}

func (s *Set) passes(e *event, rule *rule) bool {
	if rule.source != nil && !rule.source.passes(&e.source) || rule.detailType != nil && !rule.detailType.passes(&e.detailType) {
		return false
	}
	if len(rule.checks) == 0 {
		return true
	}
	if !e.read {
		e.reset(s.fields)
		e.object(e.json, scan.Space(e.json, 0), s.steps, 0)
		e.read = true
	}
	return e.passes(rule.checks)
}
