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
	Row  string // the kind of effect that is not well then
	// Spoil makes the fault in a copy of the evidence, and tells whether there is anything that can be spoilt so. What the
	// copy shares with the original stays as it is.
	Spoil func(evidence *Evidence) (possible bool)
}

// Spoilings are all faults that a checker must find.
func Spoilings() []Spoiling {
	return slices.Concat(eventSpoilings(), mailSpoilings(), alertSpoilings(), postSpoilings(), agentSpoilings())
}

// eventSpoilings are faults of events, and of what they say of each other.
func eventSpoilings() []Spoiling {
	return []Spoiling{
		{"an accepted event never came to the bus", "events on the bus", func(e *Evidence) bool {
			gone := e.WentIn[len(e.WentIn)-1].identity()
			return without(&e.Events, func(event Event) bool { return event.identity() == gone }, true)
		}},
		{"an event follows from nothing", "causation chains", func(e *Evidence) bool {
			return changed(&e.Events, func(event *Event) bool { return event.DetailType == "Alert Created" }, func(event *Event) {
				event.Detail.Metadata.CausationID, event.Detail.Metadata.Hops = "", 0
			})
		}},
		{"a cause is invented", "causation chains", func(e *Evidence) bool {
			return changed(&e.Events, caused, func(event *Event) { event.Detail.Metadata.CausationID = "nobody" })
		}},
		{"a hop is not counted", "causation chains", func(e *Evidence) bool {
			return changed(&e.Events, caused, func(event *Event) { event.Detail.Metadata.Hops-- })
		}},
		{"a chain is torn", "causation chains", func(e *Evidence) bool {
			return changed(&e.Events, caused, func(event *Event) { event.Detail.Metadata.CorrelationID = "another" })
		}},
		{"an event that cannot be handled vanishes", "events that cannot be handled, in the queue", func(e *Evidence) bool {
			return without(&e.Failures, func(failure Failure) bool { return strings.Contains(failure.Reason, "PermanentError") }, true)
		}},
		{"a replay forgets an event", "events in the archive", func(e *Evidence) bool {
			return without(&e.Events, func(event Event) bool { return event.ReplayName != "" }, false)
		}},
	}
}

// mailSpoilings are faults of notifications, in the application and by mail.
func mailSpoilings() []Spoiling {
	return []Spoiling{
		{"a notification is lost", "notifications in the application", func(e *Evidence) bool {
			return without(&e.Table.Notifications, func(Notification) bool { return true }, false)
		}},
		{"a notification is there twice", "notifications in the application", func(e *Evidence) bool {
			return doubled(&e.Table.Notifications, func(n *Notification) bool { n.ID += "-again"; return true })
		}},
		{"a mail is lost before it was sent", "mails", func(e *Evidence) bool {
			at := slices.IndexFunc(e.Table.Jobs, isSentWelcome)
			if at < 0 {
				return false
			}
			lost := e.Table.Jobs[at]
			return without(&e.Table.Jobs, func(job Job) bool { return job.ID == lost.ID }, true) &&
				without(&e.Mails, func(mail mailbox.Mail) bool { return mail.MessageID == lost.MessageID }, true)
		}},
		{"a mail is said to be sent, but is not", "mails", func(e *Evidence) bool {
			sent := map[string]bool{}
			for _, job := range e.Table.Jobs {
				sent[job.MessageID] = isSentWelcome(job)
			}
			at := slices.IndexFunc(e.Mails, func(mail mailbox.Mail) bool { return sent[mail.MessageID] })
			if at < 0 {
				return false
			}
			e.Mails = slices.Delete(slices.Clone(e.Mails), at, at+1)
			return true
		}},
		{"a mail is sent twice", "mails", func(e *Evidence) bool {
			return doubled(&e.Mails, func(mail *mailbox.Mail) bool { mail.MessageID += "-again"; return subjectOf(*mail) != "" })
		}},
		{"a mail is never told", "Notification Sent or Failed of a mail", func(e *Evidence) bool {
			at := slices.IndexFunc(e.Table.Jobs, func(job Job) bool { return job.Status == "sent" })
			if at < 0 {
				return false
			}
			untold := e.Table.Jobs[at].ID
			return without(&e.Events, func(event Event) bool {
				return event.DetailType == "Notification Sent" && event.Detail.NotificationID == untold
			}, true)
		}},
		{"a mail waits for ever", "mails", func(e *Evidence) bool {
			return unsent(e, func(job *Job) { job.Status, job.Reason = "pending", "" })
		}},
		{"a mail waits for a limit that was not reached", "mails", func(e *Evidence) bool {
			return unsent(e, func(job *Job) { job.Status, job.Reason = "pending", "limit of 10,000 mails an hour for all" })
		}},
		{"nobody knows of any mail whether it was sent", "mails", func(e *Evidence) bool {
			e.Table.Jobs, e.Events = slices.Clone(e.Table.Jobs), slices.Clone(e.Events)
			for i := range e.Table.Jobs {
				if job := &e.Table.Jobs[i]; job.Status == "sent" {
					job.Status, job.Error = "failed", uncertain
				}
			}
			for i := range e.Events {
				if event := &e.Events[i]; event.DetailType == "Notification Sent" {
					event.DetailType = "Notification Failed"
				}
			}
			return len(e.Table.Jobs) > 0
		}},
	}
}

// alertSpoilings are faults of alerts.
func alertSpoilings() []Spoiling {
	return []Spoiling{
		{"an alert is lost", "alert: price-reduction", func(e *Evidence) bool {
			return without(&e.Table.Alerts, func(alert AlertItem) bool { return alert.Type == "price-reduction" }, false)
		}},
		{"a lead is lost", "alert: life-event-lead", func(e *Evidence) bool {
			return without(&e.Table.Alerts, func(alert AlertItem) bool { return alert.Type == "life-event-lead" }, false)
		}},
		{"a fall is told twice", "alert: price-reduction", func(e *Evidence) bool {
			return doubled(&e.Table.Alerts, func(alert *AlertItem) bool { alert.ID += "-again"; return alert.Type == "price-reduction" })
		}},
		{"an alert is never told", "Alert Created of an alert", func(e *Evidence) bool {
			if len(e.Table.Alerts) == 0 {
				return false
			}
			untold := e.Table.Alerts[0].ID
			return without(&e.Events, func(event Event) bool { return event.DetailType == "Alert Created" && event.Detail.AlertID == untold }, true)
		}},
		{"an alert is not as urgent as it should be", "what an alert says", func(e *Evidence) bool {
			return changed(&e.Table.Alerts, func(alert *AlertItem) bool { return alert.Priority == "high" }, func(alert *AlertItem) {
				alert.Priority = "medium"
			})
		}},
		{"a lead has another score", "what an alert says", func(e *Evidence) bool {
			return changed(&e.Table.Alerts, func(alert *AlertItem) bool { return alert.Data.LeadScore > 0 }, func(alert *AlertItem) {
				alert.Data.LeadScore++
			})
		}},
		{"a fall is not as deep as the prices say", "what an alert says", func(e *Evidence) bool {
			return changed(&e.Table.Alerts, func(alert *AlertItem) bool { return alert.Data.PriceReduction > 0 }, func(alert *AlertItem) {
				alert.Data.PriceReductionPercent++
			})
		}},
		{"a lead is lost, and an earlier failure is no reason", "alert: life-event-lead", func(e *Evidence) bool {
			at := slices.IndexFunc(e.Table.Alerts, func(alert AlertItem) bool { return alert.Type == "life-event-lead" })
			if at < 0 {
				return false
			}
			lead := e.Table.Alerts[at]
			joined := slices.IndexFunc(e.Events, func(event Event) bool {
				return event.DetailType == "User Created" && event.Detail.UserID == lead.UserID
			})
			if joined < 0 {
				return false
			}
			e.Table.Alerts = slices.Delete(slices.Clone(e.Table.Alerts), at, at+1)
			e.Failures = append(slices.Clone(e.Failures), Failure{
				Function: lifeEvents, Condition: "RetriesExhausted", Reason: "TransientError: earlier", EventID: e.Events[joined].ID,
			})
			return true
		}},
	}
}

// postSpoilings are faults of posts and their figures.
func postSpoilings() []Spoiling {
	return []Spoiling{
		{"a post is made twice", "posts", func(e *Evidence) bool {
			return doubled(&e.Posts, func(*social.Post) bool { return true })
		}},
		{"a post is said to be made, but is not", "posts", func(e *Evidence) bool {
			return without(&e.Posts, func(post social.Post) bool { return slices.Contains(networks(), post.Platform) }, false)
		}},
		{"a post is never told", "Content Published or Content Publish Failed of a post", func(e *Evidence) bool {
			return without(&e.Events, func(event Event) bool {
				return event.DetailType == "Content Published" && event.Detail.ScheduleID != ""
			}, true)
		}},
		{"a post is told as two facts", "Content Published or Content Publish Failed of a post", func(e *Evidence) bool {
			return doubled(&e.Events, func(event *Event) bool {
				event.ID, event.Detail.PublishedAt = event.ID+"-again", iso(event.Time)
				return event.DetailType == "Content Published" && event.Detail.ScheduleID != ""
			})
		}},
		{"a post waits for ever", "posts", func(e *Evidence) bool {
			return changed(&e.Table.Contents, func(content *Content) bool { return content.Status == "published" }, func(content *Content) {
				content.Status, content.PublishResults = "scheduled", nil
			})
		}},
		{"no post can be made", "posts", func(e *Evidence) bool {
			e.Table.Contents = slices.Clone(e.Table.Contents)
			for i := range e.Table.Contents {
				content := &e.Table.Contents[i]
				content.Status, content.PublishResults = "failed", slices.Clone(content.PublishResults)
				for n := range content.PublishResults {
					content.PublishResults[n].Success, content.PublishResults[n].Error = false, "It could not be posted."
				}
			}
			return len(e.Table.Contents) > 0
		}},
		{"the figures of a post are lost", "figures of a post", func(e *Evidence) bool {
			return without(&e.Table.Analytics, func(Analytics) bool { return true }, false)
		}},
		{"the figures of a post are all 0", "figures that are not all 0", func(e *Evidence) bool {
			return changed(&e.Table.Analytics, func(item *Analytics) bool { return item.SyncStatus == "synced" }, func(item *Analytics) {
				item.Metrics = Metrics{}
			})
		}},
	}
}

// agentSpoilings are faults of what reaches each agent: settings and checks.
func agentSpoilings() []Spoiling {
	return []Spoiling{
		{"another tick's failure is no reason", "checks that a schedule sent out", func(e *Evidence) bool {
			if len(e.Ticks) == 0 {
				return false
			}
			tick := e.Ticks[0]
			e.Failures = append(slices.Clone(e.Failures), Failure{
				Function: lifeEvents, Condition: "RetriesExhausted", Reason: "TransientError: earlier", Check: tick.Check, DueAt: iso(e.Plan.Start),
			})
			due := tick.due(tick.Concerns[0])
			return without(&e.Events, func(event Event) bool { return event.identity() == due.identity() }, true)
		}},
		{"a new agent has other settings", "default settings of a new agent", func(e *Evidence) bool {
			e.Table.Settings = maps.Clone(e.Table.Settings)
			for _, agent := range e.Plan.Everyone() {
				settings, found := e.Table.Settings[agent.ID()+" SETTINGS#ALERTS"]
				if agent.New() && found {
					settings.LeadScoreThreshold++
					e.Table.Settings[agent.ID()+" SETTINGS#ALERTS"] = settings
					return true
				}
			}
			return false
		}},
		{"a new agent has no settings", "default settings of a new agent", func(e *Evidence) bool {
			e.Table.Settings = maps.Clone(e.Table.Settings)
			before := len(e.Table.Settings)
			maps.DeleteFunc(e.Table.Settings, func(key string, _ Settings) bool { return strings.HasSuffix(key, "SETTINGS#ALERTS") })
			return len(e.Table.Settings) < before
		}},
		{"a schedule passed an agent over", "checks that a schedule sent out", func(e *Evidence) bool {
			if len(e.Ticks) == 0 {
				return false
			}
			due := e.Ticks[0].due(e.Ticks[0].Concerns[0])
			return without(&e.Events, func(event Event) bool { return event.identity() == due.identity() }, true)
		}},
		{"a tick did not come to one whose digest was due", "checks that a schedule sent out", func(e *Evidence) bool {
			at := slices.IndexFunc(e.Ticks, func(tick Tick) bool { return tick.Check == "notifications" && len(tick.Concerns) > 0 })
			if at < 0 {
				return false
			}
			due := e.Ticks[at].due(e.Ticks[at].Concerns[0])
			return without(&e.Events, func(event Event) bool { return event.identity() == due.identity() }, true)
		}},
	}
}

// isSentWelcome tells whether a mail is one that is sent to an agent alone, and was.
func isSentWelcome(job Job) bool { return job.Kind == "account" && job.Status == "sent" }

// unsent takes back that a mail was sent: neither the mail nor the bus knows of it, and the job is changed.
func unsent(e *Evidence, change func(*Job)) bool {
	at := slices.IndexFunc(e.Table.Jobs, isSentWelcome)
	if at < 0 {
		return false
	}
	e.Table.Jobs = slices.Clone(e.Table.Jobs)
	job := &e.Table.Jobs[at]
	messageID := job.MessageID
	job.MessageID = ""
	change(job)
	return without(&e.Mails, func(mail mailbox.Mail) bool { return mail.MessageID == messageID }, true) &&
		without(&e.Events, func(event Event) bool {
			return event.DetailType == "Notification Sent" && event.Detail.NotificationID == job.ID
		}, true)
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
