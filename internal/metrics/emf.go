package metrics

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
)

// namespace is where CloudWatch shows the metrics.
const namespace = "BayonCoAgent/Events"

// Emitter writes metrics in the embedded metric format.
type Emitter struct {
	Function    string // such as price-reduction
	Environment string
	Output      io.Writer // one line a Write
}

// Report is what one invocation tells CloudWatch.
type Report struct {
	At        time.Time
	RequestID string        // a property, no dimension: each value of a dimension is a metric of its own
	Counts    map[Count]int // at most 90
	Age       time.Duration // of the event when its handling began; 0 is not told
	Duration  time.Duration // of the handling
}

type directive struct {
	Namespace  string       `json:"Namespace"`
	Dimensions [][]string   `json:"Dimensions"`
	Metrics    []definition `json:"Metrics"`
}

type definition struct {
	Name string `json:"Name"`
	Unit string `json:"Unit"`
}

// Emit writes one line.
func (e Emitter) Emit(report Report) error {
	line := map[string]any{
		"function":    e.Function,
		"environment": e.Environment,
		"requestId":   report.RequestID,
	}
	var definitions []definition
	tell := func(name, unit string, value any) {
		definitions = append(definitions, definition{Name: name, Unit: unit})
		line[name] = value
	}
	for count, number := range report.Counts {
		tell(string(count), "Count", number)
	}
	slices.SortFunc(definitions, func(a, b definition) int { return strings.Compare(a.Name, b.Name) })
	tell("Duration", "Milliseconds", milliseconds(report.Duration))
	if report.Age > 0 {
		tell("EventAge", "Milliseconds", milliseconds(report.Age))
	}
	line["_aws"] = map[string]any{
		"Timestamp": report.At.UnixMilli(),
		"CloudWatchMetrics": []directive{{
			Namespace:  namespace,
			Dimensions: [][]string{{"function", "environment"}},
			Metrics:    definitions,
		}},
	}
	encoded, err := json.Marshal(line)
	if err != nil {
		return fmt.Errorf("encode the metrics: %w", err)
	}
	_, err = e.Output.Write(append(encoded, '\n'))
	return err
}

func milliseconds(duration time.Duration) float64 {
	return float64(duration.Microseconds()) / 1000
}
