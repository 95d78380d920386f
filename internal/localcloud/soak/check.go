package soak

import (
	"encoding/json"
	"slices"
	"strings"
)

// The functions, as the names of their rules say them.
const (
	lifeEvents    = "life-event-processor"
	competitors   = "competitor-monitor"
	trends        = "trend-detector"
	reductions    = "price-reduction-monitor"
	notifications = "notification-processor"
	publications  = "publish-scheduled-content"
	analytics     = "sync-social-analytics"
)

// Check compares what went in with what is there.
func Check(evidence Evidence) Report {
	c := newChecker(evidence)
	report := Report{WentIn: map[string]int{}}
	for _, entry := range evidence.WentIn {
		report.WentIn[entry.DetailType]++
	}
	for _, check := range []func() []*Row{
		c.bus, c.shown, c.mails, c.digests, c.alerts, c.posts, c.figures, c.defaults, c.fanOuts, c.chains, c.poisons, c.queues,
	} {
		for _, row := range check() {
			report.Rows = append(report.Rows, *row)
		}
	}
	return report
}

// checker finds its way through the evidence.
type checker struct {
	Evidence
	agents   map[string]Agent
	byID     map[string]*Event
	facts    map[string]*Event     // the first event of each identity, but for those that cannot be handled
	ids      map[string][]string   // envelope ids by identity
	order    []string              // identities, in the order in which they were first seen
	poisoned map[string]*Poison    // by identity
	failed   map[string][]*Failure // by function and event id
	failedOf map[string][]*Failure // by function and agent
}

func newChecker(evidence Evidence) *checker {
	c := &checker{
		Evidence: evidence, agents: map[string]Agent{}, byID: map[string]*Event{}, facts: map[string]*Event{}, ids: map[string][]string{},
		poisoned: map[string]*Poison{}, failed: map[string][]*Failure{}, failedOf: map[string][]*Failure{},
	}
	for _, agent := range c.Plan.Everyone() {
		c.agents[agent.ID()] = agent
	}
	for _, entry := range c.WentIn {
		if entry.Poison != nil {
			c.poisoned[entry.identity()] = entry.Poison
		}
	}
	for i := range c.Events {
		event := &c.Events[i]
		c.byID[event.ID] = event
		identity := event.identity()
		c.ids[identity] = append(c.ids[identity], event.ID)
		if c.facts[identity] == nil && c.poisoned[identity] == nil {
			c.facts[identity] = event
			c.order = append(c.order, identity)
		}
	}
	for i := range c.Failures {
		failure := &c.Failures[i]
		byEvent, byAgent := failure.Function+" "+failure.EventID, failure.Function+" "+failure.UserID
		c.failed[byEvent] = append(c.failed[byEvent], failure)
		c.failedOf[byAgent] = append(c.failedOf[byAgent], failure)
	}
	return c
}

// identity is that of the event's fact.
func (e Entry) identity() string {
	event := Event{DetailType: e.DetailType}
	_ = json.Unmarshal([]byte(e.Detail), &event.Detail) // made by this package; what fits no fact has no identity of its own
	return event.identity()
}

// factsOf are the first events of all facts of some detail types.
func (c *checker) factsOf(detailTypes ...string) []*Event {
	var found []*Event
	for _, identity := range c.order {
		if event := c.facts[identity]; slices.Contains(detailTypes, event.DetailType) {
			found = append(found, event)
		}
	}
	return found
}

// why tells why a function has not done its part for an event: it lies in a queue. It is empty if nothing says so.
func (c *checker) why(function string, event *Event) string {
	for _, id := range c.ids[event.identity()] {
		if failures := c.failed[function+" "+id]; len(failures) > 0 {
			return failures[0].short()
		}
	}
	return ""
}

// whyOf is why for anything that a function does for an agent.
func (c *checker) whyOf(function, userID string) string {
	for _, failure := range c.failedOf[function+" "+userID] {
		if event := c.byID[failure.EventID]; event == nil || c.poisoned[event.identity()] == nil {
			return failure.short()
		}
	}
	return ""
}

// short are the first words of the reason, which many failures share.
func (f *Failure) short() string {
	kind, _, _ := strings.Cut(f.Reason, ":")
	if kind == "" {
		kind = f.Condition
	}
	return "in a queue (" + kind + ")"
}

// told tells whether the bus has brought a fact.
func (c *checker) told(fact Event) bool { return c.facts[fact.identity()] != nil }

// bus tells whether each event that was accepted came to the observer, and whether a replay brought each again.
func (c *checker) bus() []*Row {
	accepted := newRow("events on the bus")
	for _, entry := range c.WentIn {
		if times := len(c.ids[entry.identity()]); times > 0 {
			accepted.found(1, "")
		} else {
			accepted.missing("", text("%s of %s", entry.DetailType, entry.UserID))
		}
	}
	if c.Replayed.IsZero() {
		return []*Row{accepted}
	}
	archived := newRow("events in the archive")
	type count struct{ first, again int }
	counts := map[[32]byte]*count{}
	for i := range c.Events {
		event := &c.Events[i]
		if counts[event.digest] == nil {
			counts[event.digest] = &count{}
		}
		if event.ReplayName != "" {
			counts[event.digest].again++
		} else if event.Time.Before(c.Replayed) {
			counts[event.digest].first++
		}
	}
	seen := map[[32]byte]bool{}
	for i := range c.Events {
		event := &c.Events[i]
		if seen[event.digest] {
			continue
		}
		seen[event.digest] = true
		times := counts[event.digest]
		for range min(times.first, times.again) {
			archived.found(1, "")
		}
		for range times.first - times.again {
			archived.missing("", text("%s %s of %s was not replayed", event.DetailType, event.ID, event.Detail.UserID))
		}
	}
	return []*Row{accepted, archived}
}

// defaults tells whether those who came without settings have them.
func (c *checker) defaults() []*Row {
	row := newRow("default settings of a new agent")
	for _, event := range c.factsOf("User Created") {
		if user := event.Detail.UserID; c.agents[user].New() {
			for _, sort := range []string{"SETTINGS#ALERTS", "SETTINGS#NOTIFICATIONS"} {
				if c.Table.Settings[user+" "+sort] {
					row.found(1, "")
				} else {
					row.missing(c.why(lifeEvents, event), user+" has no "+sort)
				}
			}
		}
	}
	return []*Row{row}
}

// fanOuts tells whether each schedule reached every agent concerned. All have alert settings and connections.
func (c *checker) fanOuts() []*Row {
	row := newRow("checks that a schedule sent out")
	for _, tick := range c.Ticks {
		why := ""
		for _, failure := range c.Failures {
			if failure.Check == tick.Check {
				why = failure.short()
			}
		}
		for _, agent := range c.Plan.Everyone() {
			due := Event{DetailType: "Check Due", Detail: Detail{Check: tick.Check, UserID: agent.ID(), DueAt: tick.DueAt}}
			if c.told(due) {
				row.found(1, "")
			} else {
				row.missing(why, text("%s of %s at %s", tick.Check, agent.ID(), tick.DueAt))
			}
		}
	}
	return []*Row{row}
}

// chains tells whether each event that follows from another says so truly.
func (c *checker) chains() []*Row {
	row := newRow("causation chains")
	for i := range c.Events {
		event := &c.Events[i]
		about := event.Detail.Metadata
		if about.CausationID == "" {
			continue
		}
		what := text("%s %s", event.DetailType, event.ID)
		cause := c.byID[about.CausationID]
		switch {
		case cause == nil:
			row.missing("", what+" follows from "+about.CausationID+", which nobody has seen")
			continue
		case about.Hops != cause.Detail.Metadata.Hops+1:
			row.missing("", text("%s has %d hops after %d", what, about.Hops, cause.Detail.Metadata.Hops))
			continue
		}
		correlation := cause.Detail.Metadata.CorrelationID
		if correlation == "" {
			correlation = cause.ID
		}
		if about.CorrelationID != correlation {
			row.missing("", what+" belongs to another chain than its cause")
			continue
		}
		row.found(1, "")
	}
	return []*Row{row}
}

// poisons tells whether each event that nobody can handle lies in the failure queue with its reason, and has led to nothing.
func (c *checker) poisons() []*Row {
	row := newRow("events that cannot be handled, in the queue")
	subjects := map[string]bool{}
	for _, shown := range c.Table.Notifications {
		subjects[shown.SubjectEventID] = true
	}
	for _, entry := range c.WentIn {
		if entry.Poison == nil {
			continue
		}
		identity := entry.identity()
		for _, function := range entry.Poison.Functions {
			if c.failedFor(function, entry.Poison.Word, c.ids[identity]) {
				row.found(1, "")
			} else {
				row.missing("", text("%s, which says %q, of %s", identity, entry.Poison.Word, function))
			}
		}
		for _, id := range c.ids[identity] {
			if subjects[id] {
				row.twice(1, identity+" has become a notification")
			}
		}
	}
	return []*Row{row}
}

// failedFor tells whether a function failed on one of some events, and said a word in the reason.
func (c *checker) failedFor(function, word string, ids []string) bool {
	return slices.ContainsFunc(ids, func(id string) bool {
		return slices.ContainsFunc(c.failed[function+" "+id], func(failure *Failure) bool {
			return strings.Contains(failure.Reason, word)
		})
	})
}

// queues counts what else lies in the queues. A message without a reason is a loss.
func (c *checker) queues() []*Row {
	row := newRow("other messages in the queues, with a reason")
	for i := range c.Failures {
		failure := &c.Failures[i]
		if event := c.byID[failure.EventID]; event != nil && c.poisoned[event.identity()] != nil {
			continue
		}
		if failure.Reason == "" && failure.Condition == "" {
			row.missing("", text("%s gave up %s without a reason", failure.Function, failure.EventID))
			continue
		}
		row.found(1, "")
		row.Why[failure.Function+" "+failure.short()]++
		row.example(text("%s gave up %s: %.200s", failure.Function, failure.EventID, failure.Reason))
	}
	return []*Row{row}
}
