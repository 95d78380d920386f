package bus

import (
	"fmt"
	"slices"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/activity"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/store"
)

// PutTargets adds targets to a rule, or changes those that have their ids. What was matched for a target that is changed is
// delivered to the target as it is now.
func (b *Bus) PutTargets(ruleName, bus string, targets []Target) error {
	var c constraints
	if len(targets) == 0 {
		c.violated("[]", "targets", "Member must have length greater than or equal to 1")
	}
	for i := range targets {
		targets[i].check(&c, fmt.Sprintf("targets.%d.member", i+1))
	}
	if err := c.err(); err != nil {
		return err
	}
	b.admin.Lock()
	defer b.admin.Unlock()
	entry, rule, err := b.rule(ruleName, bus)
	if err != nil {
		return err
	}
	routed := make(map[string]*routedTarget, len(targets))
	changed := *rule
	changed.Targets = slices.Clone(rule.Targets)
	for _, target := range targets {
		if routed[target.ID], err = target.routed(rule.id()); err != nil {
			return err
		}
		changed.put(target)
	}
	if len(changed.Targets) > maxTargets {
		return tooMany()
	}
	return b.replaceTargets(entry, &changed, routed)
}

func (e *ruleEntry) put(target Target) {
	i := slices.IndexFunc(e.Targets, func(existing targetEntry) bool { return existing.Target.ID == target.ID })
	if i < 0 {
		i = len(e.Targets)
		e.Targets = append(e.Targets, targetEntry{})
	}
	e.Targets[i].Target = target
}

// replaceTargets keeps a rule with new or changed targets, whose routed form is given by their ids.
func (b *Bus) replaceTargets(bus *busEntry, changed *ruleEntry, routed map[string]*routedTarget) error {
	counters := b.catalogue.counters
	for i := range changed.Targets {
		if target := &changed.Targets[i]; target.lane == nil {
			counters.Number++
			target.Lane = counters.Number
			target.lane = newLane(b, target.Lane, routed[target.Target.ID])
		}
	}
	err := b.change(func(batch *store.Batch) {
		counters.saveTo(batch)
		changed.saveTo(batch)
	})
	if err != nil {
		return err
	}
	b.catalogue.counters = counters
	for i := range changed.Targets {
		if target, given := routed[changed.Targets[i].Target.ID]; given {
			changed.Targets[i].lane.target.Store(target)
		}
	}
	bus.rules[changed.Name] = changed
	b.reroute(bus.Name)
	return nil
}

// RemoveTargets takes targets away from a rule, by their ids, and returns those ids that the rule does not have. What was
// matched for a target that is removed is lost.
func (b *Bus) RemoveTargets(ruleName, bus string, ids []string) (unknown []string, err error) {
	b.admin.Lock()
	defer b.admin.Unlock()
	entry, rule, err := b.rule(ruleName, bus)
	if err != nil {
		return nil, err
	}
	changed := *rule
	changed.Targets = nil
	var removed []*lane
	for _, target := range rule.Targets {
		if slices.Contains(ids, target.Target.ID) {
			removed = append(removed, target.lane)
		} else {
			changed.Targets = append(changed.Targets, target)
		}
	}
	for _, id := range ids {
		if !slices.ContainsFunc(rule.Targets, func(target targetEntry) bool { return target.Target.ID == id }) {
			unknown = append(unknown, id)
		}
	}
	entry.rules[rule.Name] = &changed
	b.reroute(entry.Name)
	for _, lane := range removed {
		lane.close()
		if err := lane.abandon(); err != nil {
			return nil, internalFailure(err)
		}
	}
	return unknown, b.change(func(batch *store.Batch) {
		changed.saveTo(batch)
		for _, lane := range removed {
			batch.DeleteRange(numberKey(keyPending, lane.number), after(numberKey(keyPending, lane.number)))
			batch.DeleteRange(numberKey(keyRetry, lane.number), after(numberKey(keyRetry, lane.number)))
		}
	})
}

// abandon tells the diary which deliveries of a closed lane will not be made.
func (l *lane) abandon() error {
	target := l.target.Load()
	for _, kind := range []byte{keyPending, keyRetry} {
		err := l.bus.State.Scan(numberKey(kind, l.number), after(numberKey(kind, l.number)), func(key, record []byte) (bool, error) {
			d, err := readDelivery(key, record)
			if err != nil {
				return true, nil //nolint:nilerr // it was reported when it was read
			}
			happened := d.happened(activity.Lost, target.rule)
			happened.Function, happened.Queue, happened.Reason = target.function, target.queue, "The target was removed from the rule."
			l.bus.Recorder.Record(happened)
			return true, nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}
