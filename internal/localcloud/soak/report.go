package soak

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
)

// Row is what became of one kind of effect.
type Row struct {
	Kind     string
	Expected int            // effects, each of another fact
	Found    int            // of these, that are there
	Twice    int            // that are there once more, or without a reason
	Lost     int            // that are not there, and nothing says why
	Queued   int            // that are not there, and something says why:
	Why      map[string]int // in words, how often
	Examples []string       // of what is wrong
}

// mostExamples is how many examples a row keeps.
const mostExamples = 5

func newRow(kind string) *Row { return &Row{Kind: kind, Why: map[string]int{}} }

// found counts an effect that is there so many times.
func (r *Row) found(times int, what string) {
	r.Expected++
	r.Found++
	if times > 1 {
		r.twice(times-1, what)
	}
}

func (r *Row) twice(times int, what string) {
	r.Twice += times
	r.example("twice: " + what)
}

// missing counts an effect that is not there; why is empty if nothing says so.
func (r *Row) missing(why, what string) {
	r.Expected++
	if why == "" {
		r.Lost++
		r.example("lost: " + what)
		return
	}
	r.Queued++
	r.Why[why]++
}

func (r *Row) example(what string) {
	if len(r.Examples) < mostExamples {
		r.Examples = append(r.Examples, what)
	}
}

// Report is what the checker found.
type Report struct {
	WentIn map[string]int // events by detail type
	Rows   []Row
}

// Well tells whether nothing is lost and nothing is there twice.
func (r Report) Well() bool {
	return !slices.ContainsFunc(r.Rows, func(row Row) bool { return row.Lost > 0 || row.Twice > 0 })
}

// Write prints the report as a table.
func (r Report) Write(to io.Writer) error {
	total := 0
	fmt.Fprintln(to, "Went in:")
	table := tabwriter.NewWriter(to, 0, 0, 2, ' ', tabwriter.AlignRight)
	for _, kind := range slices.Sorted(maps.Keys(r.WentIn)) {
		fmt.Fprintf(table, "%d\t  %s\t\n", r.WentIn[kind], kind)
		total += r.WentIn[kind]
	}
	fmt.Fprintf(table, "%d\t  in all\t\n", total)
	if err := table.Flush(); err != nil {
		return fmt.Errorf("print the report: %w", err)
	}
	table = tabwriter.NewWriter(to, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "\nEffect\texpected\tfound\ttwice\tlost\tsaid why not\t")
	for _, row := range r.Rows {
		fmt.Fprintf(table, "%s\t%d\t%d\t%d\t%d\t%d\t%s\n", row.Kind, row.Expected, row.Found, row.Twice, row.Lost, row.Queued, reasons(row.Why))
	}
	if err := table.Flush(); err != nil {
		return fmt.Errorf("print the report: %w", err)
	}
	for _, row := range r.Rows {
		for _, example := range row.Examples {
			fmt.Fprintf(to, "%s: %s\n", row.Kind, example)
		}
	}
	return nil
}

func reasons(why map[string]int) string {
	var words []string
	for _, reason := range slices.Sorted(maps.Keys(why)) {
		words = append(words, text("%d %s", why[reason], reason))
	}
	return strings.Join(words, "; ")
}
