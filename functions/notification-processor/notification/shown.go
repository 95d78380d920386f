package notification

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/bayon-coagent/event-consumers/internal/alert"
	"github.com/bayon-coagent/event-consumers/internal/mail"
	"github.com/bayon-coagent/event-consumers/internal/table"
	"github.com/bayon-coagent/event-consumers/pkg/events"
)

// The kinds of notifications that are no alert's and have no mail of their own.
const (
	contentKind = "content"
	workKind    = "work"
)

// shown is what the application shows of a notification. Texts are clean: one line each, of a bounded length.
type shown struct {
	kind     string
	priority alert.Priority
	title    string
	message  string
	link     string // a path of the application
}

// notification is the item that the application shows.
type notification struct {
	ID             string         `dynamodbav:"id"`
	UserID         string         `dynamodbav:"userId"`
	Kind           string         `dynamodbav:"kind"`
	Title          string         `dynamodbav:"title"`
	Message        string         `dynamodbav:"message"`
	Priority       alert.Priority `dynamodbav:"priority"`
	SubjectEventID string         `dynamodbav:"subjectEventId"`
	Link           string         `dynamodbav:"link,omitempty"`
	CreatedAt      table.Date     `dynamodbav:"createdAt"`
	Read           bool           `dynamodbav:"read"`
}

func (s shown) save(id string, notice notice, now time.Time) table.Save {
	return table.Save{
		Key:        table.UserKey(notice.userID, "NOTIFICATION#"+strconv.FormatInt(now.UnixMilli(), 10)+"#"+id),
		EntityType: "Notification",
		Now:        now,
		Data: notification{
			ID:             id,
			UserID:         notice.userID,
			Kind:           s.kind,
			Title:          s.title,
			Message:        s.message,
			Priority:       s.priority,
			SubjectEventID: notice.eventID,
			Link:           s.link,
			CreatedAt:      table.Date{Time: now},
		},
	}
}

func shownPublished(detail events.ContentPublished) shown {
	about := shown{kind: contentKind, priority: alert.Low, link: "/content/" + url.PathEscape(detail.ContentID)}
	switch detail.Platform {
	case events.PlatformBlog:
		about.title, about.message = "Posted on your blog", "Your post is out on your blog."
	case events.PlatformNewsletter:
		about.title, about.message = "Newsletter sent", "Your newsletter is on its way to your readers."
	default:
		name := platformName(detail.Platform)
		about.title, about.message = "Posted on "+name, "Your post is out on "+name+"."
	}
	return about
}

func shownPublishFailed(detail events.ContentPublishFailed) shown {
	var names []string
	for _, platform := range detail.Platforms {
		if name := platformName(platform); !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return shown{
		kind: mail.KindFailures, priority: alert.High,
		title:   line("Could not post on "+enumerated(names), maxTitle),
		message: line(detail.Error, maxMessage),
		link:    mail.PublishFailed(detail).Path(),
	}
}

func shownJobCompleted(detail events.AIJobCompleted) shown {
	return shown{
		kind: workKind, priority: alert.Low, link: "/content",
		title:   "Your " + jobName(detail.JobType) + " is ready",
		message: "Read it, change what you like, and publish it.",
	}
}

func shownJobFailed(detail events.AIJobFailed) shown {
	return shown{
		kind: mail.KindFailures, priority: alert.High, link: mail.JobFailed(detail).Path(),
		title:   "Your " + jobName(detail.JobType) + " could not be written",
		message: line(detail.Error, maxMessage),
	}
}

func shownSyncCompleted(detail events.IntegrationSyncCompleted) shown {
	about := shown{
		kind: workKind, priority: alert.Low, link: mail.SyncFailed{}.Path(),
		title:   "Synced with " + providerName(detail.Provider),
		message: "Everything is up to date.",
	}
	if detail.ItemsSynced != nil {
		about.message = counted(*detail.ItemsSynced, "item") + " brought up to date."
	}
	return about
}

func shownSyncFailed(detail events.IntegrationSyncFailed) shown {
	return shown{
		kind: mail.KindFailures, priority: alert.High, link: mail.SyncFailed(detail).Path(),
		title:   "The sync with " + providerName(detail.Provider) + " failed",
		message: line(detail.Error, maxMessage),
	}
}

// platformName names a platform. One that is not known keeps its name.
func platformName(platform string) string {
	if name, known := mail.PlatformName(platform); known {
		return name
	}
	return line(platform, maxName)
}

// providerName names a provider. One that is not known keeps its name.
func providerName(provider string) string {
	if name, known := mail.ProviderName(provider); known {
		return name
	}
	return line(provider, maxName)
}

// jobName is what people call the text that a job writes.
func jobName(jobType events.JobType) string {
	if slices.Contains(events.JobTypes(), jobType) {
		return strings.ReplaceAll(string(jobType), "_", " ")
	}
	return "text"
}

// enumerated writes names as a sentence has them: a, b and c.
func enumerated(names []string) string {
	last := len(names) - 1
	if last < 1 {
		return strings.Join(names, "")
	}
	return strings.Join(names[:last], ", ") + " and " + names[last]
}
