package soak

import (
	"cmp"
	"slices"
	"strings"
)

// alerts compares the alerts of each agent with what happened in their market and to their prospects (rules: Life events,
// Competitors, Trends, Price reduction).
func (c *checker) alerts() []*Row {
	a := alertRows{checker: c, told: newRow("Alert Created of an alert"), rows: map[string]*Row{}}
	rows := make([]*Row, 0, len(alertTypes())+1)
	for _, alertType := range alertTypes() {
		a.rows[alertType] = newRow("alert: " + alertType)
		rows = append(rows, a.rows[alertType])
	}
	of := map[string][]AlertItem{} // by agent and type
	seen := map[string]int{}
	for _, alert := range c.Table.Alerts {
		if seen[alert.UserID+" "+alert.ID]++; seen[alert.UserID+" "+alert.ID] > 1 {
			a.row(alert.Type).twice(1, text("%s of %s", alert.ID, alert.UserID))
			continue
		}
		a.isTold(alert)
		of[alert.UserID+" "+alert.Type] = append(of[alert.UserID+" "+alert.Type], alert)
	}
	for _, agent := range c.Plan.Everyone() {
		a.leads(agent, of[agent.ID()+" life-event-lead"])
		a.trend(agent, of[agent.ID()+" neighborhood-trend"])
		a.listing(agent, "competitor-new-listing", number(coming), of[agent.ID()+" competitor-new-listing"])
		a.listing(agent, "competitor-withdrawal", number(leaving), of[agent.ID()+" competitor-withdrawal"])
		a.falls(agent, "price-reduction", a.whyUnchecked(reductions, "price", agent.ID()), 0, of[agent.ID()+" price-reduction"])
		a.falls(agent, "competitor-price-reduction", a.whyUnchecked(competitors, "competitor", agent.ID()), openListings, of[agent.ID()+" competitor-price-reduction"])
	}
	return append(rows, a.told)
}

// alertRows are the rows that alerts are counted in.
type alertRows struct {
	*checker
	rows map[string]*Row
	told *Row
}

// row is that of an alert type; an unknown type is nobody's.
func (a *alertRows) row(alertType string) *Row {
	if row := a.rows[alertType]; row != nil {
		return row
	}
	return a.told
}

// isTold looks for the alert's fact and for what the bus was told.
func (a *alertRows) isTold(alert AlertItem) {
	what := text("%s of %s", alert.ID, alert.UserID)
	switch fact, found := a.Table.AlertFacts[alert.UserID+" "+alert.ID]; {
	case !found:
		a.told.missing("", what+" has no fact")
	case !a.checker.told(Event{DetailType: "Alert Created", Detail: Detail{AlertID: alert.ID}}):
		by := map[string]struct{ function, check string }{
			"life-event-lead": {lifeEvents, "life-event"}, "neighborhood-trend": {trends, "trend"}, "price-reduction": {reductions, "price"},
		}[alert.Type]
		if strings.HasPrefix(alert.Type, "competitor-") {
			by.function, by.check = competitors, "competitor"
		}
		a.told.missing(a.whyUnchecked(by.function, by.check, alert.UserID), what)
	case fact.PublishedAt == "":
		a.told.found(1, "")
		a.told.Why["told, but not marked as told"]++
	default:
		a.told.found(1, "")
	}
}

// exactly counts alerts of which there must be as many as wanted, all of those that are alike.
func (a *alertRows) exactly(row *Row, wanted, found int, why, what string) {
	for range min(wanted, found) {
		row.found(1, "")
	}
	for range wanted - found {
		row.missing(why, what)
	}
	if found > wanted {
		row.twice(found-wanted, what)
	}
}

// leads: two prospects are worth a call, for those who watch where they live.
func (a *alertRows) leads(agent Agent, alerts []AlertItem) {
	row, wanted := a.rows["life-event-lead"], leads()
	if agent.New() {
		wanted = nil
	}
	for _, event := range wanted {
		found := count(alerts, func(alert AlertItem) bool { return alert.Data.EventType == event })
		a.exactly(row, 1, found, a.whyUnchecked(lifeEvents, "life-event", agent.ID()), event+" of "+agent.ID())
	}
	others := count(alerts, func(alert AlertItem) bool { return !slices.Contains(wanted, alert.Data.EventType) })
	a.exactly(row, 0, others, "", "another event of "+agent.ID())
}

// trend: half as many homes are for sale as a month ago; that is one alert in each month.
func (a *alertRows) trend(agent Agent, alerts []AlertItem) {
	row := a.rows["neighborhood-trend"]
	months := map[string]int{}
	for _, alert := range alerts {
		if alert.Data.TrendType != "inventory-decrease" || agent.New() {
			row.twice(1, text("%s of %s", alert.Data.TrendType, agent.ID()))
			continue
		}
		months[alert.CreatedAt[:min(len("2006-01"), len(alert.CreatedAt))]]++
	}
	if agent.New() {
		return
	}
	if len(months) == 0 {
		row.missing(a.whyUnchecked(trends, "trend", agent.ID()), agent.ID())
	}
	for month, times := range months {
		row.found(times, agent.ID()+" in "+month)
	}
}

// listing: one listing of the competitor came or went.
func (a *alertRows) listing(agent Agent, alertType, number string, alerts []AlertItem) {
	wanted := 1
	if agent.New() {
		wanted = 0
	}
	found := count(alerts, func(alert AlertItem) bool { return strings.HasPrefix(alert.Data.PropertyAddress, number+",") })
	a.exactly(a.rows[alertType], wanted, found, a.whyUnchecked(competitors, "competitor", agent.ID()), number+" of "+agent.ID())
	a.exactly(a.rows[alertType], 0, len(alerts)-found, "", "another listing than "+number+" of "+agent.ID())
}

// falls: the alerts of a listing's price lead from the first price to the last one without a gap, and never twice over the
// same ground. How many there are is up to how often the watcher looked: two falls between two looks are one.
func (a *alertRows) falls(agent Agent, alertType, why string, first int, alerts []AlertItem) {
	row := a.rows[alertType]
	slices.SortFunc(alerts, func(x, y AlertItem) int {
		return cmp.Or(cmp.Compare(y.Data.OriginalPrice, x.Data.OriginalPrice), cmp.Compare(y.Data.NewPrice, x.Data.NewPrice))
	})
	for n := first; n < leaving; n++ {
		what := text("%s of %s", number(n), agent.ID())
		at, last := float64(basePrice(n)), float64(basePrice(n))
		if price, moved := a.Prices[agent.ID()+" "+number(n)]; moved {
			last = float64(price)
		}
		for _, alert := range alerts {
			if !strings.HasPrefix(alert.Data.PropertyAddress, number(n)+",") {
				continue
			}
			switch from := alert.Data.OriginalPrice; {
			case from > at:
				row.twice(1, text("%s from %.0f to %.0f", what, from, alert.Data.NewPrice))
				continue
			case from < at:
				row.missing("", text("%s from %.0f to %.0f", what, at, from))
			}
			row.found(1, "")
			at = alert.Data.NewPrice
		}
		if at != last {
			row.missing(why, text("%s from %.0f to %.0f", what, at, last))
		}
	}
}

func count[T any](list []T, wanted func(T) bool) (n int) {
	for _, one := range list {
		if wanted(one) {
			n++
		}
	}
	return n
}
