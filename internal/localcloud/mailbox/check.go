package mailbox

import (
	"encoding/base64"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/awsapi"
)

// SES's limits. Sizes are those of the encoded message.
//
// https://docs.aws.amazon.com/ses/latest/dg/quotas.html
const (
	maxRecipients = 50
	maxMessage    = 40 << 20 // bytes
	maxHeaders    = 15
	maxHeaderName = 126
	maxHeader     = 996 // characters of name and value
	maxValue      = 995
	maxTag        = 256 // characters of a name, and of a value
)

// check refuses what SES refuses, and returns the mail as its recipients get it. The addresses come first, then the
// recipients' number, the configuration set, and the sender's identity, in the order in which SES has been seen to check.
func (m *Mailbox) check(r *request) (Mail, error) {
	if names := r.missing(); len(names) > 0 {
		return Mail{}, missingMembers(names)
	}
	if err := r.refuseUnsupported(); err != nil {
		return Mail{}, err
	}
	simple := r.Content.Simple
	if simple == nil {
		return Mail{}, badRequest("Content must have one of Simple, Raw and Template.")
	}
	if err := simple.check(); err != nil {
		return Mail{}, err
	}
	if err := checkTags(r.EmailTags); err != nil {
		return Mail{}, err
	}
	sender, err := m.checkAddresses(r)
	if err != nil {
		return Mail{}, err
	}
	set, err := m.configurationSet(r.ConfigurationSetName, sender)
	if err != nil {
		return Mail{}, err
	}
	mail, err := compose(r, set)
	if err != nil {
		return Mail{}, err
	}
	if size := mail.size(); size > maxMessage {
		return Mail{}, badRequest("Message length is more than %d bytes long: '%d'.", maxMessage, size)
	}
	return mail, nil
}

// checkAddresses checks all addresses of a request, and returns the identity that it is sent from.
func (m *Mailbox) checkAddresses(r *request) (Identity, error) {
	if deref(r.FromEmailAddress) == "" {
		// AWS's own message is null: https://github.com/floci-io/floci/pull/1561
		return Identity{}, badRequest("FromEmailAddress is missing.")
	}
	recipients := r.Destination.recipients()
	all := append([]string{*r.FromEmailAddress}, recipients...)
	if r.FeedbackForwardingEmailAddress != nil {
		all = append(all, *r.FeedbackForwardingEmailAddress)
	}
	all = append(all, r.ReplyToAddresses...)
	for _, written := range all {
		if _, err := parseAddress(written); err != nil {
			return Identity{}, err
		}
	}
	switch {
	case len(recipients) == 0:
		return Identity{}, badRequest("Destination must have at least one address.")
	case len(recipients) > maxRecipients:
		return Identity{}, badRequest("Recipient count exceeds %d.", maxRecipients)
	}
	for _, written := range all {
		if err := checkAddressLength(written); err != nil {
			return Identity{}, err
		}
	}
	return m.checkIdentities(*r.FromEmailAddress, r.FeedbackForwardingEmailAddress)
}

// checkIdentities refuses a sender, or an address for bounces, that nobody has verified.
//
// https://docs.aws.amazon.com/ses/latest/dg/troubleshoot-error-messages.html
func (m *Mailbox) checkIdentities(from string, feedback *string) (Identity, error) {
	var failed []string
	checkOne := func(written string) Identity {
		address, err := parseAddress(written)
		identity, verified := m.identity(address)
		if err != nil || !verified {
			failed = append(failed, written)
			if written != address {
				failed = append(failed, address)
			}
		}
		return identity
	}
	sender := checkOne(from)
	if feedback != nil {
		checkOne(*feedback)
	}
	if len(failed) > 0 {
		return Identity{}, refuse(messageRejected, "Email address is not verified. The following identities failed the check in region %s: %s",
			strings.ToUpper(awsapi.Region), strings.Join(slices.Compact(failed), ", "))
	}
	return sender, nil
}

// configurationSet is the one that a request names, or else that of the identity that it is sent from.
func (m *Mailbox) configurationSet(named *string, sender Identity) (string, error) {
	name := sender.ConfigurationSet
	if deref(named) != "" {
		name = *named
	}
	if name == "" {
		return "", nil
	}
	m.mu.RLock()
	defer m.mu.RUnlock()
	i := slices.IndexFunc(m.sets, func(set ConfigurationSet) bool { return set.Name == name })
	switch {
	case i < 0:
		return "", &awsapi.Error{Status: 404, Code: "NotFoundException", Message: "Configuration set <" + name + "> does not exist."}
	case m.sets[i].Paused:
		return "", refuse("SendingPausedException", "Sending is paused for configuration set %s", name)
	}
	return name, nil
}

// check checks the content by itself.
func (c *simpleContent) check() error {
	if c.Body.Text == nil && c.Body.HTML == nil {
		return badRequest("Content.Simple.Body must have a Text or an Html.")
	}
	// No source tells what SES does with a line break here. It would end the header, so it is refused.
	if strings.ContainsAny(*c.Subject.Data, "\r\n") {
		return badRequest("Content.Simple.Subject must not contain line breaks.")
	}
	return checkHeaders(c.Headers)
}

var (
	headerName  = regexp.MustCompile(`^[!-9;-@A-~]+$`)
	headerValue = regexp.MustCompile(`^[ -~]*$`)
	tagText     = regexp.MustCompile(`^[A-Za-z0-9_-]*$`)
)

// checkHeaders checks the headers that a client adds.
//
// https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_MessageHeader.html
func checkHeaders(headers []pair) error {
	if len(headers) > maxHeaders {
		return constraint("content.simple.headers", "Member must have length less than or equal to %d", maxHeaders)
	}
	seen := map[string]bool{}
	for i, header := range headers {
		at := fmt.Sprintf("content.simple.headers.%d.member.", i+1)
		name, value := *header.Name, *header.Value
		folded := strings.ToLower(name)
		switch {
		case name == "":
			return constraint(at+"name", "Member must have length greater than or equal to 1")
		case len(name) > maxHeaderName:
			return constraint(at+"name", "Member must have length less than or equal to %d", maxHeaderName)
		case !headerName.MatchString(name):
			return constraint(at+"name", "Member must satisfy regular expression pattern: ^[!-9;-@A-~]+$")
		case value == "":
			return constraint(at+"value", "Member must have length greater than or equal to 1")
		case len(value) > maxValue:
			return constraint(at+"value", "Member must have length less than or equal to %d", maxValue)
		case !headerValue.MatchString(value):
			return constraint(at+"value", "Member must satisfy regular expression pattern: [ -~]*")
		case len(name)+len(value) > maxHeader:
			return badRequest("The header %s is longer than %d characters.", name, maxHeader)
		case setBySES(folded):
			return badRequest("The header %s cannot be set: SES sets it itself.", name)
		case seen[folded] && onlyOnce(folded):
			return badRequest("The header %s appears more than once.", name)
		}
		seen[folded] = true
	}
	return nil
}

// setBySES tells whether a client cannot set a header, given in lower case, as SES does so itself. The wording of the
// refusals of headers is the local cloud's own: no source tells SES's.
//
// https://docs.aws.amazon.com/ses/latest/dg/header-fields.html
func setBySES(name string) bool {
	return slices.Contains([]string{
		"bcc", "cc", "content-disposition", "content-type", "date", "from", "message-id", "mime-version", "reply-to", "return-path",
		"subject", "to",
	}, name)
}

// onlyOnce tells whether a mail can have a header, given in lower case, only once.
//
// https://docs.aws.amazon.com/ses/latest/dg/header-fields.html
func onlyOnce(name string) bool {
	return slices.Contains([]string{
		"accept-language", "acceptlanguage", "archived-at", "auto-submitted", "bounces-to", "comments", "content-alternative",
		"content-base", "content-class", "content-description", "content-duration", "content-id", "content-language",
		"content-length", "content-location", "content-md5", "content-transfer-encoding", "delivered-to",
		"disposition-notification-options", "disposition-notification-to", "dkim-signature", "domainkey-signature", "errors-to",
		"importance", "in-reply-to", "keywords", "list-archive", "list-help", "list-id", "list-owner", "list-post",
		"list-subscribe", "list-unsubscribe", "list-unsubscribe-post", "message-context", "organization", "original-from",
		"original-message-id", "original-recipient", "original-subject", "precedence", "priority", "references",
		"return-receipt-to", "sender", "solicitation", "sensitivity", "thread-index", "thread-topic", "user-agent", "vbr-info",
	}, name)
}

// checkTags checks EmailTags. What the documentation says of them is known, the wording of the refusals is not.
//
// https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_MessageTag.html
func checkTags(tags []pair) error {
	for _, tag := range tags {
		switch {
		case *tag.Name == "":
			return badRequest("The tag name must be specified.")
		case *tag.Value == "":
			return badRequest("The tag value must be specified.")
		}
		for _, text := range []string{*tag.Name, *tag.Value} {
			switch {
			case len(text) > maxTag:
				return badRequest("A tag's name and value have at most %d characters.", maxTag)
			case !tagText.MatchString(text):
				return badRequest("Invalid tag name or value <%s>: only alphanumeric ASCII characters, '_', and '-' are allowed.", text)
			}
		}
	}
	return nil
}

func missingOfPairs(list string, pairs []pair) (names []string) {
	for i, p := range pairs {
		if p.Name == nil {
			names = append(names, fmt.Sprintf("%s.%d.member.name", list, i+1))
		}
		if p.Value == nil {
			names = append(names, fmt.Sprintf("%s.%d.member.value", list, i+1))
		}
	}
	return names
}

// size is that of the encoded message: its texts in base64, its headers as they are, and what SES adds left out.
func (m Mail) size() int {
	size := base64.StdEncoding.EncodedLen(len(m.Text)) + base64.StdEncoding.EncodedLen(len(m.HTML)) + len(m.From) + len(m.Subject)
	for _, address := range slices.Concat(m.To, m.CC, m.ReplyTo) {
		size += len(address)
	}
	for name, value := range m.Headers {
		size += len(name) + len(value)
	}
	return size
}

// The refusals.
const messageRejected = "MessageRejected"

func refuse(code, format string, arguments ...any) error {
	return awsapi.Errorf(code, format, arguments...)
}

func badRequest(format string, arguments ...any) error {
	return refuse("BadRequestException", format, arguments...)
}

// constraint words a refusal as AWS's frameworks do that check a request against the service's model.
func constraint(member, format string, arguments ...any) error {
	return badRequest("1 validation error detected: Value at '%s' failed to satisfy constraint: %s", member, fmt.Sprintf(format, arguments...))
}

func missingMembers(names []string) error {
	problems := make([]string, len(names))
	for i, name := range names {
		problems[i] = "Value at '" + name + "' failed to satisfy constraint: Member must not be null"
	}
	errors := "error"
	if len(names) > 1 {
		errors = "errors"
	}
	return badRequest("%d validation %s detected: %s", len(names), errors, strings.Join(problems, "; "))
}

func deref(text *string) string {
	if text == nil {
		return ""
	}
	return *text
}
