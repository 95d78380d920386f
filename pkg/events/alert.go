package events

import "encoding/json"

// The priorities of an alert.
const (
	PriorityHigh   = "high"
	PriorityMedium = "medium"
	PriorityLow    = "low"
)

func priorities() []string { return []string{PriorityHigh, PriorityMedium, PriorityLow} }

// alertTypes are the kinds of alerts that are known.
func alertTypes() []string {
	return []string{
		"life-event-lead", "competitor-new-listing", "competitor-price-reduction", "competitor-withdrawal",
		"neighborhood-trend", "price-reduction",
	}
}

// AlertCreated says that an alert for an agent is stored.
type AlertCreated struct {
	AlertID   string          `json:"alertId" doc:"The alert."`
	UserID    string          `json:"userId" doc:"The agent whom it is for."`
	AlertType string          `json:"alertType" doc:"The kind of alert."`
	Priority  string          `json:"priority" doc:"How urgent it is."`
	CreatedAt Instant         `json:"createdAt" doc:"When it was stored."`
	Data      json.RawMessage `json:"data" doc:"What the alert says, as it is stored; its fields depend on alertType."`
	TraceID   string          `json:"traceId,omitempty" doc:"The producer's own trace."`
}

// DetailType is "Alert Created".
func (AlertCreated) DetailType() string { return "Alert Created" }

// Source is "bayon.coagent.alert".
func (AlertCreated) Source() string { return sourceAlert }

// Identity is the alert.
func (f AlertCreated) Identity() string { return identityOf(f.AlertID) }

// Validate returns nil or an *InvalidError.
func (f AlertCreated) Validate() error {
	var found findings
	found.id("alertId", f.AlertID)
	found.id("userId", f.UserID)
	found.name("alertType", f.AlertType)
	found.oneOf("priority", f.Priority, priorities()...)
	found.instant("createdAt", f.CreatedAt)
	found.object("data", f.Data)
	found.optionalID("traceId", f.TraceID)
	return found.of(f)
}

func alertCreatedEntry() Entry {
	return entryOf(Entry{
		Description: "An alert for an agent is stored.",
		PublishedBy: []string{lifeEventProcessor, competitorMonitor, trendDetector, priceReduction},
		Identity:    []string{"alertId"},
		Values:      map[string][]string{"priority": priorities()},
		Known:       map[string][]string{"alertType": alertTypes()},
	}, AlertCreated{
		AlertID:   "0c9e1f7a5b3d4c2e8f6a7b9c0d1e2f3a",
		UserID:    "user-7f3a",
		AlertType: "price-reduction",
		Priority:  PriorityHigh,
		CreatedAt: exampleTime(),
		Data: json.RawMessage(`{"propertyAddress":"12 Elm Street, Seattle, WA 98101","originalPrice":500000,"newPrice":420000,` +
			`"priceReduction":80000,"priceReductionPercent":16,"daysOnMarket":41,` +
			`"propertyDetails":{"bedrooms":3,"bathrooms":2.5,"squareFeet":1850,"propertyType":"Single Family"}}`),
		TraceID: "1-691edca8-5f84d2c1e3b7a9d0c6f41e28",
	})
}
