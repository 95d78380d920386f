package unsubscribe_test

import (
	"errors"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/bayon-coagent/event-consumers/internal/unsubscribe"
)

const secret = "an example secret of 32+ characters"

var now = time.Date(2026, 11, 24, 8, 30, 0, 500_000_000, time.UTC)

func signer(t interface{ Fatal(...any) }, secret string) *unsubscribe.Signer {
	made, err := unsubscribe.NewSigner([]byte(secret))
	if err != nil {
		t.Fatal(err)
	}
	return made
}

// rows are the rows of the table of docs/rules.md whose head begins with the given text, cell by cell.
func rows(t *testing.T, head string) [][]string {
	t.Helper()
	rules, err := os.ReadFile("../../docs/rules.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, found := strings.Cut(string(rules), "\n| "+head)
	if !found {
		t.Fatalf("docs/rules.md has no table %q", head)
	}
	table, _, _ = strings.Cut(table, "\n\n")
	var rows [][]string
	for _, line := range strings.Split(strings.TrimSpace(table), "\n")[2:] {
		line = strings.ReplaceAll(strings.Trim(line, "| "), `\|`, "\x00")
		var cells []string
		for cell := range strings.SplitSeq(line, " | ") {
			cells = append(cells, strings.Trim(strings.ReplaceAll(cell, "\x00", "|"), "`"))
		}
		rows = append(rows, cells)
	}
	return rows
}

func TestTokensOfTheRules(t *testing.T) {
	t.Parallel()
	vectors := rows(t, "u |")
	if len(vectors) < 4 {
		t.Fatalf("found %d vectors", len(vectors))
	}
	for _, row := range vectors {
		userID, kind, token := row[0], row[1], row[3]
		seconds, err := strconv.ParseInt(row[2], 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		want := unsubscribe.Grant{UserID: userID, Kind: kind, Expires: time.Unix(seconds, 0).UTC()}
		made := want.Expires.Add(-unsubscribe.Lifetime)
		if got := signer(t, secret).Token(userID, kind, made); got != token {
			t.Errorf("%s, %s: made %s, the rules say %s", userID, kind, got, token)
		}
		got, err := signer(t, secret).Check(token, want.Expires.Add(-time.Nanosecond))
		if err != nil || got != want {
			t.Errorf("%s, %s: allows %+v, error %v", userID, kind, got, err)
		}
	}
}

func TestRefusalsOfTheRules(t *testing.T) {
	t.Parallel()
	refused := rows(t, "What is wrong |")
	if len(refused) < 8 {
		t.Fatalf("found %d vectors", len(refused))
	}
	for _, row := range refused {
		_, err := signer(t, secret).Check(row[2], time.Unix(1798101000, 0))
		if got := refusal(err); got != row[1] {
			t.Errorf("%s: %s, the rules say %s", row[0], got, row[1])
		}
	}
}

// refusal is what the rules call an error.
func refusal(err error) string {
	var malformed *unsubscribe.MalformedError
	var forged *unsubscribe.ForgedError
	var expired *unsubscribe.ExpiredError
	switch {
	case errors.As(err, &malformed):
		return "malformed"
	case errors.As(err, &forged):
		return "forged"
	case errors.As(err, &expired):
		return "expired"
	case err != nil:
		return err.Error()
	}
	return "accepted"
}

func TestCheckRefuses(t *testing.T) {
	t.Parallel()
	token := signer(t, secret).Token("u1", "account", now)
	before, after, _ := strings.Cut(token, ".")
	tests := []struct{ name, token, want string }{
		{"nothing", "", "malformed"},
		{"a dot", ".", "malformed"},
		{"a line break within", before[:8] + "\n" + before[8:] + "." + after, "malformed"},
		{"a carriage return at the end", token + "\r", "malformed"},
		{"two dots", token + "." + after, "malformed"},
		{"the other alphabet", before + "." + strings.Repeat("+", len(after)), "malformed"},
		{"no payload", "." + after, "forged"},
		{"5 kB", strings.Repeat("A", 5000) + "." + after, "malformed"},
		{"the token", token, "accepted"},
	}
	for _, test := range tests {
		if _, err := signer(t, secret).Check(test.token, now); refusal(err) != test.want {
			t.Errorf("%s: %s, want %s", test.name, refusal(err), test.want)
		}
	}
}

func TestTokensExpire(t *testing.T) {
	t.Parallel()
	signer := signer(t, secret)
	token := signer.Token("u1", "account", now)
	expires := now.Add(30 * 24 * time.Hour).Truncate(time.Second)
	for at, want := range map[time.Time]string{
		now:                          "accepted",
		expires.Add(-time.Second):    "accepted",
		expires:                      "expired",
		expires.Add(100 * time.Hour): "expired",
	} {
		if _, err := signer.Check(token, at); refusal(err) != want {
			t.Errorf("at %s: %s, want %s", at, refusal(err), want)
		}
	}
}

func TestSecretMustBeLong(t *testing.T) {
	t.Parallel()
	for length, fits := range map[int]bool{0: false, 31: false, 32: true, 64: true} {
		_, err := unsubscribe.NewSigner([]byte(strings.Repeat("x", length)))
		var refused *unsubscribe.SecretError
		if fits != (err == nil) || !fits && !errors.As(err, &refused) {
			t.Errorf("%d bytes: %v", length, err)
		}
	}
}

func TestSignerKeepsACopyOfTheSecret(t *testing.T) {
	t.Parallel()
	bytes := []byte(secret)
	changed, err := unsubscribe.NewSigner(bytes)
	if err != nil {
		t.Fatal(err)
	}
	bytes[0] = 'X'
	if got, want := changed.Token("u1", "*", now), signer(t, secret).Token("u1", "*", now); got != want {
		t.Error("the secret changed under the signer")
	}
}

var urlSafe = regexp.MustCompile(`^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$`)

func TestTokensAllowWhatTheySay(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		userID := rapid.StringN(1, 100, 512).Draw(t, "user")
		kind := rapid.StringN(1, 30, 128).Draw(t, "kind")
		signer := signer(t, secret)
		token := signer.Token(userID, kind, now)
		if !urlSafe.MatchString(token) {
			t.Fatalf("%q cannot stand in a URL", token)
		}
		got, err := signer.Check(token, now)
		if err != nil || got.UserID != userID || got.Kind != kind {
			t.Fatalf("allows %+v, error %v", got, err)
		}
		place := rapid.IntRange(0, len(token)-1).Draw(t, "place")
		changed := token[:place] + rapid.StringN(1, 1, 4).Draw(t, "instead") + token[place+1:]
		if got, err := signer.Check(changed, now); err == nil && changed != token {
			t.Fatalf("%q is accepted, as %+v", changed, got)
		}
	})
}

// Whatever is accepted is what Token makes, spelled alike.
func FuzzCheck(f *testing.F) {
	made, err := unsubscribe.NewSigner([]byte(secret))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(made.Token("u1", "account", now))
	f.Add(made.Token("u1", "account", now.Add(-2*unsubscribe.Lifetime)))
	f.Add("e30.e30")
	f.Add("..")
	f.Fuzz(func(t *testing.T, token string) {
		grant, err := made.Check(token, now)
		if err == nil && made.Token(grant.UserID, grant.Kind, grant.Expires.Add(-unsubscribe.Lifetime)) != token {
			t.Errorf("%q is accepted, as %+v", token, grant)
		}
		if got := refusal(err); got != "accepted" && got != "malformed" && got != "forged" && got != "expired" {
			t.Errorf("refused as %s", got)
		}
	})
}
