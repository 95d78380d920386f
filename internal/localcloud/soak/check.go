package soak

import (
	"encoding/json"
	"slices"
	"strings"
	"time"
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
		c.bus, c.shown, c.mails, c.digests, c.alerts, c.decisions, c.posts, c.figures, c.defaults, c.fanOuts, c.chains, c.poisons, c.queues,
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
	busiest  map[string]int        // how many mails there were in a window
}

func newChecker(evidence Evidence) *checker {
	c := &checker{
		Evidence: evidence, agents: map[string]Agent{}, byID: map[string]*Event{}, facts: map[string]*Event{}, ids: map[string][]string{},
		poisoned: map[string]*Poison{}, failed: map[string][]*Failure{}, busiest: busiestWindows(evidence.Mails),
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
		byEvent := failure.Function + " " + failure.EventID
		c.failed[byEvent] = append(c.failed[byEvent], failure)
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

// whyUnchecked tells why a check has not found for an agent what it should have: it lies in a queue, or it was never sent, as
// the tick lies there. Nothing that failed before is a reason: each check came after the day, and makes up for it.
func (c *checker) whyUnchecked(function, check, userID string) string {
	at := slices.IndexFunc(c.Ticks, func(tick Tick) bool { return tick.Check == check })
	if at < 0 {
		return ""
	}
	due := c.Ticks[at].due(userID)
	if c.told(due) {
		return c.why(function, &due)
	}
	return c.whyUntold(c.Ticks[at])
}

// whyUntold tells why a tick did not come to all whom it concerns: it lies in a queue.
func (c *checker) whyUntold(tick Tick) string {
	for i := range c.Failures {
		if failure := &c.Failures[i]; failure.Check == tick.Check && failure.DueAt == tick.DueAt {
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

// defaults tells whether those who came without settings have those that the rules say (rules: Settings).
func (c *checker) defaults() []*Row {
	row := newRow("default settings of a new agent")
	for _, event := range c.factsOf("User Created") {
		if user := event.Detail.UserID; c.agents[user].New() {
			for sort, asTheyShould := range map[string]func(Settings) bool{
				"SETTINGS#ALERTS": func(is Settings) bool {
					const threshold = 70
					return is.LeadScoreThreshold == threshold && len(is.TargetAreas) == 0 && len(is.TrackedCompetitors) == 0
				},
				"SETTINGS#NOTIFICATIONS": func(is Settings) bool { return is.EmailNotifications },
			} {
				settings, found := c.Table.Settings[user+" "+sort]
				switch {
				case !found:
					row.missing(c.why(lifeEvents, event), user+" has no "+sort)
				case settings.UserID == user && settings.Frequency == "real-time" && sameTexts(settings.EnabledAlertTypes, alertTypes()) && asTheyShould(settings):
					row.found(1, "")
				default:
					row.missing("", text("%s has %s %+v", user, sort, settings))
				}
			}
		}
	}
	return []*Row{row}
}

// sameTexts tells whether two lists hold the same, in any order.
func sameTexts(one, other []string) bool {
	return slices.Equal(slices.Sorted(slices.Values(one)), slices.Sorted(slices.Values(other)))
}

// isNear tells whether one of some other ticks was due at about the same time.
func (t Tick) isNear(others []string) bool {
	at, err := time.Parse(time.RFC3339, t.DueAt)
	return err == nil && slices.ContainsFunc(others, func(dueAt string) bool {
		other, err := time.Parse(time.RFC3339, dueAt)
		return err == nil && at.Sub(other).Abs() < 5*time.Minute
	})
}

// fanOuts tells whether each tick of a schedule came to every agent concerned.
func (c *checker) fanOuts() []*Row {
	row := newRow("checks that a schedule sent out")
	own, others := map[string]bool{}, map[string][]string{}
	for _, tick := range c.Ticks {
		own[tick.Check+" "+tick.DueAt] = true
	}
	for _, due := range c.factsOf("Check Due") {
		if about := due.Detail; !own[about.Check+" "+about.DueAt] {
			others[about.Check+" "+about.UserID] = append(others[about.Check+" "+about.UserID], about.DueAt)
		}
	}
	for _, tick := range c.Ticks {
		for _, userID := range tick.Concerns {
			if c.told(tick.due(userID)) || tick.OrNear && tick.isNear(others[tick.Check+" "+userID]) {
				row.found(1, "")
			} else {
				row.missing(c.whyUntold(tick), text("%s of %s at %s", tick.Check, userID, tick.DueAt))
			}
		}
	}
	return []*Row{row}
}

// follows tells whether an event is one that only the handling of another can bring about.
func (e *Event) follows() bool {
	switch e.DetailType {
	case "Alert Created", "Content Publish Failed", "Notification Sent", "Notification Deferred", "Notification Failed":
		return true
	case "Content Published":
		return e.Detail.ScheduleID != ""
	case "Integration Sync Completed", "Integration Sync Failed":
		return strings.HasPrefix(e.Detail.SyncID, "analytics-")
	}
	return false
}

// chains tells whether each event that follows from another says so truly.
func (c *checker) chains() []*Row {
	row := newRow("causation chains")
	for i := range c.Events {
		event := &c.Events[i]
		about, what := event.Detail.Metadata, text("%s %s", event.DetailType, event.ID)
		if about.CausationID == "" {
			if event.follows() {
				row.missing("", what+" follows from nothing")
			}
			continue
		}
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

// crashed is the reason of a function that died.
const crashed = "Runtime.ExitError"

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
			switch {
			case c.failedFor(function, entry.Poison.Word, c.ids[identity]):
				row.found(1, "")
			case c.failedFor(function, crashed, c.ids[identity]): // in the last attempt, whose reason the message has
				row.missing("in a queue ("+crashed+")", "")
			default:
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
