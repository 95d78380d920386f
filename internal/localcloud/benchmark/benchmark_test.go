package benchmark_test

import (
	"context"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/benchmark"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/platformtest"
)

// tiny is the least that every measurement works with.
func tiny() benchmark.Effort {
	return benchmark.Effort{
		Starts: 1, MemoryRuns: 1, MemoryCalls: 101, BusRuns: 1, BusRequests: 20, LambdaRuns: 1, LambdaEvents: 40,
		LatencyEvents: 5, ReadyRuns: 1, Listings: []int{100, 200}, ListingsInAll: 200,
	}
}

func TestEveryMeasurement(t *testing.T) {
	t.Parallel()
	template, err := filepath.Abs(platformtest.TemplatePath(t))
	if err != nil {
		t.Fatal(err)
	}
	told := 0
	measured, err := benchmark.Run(t.Context(), benchmark.Config{
		Template: template, Effort: tiny(), Progress: func(string) { told++ },
	})
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, figure := range measured {
		names = append(names, figure.Name)
		if figure.Value <= 0 || figure.Unit == "" {
			t.Errorf("%s is %v %q", figure.Name, figure.Value, figure.Unit)
		}
		if figure.Baseline != nil && figure.Baseline.Value <= 0 {
			t.Errorf("the baseline of %s is %v", figure.Name, figure.Baseline.Value)
		}
	}
	ofEach := func(functions []string, figures ...string) (names []string) {
		for _, function := range functions {
			for _, figure := range figures {
				names = append(names, function+": "+figure)
			}
		}
		return names
	}
	want := slices.Concat(
		ofEach(benchmark.Functions(), "start to first poll"), ofEach(benchmark.Functions(), "resident memory after 101 calls"),
		[]string{
			"local cloud ready",
			"accepted and archived, no rule matches", "accepted, five rules, one to a queue", "… until all are in the queue",
			"… from the last accepted to the last in the queue",
			"deliveries to a warm function", "publish to handler, median", "publish to handler, 99th percentile",
		},
		ofEach(benchmark.Watchers(),
			"sync of 100: first sight", "sync of 100: unchanged", "sync of 100: 1 % reduced", "sync of 100: peak memory",
			"sync of 200: first sight", "sync of 200: unchanged", "sync of 200: 1 % reduced", "sync of 200: peak memory"),
	)
	if diff := cmp.Diff(want, names); diff != "" {
		t.Errorf("figures: %s", diff)
	}
	if told < 7 {
		t.Errorf("progress was told %d times only", told)
	}
}

func TestOnlyWhatIsAskedFor(t *testing.T) {
	t.Parallel()
	measured, err := benchmark.Run(t.Context(), benchmark.Config{
		Template: platformtest.TemplatePath(t), Only: []string{"start"}, Functions: []string{"price-reduction"}, Effort: tiny(),
		Progress: func(string) {},
	})
	if err != nil || len(measured) != 1 || measured[0].Name != "price-reduction: start to first poll" {
		t.Errorf("%v, error %v", measured, err)
	}
}

func TestFailures(t *testing.T) {
	t.Parallel()
	run := func(ctx context.Context, template string) error {
		_, err := benchmark.Run(ctx, benchmark.Config{Template: template, Effort: tiny(), Progress: func(string) {}})
		return err
	}
	if err := run(t.Context(), filepath.Join(t.TempDir(), "template.yaml")); err == nil {
		t.Error("a folder without a Makefile builds")
	}
	ended, end := context.WithCancel(t.Context())
	end()
	if err := run(ended, platformtest.TemplatePath(t)); err == nil {
		t.Error("a run that was called off goes on")
	}
}
