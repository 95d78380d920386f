// Package graph is the way of the facts through the application: who publishes them, which rule matches them, which
// function gets them, and what follows. It is computed from the template and from what the functions declare, and it tells
// what is wrong with it: above all whether a loop is possible (rules: No loop).
//
// The nodes are handlers: a function together with what brings it to work, a fact or a schedule. One leads to another if it
// may publish a fact of which some event may pass a rule whose target is the other's function. Whether a rule may let an
// event through is decided by its pattern and by the fact's schema, so far as that can be decided (pattern.MayMatch): a way
// that is missing here does not exist. The events of a fact are those that its schema allows, with the members that it
// names and no others.
package graph

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/bayon-coagent/event-consumers/internal/consumer"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/pattern"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/template"
	"github.com/bayon-coagent/event-consumers/pkg/events"
)

// Function is what a function declares of itself.
type Function struct {
	Name     string // such as price-reduction
	Handlers []consumer.Handler
}

// Graph is the way of the facts, in the order of the catalogue and of the template.
type Graph struct {
	Facts     []Fact     `json:"facts"`
	Schedules []Schedule `json:"schedules"`
	Longest   []Step     `json:"longest"` // the longest chain of handlers; empty where there is a cycle
	Problems  []Problem  `json:"problems"`
}

// Fact is one fact with its ways.
type Fact struct {
	DetailType        string   `json:"detailType"`
	Source            string   `json:"source"`
	PublishedBy       []string `json:"publishedBy"` // functions, and events.OtherServices
	ConsumedElsewhere bool     `json:"consumedElsewhere"`
	Routes            []Route  `json:"routes"`
}

// Route is a rule that brings a fact to a target.
type Route struct {
	Rule      string   `json:"rule"` // logical id
	Enabled   bool     `json:"enabled"`
	Function  string   `json:"function,omitempty"`
	Target    string   `json:"target,omitempty"` // ARN of a target that is no function of the stack
	Handlers  []string `json:"handlers"`         // those that take what the rule brings, by what brings them to work
	Publishes []string `json:"publishes"`        // detail types of what they may publish
}

// Schedule is what a schedule brings to work.
type Schedule struct {
	LogicalID  string   `json:"schedule"`
	Expression string   `json:"expression"`
	Enabled    bool     `json:"enabled"`
	Function   string   `json:"function"`
	Handlers   []string `json:"handlers"`
	Publishes  []string `json:"publishes"`
}

// Step is one step of a chain of handlers.
type Step struct {
	Function  string `json:"function"`
	Trigger   string `json:"trigger"`             // such as "Check Due" or "the schedule price"
	Publishes string `json:"publishes,omitempty"` // the fact by which it leads to the next step
	Rule      string `json:"rule,omitempty"`      // the rule that brings it there
}

// handler is a node.
type handler struct {
	function  string
	trigger   trigger
	publishes []string // detail types
}

// trigger is what brings a handler to work: a fact, or the schedule of a check.
type trigger struct{ detailType, check string }

func (t trigger) String() string {
	if t.check != "" {
		return "the schedule " + t.check
	}
	return t.detailType
}

// edge leads from a handler to another.
type edge struct {
	fact, rule string
	to         int
}

// builder puts the graph together.
type builder struct {
	stack     *template.Stack
	functions map[string]Function // by ARN
	rules     []compiledRule
	handlers  []handler
	edges     [][]edge // by handler
	matched   map[string]bool
	reached   map[int]bool // handlers
	graph     *Graph
}

type compiledRule struct {
	template.Rule
	pattern *pattern.Pattern
}

// Of computes the graph of a stack. The functions are given by their logical ids.
func Of(stack *template.Stack, functions map[string]Function, catalogue []events.Entry) (*Graph, error) {
	b := &builder{
		stack: stack, functions: map[string]Function{}, matched: map[string]bool{}, reached: map[int]bool{},
		graph: &Graph{Facts: []Fact{}, Schedules: []Schedule{}, Longest: []Step{}, Problems: []Problem{}},
	}
	if err := b.readFunctions(functions, catalogue); err != nil {
		return nil, err
	}
	if err := b.compileRules(); err != nil {
		return nil, err
	}
	for _, entry := range catalogue {
		if err := b.addFact(entry); err != nil {
			return nil, err
		}
	}
	for _, schedule := range stack.Schedules {
		b.addSchedule(schedule)
	}
	b.addCycles()
	b.addSilentErrors()
	return b.graph, nil
}

func (b *builder) readFunctions(functions map[string]Function, catalogue []events.Entry) error {
	for _, function := range b.stack.Functions {
		declared, known := functions[function.LogicalID]
		if !known {
			return fmt.Errorf("%s: nothing is known of its handlers", function.LogicalID)
		}
		b.functions[function.ARN] = declared
		for _, declaredHandler := range declared.Handlers {
			detailType, check := declaredHandler.Trigger()
			node := handler{function: declared.Name, trigger: trigger{detailType, check}}
			for _, fact := range declaredHandler.Publishes() {
				if !slices.ContainsFunc(catalogue, func(entry events.Entry) bool { return entry.Fact.DetailType() == fact.DetailType() }) {
					return fmt.Errorf("%s publishes %s, which the catalogue does not know", declared.Name, fact.DetailType())
				}
				node.publishes = append(node.publishes, fact.DetailType())
			}
			b.handlers = append(b.handlers, node)
		}
	}
	b.edges = make([][]edge, len(b.handlers))
	return nil
}

func (b *builder) compileRules() error {
	for _, rule := range b.stack.Rules {
		compiled, err := pattern.Compile(rule.Pattern, pattern.SizeLimit)
		if err != nil {
			return fmt.Errorf("%s, line %d: %w", rule.LogicalID, rule.PatternLine, err)
		}
		b.rules = append(b.rules, compiledRule{rule, compiled})
	}
	return nil
}

func (b *builder) addFact(entry events.Entry) error {
	kind, err := KindOf(entry)
	if err != nil {
		return err
	}
	detailType := entry.Fact.DetailType()
	fact := Fact{
		DetailType: detailType, Source: entry.Fact.Source(), ConsumedElsewhere: entry.ConsumedElsewhere,
		PublishedBy: []string{}, Routes: []Route{},
	}
	if slices.Contains(entry.PublishedBy, events.OtherServices) {
		fact.PublishedBy = append(fact.PublishedBy, events.OtherServices)
	}
	for _, publisher := range b.handlers {
		if slices.Contains(publisher.publishes, detailType) && !slices.Contains(fact.PublishedBy, publisher.function) {
			fact.PublishedBy = append(fact.PublishedBy, publisher.function)
		}
	}
	for _, rule := range b.rules {
		if !slices.Contains(b.buses(), rule.Bus) || !rule.pattern.MayMatch(kind) {
			continue
		}
		b.matched[rule.LogicalID] = true
		for _, target := range rule.Targets {
			fact.Routes = append(fact.Routes, b.route(rule.Rule, target, detailType))
		}
	}
	b.graph.Facts = append(b.graph.Facts, fact)
	return nil
}

// buses are the names of the buses that facts are published to: what the functions are told, or else all of the stack.
func (b *builder) buses() (names []string) {
	for _, function := range b.stack.Functions {
		if name := function.Environment["EVENT_BUS_NAME"]; name != "" {
			names = append(names, name)
		}
	}
	if names == nil {
		for _, bus := range b.stack.Buses {
			names = append(names, bus.Name)
		}
	}
	return names
}

// route follows a fact through a rule to one of its targets.
func (b *builder) route(rule template.Rule, target template.Target, detailType string) Route {
	route := Route{Rule: rule.LogicalID, Enabled: rule.Enabled, Handlers: []string{}, Publishes: []string{}}
	function, ours := b.functionAt(target.ARN)
	if !ours {
		route.Target = target.ARN
		return route
	}
	route.Function = function.Name
	for i, receiver := range b.handlers {
		if receiver.function != function.Name || !reaches(target, detailType, receiver.trigger) {
			continue
		}
		b.reached[i] = b.reached[i] || rule.Enabled
		route.add(receiver)
		for from, publisher := range b.handlers {
			if slices.Contains(publisher.publishes, detailType) {
				b.edges[from] = append(b.edges[from], edge{fact: detailType, rule: rule.LogicalID, to: i})
			}
		}
	}
	return route
}

func (r *Route) add(receiver handler) {
	r.Handlers = append(r.Handlers, receiver.trigger.String())
	r.Publishes = withAll(r.Publishes, receiver.publishes)
}

func withAll(list, more []string) []string {
	for _, one := range more {
		if !slices.Contains(list, one) {
			list = append(list, one)
		}
	}
	return list
}

func (b *builder) addSchedule(schedule template.Schedule) {
	b.matchEventOf(schedule)
	function, _ := b.functionAt(schedule.TargetARN)
	added := Schedule{
		LogicalID: schedule.LogicalID, Expression: schedule.Expression, Enabled: schedule.Enabled, Function: function.Name,
		Handlers: []string{}, Publishes: []string{},
	}
	for i, receiver := range b.handlers {
		if receiver.function == function.Name && inputReaches(schedule.Input, receiver.trigger) {
			b.reached[i] = b.reached[i] || schedule.Enabled
			added.Handlers = append(added.Handlers, receiver.trigger.String())
			added.Publishes = withAll(added.Publishes, receiver.publishes)
		}
	}
	b.graph.Schedules = append(b.graph.Schedules, added)
}

// matchEventOf notes which rules match the event that a schedule puts on a bus, if that is what it does.
func (b *builder) matchEventOf(schedule template.Schedule) {
	if schedule.EventSource == "" {
		return
	}
	event, err := json.Marshal(map[string]any{
		"source": schedule.EventSource, "detail-type": schedule.EventDetailType, "detail": json.RawMessage(schedule.Input),
	})
	if err != nil {
		return // a detail that is no JSON is accepted by no bus
	}
	for _, rule := range b.rules {
		if strings.HasSuffix(schedule.TargetARN, ":event-bus/"+rule.Bus) && rule.pattern.Matches(event) {
			b.matched[rule.LogicalID] = true
		}
	}
}

// reaches tells whether what a rule sends to its target when it has matched a fact may bring a handler to work.
func reaches(target template.Target, detailType string, by trigger) bool {
	switch {
	case target.Input != "":
		return inputReaches(target.Input, by)
	case target.Transformer != nil, target.InputPath != "" && target.InputPath != "$":
		return true // what it makes of the event is not looked into
	default:
		return by.detailType == detailType
	}
}

// inputReaches tells whether a constant input brings a handler to work (package consumer says how it is read).
func inputReaches(input string, by trigger) bool {
	var read struct {
		DetailType string `json:"detail-type"`
		Schedule   string `json:"schedule"`
	}
	if json.Unmarshal([]byte(input), &read) != nil {
		return false
	}
	if read.DetailType != "" {
		return by.detailType == read.DetailType
	}
	return by.check != "" && by.check == read.Schedule
}

// functionAt is the function that an ARN names, whether or not a version or an alias follows.
func (b *builder) functionAt(arn string) (Function, bool) {
	const unqualified = 7 // arn:aws:lambda:region:account:function:name
	if parts := strings.Split(arn, ":"); len(parts) > unqualified {
		arn = strings.Join(parts[:unqualified], ":")
	}
	function, ours := b.functions[arn]
	return function, ours
}
