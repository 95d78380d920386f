// Package narrative tells people what happens in the local cloud: one line for each thing that happens, indented under the
// event that caused it, so that the lines of one chain read as a tree.
package narrative

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/charmbracelet/lipgloss"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/activity"
)

// Narrator writes activities for people. It is not safe for concurrent use.
type Narrator struct {
	output io.Writer
	style  Style
	depths map[string]int // of events, by id
	order  []string       // of depths, oldest first
}

// remembered bounds how many events a narrator keeps in mind; what is caused by an older one begins a tree of its own.
const remembered = 10_000

// New writes to output in a style.
func New(output io.Writer, style Style) *Narrator {
	return &Narrator{output: output, style: style, depths: map[string]int{}}
}

// Tell writes one line, or none for what no reader would miss.
func (n *Narrator) Tell(happened activity.Activity) error {
	depth, line := n.line(happened)
	if line == "" {
		return nil
	}
	at := n.style.Faint.Render(happened.At.Local().Format("15:04:05.000"))
	_, err := fmt.Fprintf(n.output, "%s  %s%s\n", at, n.style.Faint.Render(indent(depth)), line)
	return err
}

func (n *Narrator) line(happened activity.Activity) (depth int, line string) {
	depth = n.depths[happened.EventID]
	switch happened.Kind {
	case activity.Accepted, activity.Published:
		depth = n.begin(happened)
		return depth, n.style.Event.Render(happened.DetailType) + n.style.Faint.Render("  "+happened.EventID)
	case activity.Replayed:
		depth = n.begin(happened)
		return depth, n.style.Event.Render(happened.DetailType) + n.style.Faint.Render("  "+happened.EventID+"  replay "+happened.Replay)
	case activity.Matched:
		return depth + 1, "matches the rule " + ShortName(happened.Rule)
	case activity.Delivered:
		return depth + 1, n.style.Good.Render("done: ") + receiver(happened) + took(happened) + attempt(happened)
	case activity.Failed:
		return depth + 1, n.style.Bad.Render("failed: ") + receiver(happened) + took(happened) + attempt(happened) + ": " + happened.Reason
	case activity.Retried:
		return depth + 1, n.style.Warning.Render("again ") + again(happened) + ": " + receiver(happened)
	case activity.DeadLettered:
		return depth + 1, n.style.Bad.Render("given up") + " into the queue " + ShortName(happened.Queue) + ": " + happened.Reason
	case activity.Lost:
		return depth + 1, n.style.Bad.Render("lost: ") + happened.Reason
	case activity.Scheduled:
		return depth, "the schedule " + ShortName(happened.Rule) + " is due"
	case activity.Missed:
		return 0, n.style.Warning.Render("…") + " more happened than can be shown"
	case activity.Warned:
		return depth, n.style.Warning.Render("note: ") + happened.Reason
	}
	return depth, string(happened.Kind) + " " + happened.Reason
}

// begin places an event under the one that caused it.
func (n *Narrator) begin(happened activity.Activity) int {
	depth := 0
	if cause, known := n.depths[happened.CausationID]; known {
		depth = cause + 2
	}
	if len(n.order) == remembered {
		delete(n.depths, n.order[0])
		n.order = n.order[1:]
	}
	n.depths[happened.EventID] = depth
	n.order = append(n.order, happened.EventID)
	return depth
}

func indent(depth int) string {
	if depth == 0 {
		return ""
	}
	return strings.Repeat("│  ", depth-1) + "├─ "
}

// receiver is what an event was delivered to.
func receiver(happened activity.Activity) string {
	if happened.Function != "" {
		return ShortName(happened.Function)
	}
	return "queue " + ShortName(happened.Queue)
}

func took(happened activity.Activity) string {
	if happened.DurationMS == 0 {
		return ""
	}
	return fmt.Sprintf(" in %.1f ms", happened.DurationMS)
}

func attempt(happened activity.Activity) string {
	if happened.Attempt < 2 {
		return ""
	}
	return fmt.Sprintf(" (attempt %d)", happened.Attempt)
}

func again(happened activity.Activity) string {
	if happened.RetryAt == nil {
		return "soon"
	}
	return "at " + happened.RetryAt.Local().Format(time.TimeOnly)
}

// ShortName leaves out what all names of a stack share: the prefix bayon-coagent- and the environment.
func ShortName(name string) string {
	name = name[strings.LastIndexAny(name, ":/")+1:]
	name = strings.TrimPrefix(name, "bayon-coagent-")
	for _, environment := range []string{"-development", "-production"} {
		name = strings.TrimSuffix(name, environment)
	}
	return name
}

// Style is how the parts of a line look.
type Style struct {
	Event, Good, Bad, Warning, Faint, Title lipgloss.Style
}

// Plain is a style without colours, for what is not a terminal.
func Plain() Style {
	plain := lipgloss.NewStyle()
	return Style{Event: plain, Good: plain, Bad: plain, Warning: plain, Faint: plain, Title: plain}
}

// Colourful is a style for a terminal. What a colour says, the words say too.
func Colourful(renderer *lipgloss.Renderer) Style {
	coloured := func(code string) lipgloss.Style { return renderer.NewStyle().Foreground(lipgloss.Color(code)) }
	return Style{
		Event:   coloured("6").Bold(true),
		Good:    coloured("2"),
		Bad:     coloured("1").Bold(true),
		Warning: coloured("3"),
		Faint:   renderer.NewStyle().Faint(true),
		Title:   renderer.NewStyle().Bold(true),
	}
}
