package scheduler

import (
	"strconv"
	"strings"
	"time"
)

// execution is one attempt to call a schedule's target.
type execution struct {
	scheduleARN string
	scheduledAt time.Time
	id          string
	attempt     int // from 1
}

// timeForm is how Scheduler writes times.
const timeForm = "2006-01-02T15:04:05Z"

// fill puts an execution's attributes into a schedule's input.
//
// https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-schedule-context-attributes.html
func (e execution) fill(input string) string {
	return strings.NewReplacer(
		"<aws.scheduler.schedule-arn>", e.scheduleARN,
		"<aws.scheduler.scheduled-time>", e.scheduledAt.UTC().Format(timeForm),
		"<aws.scheduler.execution-id>", e.id,
		"<aws.scheduler.attempt-number>", strconv.Itoa(e.attempt),
	).Replace(input)
}
