package expression

import (
	"cmp"
	"slices"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/dynamo/attribute"
)

// Projection selects parts of items.
type Projection struct {
	paths []Path
	root  selection
}

// ParseProjection parses a ProjectionExpression.
func ParseProjection(text string, placeholders *Placeholders) (*Projection, error) {
	const kind = "ProjectionExpression"
	p, err := newParser(text, placeholders)
	if err != nil {
		return nil, invalid(kind, err)
	}
	var paths []Path
	err = p.list(func() error {
		path, err := p.path()
		paths = append(paths, path)
		return err
	})
	if err == nil {
		p.checkPaths(paths)
		err = p.end()
	}
	if err != nil {
		return nil, invalid(kind, err)
	}
	return newProjection(paths), nil
}

func newProjection(paths []Path) *Projection {
	projection := &Projection{paths: paths}
	for _, path := range paths {
		projection.root.add(path)
	}
	return projection
}

// Paths returns the paths that are selected.
func (p *Projection) Paths() []Path {
	if p == nil {
		return nil
	}
	return p.paths
}

// Apply returns the selected parts of an item, in the places that they have in it; the elements of a list close ranks.
// A nil Projection selects everything.
func (p *Projection) Apply(item attribute.Map) attribute.Map {
	if p == nil {
		return item
	}
	selected, _ := p.root.apply(attribute.Value{Type: attribute.MapType, Map: item})
	return selected.Map
}

// selection is a tree of the steps of several paths. One without branches selects all that is there.
type selection struct {
	branches []branch
}

type branch struct {
	step      Step
	selection selection
}

func (s *selection) add(path Path) {
	if len(path) == 0 {
		return
	}
	i := slices.IndexFunc(s.branches, func(b branch) bool { return b.step == path[0] })
	if i < 0 {
		i, _ = slices.BinarySearchFunc(s.branches, path[0], func(b branch, step Step) int { return compareSteps(b.step, step) })
		s.branches = slices.Insert(s.branches, i, branch{step: path[0]})
	}
	s.branches[i].selection.add(path[1:])
}

func compareSteps(a, b Step) int {
	return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Index, b.Index))
}

func (s *selection) apply(value attribute.Value) (attribute.Value, bool) {
	if len(s.branches) == 0 {
		return value, true
	}
	selected := attribute.Value{Type: value.Type}
	for i := range s.branches {
		branch := &s.branches[i]
		part, found := branch.step.find(value)
		if !found {
			continue
		}
		if part, found = branch.selection.apply(part); !found {
			continue
		}
		if branch.step.IsIndex {
			selected.List = append(selected.List, part)
		} else {
			selected.Map = append(selected.Map, attribute.Member{Name: branch.step.Name, Value: part})
		}
	}
	return selected, len(selected.List)+len(selected.Map) > 0
}
