package template

import (
	"encoding/json"
	"slices"
	"time"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/awsapi"
)

// defaultBus is the bus that every account has.
const defaultBus = "default"

// tags are names for people and bills.
const tags = "Tags"

func (r *reader) readBus(res *resource, p *properties) {
	p.ignore(tags, "KmsKeyIdentifier")
	p.requiredText("Name")
	logging := p.object("LogConfig")
	r.stack.Buses = append(r.stack.Buses, Bus{
		Resource:    r.header(res),
		Description: p.text("Description", ""),
		LogLevel:    logging.choice("Level", "OFF", "OFF", "ERROR", "INFO", "TRACE"),
		LogDetail:   logging.choice("IncludeDetail", "NONE", "NONE", "FULL") == "FULL",
	})
	logging.done()
}

// busPolicy is one statement that a resource adds to the policy of a bus of another.
type busPolicy struct {
	at        place
	line      int
	bus       string
	statement json.RawMessage
}

func (r *reader) readBusPolicy(res *resource, p *properties) {
	sid := p.requiredText("StatementId")
	p.refuse("the local cloud reads Statement only", "Action", "Principal", "Condition")
	if !p.has("Statement") {
		p.require("Statement")
	}
	statement := p.object("Statement")
	if !statement.present() {
		return
	}
	readStatement(statement)
	encoded, line := p.jsonObject("Statement")
	if written := statement.text("Sid", sid); written != sid {
		r.report(p.at.field("Statement.Sid"), line, "must be the StatementId %q, not %q", sid, written)
	}
	r.busPolicies = append(r.busPolicies, busPolicy{p.at.field("EventBusName"), res.line, busName(p.text("EventBusName", defaultBus)), encoded})
}

// attachBusPolicies puts the statements together that are about one bus.
func (r *reader) attachBusPolicies() {
	statements := map[string][]json.RawMessage{}
	for _, policy := range r.busPolicies {
		if find(r.stack.Buses, func(b *Bus) bool { return b.Name == policy.bus }) == nil {
			r.report(policy.at, policy.line, "the template has no bus %q", policy.bus)
			continue
		}
		statements[policy.bus] = append(statements[policy.bus], policy.statement)
	}
	for i := range r.stack.Buses {
		bus := &r.stack.Buses[i]
		if len(statements[bus.Name]) == 0 {
			continue
		}
		policy, err := json.Marshal(map[string]any{"Version": "2012-10-17", "Statement": statements[bus.Name]})
		if err != nil {
			r.report(place{bus.LogicalID, "Policy"}, bus.Line, "%v", err)
		}
		bus.Policy = policy
	}
}

func (r *reader) readRule(res *resource, p *properties) {
	p.ignore(tags, "Name", "EventBusName")
	p.refuse("the local cloud has schedules of AWS::Scheduler::Schedule only", "ScheduleExpression")
	pattern, patternLine := p.jsonObject("EventPattern")
	if pattern == nil {
		p.require("EventPattern")
	}
	rule := Rule{
		Resource:    r.header(res),
		Bus:         r.busOf(res),
		Description: p.text("Description", ""),
		Enabled:     p.choice("State", "ENABLED", "ENABLED", "DISABLED") == "ENABLED",
		Pattern:     pattern,
		PatternLine: patternLine,
	}
	for _, target := range p.objects("Targets") {
		rule.Targets = append(rule.Targets, readTarget(target))
	}
	if len(rule.Targets) > 5 {
		r.report(p.at.field("Targets"), res.line, "a rule has at most 5 targets, not %d", len(rule.Targets))
	}
	r.stack.Rules = append(r.stack.Rules, rule)
}

func readTarget(p *properties) Target {
	defer p.done()
	if p.count("Input", "InputPath", "InputTransformer") > 1 {
		p.r.report(p.at, p.line, "has at most one of Input, InputPath and InputTransformer")
	}
	return Target{
		ID:            p.requiredText("Id"),
		ARN:           p.requiredARN("Arn", "lambda", "sqs"),
		Input:         p.jsonText("Input"),
		InputPath:     p.text("InputPath", ""),
		Transformer:   readTransformer(p.object("InputTransformer")),
		Retry:         p.retryPolicy(),
		DeadLetterARN: p.deadLetterARN(),
	}
}

func readTransformer(p *properties) *InputTransformer {
	if !p.present() {
		return nil
	}
	defer p.done()
	paths := p.object("InputPathsMap")
	transformer := &InputTransformer{Paths: map[string]string{}, Template: p.requiredText("InputTemplate")}
	for _, f := range paths.node.fieldsOrNone() {
		transformer.Paths[f.name] = paths.text(f.name, "")
	}
	return transformer
}

// jsonText reads a text that must be JSON.
func (p *properties) jsonText(name string) string {
	value := p.text(name, "")
	if n := p.node.get(name); n != nil && n.scalar() && !json.Valid([]byte(value)) {
		p.r.report(p.at.field(name), n.line, "must be JSON")
		return ""
	}
	return value
}

func (r *reader) readArchive(res *resource, p *properties) {
	p.ignore("ArchiveName", "KmsKeyIdentifier")
	pattern, patternLine := p.jsonObject("EventPattern")
	const day = 24 * time.Hour
	r.stack.Archives = append(r.stack.Archives, Archive{
		Resource:    r.header(res),
		Description: p.text("Description", ""),
		Bus:         busName(p.requiredARN("SourceArn", "events")),
		Pattern:     pattern,
		PatternLine: patternLine,
		Retention:   time.Duration(p.integer("RetentionDays", 0, 0, 36500)) * day,
	})
}

// checkBuses reports rules and archives of a bus that is not there.
func (r *reader) checkBuses() {
	known := func(name string) bool {
		return name == defaultBus || slices.ContainsFunc(r.stack.Buses, func(bus Bus) bool { return bus.Name == name })
	}
	for _, rule := range r.stack.Rules {
		if rule.Bus != "" && !known(rule.Bus) {
			r.report(place{rule.LogicalID, "EventBusName"}, rule.Line, "the template has no event bus %q", rule.Bus)
		}
	}
	for _, archive := range r.stack.Archives {
		if archive.Bus != "" && !known(archive.Bus) {
			r.report(place{archive.LogicalID, "SourceArn"}, archive.Line, "the template has no event bus %s",
				awsapi.ARN("events", "event-bus/"+archive.Bus))
		}
	}
}
