package mail_test

import (
	"strings"
	"testing"

	"github.com/bayon-coagent/event-consumers/internal/alert"
	"github.com/bayon-coagent/event-consumers/internal/mail"
)

func TestDigestTellsHowManyMore(t *testing.T) {
	t.Parallel()
	for more, want := range map[int]string{1: "And 1 more alert, which", 1200: "And 1,200 more alerts, which"} {
		letter := compose(t, maria(), mail.Digest{Alerts: []mail.Alert{alertWith(alert.PriceReduction, `{}`)}, More: more})
		if !strings.Contains(letter.Text, "\n\n"+want) || !strings.Contains(letter.HTML, "<p>"+want) {
			t.Errorf("%d more: %s", more, letter.Text)
		}
	}
	letter := compose(t, maria(), mail.Digest{Alerts: []mail.Alert{alertWith(alert.PriceReduction, `{}`)}, More: 1200})
	if letter.Subject != "Your daily digest: 1,201 alerts" {
		t.Errorf("subject %q", letter.Subject)
	}
	all := compose(t, maria(), mail.Digest{Alerts: []mail.Alert{alertWith(alert.PriceReduction, `{}`)}})
	if strings.Contains(all.Text, "more alert") || strings.Contains(all.HTML, "more alert") {
		t.Error("it tells of more where all are listed")
	}
}
