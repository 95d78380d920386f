package template

import (
	"strings"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/awsapi"
)

func (r *reader) readScheduleGroup(res *resource, p *properties) {
	p.ignore(tags, "Name")
	r.stack.ScheduleGroups = append(r.stack.ScheduleGroups, ScheduleGroup{r.header(res)})
}

func (r *reader) readSchedule(res *resource, p *properties) {
	p.ignore("Name", "GroupName")
	window := p.object("FlexibleTimeWindow")
	window.choice("Mode", "", "OFF")
	window.done()
	schedule := Schedule{
		Resource:    r.header(res),
		Group:       r.scheduleGroupOf(res),
		Description: p.text("Description", ""),
		Expression:  p.requiredText("ScheduleExpression"),
		TimeZone:    p.text("ScheduleExpressionTimezone", "UTC"),
		Enabled:     p.choice("State", "ENABLED", "ENABLED", "DISABLED") == "ENABLED",
		Start:       p.moment("StartDate"),
		End:         p.moment("EndDate"),
	}
	target := p.object("Target")
	schedule.TargetARN = target.requiredARN("Arn", "lambda", "events")
	readEventParameters(target, &schedule)
	schedule.RoleARN = target.requiredARN("RoleArn", "iam")
	schedule.Input = target.requiredText("Input")
	schedule.Retry = target.retryPolicy()
	schedule.DeadLetterARN = target.deadLetterARN()
	target.done()
	r.stack.Schedules = append(r.stack.Schedules, schedule)
}

// readEventParameters reads what the event of a schedule has whose target is a bus.
//
// https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-targets-templated.html
func readEventParameters(target *properties, schedule *Schedule) {
	if !strings.HasPrefix(schedule.TargetARN, awsapi.ARN("events", "")) {
		target.refuse("Scheduler takes it for event buses only", "EventBridgeParameters")
		return
	}
	if !target.has("EventBridgeParameters") {
		target.require("EventBridgeParameters")
	}
	parameters := target.object("EventBridgeParameters")
	defer parameters.done()
	if parameters.present() {
		schedule.EventSource = parameters.requiredText("Source")
		schedule.EventDetailType = parameters.requiredText("DetailType")
	}
}

// checkScheduleGroups reports schedules of a group that is not there.
func (r *reader) checkScheduleGroups() {
	for _, schedule := range r.stack.Schedules {
		named := func(group *ScheduleGroup) bool { return group.Name == schedule.Group }
		if schedule.Group != "" && schedule.Group != "default" && find(r.stack.ScheduleGroups, named) == nil {
			r.report(place{schedule.LogicalID, "GroupName"}, schedule.Line, "the template has no schedule group %q", schedule.Group)
		}
	}
}
