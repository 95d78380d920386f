package bus

import (
	"bytes"
	"strings"
	"time"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/pattern/scan"
)

// template is the InputTemplate of an InputTransformer: text with placeholders. One that begins with a quote is plain
// text, in which objects and arrays stand without their quotes; any other must come out as JSON.
type template struct {
	parts []part
	plain bool
	rule  ruleID
}

// part is literal text, or a placeholder for the value at a path or for a variable of EventBridge's own.
type part struct {
	literal  string
	path     *path
	variable string
	quoted   bool // it stands between quotes
}

func parseTemplate(transformer *InputTransformer, targetID string, rule ruleID) (*template, error) {
	const maxPaths = 100
	switch {
	case transformer.InputTemplate == "":
		return nil, invalid("InputTemplate for target %s is missing.", targetID)
	case len(transformer.InputPathsMap) > maxPaths:
		return nil, tooMany()
	}
	paths := make(map[string]*path, len(transformer.InputPathsMap))
	for name, text := range transformer.InputPathsMap {
		parsed, err := parsePath(text)
		if err != nil {
			return nil, invalid("InputPathsMap for target %s has an invalid path for %s: %v.", targetID, name, err)
		}
		paths[name] = parsed
	}
	t := &template{plain: strings.HasPrefix(strings.TrimSpace(transformer.InputTemplate), `"`), rule: rule}
	rest, quoted := transformer.InputTemplate, false
	for {
		before, after, opened := strings.Cut(rest, "<")
		name, behind, closed := strings.Cut(after, ">")
		if !opened || !closed {
			t.parts = append(t.parts, part{literal: rest})
			return t, nil
		}
		for i := range len(before) {
			quoted = quoted != (before[i] == '"' && (i == 0 || before[i-1] != '\\'))
		}
		variable, _ := strings.CutPrefix(name, "aws.events.")
		if paths[name] == nil && (variable == name || !isVariable(variable)) {
			return nil, invalid("InputTemplate for target %s contains invalid placeholder %s.", targetID, name)
		}
		t.parts = append(t.parts, part{literal: before}, part{path: paths[name], variable: variable, quoted: quoted})
		rest = behind
	}
}

func isVariable(name string) bool {
	switch name {
	case "rule-arn", "rule-name", "event", "event.json", "event.ingestion-time":
		return true
	default:
		return false
	}
}

// fill puts the values of an event in. Its error is a *failure.
func (t *template) fill(d *delivery, mustBeJSON bool) (string, error) {
	var filled []byte
	for i := range t.parts {
		p := &t.parts[i]
		filled = append(filled, p.literal...)
		if p.path == nil && p.variable == "" {
			continue
		}
		value := t.value(p, d)
		switch {
		case value == nil && p.quoted:
		case value == nil:
			filled = append(filled, `""`...)
		case p.quoted && value[0] == '"':
			filled = append(filled, value[1:len(value)-1]...)
		case p.quoted && t.plain:
			filled = append(filled, bytes.ReplaceAll(value, []byte(`"`), nil)...)
		default:
			filled = append(filled, value...)
		}
	}
	if (mustBeJSON || !t.plain) && !scan.Whole(filled) {
		return "", &failure{code: invalidJSON, message: "The InputTemplate does not make JSON of this event."}
	}
	return string(filled), nil
}

// value returns the JSON that a placeholder stands for, or nil if the event has nothing there.
func (t *template) value(p *part, d *delivery) []byte {
	if p.path != nil {
		value, _ := p.path.in(d.event)
		return value
	}
	switch p.variable {
	case "rule-arn":
		return scan.AppendString(nil, t.rule.arn())
	case "rule-name":
		return scan.AppendString(nil, t.rule.name)
	case "event.ingestion-time":
		return scan.AppendString(nil, d.acceptedAt.UTC().Format(time.RFC3339))
	case "event.json":
		return []byte(d.event)
	default:
		return withoutDetail([]byte(d.event))
	}
}

// withoutDetail is the variable aws.events.event, in which AWS also spells detail-type differently.
func withoutDetail(event []byte) []byte {
	shortened := []byte{'{'}
	members(event, 0, scan.Value, func(name, value []byte) {
		switch string(name) {
		case `"detail"`:
			return
		case `"detail-type"`:
			name = []byte(`"detailType"`)
		}
		if len(shortened) > 1 {
			shortened = append(shortened, ',')
		}
		shortened = append(append(append(shortened, name...), ':'), value...)
	})
	return append(shortened, '}')
}
