package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"text/tabwriter"
	"time"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/deadletter"
)

type dlqList struct {
	queueFlags

	Each bool `help:"One line a message, oldest first, in place of groups."`
	JSON bool `help:"One JSON object with the groups and the messages, without their events." name:"json"`
}

func (c *dlqList) Run(ctx context.Context, line *commandLine) error {
	found, err := c.look(ctx, line)
	if err != nil {
		return err
	}
	groups := deadletter.GroupOf(found.messages)
	if c.JSON {
		return printJSON(struct {
			Groups   []deadletter.Group   `json:"groups"`
			Messages []deadletter.Message `json:"messages"`
			Hidden   int                  `json:"hidden"`  // messages that could not be seen
			Limited  bool                 `json:"limited"` // whether there may be more than --limit
		}{groups, append([]deadletter.Message{}, found.messages...), found.hidden, found.cut})
	}
	switch {
	case len(found.messages) == 0:
		fmt.Println("Nothing lies in the dead-letter queues.")
	case c.Each:
		err = listMessages(os.Stdout, found.messages, time.Now())
	default:
		err = listGroups(os.Stdout, groups, time.Now())
	}
	for _, remark := range found.remarks(c.Limit) {
		fmt.Println(remark)
	}
	return err
}

// shownError is how many characters of an error a list shows.
const shownError = 80

func listGroups(output io.Writer, groups []deadletter.Group, now time.Time) error {
	table := tabwriter.NewWriter(output, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "MESSAGES\tREASON\tFUNCTION\tOLDEST\tNEWEST\tQUEUE\tNEWEST ID\tITS ERROR")
	for _, group := range groups {
		fmt.Fprintf(table, "%d\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", group.Messages, group.Reason, forWhom(group.Example),
			shortAge(now.Sub(group.Oldest)), shortAge(now.Sub(group.Newest)), group.Queue, short(group.Example.ID), cutText(group.Example.Error))
	}
	return table.Flush()
}

func listMessages(output io.Writer, messages []deadletter.Message, now time.Time) error {
	table := tabwriter.NewWriter(output, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "ID\tAGE\tREASON\tFUNCTION\tEVENT\tERROR")
	for _, message := range messages {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\n", short(message.ID), shortAge(now.Sub(message.SentAt)), message.Reason,
			forWhom(message), message.DetailType, cutText(message.Error))
	}
	return table.Flush()
}

func cutText(text string) string {
	if runes := []rune(text); len(runes) > shownError {
		return string(runes[:shownError-1]) + "…"
	}
	return text
}

type dlqShow struct {
	queueFlags

	ID     string `arg:"" help:"The message's id, or the beginning of it, as bayon dlq list shows it."`
	Redact bool   `help:"Leave the event away, which may hold personal data."`
	JSON   bool   `help:"One JSON object, for programs." name:"json"`
}

func (c *dlqShow) Run(ctx context.Context, line *commandLine) error {
	found, err := c.look(ctx, line)
	if err != nil {
		return err
	}
	messages, err := found.find([]string{c.ID})
	if err != nil {
		return err
	}
	message := messages[0]
	if c.Redact {
		message.Event = nil
	}
	if c.JSON {
		return printJSON(struct {
			deadletter.Message

			Event any `json:"event,omitempty"` // as it is if it is JSON, else as a text
		}{message, eventOf(message)})
	}
	return showMessage(os.Stdout, message, time.Now())
}

func eventOf(message deadletter.Message) any {
	switch {
	case message.Event == nil:
		return nil
	case json.Valid(message.Event):
		return json.RawMessage(message.Event)
	}
	return string(message.Event)
}

// showMessage writes all that is known of a message, and last the event itself.
func showMessage(output io.Writer, message deadletter.Message, now time.Time) error {
	table := tabwriter.NewWriter(output, 0, 0, 2, ' ', 0)
	row := func(name, value string) {
		if value != "" {
			fmt.Fprintf(table, "%s\t%s\n", name, value)
		}
	}
	row("Message", message.ID)
	row("Queue", message.Queue)
	row("Since", message.SentAt.Format("2006-01-02 15:04:05Z")+" ("+shortAge(now.Sub(message.SentAt))+" ago)")
	row("From", origin(message))
	row("Function", message.Function)
	row("Reason", message.Reason)
	row("Error", message.Error)
	row("Tried", message.Tried)
	row("Trace", message.Trace)
	row("Event", message.EventID)
	row("Detail type", message.DetailType)
	row("Source", message.Source)
	row("Correlation", message.CorrelationID)
	if message.Stuck == "" {
		row("Redrive", "bayon dlq redrive "+short(message.ID))
	} else {
		row("Redrive", "not possible: "+message.Stuck)
	}
	if err := table.Flush(); err != nil || message.Event == nil {
		return err
	}
	text := string(message.Event)
	if indented, err := json.MarshalIndent(json.RawMessage(message.Event), "", "  "); err == nil {
		text = string(indented)
	}
	_, err := fmt.Fprintf(output, "\n%s\n", printable(text))
	return err
}

func origin(message deadletter.Message) string {
	switch message.From {
	case deadletter.Rule:
		return "EventBridge, which could not deliver it for the rule " + message.Via
	case deadletter.Schedule:
		return "EventBridge Scheduler, which could not deliver it for the schedule " + message.Via
	case deadletter.Function:
		return "Lambda, which has given it up"
	case deadletter.Foreign:
	}
	return "somebody who has nothing to do with EventBridge or Lambda"
}
