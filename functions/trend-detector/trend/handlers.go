package trend

import (
	"github.com/bayon-coagent/event-consumers/internal/agent"
	"github.com/bayon-coagent/event-consumers/internal/alert"
	"github.com/bayon-coagent/event-consumers/internal/awsenv"
	"github.com/bayon-coagent/event-consumers/internal/consumer"
	"github.com/bayon-coagent/event-consumers/pkg/events"
)

// Handlers are what the function handles, and what each may publish.
func Handlers(platform *awsenv.Platform) []consumer.Handler {
	watcher := New(platform.Table, alert.NewStore(platform.Table, platform.Publisher, platform.Now), platform.Now)
	fanOut := agent.FanOut(platform.Table, platform.Publisher, platform.Now, Concerns)
	return []consumer.Handler{
		consumer.On(watcher.SyncCompleted).MayPublish(events.AlertCreated{}),
		consumer.On(watcher.CheckDue).MayPublish(events.AlertCreated{}),
		consumer.OnSchedule(events.CheckTrend, fanOut.Run).MayPublish(events.CheckDue{}),
	}
}
