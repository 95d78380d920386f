package bus

import (
	"cmp"
	"maps"
	"slices"
	"time"
)

// Preview tells what a replay would bring, if it were started now.
type Preview struct {
	Archived int           `json:"archived"` // events of the archive in the window
	Replayed int           `json:"replayed"` // those of them that a rule would get
	Types    []PreviewType `json:"types"`    // ordered by detail type
}

// PreviewType is a Preview's part about the events of one detail type and source.
type PreviewType struct {
	DetailType string         `json:"detailType"`
	Source     string         `json:"source"`
	Archived   int            `json:"archived"`
	Replayed   int            `json:"replayed"`
	Rules      map[string]int `json:"rules"` // how many events each rule would get, by its name
}

// PreviewReplay counts what a replay would bring, by the patterns that the rules have now. Rules are given by their ARNs; all
// of the bus if there are none.
func (b *Bus) PreviewReplay(archive string, from, to time.Time, rules []string) (Preview, error) {
	entry, err := b.archive(archive)
	if err != nil {
		return Preview{}, err
	}
	b.routesLock.RLock()
	routes := b.routes[entry.Bus]
	b.routesLock.RUnlock()
	preview := Preview{Types: []PreviewType{}}
	types := make(map[[2]string]*PreviewType)
	var failed error
	err = b.Archived(archive, from, to, func(event []byte) bool {
		var archived Entry
		if archived, failed = entryOf(event); failed != nil {
			return false
		}
		key := [2]string{archived.DetailType, archived.Source}
		if types[key] == nil {
			types[key] = &PreviewType{DetailType: archived.DetailType, Source: archived.Source, Rules: make(map[string]int)}
		}
		preview.Archived++
		types[key].Archived++
		if types[key].count(routes.replayed(&archived), rules) {
			preview.Replayed++
			types[key].Replayed++
		}
		return true
	})
	for _, counted := range slices.SortedFunc(maps.Values(types), func(a, b *PreviewType) int {
		return cmp.Or(cmp.Compare(a.DetailType, b.DetailType), cmp.Compare(a.Source, b.Source))
	}) {
		preview.Types = append(preview.Types, *counted)
	}
	return preview, cmp.Or(err, failed)
}

// replayed returns the rules with targets that an event matches when it is replayed.
func (r *routes) replayed(entry *Entry) []ruleID {
	e := envelope{
		id: newIDs(1), detailType: entry.DetailType, source: entry.Source, time: entry.Time, resources: entry.Resources, replay: "preview",
	}
	event := append(append(e.appendTo(nil), entry.Detail...), '}')
	var rules []ruleID
	for _, i := range r.patterns.Match(nil, e.source, e.detailType, event) {
		if len(r.list[i].lanes) > 0 {
			rules = append(rules, r.list[i].rule)
		}
	}
	return rules
}

// count counts the event for each of the rules that are wanted, and tells whether there is one.
func (p *PreviewType) count(matched []ruleID, wanted []string) bool {
	found := false
	for _, rule := range matched {
		if len(wanted) == 0 || slices.Contains(wanted, rule.arn()) {
			p.Rules[rule.name]++
			found = true
		}
	}
	return found
}
