package graph

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/bayon-coagent/event-consumers/pkg/events"
)

// Width is how many columns the text has at most, unless a single name is longer than its place.
const Width = 100

// Text writes the graph for people: each fact with its ways, each schedule, then what was proved or what is wrong.
func (g *Graph) Text(output io.Writer) error {
	var text strings.Builder
	for _, fact := range g.Facts {
		fmt.Fprintf(&text, "%s  (%s)\n", fact.DetailType, fact.Source)
		write(&text, "  from ", publishers(fact))
		for _, row := range g.rows(fact) {
			row.write(&text, g.columns())
		}
		if fact.ConsumedElsewhere {
			fmt.Fprintf(&text, "  to   %s\n", otherServices)
		} else if len(fact.Routes) == 0 {
			fmt.Fprintf(&text, "  to   nobody\n")
		}
		text.WriteByte('\n')
	}
	if len(g.Schedules) > 0 {
		text.WriteString("Schedules\n")
		for _, schedule := range g.Schedules {
			row{schedule.Expression + disabled(schedule.Enabled), schedule.Function, schedule.Publishes}.write(&text, g.columns())
		}
		text.WriteByte('\n')
	}
	g.writeVerdict(&text)
	_, err := io.WriteString(output, text.String())
	return err
}

// row is a way: what leads to a function, and what may follow.
type row struct {
	by, to  string
	follows []string
}

func (g *Graph) rows(fact Fact) []row {
	rows := make([]row, len(fact.Routes))
	for i, route := range fact.Routes {
		rows[i] = row{route.Rule + disabled(route.Enabled), route.receiver(), route.Publishes}
	}
	return rows
}

func (r Route) receiver() string {
	switch {
	case r.Function == "":
		return r.Target
	case len(r.Handlers) == 0:
		return r.Function + " (no handler)"
	default:
		return r.Function
	}
}

func disabled(enabled bool) string {
	if enabled {
		return ""
	}
	return " (disabled)"
}

// columns are the widths of what leads to a function, and of the function.
func (g *Graph) columns() (widths [2]int) {
	widen := func(r row) {
		widths[0] = min(max(widths[0], utf8.RuneCountInString(r.by)), 32)
		widths[1] = min(max(widths[1], utf8.RuneCountInString(r.to)), 28)
	}
	for _, fact := range g.Facts {
		for _, r := range g.rows(fact) {
			widen(r)
		}
	}
	for _, schedule := range g.Schedules {
		widen(row{by: schedule.Expression, to: schedule.Function})
	}
	return widths
}

func (r row) write(text *strings.Builder, widths [2]int) {
	if len(r.follows) == 0 {
		fmt.Fprintf(text, "  %-*s ─▶ %s\n", widths[0], r.by, r.to)
		return
	}
	first := fmt.Sprintf("  %-*s ─▶ %-*s ─▶ ", widths[0], r.by, widths[1], r.to)
	write(text, first, r.follows)
}

// write writes a list after a beginning, on as many lines as it needs.
func write(text *strings.Builder, first string, list []string) {
	separated := make([]string, len(list))
	for i, one := range list {
		separated[i] = one + ","
		if i == len(list)-1 {
			separated[i] = one
		}
	}
	wrap(text, first, separated)
}

// wrap writes words after a beginning, on as many lines as they need.
func wrap(text *strings.Builder, first string, words []string) {
	indent := strings.Repeat(" ", utf8.RuneCountInString(first))
	line, width := first, utf8.RuneCountInString(first)
	for i, word := range words {
		length := utf8.RuneCountInString(word)
		switch {
		case i == 0:
			line, width = line+word, width+length
		case width+1+length > Width:
			fmt.Fprintln(text, line)
			line, width = indent+word, len(indent)+length
		default:
			line, width = line+" "+word, width+1+length
		}
	}
	fmt.Fprintln(text, line)
}

func (g *Graph) writeVerdict(text *strings.Builder) {
	if len(g.Longest) > 0 {
		var chain []string
		for _, step := range g.Longest {
			chain = append(chain, step.Function+" on "+step.Trigger)
		}
		text.WriteString("No loop is possible. ")
		fmt.Fprintf(text, "The longest chain that is not excluded has %d handlers:\n", len(chain))
		for i, handler := range chain {
			fmt.Fprintf(text, "  %d. %s\n", i+1, handler)
		}
	}
	for _, problem := range g.Problems {
		wrap(text, "wrong: ", strings.Fields(problem.Text))
	}
}

// otherServices is what pictures call events.OtherServices.
const otherServices = "other services"

// publishers names who publishes a fact.
func publishers(fact Fact) []string {
	if len(fact.PublishedBy) == 0 {
		return []string{"nobody"}
	}
	names := slices.Clone(fact.PublishedBy)
	if i := slices.Index(names, events.OtherServices); i >= 0 {
		names[i] = otherServices
	}
	return names
}
