package mail_test

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/bayon-coagent/event-consumers/internal/mail"
)

func TestLine(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, value string
		limit       int
		want        string
	}{
		{"nothing", "", 10, ""},
		{"blanks", " \t\n ", 10, ""},
		{"a name", "José Ñandú", 10, "José Ñandú"},
		{"a header within", "Hello\r\nBcc: x@example.com", 60, "Hello Bcc: x@example.com"},
		{"line and paragraph separators", "a\u2028b\u2029c\u0085d\vе", 60, "a b c d е"},
		{"an override", "invoice\u202efdp.exe", 60, "invoicefdp.exe"},
		{"marks and isolates", "\u200ea\u200f\u061c\u2066b\u2069\u202b\u202c", 60, "ab"},
		{"invisible characters", "a\u200b\ufeff\u00adb\x00\x1b[31m\U000E0041", 60, "ab[31m"},
		{"Hebrew keeps its letters", "שלום", 60, "שלום"},
		{"Persian keeps its joiner", "می\u200cخواهم", 60, "می\u200cخواهم"},
		{"an emoji keeps its joiners", "👩\u200d👧 & co", 60, "👩\u200d👧 & co"},
		{"no UTF-8", "a\xffb", 60, "a\ufffdb"},
		{"at the limit", "abcdefghij", 10, "abcdefghij"},
		{"above the limit", "abcdefghijk", 10, "abcdefghi…"},
		{"at the end of a word", "one two three four", 12, "one two…"},
		{"a comma at the end", "one two, three", 12, "one two…"},
		{"one long word after a short one", "a bcdefghijklmno", 10, "a bcdefgh…"},
		{"accents stay with their letter", strings.Repeat("e\u0301", 6), 8, strings.Repeat("e\u0301", 3) + "…"},
		{"a joined emoji stays whole", "abcdef👩\u200d👧\u200d👦", 9, "abcdef…"},
		{"only accents", strings.Repeat("\u0301", 100), 10, "…"},
	}
	for _, test := range tests {
		if got := mail.Line(test.value, test.limit); got != test.want {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
	}
}

func TestLinesAreLines(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		value := rapid.OneOf(
			rapid.String(),
			rapid.Map(rapid.SliceOf(rapid.Byte()), func(bytes []byte) string { return string(bytes) }),
			rapid.Map(rapid.SliceOf(rapid.SampledFrom([]rune(" \r\n\u202ea\u0301\u200d👩…,"))), func(chars []rune) string { return string(chars) }),
		).Draw(t, "value")
		limit := rapid.IntRange(1, 50).Draw(t, "limit")
		got := mail.Line(value, limit)
		if !utf8.ValidString(got) || utf8.RuneCountInString(got) > limit {
			t.Fatalf("%q of %d characters, limit %d", got, utf8.RuneCountInString(got), limit)
		}
		if strings.ContainsFunc(got, func(char rune) bool {
			return unicode.IsControl(char) || unicode.Is(unicode.Bidi_Control, char) || char == '\u2028' || char == '\u2029'
		}) {
			t.Fatalf("%q has characters that control", got)
		}
		if mail.Line(got, limit) != got {
			t.Fatalf("%q is not the same when made a line again: %q", got, mail.Line(got, limit))
		}
	})
}
