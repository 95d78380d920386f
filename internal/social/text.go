package social

import (
	"strings"
	"unicode"
)

// TextOf is the text of a post: its content, a blank line, and its hashtags (rules: Social networks).
func TextOf(content string, hashtags []string) string {
	content = strings.TrimRightFunc(content, unicode.IsSpace)
	tags := strings.Join(Hashtags(hashtags), " ")
	if content == "" || tags == "" {
		return content + tags
	}
	return content + "\n\n" + tags
}

// Hashtags brings hashtags into the form that they have in a post: one # each, no blanks, none that is empty.
func Hashtags(raw []string) []string {
	hashtags := make([]string, 0, len(raw))
	for _, tag := range raw {
		tag = strings.Map(func(character rune) rune {
			if character == '#' || character == '＃' || unicode.IsSpace(character) {
				return -1
			}
			return character
		}, tag)
		if tag != "" {
			hashtags = append(hashtags, "#"+tag)
		}
	}
	return hashtags
}
