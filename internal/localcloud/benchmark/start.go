// Package benchmark measures what the project promises to be fast, each against a baseline of the same run, since machines
// differ.
package benchmark

import (
	"context"
	"slices"
	"time"
)

// Comparison is a measurement beside that of a baseline.
type Comparison struct {
	Name     string  `json:"name"`
	Value    float64 `json:"value"`
	Baseline float64 `json:"baseline"`
	Unit     string  `json:"unit"`
	Aim      float64 `json:"aim"` // for Ratio, at most
}

// Ratio is the value in units of the baseline.
func (c Comparison) Ratio() float64 { return c.Value / c.Baseline }

// The aims of start-up and memory, in units of an empty function.
const (
	startAim  = 2.0
	memoryAim = 1.7
)

// startRuns is how often each process is started, in turn with the other, after one start that is not counted.
const startRuns = 41

// Start compares how long a function and the baseline take from their start to their first poll.
func Start(ctx context.Context, function, baseline Process) (Comparison, error) {
	api, err := newRuntimeAPI(nil)
	if err != nil {
		return Comparison{}, err
	}
	defer api.close()
	starts := map[string][]time.Duration{}
	for run := range startRuns + 1 {
		for _, process := range []Process{function, baseline} {
			result, err := api.measure(ctx, process, 0)
			if err != nil {
				return Comparison{}, err
			}
			if run > 0 {
				starts[process.Name] = append(starts[process.Name], result.start)
			}
		}
	}
	return Comparison{
		Name:     "start to first poll",
		Value:    milliseconds(median(starts[function.Name])),
		Baseline: milliseconds(median(starts[baseline.Name])),
		Unit:     "ms",
		Aim:      startAim,
	}, nil
}

// memoryCalls is after how many invocations the memory is measured.
const memoryCalls = 2_000

// memoryRuns is how often it is measured; the median counts.
const memoryRuns = 3

// Memory compares the resident memory of a function and the baseline after they have handled an event many times.
func Memory(ctx context.Context, function, baseline Process, payload []byte) (Comparison, error) {
	api, err := newRuntimeAPI(payload)
	if err != nil {
		return Comparison{}, err
	}
	defer api.close()
	resident := map[string][]int{}
	for range memoryRuns {
		for _, process := range []Process{function, baseline} {
			result, err := api.measure(ctx, process, memoryCalls)
			if err != nil {
				return Comparison{}, err
			}
			resident[process.Name] = append(resident[process.Name], result.resident)
		}
	}
	return Comparison{
		Name:     "resident memory after 2,000 calls",
		Value:    float64(median(resident[function.Name])) / 1024,
		Baseline: float64(median(resident[baseline.Name])) / 1024,
		Unit:     "MB",
		Aim:      memoryAim,
	}, nil
}

func median[N ~int | ~int64](values []N) N {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[len(sorted)/2]
}

func milliseconds(duration time.Duration) float64 { return float64(duration.Microseconds()) / 1000 }
