package expression

import (
	"cmp"
	"slices"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/dynamo/attribute"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/dynamo/refusal"
)

// Update is a parsed UpdateExpression. A nil Update changes nothing.
type Update struct {
	sets    []assignment // in the order of their paths
	removes []Path       // in the reverse order of paths, so that a list's later elements go first
	adds    []combination
	deletes []combination
	read    []Path // of operands
	touched *Projection
}

type assignment struct {
	path  Path
	value updateOperand
}

// combination is a value that is added to, or deleted from, what is at a path.
type combination struct {
	path  Path
	value attribute.Value
}

// Paths returns the paths that the update changes, in the order in which they are written.
func (u *Update) Paths() []Path {
	if u == nil {
		return nil
	}
	return u.touched.Paths()
}

// ReadPaths returns the paths of the values that the update assigns.
func (u *Update) ReadPaths() []Path {
	if u == nil {
		return nil
	}
	return u.read
}

// Touched selects of an item what the update changes or has changed.
func (u *Update) Touched(item attribute.Map) attribute.Map {
	if u == nil {
		return nil
	}
	return u.touched.Apply(item)
}

// Assigned tells the type of a value that the update gives to an attribute whatever the item is.
func (u *Update) Assigned(name string) (attribute.Type, bool) {
	if u == nil {
		return 0, false
	}
	for _, set := range u.sets {
		if fixed, ok := set.value.(updateConstant); ok && len(set.path) == 1 && set.path[0].Name == name {
			return fixed.constant.Type, true
		}
	}
	for _, add := range u.adds {
		if len(add.path) == 1 && add.path[0].Name == name {
			return add.value.Type, true
		}
	}
	return 0, false
}

// Apply returns the item as the update leaves it; the item itself stays as it is. All operands are values of the item
// before the update.
func (u *Update) Apply(item attribute.Map) (attribute.Map, error) {
	if u == nil {
		return item, nil
	}
	old := attribute.Value{Type: attribute.MapType, Map: item}
	updated := old
	for _, set := range u.sets {
		value, err := set.value.evaluate(old)
		if err != nil {
			return nil, err
		}
		if updated, err = replace(updated, set.path, value); err != nil {
			return nil, err
		}
	}
	var err error
	for _, path := range u.removes {
		if updated, err = remove(updated, path); err != nil {
			return nil, err
		}
	}
	for _, add := range u.adds {
		if updated, err = add.add(updated); err != nil {
			return nil, err
		}
	}
	for _, deletion := range u.deletes {
		if updated, err = deletion.delete(updated); err != nil {
			return nil, err
		}
	}
	return updated.Map, nil
}

func invalidPath() error {
	return refusal.Validation("The document path provided in the update expression is invalid for update")
}

func incorrectType() error {
	return refusal.Validation("An operand in the update expression has an incorrect data type")
}

// replace returns a value in which another stands at a path. All but the last step must be there. An element beyond a
// list's end becomes its last.
func replace(container attribute.Value, path Path, value attribute.Value) (attribute.Value, error) {
	if len(path) == 0 {
		return value, nil
	}
	inner, found := path[0].find(container)
	if !found && len(path) > 1 || !path[0].fits(container) {
		return attribute.Value{}, invalidPath()
	}
	inner, err := replace(inner, path[1:], value)
	if err != nil {
		return attribute.Value{}, err
	}
	switch step := path[0]; {
	case !step.IsIndex:
		container.Map = container.Map.With(step.Name, inner)
	case found:
		container.List = slices.Clone(container.List)
		container.List[step.Index] = inner
	default:
		container.List = append(slices.Clip(container.List), inner)
	}
	return container, nil
}

// remove returns a value in which nothing stands at a path. All but the last step must be there.
func remove(container attribute.Value, path Path) (attribute.Value, error) {
	step := path[0]
	inner, found := step.find(container)
	switch {
	case !step.fits(container), !found && len(path) > 1:
		return attribute.Value{}, invalidPath()
	case !found:
		return container, nil
	case len(path) > 1:
		inner, err := remove(inner, path[1:])
		if err != nil {
			return attribute.Value{}, err
		}
		return replace(container, path[:1], inner)
	case step.IsIndex:
		container.List = slices.Delete(slices.Clone(container.List), step.Index, step.Index+1)
	default:
		container.Map = container.Map.Without(step.Name)
	}
	return container, nil
}

// fits tells whether a value is of the type that the step needs.
func (s Step) fits(container attribute.Value) bool {
	if s.IsIndex {
		return container.Type == attribute.List
	}
	return container.Type == attribute.MapType
}

func (c combination) add(item attribute.Value) (attribute.Value, error) {
	value := c.value
	if present, found := c.path.find(item); found {
		switch {
		case present.Type != value.Type:
			return attribute.Value{}, incorrectType()
		case value.Type == attribute.Number:
			var err error
			if value, err = present.Plus(value); err != nil {
				return attribute.Value{}, err
			}
		default:
			value = present.Union(value)
		}
	}
	return replace(item, c.path, value)
}

func (c combination) delete(item attribute.Value) (attribute.Value, error) {
	present, found := c.path.find(item)
	if !found {
		return remove(item, c.path)
	}
	if present.Type != c.value.Type {
		return attribute.Value{}, incorrectType()
	}
	left, some := present.Difference(c.value)
	if !some {
		return remove(item, c.path)
	}
	return replace(item, c.path, left)
}

// comparePaths orders paths step by step.
func comparePaths(a, b Path) int {
	for i := range min(len(a), len(b)) {
		if order := compareSteps(a[i], b[i]); order != 0 {
			return order
		}
	}
	return cmp.Compare(len(a), len(b))
}

// arrange puts the changes into the order in which they must be made.
func (u *Update) arrange() {
	slices.SortStableFunc(u.sets, func(a, b assignment) int { return comparePaths(a.path, b.path) })
	slices.SortStableFunc(u.removes, func(a, b Path) int { return comparePaths(b, a) })
}

// OnlyRemoves tells whether the update can take things away but never put any there.
func (u *Update) OnlyRemoves() bool { return u != nil && len(u.sets)+len(u.adds) == 0 }
