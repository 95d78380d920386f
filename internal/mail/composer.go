package mail

import (
	"fmt"
	netmail "net/mail"
	"net/url"
	"strings"
	"time"
)

// Addressee is the agent whom a mail is for.
type Addressee struct {
	Address string         // where the mail goes: one address
	Name    string         // as the agent gave it; may be empty
	Zone    *time.Location // for dates; nil is UTC
}

// Content is what a mail is about: Welcome, PublishFailed, JobFailed, SyncFailed, Alert or Digest.
type Content interface {
	// Kind is what an agent unsubscribes from: an alert type, account or failures; of a digest it is all mail.
	Kind() string
	// Path is the page of the app that the mail leads to, such as /alerts/4f2a.
	Path() string

	// name is the name of the templates.
	name() string
	// about is what the templates tell of, in the agent's zone.
	about(zone *time.Location) any
}

// The kinds of mail that are no alert's.
const (
	KindAccount  = "account"
	KindFailures = "failures"
)

// Composer writes letters. It is safe for concurrent use. Templates are parsed when they are first needed.
type Composer struct {
	from      string
	base      string // of the app's pages, without a slash at the end
	templates *templates
}

// NewComposer writes letters that come from an address, which may have a name before it (Bayon <hello@example.com>), and
// that lead to the pages of the app at a base URL.
func NewComposer(from, appBaseURL string) (*Composer, error) {
	sender, err := netmail.ParseAddress(from)
	if err != nil || !printable(sender.Address) {
		return nil, fmt.Errorf("the sender of mails is no address such as Bayon <hello@example.com>")
	}
	base, err := url.Parse(appBaseURL)
	if err != nil || base.Scheme != "https" && base.Scheme != "http" || base.Host == "" || base.User != nil ||
		base.RawQuery != "" || base.Fragment != "" || !printable(appBaseURL) || strings.ContainsAny(appBaseURL, "<>\"?#") {
		return nil, fmt.Errorf("the base URL of the app is no URL such as https://app.example.com")
	}
	return &Composer{from: sender.String(), base: strings.TrimRight(appBaseURL, "/"), templates: newTemplates()}, nil
}

// page is what the layouts show. The words that a kind's text template defines are in it, so that the HTML has the same.
type page struct {
	Name        string // of the agent; may be empty
	Subject     string
	Summary     string
	Action      string // what the button says
	Reason      string // why the agent gets this mail
	Leave       string // what the link to unsubscribe says
	Link        string
	Unsubscribe string
	Settings    string
	About       any
}

// Compose writes a letter. token is for the link to unsubscribe from the content's kind, as a Signer of package unsubscribe
// makes it. An address that is no single address is a *RefusedError. Content is never too strange: what is missing or of
// another type is left out.
func (c *Composer) Compose(to Addressee, content Content, token string) (Letter, error) {
	address, err := netmail.ParseAddress(to.Address)
	if err != nil || !printable(address.Address) || strings.ContainsAny(address.Address, `,;:<>()[]"\`) {
		return Letter{}, &RefusedError{Code: "InvalidAddress", Reason: reasonAddress}
	}
	zone := to.Zone
	if zone == nil {
		zone = time.UTC
	}
	shown := page{
		Name:        greeted(to.Name),
		Link:        c.base + content.Path(),
		Unsubscribe: c.base + "/unsubscribe?token=" + url.QueryEscape(token),
		Settings:    c.base + "/settings/notifications",
	}
	headers, err := unsubscribeHeaders(token, shown.Unsubscribe)
	if err != nil {
		return Letter{}, err
	}
	kind, err := c.templates.of(content.name())
	if err != nil {
		return Letter{}, err
	}
	shown.About = content.about(zone)
	if told, isDigest := shown.About.(digest); isDigest {
		if err := c.tellAlerts(told, zone); err != nil {
			return Letter{}, err
		}
	}
	for _, words := range []struct {
		block string
		limit int
		into  *string
	}{
		{"subject", maxSubject, &shown.Subject},
		{"summary", maxSummary, &shown.Summary},
		{"action", maxBrief, &shown.Action},
		{"reason", maxSummary, &shown.Reason},
		{"unsubscribe", maxValue, &shown.Leave},
	} {
		if *words.into, err = kind.words(words.block, words.limit, shown); err != nil {
			return Letter{}, err
		}
	}
	letter := Letter{
		From:    c.from,
		To:      address.Address,
		Subject: shown.Subject,
		Headers: headers,
		Tags:    []Tag{{Name: TagKind, Value: tagValue(content.name())}},
	}
	if letter.Text, err = kind.writeText(shown); err != nil {
		return Letter{}, err
	}
	if letter.HTML, err = kind.writeHTML(shown); err != nil {
		return Letter{}, err
	}
	return letter, nil
}

// maxHeader is how many characters the name and the value of a header may have together.
//
// Limit: https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_MessageHeader.html
const maxHeader = 996

// unsubscribeHeaders let clients show a button that unsubscribes at once (RFC 8058).
func unsubscribeHeaders(token, link string) ([]Header, error) {
	list := Header{Name: "List-Unsubscribe", Value: "<" + link + ">"}
	if token == "" {
		return nil, fmt.Errorf("a mail needs a token to unsubscribe with")
	}
	if size := len(list.Name) + len(list.Value); size > maxHeader {
		return nil, &tooLongError{size: size}
	}
	return []Header{list, {Name: "List-Unsubscribe-Post", Value: "List-Unsubscribe=One-Click"}}, nil
}

// tooLongError says that an agent's id is so long that the link to unsubscribe does not fit into its header.
type tooLongError struct{ size int }

func (e *tooLongError) Error() string {
	return fmt.Sprintf("the header List-Unsubscribe would have %d characters, more than %d", e.size, maxHeader)
}

// Permanent tells that trying again would fail alike.
func (e *tooLongError) Permanent() bool { return true }

// greeted is a name as a greeting has it. A name that leads somewhere is none: sign-up must not be a way to send others
// links in our name.
func greeted(name string) string {
	name = line(name, maxBrief)
	lower := strings.ToLower(name)
	if strings.Contains(lower, "://") || strings.Contains(lower, "www.") {
		return ""
	}
	return name
}

// printable tells whether a text is of printable ASCII characters.
func printable(text string) bool {
	return !strings.ContainsFunc(text, func(char rune) bool { return char <= ' ' || char > '~' })
}

// tagValue replaces what a tag may not have.
func tagValue(text string) string {
	return strings.Map(func(char rune) rune {
		switch {
		case 'a' <= char && char <= 'z', 'A' <= char && char <= 'Z', '0' <= char && char <= '9', char == '-', char == '_':
			return char
		}
		return '_'
	}, text)
}
