package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/bayon-coagent/event-consumers/internal/localcloud"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/demonstration"
)

type demoCommand struct {
	Template string `help:"The SAM template." default:"template.yaml" type:"path"`
}

// Run plays on a local cloud with a state and a port of its own, so that it disturbs no other.
func (c *demoCommand) Run(ctx context.Context) (err error) {
	state, err := os.MkdirTemp("", "bayon-demo-")
	if err != nil {
		return fmt.Errorf("make a folder for the state: %w", err)
	}
	defer os.RemoveAll(state)
	up := upCommand{Template: c.Template, State: state, Environment: "development", TimeScale: 1}
	cloud, err := up.start(ctx, "127.0.0.1:0")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, cloud.Close()) }()
	screen := newScreen(os.Stdout)
	following, stop := context.WithCancel(ctx)
	defer stop()
	go screen.follow(following, cloud)
	outcome, err := play(ctx, cloud, screen)
	if err != nil {
		return err
	}
	if len(outcome.Missing) > 0 {
		return fmt.Errorf("not all that was promised is so:\n  %s", strings.Join(outcome.Missing, "\n  "))
	}
	return nil
}

// quietTimeout bounds how long one chapter of the demonstration may take.
const quietTimeout = time.Minute

// play plays the demonstration and shows how it ended.
func play(ctx context.Context, cloud *localcloud.Cloud, screen *screen) (demonstration.Outcome, error) {
	health := cloud.Health()
	story := demonstration.Story{
		Database:  databaseClient(cloud.Endpoint()),
		Bus:       busClient(cloud.Endpoint()),
		TableName: health.Table,
		BusName:   health.Bus,
		Now:       time.Now,
		Tell:      func(line string) { screen.say("\n" + line) },
		Quiet: func(ctx context.Context) error {
			ctx, cancel := context.WithTimeout(ctx, quietTimeout)
			defer cancel()
			return cloud.AwaitQuiet(ctx)
		},
	}
	outcome, err := story.Play(ctx)
	if err != nil {
		return outcome, err
	}
	screen.say("\nWhat came of it")
	screen.show(summary(outcome))
	return outcome, nil
}

func summary(outcome demonstration.Outcome) string {
	var text strings.Builder
	table := tabwriter.NewWriter(&text, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "  PRIORITY\tALERT\tALERT CREATED\tABOUT\tNEWS")
	for _, found := range outcome.Alerts {
		published := "published"
		if !found.Published {
			published = "missing"
		}
		fmt.Fprintf(table, "  %s\t%s\t%s\t%s\t%s\n", found.Priority, found.Type, published, found.Subject, found.News)
	}
	_ = table.Flush() // into memory
	fmt.Fprintf(&text, "\n  %d alerts. Of the %d prices that fell, %d were outside Maria's areas, %d outside her price range.\n",
		len(outcome.Alerts), outcome.Falls, outcome.Outside, outcome.Withheld)
	fmt.Fprintf(&text, "  Maria finds %d notifications in the app. %d mails are sent, %d wait: no agent gets more than 10 in a minute.\n",
		outcome.Notified.InApp, outcome.Notified.Mails, outcome.Notified.Waiting)
	for _, missing := range outcome.Missing {
		fmt.Fprintf(&text, "  NOT AS PROMISED: %s\n", missing)
	}
	return text.String() + "\n"
}
