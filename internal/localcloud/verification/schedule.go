package verification

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/scheduler"
)

func (v *verifier) schedules() {
	for _, schedule := range v.stack.Schedules {
		r := v.of("schedule", schedule.Name)
		found, err := v.schedule.GetSchedule(v.ctx, &scheduler.GetScheduleInput{Name: &schedule.Name, GroupName: &schedule.Group})
		if !r.there(err, redeploy) {
			continue
		}
		mend := "aws scheduler update-schedule --name " + schedule.Name + " --group-name " + schedule.Group + " …, as in the template"
		state := "ENABLED"
		if !schedule.Enabled {
			state = "DISABLED"
		}
		r.same("state", state, string(found.State), mend)
		r.same("expression", schedule.Expression+" "+schedule.TimeZone, aws.ToString(found.ScheduleExpression)+" "+aws.ToString(found.ScheduleExpressionTimezone), mend)
		if found.Target == nil {
			r.same("target", r.here(schedule.TargetARN), "", mend)
			continue
		}
		r.same("target", r.here(schedule.TargetARN), aws.ToString(found.Target.Arn), mend)
		r.sameJSON("input", schedule.Input, aws.ToString(found.Target.Input), mend)
		var deadLetters string
		if found.Target.DeadLetterConfig != nil {
			deadLetters = aws.ToString(found.Target.DeadLetterConfig.Arn)
		}
		r.same("dead-letter queue", r.here(schedule.DeadLetterARN), deadLetters, mend)
	}
}
