package analytics

import (
	"github.com/bayon-coagent/event-consumers/internal/awsenv"
	"github.com/bayon-coagent/event-consumers/internal/consumer"
	"github.com/bayon-coagent/event-consumers/internal/schedule"
	"github.com/bayon-coagent/event-consumers/pkg/events"
)

// Handlers are what the function handles, and what each may publish.
func Handlers(platform *awsenv.Platform, networks Networks) []consumer.Handler {
	syncer := New(platform.Table, networks, platform.Publisher, platform.Now)
	fanOut := schedule.FanOut{
		Items:     platform.Table,
		Publisher: platform.Publisher,
		Now:       platform.Now,
		Sources:   []schedule.Source{{EntityType: connectionEntity, Agents: connectionOwners}},
	}
	return []consumer.Handler{
		consumer.On(syncer.ContentPublished).MayPublish(events.IntegrationSyncCompleted{}, events.IntegrationSyncFailed{}),
		consumer.On(syncer.CheckDue).MayPublish(events.IntegrationSyncCompleted{}, events.IntegrationSyncFailed{}),
		consumer.OnSchedule(events.CheckAnalytics, fanOut.Run).MayPublish(events.CheckDue{}),
	}
}
