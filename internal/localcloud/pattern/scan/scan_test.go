package scan_test

import (
	"encoding/json"
	"strconv"
	"strings"
	"testing"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/pattern/scan"
)

func TestWholeAgreesWithTheStandardLibrary(t *testing.T) {
	t.Parallel()
	for _, text := range append(samples(), "", " ", "{", "[", `{"a"`, `{"a":`, `{"a":1`, `{"a":1,`, `{"a":1,}`, `{,}`, `{"a" 1}`, `{a:1}`, `{"a":1 "b":2}`,
		"[1", "[1,", "[1,]", "[,1]", "[1 2]", "[}", "{]", `{"a":]`, "1 2", "{}{}", "tru", "truex", "nul", "+1", "01", "-", "-x", "1.", ".1", "1.e1", "1e", "1e+", "00",
		`"`, `"a`, `"\`, `"\x"`, `"\u12"`, `"\u12G4"`, "\"\n\"", "\"\x00\"", "'a'", "NaN", "\ufeff{}", "//x\n1", "1,", `"a":1`, "[1]]", "\v1",
	) {
		if got, want := scan.Whole([]byte(text)), json.Valid([]byte(text)); got != want {
			t.Errorf("Whole(%q) = %v, the standard library says %v", text, got, want)
		}
	}
}

func samples() []string {
	return []string{
		"null", "true", "false", "0", "-0", "1.5", "-1.5e+10", "1E5", "1e-5", "123456789012345678901234567890", `""`, `"a"`, `"\"\\\/\b\f\n\r\t\u00e9"`,
		"{}", "[]", " { \"a\" : [ 1 , { \"b\" : null } ] } \n", `{"a":1,"a":2}`, `[[],[[]],{}]`, "\"\xff\"", `"\ud83d\ude80"`, `"\ud83d"`, `"\ude80x"`,
		`"\ud83d\u0041"`, `"é"`, "\"\u2028\"", "\"\x7f\"", "\t[\r\n1\t]",
	}
}

func TestNestingIsLimited(t *testing.T) {
	t.Parallel()
	for depth, want := range map[int]bool{1: true, 64: true, 65: true, scan.MaxDepth: true, scan.MaxDepth + 1: false} {
		for _, pair := range []struct{ open, end string }{{"[", "]"}, {`{"a":`, "}"}, {`[{"a":`, "}]"}} {
			levels := depth
			if len(pair.end) == 2 {
				if depth%2 == 1 {
					continue
				}
				levels /= 2
			}
			text := strings.Repeat(pair.open, levels) + "1" + strings.Repeat(pair.end, levels)
			if got := scan.Whole([]byte(text)); got != want {
				t.Errorf("%d levels of %s: %v, want %v", depth, pair.open, got, want)
			}
		}
	}
}

func TestInt64ValueRefusesLargerIntegers(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"9223372036854775807": true, "9223372036854775808": false, "-9223372036854775808": true, "-9223372036854775809": false,
		"999999999999999999": true, "1e300": true, "92233720368547758080.5": true, `{"a":[9223372036854775808]}`: false, `"9223372036854775808"`: true,
	} {
		if got := scan.Int64Value([]byte(text), 0) != scan.Invalid; got != want {
			t.Errorf("%s: %v, want %v", text, got, want)
		}
		if scan.Value([]byte(text), 0) == scan.Invalid {
			t.Errorf("Value refuses %s", text)
		}
	}
}

func TestAppendTextSaysWhatTheStandardLibrarySays(t *testing.T) {
	t.Parallel()
	for _, text := range samples() {
		if text[0] == '"' {
			sameText(t, []byte(text))
		}
	}
}

func sameText(t *testing.T, token []byte) {
	t.Helper()
	var want string
	if err := json.Unmarshal(token, &want); err != nil {
		t.Fatal(err)
	}
	got := string(scan.AppendText([]byte("before "), token))
	if got != "before "+want {
		t.Errorf("AppendText(%q) = %q, want %q", token, got, want)
	}
	if scan.Plain(token) != (string(token[1:len(token)-1]) == want) {
		t.Errorf("Plain(%q) = %v", token, scan.Plain(token))
	}
}

func TestAppendStringIsRead(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "a", "\"\\/", "\x00\x1f\n\r\t", "é🚀\u2028", "<&>"} {
		token := scan.AppendString(nil, text)
		var got string
		if err := json.Unmarshal(token, &got); err != nil || got != text {
			t.Errorf("AppendString(%q) = %s, read as %q, %v", text, token, got, err)
		}
	}
}

func FuzzAgainstTheStandardLibrary(f *testing.F) {
	for _, text := range samples() {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		valid := json.Valid(data)
		if scan.Whole(data) != valid && depth(data) <= scan.MaxDepth {
			t.Fatalf("Whole(%q) = %v", data, !valid)
		}
		if start := scan.Space(data, 0); valid && data[start] == '"' {
			sameText(t, data[start:scan.Value(data, start)])
		}
		text := strings.ToValidUTF8(string(data), "?")
		if token := scan.AppendString(nil, text); !scan.Whole(token) || string(scan.AppendText(nil, token)) != text {
			t.Fatalf("AppendString(%s) = %s", strconv.Quote(text), token)
		}
	})
}

// depth is more than the nesting of data.
func depth(data []byte) int {
	return strings.Count(string(data), "[") + strings.Count(string(data), "{")
}
