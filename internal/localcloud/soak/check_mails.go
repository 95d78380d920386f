package soak

import (
	"encoding/base64"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/mailbox"
)

// isShown tells whether a fact becomes a notification in the application (rules: Notifications). The simulation has a table of
// its own of the same: neither checker is to believe what the other does.
func isShown(event *Event) bool {
	switch event.DetailType {
	case "User Created", "Content Published", "Content Publish Failed", "AI Job Completed", "AI Job Failed", "Integration Sync Failed", "Alert Created":
		return true
	case "Integration Sync Completed":
		return !slices.Contains(networks(), event.Detail.Provider)
	}
	return false
}

// shown tells whether each fact that the application shows is shown once.
func (c *checker) shown() []*Row {
	row := newRow("notifications in the application")
	about := map[string]int{}
	ids := map[string]int{}
	for _, notification := range c.Table.Notifications {
		about[notification.SubjectEventID]++
		ids[notification.UserID+" "+notification.ID]++
	}
	explained := 0
	for _, identity := range c.order {
		event := c.facts[identity]
		if !isShown(event) {
			continue
		}
		times := 0
		for _, id := range c.ids[identity] {
			times += about[id]
		}
		explained += times
		if what := identity + " of " + event.Detail.UserID; times > 0 {
			row.found(times, what)
		} else {
			row.missing(c.why(notifications, event), what)
		}
	}
	if unexplained := len(c.Table.Notifications) - explained; unexplained > 0 {
		row.twice(unexplained, text("%d notifications tell of nothing that happened", unexplained))
	}
	return []*Row{row}
}

// mailFacts are the facts that bring a mail.
func mailFacts() []string {
	return []string{"User Created", "Content Publish Failed", "AI Job Failed", "Integration Sync Failed", "Alert Created"}
}

// wantsMail tells whether an agent wants a mail of a fact at once.
func wantsMail(agent Agent, event *Event) bool {
	switch {
	case agent.NoMail():
		return false
	case event.DetailType == "Alert Created":
		return !agent.Daily()
	case event.DetailType == "User Created":
		return true
	}
	return !agent.NoFailures()
}

// uncertain are words in what an agent is told of a mail that may have been sent.
const uncertain = "could not find out"

// mails tells whether each mail that was wanted was sent once, or the bus was told why not.
func (c *checker) mails() []*Row {
	row, told, lostAnswers := newRow("mails"), newRow("Notification Sent or Failed of a mail"), newRow("mails whose answer was lost, told as unknown")
	jobs := map[string][]Job{} // by the event that they are about
	for _, job := range c.Table.Jobs {
		if job.Type != "digest" {
			jobs[job.SubjectEventID] = append(jobs[job.SubjectEventID], job)
		}
		c.isTold(told, job)
	}
	taken := map[string]bool{}
	for _, mail := range c.Mails {
		taken[mail.MessageID] = true
	}
	for _, event := range c.factsOf(mailFacts()...) {
		var own []Job
		for _, id := range c.ids[event.identity()] {
			own = append(own, jobs[id]...)
		}
		agent, what := c.agents[event.Detail.UserID], event.identity()+" of "+event.Detail.UserID
		switch {
		case !wantsMail(agent, event):
			if len(own) > 0 && (event.DetailType != "Alert Created" || !agent.Daily()) {
				row.twice(len(own), what+" was not wanted")
			}
		case len(own) == 0:
			row.missing(c.why(notifications, event), what)
		default:
			c.outcome(row, own[0], taken, what)
			if len(own) > 1 {
				row.twice(len(own)-1, what)
			}
		}
	}
	c.everyMailHasAReason(row, lostAnswers)
	return []*Row{row, told, lostAnswers}
}

// outcome counts what became of a mail.
func (c *checker) outcome(row *Row, job Job, taken map[string]bool, what string) {
	switch {
	case job.Status == "sent" && taken[job.MessageID]:
		row.found(1, "")
	case job.Status == "sent":
		row.missing("", what+" is said to be sent, but is not")
	case job.Status == "failed":
		row.missing("told: "+job.Error, what)
	case job.Status == "pending" && c.isFull(job):
		row.foreseen("waits: "+job.Reason, what)
	default: // its time has come again and again
		row.missing("", text("%s is %s: %s", what, job.Status, job.Reason))
	}
}

// isTold looks for what the bus was told of a mail that has ended.
func (c *checker) isTold(row *Row, job Job) {
	detailType := map[string]string{"sent": "Notification Sent", "failed": "Notification Failed"}[job.Status]
	if detailType == "" {
		return
	}
	if c.told(Event{DetailType: detailType, Detail: Detail{NotificationID: job.ID}}) {
		row.found(1, "")
	} else {
		row.missing("", text("%s %s of %s", detailType, job.ID, job.UserID))
	}
}

// isFull tells whether a mail waits for a rate limit, as in "limit of 1,000 mails an hour for all", that can have been
// reached: a window of the clock in which at least a third as many mails were taken. What was counted and not taken, after a
// crash, makes up for the others.
func (c *checker) isFull(job Job) bool {
	limit, limited := strings.CutPrefix(job.Reason, "limit of ")
	words := strings.Fields(strings.ReplaceAll(limit, ",", ""))
	const own, ofAll = 4, 6 // words
	if !limited || len(words) != own && len(words) != ofAll {
		return false
	}
	user := job.UserID
	if len(words) == ofAll {
		user = everyone
	}
	most, err := strconv.Atoi(words[0])
	const oneIn = 3
	return err == nil && c.busiest[user+" "+words[3]] >= max(1, most/oneIn)
}

// everyone stands for all agents together.
const everyone = "everyone"

// busiestWindows are how many mails were taken in the busiest minute, hour and day of each agent, and of everyone.
func busiestWindows(mails []mailbox.Mail) map[string]int {
	busiest := map[string]int{}
	for name, length := range map[string]time.Duration{"minute": time.Minute, "hour": time.Hour, "day": 24 * time.Hour} {
		taken := map[string]int{}
		for _, mail := range mails {
			agent, _ := grantOf(mail)
			for _, user := range []string{agent, everyone} {
				window := user + " " + iso(mail.SentAt.Truncate(length))
				taken[window]++
				busiest[user+" "+name] = max(busiest[user+" "+name], taken[window])
			}
		}
	}
	return busiest
}

// everyMailHasAReason goes through all mails that were taken: each belongs to one job that knows it, or to one that is told
// as unknown, and no two say the same.
func (c *checker) everyMailHasAReason(row, lostAnswers *Row) {
	known, unknown := map[string]bool{}, map[string]int{}
	for _, job := range c.Table.Jobs {
		if job.Status == "sent" {
			known[job.MessageID] = true
		}
		if job.Status == "failed" && strings.Contains(job.Error, uncertain) {
			unknown[job.UserID+" "+job.Kind]++
			lostAnswers.Expected++
		}
	}
	said := map[string]int{}
	for _, mail := range c.Mails {
		user, kind := grantOf(mail)
		subject := subjectOf(mail)
		if said[user+" "+subject]++; subject != "" && said[user+" "+subject] > 1 {
			row.twice(1, text("a mail about %s to %s", subject, user))
		}
		switch {
		case known[mail.MessageID]:
		case unknown[user+" "+kind] > 0:
			unknown[user+" "+kind]--
			lostAnswers.Found++
		default:
			row.twice(1, text("a mail to %s (%s) that no job knows: %s", user, kind, mail.Subject))
		}
	}
	if never := lostAnswers.Expected - lostAnswers.Found; never > 0 {
		lostAnswers.Queued, lostAnswers.Foreseen = never, never
		lostAnswers.Why["were never taken"] = never
	}
}

// grantOf reads a mail's link to unsubscribe: whose mail it is, and of which kind, as jobs call it.
func grantOf(mail mailbox.Mail) (user, kind string) {
	_, token, _ := strings.Cut(mail.Headers["List-Unsubscribe"], "token=")
	payload, _, _ := strings.Cut(token, ".")
	var grant struct {
		UserID string `json:"u"`
		Kind   string `json:"k"`
	}
	if decoded, err := base64.RawURLEncoding.DecodeString(payload); err == nil {
		_ = json.Unmarshal(decoded, &grant) // a mail without a link is nobody's, and shows as such
	}
	if grant.Kind == "*" {
		grant.Kind = "digest"
	}
	return grant.UserID, grant.Kind
}

// subjectOf is what only one mail may be about: an alert, or a failure that the load has made. It is empty where the mail
// does not say.
func subjectOf(mail mailbox.Mail) string {
	for _, mark := range []string{"/alerts/", "text agent-", "sync agent-"} {
		_, after, found := strings.Cut(mail.Text, mark)
		end := strings.IndexFunc(after, func(r rune) bool { return r != '-' && r != '_' && !unicode.IsLetter(r) && !unicode.IsDigit(r) })
		if end < 0 {
			end = len(after)
		}
		if found && end > 0 {
			return mark + after[:end]
		}
	}
	return ""
}

// digests tells whether each alert of those who want digests is in one of them.
func (c *checker) digests() []*Row {
	row := newRow("alerts in a digest")
	listed, single := map[string][]Job{}, map[string][]Job{}
	for _, job := range c.Table.Jobs {
		by := single
		if job.Type == "digest" {
			by = listed
		}
		for _, id := range job.AlertIDs {
			by[job.UserID+" "+id] = append(by[job.UserID+" "+id], job)
		}
	}
	taken := map[string]bool{}
	for _, mail := range c.Mails {
		taken[mail.MessageID] = true
	}
	digestAt := iso(c.DigestAt)
	failed := map[string]bool{} // mails, each of which counts once
	for _, alert := range c.Table.Alerts {
		agent := c.agents[alert.UserID]
		if !agent.Daily() {
			continue
		}
		what := text("%s of %s", alert.ID, alert.UserID)
		told := slices.Concat(listed[alert.UserID+" "+alert.ID], single[alert.UserID+" "+alert.ID])
		switch {
		case len(told) > 0 && failed[told[0].ID]:
			row.foreseen("in the same mail", what)
		case len(told) > 0:
			c.outcome(row, told[0], taken, what)
			failed[told[0].ID] = told[0].Status == "failed"
			if len(told) > 1 {
				row.twice(len(told)-1, what)
			}
		case c.DigestAt.IsZero() || alert.CreatedAt > digestAt:
			row.foreseen("waits for the next digest", what)
		default:
			row.missing(c.whyUnchecked(notifications, "notifications", alert.UserID), what)
		}
	}
	return []*Row{row}
}
