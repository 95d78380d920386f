package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"text/tabwriter"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
)

type replayCommand struct {
	Start  replayStart  `cmd:"" default:"withargs" help:"Start a replay; so does bayon replay without start."`
	List   replayList   `cmd:"" help:"List the replays of the last 90 days."`
	Show   replayShow   `cmd:"" help:"Show how far a replay is."`
	Cancel replayCancel `cmd:"" help:"Cancel a replay; what it has brought stays."`
}

// Help is shown with the command's flags.
func (*replayCommand) Help() string {
	return `A replay brings the events of an archive to the rules of their bus once more: each under a new id, with its old time, and with
replay-name in it. It takes what is in the archive when it starts. The functions do not repeat the effects that an event had; they make up for those that are missing.

Choose the rules: without --rule everything would run again, so that --all-rules must be said.

Examples:
  bayon replay --last 2h --rule price-reduction-monitor --dry-run   how many events of which type that would be
  bayon replay --last 2h --rule price-reduction-monitor             replay them, and show the progress
  bayon replay --from 14:30 --to 15:00 --rule trend-detector --rule competitor-monitor --name after-the-bug
  bayon replay --from 2026-11-24T08:00:00Z --all-rules --no-wait
  bayon replay list
  bayon replay cancel after-the-bug
  bayon --aws replay --environment production --last 2h --rule trend-detector

With --aws it works on AWS, where an event may need ten minutes to reach the archive, and where nobody can look into an archive:
a dry run cannot count there.`
}

// replays returns EventBridge's client.
func (c *commandLine) replays(ctx context.Context) (*eventbridge.Client, error) {
	config, err := c.clients(ctx)
	if err != nil {
		return nil, err
	}
	return eventbridge.NewFromConfig(config), nil
}

type replayList struct {
	JSON bool `help:"One JSON array, for programs." name:"json"`
}

// replayLine is a replay as programs read it.
type replayLine struct {
	Name         string     `json:"name"`
	State        string     `json:"state"`
	Reason       string     `json:"reason,omitempty"`
	From         time.Time  `json:"from"`
	To           time.Time  `json:"to"`
	LastReplayed *time.Time `json:"lastReplayed,omitempty"`
	Started      *time.Time `json:"started,omitempty"`
	Ended        *time.Time `json:"ended,omitempty"`
	Rules        []string   `json:"rules,omitempty"` // ARNs; not in a list
}

func (c *replayList) Run(ctx context.Context, line *commandLine) error {
	client, err := line.replays(ctx)
	if err != nil {
		return err
	}
	list := []replayLine{}
	input := &eventbridge.ListReplaysInput{}
	for {
		page, err := client.ListReplays(ctx, input)
		if err != nil {
			return fmt.Errorf("list the replays: %w", plain(err))
		}
		for _, replay := range page.Replays {
			list = append(list, replayLine{
				Name: aws.ToString(replay.ReplayName), State: string(replay.State), Reason: aws.ToString(replay.StateReason),
				From: aws.ToTime(replay.EventStartTime), To: aws.ToTime(replay.EventEndTime),
				LastReplayed: replay.EventLastReplayedTime, Started: replay.ReplayStartTime, Ended: replay.ReplayEndTime,
			})
		}
		if page.NextToken == nil {
			break
		}
		input.NextToken = page.NextToken
	}
	if c.JSON {
		return printJSON(list)
	}
	return listReplays(os.Stdout, list)
}

// listReplays writes a table with one replay a line.
func listReplays(output io.Writer, list []replayLine) error {
	if len(list) == 0 {
		_, err := fmt.Fprintln(output, "There are no replays.")
		return err
	}
	table := tabwriter.NewWriter(output, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "NAME\tSTATE\tFROM\tTO\tPROGRESS\tSTARTED")
	for _, replay := range list {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%d%%\t%s\n", oneLine(replay.Name), replay.State, shown(replay.From), shown(replay.To),
			replay.percent(), shown(aws.ToTime(replay.Started)))
	}
	return table.Flush()
}

// percent is how much of the window has been replayed.
func (l *replayLine) percent() int {
	switch {
	case l.State == string(types.ReplayStateCompleted):
		return 100
	case l.LastReplayed == nil || !l.From.Before(l.To):
		return 0
	}
	done := float64(l.LastReplayed.Sub(l.From)) / float64(l.To.Sub(l.From))
	return int(100 * min(max(done, 0), 1))
}

// describeReplay asks how far a replay is.
func describeReplay(ctx context.Context, client *eventbridge.Client, name string) (replayLine, error) {
	replay, err := client.DescribeReplay(ctx, &eventbridge.DescribeReplayInput{ReplayName: &name})
	if err != nil {
		return replayLine{}, fmt.Errorf("look at the replay %s: %w", name, plain(err))
	}
	described := replayLine{
		Name: name, State: string(replay.State), Reason: aws.ToString(replay.StateReason),
		From: aws.ToTime(replay.EventStartTime), To: aws.ToTime(replay.EventEndTime),
		LastReplayed: replay.EventLastReplayedTime, Started: replay.ReplayStartTime, Ended: replay.ReplayEndTime,
	}
	if replay.Destination != nil {
		described.Rules = replay.Destination.FilterArns
	}
	return described, nil
}

type replayShow struct {
	Name string `arg:"" help:"Name of the replay."`
	JSON bool   `help:"One JSON object, for programs." name:"json"`
}

func (c *replayShow) Run(ctx context.Context, line *commandLine) error {
	client, err := line.replays(ctx)
	if err != nil {
		return err
	}
	replay, err := describeReplay(ctx, client, c.Name)
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(replay)
	}
	return showReplay(os.Stdout, replay)
}

func showReplay(output io.Writer, replay replayLine) error {
	table := tabwriter.NewWriter(output, 0, 0, 2, ' ', 0)
	fmt.Fprintf(table, "name\t%s\n", oneLine(replay.Name))
	fmt.Fprintf(table, "state\t%s %s\n", replay.State, oneLine(replay.Reason))
	fmt.Fprintf(table, "window\t%s\n", window{replay.From, replay.To})
	if replay.LastReplayed != nil {
		fmt.Fprintf(table, "come to\t%s, %d%%\n", shown(*replay.LastReplayed), replay.percent())
	}
	for _, arn := range replay.Rules {
		fmt.Fprintf(table, "rule\t%s\n", oneLine(arn))
	}
	if len(replay.Rules) == 0 {
		fmt.Fprintln(table, "rule\tall of the bus")
	}
	return table.Flush()
}

type replayCancel struct {
	Name string `arg:"" help:"Name of the replay."`
}

func (c *replayCancel) Run(ctx context.Context, line *commandLine) error {
	client, err := line.replays(ctx)
	if err != nil {
		return err
	}
	if _, err := client.CancelReplay(ctx, &eventbridge.CancelReplayInput{ReplayName: &c.Name}); err != nil {
		return fmt.Errorf("cancel the replay %s: %w", c.Name, plain(err))
	}
	for {
		replay, err := describeReplay(ctx, client, c.Name)
		switch {
		case err != nil:
			return err
		case replay.State == string(types.ReplayStateCancelled):
			fmt.Printf("The replay %s is cancelled; it had come to %d%%.\n", c.Name, replay.percent())
			return nil
		case replay.State != string(types.ReplayStateCancelling):
			return fmt.Errorf("the replay %s is %s", c.Name, replay.State)
		}
		if err := pause(ctx, line.lookEvery()); err != nil {
			return err
		}
	}
}

// lookEvery is the pause between two looks at something that goes on.
func (c *commandLine) lookEvery() time.Duration {
	if c.AWS {
		return 5 * time.Second
	}
	return 100 * time.Millisecond
}

// pause waits, or tells that the command is to end.
func pause(ctx context.Context, length time.Duration) error {
	select {
	case <-time.After(length):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
