// Package benchmark measures what the project promises to be fast, each beside a baseline of the same run, since machines
// differ. The functions are the real binaries, and the local cloud is a real one with a state on disk, though in the same
// process as the clients that load it.
package benchmark

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/template"
)

// Config says what is to be measured.
type Config struct {
	Template  string            // path of the project's SAM template, beside its Makefile
	Only      []string          // names of measurements; all where there is none
	Functions []string          // names of functions; all where there is none
	Effort    Effort            // how much of each
	Progress  func(what string) // is told what takes long
}

// Effort is how much is measured: more takes longer and is less at the mercy of chance.
type Effort struct {
	Starts        int   // of each process
	MemoryRuns    int   // of each process
	MemoryCalls   int   // in a run
	BusRuns       int   // of each load
	BusRequests   int   // in a run, of ten entries each
	LambdaRuns    int   // of each load
	LambdaEvents  int   // in a run
	LatencyEvents int   // one after the other
	ReadyRuns     int   // starts of the local cloud
	Listings      []int // the sizes of syncs, ascending
	ListingsInAll int   // of each size at least; small sizes are synced for several agents
}

// Usual is the effort of a run of some minutes.
func Usual() Effort {
	return Effort{
		Starts:        41,
		MemoryRuns:    3,
		MemoryCalls:   2_000,
		BusRuns:       5,
		BusRequests:   4_000,
		LambdaRuns:    5,
		LambdaEvents:  6_000,
		LatencyEvents: 1_000,
		ReadyRuns:     11,
		Listings:      []int{1_000, 10_000, 100_000},
		ListingsInAll: 10_000,
	}
}

// Full is the usual effort, and a sync over a million listings.
func Full() Effort {
	effort := Usual()
	effort.Listings = append(effort.Listings, 1_000_000)
	return effort
}

// measurement is a group of figures that can be asked for by name.
type measurement struct {
	name string
	run  func(*bench, context.Context) ([]Figure, error)
}

func measurements() []measurement {
	return []measurement{
		{"start", (*bench).start},
		{"memory", (*bench).memory},
		{"ready", (*bench).ready},
		{"bus", (*bench).bus},
		{"lambda", (*bench).lambda},
		{"latency", (*bench).latency},
		{"sync", (*bench).sync},
	}
}

// Run measures and returns the figures in a fixed order. The folders that it needs are gone afterwards.
func Run(ctx context.Context, config Config) (figures []Figure, err error) {
	folder, err := os.MkdirTemp("", "bayon-bench-")
	if err != nil {
		return nil, fmt.Errorf("make a folder to measure in: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	stack, err := readStack(config.Template)
	if err != nil {
		return nil, err
	}
	config.Progress("Building the functions …")
	built, err := build(ctx, filepath.Dir(config.Template), folder, stack.FunctionIDs())
	if err != nil {
		return nil, err
	}
	b := &bench{Config: config, folder: folder, stack: stack, built: built}
	for _, next := range measurements() {
		if len(config.Only) > 0 && !slices.Contains(config.Only, next.name) {
			continue
		}
		begun := time.Now()
		config.Progress("Measuring " + next.name + " …")
		measured, err := next.run(b, ctx)
		if err != nil {
			return nil, fmt.Errorf("measure %s: %w", next.name, err)
		}
		config.Progress(fmt.Sprintf("  done in %.1f s", time.Since(begun).Seconds()))
		figures = append(figures, measured...)
	}
	return figures, nil
}

// bench is one run of measurements.
type bench struct {
	Config

	folder string // for whatever a measurement leaves
	stack  *template.Stack
	built  bootstraps
}

// progress tells how far a measurement is.
func (b *bench) progress(format string, values ...any) {
	b.Progress("  " + fmt.Sprintf(format, values...))
}
