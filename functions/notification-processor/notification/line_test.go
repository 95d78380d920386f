package notification

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/bayon-coagent/event-consumers/internal/price"
	"github.com/bayon-coagent/event-consumers/pkg/events"
)

func TestLine(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"12 Elm\nSt":          "12 Elm St",
		" a \t b ":            "a b",
		"\u202egnp\u2066.exe": "gnp.exe",
		"a\u0000b\u200bc":     "abc",
		"\xff":                "\ufffd",
		"Zoë 🏡":               "Zoë 🏡",
		"1234567890":          "1234567890",
		"12345678901":         "123456789…",
		"12345678 012":        "12345678…",
		"":                    "",
	} {
		if got := line(text, 10); got != want {
			t.Errorf("%q is %q, want %q", text, got, want)
		}
	}
}

func TestAmounts(t *testing.T) {
	t.Parallel()
	for amount, want := range map[price.Amount]string{1: "$0.01", 99_900: "$999", 100_000: "$1,000", 123_456_705: "$1,234,567.05"} {
		if got := dollars(amount); got != want {
			t.Errorf("%d is %s, want %s", amount, got, want)
		}
	}
	if one, many := counted(1, "item"), counted(1250, "item"); one != "1 item" || many != "1,250 items" {
		t.Errorf("%s, %s", one, many)
	}
}

// Whatever a producer writes, what is shown is clean and short.
func FuzzShownIsClean(f *testing.F) {
	f.Add("price-reduction", `{"propertyAddress":"12 Elm\nStreet \u202egnihsihp","newPrice":1e400,"originalPrice":-1}`, "evil\x00\u2066")
	f.Add("competitor-withdrawal", `{"competitorName":["x"],"daysOnMarket":"many"}`, strings.Repeat("long ", 1000))
	f.Add("life-event-lead", `{"prospectLocation":"a\u2028b","leadScore":1e9}`, "\xff")
	f.Fuzz(func(t *testing.T, alertType, data, words string) {
		for _, about := range []shown{
			shownAlert(events.AlertCreated{AlertID: words, AlertType: alertType, Data: json.RawMessage(data)}),
			shownPublishFailed(events.ContentPublishFailed{Platforms: []string{words, alertType}, Error: words}),
			shownPublished(events.ContentPublished{Platform: words}),
			shownJobFailed(events.AIJobFailed{JobType: events.JobType(words), Error: words}),
			shownSyncFailed(events.IntegrationSyncFailed{Provider: words, Error: words}),
		} {
			for _, text := range []string{about.title, about.message} {
				unclean := func(char rune) bool {
					return unicode.In(char, unicode.Cc, unicode.Zl, unicode.Zp) || char >= '\u202a' && char <= '\u202e'
				}
				if !utf8.ValidString(text) || strings.ContainsFunc(text, unclean) || utf8.RuneCountInString(text) > maxMessage {
					t.Errorf("%q", text)
				}
			}
			if about.title == "" || strings.ContainsAny(about.link, " \n") {
				t.Errorf("%+v", about)
			}
		}
	})
}
