package mail

import (
	"net/url"
	"time"

	"github.com/bayon-coagent/event-consumers/internal/alert"
	"github.com/bayon-coagent/event-consumers/pkg/events"
)

// Alert tells of one alert.
type Alert struct {
	ID        string
	Type      alert.Type
	Priority  alert.Priority
	CreatedAt time.Time
	Data      []byte // JSON, as the alert's type has it (rules: Alerts); not trusted
}

// AlertOf is the alert that an event tells of.
func AlertOf(created events.AlertCreated) Alert {
	return Alert{
		ID:        created.AlertID,
		Type:      alert.Type(created.AlertType),
		Priority:  alert.Priority(created.Priority),
		CreatedAt: created.CreatedAt.Time,
		Data:      created.Data,
	}
}

// Kind is the alert's type.
func (a Alert) Kind() string { return string(a.Type) }

// Path is the alert's page.
func (a Alert) Path() string { return "/alerts/" + url.PathEscape(a.ID) }

// name is that of the alert's type. A type that is not known has words of a general kind: its producer is newer than this.
func (a Alert) name() string {
	switch a.Type {
	case alert.LifeEventLead, alert.CompetitorNewListing, alert.CompetitorPriceReduction, alert.CompetitorWithdrawal,
		alert.NeighborhoodTrend, alert.PriceReduction:
		return string(a.Type)
	}
	return "alert"
}

func (a Alert) about(zone *time.Location) any {
	read := detailsOf(a.Data, zone)
	if a.Type == alert.NeighborhoodTrend {
		return trend{read}
	}
	return read
}

// trend is the data of a trend, whose values are of the trend's own kind.
type trend struct{ details }

// Value is a field's value: an amount, a number of listings or a number of days.
func (t trend) Value(name string) string { return t.value(t.details, name) }

// Average is a value of the time before.
func (t trend) Average(name string) string { return t.value(t.Inside("historicalContext"), name) }

func (t trend) value(fields details, name string) string {
	if t.Is("trendType", "price-increase") {
		return fields.Money(name)
	}
	number := fields.Number(name)
	if number != "" && t.Is("trendType", "dom-decrease") {
		return number + " days"
	}
	return number
}
