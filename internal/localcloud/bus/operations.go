package bus

import (
	"slices"
	"strings"
	"time"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/awsapi"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/pattern"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/pattern/scan"
)

type testEventPatternRequest struct {
	Event, EventPattern string
}

type testEventPatternAnswer struct {
	Result bool
}

func testEventPattern(request *testEventPatternRequest) (any, error) {
	compiled, err := pattern.Compile([]byte(request.EventPattern), pattern.SizeLimit)
	if err != nil {
		return nil, err
	}
	if !isEvent([]byte(request.Event)) {
		return nil, invalid("Parameter Event is not valid.")
	}
	return testEventPatternAnswer{Result: compiled.Matches([]byte(request.Event))}, nil
}

// isEvent tells whether text is an object with the members that AWS asks for.
func isEvent(text []byte) bool {
	start := scan.Space(text, 0)
	if !scan.Whole(text) || text[start] != '{' {
		return false
	}
	wanted := []string{`"id"`, `"account"`, `"source"`, `"time"`, `"region"`, `"detail-type"`}
	members(text, start, scan.Value, func(name, _ []byte) {
		wanted = slices.DeleteFunc(wanted, func(member string) bool { return member == string(name) })
	})
	return len(wanted) == 0
}

type busDescription struct {
	Name, Arn        string
	Description      string     `json:",omitempty"`
	LogConfig        *LogConfig `json:",omitempty"`
	CreationTime     float64    // seconds since 1970
	LastModifiedTime float64
}

func describe(bus *busEntry) busDescription {
	return busDescription{
		Name: bus.Name, Arn: busARN(bus.Name), Description: bus.Description, LogConfig: bus.LogConfig,
		CreationTime: seconds(bus.Created), LastModifiedTime: seconds(bus.Modified),
	}
}

func seconds(at time.Time) float64 { return float64(at.UnixMilli()) / 1000 }

type describeEventBusRequest struct {
	Name string
}

func (b *Bus) describeEventBus(request *describeEventBusRequest) (any, error) {
	b.admin.Lock()
	defer b.admin.Unlock()
	name := busOf(request.Name)
	bus, found := b.catalogue.buses[name]
	if !found {
		return nil, noSuchBus(name)
	}
	return describe(bus), nil
}

type listEventBusesRequest struct {
	NamePrefix string
	page
}

type listEventBusesAnswer struct {
	EventBuses []busDescription
	NextToken  string `json:",omitempty"`
}

func (b *Bus) listEventBuses(request *listEventBusesRequest) (any, error) {
	b.admin.Lock()
	defer b.admin.Unlock()
	var list []busDescription
	for name, bus := range b.catalogue.buses {
		if strings.HasPrefix(name, request.NamePrefix) {
			list = append(list, describe(bus))
		}
	}
	list, next, err := cut(list, request.page, func(bus busDescription) string { return bus.Name })
	return listEventBusesAnswer{list, next}, err
}

type putRuleRequest struct {
	Name, EventBusName, EventPattern, ScheduleExpression, State, Description string
}

type putRuleAnswer struct {
	RuleArn string
}

func (b *Bus) putRule(request *putRuleRequest) (any, error) {
	if request.ScheduleExpression != "" {
		if busOf(request.EventBusName) != DefaultBus {
			return nil, invalid("ScheduleExpression is supported only on the default event bus.")
		}
		return nil, unsupported("ScheduleExpression of a rule; a schedule of EventBridge Scheduler does the same")
	}
	arn, err := b.PutRule(Rule{
		Name: request.Name, Bus: request.EventBusName, Pattern: request.EventPattern,
		Description: request.Description, State: request.State,
	})
	return putRuleAnswer{RuleArn: arn}, err
}

type ruleDescription struct {
	Name, Arn, EventBusName, EventPattern, State string
	Description                                  string `json:",omitempty"`
	CreatedBy                                    string `json:",omitempty"`
}

func describeEntry(rule *ruleEntry) ruleDescription {
	return ruleDescription{
		Name: rule.Name, Arn: rule.ARN(), EventBusName: rule.Bus, EventPattern: rule.Pattern, State: rule.State,
		Description: rule.Description,
	}
}

// ruleRequest is the request of the operations on one rule.
type ruleRequest struct {
	Name, EventBusName string
}

func (r *ruleRequest) check() error {
	if r.Name == "" {
		return required("name")
	}
	return nil
}

func (b *Bus) describeRule(request *ruleRequest) (any, error) {
	if err := request.check(); err != nil {
		return nil, err
	}
	b.admin.Lock()
	defer b.admin.Unlock()
	_, rule, err := b.rule(request.Name, request.EventBusName)
	if err != nil {
		return nil, err
	}
	described := describeEntry(rule)
	described.CreatedBy = awsapi.Account
	return described, nil
}

type listRulesRequest struct {
	NamePrefix, EventBusName string
	page
}

type listRulesAnswer struct {
	Rules     []ruleDescription
	NextToken string `json:",omitempty"`
}

func (b *Bus) listRules(request *listRulesRequest) (any, error) {
	b.admin.Lock()
	defer b.admin.Unlock()
	name := busOf(request.EventBusName)
	bus, found := b.catalogue.buses[name]
	if !found {
		return nil, noSuchBus(name)
	}
	var list []ruleDescription
	for name, rule := range bus.rules {
		if strings.HasPrefix(name, request.NamePrefix) {
			list = append(list, describeEntry(rule))
		}
	}
	list, next, err := cut(list, request.page, func(rule ruleDescription) string { return rule.Name })
	return listRulesAnswer{list, next}, err
}

func (b *Bus) enableRule(request *ruleRequest) (any, error) { return b.setRuleState(request, Enabled) }

func (b *Bus) disableRule(request *ruleRequest) (any, error) {
	return b.setRuleState(request, Disabled)
}

func (b *Bus) setRuleState(request *ruleRequest, state string) (any, error) {
	if err := request.check(); err != nil {
		return nil, err
	}
	return struct{}{}, b.SetRuleState(request.Name, request.EventBusName, state)
}

type deleteRuleRequest struct {
	ruleRequest
	Force bool // concerns only rules that AWS's services manage
}

func (b *Bus) deleteRule(request *deleteRuleRequest) (any, error) {
	if err := request.check(); err != nil {
		return nil, err
	}
	return struct{}{}, b.DeleteRule(request.Name, request.EventBusName)
}
