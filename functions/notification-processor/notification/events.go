package notification

import (
	"context"

	"github.com/bayon-coagent/event-consumers/internal/alert"
	"github.com/bayon-coagent/event-consumers/internal/mail"
	"github.com/bayon-coagent/event-consumers/pkg/events"
)

// UserCreated welcomes an agent, also by mail.
func (n *Notifier) UserCreated(ctx context.Context, event events.Event[events.UserCreated]) error {
	return mailed(ctx, n, event, event.Detail.UserID, shown{
		kind:     mail.KindAccount,
		priority: alert.Medium,
		title:    "Welcome to Bayon CoAgent",
		message:  "Your account is ready. Choose the areas and the alerts that matter to you, and we keep watch.",
		link:     mail.Welcome{}.Path(),
	})
}

// ContentPublished tells where content was posted.
func (n *Notifier) ContentPublished(ctx context.Context, event events.Event[events.ContentPublished]) error {
	return n.notify(ctx, noticeOf(event, event.Detail.UserID, shownPublished(event.Detail)))
}

// ContentPublishFailed tells where content could not be posted, also by mail.
func (n *Notifier) ContentPublishFailed(ctx context.Context, event events.Event[events.ContentPublishFailed]) error {
	return mailed(ctx, n, event, event.Detail.UserID, shownPublishFailed(event.Detail))
}

// AIJobCompleted tells that a text is ready.
func (n *Notifier) AIJobCompleted(ctx context.Context, event events.Event[events.AIJobCompleted]) error {
	return n.notify(ctx, noticeOf(event, event.Detail.UserID, shownJobCompleted(event.Detail)))
}

// AIJobFailed tells that a text could not be written, also by mail.
func (n *Notifier) AIJobFailed(ctx context.Context, event events.Event[events.AIJobFailed]) error {
	return mailed(ctx, n, event, event.Detail.UserID, shownJobFailed(event.Detail))
}

// IntegrationSyncCompleted tells that a sync has brought what was new. Those with social platforms are daily business, which
// nobody needs to be told of.
func (n *Notifier) IntegrationSyncCompleted(ctx context.Context, event events.Event[events.IntegrationSyncCompleted]) error {
	if events.IsSocialPlatform(event.Detail.Provider) {
		return nil
	}
	return n.notify(ctx, noticeOf(event, event.Detail.UserID, shownSyncCompleted(event.Detail)))
}

// IntegrationSyncFailed tells that a sync has broken off, also by mail.
func (n *Notifier) IntegrationSyncFailed(ctx context.Context, event events.Event[events.IntegrationSyncFailed]) error {
	return mailed(ctx, n, event, event.Detail.UserID, shownSyncFailed(event.Detail))
}

// AlertCreated tells of an alert, also by mail if the agent wants that.
func (n *Notifier) AlertCreated(ctx context.Context, event events.Event[events.AlertCreated]) error {
	told := noticeOf(event, event.Detail.UserID, shownAlert(event.Detail))
	told.alertID = event.Detail.AlertID
	kept, err := keep(event.Detail)
	if err != nil {
		return err
	}
	told.mail = kept
	return n.notify(ctx, told)
}

// noticeOf is the notice of an event inside the application.
func noticeOf[D events.Fact](event events.Event[D], userID string, shown shown) notice {
	return notice{userID: userID, identity: event.Identity(), eventID: eventID(event.Envelope), shown: shown}
}

// mailed notifies of an event, also by mail.
func mailed[D events.Fact](ctx context.Context, n *Notifier, event events.Event[D], userID string, shown shown) error {
	notice := noticeOf(event, userID, shown)
	kept, err := keep(event.Detail)
	if err != nil {
		return err
	}
	notice.mail = kept
	return n.notify(ctx, notice)
}

// maxEventID is how long an envelope's id may be that the bus can be told. AWS's own have 36 characters.
const maxEventID = 512

func eventID(envelope events.Envelope) string {
	return envelope.ID[:min(len(envelope.ID), maxEventID)]
}
