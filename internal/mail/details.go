package mail

import (
	"bytes"
	"encoding/json"
	"strings"
	"time"

	"github.com/bayon-coagent/event-consumers/internal/decimal"
	"github.com/bayon-coagent/event-consumers/internal/price"
	"github.com/bayon-coagent/event-consumers/internal/table"
)

// details is an alert's data for templates. The data is not trusted: a field may be missing, of another type or out of any
// range. The methods then return an empty text, so that {{with}} leaves the sentence out.
type details struct {
	fields map[string]any
	zone   *time.Location
}

// detailsOf reads data. What is no JSON object has no fields.
func detailsOf(data []byte, zone *time.Location) details {
	var fields map[string]any
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	if decoder.Decode(&fields) != nil {
		fields = nil
	}
	return details{fields: fields, zone: zone}
}

// Text is a field's text on one line.
func (d details) Text(name string) string { return d.line(name, maxValue) }

// Brief is a field's text, short enough for a subject.
func (d details) Brief(name string) string { return d.line(name, maxBrief) }

func (d details) line(name string, limit int) string {
	text, _ := d.fields[name].(string)
	return line(text, limit)
}

// Is tells whether a field is that text.
func (d details) Is(name, text string) bool { return d.fields[name] == text }

// Money is a field's amount, which must be positive: $1,234,567.
func (d details) Money(name string) string {
	amount, ok := d.hundredths(name)
	if !ok || amount <= 0 {
		return ""
	}
	return dollars(price.Amount(amount))
}

// Percent is a field's share, which must be positive: 12.5 %.
func (d details) Percent(name string) string {
	share, ok := d.hundredths(name)
	if !ok || share <= 0 {
		return ""
	}
	return grouped(decimal.Format(share)) + " %"
}

// Number is a field's number, which must be positive, with at most two decimals: 1,850 or 2.5.
func (d details) Number(name string) string {
	number, ok := d.hundredths(name)
	if !ok || number <= 0 {
		return ""
	}
	return grouped(decimal.Format(number))
}

// Days is a field's number of whole days: 3 days. 0 days are less than a day.
func (d details) Days(name string) string {
	number, ok := d.hundredths(name)
	switch {
	case !ok || number < 0 || number%100 != 0:
		return ""
	case number == 0:
		return "less than a day"
	}
	return counted(number/100, "day")
}

// Score is a field's whole number from 0 to 100.
func (d details) Score(name string) string {
	number, ok := d.hundredths(name)
	if !ok || number < 0 || number > 100*100 || number%100 != 0 {
		return ""
	}
	return decimal.Format(number)
}

// Date is a field's date in the agent's zone; the field is an ISO-8601 text or a number of Unix milliseconds.
func (d details) Date(name string) string {
	var at time.Time
	switch value := d.fields[name].(type) {
	case string:
		date, err := table.ParseDate(strings.TrimSpace(value))
		if err != nil {
			return ""
		}
		at = date.Time
	case json.Number:
		milliseconds, err := value.Int64()
		if err != nil {
			return ""
		}
		at = time.UnixMilli(milliseconds)
	}
	if year := at.UTC().Year(); year < 1900 || year > 2200 {
		return ""
	}
	return day(at, d.zone)
}

// Inside is a field that has fields of its own.
func (d details) Inside(name string) details {
	fields, _ := d.fields[name].(map[string]any)
	return details{fields: fields, zone: d.zone}
}

// Words are the texts of a field that is a list of texts, of which at most ten are told.
func (d details) Words(name string) []string {
	list, _ := d.fields[name].([]any)
	var words []string
	for _, element := range list {
		text, _ := element.(string)
		if text = line(text, maxBrief); text != "" && len(words) < 10 {
			words = append(words, text)
		}
	}
	return words
}

// hundredths reads a number exactly, in hundredths.
func (d details) hundredths(name string) (int64, bool) {
	number, ok := d.fields[name].(json.Number)
	if !ok {
		return 0, false
	}
	amount, err := price.Parse(number.String())
	return int64(amount), err == nil
}
