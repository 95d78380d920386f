package main

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/mailbox"
)

func TestMailForPeople(t *testing.T) {
	t.Parallel()
	sent := time.Date(2026, 11, 24, 8, 30, 5, 0, time.UTC)
	first := mailbox.Mail{
		Number: 1, From: "Bayon <alerts@bayon.example>", To: []string{"maria@example.com"}, CC: []string{"ben@example.com"}, Subject: "A price\nfell\x1b[2J",
		SentAt: sent, MessageID: "m-1", Text: "Dear Maria,\r\n\x1b]0;title\x07", Headers: map[string]string{"X-B": "b", "List-Unsubscribe": "<u>"},
	}
	tenth := mailbox.Mail{Number: 10, From: "alerts@bayon.example", BCC: []string{"carl@example.com"}, Subject: "Digest – 3 Ä", SentAt: sent, HTML: "<p>"}
	var list, show, bare strings.Builder
	if err := listMails(&list, []mailbox.Mail{first, tenth}); err != nil {
		t.Fatal(err)
	}
	if err := showMail(&show, first); err != nil {
		t.Fatal(err)
	}
	if err := showMail(&bare, tenth); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct{ got, want string }{
		{list.String(), `NUMBER  SENT                  TO                                  SUBJECT
1       2026-11-24 08:30:05Z  maria@example.com, ben@example.com  A price fell�[2J
10      2026-11-24 08:30:05Z  carl@example.com                    Digest – 3 Ä
`},
		{show.String(), `From: Bayon <alerts@bayon.example>
To: maria@example.com
Cc: ben@example.com
Date: Tue, 24 Nov 2026 08:30:05 +0000
Message-ID: m-1
Subject: A price fell�[2J
List-Unsubscribe: <u>
X-B: b

Dear Maria,
�]0;title�
`},
		{bare.String(), `From: alerts@bayon.example
Bcc: carl@example.com
Date: Tue, 24 Nov 2026 08:30:05 +0000
Subject: Digest – 3 Ä

(no text; --html shows the HTML)
`},
	} {
		if diff := cmp.Diff(test.want, test.got); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
	var none strings.Builder
	if err := listMails(&none, nil); err != nil || none.String() != "No mail was sent.\n" {
		t.Errorf("%q, error %v", none.String(), err)
	}
}
