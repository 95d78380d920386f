package bus

import (
	"fmt"
	"slices"
)

type putTargetsRequest struct {
	Rule, EventBusName string
	Targets            []Target
}

// failedEntries is the answer to changes of several targets.
type failedEntries struct {
	FailedEntryCount int
	FailedEntries    []failedEntry
}

type failedEntry struct {
	TargetID                string `json:"TargetId"`
	ErrorCode, ErrorMessage string
}

func (b *Bus) putTargets(request *putTargetsRequest) (any, error) {
	if request.Rule == "" {
		return nil, required("rule")
	}
	return failedEntries{FailedEntries: []failedEntry{}}, b.PutTargets(request.Rule, request.EventBusName, request.Targets)
}

type removeTargetsRequest struct {
	Rule, EventBusName string
	IDs                []string `json:"Ids"`
	Force              bool     // concerns only rules that AWS's services manage
}

func (b *Bus) removeTargets(request *removeTargetsRequest) (any, error) {
	switch {
	case request.Rule == "":
		return nil, required("rule")
	case len(request.IDs) == 0:
		return nil, required("ids")
	}
	unknown, err := b.RemoveTargets(request.Rule, request.EventBusName, request.IDs)
	answer := failedEntries{FailedEntryCount: len(unknown), FailedEntries: []failedEntry{}}
	for _, id := range unknown {
		answer.FailedEntries = append(answer.FailedEntries, failedEntry{
			TargetID: id, ErrorCode: "ResourceNotFoundException",
			ErrorMessage: fmt.Sprintf("Rule %s does not have a target with the Id %s.", request.Rule, id),
		})
	}
	return answer, err
}

type listTargetsByRuleRequest struct {
	Rule, EventBusName string
	page
}

type listTargetsByRuleAnswer struct {
	Targets   []Target
	NextToken string `json:",omitempty"`
}

func (b *Bus) listTargetsByRule(request *listTargetsByRuleRequest) (any, error) {
	if request.Rule == "" {
		return nil, required("rule")
	}
	b.admin.Lock()
	defer b.admin.Unlock()
	_, rule, err := b.rule(request.Rule, request.EventBusName)
	if err != nil {
		return nil, err
	}
	var list []Target
	for i := range rule.Targets {
		list = append(list, rule.Targets[i].Target)
	}
	list, next, err := cut(list, request.page, func(target Target) string { return target.ID })
	return listTargetsByRuleAnswer{list, next}, err
}

type listRuleNamesByTargetRequest struct {
	TargetARN    string `json:"TargetArn"`
	EventBusName string
	page
}

type listRuleNamesByTargetAnswer struct {
	RuleNames []string
	NextToken string `json:",omitempty"`
}

// listRuleNamesByTarget names the rules of a bus, disabled ones too, that have a target.
func (b *Bus) listRuleNamesByTarget(request *listRuleNamesByTargetRequest) (any, error) {
	var c constraints
	c.there(request.TargetARN != "", "targetArn")
	c.longest(request.TargetARN, "targetArn", maxARN)
	if err := c.err(); err != nil {
		return nil, err
	}
	b.admin.Lock()
	defer b.admin.Unlock()
	bus, found := b.catalogue.buses[busOf(request.EventBusName)]
	if !found {
		return nil, noSuchBus(busOf(request.EventBusName))
	}
	var names []string
	for name, rule := range bus.rules {
		if slices.ContainsFunc(rule.Targets, func(target targetEntry) bool { return target.Target.ARN == request.TargetARN }) {
			names = append(names, name)
		}
	}
	names, next, err := cut(names, request.page, func(name string) string { return name })
	return listRuleNamesByTargetAnswer{names, next}, err
}
