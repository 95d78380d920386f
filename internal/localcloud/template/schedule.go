package template

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
	schedule.TargetARN = target.requiredARN("Arn", "lambda")
	schedule.RoleARN = target.requiredARN("RoleArn", "iam")
	schedule.Input = target.requiredText("Input")
	schedule.Retry = target.retryPolicy()
	schedule.DeadLetterARN = target.deadLetterARN()
	target.done()
	r.stack.Schedules = append(r.stack.Schedules, schedule)
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
