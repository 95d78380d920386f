package soak

import (
	"strings"
	"time"
)

// Agent is one of the agents. What they wish follows from their number, so that every wish is somebody's.
type Agent struct {
	plan   Plan
	Number int
}

// ID is the agent's userId.
func (a Agent) ID() string { return text("agent-%04d", a.Number) }

const (
	wishes   = 10 // agents after whom wishes come again
	newcomer = 9
	eachShut = 25
	shut     = 7
)

// New tells whether the agent comes without settings of any kind, so that they get the default ones.
func (a Agent) New() bool { return a.Number%wishes == newcomer }

// Daily tells whether the agent wants alerts in a daily digest.
func (a Agent) Daily() bool { return a.Number%wishes == 2 || a.Number%wishes == 7 }

// NoMail tells whether the agent wants no mail at all.
func (a Agent) NoMail() bool { return a.Number%wishes == 3 || a.Number%wishes == 8 }

// NoFailures tells whether the agent has unsubscribed from mails of failures.
func (a Agent) NoFailures() bool { return a.Number%wishes == 4 }

// Shut tells whether X no longer lets the platform act for the agent.
func (a Agent) Shut() bool { return a.Number%eachShut == shut }

// zip is where the agent's market is.
func (a Agent) zip() string { return text("%05d", 10_000+a.Number) }

// The listings of a market: those of anyone, and those of the competitor whom the agent tracks.
const (
	openListings       = 6
	competitorListings = 4
	firstPrice         = 400_000
	priceStep          = 10_000
)

// number is the mlsNumber of the nth listing: first those of anyone, then the competitor's.
func number(n int) string { return text("L%02d", n) }

// The competitor's listing that leaves the market in the evening, and the one that comes to it.
const (
	leaving = openListings + competitorListings - 1
	coming  = openListings + competitorListings
)

func isCompetitors(n int) bool { return n >= openListings }

func basePrice(n int) int { return firstPrice + priceStep*n }

// listing is the nth listing as a sync stores it.
func (a Agent) listing(n, price int, status string, syncedAt time.Time) Item {
	data := fields{
		"mlsNumber": number(n), "mlsProvider": "mls", "status": status, "price": price, "syncedAt": syncedAt.UnixMilli(),
		"daysOnMarket": 20, "listDate": iso(a.plan.Start.AddDate(0, 0, -20)), "bedrooms": 3, "bathrooms": 2.5, "squareFeet": 1500,
		"propertyType": "Residential",
		"address":      fields{"street": number(n), "city": "Springfield", "state": "WA", "zip": a.zip()},
	}
	if isCompetitors(n) {
		data["listAgentMlsId"] = "WA-1"
	}
	return a.item("LISTING#"+number(n), "Listing", data)
}

func (a Agent) item(sort, entityType string, data fields) Item {
	now := a.plan.Start.UnixMilli()
	return Item{PK: "USER#" + a.ID(), SK: sort, EntityType: entityType, Data: data, CreatedAt: now, UpdatedAt: now}
}

// items are what the platform knows of the agent before they join. The market comes before the settings, and both before the
// posts: the schedules of the local cloud may find any of them as soon as it is there, and a competitor who is looked at before
// their listings are there has new ones then.
func (a Agent) items() []Item {
	items := []Item{a.item("PROFILE", "UserProfile", fields{"name": "Agent " + a.ID(), "email": a.ID() + "@example.com"})}
	items = append(items, a.prospects()...)
	items = append(items, a.connections()...)
	if !a.New() {
		items = append(items, a.market()...)
		items = append(items, a.settings()...)
	}
	return append(items, a.posts()...)
}

// market is what there is to watch.
func (a Agent) market() (items []Item) {
	items = append(items, a.item("TRACKED_COMPETITOR#stone", "TrackedCompetitor", fields{
		"id": "stone", "name": "Bob Stone", "mlsId": "WA-1", "isActive": true, "addedAt": iso(a.plan.Start.AddDate(0, 0, -3)),
	}))
	// A month ago twice as many homes were for sale, at the same prices.
	lastMonth := time.Date(a.plan.Start.Year(), a.plan.Start.Month()-1, 1, 0, 0, 0, 0, time.UTC).Format("2006-01")
	items = append(items, a.item("TREND#"+a.zip()+"#"+lastMonth, "TrendIndicators", fields{
		"neighborhood": a.zip(), "period": lastMonth, "medianPrice": firstPrice + 5*priceStep, "inventoryLevel": 2 * (openListings + competitorListings),
		"salesVolume": 3, "sampleSize": 2 * (openListings + competitorListings), "calculatedAt": iso(a.plan.Start.AddDate(0, 0, -31)),
	}))
	for n := range openListings + competitorListings {
		items = append(items, a.listing(n, basePrice(n), "Active", a.plan.Start.Add(-time.Hour)))
	}
	return items
}

// settings are what the agent wishes to be told of.
func (a Agent) settings() (items []Item) {
	if a.NoFailures() {
		items = append(items, a.item("UNSUBSCRIBE_PREFERENCES", "UnsubscribePreferences", fields{
			"userId": a.ID(), "globalUnsubscribe": false, "typeUnsubscribes": []string{"failures"},
		}))
	}
	return append(items, a.Preferences("09:00"), a.item("SETTINGS#ALERTS", "AlertSettings", fields{
		"userId": a.ID(), "frequency": "real-time", "leadScoreThreshold": 70,
		"enabledAlertTypes": alertTypes(),
		"targetAreas":       []fields{{"id": "home", "type": "zip", "value": a.zip(), "label": "Home"}},
		"trackedCompetitors": []string{
			"stone",
		},
	}))
}

func alertTypes() []string {
	return []string{
		"life-event-lead", "competitor-new-listing", "competitor-price-reduction", "competitor-withdrawal", "neighborhood-trend", "price-reduction",
	}
}

// Preferences are how the agent wants to be notified, with digests at a time of day.
func (a Agent) Preferences(digestTime string) Item {
	frequency := "real-time"
	if a.Daily() {
		frequency = "daily"
	}
	return a.item("SETTINGS#NOTIFICATIONS", "NotificationPreferences", fields{
		"userId": a.ID(), "emailNotifications": !a.NoMail(), "frequency": frequency, "digestTime": digestTime, "timezone": "UTC",
		"enabledAlertTypes": alertTypes(), "updatedAt": iso(a.plan.Start.AddDate(0, -1, 0)),
	})
}

// prospects are two that are worth a call, one who is not, and one who lives elsewhere.
func (a Agent) prospects() []Item {
	prospect := func(id, location string, events ...fields) Item {
		return a.item("PROSPECT#"+id, "Prospect", fields{"id": id, "location": location, "events": events})
	}
	event := func(id, eventType string, daysAgo int) fields {
		return fields{
			"id": id, "personId": "person", "eventType": eventType, "eventDate": iso(a.plan.Start.AddDate(0, 0, -daysAgo).Add(-time.Hour)),
			"location": a.zip(), "confidence": 80, "source": "public records",
		}
	}
	return []Item{
		prospect("p1", a.zip(), event("e1", "retirement", 20)),                             // 60 × 1.2 = 72
		prospect("p2", a.zip(), event("e2", "divorce", 10), event("e3", "job-change", 50)), // 70 × 1.2 + 15 = 99
		prospect("p3", a.zip(), event("e4", "birth", 60)),                                  // 55
		prospect("p4", "Kirkland", event("e5", "death", 10)),                               // 90, but elsewhere
	}
}

// leads are the primary events of the prospects who are worth a call.
func leads() []string { return []string{"retirement", "divorce"} }

func networks() []string { return []string{"facebook", "instagram", "linkedin", "twitter"} }

func (a Agent) connections() (items []Item) {
	for _, network := range networks() {
		token := "token-of-" + a.ID() + "-at-" + network
		if a.Shut() && network == "twitter" {
			token = "revoked-" + token
		}
		items = append(items, a.item("SOCIAL#"+strings.ToUpper(network), "SocialConnection", fields{
			"provider": strings.ToUpper(network), "accessToken": token, "platformUserId": a.ID() + "-" + network,
			"expiresAt": a.plan.Start.AddDate(0, 0, 2).UnixMilli(), "scope": "all",
		}))
	}
	return items
}

// Posts is how many items of scheduled content each agent has.
func (p Plan) Posts() int {
	const eventsPerPost = 50
	return max(1, p.Events/p.Agents/eventsPerPost)
}

// posts are the agent's scheduled content, each on two networks that take turns.
func (a Agent) posts() (items []Item) {
	for n := range a.plan.Posts() {
		id := text("%s-post-%03d", a.ID(), n)
		at := a.plan.Start.Add(-time.Duration(1+n) * time.Second)
		var channels []fields
		for i := range 2 {
			network := networks()[(a.Number+n+i)%len(networks())]
			channels = append(channels, fields{
				"type": network, "accountId": a.ID() + "-" + network, "accountName": network, "isActive": true, "connectionStatus": "connected",
			})
		}
		item := a.item("SCHEDULE#"+id, "ScheduledContent", fields{
			"id": id, "userId": a.ID(), "contentId": "content-of-" + id, "title": "A home", "content": id, "contentType": "social_media",
			"publishTime": iso(at), "channels": channels, "status": "scheduled", "publishResults": []fields{}, "retryCount": 0,
			"metadata": fields{"hashtags": []string{"home"}, "mediaUrls": []string{a.plan.Endpoint + "/_social/picture.png"}},
		})
		item.GSI2PK, item.GSI2SK = "SCHEDULE#scheduled", "TIME#"+iso(at)
		items = append(items, item)
	}
	return items
}
