package mailbox_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sesv2"
	"github.com/aws/aws-sdk-go-v2/service/sesv2/types"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/mailbox"
)

func TestMailIsTakenAndDecoded(t *testing.T) {
	t.Parallel()
	box := open(t, mailbox.Config{})
	to := client(t, box)
	input := message()
	input.FromEmailAddress = aws.String("=?utf-8?q?B=C3=A4yon?= <news@mail.homes.example>")
	input.Destination.CcAddresses = []string{"cc@example.com"}
	input.Destination.BccAddresses = []string{"bcc@example.com"}
	input.ReplyToAddresses = []string{"Help <help@bayon.example>"}
	input.FeedbackForwardingEmailAddress = aws.String("alerts@bayon.example")
	input.EmailTags = []types.MessageTag{{Name: aws.String("kind"), Value: aws.String("price-reduction")}}
	input.Content.Simple.Subject = &types.Content{Data: aws.String("=?utf-8?b?TcO8bGxlcg==?= – Ä"), Charset: aws.String("utf-8")}
	input.Content.Simple.Body.Text = &types.Content{Data: aws.String("für €5"), Charset: aws.String("ISO-8859-1")}
	input.Content.Simple.Body.Html = &types.Content{Data: aws.String("<b>für</b>")}
	input.Content.Simple.Headers = []types.MessageHeader{
		{Name: aws.String("List-Unsubscribe"), Value: aws.String("<https://app.example/unsubscribe?token=t>")},
		{Name: aws.String("List-Unsubscribe-Post"), Value: aws.String("List-Unsubscribe=One-Click")},
		{Name: aws.String("X-Twice"), Value: aws.String("a")},
		{Name: aws.String("X-Twice"), Value: aws.String("=?utf-8?q?=C3=A4?=")},
	}
	answer, err := to.SendEmail(t.Context(), input)
	if err != nil {
		t.Fatal(err)
	}
	another, err := to.SendEmail(t.Context(), message())
	if err != nil {
		t.Fatal(err)
	}
	want := []mailbox.Mail{
		{
			From: "Bäyon <news@mail.homes.example>", To: []string{"maria@example.com"}, CC: []string{"cc@example.com"}, BCC: []string{"bcc@example.com"},
			ReplyTo: []string{"Help <help@bayon.example>"}, Subject: "Müller – Ä", Text: "für ?5", HTML: "<b>f?r</b>", SentAt: sentAt, Number: 1,
			MessageID: *answer.MessageId, ConfigurationSet: "notifications", Tags: map[string]string{"kind": "price-reduction"},
			Headers: map[string]string{
				"List-Unsubscribe": "<https://app.example/unsubscribe?token=t>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click", "X-Twice": "a, ä",
			},
		},
		{
			From: "Bayon CoAgent <alerts@bayon.example>", To: []string{"maria@example.com"}, Subject: "A price fell", SentAt: sentAt, Number: 2, MessageID: *another.MessageId,
			Text: "From $500,000 to $475,000.", HTML: "<p>From $500,000 to $475,000.</p>", Headers: map[string]string{},
		},
	}
	got := mails(t, box)
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if len(got) != 2 || got[0].MessageID == got[1].MessageID || len(got[1].MessageID) != 60 || !strings.HasSuffix(got[1].MessageID, "-000000") {
		t.Errorf("message ids: %v", got)
	}
}

// maria is what all tests of addresses send to.
const maria = "maria@example.com"

func TestAddresses(t *testing.T) {
	t.Parallel()
	box := open(t, mailbox.Config{})
	to := client(t, box)
	const missing, local, domain, invalid = "Missing final '@domain'", "Local address contains control or whitespace", "Domain contains control or whitespace", "Invalid email address "
	tests := []struct{ name, address, want string }{
		{"plain", "a@b", ""},
		{"named", "Maria <maria@example.com>", ""},
		{"quoted name", `"Acme, Inc." <maria@example.com>`, ""},
		{"a dot in the name", "Maria J. Doe <maria@example.com>", ""},
		{"encoded name", "=?utf-8?q?M=C3=A4ria?= <maria@example.com>", ""},
		{"letters in the name", "Märia <maria@example.com>", ""},
		{"quoted local part", `"maria doe"@example.com`, ""},
		{"label", "maria+homes@example.com", ""},
		{"apostrophe", "o'brien@example.com", ""},
		{"empty", "", invalid + "."},
		{"blank", "  ", invalid},
		{"a name alone", "maria", missing},
		{"no domain", "maria@", "Missing domain"},
		{"at sign in quotes alone", `"maria@example.com"`, missing},
		{"at sign behind an escaped quote", `"maria\"@example.com"`, missing},
		{"no local part", "@example.com", invalid},
		{"space in the local part", "maria doe@example.com", local},
		{"letters in the local part", "märia@example.com", local},
		{"control in the local part", "ma\x01ria@example.com", local},
		{"delete in the local part", "ma\x7fria@example.com", local},
		{"space in the domain", "maria@example .com", domain},
		{"letters in the domain", "maria@exämple.com", domain},
		{"two addresses", "maria@example.com, ben@example.com", local},
		{"two addresses without a space", "maria@example.com,ben@example.com", invalid},
		{"unquoted comma in the name", "Acme, Inc <maria@example.com>", invalid},
		{"dot at the end", "maria.@example.com", invalid},
		{"two dots", "maria..doe@example.com", invalid},
		{"unclosed", "Maria <maria@example.com", "contains control or whitespace"},
		{"line feed at the end", "maria@example.com\n", invalid},
		{"line feed in the name", "Maria\nBcc: ben@example.com <maria@example.com>", invalid},
		{"carriage return in a quoted name", "\"Maria\r\" <maria@example.com>", invalid},
		{"line feed in a quoted local part", "\"ma\nria\"@example.com", invalid},
		{"longest", "a@" + strings.Repeat("b", 318), ""},
		{"too long", "a@" + strings.Repeat("b", 319), "Address length is more than 320 characters long: 'a@bbb"},
		{"longest in UTF-16", `"` + strings.Repeat("𝄞", 149) + `" <maria@example.com>`, ""},
		{"too long in UTF-16", `"` + strings.Repeat("𝄞", 150) + `" <maria@example.com>`, "Address length is more than 320 characters long"},
	}
	for _, test := range tests {
		for field, set := range map[string]func(*sesv2.SendEmailInput){
			"to":      func(input *sesv2.SendEmailInput) { input.Destination.ToAddresses = []string{maria, test.address} },
			"cc":      func(input *sesv2.SendEmailInput) { input.Destination.CcAddresses = []string{test.address} },
			"bcc":     func(input *sesv2.SendEmailInput) { input.Destination.BccAddresses = []string{test.address} },
			"replyTo": func(input *sesv2.SendEmailInput) { input.ReplyToAddresses = []string{test.address} },
		} {
			input := message()
			set(input)
			_, err := to.SendEmail(t.Context(), input)
			if test.want == "" && err != nil {
				t.Errorf("%s as %s: %v", test.name, field, err)
			}
			if test.want != "" && (codeOf(err) != "BadRequestException" || !strings.Contains(err.Error(), test.want)) {
				t.Errorf("%s as %s: error %v, want %s", test.name, field, err, test.want)
			}
		}
	}
}

func TestSenders(t *testing.T) {
	t.Parallel()
	box := open(t, mailbox.Config{})
	to := client(t, box)
	const unverified = "Email address is not verified. The following identities failed the check in region US-EAST-1: "
	tests := []struct{ name, from, feedback, code, message string }{
		{"verified address", "alerts@bayon.example", "", "", ""},
		{"its domain in capitals", "alerts@BAYON.example", "", "", ""},
		{"its name in capitals", "Alerts@bayon.example", "", "MessageRejected", unverified + "Alerts@bayon.example"},
		{"another address of its domain", "news@bayon.example", "", "MessageRejected", unverified + "news@bayon.example"},
		{"named", "News <news@bayon.example>", "", "MessageRejected", unverified + "News <news@bayon.example>, news@bayon.example"},
		{"a verified domain", "any@homes.example", "", "", ""},
		{"below a verified domain", "any@a.b.Homes.example", "", "", ""},
		{"a domain that ends alike", "any@otherhomes.example", "", "MessageRejected", unverified},
		{"above a verified domain", "any@example", "", "MessageRejected", unverified},
		{"feedback to a verified address", "alerts@bayon.example", "any@homes.example", "", ""},
		{"feedback to another", "alerts@bayon.example", "ben@example.com", "MessageRejected", unverified + "ben@example.com"},
		{"malformed", "alerts", "", "BadRequestException", "Missing final '@domain'"},
		{"malformed feedback", "alerts@bayon.example", "ben@", "BadRequestException", "Missing domain"},
		{"none", "", "", "BadRequestException", "FromEmailAddress is missing."},
		{"whose configuration set is gone", "any@stale.example", "", "NotFoundException", "Configuration set <gone> does not exist."},
	}
	for _, test := range tests {
		input := message()
		input.FromEmailAddress = &test.from
		if test.feedback != "" {
			input.FeedbackForwardingEmailAddress = &test.feedback
		}
		_, err := to.SendEmail(t.Context(), input)
		if codeOf(err) != test.code || test.code == "" && err != nil || test.code != "" && !strings.Contains(err.Error(), test.message) {
			t.Errorf("%s: error %v, want %s: %s", test.name, err, test.code, test.message)
		}
	}
}

func TestRefusedMail(t *testing.T) {
	t.Parallel()
	box := open(t, mailbox.Config{})
	to := client(t, box)
	recipients := func(count int) []string {
		list := make([]string, count)
		for i := range list {
			list[i] = maria
		}
		return list
	}
	header := func(name, value string) func(*sesv2.SendEmailInput) {
		return func(input *sesv2.SendEmailInput) {
			input.Content.Simple.Headers = []types.MessageHeader{{Name: &name, Value: &value}}
		}
	}
	headers := func(count int, name string) func(*sesv2.SendEmailInput) {
		return func(input *sesv2.SendEmailInput) {
			for range count {
				input.Content.Simple.Headers = append(input.Content.Simple.Headers, types.MessageHeader{Name: &name, Value: aws.String("v")})
			}
		}
	}
	tag := func(name, value string) func(*sesv2.SendEmailInput) {
		return func(input *sesv2.SendEmailInput) {
			input.EmailTags = []types.MessageTag{{Name: aws.String("kind"), Value: aws.String("alert")}, {Name: &name, Value: &value}}
		}
	}
	subject := func(data string) func(*sesv2.SendEmailInput) {
		return func(input *sesv2.SendEmailInput) { input.Content.Simple.Subject = content(data) }
	}
	set := func(name string) func(*sesv2.SendEmailInput) {
		return func(input *sesv2.SendEmailInput) { input.ConfigurationSetName = &name }
	}
	repeat := strings.Repeat
	const bad = "BadRequestException"
	const headersAt = "1 validation error detected: Value at 'content.simple.headers"
	tests := []struct {
		name          string
		change        func(*sesv2.SendEmailInput)
		code, message string // an empty code takes the mail
	}{
		{"nobody", func(input *sesv2.SendEmailInput) { input.Destination = nil }, bad, "at least one address"},
		{"nobody in particular", func(input *sesv2.SendEmailInput) { input.Destination = &types.Destination{} }, bad, "at least one address"},
		{"hidden ones only", func(input *sesv2.SendEmailInput) { input.Destination = &types.Destination{BccAddresses: recipients(1)} }, "", ""},
		{"50 recipients", func(input *sesv2.SendEmailInput) {
			input.Destination = &types.Destination{ToAddresses: recipients(48), CcAddresses: recipients(1), BccAddresses: recipients(1)}
		}, "", ""},
		{"51 recipients", func(input *sesv2.SendEmailInput) {
			input.Destination = &types.Destination{ToAddresses: recipients(49), CcAddresses: recipients(1), BccAddresses: recipients(1)}
		}, bad, "Recipient count exceeds 50."},
		{"a text only", func(input *sesv2.SendEmailInput) { input.Content.Simple.Body.Html = nil }, "", ""},
		{"an HTML only", func(input *sesv2.SendEmailInput) { input.Content.Simple.Body.Text = nil }, "", ""},
		{"no body", func(input *sesv2.SendEmailInput) { input.Content.Simple.Body = &types.Body{} }, bad, "must have a Text or an Html"},
		{"empty subject", subject(""), "", ""},
		{"line feed in the subject", subject("a\nBcc: ben@example.com"), bad, "Content.Simple.Subject must not contain line breaks."},
		{"carriage return in the subject", subject("a\r"), bad, "Content.Simple.Subject must not contain line breaks."},
		{"unknown character set", func(input *sesv2.SendEmailInput) { input.Content.Simple.Subject.Charset = aws.String("Shift_JIS") }, bad, "Shift_JIS"},
		{"shortest header", header("A", " "), "", ""},
		{"empty header name", header("", "v"), bad, headersAt + ".1.member.name' failed to satisfy constraint: Member must have length greater than or equal to 1"},
		{"longest header name", header(repeat("N", 126), "v"), "", ""},
		{"too long a header name", header(repeat("N", 127), "v"), bad, headersAt + ".1.member.name' failed to satisfy constraint: Member must have length less than or equal to 126"},
		{"characters at the ends of the range", header("!9;~", " ~"), "", ""},
		{"colon in a header name", header("X:", "v"), bad, ".1.member.name' failed to satisfy constraint: Member must satisfy regular expression"},
		{"space in a header name", header("X Y", "v"), bad, ".1.member.name'"},
		{"letter in a header name", header("Xä", "v"), bad, ".1.member.name'"},
		{"line feed in a header name", header("X\n", "v"), bad, ".1.member.name'"},
		{"empty header value", header("X", ""), bad, headersAt + ".1.member.value' failed to satisfy constraint: Member must have length greater than or equal to 1"},
		{"longest header value", header("X", repeat("v", 995)), "", ""},
		{"too long a header value", header("X", repeat("v", 996)), bad, ".1.member.value' failed to satisfy constraint: Member must have length less than or equal to 995"},
		{"longest header", header("XY", repeat("v", 994)), "", ""},
		{"too long a header", header("XY", repeat("v", 995)), bad, "The header XY is longer than 996 characters."},
		{"letter in a header value", header("X", "ä"), bad, ".1.member.value' failed to satisfy constraint: Member must satisfy regular expression"},
		{"delete in a header value", header("X", "\x7f"), bad, ".1.member.value'"},
		{"line feed in a header value", header("X", "a\nBcc: ben@example.com"), bad, ".1.member.value'"},
		{"line feed after a header value", header("X", "a\n"), bad, ".1.member.value'"},
		{"15 headers", headers(15, "X"), "", ""},
		{"16 headers", headers(16, "X"), bad, headersAt + "' failed to satisfy constraint: Member must have length less than or equal to 15"},
		{"one twice that can be there once", headers(2, "list-unsubscribe"), bad, "The header list-unsubscribe appears more than once."},
		{"SES's own", header("MIME-version", "1.0"), bad, "The header MIME-version cannot be set"},
		{"hidden recipient in a header", header("Bcc", "ben@example.com"), bad, "The header Bcc cannot be set"},
		{"tag", tag("aZ_-09", "x"), "", ""},
		{"longest tag", tag(repeat("n", 256), repeat("v", 256)), "", ""},
		{"too long a tag's name", tag(repeat("n", 257), "v"), bad, "at most 256 characters"},
		{"too long a tag's value", tag("n", repeat("v", 257)), bad, "at most 256 characters"},
		{"empty tag's name", tag("", "v"), bad, "The tag name must be specified."},
		{"empty tag's value", tag("n", ""), bad, "The tag value must be specified."},
		{"dot in a tag", tag("n", "a.b"), bad, "Invalid tag name or value <a.b>"},
		{"letter in a tag", tag("ä", "v"), bad, "Invalid tag name or value <ä>"},
		{"line feed in a tag", tag("n", "v\n"), bad, "Invalid tag name or value"},
		{"configuration set", set("notifications"), "", ""},
		{"unknown configuration set", set("nothing"), "NotFoundException", "Configuration set <nothing> does not exist."},
		{"paused configuration set", set("paused"), "SendingPausedException", "Sending is paused for configuration set paused"},
		{"raw content", func(input *sesv2.SendEmailInput) {
			input.Content = &types.EmailContent{Raw: &types.RawMessage{Data: []byte("Subject: a\r\n\r\nb")}}
		}, bad, "does not support Content.Raw"},
		{"template", func(input *sesv2.SendEmailInput) {
			input.Content = &types.EmailContent{Template: &types.Template{TemplateName: aws.String("t")}}
		}, bad, "does not support Content.Template"},
		{"no content", func(input *sesv2.SendEmailInput) { input.Content = &types.EmailContent{} }, bad, "Content must have one of"},
		{"attachment", func(input *sesv2.SendEmailInput) {
			input.Content.Simple.Attachments = []types.Attachment{{FileName: aws.String("a"), RawContent: []byte("b")}}
		}, bad, "does not support Content.Simple.Attachments"},
		{"tenant", func(input *sesv2.SendEmailInput) { input.TenantName = aws.String("t") }, bad, "does not support TenantName"},
		{"list", func(input *sesv2.SendEmailInput) {
			input.ListManagementOptions = &types.ListManagementOptions{ContactListName: aws.String("l")}
		}, bad, "does not support ListManagementOptions"},
		{"authorization", func(input *sesv2.SendEmailInput) { input.FromEmailAddressIdentityArn = aws.String("arn:a") }, bad, "does not support FromEmailAddressIdentityArn"},
		{"feedback authorization", func(input *sesv2.SendEmailInput) {
			input.FeedbackForwardingEmailAddressIdentityArn = aws.String("arn:a")
		}, bad, "does not support FeedbackForwardingEmailAddressIdentityArn"},
	}
	taken := 0
	for _, test := range tests {
		input := message()
		test.change(input)
		_, err := to.SendEmail(t.Context(), input)
		if codeOf(err) != test.code || test.code == "" && err != nil || test.code != "" && !strings.Contains(err.Error(), test.message) {
			t.Errorf("%s: error %v, want %s: %s", test.name, err, test.code, test.message)
		}
		if test.code == "" {
			taken++
		}
	}
	if got := len(mails(t, box)); got != taken {
		t.Errorf("%d mails were taken, want %d", got, taken)
	}
}

func TestMessageSize(t *testing.T) {
	t.Parallel()
	box := open(t, mailbox.Config{})
	// Base64 makes four bytes of three; the addresses and the shorter subject have 52.
	const limit, shorter = 40 << 20, "A price fell..."
	text := strings.Repeat("t", (limit-len("alerts@bayon.example")-len(maria)-len(shorter))/4*3)
	for _, test := range []struct {
		subject string
		code    int
		want    string
	}{
		{shorter, 200, "MessageId"},
		{shorter + ".", 400, "BadRequestException " + `{"message":"Message length is more than 41943040 bytes long: '41943041'."}`},
	} {
		request := `{"FromEmailAddress":"alerts@bayon.example","Destination":{"ToAddresses":["` + maria + `"]},"Content":{"Simple":{` +
			`"Subject":{"Data":"` + test.subject + `"},"Body":{"Text":{"Data":"` + text + `"}}}}}`
		if code, answer := post(box, "/v2/email/outbound-emails", []byte(request)); code != test.code || !strings.Contains(answer, test.want) {
			t.Errorf("%s: %d %s, want %s", test.subject, code, answer, test.want)
		}
	}
}

func TestRequestSize(t *testing.T) {
	t.Parallel()
	code, answer := post(open(t, mailbox.Config{}), "/v2/email/outbound-emails", make([]byte, 64<<20+1))
	if code != 413 || !strings.Contains(answer, "RequestEntityTooLargeException") {
		t.Errorf("too large: %d %s", code, answer)
	}
}

func TestTheSDKKnowsTheErrors(t *testing.T) {
	t.Parallel()
	to := client(t, open(t, mailbox.Config{}))
	send := func(change func(*sesv2.SendEmailInput)) error {
		input := message()
		change(input)
		_, err := to.SendEmail(t.Context(), input)
		return err
	}
	bad := send(func(input *sesv2.SendEmailInput) { input.Destination = nil })
	if known := (*types.BadRequestException)(nil); !errors.As(bad, &known) || known.ErrorMessage() == "" {
		t.Errorf("%T %v", bad, bad)
	}
	rejected := send(func(input *sesv2.SendEmailInput) { input.FromEmailAddress = aws.String("nobody@example.com") })
	if known := (*types.MessageRejected)(nil); !errors.As(rejected, &known) {
		t.Errorf("%T %v", rejected, rejected)
	}
	missing := send(func(input *sesv2.SendEmailInput) { input.ConfigurationSetName = aws.String("nothing") })
	if known := (*types.NotFoundException)(nil); !errors.As(missing, &known) {
		t.Errorf("%T %v", missing, missing)
	}
	paused := send(func(input *sesv2.SendEmailInput) { input.ConfigurationSetName = aws.String("paused") })
	if known := (*types.SendingPausedException)(nil); !errors.As(paused, &known) {
		t.Errorf("%T %v", paused, paused)
	}
	if _, err := to.ListEmailIdentities(t.Context(), &sesv2.ListEmailIdentitiesInput{}); codeOf(err) != "UnknownOperationException" {
		t.Errorf("an operation that is not there: %v", err)
	}
	if _, err := to.SendBulkEmail(t.Context(), &sesv2.SendBulkEmailInput{
		DefaultContent: &types.BulkEmailContent{}, BulkEmailEntries: []types.BulkEmailEntry{{Destination: &types.Destination{}}},
	}); codeOf(err) != "UnknownOperationException" {
		t.Errorf("an operation that is not there: %v", err)
	}
}

// TestMalformedRequests sends what the SDK would not.
func TestMalformedRequests(t *testing.T) {
	t.Parallel()
	box := open(t, mailbox.Config{})
	null := func(members ...string) string {
		problems := make([]string, len(members))
		for i, member := range members {
			problems[i] = "Value at '" + member + "' failed to satisfy constraint: Member must not be null"
		}
		return strings.Join(problems, "; ")
	}
	tests := []struct {
		name string
		body []byte
		want string
	}{
		{"no JSON", []byte("{"), "SerializationException"},
		{"a list", []byte("[]"), "SerializationException"},
		{"a number for a text", body(t, map[string]any{"FromEmailAddress": 7}), "SerializationException"},
		{"a text for a list", body(t, map[string]any{"ReplyToAddresses": "a@b"}), "SerializationException"},
		{"nothing", []byte("{}"), "BadRequestException " + `{"message":"1 validation error detected: ` + null("content")},
		{"null", []byte("null"), null("content")},
		{"no subject and body", body(t, map[string]any{"Content": map[string]any{"Simple": map[string]any{}}}), "2 validation errors detected: " + null("content.simple.subject", "content.simple.body")},
		{"no data", body(t, map[string]any{"Content": simple(map[string]any{
			"Subject": map[string]any{}, "Body": map[string]any{"Text": map[string]any{}, "Html": map[string]any{"Charset": "UTF-8"}},
		})}), "3 validation errors detected: " + null("content.simple.subject.data", "content.simple.body.text.data", "content.simple.body.html.data")},
		{"null for a header", body(t, map[string]any{"Content": simple(map[string]any{"Headers": []any{map[string]any{"Name": "X", "Value": "v"}, nil}})}),
			null("content.simple.headers.2.member.name", "content.simple.headers.2.member.value")},
		{"no tag's value", body(t, map[string]any{"EmailTags": []any{map[string]any{"Name": "n"}}}), null("emailTags.1.member.value")},
		{"null for a recipient", body(t, map[string]any{"Destination": map[string]any{"ToAddresses": []any{nil}}}), "Invalid email address ."},
	}
	for _, test := range tests {
		code, answer := post(box, "/v2/email/outbound-emails", test.body)
		if code != 400 || !strings.Contains(answer, test.want) {
			t.Errorf("%s: %d %s, want %s", test.name, code, answer, test.want)
		}
	}
	if code, answer := post(box, "/v2/email/outbound-emails", body(t, map[string]any{"TenantName": nil, "Unknown": 1})); code != 200 {
		t.Errorf("members that SES does not know are none of its business: %d %s", code, answer)
	}
}
