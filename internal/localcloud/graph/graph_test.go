package graph_test

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/bayon-coagent/event-consumers/internal/consumer"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/graph"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/template"
	"github.com/bayon-coagent/event-consumers/internal/schedule"
	"github.com/bayon-coagent/event-consumers/pkg/events"
)

// change breaks a template.
type change func(t *testing.T, text string) string

func unchanged(_ *testing.T, text string) string { return text }

// read is the graph of the project's template after a change of its text.
func read(t *testing.T, change change) *graph.Graph {
	t.Helper()
	text, makefile := file(t, "template.yaml"), file(t, "Makefile")
	computed, err := graph.Read("template.yaml", []byte(change(t, text)), makefile, nil)
	if err != nil {
		t.Fatal(err)
	}
	return computed
}

func file(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile("../../../" + name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// within replaces a text in the block of one resource, which must be there.
func within(resource, was, is string) change {
	return func(t *testing.T, text string) string {
		before, rest, found := strings.Cut(text, "\n  "+resource+":\n")
		block, after, _ := strings.Cut(rest, "\n\n")
		if !found || !strings.Contains(block, was) {
			t.Fatalf("%s has no %q", resource, was)
		}
		return before + "\n  " + resource + ":\n" + strings.Replace(block, was, is, 1) + "\n\n" + after
	}
}

func both(first, second change) change {
	return func(t *testing.T, text string) string { return second(t, first(t, text)) }
}

func TestTheProjectHasNoProblem(t *testing.T) {
	t.Parallel()
	computed := read(t, unchanged)
	for _, problem := range computed.Problems {
		t.Error(problem.Text)
	}
	if len(computed.Facts) != len(events.Catalogue()) || len(computed.Schedules) != 8 || len(computed.Longest) < 3 {
		t.Errorf("%d facts, %d schedules, the longest chain %v", len(computed.Facts), len(computed.Schedules), computed.Longest)
	}
}

// A loop needs more than a pattern that is too wide: a function answers only to facts that it has a handler for. It is
// closed by a rule that makes something else of the event.
func TestLoopsAreFound(t *testing.T) {
	t.Parallel()
	const target = "Arn: !Ref PriceReductionProcessorFunction.Alias"
	const tick = `{"schedule":"price","dueAt":"2026-11-20T09:30:00.000Z"}`
	for name, test := range map[string]struct {
		change change
		want   []string // the functions and what brings them to work, from one on around to it
	}{
		"a check that ticks the schedule it comes from": {
			within("PriceReductionMonitorCheckRule", target, target+"\n          Input: '"+tick+"'"),
			[]string{"price-reduction on the schedule price", "price-reduction on the schedule price"},
		},
		"an alert that is brought back to the function that raised it": {
			within("NotificationProcessorRule", "Arn: !Ref NotificationProcessorFunction.Alias",
				target+"\n          Input: '{\"source\":\"x\",\"detail-type\":\"Integration Sync Completed\",\"detail\":{}}'"),
			[]string{"price-reduction on Integration Sync Completed", "price-reduction on Integration Sync Completed"},
		},
		"two functions, of which each sets off the other, by a target that makes an event of an event": {
			both(
				within("ContentPublishingRule", "source: [bayon.coagent.ai]\n        detail-type: [AI Job Completed]\n        detail:\n          status: [completed]",
					"source: [bayon.coagent.integration]\n        detail-type: [{suffix: Failed}]"),
				within("ContentPublishingRule", "Arn: !Ref PublishScheduledContentFunction.Alias",
					"Arn: !Ref PublishScheduledContentFunction.Alias\n          InputTransformer:\n            InputPathsMap: {id: $.id}\n"+
						"            InputTemplate: '{\"detail-type\":\"AI Job Completed\",\"detail\":{\"jobId\":\"<id>\"}}'")),
			[]string{
				"publish-scheduled-content on AI Job Completed", "sync-social-analytics on Content Published",
				"publish-scheduled-content on AI Job Completed",
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			computed := read(t, test.change)
			var cycles []string
			for _, problem := range computed.Problems {
				if problem.Kind != graph.Cycle {
					continue
				}
				var way []string
				for _, step := range problem.Way {
					way = append(way, step.Function+" on "+step.Trigger)
				}
				if slices.Equal(way, test.want) {
					return
				}
				cycles = append(cycles, problem.Text)
			}
			t.Errorf("the cycle is not told; told are: %q", cycles)
		})
	}
}

func TestSilentErrorsAreFound(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		change        change
		kind, subject string
	}{
		"a detail type misspelled": {
			within("ContentPublishingRule", "AI Job Completed", "AI Job completed"), graph.DeadRule, "ContentPublishingRule",
		},
		"a provider that there is, of a field that there is not": {
			within("TrendDetectorRule", "provider:", "providr:"), graph.DeadRule, "TrendDetectorRule",
		},
		"a check that no schedule makes due": {
			within("CompetitorMonitorCheckRule", "[competitor]", "[competitors]"), graph.DeadRule, "CompetitorMonitorCheckRule",
		},
		"a status that the fact never has": {
			within("PriceReductionMonitorRule", "status: [completed]", "status: [failed]"), graph.DeadRule, "PriceReductionMonitorRule",
		},
		"a rule on the default bus": {
			within("AnalyticsSyncRule", "EventBusName: !Ref EventBus\n      ", ""), graph.DeadRule, "AnalyticsSyncRule",
		},
		"a fact that nobody gets any more": {
			within("NotificationProcessorRule", "'Notification ', ", "'Notification ', AI Job Failed, "), graph.UnconsumedFact, "AI Job Failed",
		},
		"a rule that is switched off": {
			within("NotificationProcessorRule", "ENABLED", "DISABLED"), graph.UnconsumedFact, "Alert Created",
		},
		"a function that gets its own facts back": {
			within("NotificationProcessorRule", "'Notification ', ", ""), graph.Unhandled, "Notification Sent",
		},
		"a rule that leads to the wrong function": {
			within("LifeEventProcessorRule", "!Ref LifeEventProcessorFunction.Alias", "!Ref TrendDetectorProcessorFunction.Alias"),
			graph.IdleHandler, "life-event-processor",
		},
		"a schedule whose input is of another check": {
			within("PriceReductionSchedule", `"schedule":"price"`, `"schedule":"prize"`), graph.IdleHandler, "price-reduction",
		},
		"a path named in two ways": {
			within("AnalyticsSyncRule", "source: [bayon.coagent.content]",
				"source: [bayon.coagent.content]\n        detail.platform: [blog]"), graph.RepeatedKey, "AnalyticsSyncRule",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, problem := range read(t, test.change).Problems {
				if problem.Kind == test.kind && problem.Subject == test.subject {
					return
				}
			}
			t.Errorf("%s %s is not found", test.kind, test.subject)
		})
	}
}

// Two keys of one name in one object are refused before there is a graph: no reader of the template knows which counts.
func TestAKeyNamedTwiceIsRefused(t *testing.T) {
	t.Parallel()
	text := within("AnalyticsSyncRule", "source: [bayon.coagent.content]",
		"source: [bayon.coagent.content]\n        source: [bayon.coagent.user]")(t, file(t, "template.yaml"))
	if _, err := graph.Read("template.yaml", []byte(text), file(t, "Makefile"), nil); err == nil || !strings.Contains(err.Error(), "stands twice") {
		t.Errorf("got %v", err)
	}
}

func TestPicturesOfTheProject(t *testing.T) {
	t.Parallel()
	computed := read(t, unchanged)
	var text, picture bytes.Buffer
	if err := computed.Text(&text); err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(text.String()) {
		if width := utf8.RuneCountInString(strings.TrimRight(line, "\n")); width > graph.Width {
			t.Errorf("%d columns: %s", width, line)
		}
	}
	if err := computed.Mermaid(&picture); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"flowchart LR\n", `(["Alert Created"])`, `-->|"NotificationProcessorRule"|`} {
		if !strings.Contains(picture.String(), want) {
			t.Errorf("the picture has no %s", want)
		}
	}
	for _, entry := range events.Catalogue() {
		if !strings.Contains(text.String(), "\n"+entry.Fact.DetailType()+"  (") && !strings.HasPrefix(text.String(), entry.Fact.DetailType()+"  (") {
			t.Errorf("%s is not shown", entry.Fact.DetailType())
		}
	}
	encoded, err := json.Marshal(computed)
	if err != nil || bytes.Contains(encoded, []byte("null")) {
		t.Errorf("%v, or null for an empty list: %s", err, encoded)
	}
}

// A stack by hand, with a function that publishes what it consumes.
func TestAHandlerThatPublishesWhatBringsItToWork(t *testing.T) {
	t.Parallel()
	handle := func(context.Context, events.Event[events.AlertCreated]) error { return nil }
	functions := map[string]graph.Function{
		"F": {Name: "f", Handlers: []consumer.Handler{
			consumer.On(handle).MayPublish(events.AlertCreated{}),
			consumer.OnSchedule("price", func(context.Context, schedule.Tick) error { return nil }),
		}},
	}
	stack := &template.Stack{
		Buses:     []template.Bus{{Resource: template.Resource{Name: "bus"}}},
		Functions: []template.Function{{Resource: template.Resource{LogicalID: "F", ARN: "arn:aws:lambda:r:a:function:f"}}},
	}
	add := func(pattern string, target template.Target) {
		stack.Rules = append(stack.Rules, template.Rule{
			Resource: template.Resource{LogicalID: "R"}, Bus: "bus", Enabled: true, Pattern: json.RawMessage(pattern),
			Targets: []template.Target{target},
		})
	}
	kinds := func() (kinds []string) {
		t.Helper()
		computed, err := graph.Of(stack, functions, events.Catalogue())
		if err != nil {
			t.Fatal(err)
		}
		for _, problem := range computed.Problems {
			kinds = append(kinds, problem.Kind)
		}
		return kinds
	}
	if slices.Contains(kinds(), graph.Cycle) {
		t.Error("a cycle without a rule")
	}
	add(`{"source":["bayon.coagent.alert"],"detail":{"priority":["urgent"]}}`, template.Target{ARN: "arn:aws:lambda:r:a:function:f"})
	if slices.Contains(kinds(), graph.Cycle) {
		t.Error("a cycle by a rule that matches no alert")
	}
	add(`{"detail":{"data":{"anything":[1]}}}`, template.Target{ARN: "arn:aws:lambda:r:a:function:f:live"})
	if !slices.Contains(kinds(), graph.Cycle) {
		t.Error("no cycle by a rule that may match an alert, to an alias of the function")
	}
	stack.Rules[1].Targets[0].ARN = "arn:aws:sqs:r:a:queue"
	if slices.Contains(kinds(), graph.Cycle) {
		t.Error("a cycle over a queue that nobody empties")
	}
}
