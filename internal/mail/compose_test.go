package mail_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"golang.org/x/net/html"
	"pgregory.net/rapid"

	"github.com/bayon-coagent/event-consumers/internal/alert"
	"github.com/bayon-coagent/event-consumers/internal/mail"
	"github.com/bayon-coagent/event-consumers/pkg/events"
)

const token = "e30.c2lnbmF0dXJl"

var now = time.Date(2026, 11, 24, 8, 30, 0, 0, time.UTC)

func alertTypes() []alert.Type {
	return []alert.Type{
		alert.LifeEventLead, alert.CompetitorNewListing, alert.CompetitorPriceReduction, alert.CompetitorWithdrawal,
		alert.NeighborhoodTrend, alert.PriceReduction, "of-tomorrow",
	}
}

func newComposer(t interface{ Fatal(...any) }) *mail.Composer {
	composer, err := mail.NewComposer("Bayon <alerts@bayon.example>", "https://app.bayon.example/")
	if err != nil {
		t.Fatal(err)
	}
	return composer
}

func maria() mail.Addressee { return mail.Addressee{Address: "maria@example.com", Name: "Maria"} }

func compose(t *testing.T, to mail.Addressee, content mail.Content) mail.Letter {
	t.Helper()
	letter, err := newComposer(t).Compose(to, content, token)
	if err != nil {
		t.Fatal(err)
	}
	return letter
}

func alertWith(alertType alert.Type, data string) mail.Alert {
	return mail.Alert{ID: "a1", Type: alertType, Priority: alert.High, CreatedAt: now, Data: []byte(data)}
}

// Every value that comes from elsewhere, with what must not be seen of it and what must.
func TestValuesAreEscaped(t *testing.T) {
	t.Parallel()
	const nasty = `<script>alert("1")</script> & 'Co'` + "\u202e\r\nBcc: x@example.com"
	const inHTML = `&lt;script&gt;alert(&#34;1&#34;)&lt;/script&gt; &amp; &#39;Co&#39; Bcc: x@example.com`
	const inText = `<script>alert("1")</script> & 'Co' Bcc: x@example.com`
	quoted, err := json.Marshal(nasty)
	if err != nil {
		t.Fatal(err)
	}
	field := func(alertType alert.Type, name string) mail.Content {
		return alertWith(alertType, fmt.Sprintf(`{%q: %s}`, name, quoted))
	}
	tests := []struct {
		name    string
		to      mail.Addressee
		content mail.Content
	}{
		{"name", mail.Addressee{Address: "maria@example.com", Name: nasty}, mail.Welcome{}},
		{"platform", maria(), mail.PublishFailed{Platforms: []string{nasty}}},
		{"publish error", maria(), mail.PublishFailed{Error: nasty}},
		{"job error", maria(), mail.JobFailed{Error: nasty}},
		{"provider", maria(), mail.SyncFailed{Provider: nasty}},
		{"sync error", maria(), mail.SyncFailed{Error: nasty}},
		{"prospectLocation", maria(), field(alert.LifeEventLead, "prospectLocation")},
		{"recommendedAction", maria(), field(alert.LifeEventLead, "recommendedAction")},
		{"competitorName", maria(), field(alert.CompetitorNewListing, "competitorName")},
		{"propertyAddress", maria(), field(alert.CompetitorWithdrawal, "propertyAddress")},
		{"neighborhood", maria(), field(alert.NeighborhoodTrend, "neighborhood")},
		{"propertyType", maria(), alertWith(alert.PriceReduction, fmt.Sprintf(`{"propertyDetails": {"propertyType": %s}}`, quoted))},
		{"in a digest", maria(), mail.Digest{Alerts: []mail.Alert{field(alert.PriceReduction, "propertyAddress").(mail.Alert)}}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			letter := compose(t, test.to, test.content)
			if !strings.Contains(letter.HTML, inHTML[:30]) || strings.Contains(letter.HTML, "<script") {
				t.Errorf("HTML:\n%s", letter.HTML)
			}
			if !strings.Contains(letter.Text, inText[:20]) {
				t.Errorf("text:\n%s", letter.Text)
			}
			if all := letter.Subject + letter.Text + letter.HTML; strings.ContainsAny(all, "\u202e\r") || strings.Contains(all, "\nBcc") {
				t.Errorf("controls are left:\n%s", all)
			}
			if strings.Contains(letter.Subject, "\n") || utf8.RuneCountInString(letter.Subject) > 150 {
				t.Errorf("subject %q", letter.Subject)
			}
		})
	}
}

func TestIDsAreEscapedInLinks(t *testing.T) {
	t.Parallel()
	strange := alertWith(alert.PriceReduction, "")
	strange.ID = `../?a="b"&<c>` + "\n"
	letter := compose(t, maria(), strange)
	const path = "https://app.bayon.example/alerts/..%2F%3Fa=%22b%22&%3Cc%3E%0A"
	if !strings.Contains(letter.Text, path+"\n") {
		t.Errorf("text:\n%s", letter.Text)
	}
	if !strings.Contains(letter.HTML, `href="`+strings.ReplaceAll(path, "&", "&amp;")+`"`) {
		t.Errorf("HTML:\n%s", letter.HTML)
	}
}

func TestNameThatLeadsSomewhereIsNotGreeted(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"https://evil.example", "Win at WWW.evil.example", " \u200b "} {
		letter := compose(t, mail.Addressee{Address: "maria@example.com", Name: name}, mail.Welcome{})
		if !strings.HasPrefix(letter.Text, "Hello,\n") || strings.Contains(letter.HTML, "evil") {
			t.Errorf("%q is greeted:\n%s", name, letter.Text)
		}
	}
}

func TestLongValuesAreCut(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("Boulevard of broken dreams ", 400)
	data := fmt.Sprintf(`{"propertyAddress": %q, "newPrice": 450000}`, long)
	letter := compose(t, maria(), alertWith(alert.PriceReduction, data))
	if !strings.HasSuffix(letter.Subject, "dreams…, now $450,000") {
		t.Errorf("subject %q", letter.Subject)
	}
	if len(letter.HTML) > 9000 || len(letter.Text) > 2000 {
		t.Errorf("HTML of %d bytes, text of %d", len(letter.HTML), len(letter.Text))
	}
}

func TestFigures(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name      string
		alertType alert.Type
		data      string
		want      string // of the text; "-" before it: must not be there
	}{
		{"thousands", alert.CompetitorNewListing, `{"listingPrice": 1234567}`, "Listed at: $1,234,567\n"},
		{"hundreds", alert.CompetitorNewListing, `{"listingPrice": 999}`, "Listed at: $999\n"},
		{"cents", alert.CompetitorNewListing, `{"listingPrice": 1234.5}`, "Listed at: $1,234.50\n"},
		{"a cent", alert.CompetitorNewListing, `{"listingPrice": 1000.01}`, "Listed at: $1,000.01\n"},
		{"an exponent", alert.CompetitorNewListing, `{"listingPrice": 4.5E+5}`, "Listed at: $450,000\n"},
		{"no price", alert.CompetitorNewListing, `{"listingPrice": 0}`, "-Listed at"},
		{"a negative price", alert.CompetitorNewListing, `{"listingPrice": -5}`, "-Listed at"},
		{"a price beyond reason", alert.CompetitorNewListing, `{"listingPrice": 1e300}`, "-Listed at"},
		{"a price in words", alert.CompetitorNewListing, `{"listingPrice": "on request"}`, "-Listed at"},
		{"a price of null", alert.CompetitorNewListing, `{"listingPrice": null}`, "-Listed at"},
		{"a price of fields", alert.CompetitorNewListing, `{"listingPrice": {"a": 1}}`, "-Listed at"},
		{"percent", alert.PriceReduction, `{"priceReduction": 1, "priceReductionPercent": 12.5}`, "Reduction: $1 (12.5 %)\n"},
		{"whole percent", alert.PriceReduction, `{"priceReduction": 1, "priceReductionPercent": 15.00}`, "(15 %)"},
		{"a day", alert.PriceReduction, `{"daysOnMarket": 1}`, "On the market: 1 day\n"},
		{"days", alert.PriceReduction, `{"daysOnMarket": 3}`, "On the market: 3 days\n"},
		{"many days", alert.PriceReduction, `{"daysOnMarket": 1000}`, "On the market: 1,000 days\n"},
		{"no day yet", alert.PriceReduction, `{"daysOnMarket": 0}`, "On the market: less than a day\n"},
		{"negative days", alert.PriceReduction, `{"daysOnMarket": -1}`, "-On the market"},
		{"half a day", alert.PriceReduction, `{"daysOnMarket": 0.5}`, "-On the market"},
		{"property", alert.PriceReduction, `{"propertyDetails": {"bedrooms": 3, "bathrooms": 2.5, "squareFeet": 1850}}`, "Property: 3 bed, 2.5 bath, 1,850 sq ft\n"},
		{"part of a property", alert.PriceReduction, `{"propertyDetails": {"squareFeet": 1850, "bedrooms": "3"}}`, "Property: 1,850 sq ft\n"},
		{"an empty property", alert.PriceReduction, `{"propertyDetails": {}}`, "-Property"},
		{"a property of another type", alert.PriceReduction, `{"propertyDetails": [1]}`, "-Property"},
		{"a score", alert.LifeEventLead, `{"leadScore": 100}`, "Lead score: 100 of 100"},
		{"no score", alert.LifeEventLead, `{"leadScore": 101}`, "-Lead score"},
		{"other events", alert.LifeEventLead, `{"additionalEvents": ["death", 5, "birth", null, "moon landing"]}`, "Also known: a loss in the family, a new child, another change\n"},
		{"no other events", alert.LifeEventLead, `{"additionalEvents": "birth"}`, "-Also known"},
		{"location as coordinates", alert.LifeEventLead, `{"prospectLocation": {"lat": 1, "lng": 2}}`, "A household is going"},
		{"a median", alert.NeighborhoodTrend, `{"trendType": "price-increase", "currentValue": 900000}`, "Median price now: $900,000\n"},
		{"an inventory", alert.NeighborhoodTrend, `{"trendType": "inventory-decrease", "currentValue": 31}`, "Active listings now: 31\n"},
		{"days on market", alert.NeighborhoodTrend, `{"trendType": "dom-decrease", "currentValue": 17.25}`, "Average days on market now: 17.25 days\n"},
		{"averages", alert.NeighborhoodTrend, `{"trendType": "dom-decrease", "historicalContext": {"avg365Day": 30}}`, "Average of a year: 30 days\n"},
		{"no such trend", alert.NeighborhoodTrend, `{"trendType": "up", "currentValue": 7}`, "Value now: 7\n"},
		{"expired", alert.CompetitorWithdrawal, `{"status": "expired"}`, "whom you follow has expired."},
		{"withdrawn", alert.CompetitorWithdrawal, `{"status": "withdrawn"}`, "whom you follow was withdrawn."},
		{"gone", alert.CompetitorWithdrawal, `{"status": 7}`, "whom you follow left the market."},
		{"no JSON", alert.PriceReduction, `{`, "got cheaper"},
		{"no object", alert.PriceReduction, `[1, 2]`, "got cheaper"},
		{"no data", alert.PriceReduction, ``, "got cheaper"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			text := compose(t, maria(), alertWith(test.alertType, test.data)).Text
			if unwanted, absent := strings.CutPrefix(test.want, "-"); absent {
				if strings.Contains(text, unwanted) {
					t.Errorf("%s tells %q:\n%s", test.data, unwanted, text)
				}
				return
			}
			if !strings.Contains(text, test.want) {
				t.Errorf("%s does not tell %q:\n%s", test.data, test.want, text)
			}
		})
	}
}

func TestDatesAreInTheAgentsZone(t *testing.T) {
	t.Parallel()
	pacific, tokyo := time.FixedZone("PST", -8*60*60), time.FixedZone("JST", 9*60*60)
	tests := []struct {
		zone       *time.Location
		date, want string
	}{
		{nil, `"2026-03-03T02:00:00.000Z"`, "(March 3, 2026)"},
		{pacific, `"2026-03-03T02:00:00.000Z"`, "(March 2, 2026)"},
		{tokyo, `"2026-03-03T20:00:00.000Z"`, "(March 4, 2026)"},
		{pacific, `"2026-03-03T00:00:00.000Z"`, "(March 3, 2026)"}, // a date, not a time
		{tokyo, `"2026-03-03"`, "(March 3, 2026)"},
		{pacific, `1772503200000`, "(March 2, 2026)"},
		{pacific, `"soon"`, "going through a change."},
		{pacific, `1e300`, "going through a change."},
		{pacific, `-62135596800001`, "going through a change."},
		{pacific, `true`, "going through a change."},
	}
	for _, test := range tests {
		to := maria()
		to.Zone = test.zone
		letter := compose(t, to, alertWith(alert.LifeEventLead, `{"eventDate": `+test.date+`}`))
		if !strings.Contains(letter.Text, test.want) {
			t.Errorf("%s in %v is not %s:\n%s", test.date, test.zone, test.want, letter.Text)
		}
	}
	failed := mail.SyncFailed{CompletedAt: events.At(now)}
	to := maria()
	to.Zone = pacific
	if text := compose(t, to, failed).Text; !strings.Contains(text, "on November 24, 2026 at 12:30 AM PST.") {
		t.Errorf("a moment:\n%s", text)
	}
}

// What others may see beside a mail in a list must not tell what happened in a family.
func TestLeadsAreTactful(t *testing.T) {
	t.Parallel()
	for _, eventType := range []string{"divorce", "death", "marriage", "birth"} {
		letter := compose(t, maria(), alertWith(alert.LifeEventLead, `{"eventType": "`+eventType+`"}`))
		_, preheader, _ := strings.Cut(letter.HTML, "overflow:hidden")
		preheader, _, _ = strings.Cut(preheader, "</div>")
		for _, word := range []string{"divorce", "separat", "death", "die", "lost", "marriage", "child"} {
			if strings.Contains(letter.Subject, word) || strings.Contains(preheader, word) {
				t.Errorf("%s: %q, %q", eventType, letter.Subject, preheader)
			}
		}
		for _, blunt := range []string{"divorce", "death", "died", "deceased"} {
			if strings.Contains(letter.Text, blunt) || strings.Contains(letter.HTML, blunt) {
				t.Errorf("%s is told as %q", eventType, blunt)
			}
		}
	}
}

func TestFailuresSayWhatTheyAreOf(t *testing.T) {
	t.Parallel()
	tests := []struct {
		content mail.Content
		want    string // the subject
	}{
		{mail.PublishFailed{}, "Your content could not be published"},
		{mail.PublishFailed{Platforms: []string{"twitter"}}, "Your content could not be published on X"},
		{mail.PublishFailed{Platforms: []string{"facebook", "linkedin", "blog", "facebook"}}, "Your content could not be published on Facebook, LinkedIn and your blog"},
		{mail.PublishFailed{Platforms: []string{"newsletter", "threads"}}, "Your content could not be published on your newsletter and threads"},
		{mail.JobFailed{JobType: events.JobMarketUpdate}, "Your market update could not be written"},
		{mail.JobFailed{JobType: "poem"}, "Your text could not be written"},
		{mail.SyncFailed{Provider: "bridgeInteractive"}, "The sync with your MLS did not work"},
		{mail.SyncFailed{Provider: "google"}, "The sync with Google did not work"},
		{mail.SyncFailed{}, "The sync with a connected service did not work"},
	}
	for _, test := range tests {
		letter := compose(t, maria(), test.content)
		if letter.Subject != test.want || test.content.Kind() != "failures" {
			t.Errorf("subject %q, want %q; kind %s", letter.Subject, test.want, test.content.Kind())
		}
	}
}

func TestDigestIsTheSameInAnyOrder(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var alerts []mail.Alert
		for i := range rapid.IntRange(0, 20).Draw(t, "count") {
			alerts = append(alerts, mail.Alert{
				ID:        fmt.Sprintf("alert-%02d", i),
				Type:      rapid.SampledFrom(alertTypes()).Draw(t, "type"),
				Priority:  rapid.SampledFrom([]alert.Priority{alert.High, alert.Medium, alert.Low, "none"}).Draw(t, "priority"),
				CreatedAt: now.Add(time.Duration(rapid.IntRange(0, 3).Draw(t, "age")) * time.Hour),
			})
		}
		composer := newComposer(t)
		first, err := composer.Compose(maria(), mail.Digest{Alerts: alerts}, token)
		if err != nil {
			t.Fatal(err)
		}
		for _, told := range alerts {
			if strings.Count(first.Text, "/alerts/"+told.ID+"\n") != 1 || strings.Count(first.HTML, "/alerts/"+told.ID+`"`) != 1 {
				t.Fatalf("%s is not listed once", told.ID)
			}
		}
		if strings.Count(first.Text, "Price reductions (") > 1 {
			t.Fatal("a type has two groups")
		}
		second, err := composer.Compose(maria(), mail.Digest{Alerts: rapid.Permutation(alerts).Draw(t, "order")}, token)
		if err != nil || second.HTML != first.HTML || second.Text != first.Text {
			t.Fatalf("another order makes another mail, error %v", err)
		}
	})
}

func TestDigestCounts(t *testing.T) {
	t.Parallel()
	for count, want := range map[int]string{0: "Your weekly digest: 0 alerts", 1: "Your weekly digest: 1 alert", 1200: "Your weekly digest: 1,200 alerts"} {
		digest := mail.Digest{Frequency: mail.Weekly}
		for i := range count {
			told := alertWith(alert.PriceReduction, `{}`)
			told.ID = fmt.Sprint(i)
			digest.Alerts = append(digest.Alerts, told)
		}
		letter := compose(t, maria(), digest)
		if letter.Subject != want || digest.Kind() != "*" || strings.Count(letter.HTML, `class="entry"`) != count {
			t.Errorf("%d: subject %q, %d listed", count, letter.Subject, strings.Count(letter.HTML, `class="entry"`))
		}
	}
}

func TestLinksToUnsubscribe(t *testing.T) {
	t.Parallel()
	letter := compose(t, maria(), mail.Welcome{})
	const link = "https://app.bayon.example/unsubscribe?token=" + token
	want := []mail.Header{
		{Name: "List-Unsubscribe", Value: "<" + link + ">"},
		{Name: "List-Unsubscribe-Post", Value: "List-Unsubscribe=One-Click"},
	}
	if fmt.Sprint(letter.Headers) != fmt.Sprint(want) || !strings.Contains(letter.Text, link+"\n") || !strings.Contains(letter.HTML, `href="`+link+`"`) {
		t.Errorf("headers %v", letter.Headers)
	}
	if _, err := newComposer(t).Compose(maria(), mail.Welcome{}, ""); err == nil {
		t.Error("a mail without a token is made")
	}
	for size, fits := range map[int]bool{996 - 16 - 2 - len(link) + len(token): true, 997 - 16 - 2 - len(link) + len(token): false} {
		_, err := newComposer(t).Compose(maria(), mail.Welcome{}, strings.Repeat("t", size))
		var permanent interface{ Permanent() bool }
		if fits != (err == nil) || !fits && (!errors.As(err, &permanent) || !permanent.Permanent()) {
			t.Errorf("a token of %d bytes: %v", size, err)
		}
	}
}

func TestAddressMustBeOne(t *testing.T) {
	t.Parallel()
	for _, address := range []string{"", "maria", "@example.com", "a@b.com, c@d.com", "a@b.com\r\nBcc: c@d.com", "a b@c.com", `"a b"@c.com`, `"a@b.com,c"@d.com`, "josé@example.com"} {
		_, err := newComposer(t).Compose(mail.Addressee{Address: address}, mail.Welcome{}, token)
		var refused *mail.RefusedError
		if !errors.As(err, &refused) || !refused.Permanent() || refused.Reason == "" {
			t.Errorf("%q: %v", address, err)
		} else if address != "" && strings.Contains(err.Error()+refused.Reason, address) {
			t.Errorf("%q is in the error %q", address, err)
		}
	}
	letter := compose(t, mail.Addressee{Address: "Maria <maria@example.com>"}, mail.Welcome{})
	if letter.To != "maria@example.com" {
		t.Errorf("to %q", letter.To)
	}
}

func TestComposerDistrustsItsSettings(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		from, base string
		fails      bool
	}{
		{"hello@bayon.example", "https://app.bayon.example", false},
		{"Bayon <hello@bayon.example>", "http://localhost:3000/app/", false},
		{"", "https://app.bayon.example", true},
		{"Bayon", "https://app.bayon.example", true},
		{"hello@bayon.example", "", true},
		{"hello@bayon.example", "app.bayon.example", true},
		{"hello@bayon.example", "javascript:alert(1)", true},
		{"hello@bayon.example", "https://app.bayon.example?a=b", true},
		{"hello@bayon.example", "https://app.bayon.example?", true},
		{"hello@bayon.example", "https://app.bayon.example#", true},
		{"hello@bayon.example", "https://me:secret@app.bayon.example", true},
		{"hello@bayon.example", "https://app.bayon.example/\r\nBcc: x", true},
		{"hello@bayon.example", "https://bücher.example", true},
	} {
		if _, err := mail.NewComposer(test.from, test.base); (err != nil) != test.fails {
			t.Errorf("%q, %q: %v", test.from, test.base, err)
		}
	}
	composer, err := mail.NewComposer("Bayón <hello@bayon.example>", "https://app.bayon.example")
	if err != nil {
		t.Fatal(err)
	}
	letter, err := composer.Compose(maria(), mail.Welcome{}, token)
	if err != nil || letter.From != "=?utf-8?q?Bay=C3=B3n?= <hello@bayon.example>" {
		t.Errorf("from %q, error %v", letter.From, err)
	}
}

// wellMade fails unless a letter is one that can be sent and read, whatever it was made of.
func wellMade(t interface {
	Helper()
	Fatalf(string, ...any)
}, letter mail.Letter) {
	t.Helper()
	headers := letter.From + letter.To + letter.Subject
	for _, header := range letter.Headers {
		headers += header.Name + header.Value
	}
	for _, tag := range letter.Tags {
		headers += tag.Name + tag.Value
	}
	switch {
	case strings.ContainsAny(headers, "\r\n"):
		t.Fatalf("line breaks in headers: %q", headers)
	case !utf8.ValidString(letter.Text + letter.HTML + headers):
		t.Fatalf("no UTF-8: %q", headers)
	case strings.TrimSpace(letter.Subject) == "" || utf8.RuneCountInString(letter.Subject) > 150:
		t.Fatalf("subject %q", letter.Subject)
	case strings.TrimSpace(letter.Text) == "" || strings.Contains(letter.Text, "<nil>") || strings.Contains(letter.Text, "map["):
		t.Fatalf("text %q", letter.Text)
	}
	wellFormed(t, letter.HTML)
}

// wellFormed fails unless a page has the elements and attributes of the templates, and no others.
func wellFormed(t interface {
	Helper()
	Fatalf(string, ...any)
}, page string) {
	t.Helper()
	elements := strings.Fields("html head meta title style body div p h1 h2 ul ol li a strong span br dl dt dd s")
	open := 0
	tokens := html.NewTokenizer(strings.NewReader(page))
	for next := tokens.Next(); next != html.ErrorToken; next = tokens.Next() {
		if next == html.EndTagToken {
			open--
		}
		if next != html.StartTagToken {
			continue
		}
		element := tokens.Token()
		if !slices.Contains(elements, element.Data) {
			t.Fatalf("element %s:\n%s", element.Data, page)
		}
		for _, attribute := range element.Attr {
			if strings.HasPrefix(attribute.Key, "on") || attribute.Key == "href" && !strings.HasPrefix(attribute.Val, "https://app.bayon.example/") {
				t.Fatalf("attribute %s=%q", attribute.Key, attribute.Val)
			}
		}
		if element.Data != "meta" && element.Data != "br" {
			open++
		}
	}
	if !errors.Is(tokens.Err(), io.EOF) || open != 0 {
		t.Fatalf("HTML ends with %v and %d open elements:\n%s", tokens.Err(), open, page)
	}
}

// anyJSON is any value that JSON has, with the names that alerts use.
func anyJSON(depth int) *rapid.Generator[any] {
	kinds := []*rapid.Generator[any]{
		rapid.Just[any](nil), rapid.Bool().AsAny(), rapid.Float64Range(-1e20, 1e20).AsAny(), rapid.IntRange(-5, 2_000_000).AsAny(),
		rapid.String().AsAny(), rapid.SampledFrom(nastyTexts()).AsAny(),
	}
	if depth > 0 {
		kinds = append(kinds, rapid.SliceOfN(anyJSON(depth-1), 0, 4).AsAny(),
			rapid.MapOfN(rapid.SampledFrom(dataFields()), anyJSON(depth-1), 0, 12).AsAny())
	}
	return rapid.OneOf(kinds...)
}

func nastyTexts() []string {
	return []string{
		"<script>alert(1)</script>", `"><img src=x onerror=alert(1)>`, "{{.}}", "</title></style><script", "\r\nBcc: x@y.z", "\u202e",
		"javascript:alert(1)", "death", "price-increase", "dom-decrease", "withdrawn", "2026-03-03T02:00:00Z", "<!--", "&lt;script&gt;",
	}
}

func dataFields() []string {
	return []string{
		"prospectLocation", "eventType", "eventDate", "leadScore", "recommendedAction", "additionalEvents", "competitorName",
		"propertyAddress", "listingPrice", "originalPrice", "newPrice", "priceReduction", "priceReductionPercent", "daysOnMarket",
		"status", "neighborhood", "trendType", "currentValue", "previousValue", "changePercent", "historicalContext", "avg90Day",
		"avg365Day", "propertyDetails", "bedrooms", "bathrooms", "squareFeet", "propertyType",
	}
}

func TestAnyDataMakesAMail(t *testing.T) {
	t.Parallel()
	composer := newComposer(t)
	rapid.Check(t, func(t *rapid.T) {
		data, err := json.Marshal(anyJSON(2).Draw(t, "data"))
		if err != nil {
			t.Skip("no JSON")
		}
		text := rapid.OneOf(rapid.String(), rapid.SampledFrom(nastyTexts()))
		told := mail.Alert{
			ID: text.Draw(t, "id"), Type: rapid.SampledFrom(alertTypes()).Draw(t, "type"), CreatedAt: now,
			Priority: alert.Priority(text.Draw(t, "priority")), Data: data,
		}
		content := rapid.SampledFrom([]mail.Content{
			mail.Welcome{}, told, mail.Digest{Alerts: []mail.Alert{told, told}},
			mail.PublishFailed{ContentID: told.ID, Platforms: []string{text.Draw(t, "platform")}, Error: text.Draw(t, "error")},
			mail.JobFailed{JobType: events.JobType(told.ID), Error: told.ID},
			mail.SyncFailed{Provider: told.ID, Error: told.ID},
		}).Draw(t, "content")
		to := mail.Addressee{Address: "maria@example.com", Name: text.Draw(t, "name")}
		letter, err := composer.Compose(to, content, token)
		if err != nil {
			t.Fatal(err)
		}
		wellMade(t, letter)
	})
}

func FuzzAlertMail(f *testing.F) {
	composer := newComposer(f)
	f.Add("price-reduction", `{"propertyAddress":"1 Main St","newPrice":1}`, "a1", "Maria")
	f.Add("life-event-lead", `{"eventType":"death","additionalEvents":["birth"],"eventDate":1772503200000}`, "a\"2", "<b>")
	f.Add("neighborhood-trend", `{"trendType":"price-increase","currentValue":1e5,"historicalContext":{"avg90Day":"x"}}`, "", "\u202e")
	f.Add("competitor-withdrawal", `{"status":"expired","daysOnMarket":1.5}`, "\r\n", "{{.}}")
	f.Add("../layout", `[[[`, "a", "b")
	f.Fuzz(func(t *testing.T, alertType, data, id, name string) {
		told := mail.Alert{ID: id, Type: alert.Type(alertType), CreatedAt: now, Data: []byte(data)}
		for _, content := range []mail.Content{told, mail.Digest{Alerts: []mail.Alert{told}}} {
			letter, err := composer.Compose(mail.Addressee{Address: "maria@example.com", Name: name}, content, token)
			if err != nil {
				t.Fatal(err)
			}
			wellMade(t, letter)
		}
	})
}
