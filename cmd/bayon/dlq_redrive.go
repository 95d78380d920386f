package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/deadletter"
)

// messageFlags say which messages are meant, and whether that is meant seriously.
type messageFlags struct {
	queueFlags

	IDs      []string `arg:"" optional:"" name:"id" help:"Ids of messages, or beginnings of them, as bayon dlq list --each shows them."`
	All      bool     `help:"All messages."`
	Reason   []string `help:"Messages with this reason, as bayon dlq list shows it. Can be given several times." sep:"none" placeholder:"REASON"`
	Function string   `help:"Of these, only those for functions whose names hold this." placeholder:"NAME"`
	DryRun   bool     `help:"Only show which messages it would be."`
	Yes      bool     `help:"Do not ask."`
	JSON     bool     `help:"One JSON object a line for each message, for programs." name:"json"`
}

// choose looks into the queues and picks the messages that are meant.
func (f *messageFlags) choose(ctx context.Context, line *commandLine) (*deadLetters, []deadletter.Message, error) {
	ways := 0
	for _, way := range []bool{f.All, len(f.Reason) > 0, len(f.IDs) > 0} {
		if way {
			ways++
		}
	}
	if ways != 1 {
		return nil, nil, &usageError{"which messages? --all, --reason REASON, or ids: one of these"}
	}
	found, err := f.look(ctx, line)
	if err != nil {
		return nil, nil, err
	}
	chosen := slices.Clone(found.messages)
	if len(f.IDs) > 0 {
		if chosen, err = found.find(f.IDs); err != nil {
			return nil, nil, err
		}
	}
	chosen = slices.DeleteFunc(chosen, func(message deadletter.Message) bool {
		hasReason := len(f.Reason) == 0 || slices.ContainsFunc(f.Reason, func(reason string) bool { return strings.EqualFold(reason, message.Reason) })
		return !hasReason || !strings.Contains(message.FunctionName(), f.Function)
	})
	return found, chosen, nil
}

// ask shows which messages are meant, and tells whether to go on: somebody says so, or has said so by --yes.
func (f *messageFlags) ask(chosen []deadletter.Message, question string) (bool, error) {
	if !f.JSON || f.DryRun {
		if err := f.show(chosen); err != nil {
			return false, err
		}
	}
	switch {
	case f.DryRun || len(chosen) == 0:
		return false, nil
	case f.Yes:
		return true, nil
	case !term.IsTerminal(int(os.Stdin.Fd())):
		return false, &usageError{"nobody is there to be asked: --yes does it, --dry-run only shows it"}
	}
	return confirm(os.Stdin, os.Stderr, question)
}

func (f *messageFlags) show(chosen []deadletter.Message) error {
	switch {
	case f.JSON:
		for _, message := range chosen {
			if err := printJSON(message); err != nil {
				return err
			}
		}
		return nil
	case len(chosen) == 0:
		_, err := fmt.Println("There are no such messages.")
		return err
	}
	return listGroups(os.Stdout, deadletter.GroupOf(chosen), time.Now())
}

// confirm asks a question that only yes answers.
func confirm(input io.Reader, output io.Writer, question string) (bool, error) {
	fmt.Fprint(output, question+" [y/N] ")
	answer, err := bufio.NewReader(input).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return false, err
	}
	answer = strings.ToLower(strings.TrimSpace(answer))
	return answer == "y" || answer == "yes", nil
}

// work is being done on messages, and shown.
type work struct {
	json   bool
	bar    *progressbar.ProgressBar // nil where nobody would see it
	failed []deadletter.Outcome
	done   int
}

// handledMessage is what --json tells of a message.
type handledMessage struct {
	ID       string `json:"id"`
	Queue    string `json:"queue"`
	Function string `json:"function,omitempty"`
	Done     bool   `json:"done"` // whether the message is gone
	Error    string `json:"error,omitempty"`
}

func newWork(messages int, what string, json bool) *work {
	w := &work{json: json}
	if !json && term.IsTerminal(int(os.Stderr.Fd())) {
		w.bar = progressbar.NewOptions(messages, progressbar.OptionSetWriter(os.Stderr), progressbar.OptionSetDescription(what),
			progressbar.OptionShowCount(), progressbar.OptionSetPredictTime(true), progressbar.OptionClearOnFinish())
	}
	return w
}

// tell takes note of what has become of a message.
func (w *work) tell(outcome deadletter.Outcome) {
	handled := handledMessage{ID: outcome.Message.ID, Queue: outcome.Message.Queue, Function: outcome.Message.FunctionName(), Done: outcome.Err == nil}
	if outcome.Err == nil {
		w.done++
	} else {
		outcome.Err = plain(outcome.Err)
		handled.Error = outcome.Err.Error()
		w.failed = append(w.failed, outcome)
	}
	if w.bar != nil {
		_ = w.bar.Add(1) // it only shows
	}
	if w.json {
		_ = printJSON(handled) // nobody reads it any more
	}
}

// each does something with the wanted messages of each queue.
func (d *deadLetters) each(wanted []deadletter.Message, do func(queue *deadletter.Queue, ids map[string]bool) error) error {
	for _, queue := range d.queues {
		ids := map[string]bool{}
		for _, message := range wanted {
			if message.Queue == queue.Name {
				ids[message.ID] = true
			}
		}
		if len(ids) == 0 {
			continue
		}
		if err := do(queue, ids); err != nil {
			return plain(err)
		}
	}
	return nil
}

type dlqRedrive struct {
	messageFlags

	Rate float64 `help:"So many messages a second at most; 0 for no limit." default:"10"`
}

func (c *dlqRedrive) Run(ctx context.Context, line *commandLine) error {
	if c.Rate != 0 && !(c.Rate >= deadletter.LowestRate && c.Rate <= deadletter.HighestRate) { // it may be no number
		return &usageError{fmt.Sprintf("--rate must be 0 or from %g to %g", deadletter.LowestRate, deadletter.HighestRate)}
	}
	found, chosen, err := c.choose(ctx, line)
	if err != nil {
		return err
	}
	stuck := func(message deadletter.Message) bool { return message.Stuck != "" }
	drivable := slices.DeleteFunc(slices.Clone(chosen), stuck)
	goOn, err := c.ask(chosen, fmt.Sprintf("Drive back %d of them?", len(drivable)))
	if err != nil || !goOn {
		return err
	}
	w := newWork(len(drivable), "driving back", c.JSON)
	for _, message := range chosen {
		if stuck(message) {
			w.tell(deadletter.Outcome{Message: message, Err: fmt.Errorf("not possible: %s", message.Stuck)})
		}
	}
	functions := lambda.NewFromConfig(found.config)
	err = found.each(drivable, func(queue *deadletter.Queue, ids map[string]bool) error {
		return queue.Redrive(ctx, functions, ids, c.Rate, w.tell)
	})
	return w.end(len(chosen), "Driven back", err)
}

// end tells how the work ended, and fails if not all of it was done.
func (w *work) end(wanted int, how string, err error) error {
	if w.bar != nil {
		_ = w.bar.Clear() // it only shows
	}
	if !w.json {
		for _, outcome := range w.failed {
			fmt.Printf("%s  %s  %v\n", short(outcome.Message.ID), forWhom(outcome.Message), outcome.Err)
		}
		fmt.Printf("%s: %d of %d.\n", how, w.done, wanted)
	}
	switch left := wanted - w.done; {
	case err != nil:
		return err
	case left > len(w.failed):
		return fmt.Errorf("%s still in the queue, or with somebody else who has got them meanwhile", countOf(left))
	case left > 0:
		return fmt.Errorf("%s still in the queue", countOf(left))
	}
	return nil
}

type dlqPurge struct{ messageFlags }

func (c *dlqPurge) Run(ctx context.Context, line *commandLine) error {
	found, chosen, err := c.choose(ctx, line)
	if err != nil {
		return err
	}
	goOn, err := c.ask(chosen, fmt.Sprintf("Delete all %d for good? The events will never be handled.", len(chosen)))
	if err != nil || !goOn {
		return err
	}
	w := newWork(len(chosen), "deleting", c.JSON)
	err = found.each(chosen, func(queue *deadletter.Queue, ids map[string]bool) error {
		return queue.Purge(ctx, ids, w.tell)
	})
	return w.end(len(chosen), "Deleted", err)
}
