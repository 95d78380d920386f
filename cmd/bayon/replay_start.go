package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	"golang.org/x/term"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/bus"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/narrative"
)

type replayStart struct {
	windowFlags
	stackFlags

	Rules       []string `help:"Bring them to this rule: its name, whole or a part that no other has. Can be given several times." name:"rule" placeholder:"NAME"`
	AllRules    bool     `help:"Bring them to all rules of the bus: everything runs again."`
	DryRun      bool     `help:"Only tell how many events of which type it would be."`
	Name        string   `help:"Name of the replay; one with the present time where none is given. No two have the same."`
	Description string   `help:"What the replay is for."`
	Archive     string   `help:"Name of the archive; where none is given, the one that the bus has."`
	Bus         string   `help:"Name of the bus; that of the stack where none is given."`
	Wait        bool     `help:"Show the progress, and end when the replay has ended." default:"true" negatable:""`
	JSON        bool     `help:"Print the outcome as one JSON object, for programs." name:"json"`
}

// plannedReplay is a replay that was thought through.
type plannedReplay struct {
	Name    string        `json:"name"`
	Archive string        `json:"archive"`
	From    time.Time     `json:"from"`
	To      time.Time     `json:"to"`
	Rules   []string      `json:"rules"`             // ARNs; none: all of the bus
	Preview *bus.Preview  `json:"preview,omitempty"` // of a dry run; on AWS there is none
	busARN  string        // where the events go
	source  types.Archive // where they come from
}

func (c *replayStart) Run(ctx context.Context, line *commandLine) error {
	now := time.Now()
	window, err := c.read(now)
	if err != nil {
		return err
	}
	switch {
	case len(c.Rules) == 0 && !c.AllRules:
		return &usageError{"which rules are to get the events? --rule NAME; or --all-rules, and everything runs again"}
	case len(c.Rules) > 0 && c.AllRules:
		return &usageError{"either --rule or --all-rules"}
	}
	client, err := line.replays(ctx)
	if err != nil {
		return err
	}
	plan, err := c.plan(ctx, line, client, window, now)
	if err != nil {
		return err
	}
	if c.DryRun {
		return c.preview(ctx, line, plan)
	}
	return c.start(ctx, line, client, plan)
}

// plan finds the archive and the rules.
func (c *replayStart) plan(ctx context.Context, line *commandLine, client *eventbridge.Client, window window, now time.Time) (*plannedReplay, error) {
	busName := c.Bus
	if busName == "" {
		var err error
		if busName, err = c.busName(ctx, line); err != nil {
			return nil, err
		}
	}
	described, err := client.DescribeEventBus(ctx, &eventbridge.DescribeEventBusInput{Name: &busName})
	if err != nil {
		return nil, fmt.Errorf("look at the event bus %s: %w", busName, plain(err))
	}
	plan := &plannedReplay{
		Name: cmp.Or(c.Name, "replay-"+now.UTC().Format("20060102-150405")), From: window.from.UTC(), To: window.to.UTC(),
		Rules: []string{}, busARN: aws.ToString(described.Arn),
	}
	if plan.source, err = c.archive(ctx, client, plan.busARN); err != nil {
		return nil, err
	}
	plan.Archive = aws.ToString(plan.source.ArchiveName)
	rules, err := rulesOf(ctx, client, busName)
	if err != nil {
		return nil, err
	}
	for _, name := range c.Rules {
		arn, err := chooseRule(name, rules)
		if err != nil {
			return nil, err
		}
		if !slices.Contains(plan.Rules, arn) {
			plan.Rules = append(plan.Rules, arn)
		}
	}
	return plan, nil
}

// archive finds the archive of the bus that is meant.
func (c *replayStart) archive(ctx context.Context, client *eventbridge.Client, busARN string) (types.Archive, error) {
	var found types.Archive
	var names []string
	input := &eventbridge.ListArchivesInput{EventSourceArn: &busARN}
	for more := true; more; more = input.NextToken != nil {
		page, err := client.ListArchives(ctx, input)
		if err != nil {
			return types.Archive{}, fmt.Errorf("list the archives: %w", plain(err))
		}
		for _, found = range page.Archives {
			if c.Archive == aws.ToString(found.ArchiveName) {
				return found, nil
			}
			names = append(names, aws.ToString(found.ArchiveName))
		}
		input.NextToken = page.NextToken
	}
	switch {
	case c.Archive == "" && len(names) == 1:
		return found, nil
	case len(names) == 0:
		return types.Archive{}, fmt.Errorf("%s has no archive", busARN)
	case c.Archive == "":
		return types.Archive{}, &usageError{"which archive? --archive " + strings.Join(names, ", or --archive ")}
	}
	return types.Archive{}, fmt.Errorf("the bus has no archive %s, but %s", c.Archive, strings.Join(names, ", "))
}

// rulesOf returns the ARNs of the rules of a bus, by their names. Those that AWS manages itself, for its archives, get no
// replays.
func rulesOf(ctx context.Context, client *eventbridge.Client, busName string) (map[string]string, error) {
	rules := map[string]string{}
	input := &eventbridge.ListRulesInput{EventBusName: &busName}
	for {
		page, err := client.ListRules(ctx, input)
		if err != nil {
			return nil, fmt.Errorf("list the rules: %w", plain(err))
		}
		for _, rule := range page.Rules {
			if rule.ManagedBy == nil {
				rules[aws.ToString(rule.Name)] = aws.ToString(rule.Arn)
			}
		}
		if page.NextToken == nil {
			return rules, nil
		}
		input.NextToken = page.NextToken
	}
}

// chooseRule returns the ARN of the one rule whose name is given, whole, without what all names of the stack share, or in a
// part that no other name has.
func chooseRule(given string, rules map[string]string) (arn string, err error) {
	var found, all []string
	for name, rule := range rules {
		short := narrative.ShortName(name)
		if name == given || short == given {
			return rule, nil
		}
		all = append(all, short)
		if given != "" && strings.Contains(name, given) {
			found, arn = append(found, short), rule
		}
	}
	slices.Sort(found)
	slices.Sort(all)
	switch len(found) {
	case 1:
		return arn, nil
	case 0:
		return "", fmt.Errorf("the bus has no rule %q; its rules are\n  %s", given, strings.Join(all, "\n  "))
	default:
		return "", fmt.Errorf("several rules have %q in their names, so give one or more of them, each with --rule\n  %s", given, strings.Join(found, "\n  "))
	}
}

// preview tells what the replay would bring.
func (c *replayStart) preview(ctx context.Context, line *commandLine, plan *plannedReplay) error {
	if !line.AWS {
		preview, err := line.console().PreviewReplay(ctx, plan.Archive, plan.From, plan.To, plan.Rules)
		if err != nil {
			return err
		}
		plan.Preview = &preview
	}
	if c.JSON {
		return printJSON(plan)
	}
	return plan.show(os.Stdout)
}

func (p *plannedReplay) show(output io.Writer) error {
	fmt.Fprintf(output, "A replay of the archive %s %s.\n", oneLine(p.Archive), window{p.From, p.To})
	if p.Preview == nil {
		fmt.Fprintf(output, "AWS lets nobody look into an archive: how many events the window holds cannot be told. The whole archive "+
			"holds %d events (AWS's count may be a day old).\n", p.source.EventCount)
	} else if err := showPreview(output, p.Preview); err != nil {
		return err
	}
	rules := "all rules of the bus"
	if len(p.Rules) > 0 {
		rules = strings.Join(p.Rules, "\n  ")
	}
	_, err := fmt.Fprintf(output, "They would go to\n  %s\n", rules)
	return err
}

// showPreview writes a table with one detail type a line.
func showPreview(output io.Writer, preview *bus.Preview) error {
	table := tabwriter.NewWriter(output, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "TYPE\tSOURCE\tARCHIVED\tREPLAYED\tTO")
	for _, counted := range preview.Types {
		var to []string
		for _, rule := range slices.Sorted(maps.Keys(counted.Rules)) {
			to = append(to, fmt.Sprintf("%s (%d)", narrative.ShortName(rule), counted.Rules[rule]))
		}
		fmt.Fprintf(table, "%s\t%s\t%d\t%d\t%s\n", oneLine(counted.DetailType), oneLine(counted.Source), counted.Archived, counted.Replayed,
			strings.Join(to, ", "))
	}
	fmt.Fprintf(table, "all\t\t%d\t%d\t\n", preview.Archived, preview.Replayed)
	return table.Flush()
}

// start starts the replay and watches it.
func (c *replayStart) start(ctx context.Context, line *commandLine, client *eventbridge.Client, plan *plannedReplay) error {
	const reachesArchive = 10 * time.Minute
	if line.AWS && time.Since(plan.To) < reachesArchive {
		fmt.Fprintln(os.Stderr, "An event may need ten minutes to reach the archive: the latest ones may be left out.")
	}
	input := &eventbridge.StartReplayInput{
		ReplayName: &plan.Name, EventSourceArn: aws.String(archiveARN(plan.busARN, plan.Archive)),
		EventStartTime: &plan.From, EventEndTime: &plan.To, Destination: &types.ReplayDestination{Arn: &plan.busARN, FilterArns: plan.Rules},
	}
	if c.Description != "" {
		input.Description = &c.Description
	}
	if _, err := client.StartReplay(ctx, input); err != nil {
		return fmt.Errorf("start the replay: %w", plain(err))
	}
	if !c.JSON {
		fmt.Printf("The replay %s of the archive %s %s has started.\n", plan.Name, plan.Archive, window{plan.From, plan.To})
	}
	if !c.Wait {
		if c.JSON {
			replay, err := describeReplay(ctx, client, plan.Name)
			return errors.Join(err, printJSON(replay))
		}
		fmt.Printf("See how far it is with bayon replay show %s.\n", plan.Name)
		return nil
	}
	return c.watch(ctx, line, client, plan.Name)
}

// archiveARN is the ARN of an archive in the account and region of a bus.
func archiveARN(busARN, archive string) string {
	account, _, _ := strings.Cut(busARN, ":event-bus/")
	return account + ":archive/" + archive
}

// watch shows the progress until the replay has ended.
func (c *replayStart) watch(ctx context.Context, line *commandLine, client *eventbridge.Client, name string) error {
	overwrite := term.IsTerminal(int(os.Stdout.Fd()))
	before := ""
	for {
		replay, err := describeReplay(ctx, client, name)
		if err != nil {
			return err
		}
		words := fmt.Sprintf("%s, %d%%", strings.ToLower(replay.State), replay.percent())
		if words != before && !c.JSON {
			before = words
			if overwrite {
				fmt.Printf("\r\x1b[K%s", words)
			} else {
				fmt.Println(words)
			}
		}
		if replay.Ended != nil {
			if overwrite && !c.JSON {
				fmt.Println()
			}
			return c.outcome(replay)
		}
		if err := pause(ctx, line.lookEvery()); err != nil {
			return fmt.Errorf("the replay %s goes on; bayon replay cancel %s ends it", name, name)
		}
	}
}

// outcome fails unless the replay has come to its end.
func (c *replayStart) outcome(replay replayLine) error {
	if c.JSON {
		if err := printJSON(replay); err != nil {
			return err
		}
	}
	if replay.State != string(types.ReplayStateCompleted) {
		return fmt.Errorf("the replay %s is %s %s", replay.Name, replay.State, replay.Reason)
	}
	return nil
}
