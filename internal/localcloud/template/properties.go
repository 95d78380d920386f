package template

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"
)

// properties reads the fields of one object. A field that nobody asks for before done is refused, so that nothing in a
// template is passed over in silence. Each method reports what is wrong and then returns its type's zero value.
type properties struct {
	r     *reader
	at    place
	line  int
	node  *node // resolved; nil when the object is absent
	known []string
}

// properties resolves an object and reads its fields.
func (r *reader) properties(n *node, at place) *properties {
	if n != nil {
		n = r.resolve(n, at)
	}
	return r.literalProperties(n, at)
}

// literalProperties reads the fields of an object that is resolved already, or where AWS knows no intrinsic functions.
func (r *reader) literalProperties(n *node, at place) *properties {
	p := &properties{r: r, at: at}
	if n == nil {
		return p
	}
	p.line = n.line
	if name, _, isCall := n.intrinsic(); isCall {
		r.report(at, n.line, "AWS evaluates no %s here", name)
		p.node = &node{line: n.line}
		return p
	}
	if n.kind != object {
		p.mismatch(at, n, "an object")
		p.node = &node{line: n.line}
		return p
	}
	p.node = n
	return p
}

// mismatch reports a value of the wrong type, but for those that a problem was reported for already.
func (p *properties) mismatch(at place, n *node, want string) {
	if n.kind != broken {
		p.r.report(at, n.line, "must be %s, not %s", want, n.kind)
	}
}

// take returns a field's value, or nil, and marks the field as known.
func (p *properties) take(name string) *node {
	p.known = append(p.known, name)
	return p.node.get(name)
}

// has tells whether the object has a field, whatever its value.
func (p *properties) has(name string) bool { return p.node.get(name) != nil }

// count tells how many of some fields the object has.
func (p *properties) count(names ...string) int {
	count := 0
	for _, name := range names {
		if p.has(name) {
			count++
		}
	}
	return count
}

// ignore marks fields that change nothing in the local cloud.
func (p *properties) ignore(names ...string) { p.known = append(p.known, names...) }

// refuse reports fields that AWS knows and the local cloud does not act on, with the reason.
func (p *properties) refuse(reason string, names ...string) {
	for _, name := range names {
		if n := p.take(name); n != nil {
			p.r.report(p.at.field(name), n.line, "%s", reason)
		}
	}
}

// done refuses all fields that were not asked for.
func (p *properties) done() {
	if p.node == nil {
		return
	}
	for _, f := range p.node.fields {
		if !slices.Contains(p.known, f.name) {
			p.r.report(p.at.field(f.name), f.line, "the local cloud does not know this property")
		}
	}
}

// require reports that a field is missing.
func (p *properties) require(name string) {
	if p.node == nil || p.node.kind != broken {
		p.r.report(p.at, max(p.line, 1), "%s is missing", name)
	}
}

// text reads a text; numbers and booleans count as texts, as in CloudFormation.
func (p *properties) text(name, fallback string) string {
	n := p.take(name)
	if n == nil {
		return fallback
	}
	if !n.scalar() {
		p.mismatch(p.at.field(name), n, "a text")
		return ""
	}
	return n.text
}

func (p *properties) requiredText(name string) string {
	if !p.has(name) {
		p.ignore(name)
		p.require(name)
		return ""
	}
	return p.text(name, "")
}

// choice reads one of some words. An empty fallback makes the field required.
func (p *properties) choice(name, fallback string, words ...string) string {
	if fallback == "" && !p.has(name) {
		p.ignore(name)
		p.require(name)
		return ""
	}
	word := p.text(name, fallback)
	if n := p.node.get(name); n != nil && n.scalar() && !slices.Contains(words, word) {
		p.r.report(p.at.field(name), n.line, "must be %s, not %q", oneOf(words), word)
		return ""
	}
	return word
}

func oneOf(words []string) string {
	if len(words) == 1 {
		return words[0]
	}
	return strings.Join(words[:len(words)-1], ", ") + " or " + words[len(words)-1]
}

// integer reads a whole number between two bounds; a text that is a number counts, as in CloudFormation.
func (p *properties) integer(name string, fallback, lowest, highest int) int {
	n := p.take(name)
	if n == nil {
		return fallback
	}
	value, err := strconv.Atoi(n.text)
	switch {
	case !n.scalar() || err != nil:
		p.mismatch(p.at.field(name), n, "a whole number")
	case value < lowest || value > highest:
		p.r.report(p.at.field(name), n.line, "must be between %d and %d, not %d", lowest, highest, value)
	default:
		return value
	}
	return 0
}

func (p *properties) seconds(name string, fallback, lowest, highest int) time.Duration {
	return time.Duration(p.integer(name, fallback, lowest, highest)) * time.Second
}

func (p *properties) boolean(name string, fallback bool) bool {
	n := p.take(name)
	if n == nil {
		return fallback
	}
	if !n.scalar() || n.text != "true" && n.text != "false" {
		p.mismatch(p.at.field(name), n, "a boolean")
		return false
	}
	return n.text == "true"
}

// moment reads an instant such as 2026-11-24T06:00:00Z.
func (p *properties) moment(name string) time.Time {
	n := p.take(name)
	if n == nil {
		return time.Time{}
	}
	at, err := time.Parse(time.RFC3339, n.text)
	if err != nil {
		p.mismatch(p.at.field(name), n, "an instant such as 2026-11-24T06:00:00Z")
	}
	return at
}

// list reads a list, or nothing when there is none.
func (p *properties) list(name string) []*node {
	n := p.take(name)
	if n == nil {
		return nil
	}
	if n.kind != list {
		p.mismatch(p.at.field(name), n, "a list")
		return nil
	}
	return n.items
}

// objects reads a list of objects.
func (p *properties) objects(name string) []*properties {
	var all []*properties
	for i, item := range p.list(name) {
		all = append(all, p.r.literalProperties(item, p.at.field(name).item(i)))
	}
	return all
}

func (p *properties) texts(name string) []string {
	var all []string
	for i, item := range p.list(name) {
		if !item.scalar() {
			p.mismatch(p.at.field(name).item(i), item, "a text")
			continue
		}
		all = append(all, item.text)
	}
	return all
}

// textOrTexts reads a text or a list of texts, as policy documents have them.
func (p *properties) textOrTexts(name string) []string {
	if n := p.node.get(name); n != nil && n.scalar() {
		return []string{p.text(name, "")}
	}
	return p.texts(name)
}

// object reads an object; an absent one reads as one without fields.
func (p *properties) object(name string) *properties {
	nested := p.r.literalProperties(p.take(name), p.at.field(name))
	nested.line = max(nested.line, p.line)
	return nested
}

// present tells whether the object itself is there.
func (p *properties) present() bool { return p.node != nil }

// jsonObject reads an object as the JSON that AWS gets, and where it stands; nil when there is none.
func (p *properties) jsonObject(name string) (json.RawMessage, int) {
	n := p.take(name)
	if n == nil {
		return nil, 0
	}
	if n.kind != object {
		p.mismatch(p.at.field(name), n, "an object")
		return nil, n.line
	}
	return n.json(), n.line
}

// arn reads the ARN of a resource of one of some services.
func (p *properties) arn(name string, services ...string) string {
	value := p.text(name, "")
	n := p.node.get(name)
	if n == nil || !n.scalar() {
		return ""
	}
	owners := make([]string, len(services))
	for i, service := range services {
		if strings.HasPrefix(value, "arn:aws:"+service+":") && strings.Count(value, ":") >= 5 {
			return value
		}
		owners[i] = map[string]string{"lambda": "a function", "sqs": "a queue", "events": "an event bus", "iam": "a role"}[service]
	}
	p.r.report(p.at.field(name), n.line, "must be the ARN of %s, not %q", oneOf(owners), value)
	return ""
}

func (p *properties) requiredARN(name string, services ...string) string {
	if !p.has(name) {
		p.ignore(name)
		p.require(name)
		return ""
	}
	return p.arn(name, services...)
}

// deadLetterARN reads a DeadLetterConfig.
func (p *properties) deadLetterARN() string {
	config := p.object("DeadLetterConfig")
	defer config.done()
	config.refuse("the local cloud reads Arn only: SAM's own queues get one policy each, and these overwrite each other",
		"Type", "QueueLogicalId")
	if !config.present() {
		return ""
	}
	return config.requiredARN("Arn", "sqs")
}

// retryPolicy reads the RetryPolicy of a rule's target or a schedule's, with AWS's defaults.
func (p *properties) retryPolicy() RetryPolicy {
	policy := p.object("RetryPolicy")
	defer policy.done()
	return RetryPolicy{
		MaximumRetryAttempts: policy.integer("MaximumRetryAttempts", 185, 0, 185),
		MaximumEventAge:      policy.seconds("MaximumEventAgeInSeconds", 86400, 60, 86400),
	}
}
