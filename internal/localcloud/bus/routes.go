package bus

import (
	"maps"
	"slices"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/pattern"
)

// routes is what the events of a bus are matched against. It never changes.
type routes struct {
	patterns *pattern.Set
	list     []route // in the order of the patterns
}

// route is where the events that a pattern lets through go: into an archive, or to the targets of a rule.
type route struct {
	archive uint32 // its number, or 0
	rule    ruleID
	lanes   []*lane
}

// reroute makes what is accepted from now on follow the catalogue. It waits for the events that are being accepted.
func (b *Bus) reroute(bus string) {
	var patterns []*pattern.Pattern
	made := &routes{}
	for _, name := range slices.Sorted(maps.Keys(b.catalogue.archives)) {
		if archive := b.catalogue.archives[name]; archive.Bus == bus {
			patterns = append(patterns, archive.pattern)
			made.list = append(made.list, route{archive: archive.Number})
		}
	}
	rules := b.catalogue.buses[bus].rules
	for _, name := range slices.Sorted(maps.Keys(rules)) {
		rule := rules[name]
		if rule.State != Enabled {
			continue
		}
		patterns = append(patterns, rule.pattern)
		to := route{rule: rule.id()}
		for i := range rule.Targets {
			to.lanes = append(to.lanes, rule.Targets[i].lane)
		}
		made.list = append(made.list, to)
	}
	made.patterns = pattern.NewSet(patterns...)
	b.routesLock.Lock()
	defer b.routesLock.Unlock()
	b.routes[bus] = made
}
