package pattern

import "encoding/binary"

// passes tells whether one value of each field can be chosen so that all checks pass, and no two of the values stand in
// different elements of the same array.
func (e *event) passes(checks []check) bool {
	uncertain := 0
	for _, check := range checks {
		always, perhaps := e.prospect(check)
		switch {
		case always:
		case !perhaps:
			return false
		case check.tests.absent:
			uncertain += 2 // whether the field is absent depends on the other choices
		default:
			uncertain++
		}
	}
	return uncertain < 2 || newChoice(e, checks).from(0)
}

// prospect tells what a check comes to when it is looked at alone: whether it passes whatever values the other fields are
// given, or else whether it may pass.
func (e *event) prospect(c check) (always, perhaps bool) {
	perhaps = c.tests.absent
	if perhaps && e.first[c.field] == none {
		return true, true
	}
	for i := e.first[c.field]; i != none; i = e.values[i].next {
		if !c.tests.passes(&e.values[i].value) {
			continue
		}
		if e.values[i].scope == 0 {
			return true, true
		}
		perhaps = true
	}
	return false, perhaps
}

// choice searches for the values, check by check. A field counts as absent if all its values stand in other elements than
// those chosen for the fields before it; EventBridge goes through the fields in the order of their paths.
type choice struct {
	*event
	checks []check
	last   []int // by array: the last check with a value in one of its elements, or none
	chosen []int // by array: the chosen element's index, or none
	trail  []int // the arrays with a chosen element
	dead   map[string]bool
}

func newChoice(e *event, checks []check) *choice {
	c := &choice{event: e, checks: checks, last: make([]int, e.arrays), chosen: make([]int, e.arrays), dead: make(map[string]bool)}
	for array := range e.arrays {
		c.last[array], c.chosen[array] = none, none
	}
	for n, check := range checks {
		for i := e.first[check.field]; i != none; i = e.values[i].next {
			for in := e.values[i].scope; in != 0; in = e.scopes[in].parent {
				c.last[e.scopes[in].array] = n
			}
		}
	}
	return c
}

// from tells whether values can be chosen for the checks from n on.
func (c *choice) from(n int) bool {
	if n == len(c.checks) {
		return true
	}
	state := c.state(n)
	if c.dead[state] {
		return false
	}
	check := c.checks[n]
	absent := true
	for i := c.first[check.field]; i != none; i = c.values[i].next {
		before := len(c.trail)
		if c.enter(c.values[i].scope) {
			absent = false
			if check.tests.passes(&c.values[i].value) && c.from(n+1) {
				return true
			}
		}
		c.leave(before)
	}
	if check.tests.absent && absent && c.from(n+1) {
		return true
	}
	c.dead[state] = true
	return false
}

// enter chooses the array elements that a scope stands in, unless others are chosen already.
func (c *choice) enter(in int) bool {
	for ; in != 0; in = c.scopes[in].parent {
		scope := c.scopes[in]
		switch c.chosen[scope.array] {
		case none:
			c.chosen[scope.array] = scope.index
			c.trail = append(c.trail, scope.array)
		case scope.index:
		default:
			return false
		}
	}
	return true
}

func (c *choice) leave(before int) {
	for _, array := range c.trail[before:] {
		c.chosen[array] = none
	}
	c.trail = c.trail[:before]
}

// state is what the checks from n on depend on: a search that failed from it once fails from it always.
func (c *choice) state(n int) string {
	key := binary.AppendUvarint(nil, uint64(n))
	for _, array := range c.trail {
		if c.last[array] >= n {
			key = binary.AppendUvarint(key, uint64(array))
			key = binary.AppendUvarint(key, uint64(c.chosen[array]))
		}
	}
	return string(key)
}
