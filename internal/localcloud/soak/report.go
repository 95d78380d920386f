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
	Queued   int            // that are not there, and something says why
	Foreseen int            // of these, that the plan or a rule keeps away, whatever goes wrong
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

// missing counts an effect that is not there because something went wrong; why is empty if nothing says so.
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

// foreseen counts an effect that is not there, as was to be expected.
func (r *Row) foreseen(why, what string) {
	r.missing(why, what)
	r.Foreseen++
}

// Unforeseen is how many effects something kept away that went wrong, and said so.
func (r *Row) Unforeseen() int { return r.Queued - r.Foreseen }

// Most is how many effects may be kept away so: one in twenty, and five where there are few.
func (r *Row) Most() int {
	const few, oneIn = 5, 20
	return max(few, r.Expected/oneIn)
}

func (r *Row) well() bool { return r.Lost == 0 && r.Twice == 0 && r.Unforeseen() <= r.Most() }

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

// Well tells whether nothing is lost, nothing is there twice, and not too much failed, even if it said so.
func (r Report) Well() bool {
	return !slices.ContainsFunc(r.Rows, func(row Row) bool { return !row.well() })
}

// Complains tells whether the row of a kind of effect is not well.
func (r Report) Complains(kind string) bool {
	return slices.ContainsFunc(r.Rows, func(row Row) bool { return row.Kind == kind && !row.well() })
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
	fmt.Fprintln(table, "\nEffect\texpected\tfound\ttwice\tlost\tforeseen\tsaid why not\tat most\t")
	for _, row := range r.Rows {
		fmt.Fprintf(table, "%s\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%s\n",
			row.Kind, row.Expected, row.Found, row.Twice, row.Lost, row.Foreseen, row.Unforeseen(), row.Most(), reasons(row.Why))
	}
	if err := table.Flush(); err != nil {
		return fmt.Errorf("print the report: %w", err)
	}
	for _, row := range r.Rows {
		if row.Unforeseen() > row.Most() {
			fmt.Fprintf(to, "%s: %d failed, more than the %d that may\n", row.Kind, row.Unforeseen(), row.Most())
		}
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
