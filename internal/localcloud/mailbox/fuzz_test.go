package mailbox_test

import (
	"strings"
	"testing"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/mailbox"
)

// FuzzSendEmail looks for requests that make the mailbox panic, answer what SES does not, or take mail whose headers could
// hold others.
func FuzzSendEmail(f *testing.F) {
	for _, seed := range [][]byte{
		body(f, nil),
		body(f, map[string]any{"Content": simple(map[string]any{"Headers": []any{map[string]any{"Name": "X", "Value": "v"}, nil}})}),
		body(f, map[string]any{"Destination": map[string]any{"ToAddresses": []string{`"a\"b" <c@d>`, "(a@b", "<@>", "a:b@c;"}}}),
		body(f, map[string]any{"FromEmailAddress": "=?utf-8?q?=0D=0A?= <alerts@bayon.example>", "EmailTags": []any{nil}}),
		[]byte(`{"Content":{"Simple":{"Subject":null}}}`), []byte(`{"Content":{}}`), []byte(`[`), {},
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, request []byte) {
		if strings.Contains(strings.ToLower(string(request)), "trouble") {
			t.Skip("asks for it")
		}
		box := open(t, mailbox.Config{})
		code, answer := post(box, "/v2/email/outbound-emails", request)
		if code != 200 && code != 400 && code != 404 {
			t.Fatalf("%d %s", code, answer)
		}
		taken := mails(t, box)
		if (code == 200) != (len(taken) == 1) {
			t.Fatalf("%d mails, and the answer %d %s", len(taken), code, answer)
		}
		for _, mail := range taken {
			if recipients := len(mail.To) + len(mail.CC) + len(mail.BCC); recipients < 1 || recipients > 50 {
				t.Errorf("%d recipients", recipients)
			}
			for name := range mail.Headers {
				if strings.ContainsAny(name, "\r\n: ") || name == "" {
					t.Errorf("the header %q", name)
				}
			}
		}
	})
}
