package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/graph"
)

type graphCommand struct {
	Template    string `help:"The template." default:"template.yaml"`
	Environment string `help:"The environment that the template is read for." default:"development" enum:"development,production"`
	Format      string `help:"text for people, mermaid for pictures, json for programs." default:"text" enum:"text,mermaid,json"`
	JSON        bool   `help:"The same as --format json." name:"json"`
}

// Help is shown with the command's flags.
func (*graphCommand) Help() string {
	return `Who publishes what, which rule matches it, which function gets it, and what follows: computed from the template and from
what the functions declare. Needs no local cloud. It proves that no loop is possible, and looks for what makes no noise:
facts that nobody consumes or publishes, rules that can match nothing, patterns that name a key twice, functions that get
facts they have no handler for, handlers that nothing brings to work. Exit code 1 if there is any of these.

Examples:
  bayon graph                                     for people
  bayon graph --format mermaid > graph.mmd        a picture, as GitHub shows it
  bayon graph --json | jq '.problems[].problem'   what is wrong`
}

func (c *graphCommand) Run() error {
	computed, err := graph.OfProject(c.Template, map[string]string{"Environment": c.Environment})
	if errors.Is(err, fs.ErrNotExist) {
		return &usageError{err.Error()}
	}
	if err != nil {
		return err
	}
	switch {
	case c.JSON || c.Format == "json":
		err = printJSON(computed)
	case c.Format == "mermaid":
		err = computed.Mermaid(os.Stdout)
		for _, problem := range computed.Problems {
			fmt.Fprintln(os.Stderr, "wrong:", problem.Text)
		}
	default:
		err = computed.Text(os.Stdout)
	}
	if err != nil {
		return err
	}
	if found := len(computed.Problems); found > 0 {
		return fmt.Errorf("%s: %d things are wrong", c.Template, found)
	}
	return nil
}
