package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"text/tabwriter"
	"unicode"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/mailbox"
)

// mailCommand is what can be asked about mail.
type mailCommand struct {
	List mailListCommand `cmd:"" default:"withargs" help:"List the mail that was sent, oldest first."`
	Show mailShowCommand `cmd:"" help:"Show one mail."`

	Preview mailPreviewCommand `cmd:"" help:"Write a sample of a kind of mail."`
}

// Help is shown with the command's flags.
func (*mailCommand) Help() string {
	return `The local cloud keeps all mail that is sent to SES; nothing leaves the machine. Mail can be sent from the addresses and
domains that the template declares (AWS::SES::EmailIdentity), and from an address in a function's environment whose variable
has the word FROM in its name, such as MAIL_FROM.

Examples:
  bayon mail                     who got what
  bayon mail show 3              the third mail: its headers and its text
  bayon mail show 3 --html       its HTML alone, for a browser
  bayon mail --json              everything, as one JSON array, for programs
  bayon mail preview             the kinds of mail that agents get; bayon mail preview welcome writes one

Recipients that ask for trouble, each with or without a +label:
  throttled@trouble.example      TooManyRequestsException
  broken@trouble.example         an error of SES's own, with status 500
  rejected@trouble.example       MessageRejected
  unverified@trouble.example     MailFromDomainNotVerifiedException
  limited@trouble.example        LimitExceededException
  suspended@trouble.example      AccountSuspendedException
  paused@trouble.example         SendingPausedException
  slow@trouble.example           taken, and answered after 5 seconds
  cut@trouble.example            taken, and the connection cut without an answer
  bounce@simulator.amazonses.com and the other addresses of SES's mailbox simulator are taken, as by SES`
}

type mailListCommand struct {
	JSON bool `help:"One JSON array, for programs." name:"json"`
}

func (c *mailListCommand) Run(ctx context.Context, line *commandLine) error {
	mails, err := line.console().Mails(ctx)
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(mails)
	}
	return listMails(os.Stdout, mails)
}

type mailShowCommand struct {
	Number uint64 `arg:"" help:"The mail's number, as bayon mail lists it."`
	HTML   bool   `help:"Show the HTML alone, as it is." name:"html" xor:"form"`
	JSON   bool   `help:"One JSON object, for programs." name:"json" xor:"form"`
}

func (c *mailShowCommand) Run(ctx context.Context, line *commandLine) error {
	mails, err := line.console().Mails(ctx)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(mails, func(mail mailbox.Mail) bool { return mail.Number == c.Number })
	switch {
	case i < 0:
		return fmt.Errorf("there is no mail %d", c.Number)
	case c.JSON:
		return printJSON(mails[i])
	case c.HTML && mails[i].HTML == "":
		return fmt.Errorf("mail %d has no HTML", c.Number)
	case c.HTML:
		_, err := fmt.Println(mails[i].HTML)
		return err
	}
	return showMail(os.Stdout, mails[i])
}

// listMails writes a table with one mail a line.
func listMails(output io.Writer, mails []mailbox.Mail) error {
	if len(mails) == 0 {
		_, err := fmt.Fprintln(output, "No mail was sent.")
		return err
	}
	table := tabwriter.NewWriter(output, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "NUMBER\tSENT\tTO\tSUBJECT")
	for _, mail := range mails {
		to := strings.Join(slices.Concat(mail.To, mail.CC, mail.BCC), ", ")
		fmt.Fprintf(table, "%d\t%s\t%s\t%s\n", mail.Number, mail.SentAt.Format("2006-01-02 15:04:05Z"), oneLine(to), oneLine(mail.Subject))
	}
	return table.Flush()
}

// showMail writes a mail as its recipient reads it.
func showMail(output io.Writer, mail mailbox.Mail) error {
	header := func(name, value string) {
		if value != "" {
			fmt.Fprintf(output, "%s: %s\n", name, oneLine(value))
		}
	}
	header("From", mail.From)
	header("To", strings.Join(mail.To, ", "))
	header("Cc", strings.Join(mail.CC, ", "))
	header("Bcc", strings.Join(mail.BCC, ", "))
	header("Reply-To", strings.Join(mail.ReplyTo, ", "))
	header("Date", mail.SentAt.Format("Mon, 02 Jan 2006 15:04:05 -0700"))
	header("Message-ID", mail.MessageID)
	header("Subject", mail.Subject)
	for _, name := range slices.Sorted(maps.Keys(mail.Headers)) {
		header(name, mail.Headers[name])
	}
	text := mail.Text
	if text == "" {
		text = "(no text; --html shows the HTML)"
	}
	_, err := fmt.Fprintf(output, "\n%s\n", printable(text))
	return err
}

// printJSON writes one line, with the < and > of addresses and HTML as they are.
func printJSON(value any) error {
	encoder := json.NewEncoder(os.Stdout)
	encoder.SetEscapeHTML(false)
	return encoder.Encode(value)
}

// oneLine is a text that a terminal shows in one line and obeys in nothing.
func oneLine(text string) string {
	return printable(strings.Join(strings.Fields(text), " "))
}

// printable replaces what a terminal would obey.
func printable(text string) string {
	return strings.Map(func(char rune) rune {
		if unicode.IsControl(char) && char != '\n' && char != '\t' || unicode.Is(unicode.Bidi_Control, char) {
			return unicode.ReplacementChar
		}
		return char
	}, strings.ReplaceAll(text, "\r\n", "\n"))
}
