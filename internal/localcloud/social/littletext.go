package social

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// The elements of LinkedIn's little text that hold another text than people read.
var (
	hashtagTemplate = regexp.MustCompile(`^\{hashtag\|\\?[#＃]\|([^{}|]*)\}`)
	mentionElement  = regexp.MustCompile(`^@\[([^\]]*)\] ?\(urn:li:[a-zA-Z]+:[^()\s]+\)`)
)

// plainOf is the text that people read of a commentary, which is written in LinkedIn's little text: characters that mean
// something there are plain text only behind a backslash. LinkedIn takes a text with others, but shows it up to the first of
// them only, as https://github.com/alexey-pelykh/linkedctl/issues/194 and https://github.com/ComposioHQ/composio/issues/2710
// tell; so does plainOf.
//
// https://learn.microsoft.com/en-us/linkedin/marketing/community-management/shares/little-text-format
func plainOf(commentary string) string {
	var plain strings.Builder
	for rest := commentary; rest != ""; {
		if found := hashtagTemplate.FindStringSubmatch(rest); found != nil {
			plain.WriteString("#" + strings.ReplaceAll(found[1], `\`, ""))
			rest = rest[len(found[0]):]
			continue
		}
		if found := mentionElement.FindStringSubmatch(rest); found != nil {
			plain.WriteString(strings.ReplaceAll(found[1], `\`, ""))
			rest = rest[len(found[0]):]
			continue
		}
		char, size := utf8.DecodeRuneInString(rest)
		rest = rest[size:]
		next, nextSize := utf8.DecodeRuneInString(rest)
		switch {
		case char == '\\' && rest != "":
			char, rest = next, rest[nextSize:]
		case char == '#' && (unicode.IsLetter(next) || unicode.IsNumber(next)): // a hashtag
		case strings.ContainsRune(`\|{}@[]()<>#*_~`, char):
			return strings.TrimRight(plain.String(), " ")
		}
		plain.WriteRune(char)
	}
	return plain.String()
}
