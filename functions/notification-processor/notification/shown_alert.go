package notification

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/bayon-coagent/event-consumers/internal/alert"
	"github.com/bayon-coagent/event-consumers/internal/mail"
	"github.com/bayon-coagent/event-consumers/internal/price"
	"github.com/bayon-coagent/event-consumers/pkg/events"
)

// shownAlert is what the application shows of an alert. What its data lacks is left away.
func shownAlert(detail events.AlertCreated) shown {
	title, message := alertWords(alert.Type(detail.AlertType), readAlertData(detail.Data))
	if message == "" {
		message = noWords
	}
	return shown{
		kind:     detail.AlertType,
		priority: alert.Priority(detail.Priority),
		title:    line(title, maxTitle),
		message:  line(message, maxMessage),
		link:     mail.AlertOf(detail).Path(),
	}
}

// alertWords are the title and the message of an alert, with what is known of it.
func alertWords(alertType alert.Type, data alertData) (title, message string) {
	switch alertType {
	case alert.LifeEventLead:
		return "New lead" + data.in("prospectLocation") + data.after(": ", "eventType"),
			sentences(data.after("Score ", "leadScore"), data.text("recommendedAction"))
	case alert.CompetitorNewListing:
		return data.or("competitorName", "A competitor") + " has a new listing",
			sentences(data.text("propertyAddress"), data.price("Listed at ", "listingPrice"))
	case alert.CompetitorPriceReduction:
		return data.or("competitorName", "A competitor") + " cut a price", sentences(data.text("propertyAddress"), data.reduction())
	case alert.CompetitorWithdrawal:
		how := "was withdrawn"
		if data.text("status") == "expired" {
			how = "expired"
		}
		return "A listing of " + data.or("competitorName", "a competitor") + " " + how,
			sentences(data.text("propertyAddress"), data.after("Days on the market: ", "daysOnMarket"))
	case alert.NeighborhoodTrend:
		return data.trend() + data.in("neighborhood"), sentences(data.change())
	case alert.PriceReduction:
		return "Price cut" + data.at("propertyAddress"), sentences(data.reduction(), data.after("Days on the market: ", "daysOnMarket"))
	}
	return "New alert", ""
}

// noWords is the message of an alert whose data says nothing that is known.
const noWords = "Open it to see what it says."

// sentences joins what is not empty, each with a full stop.
func sentences(parts ...string) string {
	var written []string
	for _, part := range parts {
		if part = strings.TrimSpace(part); part != "" {
			written = append(written, strings.TrimRight(part, ".")+".")
		}
	}
	return strings.Join(written, " ")
}

// alertData is an alert's data, which is not trusted: a field may be missing or of another type.
type alertData map[string]any

func readAlertData(encoded json.RawMessage) alertData {
	var data alertData
	decoder := json.NewDecoder(bytes.NewReader(encoded))
	decoder.UseNumber()
	if decoder.Decode(&data) != nil {
		return nil
	}
	return data
}

// text is a text or a number as a text; empty if there is none.
func (d alertData) text(name string) string {
	switch value := d[name].(type) {
	case string:
		return line(value, maxName)
	case json.Number:
		return line(value.String(), maxName)
	}
	return ""
}

func (d alertData) or(name, otherwise string) string {
	if text := d.text(name); text != "" {
		return text
	}
	return otherwise
}

// after is a text with words before it; empty if there is no such text.
func (d alertData) after(words, name string) string {
	text := d.text(name)
	if text == "" {
		return ""
	}
	return words + strings.ReplaceAll(text, "-", " ")
}

func (d alertData) in(name string) string {
	text := d.text(name)
	if text == "" {
		return ""
	}
	return " in " + text
}

func (d alertData) at(name string) string {
	text := d.text(name)
	if text == "" {
		return ""
	}
	return " at " + text
}

// dollars is a positive amount as people write it; empty if there is none.
func (d alertData) dollars(name string) string {
	number, ok := d[name].(json.Number)
	if !ok {
		return ""
	}
	amount, err := price.Parse(number.String())
	if err != nil || amount <= 0 {
		return ""
	}
	return dollars(amount)
}

func (d alertData) price(words, name string) string {
	if amount := d.dollars(name); amount != "" {
		return words + amount
	}
	return ""
}

// reduction tells from where to where a price fell.
func (d alertData) reduction() string {
	from, to := d.dollars("originalPrice"), d.dollars("newPrice")
	switch {
	case to == "":
		return ""
	case from == "":
		return "Now " + to
	}
	if percent := d.text("priceReductionPercent"); percent != "" {
		return fmt.Sprintf("From %s to %s, down %s %%", from, to, percent)
	}
	return fmt.Sprintf("From %s to %s", from, to)
}

func (d alertData) trend() string {
	switch d.text("trendType") {
	case "price-increase":
		return "Prices are rising"
	case "inventory-decrease":
		return "Fewer homes are for sale"
	case "dom-decrease":
		return "Homes sell faster"
	}
	return "The market is moving"
}

func (d alertData) change() string {
	percent := d.text("changePercent")
	if percent == "" {
		return ""
	}
	direction := "Down "
	if d.text("trendType") == "price-increase" {
		direction = "Up "
	}
	return direction + percent + " %"
}
