package trend

import (
	"testing"
	"time"
)

func TestMonths(t *testing.T) {
	t.Parallel()
	const form = "2006-01-02T15:04:05.000Z07:00"
	tests := []struct{ at, want, threeBefore string }{
		{"2026-11-01T00:00:00.000Z", "2026-11", "2026-08"},
		{"2026-10-31T23:59:59.999Z", "2026-10", "2026-07"},
		{"2026-11-30T23:59:59.999Z", "2026-11", "2026-08"},
		{"2026-12-31T23:59:59.999Z", "2026-12", "2026-09"},
		{"2027-01-01T00:00:00.000Z", "2027-01", "2026-10"},
		{"2026-12-31T16:00:00.000-08:00", "2027-01", "2026-10"},
		{"2027-03-31T00:00:00.000Z", "2027-03", "2026-12"},
		{"2028-02-29T12:00:00.000Z", "2028-02", "2027-11"},
	}
	for _, test := range tests {
		at, err := time.Parse(form, test.at)
		if err != nil {
			t.Fatal(err)
		}
		is := monthOf(at)
		if is.String() != test.want || (is-3).String() != test.threeBefore {
			t.Errorf("%s is in %s, three after %s", test.at, is, is-3)
		}
	}
}
