package provision

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/bus"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/store"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/template"
)

// provisioned is a rule that a template has brought.
type provisioned struct {
	Bus     string
	Rule    string
	Targets []string
}

const rulesKey = "rules"

// ForgetStaleRules removes the rules that an earlier template has brought and this one has not: the template is the only
// source of routing, but for rules that people add. The space remembers from one start to the next.
func ForgetStaleRules(space *store.Space, events *bus.Bus, rules []template.Rule) error {
	saved, _, err := space.Get([]byte(rulesKey))
	if err != nil {
		return err
	}
	var before []provisioned
	if len(saved) > 0 {
		if err := json.Unmarshal(saved, &before); err != nil {
			return fmt.Errorf("read which rules were there: %w", err)
		}
	}
	for _, known := range before {
		still := func(rule template.Rule) bool { return rule.Bus == known.Bus && rule.Name == known.Rule }
		if slices.ContainsFunc(rules, still) {
			continue
		}
		if err := remove(events, known); err != nil {
			return fmt.Errorf("remove the rule %s, which the template no longer has: %w", known.Rule, err)
		}
	}
	now := make([]provisioned, len(rules))
	for i, rule := range rules {
		now[i] = provisioned{Bus: rule.Bus, Rule: rule.Name}
		for _, target := range rule.Targets {
			now[i].Targets = append(now[i].Targets, target.ID)
		}
	}
	encoded, err := json.Marshal(now)
	if err != nil {
		return err
	}
	batch := space.Batch()
	batch.Set([]byte(rulesKey), encoded)
	return batch.Apply()
}

func remove(events *bus.Bus, stale provisioned) error {
	if len(stale.Targets) > 0 {
		if _, err := events.RemoveTargets(stale.Rule, stale.Bus, stale.Targets); err != nil {
			return err
		}
	}
	return events.DeleteRule(stale.Rule, stale.Bus)
}
