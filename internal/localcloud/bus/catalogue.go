package bus

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/pattern"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/store"
)

// EventBus describes a bus.
type EventBus struct {
	Name        string
	Description string
	LogConfig   *LogConfig // nil: nothing is logged
	Created     time.Time
	Modified    time.Time
}

// LogConfig says what EventBridge logs about a bus. The local cloud's diary holds more, whatever it says.
//
// https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_LogConfig.html
type LogConfig struct {
	IncludeDetail string `json:",omitempty"` // NONE or FULL
	Level         string `json:",omitempty"` // OFF, ERROR, INFO or TRACE
}

// Rule describes a rule.
type Rule struct {
	Name        string
	Bus         string // name or ARN; DefaultBus if empty
	Pattern     string // JSON
	Description string
	State       string // Enabled, which is meant if it is empty, or Disabled
}

// The states of a rule.
const (
	Enabled  = "ENABLED"
	Disabled = "DISABLED"
)

// ARN names the rule.
func (r Rule) ARN() string { return r.id().arn() }

func (r Rule) id() ruleID { return ruleID{name: r.Name, bus: busOf(r.Bus)} }

// Archive describes an archive.
type Archive struct {
	Name          string
	Description   string
	Bus           string // name or ARN; DefaultBus if empty
	Pattern       string // JSON; all events if empty
	RetentionDays int    // 0: for ever
}

// catalogue is what there is, as it stands in the state.
type catalogue struct {
	counters counters
	buses    map[string]*busEntry
	archives map[string]*archiveEntry
	replays  map[string]*replay
}

// counters number what must never be mistaken for something earlier.
type counters struct {
	Runs   uint64 // of the process
	Number uint32 // the last that a lane or an archive was given
}

type busEntry struct {
	EventBus
	rules map[string]*ruleEntry
}

type ruleEntry struct {
	Rule
	Targets []targetEntry

	pattern *pattern.Pattern
}

type targetEntry struct {
	Target Target
	Lane   uint32

	lane *lane
}

type archiveEntry struct {
	Archive
	Number  uint32
	Created time.Time

	pattern *pattern.Pattern
}

// hasRule refuses the ARN of a rule that the bus does not have.
func (e *busEntry) hasRule(arn string) error {
	name, found := strings.CutPrefix(arn, ruleID{bus: e.Name}.arn())
	if !found {
		return notValid("Destination.FilterArns", "Rule must be on the destination event bus.")
	}
	if _, found := e.rules[name]; !found {
		return noSuchRule(name, e.Name)
	}
	return nil
}

// load reads the catalogue, and counts this run of the process.
func (b *Bus) load() error {
	b.catalogue = catalogue{
		buses: make(map[string]*busEntry), archives: make(map[string]*archiveEntry), replays: make(map[string]*replay),
	}
	c := &b.catalogue
	err := readAll(b.State, keyCounters, func(saved *counters) error {
		c.counters = *saved
		return nil
	})
	if err != nil {
		return err
	}
	c.counters.Runs++
	batch := b.State.Batch()
	c.counters.saveTo(batch)
	if err := batch.Apply(); err != nil {
		return err
	}
	b.sequence.startRun(c.counters.Runs)
	err = readAll(b.State, keyBus, func(saved *EventBus) error {
		c.buses[saved.Name] = &busEntry{EventBus: *saved, rules: make(map[string]*ruleEntry)}
		return nil
	})
	if err != nil {
		return err
	}
	if err := readAll(b.State, keyRule, b.loadRule); err != nil {
		return err
	}
	err = readAll(b.State, keyArchive, func(saved *archiveEntry) (err error) {
		c.archives[saved.Name] = saved
		saved.pattern, err = compileArchive(saved.Pattern)
		return err
	})
	if err != nil {
		return err
	}
	return readAll(b.State, keyReplay, func(saved *savedReplay) error {
		c.replays[saved.Name] = &replay{bus: b, Replay: saved.Replay, progress: saved.Progress}
		return nil
	})
}

func (b *Bus) loadRule(saved *ruleEntry) error {
	bus, found := b.catalogue.buses[saved.Bus]
	if !found {
		return fmt.Errorf("rule %s belongs to no bus", saved.Name)
	}
	bus.rules[saved.Name] = saved
	var err error
	if saved.pattern, err = pattern.Compile([]byte(saved.Pattern), pattern.SizeLimit); err != nil {
		return fmt.Errorf("rule %s: %w", saved.Name, err)
	}
	for i := range saved.Targets {
		target := &saved.Targets[i]
		routed, err := target.Target.routed(saved.id())
		if err != nil {
			return fmt.Errorf("rule %s: %w", saved.Name, err)
		}
		target.lane = newLane(b, target.Lane, routed)
		if err := target.lane.resume(); err != nil {
			return err
		}
	}
	return nil
}

// readAll calls visit with all descriptions of a kind.
func readAll[T any](state *store.Space, kind byte, visit func(*T) error) error {
	return state.Scan([]byte{kind}, after([]byte{kind}), func(_, value []byte) (bool, error) {
		saved := new(T)
		if err := json.Unmarshal(value, saved); err != nil {
			return false, fmt.Errorf("the state of the event bus cannot be read: %w", err)
		}
		return true, visit(saved)
	})
}

func (c *counters) saveTo(batch *store.Batch) { save(batch, nameKey(keyCounters), c) }

func (e *busEntry) saveTo(batch *store.Batch) { save(batch, nameKey(keyBus, e.Name), e.EventBus) }

func (e *ruleEntry) saveTo(batch *store.Batch) { save(batch, nameKey(keyRule, e.Bus, e.Name), e) }

func (e *archiveEntry) saveTo(batch *store.Batch) { save(batch, nameKey(keyArchive, e.Name), e) }

func save(batch *store.Batch, key []byte, description any) {
	value, err := json.Marshal(description)
	if err != nil {
		panic(err) // a description is made of what JSON can say
	}
	batch.Set(key, value)
}

// change applies what fill adds to a batch, and tells the caller that the service failed if it cannot be kept.
func (b *Bus) change(fill func(batch *store.Batch)) error {
	batch := b.State.Batch()
	fill(batch)
	if err := batch.Apply(); err != nil {
		return internalFailure(err)
	}
	return nil
}
