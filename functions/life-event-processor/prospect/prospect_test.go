package prospect

import (
	"errors"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/bayon-coagent/event-consumers/internal/area"
	"github.com/bayon-coagent/event-consumers/internal/table"
)

type fields = map[string]any

// fataler is a *testing.T or a *rapid.T.
type fataler interface {
	Helper()
	Fatal(values ...any)
}

// item is a prospect's item with that Data.
func item(t fataler, data fields) table.Item {
	t.Helper()
	encoded, err := attributevalue.Marshal(data)
	if err != nil {
		t.Fatal(err)
	}
	read, _ := table.ItemOf(map[string]types.AttributeValue{"PK": table.Text("USER#u"), "SK": table.Text("PROSPECT#p"), "Data": encoded})
	return read
}

// stored are events as the platform stores them.
func stored(events []lifeEvent) []fields {
	entries := []fields{}
	for _, event := range events {
		entries = append(entries, entry(fields{
			"id": event.id, "eventType": string(event.kind), "eventDate": event.date.Format("2006-01-02T15:04:05.000Z07:00"),
		}))
	}
	return entries
}

// entry is a valid event, but for what is changed.
func entry(changed fields) fields {
	event := fields{
		"id": "e1", "personId": "someone", "eventType": "birth", "eventDate": "2026-11-01T00:00:00.000Z", "location": "98029",
		"confidence": 80, "source": "public records",
	}
	maps.Copy(event, changed)
	return event
}

func TestWhichEventsAreValid(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		changed fields
		valid   bool
	}{
		{"complete", nil, true},
		{"with another field", fields{"note": 1}, true},
		{"dated in milliseconds", fields{"eventDate": int64(1_764_000_000_000)}, true},
		{"dated without a time", fields{"eventDate": "2026-11-01"}, true},
		{"at a point", fields{"location": fields{"lat": 47.5, "lng": -122}}, true},
		{"in a city", fields{"location": "Issaquah"}, true},
		{"of no confidence", fields{"confidence": 0}, true},
		{"of full confidence", fields{"confidence": 100}, true},
		{"of half a percent", fields{"confidence": 0.5}, true},

		{"less than no confidence", fields{"confidence": -0.01}, false},
		{"more than full confidence", fields{"confidence": 100.01}, false},
		{"confidence in words", fields{"confidence": "80"}, false},
		{"an unknown type", fields{"eventType": "lottery"}, false},
		{"another spelling", fields{"eventType": "Birth"}, false},
		{"a date in words", fields{"eventDate": "yesterday"}, false},
		{"no day", fields{"eventDate": "2026-02-30"}, false},
		{"dated in microseconds", fields{"eventDate": int64(1_764_000_000_000_000)}, false},
		{"dated true", fields{"eventDate": true}, false},
		{"half a point", fields{"location": fields{"lat": 47.5}}, false},
		{"no point on earth", fields{"location": fields{"lat": 90.01, "lng": 0}}, false},
		{"a location in digits", fields{"location": 98029}, false},
		{"an id that is too long", fields{"id": strings.Repeat("x", 257)}, false},
		{"an id that is just short enough", fields{"id": strings.Repeat("x", 256)}, true},
	}
	for field := range entry(nil) {
		tests = append(tests, []struct {
			name    string
			changed fields
			valid   bool
		}{
			{field + " is null", fields{field: nil}, false},
			{field + " is empty", fields{field: ""}, false},
			{field + " is blank", fields{field: " \t"}, false},
			{field + " is a list", fields{field: []string{"x"}}, false},
			{field + " is an empty map", fields{field: fields{}}, false},
		}...)
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			other := entry(fields{"id": "other"})
			is, err := prospectOf(item(t, fields{"id": "p", "location": "98029", "events": []fields{entry(test.changed), other}}))
			if err != nil {
				t.Fatal(err)
			}
			want, unusable := 1, 1
			if test.valid {
				want, unusable = 2, 0
			}
			if len(is.events) != want || is.unusable != unusable {
				t.Errorf("%d valid, %d unusable", len(is.events), is.unusable)
			}
		})
	}
}

func TestMissingFieldsMakeAnEventInvalid(t *testing.T) {
	t.Parallel()
	for field := range entry(nil) {
		event := entry(nil)
		delete(event, field)
		is, err := prospectOf(item(t, fields{"id": "p", "location": "98029", "events": []fields{event}}))
		if err != nil || len(is.events) != 0 || is.unusable != 1 {
			t.Errorf("without %s: %d valid, %d unusable, error %v", field, len(is.events), is.unusable, err)
		}
	}
}

func TestFirstOfSeveralEventsOfOneIDCounts(t *testing.T) {
	t.Parallel()
	is, err := prospectOf(item(t, fields{"id": "p", "location": "98029", "events": []any{
		entry(fields{"eventType": "lottery"}), entry(fields{"eventType": "death"}), entry(nil), "no event", nil,
	}}))
	if err != nil || len(is.events) != 1 || is.events[0].kind != death || is.unusable != 3 {
		t.Errorf("prospect %+v, error %v", is, err)
	}
	if want := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC); !is.events[0].date.Equal(want) {
		t.Errorf("date %v", is.events[0].date)
	}
}

func TestWhichItemsAreProspects(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		data fields
		want error
	}{
		{"complete", fields{"id": "p", "location": "98029", "events": []fields{}}, nil},
		{"without events", fields{"id": "p", "location": "98029"}, nil},
		{"with null events", fields{"id": "p", "location": "98029", "events": nil}, nil},
		{"with an id that is just short enough", fields{"id": strings.Repeat("x", 256), "location": "98029"}, nil},
		{"without an id", fields{"location": "98029"}, errNoID},
		{"with a blank id", fields{"id": " ", "location": "98029"}, errNoID},
		{"with a number as id", fields{"id": 7, "location": "98029"}, errNoID},
		{"with too long an id", fields{"id": strings.Repeat("x", 257), "location": "98029"}, errNoID},
		{"without a location", fields{"id": "p"}, errNoLocation},
		{"with a number as location", fields{"id": "p", "location": 98029}, errNoLocation},
		{"with a blank location", fields{"id": "p", "location": " "}, errNoLocation},
		{"with an endless location", fields{"id": "p", "location": strings.Repeat("x", 1025)}, errNoLocation},
		{"with half a point", fields{"id": "p", "location": fields{"lng": 5}}, errNoLocation},
		{"with a point in words", fields{"id": "p", "location": fields{"lat": "1", "lng": "2"}}, errNoLocation},
		{"with a point off the earth", fields{"id": "p", "location": fields{"lat": 0, "lng": 180.5}}, errNoLocation},
		{"with a text as events", fields{"id": "p", "location": "98029", "events": "none"}, errNoEvents},
		{"with a map as events", fields{"id": "p", "location": "98029", "events": fields{}}, errNoEvents},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			_, err := prospectOf(item(t, test.data))
			var malformed *table.MalformedError
			if !errors.Is(err, test.want) || (test.want != nil && !errors.As(err, &malformed)) {
				t.Errorf("error %v, want %v", err, test.want)
			}
		})
	}
}

func TestWhatATextNames(t *testing.T) {
	t.Parallel()
	tests := []struct {
		text string
		want area.Place
	}{
		{"98029", area.Place{ZIP: "98029"}},
		{" 98029 ", area.Place{ZIP: "98029"}},
		{"98029-1234", area.Place{ZIP: "98029"}},
		{"9802", area.Place{City: "9802"}},
		{"980291", area.Place{City: "980291"}},
		{"98029-", area.Place{City: "98029-"}},
		{"98029-123", area.Place{City: "98029-123"}},
		{"98029-12345", area.Place{City: "98029-12345"}},
		{"98029x", area.Place{City: "98029x"}},
		{"٩٨٠٢٩", area.Place{City: "٩٨٠٢٩"}},
		{" Issaquah", area.Place{City: "Issaquah"}},
	}
	for _, test := range tests {
		if got := placeNamed(test.text); got != test.want {
			t.Errorf("%q: %+v", test.text, got)
		}
	}
}

func FuzzProspectOf(f *testing.F) {
	f.Add("p1", "98029", "47.5", "e1", "divorce", "2026-11-01", "80", uint8(0))
	f.Add("", "", "1e999", "", "birth", "x", "-1", uint8(1))
	f.Add("p1", "Issaquah", "91", "e1", "death", "0001-01-01T00:00:00Z", "100.5", uint8(7))
	f.Fuzz(func(t *testing.T, id, location, degrees, eventID, eventType, date, confidence string, shape uint8) {
		number := func(text string) any { return &types.AttributeValueMemberN{Value: text} }
		point := fields{"lat": number(degrees), "lng": number(degrees)}
		event := fields{
			"id": eventID, "personId": id, "eventType": eventType, "eventDate": date, "location": location,
			"confidence": number(confidence), "source": location,
		}
		data := fields{"id": id, "location": location, "events": []any{event, event, entry(nil), point, nil}}
		if shape&1 != 0 {
			data["location"], event["location"] = point, point
		}
		if shape&2 != 0 {
			event["eventDate"], data["leadScore"] = number(date), number(confidence)
		}
		if shape&4 != 0 {
			data["lastAnalyzed"], data["leadScore"] = date, number(confidence)
		}
		is, err := prospectOf(item(t, data))
		var malformed *table.MalformedError
		if err != nil {
			if !errors.As(err, &malformed) {
				t.Errorf("error %v", err)
			}
			return
		}
		ids := map[string]bool{}
		for _, event := range is.events {
			if _, known := event.kind.weight(); !known || event.id == "" || ids[event.id] {
				t.Errorf("event %+v", event)
			}
			ids[event.id] = true
		}
		if len(is.events)+is.unusable > 5 || is.unusable < 2 {
			t.Errorf("%d valid, %d unusable", len(is.events), is.unusable)
		}
		found := assess(past(is.events, now), even, now)
		if found.score < 0 || found.score > 100 {
			t.Errorf("score %d", found.score)
		}
		is.scored(found.score, now)
	})
}
