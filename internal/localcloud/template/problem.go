package template

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Problem is one thing in a template that AWS would refuse or that the local cloud cannot read.
type Problem struct {
	File     string // the template's name as given to Read
	Line     int    // from 1
	Resource string // logical id, or the section when no resource is concerned; may be empty
	Property string // path below the resource, such as Targets[0].Arn; may be empty
	Text     string // what is wrong
}

// String gives file, line, logical id, property and text, separated by colons.
func (p Problem) String() string {
	parts := []string{fmt.Sprintf("%s:%d", p.File, p.Line)}
	for _, part := range []string{p.Resource, p.Property, p.Text} {
		if part != "" {
			parts = append(parts, part)
		}
	}
	return strings.Join(parts, ": ")
}

// ReadError is the error of Read: all problems of one template, in the order of their lines.
type ReadError struct {
	Problems []Problem
}

// Error gives one problem a line.
func (e *ReadError) Error() string {
	lines := make([]string, len(e.Problems))
	for i, problem := range e.Problems {
		lines[i] = problem.String()
	}
	return strings.Join(lines, "\n")
}

// place is where in the template a value stands, for problems.
type place struct {
	resource string
	property string
}

func (p place) field(name string) place {
	if p.property != "" {
		name = p.property + "." + name
	}
	return place{p.resource, name}
}

func (p place) item(index int) place {
	return place{p.resource, fmt.Sprintf("%s[%d]", p.property, index)}
}

// report keeps a problem. A value may be looked at more than once, so the same problem counts once.
func (r *reader) report(at place, line int, format string, args ...any) {
	problem := Problem{File: r.file, Line: line, Resource: at.resource, Property: at.property, Text: fmt.Sprintf(format, args...)}
	if !slices.Contains(r.problems, problem) {
		r.problems = append(r.problems, problem)
	}
}

// err returns the problems in the order of their lines, or nil when there are none.
func (r *reader) err() error {
	if len(r.problems) == 0 {
		return nil
	}
	slices.SortStableFunc(r.problems, func(a, b Problem) int { return cmp.Compare(a.Line, b.Line) })
	return &ReadError{r.problems}
}
