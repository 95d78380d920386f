package benchmark

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strconv"
	"text/tabwriter"
	"time"
)

// Figure is one thing measured.
type Figure struct {
	Name     string
	Value    float64
	Unit     string
	Baseline *Baseline // nil where there is nothing to compare with
	Aim      *Aim      // nil where nothing is aimed for
}

// Baseline is what the same run measured of the least that could do the job, in the figure's unit.
type Baseline struct {
	Value float64
	Of    string // what was measured, in words
}

// Aim is what a figure, or its ratio to the baseline, should be.
type Aim struct {
	limit   float64
	atLeast bool
	ratio   bool
}

func atMost(limit float64) *Aim      { return &Aim{limit: limit} }
func atLeast(limit float64) *Aim     { return &Aim{limit: limit, atLeast: true} }
func atMostTimes(limit float64) *Aim { return &Aim{limit: limit, ratio: true} }

// String is such as "≤ 2 ×" for a ratio and "≥ 40,000" for a value.
func (a Aim) String() string {
	text := "≤ "
	if a.atLeast {
		text = "≥ "
	}
	text += number(a.limit)
	if a.ratio {
		text += " ×"
	}
	return text
}

// Ratio is the value in units of the baseline, where there is one.
func (f Figure) Ratio() (ratio float64, known bool) {
	if f.Baseline == nil || f.Baseline.Value == 0 {
		return 0, false
	}
	return f.Value / f.Baseline.Value, true
}

// Met tells whether the aim is reached, where there is one.
func (f Figure) Met() (met, known bool) {
	if f.Aim == nil {
		return false, false
	}
	value := f.Value
	if f.Aim.ratio {
		if value, known = f.Ratio(); !known {
			return false, false
		}
	}
	if f.Aim.atLeast {
		return value >= f.Aim.limit, true
	}
	return value <= f.Aim.limit, true
}

// MarshalJSON writes the figure with what follows from it; parts that are not known are left out.
func (f Figure) MarshalJSON() ([]byte, error) {
	row := struct {
		Name       string   `json:"name"`
		Value      float64  `json:"value"`
		Unit       string   `json:"unit"`
		Baseline   *float64 `json:"baseline,omitempty"`
		BaselineOf string   `json:"baselineOf,omitempty"`
		Ratio      *float64 `json:"ratio,omitempty"`
		Aim        string   `json:"aim,omitempty"`
		Met        *bool    `json:"met,omitempty"`
	}{Name: f.Name, Value: f.Value, Unit: f.Unit}
	if f.Baseline != nil {
		row.Baseline, row.BaselineOf = &f.Baseline.Value, f.Baseline.Of
	}
	if ratio, known := f.Ratio(); known {
		row.Ratio = &ratio
	}
	if f.Aim != nil {
		row.Aim = f.Aim.String()
	}
	if met, known := f.Met(); known {
		row.Met = &met
	}
	return json.Marshal(row)
}

// WriteTable writes the figures for people, and below them what their baselines are.
func WriteTable(output io.Writer, figures []Figure) error {
	table := tabwriter.NewWriter(output, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "MEASURED\tVALUE\tBASELINE\tRATIO\tAIM\tMET")
	var baselines []string
	for _, figure := range figures {
		baseline, ratio, aim, met := "", "", "", ""
		if figure.Baseline != nil {
			baseline = number(figure.Baseline.Value)
			if !slices.Contains(baselines, figure.Baseline.Of) {
				baselines = append(baselines, figure.Baseline.Of)
			}
			baseline += fmt.Sprintf(" [%d]", slices.Index(baselines, figure.Baseline.Of)+1)
		}
		if times, known := figure.Ratio(); known {
			ratio = number(times) + " ×"
		}
		if figure.Aim != nil {
			aim = figure.Aim.String()
		}
		if reached, known := figure.Met(); known {
			met = map[bool]string{true: "yes", false: "NO"}[reached]
		}
		fmt.Fprintf(table, "%s\t%s %s\t%s\t%s\t%s\t%s\n", figure.Name, number(figure.Value), figure.Unit, baseline, ratio, aim, met)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	for i, of := range baselines {
		if _, err := fmt.Fprintf(output, "[%d] %s\n", i+1, of); err != nil {
			return err
		}
	}
	return nil
}

// number writes three digits that matter, and large numbers whole, with commas.
func number(value float64) string {
	const whole = 100
	if value < whole {
		return strconv.FormatFloat(value, 'g', 3, 64)
	}
	digits := strconv.FormatFloat(value, 'f', 0, 64)
	for place := len(digits) - 3; place > 0; place -= 3 {
		digits = digits[:place] + "," + digits[place:]
	}
	return digits
}

// median is the middle of values, the greater of the two middle ones where there are two. There must be one value.
func median[V cmp.Ordered](values []V) V { return quantile(values, 0.5) }

// quantile is the value that the given part of values, below 1, is smaller than.
func quantile[V cmp.Ordered](values []V, part float64) V {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[int(part*float64(len(sorted)))]
}

func milliseconds(duration time.Duration) float64 {
	return float64(duration) / float64(time.Millisecond)
}

// perSecond is how many of count things there were in a second.
func perSecond(count int, duration time.Duration) float64 { return float64(count) / duration.Seconds() }

func megabytes(kilobytes int) float64 { return float64(kilobytes) / 1024 }
