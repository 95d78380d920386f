package graph

import (
	"fmt"
	"io"
	"strings"

	"github.com/bayon-coagent/event-consumers/pkg/events"
)

// Mermaid writes the graph as a Mermaid flowchart, which GitHub shows as a picture: functions are boxes, facts are rounded,
// and an arrow from a fact bears the name of the rule.
func (g *Graph) Mermaid(output io.Writer) error {
	m := mermaid{ids: map[string]string{}}
	m.line("flowchart LR")
	for _, schedule := range g.Schedules {
		from := m.node("schedule", schedule.LogicalID, "[/", "/]", schedule.Expression)
		if schedule.Function != "" {
			m.arrow(from, m.function(schedule.Function), "", schedule.Enabled)
		}
	}
	for _, fact := range g.Facts {
		to := m.node("fact", fact.DetailType, "([", "])", fact.DetailType)
		for _, publisher := range fact.PublishedBy {
			m.arrow(m.publisher(publisher), to, "", true)
		}
		for _, route := range fact.Routes {
			if route.Function == "" {
				m.arrow(to, m.node("target", route.Target, "[(", ")]", route.Target), route.Rule, route.Enabled)
				continue
			}
			m.arrow(to, m.function(route.Function), route.Rule, route.Enabled)
		}
		if fact.ConsumedElsewhere {
			m.arrow(to, m.node("consumer", events.OtherServices, "{{", "}}", otherServices), "", true)
		}
	}
	_, err := io.WriteString(output, m.text.String())
	return err
}

// mermaid writes lines, and declares each node where it is named first.
type mermaid struct {
	text strings.Builder
	ids  map[string]string
}

func (m *mermaid) line(format string, values ...any) { fmt.Fprintf(&m.text, format+"\n", values...) }

func (m *mermaid) publisher(name string) string {
	if name == events.OtherServices {
		return m.node("producer", name, "{{", "}}", otherServices)
	}
	return m.function(name)
}

func (m *mermaid) function(name string) string { return m.node("function", name, "[", "]", name) }

// node is the id of a node, which is made of its kind and of a number: names may hold what Mermaid takes for its own.
func (m *mermaid) node(kind, name, opening, closing, label string) string {
	id, declared := m.ids[kind+" "+name]
	if !declared {
		id = fmt.Sprintf("%s%d", kind, len(m.ids))
		m.ids[kind+" "+name] = id
		m.line("  %s%s%s%s", id, opening, quoted(label), closing)
	}
	return id
}

func (m *mermaid) arrow(from, to, label string, enabled bool) {
	line := "-->"
	if !enabled {
		line = "-.->"
	}
	if label != "" {
		line += "|" + quoted(label) + "|"
	}
	m.line("  %s %s %s", from, line, to)
}

// quoted is a text in Mermaid's quotes, in which only quotes and the beginning of entities mean something.
func quoted(text string) string {
	return `"` + strings.NewReplacer("#", "#35;", `"`, "#quot;", "\n", " ").Replace(text) + `"`
}
