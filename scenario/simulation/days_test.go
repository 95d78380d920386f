package simulation_test

import (
	"context"
	"encoding/base64"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"

	"github.com/bayon-coagent/event-consumers/pkg/events"
)

// deed is something that the platform, an agent or the market does at a time.
type deed struct {
	at time.Time
	do func()
}

// busy is as many agents as do something on a day, in the mean: in a large world each does less, and all together enough.
const busy = 150

// day plans what happens on a day (in UTC). The market moves between two and twenty o'clock, so that every check that follows
// a change comes before the next one.
func (w *world) day(begin time.Time) []deed {
	var deeds []deed
	name := begin.Format(time.DateOnly)
	for _, a := range w.agents {
		chance := w.chance("day", name, a.id)
		at := func(from, to int) time.Time {
			return begin.Add(time.Duration(from)*time.Hour + time.Duration(chance.Int64N(int64(to-from)*int64(time.Hour))))
		}
		plan := func(at time.Time, do func()) { deeds = append(deeds, deed{at, do}) }
		if idles := chance.Float64()*float64(len(w.agents)) > busy; idles && a.trade != joins && a.trade != watches {
			continue
		}
		switch a.trade {
		default:
		case sells:
			if chance.IntN(4) > 0 {
				plan(at(2, 20), func() { w.moveListing(a, chance) })
			}
		case competes:
			if chance.IntN(2) == 0 {
				plan(at(2, 20), func() { w.moveCompetitor(a, chance) })
			}
		case watches:
			if begin.Day() == 1 {
				plan(begin.Add(30*time.Minute), func() { w.moveMarket(a) })
			}
			if chance.IntN(7) == 0 {
				plan(at(2, 20), func() { w.synced(a) })
			}
		case acquires:
			if chance.IntN(2) == 0 {
				plan(at(0, 24), func() { w.meetProspect(a, chance) })
			}
			if len(a.prospects) > 0 && begin.Sub(a.prospects[0].metAt) > courtship {
				plan(at(0, 24), func() { w.removeProspects(a) })
			}
		case publishes:
			w.planPublishing(a, begin, chance, plan)
		case works:
			if chance.IntN(2) == 0 {
				plan(at(0, 24), func() { w.workFails(a, 1) })
			}
			if chance.IntN(10) == 0 { // all at once: over the limit of a minute
				plan(at(0, 24), func() { w.workFails(a, 8+chance.IntN(18)) })
			}
			if chance.IntN(150) == 0 { // and of an hour
				const burst = 130
				plan(at(0, 24), func() { w.workFails(a, burst) })
			}
		case joins:
			if !a.joinsAt.Before(begin) && a.joinsAt.Before(begin.AddDate(0, 0, 1)) {
				plan(a.joinsAt, func() { w.join(a) })
			}
		}
		if chance.IntN(20) == 0 {
			plan(at(0, 24), func() {
				a.serial++
				w.publish(events.AIJobCompleted{JobID: fmt.Sprintf("job-%s-%d", a.id, a.serial), UserID: a.id, JobType: events.JobBlogPost, Status: "completed", CompletedAt: events.At(time.Now())})
			})
		}
	}
	chance := w.chance("day", name)
	if chance.IntN(4) == 0 {
		deeds = append(deeds, deed{begin.Add(time.Duration(chance.Int64N(int64(24 * time.Hour)))), func() { w.poison(chance) }})
	}
	if begin.YearDay()%5 == 0 {
		deeds = append(deeds, deed{begin.Add(13 * time.Hour), func() { w.replay(begin.Add(-12*time.Hour), begin.Add(-8*time.Hour)) }})
	}
	deeds = append(deeds, deed{begin.Add(9 * time.Hour), w.redrive})
	slices.SortStableFunc(deeds, func(a, b deed) int { return a.at.Compare(b.at) })
	return deeds
}

// publish publishes facts as other services do, now and then twice.
func (w *world) publish(facts ...events.Fact) {
	must(w.t, w.publisher.Publish(context.Background(), facts...))
	if w.chance("twice", time.Now().UnixNano(), facts[0].Identity()).IntN(30) == 0 {
		must(w.t, w.publisher.Publish(context.Background(), facts...))
	}
}

// --- The market --------------------------------------------------------------------------------------------------------

// furnish gives an agent what they work with.
func (w *world) furnish(a *agent) {
	chance := w.chance("furnish", a.id)
	switch a.trade {
	case sells:
		for range 3 {
			w.list(a, &listing{price: float64(300+chance.IntN(600)) * 1000, status: "Active", listedAt: time.Now().AddDate(0, 0, -chance.IntN(60))})
		}
	case competes:
		for i := range 2 {
			id := fmt.Sprintf("competitor-%d", i+1)
			a.competitors = append(a.competitors, a.id+"-rival-"+fmt.Sprint(i+1))
			w.put(a, "TRACKED_COMPETITOR#"+id, "TrackedCompetitor", fields{
				"id": id, "name": "Rival " + fmt.Sprint(i+1), "mlsId": a.competitors[i], "isActive": true, "addedAt": iso(time.Now()),
			})
			for range 2 {
				w.list(a, &listing{price: float64(300+chance.IntN(600)) * 1000, status: "Active", listedAt: time.Now().AddDate(0, 0, -2-chance.IntN(60)), seller: a.competitors[i]})
			}
		}
		fresh := w.list(a, &listing{price: 700_000, status: "Active", listedAt: time.Now().Add(-2 * time.Hour), seller: a.competitors[0]})
		w.expectAlert(a, "competitor-new-listing", fresh.address, 0, 700_000)
	case watches:
		for i := range 6 {
			w.list(a, &listing{price: float64(400+50*i) * 1000, status: "Active", listedAt: time.Now().AddDate(0, 0, -40), days: 40})
		}
	case publishes:
		for _, platform := range []string{"facebook", "instagram", "linkedin", "twitter"} {
			w.connect(a, platform, chance, time.Time{})
		}
	default:
	}
}

// list stores a listing as an MLS sync does; a new one gets its number.
func (w *world) list(a *agent, l *listing) *listing {
	if l.number == "" {
		l.number = fmt.Sprintf("MLS%d-%d", a.number, len(a.listings)+1)
		l.address = fmt.Sprintf("%d Elm St, Springfield, WA %s", 100*a.number+len(a.listings)+1, a.zip)
		a.listings = append(a.listings, l)
	}
	data := fields{
		"mlsNumber": l.number, "mlsProvider": "mls", "price": l.price, "status": l.status, "syncedAt": time.Now().UnixMilli(),
		"listDate": iso(l.listedAt), "bedrooms": 3, "bathrooms": 2, "squareFeet": 1500, "propertyType": "Residential", "syncId": "sync-" + a.id,
		"address": fields{"street": strings.TrimSuffix(l.address, ", Springfield, WA "+a.zip), "city": "Springfield", "state": "WA", "zip": a.zip},
	}
	if l.seller != "" {
		data["listAgentMlsId"] = l.seller
	}
	if l.days > 0 {
		data["daysOnMarket"] = l.days
	}
	w.put(a, "LISTING#"+l.number, "Listing", data)
	return l
}

func (w *world) synced(a *agent) {
	a.serial++
	w.publish(events.IntegrationSyncCompleted{
		SyncID: fmt.Sprintf("sync-%s-%d", a.id, a.serial), UserID: a.id, Provider: events.MLSProviders()[a.serial%3], Status: "completed",
		CompletedAt: events.At(time.Now()),
	})
}

func forSale(status string) bool { return status == "Active" || status == "Pending" }

// moveListing changes one of the listings that an agent watches.
func (w *world) moveListing(a *agent, chance *rand.Rand) {
	l := a.listings[chance.IntN(len(a.listings))]
	was := l.price
	switch chance.IntN(10) {
	case 0, 1:
		l.price = was * (1 + float64(1+chance.IntN(80))/100)
	case 2:
		l.status = [...]string{"Active", "Pending", "Withdrawn", "Closed"}[chance.IntN(4)]
	case 3: // a new price while it is off the market
		l.status, l.price = "Expired", was*0.95
	default:
		l.status, l.price = [...]string{"Active", "Pending"}[chance.IntN(2)], was*(1-float64(1+chance.IntN(25))/100)
	}
	l.price = max(float64(int(l.price)), 50_000)
	w.list(a, l)
	isSynced := chance.IntN(5) > 0 // else the next check finds it
	if l.price < was && forSale(l.status) && (a.mostPrice == 0 || l.price <= a.mostPrice) {
		w.expectAlert(a, "price-reduction", l.address, was, l.price).synced = isSynced
	}
	if isSynced {
		w.synced(a)
	}
}

// moveCompetitor changes one of the listings of an agent's competitors.
func (w *world) moveCompetitor(a *agent, chance *rand.Rand) {
	seller := a.competitors[chance.IntN(len(a.competitors))]
	if chance.IntN(5) == 0 {
		l := w.list(a, &listing{price: float64(300+chance.IntN(600)) * 1000, status: "Active", listedAt: time.Now().AddDate(0, 0, -chance.IntN(3)), seller: seller})
		w.expectAlert(a, "competitor-new-listing", l.address, 0, l.price)
		return
	}
	l := a.listings[chance.IntN(len(a.listings))]
	was, before := l.price, l.status
	switch chance.IntN(6) {
	case 0:
		l.status = [...]string{"Withdrawn", "Expired"}[chance.IntN(2)]
	case 1:
		l.status = "Active"
	case 2:
		l.price = was * 1.5
	default:
		l.price = was * (1 - [...]float64{0.02, 0.05, 0.08, 0.2}[chance.IntN(4)])
	}
	l.price = max(float64(int(l.price)), 60_000)
	w.list(a, l)
	gone := func(status string) bool { return status == "Withdrawn" || status == "Expired" }
	switch {
	case gone(l.status) && !gone(before):
		w.expectAlert(a, "competitor-withdrawal", l.address, 0, 0)
	case forSale(l.status) && 100*(was-l.price) > 5*was:
		w.expectAlert(a, "competitor-price-reduction", l.address, was, l.price)
	}
}

// moveMarket lets all prices of a neighborhood rise with the new month: by twelve percent in every other, which is a trend.
func (w *world) moveMarket(a *agent) {
	month := time.Now().UTC()
	rise := 1.05
	if int(month.Month())%2 == 0 == (a.number%2 == 0) {
		rise = 1.12
	}
	for _, l := range a.listings {
		l.price = float64(int(l.price * rise))
		w.list(a, l)
	}
	if rise > 1.1 && month.Format("2006-01") != w.ledger.begin.Format("2006-01") {
		w.expectAlert(a, "neighborhood-trend", a.zip+" "+month.Format("2006-01"), 0, 0)
	}
}

// meetProspect stores a prospect in whose life something happened, or is about to happen.
func (w *world) meetProspect(a *agent, chance *rand.Rand) {
	a.serial++
	weights := []struct {
		event  string
		weight float64
	}{{"marriage", 65}, {"divorce", 70}, {"job-change", 45}, {"retirement", 60}, {"birth", 55}, {"death", 75}}
	of := weights[chance.IntN(len(weights))]
	happens := time.Now().Add(time.Duration(chance.IntN(9*24)-5*24) * time.Hour)
	location := a.zip
	if chance.IntN(5) == 0 {
		location = "99999"
	}
	id := fmt.Sprintf("prospect-%s-%d", a.id, a.serial)
	a.prospects = append(a.prospects, lead{id, time.Now()})
	w.put(a, "PROSPECT#"+id, "Prospect", fields{
		"id": id, "location": location, "leadScore": 0, "events": []fields{
			{"id": id + "-1", "personId": id, "eventType": of.event, "eventDate": iso(happens), "location": location, "confidence": 80, "source": "records"},
			{"id": id + "-2", "personId": id, "eventType": "wedding", "eventDate": iso(happens)}, // which is nothing that we know
		},
	})
	score := of.weight*1.2 + 0.5
	if location == a.zip && int(score) >= a.threshold {
		w.expectAlertAfter(a, "life-event-lead", location+" "+iso(happens), 0, 0, later(happens, time.Now()))
	}
}

// courtship is how long an agent follows a prospect: until long after what is about to happen in their life.
const courtship = 40 * 24 * time.Hour

// removeProspects takes away those whom the agent has followed for long. The alerts of them stay.
func (w *world) removeProspects(a *agent) {
	a.prospects = slices.DeleteFunc(a.prospects, func(of lead) bool {
		old := time.Since(of.metAt) > courtship
		if old {
			w.remove(a.id, "PROSPECT#"+of.id)
		}
		return old
	})
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// --- Work, and joining -------------------------------------------------------------------------------------------------

// workFails lets so many things go wrong for an agent, each in words of its own.
func (w *world) workFails(a *agent, times int) {
	var facts []events.Fact
	for range times {
		a.serial++
		name := fmt.Sprintf("trouble-%s-%d", a.id, a.serial)
		w.ledger.troubles = append(w.ledger.troubles, trouble{a, name, time.Now(), times})
		if a.serial%3 == 0 {
			facts = append(facts, events.IntegrationSyncFailed{SyncID: name, UserID: a.id, Provider: "google", Status: "failed", CompletedAt: events.At(time.Now()), Error: "It ended with " + name + "."})
		} else {
			facts = append(facts, events.AIJobFailed{JobID: name, UserID: a.id, JobType: events.JobBlogPost, Status: "failed", CompletedAt: events.At(time.Now()), Error: "It ended with " + name + "."})
		}
	}
	w.publish(facts...)
}

func (w *world) join(a *agent) {
	w.ledger.joined = append(w.ledger.joined, a)
	w.publish(events.UserCreated{UserID: a.id, Email: a.address, CreatedAt: events.At(time.Now())})
}

// poison publishes events that no function can handle.
func (w *world) poison(chance *rand.Rand) {
	details := []struct{ source, name, detail string }{
		{"bayon.coagent.integration", "Integration Sync Completed", `{"syncId":"poison","provider":"mls","status":"completed"}`},
		{"bayon.coagent.user", "User Created", `{"userId":7}`},
		{"bayon.coagent.ai", "AI Job Completed", `{"jobId":"poison","status":"completed","completedAt":"yesterday"}`},
		{"bayon.coagent.user", "User Created", `{"userId":"agent-0000","email":"poison@agents.example","createdAt":"2026-01-01T00:00:00Z","metadata":{"eventKey":"poison","hops":9}}`},
	}
	chosen := details[chance.IntN(len(details))]
	answer, err := w.putEvents.PutEvents(context.Background(), &eventbridge.PutEventsInput{Entries: []types.PutEventsRequestEntry{{
		EventBusName: aws.String(w.names.bus), Source: aws.String(chosen.source), DetailType: aws.String(chosen.name), Detail: aws.String(chosen.detail),
	}}})
	must(w.t, err)
	w.ledger.poison(aws.ToString(answer.Entries[0].EventId))
}

// --- Content -----------------------------------------------------------------------------------------------------------

func (w *world) connect(a *agent, platform string, chance *rand.Rand, expires time.Time) {
	a.serial++
	account := fmt.Sprintf("%s-%s", platform, a.id)
	if chance.IntN(25) == 0 {
		account = [...]string{"limited", "broken", "forbidden", "cut"}[chance.IntN(4)] + "-" + account
	}
	c := &connection{platform: platform, account: account, token: fmt.Sprintf("token-of-%s-%s-%d", platform, a.id, a.serial), madeAt: time.Now(), expiresAt: expires}
	a.connections[platform] = c
	a.connected = append(a.connected, c)
	w.owners[c.token] = c.account
	data := fields{"provider": strings.ToUpper(platform), "accessToken": c.token, "scope": "all", "platformUserId": account}
	if a.serial%2 == 0 {
		data = fields{"platform": platform, "accessToken": base64.StdEncoding.EncodeToString([]byte(c.token)), "scope": []string{"all"}, "platformUserId": account, "metadata": fields{}}
	}
	if !expires.IsZero() {
		data["expiresAt"] = expires.UnixMilli()
	}
	w.put(a, "SOCIAL#"+strings.ToUpper(platform), "SocialConnection", data)
}

// planPublishing plans an agent's posts, and that connections come to their end and are made anew.
func (w *world) planPublishing(a *agent, begin time.Time, chance *rand.Rand, plan func(time.Time, func())) {
	at := func() time.Time { return begin.Add(time.Duration(chance.Int64N(int64(24 * time.Hour)))) }
	for range chance.IntN(3) {
		plan(at(), func() { w.schedule(a, chance) })
	}
	if chance.IntN(6) == 0 {
		platform := [...]string{"facebook", "instagram", "linkedin", "twitter"}[chance.IntN(4)]
		plan(at(), func() { w.connect(a, platform, chance, time.Now().Add(time.Duration(chance.IntN(3*24))*time.Hour)) })
	}
	if chance.IntN(6) == 0 {
		plan(at(), func() {
			for _, c := range a.connections {
				if !c.expiresAt.IsZero() && time.Now().After(c.expiresAt) {
					w.connect(a, c.platform, chance, time.Time{})
				}
			}
		})
	}
}

// schedule stores a piece of content that is to be posted in a while, on some channels.
func (w *world) schedule(a *agent, chance *rand.Rand) {
	a.posted++
	id := fmt.Sprintf("%s-%d", a.id, a.posted)
	publishTime := time.Now().Add(time.Duration(chance.Int64N(int64(30 * time.Hour)))).Truncate(time.Minute)
	post := &scheduled{agent: a, id: id, publishTime: publishTime}
	var channels []fields
	for _, platform := range chosen(chance, []string{"facebook", "linkedin", "twitter", "blog", "newsletter", "instagram"}) {
		on := channelOf{platform: platform, account: platform + "-" + a.id, usable: true}
		if c := a.connections[platform]; c != nil {
			on.account = c.account
		}
		channel := fields{"type": platform, "accountId": on.account, "accountName": a.id, "isActive": true, "connectionStatus": "connected"}
		switch chance.IntN(16) {
		case 0:
			on.usable, channel["isActive"] = false, false
		case 1:
			on.usable, channel["connectionStatus"] = false, "disconnected"
		}
		post.channels = append(post.channels, on)
		channels = append(channels, channel)
	}
	metadata := fields{"hashtags": []string{"home"}, "recipients": []string{"reader@readers.example"}}
	if len(post.channels) == 1 && post.channels[0].platform == "instagram" {
		post.hasImage = true
		metadata["mediaUrls"] = []string{"https://images.example/" + id + ".jpg"}
	}
	w.ledger.scheduled = append(w.ledger.scheduled, post)
	w.putItem(a, "SCHEDULE#"+id, "ScheduledContent", fields{
		"id": id, "userId": a.id, "contentId": "content-" + id, "title": "Open house", "content": "Open house " + id + ".", "contentType": "social_media",
		"publishTime": iso(publishTime), "channels": channels, "status": "scheduled", "retryCount": 0, "publishResults": []fields{}, "metadata": metadata,
	}, fields{"GSI2PK": "SCHEDULE#scheduled", "GSI2SK": "TIME#" + iso(publishTime)})
}

func chosen(chance *rand.Rand, platforms []string) []string {
	chance.Shuffle(len(platforms), func(i, j int) { platforms[i], platforms[j] = platforms[j], platforms[i] })
	return platforms[:1+chance.IntN(3)]
}
