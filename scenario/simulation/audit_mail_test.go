package simulation_test

import (
	"fmt"
	"slices"
	"time"
)

// checkMails: each mail is one that the agent wants, for the first time, not at night, and not too many at once.
func (a *audit) checkMails(mails []sentMail) {
	for _, mail := range mails {
		a.counts.mails++
		agent := a.agentAt(mail.to)
		if agent == nil {
			a.complain("a mail goes to %q", mail.to)
			continue
		}
		const crossing = 30 * time.Second // a mail that was begun before
		if agent.quiet.holds(mail.at) && agent.quiet.holds(mail.at.Add(-crossing)) {
			a.complain("%s gets a mail (%s) at %s, between %s and %s", agent.id, mail.kind, mail.at.In(agent.quiet.zone), agent.quiet.start, agent.quiet.end)
		}
		a.checkRates(agent, mail)
		switch {
		case mail.kind == "welcome":
			if a.welcomes[agent.id]++; a.welcomes[agent.id] > 1 {
				a.complain("%s is welcomed twice", agent.id)
			}
		case mail.kind == "ai-job-failed", mail.kind == "integration-sync-failed", mail.kind == "content-publish-failed":
			a.checkFailureMail(agent, mail)
		case len(mail.alerts) == 0:
			a.complain("%s gets a mail (%s) that tells of nothing: %s", agent.id, mail.kind, mail.subject)
		default:
			a.checkAlertMail(agent, mail)
		}
	}
}

func (a *audit) agentAt(address string) *agent {
	const suffix = "@agents.example"
	if len(address) < len(suffix) {
		return nil
	}
	return a.w.byID[address[:len(address)-len(suffix)]]
}

// window is how many mails there were in a window of the clock.
type window struct {
	begin        time.Time
	mails, early int // early ones may have been counted in the window before, and handed over after its end
}

// checkRates: 10 mails a minute, 100 an hour, 500 a day for an agent; 1,000 a minute and 10,000 an hour for all.
func (a *audit) checkRates(agent *agent, mail sentMail) {
	const crossing = 30 * time.Second
	for _, limit := range []struct {
		whose  string
		length time.Duration
		most   int
	}{
		{agent.id, time.Minute, 10}, {agent.id, time.Hour, 100}, {agent.id, 24 * time.Hour, 500}, {"all", time.Minute, 1000}, {"all", time.Hour, 10_000},
	} {
		begin := mail.at.Truncate(limit.length)
		name := func(begin time.Time) string { return fmt.Sprint(limit.whose, limit.length, begin.Unix()) }
		is, before := a.rates[name(begin)], a.rates[name(begin.Add(-limit.length))]
		is.begin = begin
		is.mails++
		if mail.at.Sub(begin) < crossing {
			is.early++
		}
		a.rates[name(begin)] = is
		if is.mails > limit.most+min(is.early, max(0, limit.most-before.mails)) {
			a.complain("%d mails go to %s within %v, at %s; %d in the window before", is.mails, limit.whose, limit.length, iso(mail.at), before.mails)
		}
	}
}

func (a *audit) trouble(name string) *troubleSeen {
	if a.troubles[name] == nil {
		a.troubles[name] = &troubleSeen{}
	}
	return a.troubles[name]
}

func (a *audit) checkFailureMail(agent *agent, mail sentMail) {
	if !agent.wantsMail("failures") {
		a.complain("%s gets a mail of a failure, and wants none", agent.id)
	}
	name := troubleName.FindString(mail.text)
	if name == "" {
		if match := contentLink.FindStringSubmatch(mail.text); match != nil {
			name = "content " + match[1]
		}
	}
	if name == "" {
		return // a connection that has to be made anew
	}
	seen := a.trouble(name)
	if seen.mails++; seen.mails > 1 {
		a.complain("%s gets a second mail of %s", agent.id, name)
	}
}

// checkAlertMail: an alert is in one mail. Those that are left to a digest are in that of their time, and not before it.
func (a *audit) checkAlertMail(agent *agent, mail sentMail) {
	var due time.Time
	for _, id := range mail.alerts {
		seen := a.alerts[id]
		if seen == nil {
			a.complain("%s gets a mail of alert %s, which never was", agent.id, id)
			continue
		}
		if seen.mails++; seen.mails > 1 {
			a.complain("%s gets a second mail of %s %s", agent.id, seen.kind, id)
		}
		if seen.agent != agent || !agent.wantsMail(seen.kind) {
			a.complain("%s gets a mail of %s %s, and wants none", agent.id, seen.kind, id)
		}
		if agent.digests == nil {
			if late := a.latest(agent, seen.createdAt); mail.at.After(late) && !a.w.ledger.gaveUp(agent.id, notifier, seen.createdAt.Add(-time.Hour), mail.at) {
				a.complain("%s gets the mail of %s %s at %s, later than %s", agent.id, seen.kind, id, iso(mail.at), iso(late))
			}
			continue
		}
		at := agent.digests.after(seen.createdAt)
		if mail.at.Before(at) {
			a.complain("%s gets the alert of %s at %s, before the digest at %s", agent.id, iso(seen.createdAt), mail.at.In(agent.zone), at.In(agent.zone))
		}
		if mail.kind == "digest" && !due.IsZero() && !at.Equal(due) {
			a.complain("%s gets alerts of two digests in one: %s and %s", agent.id, at.In(agent.zone), due.In(agent.zone))
		}
		due = at
	}
	if mail.kind != "digest" {
		return
	}
	a.counts.digests++
	if agent.digests == nil {
		a.complain("%s gets a digest, and wants none", agent.id)
		return
	}
	name := agent.id + " " + iso(due)
	if a.digests[name]++; a.digests[name] > 1 {
		a.complain("%s gets the digest of %s twice", agent.id, due.In(agent.zone))
	}
	if late := a.latest(agent, due); mail.at.After(late) && !a.w.ledger.gaveUp(agent.id, notifier, due.Add(-time.Hour), mail.at) {
		a.complain("%s gets the digest of %s at %s, later than %s", agent.id, due.In(agent.zone), iso(mail.at), iso(late))
	}
}

// attempts is how long it may take until a mail has been tried three times, as ticks lie in between.
const attempts = 100 * time.Minute

// latest is when a mail that is to be sent at a time must have been: after three attempts between which ticks lie, and the
// quiet hours that come in between.
func (a *audit) latest(agent *agent, at time.Time) time.Time {
	late := at.Add(attempts)
	for range 2 {
		for minute := at; minute.Before(late); minute = minute.Add(10 * time.Minute) {
			if agent.quiet.holds(minute) {
				at = agent.quiet.over(minute)
				late = at.Add(attempts)
				break
			}
		}
	}
	return late
}

// checkOutcome: what the bus is told of a mail is true.
func (a *audit) checkOutcome(event *archived) {
	about := event.Detail
	ids := about.AlertIDs
	if key := a.keys[about.SubjectEventID]; key != "" && len(ids) == 0 {
		if alertID := a.content.alertOf[about.SubjectEventID]; alertID != "" {
			ids = []string{alertID}
		}
	}
	switch event.DetailType {
	case "Alert Created":
		a.content.alertOf[event.ID] = about.AlertID
	case "Notification Deferred":
		a.counts.deferred++
		for _, id := range ids {
			if seen := a.alerts[id]; seen != nil {
				seen.deferred = true
			}
		}
		if about.DeferredUntil.Before(event.Time.Add(-attempts)) || !about.DeferredUntil.Equal(about.DeferredUntil.Truncate(time.Minute)) {
			a.complain("a mail to %s is deferred at %s until %s, which is no end of anything", about.UserID, iso(event.Time), iso(about.DeferredUntil))
		}
	case "Notification Sent":
		for _, id := range about.AlertIDs {
			if seen := a.alerts[id]; seen == nil || seen.mails == 0 {
				a.complain("the bus is told that a mail tells %s of alert %s, and none does", about.UserID, id)
			}
		}
		for _, id := range ids {
			if seen := a.alerts[id]; seen != nil {
				seen.told = true
			}
		}
	case "Notification Failed":
		a.counts.failedMails++
		for _, id := range ids {
			if seen := a.alerts[id]; seen != nil {
				seen.failed = true
			}
		}
		if name := a.content.troubleOf[about.SubjectEventID]; name != "" {
			a.trouble(name).failed = true
		}
		if joined := a.joinedBy[about.SubjectEventID]; joined != "" {
			a.unwelcomed[joined] = true
		}
		if a.w.ledger.calm && a.w.byID[about.UserID].address != "" {
			a.complain("a mail to %s fails though nothing goes wrong", about.UserID)
		}
	}
}

// checkUnmailed: an alert that an agent wants to be mailed is in a mail, or the bus was told that it failed.
func (a *audit) checkUnmailed(now time.Time) {
	for id, seen := range a.unmailed {
		from := seen.createdAt
		if seen.agent.digests != nil {
			from = seen.agent.digests.after(from)
		}
		late := a.latest(seen.agent, from)
		if now.Before(late) || a.w.ledger.gaveUp(seen.agent.id, notifier, seen.createdAt, now) && now.Sub(late) < untilDrivenBack {
			continue
		}
		delete(a.unmailed, id)
		switch {
		case seen.mails == 0 && !seen.failed:
			a.complain("%s gets no mail of %s %s of %s, due until %s", seen.agent.id, seen.kind, id, iso(seen.createdAt), iso(late))
		case seen.mails > 0 && !seen.deferred && seen.agent.digests == nil && seen.agent.quiet.holds(from) && seen.agent.quiet.holds(from.Add(attempts)) &&
			!a.w.ledger.gaveUp(seen.agent.id, notifier, from, now):
			a.complain("the bus was never told that the mail to %s of %s waits for the end of the quiet hours", seen.agent.id, id)
		case seen.mails > 0 && !seen.told && !seen.failed:
			a.complain("the bus was never told of the mail to %s of %s", seen.agent.id, id)
		}
	}
}

// checkTroubles: each failure is in a mail of its own to those who want it.
func (a *audit) checkTroubles(now time.Time) {
	a.w.ledger.troubles = slices.DeleteFunc(a.w.ledger.troubles, func(of trouble) bool {
		late := a.latest(of.agent, of.at).Add(time.Duration(of.many) * 10 * time.Minute)
		if now.Before(late) || a.w.ledger.gaveUp(of.agent.id, notifier, of.at, now) && now.Sub(late) < untilDrivenBack {
			return false
		}
		seen := a.trouble(of.name)
		wanted := of.agent.wantsMail("failures")
		if wanted && seen.mails == 0 && !seen.failed {
			a.complain("%s gets no mail of %s of %s, one of %d, due until %s", of.agent.id, of.name, iso(of.at), of.many, iso(late))
		}
		delete(a.troubles, of.name)
		return true
	})
}

// checkJoined: who joins is welcomed once, and finds their settings.
func (a *audit) checkJoined(now time.Time) {
	a.w.ledger.joined = slices.DeleteFunc(a.w.ledger.joined, func(agent *agent) bool {
		if now.Sub(agent.joinsAt) < untilDrivenBack {
			return false
		}
		if a.welcomes[agent.id] == 0 && !a.unwelcomed[agent.id] {
			a.complain("%s, who joined at %s, is not welcomed", agent.id, iso(agent.joinsAt))
		}
		if settings := a.w.get(agent.id, "SETTINGS#ALERTS"); settings == nil || len(settings["enabledAlertTypes"].([]any)) != len(alertTypes()) {
			a.complain("%s has joined, and has the settings %v", agent.id, settings)
		}
		if a.w.get(agent.id, "SETTINGS#NOTIFICATIONS") == nil {
			a.complain("%s has joined, and has no preferences", agent.id)
		}
		return true
	})
}
