package provision

import (
	"fmt"
	"maps"
	"time"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/bus"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/queue"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/template"
)

// Queues makes the queues be there. Messages stay in those that are there already.
func Queues(queues *queue.Queues, described []template.Queue) error {
	for _, q := range described {
		attributes := maps.Clone(q.Attributes)
		if attributes == nil {
			attributes = map[string]string{}
		}
		if q.Policy != nil {
			attributes["Policy"] = string(q.Policy)
		}
		if err := queues.Declare(q.Name, attributes); err != nil {
			return fmt.Errorf("queue %s: %w", q.LogicalID, err)
		}
	}
	return nil
}

// Buses makes the buses, their archives, rules and targets be there. Rules that people have added stay.
func Buses(events *bus.Bus, stack *template.Stack) error {
	for _, b := range stack.Buses {
		if err := events.CreateBus(b.Name, b.Description, logConfig(b)); err != nil {
			return fmt.Errorf("bus %s: %w", b.LogicalID, err)
		}
	}
	for _, a := range stack.Archives {
		if err := events.CreateArchive(archiveOf(a)); err != nil {
			return fmt.Errorf("archive %s: %w", a.LogicalID, err)
		}
	}
	for _, r := range stack.Rules {
		if err := putRule(events, r); err != nil {
			return fmt.Errorf("rule %s: %w", r.LogicalID, err)
		}
	}
	return nil
}

func archiveOf(described template.Archive) bus.Archive {
	const day = 24 * time.Hour
	return bus.Archive{
		Name: described.Name, Bus: described.Bus, Pattern: string(described.Pattern), RetentionDays: int(described.Retention / day),
	}
}

func logConfig(b template.Bus) *bus.LogConfig {
	if b.LogLevel == "" {
		return nil
	}
	log := &bus.LogConfig{Level: b.LogLevel, IncludeDetail: "NONE"}
	if b.LogDetail {
		log.IncludeDetail = "FULL"
	}
	return log
}

func putRule(events *bus.Bus, described template.Rule) error {
	rule := bus.Rule{
		Name: described.Name, Bus: described.Bus, Pattern: string(described.Pattern), Description: described.Description,
		State: bus.Disabled,
	}
	if described.Enabled {
		rule.State = bus.Enabled
	}
	if _, err := events.PutRule(rule); err != nil {
		return err
	}
	targets := make([]bus.Target, len(described.Targets))
	for i, target := range described.Targets {
		targets[i] = busTarget(target)
	}
	if len(targets) == 0 {
		return nil
	}
	return events.PutTargets(described.Name, described.Bus, targets)
}

func busTarget(described template.Target) bus.Target {
	retries, age := described.Retry.MaximumRetryAttempts, int(described.Retry.MaximumEventAge.Seconds())
	target := bus.Target{
		ID: described.ID, ARN: described.ARN, Input: described.Input, InputPath: described.InputPath,
		RetryPolicy: &bus.RetryPolicy{MaximumRetryAttempts: &retries, MaximumEventAgeInSeconds: &age},
	}
	if described.Transformer != nil {
		target.InputTransformer = &bus.InputTransformer{
			InputPathsMap: described.Transformer.Paths, InputTemplate: described.Transformer.Template,
		}
	}
	if described.DeadLetterARN != "" {
		target.DeadLetterConfig = &bus.DeadLetterConfig{ARN: described.DeadLetterARN}
	}
	return target
}
