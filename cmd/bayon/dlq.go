package main

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/deadletter"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/template"
)

// dlqCommand is what can be done with what lies in the dead-letter queues.
type dlqCommand struct {
	List    dlqList    `cmd:"" default:"withargs" help:"List what lies in the queues, by reason, function and age."`
	Show    dlqShow    `cmd:"" help:"Show one message: the event, what failed, and what was tried."`
	Redrive dlqRedrive `cmd:"" help:"Invoke the functions on the events that they failed on or never got."`
	Purge   dlqPurge   `cmd:"" help:"Delete messages for good."`
}

// Help is shown with the command's flags.
func (*dlqCommand) Help() string {
	return `The queues are those that the template names: the rules' and schedules' dead-letter queue holds what could not be delivered, the
functions' on-failure queue what a function has failed on after all retries.

An event is driven back to the function that it was for, and to no other: the function is invoked and waited for, and the message is
deleted only when it has succeeded. An event that was handled after all, or is driven back twice, changes nothing.

SQS lets nobody look at a message without receiving it. While the command looks, messages are hidden from others, at most for 2
minutes (16 while they are driven back), then given back at once; their receive counts grow. An event may hold personal data.

Examples:
  bayon dlq                                            what lies there, in groups
  bayon dlq list --each                                one line a message, with its id
  bayon dlq show 8a6c880c                              one message, by its id or the beginning of it
  bayon dlq redrive --reason NO_PERMISSIONS --dry-run  what would be driven back
  bayon dlq redrive --all --rate 2                     everything, two a second, after a question
  bayon dlq redrive 8a6c880c --yes                     one message, without a question
  bayon dlq purge --reason NOT_UNDERSTOOD              delete what nobody can handle
  bayon --aws dlq list --environment production        the same on AWS, with your own credentials`
}

// queueFlags say which queues are meant.
type queueFlags struct {
	stackFlags

	Queue string `help:"Only the queues whose names hold this." placeholder:"NAME"`
	Limit int    `help:"Look at so many messages of a queue at most." default:"1000"`
}

// deadLetters are the queues that a command works with, and what it has seen in them.
type deadLetters struct {
	config   aws.Config
	queues   []*deadletter.Queue
	messages []deadletter.Message // of all queues, oldest first
	hidden   int                  // messages that cannot be seen, as others look at them
	cut      bool                 // whether there may be more
}

// look opens the queues and looks at what lies in them.
func (f *queueFlags) look(ctx context.Context, line *commandLine) (*deadLetters, error) {
	if f.Limit < 1 {
		return nil, &usageError{"--limit must be positive"}
	}
	config, err := line.clients(ctx)
	if err != nil {
		return nil, err
	}
	stack, err := f.stack(ctx, line)
	if err != nil {
		return nil, err
	}
	names := slices.DeleteFunc(failureQueues(stack), func(name string) bool { return !strings.Contains(name, f.Queue) })
	if len(names) == 0 {
		return nil, &usageError{"the template has no dead-letter queue with " + f.Queue + " in its name"}
	}
	found := &deadLetters{config: config}
	for _, name := range names {
		if err := found.lookInto(ctx, name, line.emptyAfter(), f.Limit); err != nil {
			return nil, plain(err)
		}
	}
	slices.SortStableFunc(found.messages, func(a, b deadletter.Message) int { return a.SentAt.Compare(b.SentAt) })
	return found, nil
}

// emptyAfter is how long a queue is asked in vain until it surely is empty: on AWS a message may be on another of its servers.
func (c *commandLine) emptyAfter() time.Duration {
	if c.AWS {
		return time.Second
	}
	return 0
}

func (d *deadLetters) lookInto(ctx context.Context, name string, wait time.Duration, limit int) error {
	queue, err := deadletter.Open(ctx, sqs.NewFromConfig(d.config), name, wait)
	if err != nil {
		return err
	}
	hidden, err := queue.Hidden(ctx)
	if err != nil {
		return err
	}
	messages, err := queue.Look(ctx, limit)
	if err != nil {
		return err
	}
	d.queues = append(d.queues, queue)
	d.messages = append(d.messages, messages...)
	d.hidden += hidden
	d.cut = d.cut || len(messages) == limit
	return nil
}

// remarks tell in words what was not seen.
func (d *deadLetters) remarks(limit int) []string {
	var remarks []string
	if d.hidden > 0 {
		remarks = append(remarks, countOf(d.hidden)+" hidden: somebody looks there or drives back.")
	}
	if d.cut {
		remarks = append(remarks, fmt.Sprintf("Only %d messages of a queue were looked at; --limit looks at more.", limit))
	}
	return remarks
}

// failureQueues are the names of the queues that rules, schedules and functions give up into, in the template's order.
func failureQueues(stack *template.Stack) []string {
	arns := map[string]bool{}
	for _, rule := range stack.Rules {
		for _, target := range rule.Targets {
			arns[target.DeadLetterARN] = true
		}
	}
	for _, schedule := range stack.Schedules {
		arns[schedule.DeadLetterARN] = true
	}
	for _, function := range stack.Functions {
		arns[function.Async.OnFailureARN] = true
	}
	var names []string
	for _, queue := range stack.Queues {
		if arns[queue.ARN] {
			names = append(names, queue.Name)
		}
	}
	return names
}

// shortID is how much of a message's id people are shown.
const shortID = 8

func short(id string) string { return id[:min(len(id), shortID)] }

// shortAge is a time that has passed, in its largest unit.
func shortAge(passed time.Duration) string {
	const day = 24 * time.Hour
	switch {
	case passed < time.Minute:
		return fmt.Sprintf("%ds", max(0, int(passed.Seconds())))
	case passed < time.Hour:
		return fmt.Sprintf("%dm", int(passed.Minutes()))
	case passed < day:
		return fmt.Sprintf("%dh", int(passed.Hours()))
	}
	return fmt.Sprintf("%dd", int(passed/day))
}

// countOf is a number of messages, in words.
func countOf(messages int) string {
	if messages == 1 {
		return "1 message is"
	}
	return fmt.Sprintf("%d messages are", messages)
}

// forWhom is what an event is for, as people are shown it.
func forWhom(message deadletter.Message) string {
	return cmp.Or(message.FunctionName(), message.Function, "-")
}

// find returns the messages with these ids, or beginnings of ids. Each must be of one message.
func (d *deadLetters) find(ids []string) ([]deadletter.Message, error) {
	var found []deadletter.Message
	for _, id := range ids {
		var fitting []deadletter.Message
		for _, message := range d.messages {
			if strings.HasPrefix(message.ID, id) {
				fitting = append(fitting, message)
			}
		}
		switch {
		case len(fitting) == 0 && d.hidden > 0:
			return nil, fmt.Errorf("there is no message %s, or it is hidden: somebody looks at it or drives it back", id)
		case len(fitting) == 0:
			return nil, fmt.Errorf("there is no message %s", id)
		case len(fitting) > 1:
			return nil, &usageError{fmt.Sprintf("%d messages have an id that begins with %s", len(fitting), id)}
		}
		same := func(other deadletter.Message) bool { return other.ID == fitting[0].ID }
		if !slices.ContainsFunc(found, same) {
			found = append(found, fitting[0])
		}
	}
	return found, nil
}
