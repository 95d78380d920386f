package notification

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

func zoneOf(t interface{ Fatal(...any) }, name string) *time.Location {
	zone, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

// moment reads an RFC 3339 text.
func moment(t interface{ Fatal(...any) }, text string) time.Time {
	at, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		t.Fatal(err)
	}
	return at.UTC()
}

func clockOf(t interface{ Fatal(...any) }, text string) timeOfDay {
	clock, err := parseTimeOfDay(text)
	if err != nil {
		t.Fatal(err)
	}
	return clock
}

func TestTimesOfDay(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]timeOfDay{"00:00": {0, 0}, "09:05": {9, 5}, "23:59": {23, 59}, "9:00": {9, 0}} {
		if got, err := parseTimeOfDay(text); err != nil || got != want {
			t.Errorf("%s: %v, error %v", text, got, err)
		}
	}
	for _, text := range []string{"", "24:00", "12:60", "12", "12:5", "-1:00", "12:00:00", "noon", " 09:00", "09:00 pm"} {
		if got, err := parseTimeOfDay(text); err == nil {
			t.Errorf("%q is read as %v", text, got)
		}
	}
}

func TestWhenAClockShowsATime(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, zone, day, clock, first, last string }{
		{"an ordinary day", "America/New_York", "2026-01-15", "22:00", "2026-01-16T03:00:00Z", "2026-01-16T03:00:00Z"},
		{"skipped in spring", "America/New_York", "2026-03-08", "02:30", "2026-03-08T07:00:00Z", "2026-03-08T07:00:00Z"},
		{"skipped at its first minute", "America/New_York", "2026-03-08", "02:00", "2026-03-08T07:00:00Z", "2026-03-08T07:00:00Z"},
		{"right before it is skipped", "America/New_York", "2026-03-08", "01:59", "2026-03-08T06:59:00Z", "2026-03-08T06:59:00Z"},
		{"right after what is skipped", "America/New_York", "2026-03-08", "03:00", "2026-03-08T07:00:00Z", "2026-03-08T07:00:00Z"},
		{"doubled in autumn", "America/New_York", "2026-11-01", "01:30", "2026-11-01T05:30:00Z", "2026-11-01T06:30:00Z"},
		{"doubled at its first minute", "America/New_York", "2026-11-01", "01:00", "2026-11-01T05:00:00Z", "2026-11-01T06:00:00Z"},
		{"right after what is doubled", "America/New_York", "2026-11-01", "02:00", "2026-11-01T07:00:00Z", "2026-11-01T07:00:00Z"},
		{"half an hour skipped", "Australia/Lord_Howe", "2026-10-04", "02:15", "2026-10-03T15:30:00Z", "2026-10-03T15:30:00Z"},
		{"half an hour doubled", "Australia/Lord_Howe", "2026-04-05", "01:45", "2026-04-04T14:45:00Z", "2026-04-04T15:15:00Z"},
		{"an offset of 5:45", "Asia/Kathmandu", "2026-06-01", "09:00", "2026-06-01T03:15:00Z", "2026-06-01T03:15:00Z"},
		{"a whole day skipped", "Pacific/Apia", "2011-12-30", "09:00", "2011-12-30T10:00:00Z", "2011-12-30T10:00:00Z"},
		{"the day before it", "Pacific/Apia", "2011-12-29", "09:00", "2011-12-29T19:00:00Z", "2011-12-29T19:00:00Z"},
		{"the day after it", "Pacific/Apia", "2011-12-31", "09:00", "2011-12-30T19:00:00Z", "2011-12-30T19:00:00Z"},
		{"UTC", "UTC", "2026-06-01", "00:00", "2026-06-01T00:00:00Z", "2026-06-01T00:00:00Z"},
	}
	for _, test := range tests {
		day := date{moment(t, test.day+"T00:00:00Z")}
		first, last := day.at(clockOf(t, test.clock), zoneOf(t, test.zone))
		if !first.Equal(moment(t, test.first)) || !last.Equal(moment(t, test.last)) {
			t.Errorf("%s: from %s to %s", test.name, first.Format(time.RFC3339), last.Format(time.RFC3339))
		}
	}
}

// zones are those of the tests: none, both kinds of clock changes, half an hour, odd offsets, both sides of the date line.
var zones = []string{
	"UTC", "America/New_York", "America/Los_Angeles", "America/St_Johns", "Australia/Lord_Howe", "Asia/Kathmandu", "Pacific/Apia",
	"Pacific/Kiritimati", "Pacific/Pago_Pago", "Pacific/Chatham", "Africa/Casablanca", "Europe/Dublin", "America/Sao_Paulo",
}

// drawMoment draws moments near the clock changes of a zone as well as any.
func drawMoment(r *rapid.T, zone *time.Location) time.Time {
	at := time.UnixMilli(rapid.Int64Range(1_262_304_000_000, 1_893_456_000_000).Draw(r, "at")).UTC() // 2010 to 2030
	if _, change := at.In(zone).ZoneBounds(); !change.IsZero() && rapid.Bool().Draw(r, "near a clock change") {
		at = change.Add(time.Duration(rapid.Int64Range(-180_000, 180_000).Draw(r, "seconds after it")) * time.Second)
	}
	return at.UTC()
}

func drawClock(r *rapid.T, name string) timeOfDay {
	return timeOfDay{hour: rapid.IntRange(0, 23).Draw(r, name+" hour"), minute: rapid.SampledFrom([]int{0, 1, 15, 30, 59}).Draw(r, name+" minute")}
}

// What a clock shows at a moment is shown at that moment: it is the first or the last, or lies between them.
func TestClocksAgreeWithTheirZones(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		zone := zoneOf(r, rapid.SampledFrom(zones).Draw(r, "zone"))
		at := drawMoment(r, zone).Truncate(time.Minute)
		local := at.In(zone)
		first, last := dateOf(at, zone).at(timeOfDay{local.Hour(), local.Minute()}, zone)
		if !first.Equal(at) && !last.Equal(at) {
			r.Errorf("%s is %s, but that is shown from %s to %s", at, local, first, last)
		}
		clock := drawClock(r, "any")
		first, last = dateOf(at, zone).at(clock, zone)
		for _, shown := range []time.Time{first, last} {
			begins, _ := shown.In(zone).ZoneBounds()
			if got := shown.In(zone); (got.Hour() != clock.hour || got.Minute() != clock.minute) && !begins.Equal(shown) {
				r.Errorf("%v is said to be shown at %s, which is neither so nor a clock change", clock, got)
			}
		}
	})
}
