package events_test

import (
	"encoding/json"
	"errors"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/bayon-coagent/event-consumers/pkg/events"
)

func TestInstantReadsRFC3339AndWritesOneForm(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ read, written string }{
		{`"2026-11-20T09:30:00Z"`, `"2026-11-20T09:30:00.000Z"`},
		{`"2026-11-20T09:30:00.1Z"`, `"2026-11-20T09:30:00.100Z"`},
		{`"2026-11-20T09:30:00.123456789Z"`, `"2026-11-20T09:30:00.123Z"`},
		{`"2026-11-20T09:30:00.9999Z"`, `"2026-11-20T09:30:00.999Z"`},
		{`"2026-11-20T09:30:00+05:30"`, `"2026-11-20T04:00:00.000Z"`},
		{`"2026-11-20T09:30:00\u002b05:30"`, `"2026-11-20T04:00:00.000Z"`},
		{`"0000-01-01T00:00:00Z"`, `"0000-01-01T00:00:00.000Z"`},
		{`"9999-12-31T23:59:59.999Z"`, `"9999-12-31T23:59:59.999Z"`},
	} {
		var instant events.Instant
		if err := json.Unmarshal([]byte(test.read), &instant); err != nil {
			t.Errorf("%s: %v", test.read, err)
			continue
		}
		if instant.Location() != time.UTC {
			t.Errorf("%s is not in UTC", test.read)
		}
		written, err := json.Marshal(instant)
		if err != nil || string(written) != test.written {
			t.Errorf("%s is written as %s (%v), want %s", test.read, written, err, test.written)
		}
	}
}

func TestInstantRefusesAnythingElse(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		`""`, `"yesterday"`, `"2026-11-20"`, `"2026-11-20T09:30:00"`, `"2026-11-20 09:30:00Z"`,
		`"2026-13-20T09:30:00Z"`, `"2026-02-30T09:30:00Z"`, `"2026-11-20T24:00:00Z"`,
		`"0000-01-01T00:00:00+01:00"`, `"9999-12-31T23:59:59-01:00"`, `1763631000123`, `true`, `{}`, `[]`, `"\ud800"`,
	} {
		var instant events.Instant
		err := json.Unmarshal([]byte(text), &instant)
		var mistyped *json.UnmarshalTypeError
		if !errors.As(err, &mistyped) || !instant.IsZero() {
			t.Errorf("%s: error %v, instant %v", text, err, instant)
		}
	}
}

func TestInstantKeepsItsValueAtNull(t *testing.T) {
	t.Parallel()
	instant := events.At(time.Unix(1, 0))
	if err := json.Unmarshal([]byte("null"), &instant); err != nil || !instant.Equal(time.Unix(1, 0)) {
		t.Errorf("error %v, instant %v", err, instant)
	}
}

func TestInstantOfAYearThatCannotBeWritten(t *testing.T) {
	t.Parallel()
	for _, year := range []int{-1, 10000} {
		instant := events.At(time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC))
		if _, err := json.Marshal(instant); err == nil {
			t.Errorf("the year %d is written", year)
		}
		if _, err := instant.MarshalText(); err == nil {
			t.Errorf("the year %d is written as text", year)
		}
	}
}

func TestInstantSurvivesTheWire(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		seconds := rapid.Int64Range(-62167219200, 253402300799).Draw(t, "seconds") // the years 0000 to 9999
		milliseconds := rapid.Int64Range(0, 999).Draw(t, "milliseconds")
		sent := events.At(time.Unix(seconds, milliseconds*1e6))
		written, err := sent.MarshalText()
		if err != nil {
			t.Fatal(err)
		}
		var received events.Instant
		if err := received.UnmarshalText(written); err != nil || !received.Equal(sent.Time) {
			t.Fatalf("%s: received %v, %v", written, received, err)
		}
	})
}
