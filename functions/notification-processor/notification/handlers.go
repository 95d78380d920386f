package notification

import (
	"crypto/rand"

	"github.com/bayon-coagent/event-consumers/internal/awsenv"
	"github.com/bayon-coagent/event-consumers/internal/awsenv/mailenv"
	"github.com/bayon-coagent/event-consumers/internal/consumer"
	"github.com/bayon-coagent/event-consumers/pkg/events"
)

// Handlers are what the function handles, and what each may publish.
func Handlers(platform *awsenv.Platform, mailer *mailenv.Mailer) []consumer.Handler {
	notifier := New(Config{
		Items:     platform.Table,
		Publisher: platform.Publisher,
		Mailer:    post{mailer, platform.Now},
		Now:       platform.Now,
		Token:     rand.Text,
	})
	fanOut := notifier.fanOut(platform.Table)
	outcomes := []events.Fact{events.NotificationSent{}, events.NotificationDeferred{}, events.NotificationFailed{}}
	return []consumer.Handler{
		consumer.On(notifier.UserCreated).MayPublish(outcomes...),
		consumer.On(notifier.ContentPublished), // brings no mail
		consumer.On(notifier.ContentPublishFailed).MayPublish(outcomes...),
		consumer.On(notifier.AIJobCompleted), // brings no mail
		consumer.On(notifier.AIJobFailed).MayPublish(outcomes...),
		consumer.On(notifier.IntegrationSyncCompleted), // brings no mail
		consumer.On(notifier.IntegrationSyncFailed).MayPublish(outcomes...),
		consumer.On(notifier.AlertCreated).MayPublish(outcomes...),
		consumer.On(notifier.CheckDue).MayPublish(outcomes...),
		consumer.OnSchedule(events.CheckNotifications, fanOut.Run).MayPublish(events.CheckDue{}),
	}
}
