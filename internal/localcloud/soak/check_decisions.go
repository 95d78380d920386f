package soak

import "math"

// decisions tells whether each alert says what the rules make of the plan's markets and prospects (rules: Life events,
// Competitors, Trends, Price reduction).
func (c *checker) decisions() []*Row {
	row := newRow("what an alert says")
	for _, alert := range c.Table.Alerts {
		what := text("%s of %s", alert.ID, alert.UserID)
		fall := alert.Data.OriginalPrice - alert.Data.NewPrice
		const percent, rounding = 100, 0.0051
		switch priority := priorityOf(alert); {
		case alert.Priority != priority:
			row.missing("", text("%s %s is of %s priority, not %s", alert.Type, what, alert.Priority, priority))
		case alert.Data.LeadScore != scores()[alert.Data.EventType]:
			row.missing("", text("%s has the score %d", what, alert.Data.LeadScore))
		case alert.Data.PriceReduction != fall,
			fall != 0 && math.Abs(alert.Data.PriceReductionPercent-fall*percent/alert.Data.OriginalPrice) > rounding:
			row.missing("", text("%s fell by %.2f, or %.2f %%", what, alert.Data.PriceReduction, alert.Data.PriceReductionPercent))
		default:
			row.found(1, "")
		}
	}
	return []*Row{row}
}

// scores are those of the prospects who are worth a call, by their primary event.
func scores() map[string]int { return map[string]int{"retirement": 72, "divorce": 99} }

// priorityOf is how urgent an alert is. All listings have been on the market for 20 days.
func priorityOf(alert AlertItem) string {
	const large, percent, muchPercent, highScore = 50_000, 100, 15, 85
	fall := alert.Data.OriginalPrice - alert.Data.NewPrice
	much := muchPercent * alert.Data.OriginalPrice
	switch {
	case alert.Type == "competitor-withdrawal", alert.Type == "neighborhood-trend", // after less than 30 days; half as many homes
		alert.Type == "life-event-lead" && scores()[alert.Data.EventType] >= highScore,
		alert.Type == "price-reduction" && (fall >= large || fall*percent >= much),
		alert.Type == "competitor-price-reduction" && fall*percent > much:
		return "high"
	case alert.Type == "life-event-lead", alert.Type == "price-reduction":
		return "medium"
	}
	return "low" // also of a new listing, whose price is 500,000 and not more
}
