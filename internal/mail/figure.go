package mail

import (
	"strconv"
	"strings"
	"time"

	"github.com/bayon-coagent/event-consumers/internal/price"
)

// grouped writes a decimal number with a comma between thousands: 1,234,567.5.
func grouped(number string) string {
	whole, fraction, found := strings.Cut(number, ".")
	for place := len(whole) - 3; place > 0; place -= 3 {
		whole = whole[:place] + "," + whole[place:]
	}
	if found {
		return whole + "." + fraction
	}
	return whole
}

// dollars writes an amount, with cents where there are some: $1,234,567 and $1,234.50.
func dollars(amount price.Amount) string {
	whole, cents := int64(amount)/100, int64(amount)%100
	text := "$" + grouped(strconv.FormatInt(whole, 10))
	if cents == 0 {
		return text
	}
	return text + "." + strconv.FormatInt(100+cents, 10)[1:]
}

// counted writes a number with what it counts: 1 day, 12 days. The plural is the singular with an s.
func counted(number int64, singular string) string {
	text := grouped(strconv.FormatInt(number, 10)) + " " + singular
	if number == 1 {
		return text
	}
	return text + "s"
}

const (
	dateLayout   = "January 2, 2006"
	momentLayout = "January 2, 2006 at 3:04 PM MST"
)

// day writes a date in a zone. Midnight in UTC is how other services write a date without a time: it is that day everywhere,
// and not the evening before in America.
func day(at time.Time, zone *time.Location) string {
	if utc := at.UTC(); utc.Equal(utc.Truncate(24 * time.Hour)) {
		return utc.Format(dateLayout)
	}
	return at.In(zone).Format(dateLayout)
}

// moment writes a date and time in a zone, which it names.
func moment(at time.Time, zone *time.Location) string { return at.In(zone).Format(momentLayout) }

// enumerated joins words as people do: a, b and c.
func enumerated(words []string) string {
	switch len(words) {
	case 0:
		return ""
	case 1:
		return words[0]
	}
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " and " + words[last]
}
