package bus

import (
	"errors"
	"strconv"
	"strings"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/pattern/scan"
)

// path leads to a part of an event, such as $.detail.items[0].price.
type path struct {
	text  string
	steps []step
}

// step is the name of a member, or the index of an element.
type step struct {
	name  string
	index int
	named bool
}

var errPath = errors.New("it must be a path such as $.detail.name or $.resources[0]")

func parsePath(text string) (*path, error) {
	rest, found := strings.CutPrefix(text, "$")
	if !found {
		return nil, errPath
	}
	p := &path{text: text}
	for rest != "" {
		switch {
		case rest[0] == '.':
			end := strings.IndexAny(rest[1:], ".[")
			if end < 0 {
				end = len(rest) - 1
			}
			if end == 0 {
				return nil, errPath
			}
			p.steps = append(p.steps, step{name: rest[1 : end+1], named: true})
			rest = rest[end+1:]
		case strings.HasPrefix(rest, "['"):
			name, after, found := strings.Cut(rest[2:], "']")
			if !found {
				return nil, errPath
			}
			p.steps, rest = append(p.steps, step{name: name, named: true}), after
		default:
			digits, after, found := strings.Cut(rest[1:], "]")
			index, err := strconv.ParseUint(digits, 10, 31)
			if rest[0] != '[' || !found || err != nil {
				return nil, errPath
			}
			p.steps, rest = append(p.steps, step{index: int(index)}), after
		}
	}
	for _, step := range p.steps {
		if strings.ContainsAny(step.name, "*?@()") {
			return nil, errPath
		}
	}
	return p, nil
}

// in returns the value at the path of a well-formed event.
func (p *path) in(event string) (value []byte, found bool) {
	value = []byte(event)
	for _, step := range p.steps {
		if value, found = step.in(value); !found {
			return nil, false
		}
	}
	return value, true
}

func (s step) in(parent []byte) (child []byte, found bool) {
	if s.named {
		if parent[0] != '{' {
			return nil, false
		}
		token := string(scan.AppendString(nil, s.name))
		members(parent, 0, scan.Value, func(name, value []byte) {
			if string(name) == token || string(scan.AppendText(nil, name)) == s.name {
				child, found = value, true
			}
		})
		return child, found
	}
	if parent[0] != '[' {
		return nil, false
	}
	i := scan.Space(parent, 1)
	for index := 0; parent[i] != ']'; index++ {
		if parent[i] == ',' {
			i = scan.Space(parent, i+1)
		}
		end := scan.Value(parent, i)
		if index == s.index {
			return parent[i:end], true
		}
		i = scan.Space(parent, end)
	}
	return nil, false
}
