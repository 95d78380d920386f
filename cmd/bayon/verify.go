package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"strconv"
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
found, and how to mend it. What cannot be seen, for lack of a permission or because the local cloud does not serve it, is unknown; a kind of which nothing
can be seen has one line. What the functions' roles may do is not compared.

A stack that was deployed with parameters other than the template's own differs from it in variables and alarms unless these parameters
are given with --parameter.

Exit codes: 0 nothing is wrong, 1 something is, 2 wrong usage, 3 the local cloud is not running.

Examples:
  bayon verify                                             the local cloud
  bayon --aws verify --environment production --publish    production, and a canary through its bus
  bayon --aws verify --environment production --parameter AlarmTopicArn=arn:aws:sns:us-east-1:111111111111:alarms`
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

// show prints one line a check; what is wrong or unknown has more to say below. For people, a kind of which nothing is known
// for one reason has one line.
func (c *verifyCommand) show(to io.Writer, checks []verification.Check) error {
	encoder := json.NewEncoder(to)
	unseen := unseenKinds(checks)
	for _, check := range checks {
		if c.JSON {
			if err := encoder.Encode(check); err != nil {
				return err
			}
			continue
		}
		if number := unseen[check.Kind]; number > 1 {
			unseen[check.Kind] = -1
			check.Name, check.What = strconv.Itoa(number)+" of them", "nothing is known"
		} else if number < 0 {
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

// unseenKinds counts the checks of each kind that are all unknown for the same reason.
func unseenKinds(checks []verification.Check) map[string]int {
	number, reason := map[string]int{}, map[string]string{}
	seen := map[string]bool{}
	for _, check := range checks {
		if number[check.Kind] == 0 {
			reason[check.Kind] = check.Reason
		}
		number[check.Kind]++
		seen[check.Kind] = seen[check.Kind] || check.Verdict != verification.Unknown || check.Reason != reason[check.Kind]
	}
	maps.DeleteFunc(number, func(kind string, _ int) bool { return seen[kind] })
	return number
}
