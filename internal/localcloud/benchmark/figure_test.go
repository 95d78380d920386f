package benchmark_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/benchmark"
)

func TestRatio(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		baseline *benchmark.Baseline
		want     float64
		known    bool
	}{
		"of a baseline":        {&benchmark.Baseline{Value: 2}, 1.5, true},
		"without a baseline":   {nil, 0, false},
		"of a baseline of 0":   {&benchmark.Baseline{}, 0, false},
		"of a larger baseline": {&benchmark.Baseline{Value: 6}, 0.5, true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ratio, known := benchmark.Figure{Value: 3, Baseline: test.baseline}.Ratio()
			if ratio != test.want || known != test.known {
				t.Errorf("ratio %v, known %v", ratio, known)
			}
		})
	}
}

// figures are one of each kind.
func figures() []benchmark.Figure {
	baseline := &benchmark.Baseline{Value: 1.5, Of: "an empty one"}
	return []benchmark.Figure{
		{Name: "start", Value: 3, Unit: "ms", Baseline: baseline, Aim: benchmark.AtMostTimes(2)},
		{Name: "memory", Value: 3.0015, Unit: "MB", Baseline: baseline, Aim: benchmark.AtMostTimes(2)},
		{Name: "bus", Value: 39_999.6, Unit: "events/s", Baseline: &benchmark.Baseline{Value: 79_999.2, Of: "HTTP"}, Aim: benchmark.AtLeast(40_000)},
		{Name: "latency", Value: 1, Unit: "ms", Aim: benchmark.AtMost(1)},
		{Name: "drain", Value: 0.123456, Unit: "ms"},
	}
}

func TestMet(t *testing.T) {
	t.Parallel()
	want := map[string][2]bool{ // met, known
		"start": {true, true}, "memory": {false, true}, "bus": {false, true}, "latency": {true, true}, "drain": {false, false},
	}
	for _, figure := range figures() {
		if met, known := figure.Met(); [2]bool{met, known} != want[figure.Name] {
			t.Errorf("%s: met %v, known %v", figure.Name, met, known)
		}
	}
	if met, known := (benchmark.Figure{Aim: benchmark.AtMostTimes(2)}).Met(); met || known {
		t.Errorf("a ratio without a baseline: met %v, known %v", met, known)
	}
}

func TestTable(t *testing.T) {
	t.Parallel()
	var got strings.Builder
	if err := benchmark.WriteTable(&got, figures()); err != nil {
		t.Fatal(err)
	}
	want := `
MEASURED  VALUE            BASELINE    RATIO  AIM       MET
start     3 ms             1.5 [1]     2 ×    ≤ 2 ×     yes
memory    3 MB             1.5 [1]     2 ×    ≤ 2 ×     NO
bus       40,000 events/s  79,999 [2]  0.5 ×  ≥ 40,000  NO
latency   1 ms                                ≤ 1       yes
drain     0.123 ms
[1] an empty one
[2] HTTP
`
	if diff := cmp.Diff(strings.TrimPrefix(want, "\n"), trimmed(got.String())); diff != "" {
		t.Error(diff)
	}
}

// trimmed is text without spaces at the ends of its lines.
func trimmed(text string) string {
	var lines strings.Builder
	for line := range strings.Lines(text) {
		lines.WriteString(strings.TrimRight(line, " \n") + "\n")
	}
	return lines.String()
}

func TestJSON(t *testing.T) {
	t.Parallel()
	got, err := json.Marshal(figures()[2:])
	if err != nil {
		t.Fatal(err)
	}
	want := `[{"name":"bus","value":39999.6,"unit":"events/s","baseline":79999.2,"baselineOf":"HTTP","ratio":0.5,"aim":"≥ 40,000","met":false},` +
		`{"name":"latency","value":1,"unit":"ms","aim":"≤ 1","met":true},` +
		`{"name":"drain","value":0.123456,"unit":"ms"}]`
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Error(diff)
	}
}

func TestQuantile(t *testing.T) {
	t.Parallel()
	tests := []struct {
		values []int
		part   float64
		want   int
	}{
		{[]int{7}, 0.5, 7},
		{[]int{3, 1, 2}, 0.5, 2},
		{[]int{4, 1, 3, 2}, 0.5, 3},
		{[]int{7}, 0.99, 7},
		{[]int{5, 4, 3, 2, 1}, 0, 1},
		{[]int{5, 4, 3, 2, 1}, 0.99, 5},
	}
	for _, test := range tests {
		given := append([]int(nil), test.values...)
		if got := benchmark.Quantile(test.values, test.part); got != test.want {
			t.Errorf("quantile %v of %v: %d", test.part, test.values, got)
		}
		if diff := cmp.Diff(given, test.values); diff != "" {
			t.Errorf("the values were changed: %s", diff)
		}
	}
}
