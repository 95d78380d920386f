package simulation_test

import (
	"context"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// audit holds the world to docs/rules.md, day after day, by what went in and what came out.
type audit struct {
	w     *world
	until time.Time // up to where the archive has been read

	lineages map[string]lineage // of events, by envelope id
	facts    map[string]*fact   // that the app is to tell of, by event key; those that are settled are forgotten
	keys     map[string]string  // the event key of an envelope
	refused  map[string]int     // poisoned events that lay in the failure queue

	alerts     map[string]*alertSeen // by id
	unmailed   map[string]*alertSeen // those whose mail is still to come
	untold     []stored              // alerts whose event is still to come
	storedOnce map[string]bool
	digests    map[string]int    // digests by agent and digest time
	rates      map[string]window // of mails, by agent and time
	welcomes   map[string]int
	joinedBy   map[string]string // agents by the envelope that told of their coming
	unwelcomed map[string]bool   // agents of whom the bus was told that their welcome failed
	troubles   map[string]*troubleSeen

	content contentAudit
	counts  counts
}

// counts are what the world came to.
type counts struct {
	days, events, alerts, mails, digests, posts, failedChannels, openChannels, notifications, deferred, failedMails, replayed, synced, excused int
}

// lineage is where an event comes from.
type lineage struct {
	at                           time.Time
	correlation, causation, name string
	hops                         int
}

// fact is something that the app is to tell of once, by however many events it came.
type fact struct {
	userID, name string
	at           time.Time
	told         int
}

type alertSeen struct {
	id        string
	agent     *agent
	kind      string
	createdAt time.Time
	mails     int
	failed    bool // the bus was told that its mail failed
	told      bool // the bus was told that its mail was sent
	deferred  bool // and that it waits
}

type troubleSeen struct {
	mails  int
	failed bool
}

func newAudit(w *world) *audit {
	return &audit{
		w: w, until: w.ledger.begin, lineages: map[string]lineage{}, facts: map[string]*fact{}, keys: map[string]string{}, refused: map[string]int{},
		alerts: map[string]*alertSeen{}, unmailed: map[string]*alertSeen{}, storedOnce: map[string]bool{}, digests: map[string]int{},
		rates: map[string]window{}, welcomes: map[string]int{}, joinedBy: map[string]string{}, unwelcomed: map[string]bool{}, troubles: map[string]*troubleSeen{},
		content: newContentAudit(),
	}
}

func (a *audit) complain(format string, values ...any) { a.w.ledger.complain(format, values...) }

// day looks at what happened since the last time. The last second of a minute is the time to do so: the archive counts in
// seconds.
func (a *audit) day() {
	a.counts.days++
	now := time.Now()
	next := now.Truncate(time.Second).Add(time.Second)
	accepted := a.w.archive(a.until, next)
	from := a.until
	a.until = next
	for i := range accepted {
		a.learn(&accepted[i])
	}
	for i := range accepted {
		a.checkChain(&accepted[i])
	}
	a.checkStored(a.w.created("Alert", from, next), now)
	a.checkMails(a.w.ledger.takeMails())
	for i := range accepted {
		a.checkOutcome(&accepted[i])
	}
	a.checkApp(a.w.created("Notification", from, next), now)
	a.checkExpected(now)
	a.checkUnmailed(now)
	a.checkTroubles(now)
	a.checkJoined(now)
	a.checkContent(now)
	a.checkGrowth(from, now)
	a.forget(now)
}

// learn notes what an event says.
func (a *audit) learn(event *archived) {
	if strings.HasPrefix(event.Source, "bayon.coagent-") {
		return // the canary, which is no fact
	}
	a.counts.events++
	if a.w.ledger.isPoisoned(event.ID) {
		return
	}
	meta := event.Detail.Metadata
	if meta.EventKey == "" {
		a.complain("%s has no eventKey", event.DetailType)
	}
	a.lineages[event.ID] = lineage{event.Time, meta.CorrelationID, meta.CausationID, event.DetailType, meta.Hops}
	if a.isTold(event) {
		a.keys[event.ID] = meta.EventKey
		if a.facts[meta.EventKey] == nil {
			a.facts[meta.EventKey] = &fact{userID: event.Detail.UserID, name: event.DetailType, at: event.Time}
		}
	}
	switch event.DetailType {
	case "Alert Created":
		a.learnAlert(event)
	case "Content Published":
		a.learnPublished(event)
	case "User Created":
		a.joinedBy[event.ID] = event.Detail.UserID
	case "Content Publish Failed":
		a.learnPublishFailed(event)
	case "AI Job Failed", "Integration Sync Failed":
		if name := troubleName.FindString(event.Detail.Error); name != "" {
			a.trouble(name)
			a.content.troubleOf[event.ID] = name
		}
	}
}

// isTold tells whether the app is to tell the agent of an event.
func (a *audit) isTold(event *archived) bool {
	switch event.DetailType {
	case "User Created", "Content Published", "Content Publish Failed", "AI Job Completed", "AI Job Failed", "Integration Sync Failed", "Alert Created":
		return true
	case "Integration Sync Completed":
		return !isNetwork(event.Detail.Provider)
	}
	return false
}

// replayed notes the id that a replay gives an event.
func (a *audit) replayed(id string, event archived) {
	a.counts.replayed++
	if known, ok := a.lineages[event.ID]; ok {
		known.at = time.Now()
		a.lineages[id] = known
	} else {
		meta := event.Detail.Metadata
		a.lineages[id] = lineage{time.Now(), meta.CorrelationID, meta.CausationID, event.DetailType, meta.Hops}
	}
	if key, ok := a.keys[event.ID]; ok {
		a.keys[id] = key
	}
	for _, known := range []map[string]string{a.content.alertOf, a.content.troubleOf, a.joinedBy} {
		if about, ok := known[event.ID]; ok {
			known[id] = about
		}
	}
	if a.w.ledger.isPoisoned(event.ID) {
		a.w.ledger.poison(id)
	}
}

// checkChain: what follows names what it follows from, and has one hop more and the same correlation.
func (a *audit) checkChain(event *archived) {
	meta := event.Detail.Metadata
	if a.w.ledger.isPoisoned(event.ID) {
		return
	}
	if meta.CausationID == "" {
		if follows(event) {
			a.complain("%s of %s does not say what it follows from", event.DetailType, event.Detail.UserID)
		}
		if meta.Hops != 0 {
			a.complain("%s %s has %d hops and no cause", event.DetailType, event.ID, meta.Hops)
		}
		return
	}
	cause, known := a.lineages[meta.CausationID]
	if !known {
		a.complain("%s follows from %s, which never was", event.DetailType, meta.CausationID)
		return
	}
	if meta.Hops != cause.hops+1 {
		a.complain("%s has %d hops, and %s, which it follows from, %d", event.DetailType, meta.Hops, cause.name, cause.hops)
	}
	correlation := cause.correlation
	if correlation == "" {
		correlation = meta.CausationID
	}
	if meta.CorrelationID != correlation {
		a.complain("%s has the correlation %q, and %s, which it follows from, %q", event.DetailType, meta.CorrelationID, cause.name, correlation)
	}
}

// follows tells whether an event always follows from another one.
func follows(event *archived) bool {
	switch event.DetailType {
	case "Alert Created", "Notification Sent", "Notification Deferred", "Notification Failed", "Content Publish Failed":
		return true
	case "Content Published":
		return event.Detail.ScheduleID != ""
	case "Integration Sync Completed", "Integration Sync Failed":
		return isNetwork(event.Detail.Provider)
	}
	return false
}

// --- Alerts ------------------------------------------------------------------------------------------------------------

// learnAlert matches an alert with the fact that it tells of.
func (a *audit) learnAlert(event *archived) {
	about := event.Detail
	if seen := a.alerts[about.AlertID]; seen != nil {
		return // the same event, published again
	}
	a.counts.alerts++
	agent := a.w.byID[about.UserID]
	seen := &alertSeen{id: about.AlertID, agent: agent, kind: about.AlertType, createdAt: about.CreatedAt}
	a.alerts[about.AlertID] = seen
	if agent.wantsMail(about.AlertType) && agent.address != "" {
		a.unmailed[about.AlertID] = seen
	}
	text := func(name string) string { value, _ := about.Data[name].(string); return value }
	number := func(name string) float64 { value, _ := about.Data[name].(float64); return value }
	what, from, to := text("propertyAddress"), 0.0, 0.0
	switch about.AlertType {
	case "price-reduction", "competitor-price-reduction":
		from, to = number("originalPrice"), number("newPrice")
	case "competitor-new-listing":
		to = number("listingPrice")
	case "neighborhood-trend":
		what = text("neighborhood") + " " + about.CreatedAt.UTC().Format("2006-01")
		if text("trendType") != "price-increase" {
			a.complain("%s is told of a %s", agent.id, text("trendType"))
		}
	case "life-event-lead":
		what = text("prospectLocation") + " " + text("eventDate")
	}
	for _, expected := range a.w.ledger.expected {
		if expected.met == 0 && expected.agent == agent && expected.kind == about.AlertType && expected.about == what && expected.from == from && expected.to == to {
			expected.met++
			if about.CreatedAt.Before(expected.since.Truncate(time.Millisecond)) {
				a.complain("%s is told of %s %s before it happened", agent.id, about.AlertType, what)
			}
			if expected.synced && about.CreatedAt.Sub(expected.since) > atOnce && !a.w.ledger.gaveUp(agent.id, "", expected.since, about.CreatedAt) {
				a.complain("%s is told of %s %s, which a sync brought at %s, as late as %s", agent.id, about.AlertType, what, iso(expected.since), iso(about.CreatedAt))
			}
			return
		}
	}
	a.complain("%s is told, once too often or without a reason, of %s %s, %v to %v", agent.id, about.AlertType, what, from, to)
}

// untilDrivenBack is how long it may take until something has happened, even if its events were given up, and driven back in the morning.
const untilDrivenBack = 30 * time.Hour

// atOnce is how long it may take, with all retries, until what a sync tells of is noticed.
const atOnce = time.Hour

// checkExpected: what a sync tells of is noticed at once, and all else by the next day's checks.
func (a *audit) checkExpected(now time.Time) {
	const within = 48 * time.Hour
	a.w.ledger.expected = slices.DeleteFunc(a.w.ledger.expected, func(expected *expectation) bool {
		age := now.Sub(expected.since)
		overdue := age > within || expected.synced && age > atOnce && !a.w.ledger.gaveUp(expected.agent.id, "", expected.since, now)
		if expected.met == 0 && overdue {
			a.complain("%s is never told of %s %s, %v to %v, since %s", expected.agent.id, expected.kind, expected.about, expected.from, expected.to, iso(expected.since))
		}
		return expected.met > 0 || overdue
	})
}

// checkStored: an alert is stored once, does not come back when it was deleted, and the bus is told of it.
func (a *audit) checkStored(alerts []stored, now time.Time) {
	chance := a.w.chance("deletes", now.Format(time.DateOnly))
	for _, item := range alerts {
		id, _ := item.Data["id"].(string)
		if a.storedOnce[id] {
			a.complain("alert %s is stored again", id)
		}
		a.storedOnce[id] = true
		a.untold = append(a.untold, item)
		if seen := a.alerts[id]; seen != nil && a.unmailed[id] == nil && chance.IntN(10) == 0 {
			a.w.remove(seen.agent.id, item.SK) // the agent has no use for it any more
		}
	}
	a.untold = slices.DeleteFunc(a.untold, func(item stored) bool {
		id, _ := item.Data["id"].(string)
		told := a.alerts[id] != nil
		late := now.Sub(time.UnixMilli(item.CreatedAt)) > untilDrivenBack
		if !told && late {
			a.complain("the bus was never told of alert %s of %s", id, item.PK)
		}
		return told || late
	})
}

// --- The app -----------------------------------------------------------------------------------------------------------

// checkApp: the app tells of each fact once.
func (a *audit) checkApp(notifications []stored, now time.Time) {
	for _, item := range notifications {
		a.counts.notifications++
		subject, _ := item.Data["subjectEventId"].(string)
		key, known := a.keys[subject]
		if !known {
			a.complain("the app tells %s of %s, which is nothing to tell of", item.PK, subject)
			continue
		}
		told := a.facts[key]
		if told == nil {
			a.complain("the app tells %s again of what was settled long ago: %s", item.PK, key)
			continue
		}
		if told.told++; told.told > 1 {
			a.complain("the app tells %s twice of one %s", told.userID, told.name)
		}
	}
	for _, waiting := range a.facts {
		if age := now.Sub(waiting.at); waiting.told == 0 && (age > untilDrivenBack || age > time.Hour && !a.w.ledger.gaveUp(waiting.userID, notifier, waiting.at, now)) {
			a.complain("the app never tells %s of %s at %s", waiting.userID, waiting.name, iso(waiting.at))
			waiting.told = 1
		}
	}
}

// --- Growth ------------------------------------------------------------------------------------------------------------

// checkGrowth: nothing is kept for longer than the rules say, and what has had its time is gone.
func (a *audit) checkGrowth(from, now time.Time) {
	_, err := a.w.database.Sweep(context.Background(), now)
	must(a.w.t, err)
	const day, crossing = 24 * time.Hour, time.Minute
	for entity, longest := range map[string]time.Duration{
		"NotificationJob": 7 * day, "RateLimitCounter": day, "FanOut": day, "DeliveryRecord": 400 * day, "AlertFact": 400 * day, "Analytics": 400 * day,
	} {
		for _, item := range a.w.created(entity, from, now) {
			until := time.Unix(item.TTL, 0)
			if item.TTL == 0 && !lasts(item) || until.Sub(time.UnixMilli(item.UpdatedAt)) > longest+crossing {
				a.complain("%s %s of %s is kept until %s (0 is for ever: %d)", item.PK, item.SK, iso(time.UnixMilli(item.UpdatedAt)), iso(until), item.TTL)
			}
		}
	}
	const week = 7
	if a.counts.days%week != 0 {
		return
	}
	for _, left := range a.w.created("NotificationJob", a.w.ledger.begin, now.Add(-12*day)) {
		if time.UnixMilli(left.UpdatedAt).Before(now.Add(-8 * day)) {
			a.complain("%s %s of %s is still there", left.PK, left.SK, iso(time.UnixMilli(left.CreatedAt)))
		}
	}
	a.checkRecords(now.Add(15*day + crossing))
}

// lasts tells whether an item of those that have their time is none of them: a job that is open, the place of a schedule.
func lasts(item stored) bool {
	status, _ := item.Data["status"].(string)
	return item.PK == "SYSTEM" || status == "pending" || status == "processing" || item.Data["untold"] != nil
}

// checkRecords: no idempotency record is kept longer than until a time.
func (a *audit) checkRecords(latest time.Time) {
	pages := dynamodb.NewScanPaginator(a.w.client, &dynamodb.ScanInput{
		TableName: aws.String(a.w.names.idempotency), Select: types.SelectCount,
		FilterExpression:          aws.String("attribute_not_exists(expiration) OR expiration > :latest"),
		ExpressionAttributeValues: map[string]types.AttributeValue{":latest": &types.AttributeValueMemberN{Value: fmt.Sprint(latest.Unix())}},
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(context.Background())
		must(a.w.t, err)
		if page.Count > 0 {
			a.complain("%d idempotency records are kept for more than 15 days", page.Count)
		}
	}
}

// forget lets go of what nothing can refer to any more, so that a year needs no more memory than some weeks.
func (a *audit) forget(now time.Time) {
	const long = 20 * 24 * time.Hour
	for id, known := range a.lineages {
		if now.Sub(known.at) > long {
			delete(a.lineages, id)
			for _, known := range []map[string]string{a.keys, a.content.alertOf, a.content.troubleOf, a.joinedBy} {
				delete(known, id)
			}
		}
	}
	for key, told := range a.facts {
		if now.Sub(told.at) > long {
			delete(a.facts, key)
		}
	}
	for id, at := range a.w.ledger.poisonedEvents() {
		age := now.Sub(at)
		missing := age > 2*24*time.Hour && a.refused[id] == 0
		if missing {
			a.complain("a poisoned event, %s, is in no failure queue", id)
		}
		if missing || age > long {
			a.w.ledger.forgetPoisoned(id)
		}
	}
	a.content.forget(now.Add(-long))
	a.w.ledger.forget(now.Add(-long))
	maps.DeleteFunc(a.rates, func(_ string, seen window) bool { return now.Sub(seen.begin) > 3*24*time.Hour })
	batch := a.w.memory.Space("ses").Batch()
	batch.DeleteRange(nil, nil) // the mail has been looked at
	must(a.w.t, batch.Apply())
}

var troubleName = regexp.MustCompile(`trouble-agent-\d+-\d+`)
