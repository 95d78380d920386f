package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/verification"
)

type verifyCommand struct {
	stackFlags

	Publish bool          `help:"Then publish a canary, and wait until it has come through the bus to its queue."`
	Wait    time.Duration `help:"How long to wait for the canary." default:"30s"`
	JSON    bool          `help:"Print one JSON object a check, for programs." name:"json"`
}

// Help is shown with the command's flags.
func (*verifyCommand) Help() string {
	return `It compares a deployment with the template, thing by thing: bus, rules, targets, queues and their policies, functions, permissions,
event invoke configs, archive, schedules, tables, schemas, log groups, alarms. What is wrong is shown with what was expected, what was
found, and how to mend it. What cannot be seen, for lack of a permission or because the local cloud does not serve it, is unknown.

Exit codes: 0 nothing is wrong, 1 something is, 2 wrong usage, 3 the local cloud is not running.

Examples:
  bayon verify                                             the local cloud
  bayon --aws verify --environment production --publish    production, and a canary through its bus`
}

func (c *verifyCommand) Run(ctx context.Context, line *commandLine) error {
	stack, err := c.stack(ctx, line)
	if err != nil {
		return err
	}
	config, err := line.clients(ctx)
	if err != nil {
		return err
	}
	checks := verification.Deployment(ctx, config, stack)
	if c.Publish {
		waiting, cancel := context.WithTimeout(ctx, c.Wait)
		defer cancel()
		checks = append(checks, verification.Canary(waiting, config, stack))
	}
	if err := c.show(os.Stdout, checks); err != nil {
		return err
	}
	count := map[verification.Verdict]int{}
	for _, check := range checks {
		count[check.Verdict]++
	}
	if !c.JSON {
		fmt.Printf("%d checks: %d ok, %d wrong, %d unknown\n",
			len(checks), count[verification.OK], count[verification.Wrong], count[verification.Unknown])
	}
	if wrong := count[verification.Wrong]; wrong > 0 {
		return fmt.Errorf("%d of %d things are not as the template says", wrong, len(checks))
	}
	return nil
}

// show prints one line a check; what is wrong or unknown has more to say below.
func (c *verifyCommand) show(to io.Writer, checks []verification.Check) error {
	encoder := json.NewEncoder(to)
	for _, check := range checks {
		if c.JSON {
			if err := encoder.Encode(check); err != nil {
				return err
			}
			continue
		}
		if _, err := fmt.Fprintf(to, "%-8s %s %s: %s\n", check.Verdict, check.Kind, check.Name, check.What); err != nil {
			return err
		}
		for _, said := range []struct{ name, text string }{
			{"expected", check.Expected}, {"found", check.Found}, {"mend", check.Mend}, {"because", check.Reason},
		} {
			if said.text != "" {
				fmt.Fprintf(to, "           %-9s %s\n", said.name, said.text)
			}
		}
	}
	return nil
}
