package bus

import (
	"github.com/bayon-coagent/event-consumers/internal/localcloud/pattern"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/store"
)

// Quotas of a bus.
//
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html
const (
	maxRules         = 300
	maxWildcardRules = 30
	maxTargets       = 5
)

// PutRule makes a rule, or changes the one that is there, whose targets stay. It returns the rule's ARN.
func (b *Bus) PutRule(rule Rule) (arn string, err error) {
	rule.Bus = busOf(rule.Bus)
	if rule.State == "" {
		rule.State = Enabled
	}
	if err := rule.check(); err != nil {
		return "", err
	}
	b.admin.Lock()
	defer b.admin.Unlock()
	bus, found := b.catalogue.buses[rule.Bus]
	if !found {
		return "", noSuchBus(rule.Bus)
	}
	compiled, err := pattern.Compile([]byte(rule.Pattern), pattern.SizeLimit)
	if err != nil {
		return "", err
	}
	changed := &ruleEntry{Rule: rule, pattern: compiled}
	if existing, found := bus.rules[rule.Name]; found {
		changed.Targets = existing.Targets
	}
	if !bus.hasRoomFor(changed) {
		return "", tooMany()
	}
	return rule.ARN(), b.replaceRule(bus, changed)
}

func (r *Rule) check() error {
	const maxName, maxDescription, maxPattern = 64, 512, 4096
	var c constraints
	c.name(r.Name, "name", maxName)
	c.longest(r.Description, "description", maxDescription)
	c.longest(r.Pattern, "eventPattern", maxPattern)
	c.busName(r.Bus, "eventBusName")
	if r.State != Enabled && r.State != Disabled {
		c.violated(r.State, "state", "Member must satisfy enum value set: [ENABLED, DISABLED]")
	}
	if err := c.err(); err != nil {
		return err
	}
	if r.Pattern == "" {
		return invalid("Parameter(s) EventPattern or ScheduleExpression must be specified.")
	}
	return nil
}

// hasRoomFor tells whether the bus's quotas allow a rule.
func (e *busEntry) hasRoomFor(added *ruleEntry) bool {
	rules, wildcards := 1, 0
	for name, rule := range e.rules {
		if name != added.Name {
			rules++
			if rule.pattern.HasWildcard() {
				wildcards++
			}
		}
	}
	return rules <= maxRules && (!added.pattern.HasWildcard() || wildcards < maxWildcardRules)
}

func (b *Bus) replaceRule(bus *busEntry, changed *ruleEntry) error {
	if err := b.change(changed.saveTo); err != nil {
		return err
	}
	bus.rules[changed.Name] = changed
	b.reroute(bus.Name)
	return nil
}

// SetRuleState enables or disables a rule. What a disabled rule has matched is delivered all the same.
func (b *Bus) SetRuleState(name, bus, state string) error {
	b.admin.Lock()
	defer b.admin.Unlock()
	entry, rule, err := b.rule(name, bus)
	if err != nil {
		return err
	}
	changed := *rule
	changed.State = state
	return b.replaceRule(entry, &changed)
}

// DeleteRule removes a rule, which must have no targets. A rule that is not there is removed already.
func (b *Bus) DeleteRule(name, bus string) error {
	b.admin.Lock()
	defer b.admin.Unlock()
	entry, found := b.catalogue.buses[busOf(bus)]
	if !found {
		return noSuchBus(busOf(bus))
	}
	rule, found := entry.rules[name]
	if !found {
		return nil
	}
	if len(rule.Targets) > 0 {
		return invalid("Rule can't be deleted since it has targets.")
	}
	if err := b.change(func(batch *store.Batch) { batch.Delete(nameKey(keyRule, entry.Name, name)) }); err != nil {
		return err
	}
	delete(entry.rules, name)
	b.reroute(entry.Name)
	return nil
}

// rule finds a rule by its name and the name or ARN of its bus. The caller holds admin.
func (b *Bus) rule(name, bus string) (*busEntry, *ruleEntry, error) {
	entry, found := b.catalogue.buses[busOf(bus)]
	if !found {
		return nil, nil, noSuchBus(busOf(bus))
	}
	rule, found := entry.rules[name]
	if !found {
		return nil, nil, noSuchRule(name, entry.Name)
	}
	return entry, rule, nil
}
