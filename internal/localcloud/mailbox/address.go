package mailbox

import (
	"net/mail"
	"strings"
	"unicode/utf16"
)

// maxAddress is the greatest length of an address with its name, in UTF-16 units.
const maxAddress = 320

// parseAddress returns the address in a mailbox such as Bayon <alerts@bayon.example>. The first four refusals are SES's, as
// https://github.com/floci-io/floci tells, which has asked it; what else is no address is refused in the local cloud's own
// words. Letters outside ASCII can stand in the name only.
func parseAddress(written string) (string, error) {
	local, domain, found := cutAddress(written)
	switch {
	case strings.TrimSpace(written) == "":
		return "", badRequest("Invalid email address %s.", written)
	case strings.ContainsAny(written, "\r\n"):
		return "", badRequest("Invalid email address %s.", written)
	case !strings.HasPrefix(local, `"`) && strings.ContainsFunc(local, controlOrSpace):
		return "", badRequest("Local address contains control or whitespace")
	case !found:
		return "", badRequest("Missing final '@domain'")
	case domain == "":
		return "", badRequest("Missing domain")
	case strings.ContainsFunc(domain, controlOrSpace):
		return "", badRequest("Domain contains control or whitespace")
	}
	parsed, err := mail.ParseAddress(written)
	if err != nil {
		return "", badRequest("Invalid email address %s.", written)
	}
	return parsed.Address, nil
}

// cutAddress cuts what stands between the last < and >, or else everything, at the @ that is not in quotes.
func cutAddress(written string) (local, domain string, found bool) {
	spec := strings.TrimSpace(written)
	if open := lastOutsideQuotes(spec, '<'); open >= 0 && strings.HasSuffix(spec, ">") {
		spec = strings.TrimSpace(spec[open+1 : len(spec)-1])
	}
	at := lastOutsideQuotes(spec, '@')
	if at < 0 {
		return spec, "", false
	}
	return spec[:at], spec[at+1:], true
}

// lastOutsideQuotes is where a character stands last that is not in quotes; -1 if nowhere.
func lastOutsideQuotes(text string, char byte) int {
	last, quoted := -1, false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case c == char && !quoted:
			last = i
		}
	}
	return last
}

func controlOrSpace(char rune) bool { return char <= ' ' || char >= 0x7f }

func checkAddressLength(written string) error {
	if trimmed := strings.TrimSpace(written); len(utf16.Encode([]rune(trimmed))) > maxAddress {
		return badRequest("Address length is more than %d characters long: '%s'.", maxAddress, trimmed)
	}
	return nil
}
