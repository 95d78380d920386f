// Package pattern is EventBridge's event pattern language: it compiles patterns, and tells which of them let an event
// through. Verdicts and error messages are those of AWS.
//
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html
package pattern

import (
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/awsapi"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/pattern/scan"
)

// SizeLimit is how many characters a pattern may have unless the account's quota is raised; AWS raises it up to 4096.
const SizeLimit = 2048

// maxCombinations is how many alternatives the $or of a pattern may unfold to.
const maxCombinations = 1000

// Pattern is a compiled event pattern. It never changes and is safe for concurrent use.
type Pattern struct {
	alternatives []alternative
	wildcards    bool
	repeated     []string
	alone        *Set // of this pattern only, for events of any source and detail type
}

// alternative is a conjunction of conditions, ordered by path; a pattern without $or has one.
type alternative []condition

// condition asks that the field at a path passes one of the tests, or is absent where that is allowed.
type condition struct {
	path  string
	tests tests
}

// Compile reads a pattern of at most limit characters. Its errors are *awsapi.Error of code InvalidEventPatternException,
// in AWS's words.
func Compile(raw []byte, limit int) (*Pattern, error) {
	if utf8.RuneCount(raw) > limit {
		return nil, awsapi.Errorf(invalidPattern, "Event pattern is not valid. Reason: It has %d characters, and the limit is %d.",
			utf8.RuneCount(raw), limit)
	}
	c := compiler{reader: reader{text: raw}}
	if err := c.pattern(); err != nil {
		return nil, awsapi.Errorf(invalidPattern, "Event pattern is not valid. Reason: %s", err)
	}
	p := &Pattern{repeated: c.repeated}
	for _, fields := range c.rules {
		p.alternatives = append(p.alternatives, ordered(fields))
	}
	if p.wildcards = c.wildcards; p.wildcards && tooComplex(p.alternatives) {
		return nil, awsapi.Errorf(invalidPattern, "Event pattern is not valid. Reason: Rule is too complex - try using fewer "+
			"wildcard characters or fewer repeating character sequences after a wildcard character")
	}
	p.alone = newSingle(p.alternatives)
	return p, nil
}

const invalidPattern = "InvalidEventPatternException"

// HasWildcard tells whether the pattern uses the wildcard operator, of which a bus takes only so many rules.
func (p *Pattern) HasWildcard() bool { return p.wildcards }

// Matches tells whether the pattern lets an event through, which must be a well-formed JSON object.
func (p *Pattern) Matches(event []byte) bool {
	return len(p.alone.Match(nil, "", "", event)) > 0
}

func ordered(fields fields) alternative {
	conditions := make(alternative, 0, len(fields))
	for _, path := range slices.Sorted(maps.Keys(fields)) {
		conditions = append(conditions, condition{path: path, tests: fields[path]})
	}
	return conditions
}

// fields maps the path of a field, its keys joined by dots, to its tests. Of a path that a pattern names twice the last wins.
type fields map[string]tests

// compiler walks through a pattern's text once. The rules are the alternatives found so far: a field is added to all of
// them, an $or multiplies them by its branches.
type compiler struct {
	reader
	rules     []fields
	wildcards bool
	repeated  []string // paths that were named again
}

func (c *compiler) pattern() error {
	c.rules = []fields{{}}
	first, err := c.next()
	if err != nil {
		return err
	}
	if first != objectStart {
		return c.fail("Filter is not an object")
	}
	if err := c.object(nil, false); err != nil {
		return err
	}
	if c.offset = scan.Space(c.text, c.offset); c.offset < len(c.text) {
		return c.fail("Unexpected text after the pattern")
	}
	return nil
}

// object compiles the members of an object whose start has been read.
func (c *compiler) object(path []string, insideOr bool) error {
	for empty := true; ; empty = false {
		kind, err := c.next()
		switch {
		case err != nil:
			return err
		case kind == objectEnd && empty:
			return c.fail("Empty objects are not allowed")
		case kind == objectEnd:
			return nil
		}
		key := c.key
		if key == "$or" && c.startsOr() {
			if err := c.or(path); err != nil {
				return err
			}
			continue
		}
		if insideOr && isReserved(key) {
			return c.fail("%s is Ruler reserved fieldName which cannot be used inside $or.", key)
		}
		if err := c.member(append(path, key), insideOr); err != nil {
			return err
		}
	}
}

func (c *compiler) member(path []string, insideOr bool) error {
	kind, err := c.next()
	if err != nil {
		return err
	}
	switch kind {
	case objectStart:
		return c.object(path, insideOr)
	case arrayStart:
		tests, err := c.tests()
		if err != nil {
			return err
		}
		c.add(strings.Join(path, "."), tests)
		return nil
	default:
		return c.fail("\"%s\" must be an object or an array", path[len(path)-1])
	}
}

// add adds a field to the alternatives so far.
func (c *compiler) add(name string, tests tests) {
	for _, fields := range c.rules {
		if _, named := fields[name]; named && !slices.Contains(c.repeated, name) {
			c.repeated = append(c.repeated, name)
		}
		fields[name] = tests
	}
}

// or compiles the branches of an $or, whose key has been read: each branch goes on from the alternatives so far.
func (c *compiler) or(path []string) error {
	if _, err := c.next(); err != nil { // the array that startsOr has seen
		return err
	}
	before, after := c.rules, []fields(nil)
	for {
		kind, err := c.next()
		if err != nil {
			return err
		}
		if kind == arrayEnd {
			c.rules = after
			return nil
		}
		c.rules = make([]fields, len(before))
		for i := range before {
			c.rules[i] = maps.Clone(before[i])
		}
		if err := c.object(path, true); err != nil {
			return err
		}
		if after = append(after, c.rules...); len(after) > maxCombinations {
			return &invalid{reason: "The $or of the pattern unfolds to more than 1000 combinations."}
		}
	}
}

// startsOr tells whether the $or that was just read means alternatives: a list of two objects or more, none of which has
// an operator's name as a key. Any other $or is a field of that name.
func (c *compiler) startsOr() bool {
	if c.waiting != arrayStart {
		return false
	}
	ahead := reader{text: c.text, offset: c.offset, open: slices.Clone(c.open)}
	for branches := 0; ; branches++ {
		kind, err := ahead.next()
		switch {
		case err != nil:
			return true // reading on tells what is wrong
		case kind == arrayEnd:
			return branches >= 2
		case kind != objectStart || !ahead.namesOnlyFields():
			return false
		}
	}
}

// namesOnlyFields passes over the rest of the innermost object and tells whether none of its own keys is reserved.
func (r *reader) namesOnlyFields() bool {
	level := len(r.open)
	for len(r.open) >= level {
		kind, err := r.next()
		if err != nil {
			return true
		}
		if kind == fieldName && r.keyLevel() == level && isReserved(r.key) {
			return false
		}
	}
	return true
}

// keyLevel is how many containers the key that was read last stands in; the start of its value may be open already.
func (r *reader) keyLevel() int {
	if r.waiting == objectStart || r.waiting == arrayStart {
		return len(r.open) - 1
	}
	return len(r.open)
}

// isReserved tells whether a name cannot be a field's inside $or.
func isReserved(name string) bool {
	switch name {
	case "exactly", "equals-ignore-case", "prefix", "suffix", "anything-but", "exists", "wildcard", "numeric", "cidr",
		"=", "<", "<=", ">", ">=", "regex", "not-wildcard", "not-equals-ignore-case",
		"date-after", "date-on-or-after", "date-before", "date-on-or-before", "in-date-range",
		"ip-address-in-range", "ip-address-not-in-range":
		return true
	default:
		return false
	}
}
