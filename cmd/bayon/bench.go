package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/benchmark"
)

type benchCommand struct {
	Function []string `help:"Measure only these functions, by the names of their folders; all where none is named."`
	Only     []string `help:"Measure only these: start, memory, ready, bus, lambda, latency, sync." enum:"start,memory,ready,bus,lambda,latency,sync"`
	Full     bool     `help:"Sync a million listings, too, which takes minutes for each function."`
	JSON     bool     `help:"Print the figures as JSON, for programs." name:"json"`
	Template string   `help:"The SAM template, beside the Makefile that builds the functions." default:"template.yaml" type:"path"`
}

// Help is shown with --help.
func (*benchCommand) Help() string {
	return `Each figure stands beside a baseline of the same run, since machines differ. It measures and does not judge: the
exit code is 0 even where an aim is missed. What is measured how: docs/performance.md.

Examples:
  bayon bench                                            everything, in some ten minutes
  bayon bench --only start,memory                        the functions alone
  bayon bench --only sync --function trend-detector --full   syncs of up to a million listings
  bayon bench --json > figures.json                      for programs`
}

// Run needs no running local cloud: it starts those that it measures.
func (c *benchCommand) Run(ctx context.Context) error {
	for _, name := range c.Function {
		if known := benchmark.Functions(); !slices.Contains(known, name) {
			return &usageError{"--function must be one of " + strings.Join(known, ", ")}
		}
	}
	effort := benchmark.Usual()
	if c.Full {
		effort = benchmark.Full()
	}
	figures, err := benchmark.Run(ctx, benchmark.Config{
		Template:  c.Template,
		Only:      c.Only,
		Functions: c.Function,
		Effort:    effort,
		Progress:  func(what string) { fmt.Fprintln(os.Stderr, what) },
	})
	if err != nil {
		return err
	}
	if c.JSON {
		encoder := json.NewEncoder(os.Stdout)
		encoder.SetIndent("", "  ")
		return encoder.Encode(struct {
			Go      string             `json:"go"`
			System  string             `json:"system"`
			Cores   int                `json:"cores"`
			Figures []benchmark.Figure `json:"figures"`
		}{runtime.Version(), runtime.GOOS + "/" + runtime.GOARCH, runtime.NumCPU(), figures})
	}
	fmt.Printf("%s, %s/%s, %d cores\n\n", runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.NumCPU())
	return benchmark.WriteTable(os.Stdout, figures)
}
