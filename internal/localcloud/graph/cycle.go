package graph

import (
	"fmt"
	"slices"
	"strings"
)

// addCycles looks for ways that lead back to where they began. Of the cycles through a handler it tells one of the
// shortest, and of several handlers that lie on the same cycle only one.
func (b *builder) addCycles() {
	told := map[int]bool{}
	for start := range b.handlers {
		if told[start] {
			continue
		}
		way := b.wayBack(start)
		if way == nil {
			continue
		}
		steps := b.steps(start, way)
		for _, passed := range way {
			told[passed.to] = true
		}
		b.graph.Problems = append(b.graph.Problems, Problem{Kind: Cycle, Subject: steps[0].Function, Way: steps, Text: cycleText(steps)})
	}
	if len(told) == 0 {
		b.graph.Longest = b.longest()
	}
}

// wayBack is one of the shortest ways from a handler back to it, or nil.
func (b *builder) wayBack(start int) []edge {
	type passed struct {
		way []edge
		at  int
	}
	seen := map[int]bool{}
	waiting := []passed{{at: start}}
	for len(waiting) > 0 {
		next := waiting[0]
		waiting = waiting[1:]
		for _, edge := range b.edges[next.at] {
			way := append(slices.Clone(next.way), edge)
			if edge.to == start {
				return way
			}
			if !seen[edge.to] {
				seen[edge.to] = true
				waiting = append(waiting, passed{way, edge.to})
			}
		}
	}
	return nil
}

// longest is one of the longest ways; there must be no cycle.
func (b *builder) longest() []Step {
	ways := make([][]edge, len(b.handlers)) // from each handler on
	done := make([]bool, len(b.handlers))
	var from func(start int) []edge
	from = func(start int) []edge {
		if done[start] {
			return ways[start]
		}
		for _, first := range b.edges[start] {
			if rest := from(first.to); len(rest)+1 > len(ways[start]) {
				ways[start] = append([]edge{first}, rest...)
			}
		}
		done[start] = true
		return ways[start]
	}
	longest := []Step{}
	for start := range b.handlers {
		if way := from(start); len(way)+1 > len(longest) {
			longest = b.steps(start, way)
		}
	}
	return longest
}

// steps writes a way that begins at a handler. A way that leads back names the handler again at its end.
func (b *builder) steps(start int, way []edge) []Step {
	at := start
	var steps []Step
	for _, edge := range way {
		steps = append(steps, Step{
			Function: b.handlers[at].function, Trigger: b.handlers[at].trigger.String(), Publishes: edge.fact, Rule: edge.rule,
		})
		at = edge.to
	}
	return append(steps, Step{Function: b.handlers[at].function, Trigger: b.handlers[at].trigger.String()})
}

func cycleText(steps []Step) string {
	var text strings.Builder
	text.WriteString("a loop is possible: ")
	for _, step := range steps {
		fmt.Fprintf(&text, "%s on %s", step.Function, step.Trigger)
		if step.Publishes != "" {
			fmt.Fprintf(&text, " publishes %s, which %s brings to ", step.Publishes, step.Rule)
		}
	}
	return text.String()
}
