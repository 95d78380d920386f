package events

// ChannelEmail is the channel of the notifications that the bus is told of. Those inside the application are items, which
// the table's stream tells of.
const ChannelEmail = "email"

// notificationKinds are the kinds of notifications that are known: those of the alerts are kinds too.
func notificationKinds() []string {
	return append([]string{"account", "content", "failures", "work", "digest"}, alertTypes()...)
}

// Notification is what the facts about a notification have in common.
type Notification struct {
	NotificationID string   `json:"notificationId" doc:"The notification."`
	UserID         string   `json:"userId" doc:"The agent whom it is for."`
	Channel        string   `json:"channel" doc:"The way that it takes."`
	Kind           string   `json:"kind" doc:"What it is about."`
	SubjectEventID string   `json:"subjectEventId" doc:"The envelope id of the event that it tells of, or that made a digest due."`
	AlertIDs       []string `json:"alertIds,omitempty" doc:"The alerts that a digest lists."`
}

// Source is "bayon.coagent.notification".
func (Notification) Source() string { return sourceNotification }

func (n Notification) validate(found *findings) {
	found.id("notificationId", n.NotificationID)
	found.id("userId", n.UserID)
	found.oneOf("channel", n.Channel, ChannelEmail)
	found.name("kind", n.Kind)
	found.id("subjectEventId", n.SubjectEventID)
	found.ids("alertIds", n.AlertIDs)
}

// NotificationSent says that a notification is on its way to its agent.
type NotificationSent struct {
	Notification
}

// DetailType is "Notification Sent".
func (NotificationSent) DetailType() string { return "Notification Sent" }

// Identity is the notification, and that it was sent.
func (f NotificationSent) Identity() string { return identityOf(f.NotificationID, "sent", "") }

// Validate returns nil or an *InvalidError.
func (f NotificationSent) Validate() error {
	var found findings
	f.validate(&found)
	return found.of(f)
}

func notificationSentEntry() Entry {
	return entryOf(Entry{
		Description: "A notification is on its way to its agent.",
		PublishedBy: []string{notificationProcessor},
		Identity:    []string{"notificationId", `"sent"`},
		Values:      map[string][]string{"channel": {ChannelEmail}},
		Known:       map[string][]string{"kind": notificationKinds()},

		ConsumedElsewhere: true,
	}, NotificationSent{Notification: exampleNotification()})
}

// NotificationDeferred says that a notification waits, for the end of quiet hours or of a rate limit.
type NotificationDeferred struct {
	Notification
	DeferredUntil Instant `json:"deferredUntil" doc:"When it will be tried again."`
	Reason        string  `json:"reason,omitempty" doc:"Why it waits."`
}

// DetailType is "Notification Deferred".
func (NotificationDeferred) DetailType() string { return "Notification Deferred" }

// Identity is the notification, that it was deferred, and until when: it may be deferred again.
func (f NotificationDeferred) Identity() string {
	return identityOf(f.NotificationID, "deferred", f.DeferredUntil.String())
}

// Validate returns nil or an *InvalidError.
func (f NotificationDeferred) Validate() error {
	var found findings
	f.validate(&found)
	found.instant("deferredUntil", f.DeferredUntil)
	found.optionalText("reason", f.Reason)
	return found.of(f)
}

func notificationDeferredEntry() Entry {
	return entryOf(Entry{
		Description: "A notification waits, for the end of quiet hours or of a rate limit.",
		PublishedBy: []string{notificationProcessor},
		Identity:    []string{"notificationId", `"deferred"`, "deferredUntil"},
		Values:      map[string][]string{"channel": {ChannelEmail}},
		Known:       map[string][]string{"kind": notificationKinds()},

		ConsumedElsewhere: true,
	}, NotificationDeferred{
		Notification:  exampleNotification(),
		DeferredUntil: exampleTime(),
		Reason:        "quiet hours",
	})
}

// NotificationFailed says that a notification will not reach its agent.
type NotificationFailed struct {
	Notification
	Reason string `json:"reason,omitempty" doc:"Why it failed."`
}

// DetailType is "Notification Failed".
func (NotificationFailed) DetailType() string { return "Notification Failed" }

// Identity is the notification, and that it failed.
func (f NotificationFailed) Identity() string { return identityOf(f.NotificationID, "failed", "") }

// Validate returns nil or an *InvalidError.
func (f NotificationFailed) Validate() error {
	var found findings
	f.validate(&found)
	found.optionalText("reason", f.Reason)
	return found.of(f)
}

func notificationFailedEntry() Entry {
	return entryOf(Entry{
		Description: "A notification will not reach its agent.",
		PublishedBy: []string{notificationProcessor},
		Identity:    []string{"notificationId", `"failed"`},
		Values:      map[string][]string{"channel": {ChannelEmail}},
		Known:       map[string][]string{"kind": notificationKinds()},

		ConsumedElsewhere: true,
	}, NotificationFailed{Notification: exampleNotification(), Reason: "no e-mail address is known"})
}

func exampleNotification() Notification {
	return Notification{
		NotificationID: "notification-77",
		UserID:         "user-7f3a",
		Channel:        ChannelEmail,
		Kind:           "digest",
		SubjectEventID: "6a7e8feb-b491-4cf7-a9f1-bf3703467718",
		AlertIDs:       []string{"0c9e1f7a5b3d4c2e8f6a7b9c0d1e2f3a", "5d7c3b1a9f8e6d4c2b0a1f3e5d7c9b8a"},
	}
}
