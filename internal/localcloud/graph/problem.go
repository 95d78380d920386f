package graph

import (
	"fmt"
	"slices"
	"strings"
)

// The kinds of problems.
const (
	Cycle           = "cycle"            // events may go round for ever
	UnconsumedFact  = "unconsumed fact"  // no handler gets it, and nobody else is said to
	UnpublishedFact = "unpublished fact" // the catalogue has it, and nobody publishes it
	DeadRule        = "dead rule"        // it lets through no event of any fact
	RepeatedKey     = "repeated key"     // a pattern names a path twice, and the last naming wins in silence
	Unhandled       = "unhandled fact"   // a rule brings it to a function that has no handler for it
	IdleHandler     = "idle handler"     // nothing brings it to work
)

// Problem is something that is wrong, in a sentence.
type Problem struct {
	Kind    string `json:"kind"`
	Subject string `json:"subject"` // the fact, the rule's logical id or the function
	Text    string `json:"problem"`
	Way     []Step `json:"way,omitempty"` // of a cycle; its last step is its first
}

// addSilentErrors finds what makes no noise: events that reach nobody, rules that let nothing through.
func (b *builder) addSilentErrors() {
	for _, fact := range b.graph.Facts {
		b.checkFact(fact)
	}
	for _, rule := range b.rules {
		for _, path := range rule.pattern.Repeated() {
			b.report(RepeatedKey, rule.LogicalID, "%s (line %d) names %s more than once: only the last naming counts",
				rule.LogicalID, rule.PatternLine, path)
		}
		if !slices.Contains(b.buses(), rule.Bus) {
			b.report(DeadRule, rule.LogicalID, "%s (line %d) can match nothing: it is on the bus %s, and facts are published to %s",
				rule.LogicalID, rule.PatternLine, rule.Bus, strings.Join(slices.Compact(b.buses()), ", "))
		} else if !b.matched[rule.LogicalID] {
			b.report(DeadRule, rule.LogicalID, "%s (line %d) can match nothing: no event of any fact passes its pattern %s",
				rule.LogicalID, rule.PatternLine, rule.Pattern)
		}
	}
	for i, idle := range b.handlers {
		if !b.reached[i] {
			b.report(IdleHandler, idle.function, "nothing brings %s to its handler of %s", idle.function, idle.trigger)
		}
	}
}

func (b *builder) checkFact(fact Fact) {
	if len(fact.PublishedBy) == 0 {
		b.report(UnpublishedFact, fact.DetailType, "nobody publishes %s", fact.DetailType)
	}
	if !fact.ConsumedElsewhere && !slices.ContainsFunc(fact.Routes, Route.consumes) {
		b.report(UnconsumedFact, fact.DetailType,
			"nobody consumes %s: no enabled rule brings it to a handler, and the catalogue does not say that it is consumed elsewhere",
			fact.DetailType)
	}
	for _, route := range fact.Routes {
		if route.Function != "" && len(route.Handlers) == 0 {
			b.report(Unhandled, fact.DetailType, "%s brings %s to %s, which has no handler for it", route.Rule, fact.DetailType, route.Function)
		}
	}
}

// consumes tells whether somebody gets the fact by the route: a handler, or whoever reads another target.
func (r Route) consumes() bool { return r.Enabled && (r.Target != "" || len(r.Handlers) > 0) }

func (b *builder) report(kind, subject, format string, values ...any) {
	b.graph.Problems = append(b.graph.Problems, Problem{Kind: kind, Subject: subject, Text: fmt.Sprintf(format, values...)})
}
