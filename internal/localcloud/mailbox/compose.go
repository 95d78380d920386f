package mailbox

import (
	"mime"
	"slices"
	"strings"
)

// compose makes the mail that a checked request describes, as its recipients read it: decoded.
func compose(r *request, set string) (Mail, error) {
	simple := r.Content.Simple
	composed := Mail{
		From: decodeWords(*r.FromEmailAddress), To: r.Destination.ToAddresses, CC: r.Destination.CcAddresses,
		BCC: r.Destination.BccAddresses, ReplyTo: r.ReplyToAddresses, ConfigurationSet: set,
		Headers: map[string]string{}, Tags: map[string]string{},
	}
	for _, part := range []struct {
		from *text
		into *string
	}{{simple.Subject, &composed.Subject}, {simple.Body.Text, &composed.Text}, {simple.Body.HTML, &composed.HTML}} {
		if part.from == nil {
			continue
		}
		decoded, err := part.from.decode()
		if err != nil {
			return Mail{}, err
		}
		*part.into = decoded
	}
	composed.Subject = decodeWords(composed.Subject)
	for _, header := range simple.Headers {
		value := decodeWords(*header.Value)
		if before, twice := composed.Headers[*header.Name]; twice {
			value = before + ", " + value
		}
		composed.Headers[*header.Name] = value
	}
	for _, tag := range r.EmailTags {
		composed.Tags[*tag.Name] = *tag.Value
	}
	if composed.To == nil {
		composed.To = []string{}
	}
	return composed, nil
}

// decode is the text as it arrives: a character that its character set does not have arrives as a question mark. Without a
// character set that is 7-bit ASCII, as the documentation says; that it is a question mark, no source tells.
//
// https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_Content.html
func (t *text) decode() (string, error) {
	const lastASCII, lastLatin1 = '\x7f', '\u00ff'
	switch charset := strings.ToUpper(deref(t.Charset)); {
	case charset == "UTF-8", charset == "UTF8":
		return *t.Data, nil
	case slices.Contains([]string{"", "US-ASCII", "ASCII"}, charset):
		return upTo(lastASCII, *t.Data), nil
	case charset == "ISO-8859-1":
		return upTo(lastLatin1, *t.Data), nil
	default:
		return "", badRequest("The local cloud does not support the character set %s: use UTF-8.", *t.Charset)
	}
}

func upTo(last rune, text string) string {
	return strings.Map(func(char rune) rune {
		if char > last {
			return '?'
		}
		return char
	}, text)
}

// decodeWords decodes the encoded words of a header; what cannot be decoded stays as it is.
//
// https://datatracker.ietf.org/doc/html/rfc2047
func decodeWords(value string) string {
	decoded, err := new(mime.WordDecoder).DecodeHeader(value)
	if err != nil {
		return value
	}
	return decoded
}
