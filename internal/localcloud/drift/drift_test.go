package drift_test

import (
	"maps"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/drift"
)

func TestMerge(t *testing.T) {
	t.Parallel()
	none := drift.Settings{}
	one, two, three := drift.Settings{"a": "1"}, drift.Settings{"a": "2"}, drift.Settings{"a": "3"}
	tests := []struct {
		name                             string
		declared, declaredBefore, before drift.Settings
		want                             drift.Settings
	}{
		{"nothing was there", one, nil, nil, one},
		{"nothing has changed", one, one, one, one},
		{"the caller changed it", one, one, two, two},
		{"the caller removed it", one, one, none, none},
		{"the caller added it", none, none, two, two},
		{"the template changed it", two, one, one, two},
		{"the template removed it", none, one, one, none},
		{"the template added it", two, none, none, two},
		{"both changed it", three, one, two, three},
		{"both removed it", none, one, none, none},
		{"the template changed what the caller removed", two, one, none, two},
		{"the template removed what the caller changed", none, one, two, none},
		{"both added it", three, none, two, three},
		{
			"each has its own", drift.Settings{"a": "1", "b": "2"}, drift.Settings{"a": "1", "b": "1"},
			drift.Settings{"a": "9", "b": "1", "c": "3"}, drift.Settings{"a": "9", "b": "2", "c": "3"},
		},
	}
	for _, test := range tests {
		before := maps.Clone(test.before)
		if diff := cmp.Diff(test.want, drift.Merge(test.declared, test.declaredBefore, test.before)); diff != "" {
			t.Errorf("%s: %s", test.name, diff)
		}
		if !maps.Equal(before, test.before) {
			t.Errorf("%s: what was before has changed", test.name)
		}
	}
}

// TestMergeSettles merges again and again: only what the template changes makes a difference.
func TestMergeSettles(t *testing.T) {
	t.Parallel()
	settings := rapid.MapOfN(rapid.SampledFrom([]string{"a", "b", "c"}), rapid.SampledFrom([]string{"1", "2"}), 0, 3)
	rapid.Check(t, func(t *rapid.T) {
		declared, before := settings.Draw(t, "declared"), settings.Draw(t, "before")
		first := drift.Merge(declared, settings.Draw(t, "declaredBefore"), before)
		if diff := cmp.Diff(first, drift.Merge(declared, declared, first)); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff(before, drift.Merge(declared, declared, before)); diff != "" {
			t.Errorf("without a change of the template: %s", diff)
		}
	})
}
