// Package drift decides what is so when a template declares one value of a setting, and a caller has set another: what
// CloudFormation calls drift.
//
// A caller's value stays, over restarts too, until the template itself declares another value than it did when the caller
// set its own. So a function that an operator has stopped stays stopped, and a template that was edited counts.
package drift

import "maps"

// Settings are the settings of one thing, by name. One that is not there has no value.
type Settings = map[string]string

// Merge returns the settings of a thing, given those that the template declares now, those that it declared when Merge
// was asked last or a caller changed something, and those that the thing had then.
func Merge(declared, declaredBefore, before Settings) Settings {
	merged := maps.Clone(before)
	if merged == nil {
		merged = Settings{}
	}
	for name, value := range declared {
		if was, had := declaredBefore[name]; !had || was != value {
			merged[name] = value
		}
	}
	for name := range declaredBefore {
		if _, has := declared[name]; !has {
			delete(merged, name)
		}
	}
	return merged
}
