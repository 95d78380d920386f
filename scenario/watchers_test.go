package scenario_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// homes are listings by mlsNumber, each with what differs from an active one that has been listed for 20 days by no one
// known.
type homes map[string]fields

func (c *cloud) sell(agent string, listed homes, syncedAt int64) {
	c.t.Helper()
	for number, changed := range listed {
		data := fields{
			"mlsNumber": number, "mlsProvider": "mls", "status": "Active", "syncedAt": syncedAt, "daysOnMarket": 20,
			"listDate": iso(time.Now().AddDate(0, 0, -20)), "bedrooms": 3, "bathrooms": 2.5, "squareFeet": 1500, "propertyType": "Residential",
			"address": fields{"street": number, "city": "Issaquah", "state": "WA", "zip": "98029"},
		}
		for name, value := range changed {
			data[name] = value
		}
		c.put(agent, "LISTING#"+number, "Listing", data)
	}
}

func iso(at time.Time) string { return at.UTC().Format("2006-01-02T15:04:05.000Z") }

// One agent, all four watchers, one MLS sync and one day of a competitor: these alerts, and no other.
func TestWatchersTellEverythingOnce(t *testing.T) {
	t.Parallel()
	c := start(t)
	const agent = "agent-1"
	now := time.Now().UTC()
	daysAgo := func(days int) string { return iso(now.AddDate(0, 0, -days)) }
	c.settings(agent, fields{"enabledAlertTypes": []string{
		"life-event-lead", "competitor-new-listing", "competitor-price-reduction", "competitor-withdrawal", "neighborhood-trend", "price-reduction",
	}})
	c.put(agent, "TRACKED_COMPETITOR#stone", "TrackedCompetitor", fields{
		"id": "stone", "name": "Bob Stone", "mlsId": "WA-1", "isActive": true, "addedAt": daysAgo(3),
	})
	lastMonth := time.Date(now.Year(), now.Month()-1, 1, 0, 0, 0, 0, time.UTC).Format("2006-01")
	c.put(agent, "TREND#98029#"+lastMonth, "TrendIndicators", fields{
		"neighborhood": "98029", "period": lastMonth, "medianPrice": 470_000, "inventoryLevel": 8, "avgDaysOnMarket": 20,
		"salesVolume": 3, "sampleSize": 8, "calculatedAt": daysAgo(31),
	})
	event := func(id, eventType string, ago int) fields {
		return fields{
			"id": id, "personId": "person", "eventType": eventType, "eventDate": daysAgo(ago), "location": "98029",
			"confidence": 80, "source": "public records",
		}
	}
	c.put(agent, "PROSPECT#p1", "Prospect", fields{"id": "p1", "location": "98029", "events": []fields{event("e1", "retirement", 20)}})
	c.put(agent, "PROSPECT#p2", "Prospect", fields{"id": "p2", "location": "98029", "events": []fields{
		event("e2", "divorce", 10), event("e3", "job-change", 50), event("e4", "lottery", 1),
	}})
	c.put(agent, "PROSPECT#p3", "Prospect", fields{"id": "p3", "location": "Kirkland", "events": []fields{event("e5", "death", 10)}})

	c.sell(agent, homes{
		"A1": {"price": 400_000}, "A2": {"price": 420_000}, "A3": {"price": 440_000}, "A4": {"price": 460_000}, "A5": {"price": 480_000},
		"A6": {"price": 500_000}, "C1": {"price": 700_000, "listAgentMlsId": "WA-1"}, "C2": {"price": 520_000, "listAgentMlsId": "WA-1"},
	}, now.UnixMilli()-1000)
	c.synced(agent, "sync-1")
	c.posted(agent, "post-1")
	c.quiet()
	if alerts := c.alertsOf(agent); alerts != nil {
		t.Fatalf("alerts at first sight: %v", alerts)
	}

	c.sell(agent, homes{
		"A1": {"price": 400_000, "status": "Closed", "statusChangedAt": iso(now)},
		"A2": {"price": 420_000, "status": "Sold", "statusChangedAt": iso(now)},
		"A3": {"price": 396_000},
		"C1": {"price": 560_000, "listAgentMlsId": "WA-1"},
		"C2": {"price": 520_000, "listAgentMlsId": "WA-1", "status": "Canceled"},
		"C3": {"price": 900_000, "listAgentMlsId": "WA-1", "daysOnMarket": 0, "listDate": iso(now)},
	}, now.UnixMilli())
	for range 2 { // what is told twice is one fact
		c.synced(agent, "sync-2")
		c.posted(agent, "post-2")
		c.publish("Check Due", "bayon.coagent.schedule", fmt.Sprintf(`{"check":"life-event","userId":%q,"dueAt":%q}`, agent, iso(now)))
		c.quiet()
	}
	want := []string{
		`competitor-new-listing medium {"competitorName":"Bob Stone","listingPrice":900000,"propertyAddress":"C3, Issaquah, WA 98029"}`,
		`competitor-price-reduction high {"competitorName":"Bob Stone","daysOnMarket":20,"newPrice":560000,"originalPrice":700000,"priceReduction":140000,"priceReductionPercent":20,"propertyAddress":"C1, Issaquah, WA 98029"}`,
		`competitor-withdrawal high {"competitorName":"Bob Stone","daysOnMarket":20,"propertyAddress":"C2, Issaquah, WA 98029","status":"withdrawn"}`,
		fmt.Sprintf(`life-event-lead high {"additionalEvents":["job-change"],"eventDate":%q,"eventType":"divorce","leadScore":99,"prospectLocation":"98029"}`, daysAgo(10)),
		fmt.Sprintf(`life-event-lead medium {"eventDate":%q,"eventType":"retirement","leadScore":72,"prospectLocation":"98029"}`, daysAgo(20)),
		`neighborhood-trend medium {"changePercent":16.67,"currentValue":16.67,"historicalContext":{"avg365Day":18.33,"avg90Day":18.33},"neighborhood":"98029","previousValue":20,"trendType":"dom-decrease"}`,
		`neighborhood-trend medium {"changePercent":25,"currentValue":6,"historicalContext":{"avg365Day":7,"avg90Day":7},"neighborhood":"98029","previousValue":8,"trendType":"inventory-decrease"}`,
		`price-reduction high {"daysOnMarket":20,"newPrice":560000,"originalPrice":700000,"priceReduction":140000,"priceReductionPercent":20,"propertyAddress":"C1, Issaquah, WA 98029","propertyDetails":{"bathrooms":2.5,"bedrooms":3,"propertyType":"Residential","squareFeet":1500}}`,
		`price-reduction medium {"daysOnMarket":20,"newPrice":396000,"originalPrice":440000,"priceReduction":44000,"priceReductionPercent":10,"propertyAddress":"A3, Issaquah, WA 98029","propertyDetails":{"bathrooms":2.5,"bedrooms":3,"propertyType":"Residential","squareFeet":1500}}`,
	}
	if diff := cmp.Diff(want, c.alertsOf(agent)); diff != "" {
		t.Error(diff)
	}
	scores := map[string]any{}
	for _, item := range c.items(agent, "PROSPECT#") {
		data := item["Data"].(fields)
		scores[data["id"].(string)] = data["leadScore"]
	}
	if diff := cmp.Diff(map[string]any{"p1": 72.0, "p2": 99.0, "p3": 90.0}, scores); diff != "" {
		t.Errorf("scores: %s", diff)
	}
	c.noFailures()
}

// posted says that an agent has published content.
func (c *cloud) posted(agent, contentID string) {
	c.t.Helper()
	c.publish("Content Published", "bayon.coagent.content", fmt.Sprintf(
		`{"contentId":%q,"userId":%q,"contentType":"blog_post","platform":"blog","publishedAt":"2026-11-24T08:29:59.500Z"}`, contentID, agent))
}

// alertsOf are an agent's alerts of all types, each with its priority and data, sorted. What the agent is recommended to do
// must be there, whatever the words.
func (c *cloud) alertsOf(agent string) []string {
	c.t.Helper()
	var alerts []string
	for _, item := range c.items(agent, "ALERT#") {
		data := item["Data"].(fields)
		details := data["data"].(fields)
		if action, there := details["recommendedAction"]; there && len(action.(string)) < 20 {
			c.t.Errorf("the agent is recommended %q", action)
		}
		delete(details, "recommendedAction")
		encoded, err := json.Marshal(details)
		if err != nil {
			c.t.Fatal(err)
		}
		alerts = append(alerts, fmt.Sprintf("%s %s %s", data["type"], data["priority"], encoded))
	}
	slices.Sort(alerts)
	return alerts
}
