package soak

import (
	"testing"
	"time"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/mailbox"
)

func TestARowBearsFewFailuresThatSaidSo(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name                                   string
		found, failed, foreseen, lost, doubled int
		well                                   bool
	}{
		{"nothing is expected", 0, 0, 0, 0, 0, true},
		{"all is there", 100, 0, 0, 0, 0, true},
		{"one is lost", 100, 0, 0, 1, 0, false},
		{"one is there twice", 100, 0, 0, 0, 1, false},
		{"five of few failed", 5, 5, 0, 0, 0, true},
		{"six of few failed", 5, 6, 0, 0, 0, false},
		{"one in twenty failed", 190, 10, 0, 0, 0, true},
		{"more than one in twenty failed", 190, 11, 0, 0, 0, false},
		{"many were foreseen", 10, 0, 100, 0, 0, true},
	}
	for _, test := range tests {
		row := newRow("row")
		for range test.found {
			row.found(1, "")
		}
		for range test.failed {
			row.missing("told", "")
		}
		for range test.foreseen {
			row.foreseen("planned", "")
		}
		for range test.lost {
			row.missing("", "lost")
		}
		row.twice(test.doubled, "twice")
		if report := (Report{Rows: []Row{*row}}); report.Well() != test.well || report.Complains("row") == test.well || report.Complains("another") {
			t.Errorf("%s: well %v, complains %v", test.name, report.Well(), report.Complains("row"))
		}
	}
}

func TestAMailWaitsOnlyForALimitThatCanHaveBeenReached(t *testing.T) {
	t.Parallel()
	// A link to unsubscribe whose payload is {"u":"agent-0001","k":"failures"}.
	headers := map[string]string{"List-Unsubscribe": "<https://example.com/unsubscribe?token=eyJ1IjoiYWdlbnQtMDAwMSIsImsiOiJmYWlsdXJlcyJ9.x>"}
	var mails []mailbox.Mail
	for n := range 40 {
		at := time.Date(2026, 11, 24, 8, 0, 0, 0, time.UTC).Add(time.Duration(n/2) * time.Minute) // two a minute
		mails = append(mails, mailbox.Mail{Headers: headers, SentAt: at})
	}
	c := newChecker(Evidence{Mails: mails})
	tests := []struct {
		user, reason string
		full         bool
	}{
		{"agent-0001", "limit of 10 mails a minute", false},
		{"agent-0001", "limit of 6 mails a minute", true},
		{"agent-0001", "limit of 100 mails an hour", true},
		{"agent-0001", "limit of 500 mails a day", false},
		{"agent-0002", "limit of 100 mails an hour", false},
		{"agent-0002", "limit of 100 mails an hour for all", true},
		{"agent-0002", "limit of 1,000 mails an hour for all", false},
		{"agent-0001", "limit of 1 mails a month", false},
		{"agent-0001", "limit of patience", false},
		{"agent-0001", "quiet hours", false},
		{"agent-0001", "", false},
	}
	for _, test := range tests {
		if got := c.isFull(Job{UserID: test.user, Reason: test.reason}); got != test.full {
			t.Errorf("%s, %q: %v", test.user, test.reason, got)
		}
	}
}

func TestWhatAMailIsAbout(t *testing.T) {
	t.Parallel()
	tests := []struct{ text, want string }{
		{"See https://example.com/alerts/a1_b-2?x\nBye", "/alerts/a1_b-2"},
		{"All: https://example.com/alerts\nBye", ""},
		{"The text agent-0001-000012 could not be written.", "text agent-0001-000012"},
		{"The sync agent-0001-000012 failed.", "sync agent-0001-000012"},
		{"Welcome", ""},
	}
	for _, test := range tests {
		if got := subjectOf(mailbox.Mail{Text: test.text}); got != test.want {
			t.Errorf("%q is about %q, want %q", test.text, got, test.want)
		}
	}
}

func TestHowUrgentAnAlertIs(t *testing.T) {
	t.Parallel()
	fall := func(alertType string, from, to float64) AlertItem {
		alert := AlertItem{Type: alertType}
		alert.Data.OriginalPrice, alert.Data.NewPrice = from, to
		return alert
	}
	lead := func(event string) AlertItem {
		alert := AlertItem{Type: "life-event-lead"}
		alert.Data.EventType = event
		return alert
	}
	tests := []struct {
		alert AlertItem
		want  string
	}{
		{fall("price-reduction", 200_000, 170_000), "high"},
		{fall("price-reduction", 200_000, 170_001), "medium"},
		{fall("price-reduction", 600_000, 550_000), "high"},
		{fall("price-reduction", 600_000, 550_001), "medium"},
		{fall("competitor-price-reduction", 200_000, 170_000), "low"},
		{fall("competitor-price-reduction", 200_000, 169_999), "high"},
		{fall("competitor-price-reduction", 600_000, 540_000), "low"},
		{lead("divorce"), "high"},
		{lead("retirement"), "medium"},
		{AlertItem{Type: "neighborhood-trend"}, "high"},
		{AlertItem{Type: "competitor-withdrawal"}, "high"},
		{AlertItem{Type: "competitor-new-listing"}, "low"},
	}
	for _, test := range tests {
		if got := priorityOf(test.alert); got != test.want {
			t.Errorf("%+v: %s, want %s", test.alert, got, test.want)
		}
	}
}
