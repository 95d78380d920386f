package soak

import (
	"maps"
	"slices"
	"strings"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/mailbox"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/social"
)

// Spoiling is a fault of the system, as it would show in the evidence. A checker that does not find it is none.
type Spoiling struct {
	Name string
	// Spoil makes the fault in a copy of the evidence, and tells whether there is anything that can be spoilt so. What the
	// copy shares with the original stays as it is.
	Spoil func(evidence *Evidence) (possible bool)
}

// Spoilings are all faults that a checker must find.
func Spoilings() []Spoiling {
	return []Spoiling{
		{"an accepted event never came to the bus", func(e *Evidence) bool {
			gone := e.WentIn[len(e.WentIn)-1].identity()
			return without(&e.Events, func(event Event) bool { return event.identity() == gone }, true)
		}},
		{"a notification is lost", func(e *Evidence) bool {
			return without(&e.Table.Notifications, func(Notification) bool { return true }, false)
		}},
		{"a notification is there twice", func(e *Evidence) bool {
			return doubled(&e.Table.Notifications, func(n *Notification) bool { n.ID += "-again"; return true })
		}},
		{"a mail is lost before it was sent", func(e *Evidence) bool {
			at := slices.IndexFunc(e.Table.Jobs, func(job Job) bool { return job.Type != "digest" && job.Status == "sent" })
			if at < 0 {
				return false
			}
			lost := e.Table.Jobs[at]
			return without(&e.Table.Jobs, func(job Job) bool { return job.ID == lost.ID }, true) &&
				without(&e.Mails, func(mail mailbox.Mail) bool { return mail.MessageID == lost.MessageID }, true)
		}},
		{"a mail is said to be sent, but is not", func(e *Evidence) bool {
			sent := map[string]bool{}
			for _, job := range e.Table.Jobs {
				sent[job.MessageID] = job.Status == "sent"
			}
			at := slices.IndexFunc(e.Mails, func(mail mailbox.Mail) bool { return sent[mail.MessageID] })
			if at < 0 {
				return false
			}
			e.Mails = slices.Delete(slices.Clone(e.Mails), at, at+1)
			return true
		}},
		{"a mail is sent twice", func(e *Evidence) bool {
			return doubled(&e.Mails, func(mail *mailbox.Mail) bool { mail.MessageID += "-again"; return subjectOf(*mail) != "" })
		}},
		{"an alert is lost", func(e *Evidence) bool {
			return without(&e.Table.Alerts, func(alert AlertItem) bool { return alert.Type == "price-reduction" }, false)
		}},
		{"a lead is lost", func(e *Evidence) bool {
			return without(&e.Table.Alerts, func(alert AlertItem) bool { return alert.Type == "life-event-lead" }, false)
		}},
		{"a fall is told twice", func(e *Evidence) bool {
			return doubled(&e.Table.Alerts, func(alert *AlertItem) bool { alert.ID += "-again"; return alert.Type == "price-reduction" })
		}},
		{"an alert is never told", func(e *Evidence) bool {
			if len(e.Table.Alerts) == 0 {
				return false
			}
			untold := e.Table.Alerts[0].ID
			return without(&e.Events, func(event Event) bool { return event.DetailType == "Alert Created" && event.Detail.AlertID == untold }, true)
		}},
		{"a mail is never told", func(e *Evidence) bool {
			at := slices.IndexFunc(e.Table.Jobs, func(job Job) bool { return job.Status == "sent" })
			if at < 0 {
				return false
			}
			untold := e.Table.Jobs[at].ID
			return without(&e.Events, func(event Event) bool {
				return event.DetailType == "Notification Sent" && event.Detail.NotificationID == untold
			}, true)
		}},
		{"a post is made twice", func(e *Evidence) bool {
			return doubled(&e.Posts, func(*social.Post) bool { return true })
		}},
		{"a post is said to be made, but is not", func(e *Evidence) bool {
			return without(&e.Posts, func(post social.Post) bool { return slices.Contains(networks(), post.Platform) }, false)
		}},
		{"a post is never told", func(e *Evidence) bool {
			return without(&e.Events, func(event Event) bool {
				return event.DetailType == "Content Published" && event.Detail.ScheduleID != ""
			}, true)
		}},
		{"the figures of a post are lost", func(e *Evidence) bool {
			return without(&e.Table.Analytics, func(Analytics) bool { return true }, false)
		}},
		{"a new agent has no settings", func(e *Evidence) bool {
			e.Table.Settings = maps.Clone(e.Table.Settings)
			before := len(e.Table.Settings)
			maps.DeleteFunc(e.Table.Settings, func(key string, _ bool) bool { return strings.HasSuffix(key, "SETTINGS#ALERTS") })
			return len(e.Table.Settings) < before
		}},
		{"a schedule passed an agent over", func(e *Evidence) bool {
			if len(e.Ticks) == 0 {
				return false
			}
			check, dueAt, agent := e.Ticks[0].Check, e.Ticks[0].DueAt, e.Plan.agent(0).ID()
			return without(&e.Events, func(event Event) bool {
				return event.Detail.Check == check && event.Detail.DueAt == dueAt && event.Detail.UserID == agent
			}, true)
		}},
		{"a cause is invented", func(e *Evidence) bool {
			return changed(&e.Events, caused, func(event *Event) { event.Detail.Metadata.CausationID = "nobody" })
		}},
		{"a hop is not counted", func(e *Evidence) bool {
			return changed(&e.Events, caused, func(event *Event) { event.Detail.Metadata.Hops-- })
		}},
		{"a chain is torn", func(e *Evidence) bool {
			return changed(&e.Events, caused, func(event *Event) { event.Detail.Metadata.CorrelationID = "another" })
		}},
		{"an event that cannot be handled vanishes", func(e *Evidence) bool {
			return without(&e.Failures, func(failure Failure) bool { return strings.Contains(failure.Reason, "PermanentError") }, true)
		}},
		{"a replay forgets an event", func(e *Evidence) bool {
			return without(&e.Events, func(event Event) bool { return event.ReplayName != "" }, false)
		}},
	}
}

func caused(event *Event) bool { return event.Detail.Metadata.CausationID != "" }

// without leaves the first or all that are chosen out of a list, and tells whether there are any.
func without[T any](list *[]T, chosen func(T) bool, all bool) bool {
	kept, left := make([]T, 0, len(*list)), 0
	for _, one := range *list {
		if (all || left == 0) && chosen(one) {
			left++
			continue
		}
		kept = append(kept, one)
	}
	*list = kept
	return left > 0
}

// doubled adds a copy of the first that is chosen, changed so that it is another one.
func doubled[T any](list *[]T, choose func(copied *T) bool) bool {
	for _, one := range *list {
		if choose(&one) {
			*list = append(slices.Clone(*list), one)
			return true
		}
	}
	return false
}

// changed changes the first that is chosen.
func changed[T any](list *[]T, chosen func(*T) bool, change func(*T)) bool {
	for i := range *list {
		if chosen(&(*list)[i]) {
			*list = slices.Clone(*list)
			change(&(*list)[i])
			return true
		}
	}
	return false
}
