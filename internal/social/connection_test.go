package social_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/bayon-coagent/event-consumers/internal/social"
	"github.com/bayon-coagent/event-consumers/internal/table"
)

// connected is the item of a connection with such Data.
func connected(t testing.TB, data map[string]any) table.Item {
	t.Helper()
	encoded, err := attributevalue.MarshalMap(data)
	if err != nil {
		t.Fatal(err)
	}
	item, ok := table.ItemOf(map[string]types.AttributeValue{
		"PK": table.Text("USER#u1"), "SK": table.Text("SOCIAL#FACEBOOK"), "Data": &types.AttributeValueMemberM{Value: encoded},
	})
	if !ok {
		t.Fatal("the item is foreign")
	}
	return item
}

func base64Of(text string) string { return base64.StdEncoding.EncodeToString([]byte(text)) }

// ciphertext looks as one of KMS, and opens to a text.
func ciphertext(text string) string {
	return "\x01\x02\x02\x00\x78" + strings.Repeat("k", 32) + "\x01" + text
}

func decrypt(_ context.Context, encrypted []byte) ([]byte, error) {
	_, text, _ := bytes.Cut(encrypted, []byte("kkk\x01"))
	return text, nil
}

// sent is the token that an account's requests carry.
func sent(t testing.TB, account social.Account) string {
	t.Helper()
	var token atomic.Value
	facebook := at(t, social.Facebook, tokenOf(&token))
	if _, err := facebook.Publish(t.Context(), account, social.Post{Text: "a"}); err != nil {
		t.Fatal(err)
	}
	return token.Load().(string)
}

func TestAccountOfConnection(t *testing.T) {
	t.Parallel()
	milliseconds := func(after time.Duration) int64 { return now().Add(after).UnixMilli() }
	pages := map[string]any{"pages": []any{
		"a page that is no page",
		map[string]any{"id": "55", "name": "no token"},
		map[string]any{"id": "1001", "access_token": "page-token", "instagram_business_account": map[string]any{"id": "2002"}},
		map[string]any{"id": "1003", "access_token": base64Of(ciphertext("encrypted-page-token"))},
		map[string]any{"id": "1004", "access_token": "AQIC-a-plain-token-that-reads-as-base64"},
	}}
	shapeA := func(token string, more map[string]any) map[string]any {
		data := map[string]any{"platform": "facebook", "accessToken": token, "scope": []string{"a"}, "platformUserId": "u-9"}
		for name, value := range more {
			data[name] = value
		}
		return data
	}
	shapeB := func(token string) map[string]any {
		return map[string]any{"provider": "LINKEDIN", "accessToken": token, "refreshToken": "r", "scope": "a b", "expiresAt": milliseconds(time.Hour)}
	}
	// A plain token that reads as base64 of what begins as a ciphertext does.
	misleading := base64.RawStdEncoding.EncodeToString([]byte(ciphertext("x")))
	tests := []struct {
		name     string
		data     map[string]any
		channel  string
		platform string
		want     string // id and token, or the kind of error
	}{
		{"base64", shapeA(base64Of("a.b-c_d"), nil), "1001", social.Twitter, "1001 a.b-c_d"},
		{"base64 without padding", shapeA(strings.TrimRight(base64Of("token-7"), "="), nil), "1001", social.Twitter, "1001 token-7"},
		{"base64 of a token that is base64 itself", shapeA(base64Of(base64Of("token-7")), nil), "1001", social.Twitter, "1001 dG9rZW4tNw=="},
		{"a long token is no ciphertext", shapeA(base64Of(strings.Repeat("AQICAHh", 40)), nil), "1", social.Twitter, "1 " + strings.Repeat("AQICAHh", 40)},
		{"encrypted", shapeA(base64Of(ciphertext("opened")), nil), "1001", social.Twitter, "1001 opened"},
		{"encrypted as KMS once did", shapeA(base64Of("\x01\x01"+ciphertext("opened")[2:]), nil), "1001", social.Twitter, "1001 opened"},
		{"too short for a ciphertext", shapeA(base64Of(ciphertext("")[:37]), nil), "1001", social.Twitter, "unauthorized"},
		{"another header", shapeA(base64Of("\x02"+ciphertext("opened")[1:]), nil), "1001", social.Twitter, "unauthorized"},
		{"encrypted nothing", shapeA(base64Of(ciphertext("")), nil), "1001", social.Twitter, "unauthorized"},
		{"encrypted binary", shapeA(base64Of(ciphertext("\x00\x01")), nil), "1001", social.Twitter, "unauthorized"},
		{"no base64", shapeA("not!base64", nil), "1001", social.Twitter, "unauthorized"},
		{"base64 of binary", shapeA(base64Of("\xff\x00"), nil), "1001", social.Twitter, "unauthorized"},
		{"an empty token", shapeA("", nil), "1001", social.Twitter, "unauthorized"},
		{"a blank token", shapeA("  ", nil), "1001", social.Twitter, "unauthorized"},
		{"no channel id", shapeA(base64Of("token"), nil), "", social.Twitter, "u-9 token"},

		{"not expired yet", shapeA(base64Of("token"), map[string]any{"expiresAt": milliseconds(1e6)}), "1", social.Twitter, "1 token"},
		{"expired", shapeA(base64Of("token"), map[string]any{"expiresAt": milliseconds(0)}), "1", social.Twitter, "unauthorized"},
		{"expired as a text", shapeA(base64Of("token"), map[string]any{"expiresAt": "2026-03-02T08:59:59Z"}), "1", social.Twitter, "unauthorized"},
		{"no expiry", shapeA(base64Of("token"), map[string]any{"expiresAt": 0}), "1", social.Twitter, "1 token"},

		{"the page's own", shapeA(base64Of("token"), map[string]any{"metadata": pages}), "1001", social.Facebook, "1001 page-token"},
		{"the page's own, encrypted", shapeA(base64Of("token"), map[string]any{"metadata": pages}), "1003", social.Facebook, "1003 encrypted-page-token"},
		{"the page's own, misleading", shapeA(base64Of("token"), map[string]any{"metadata": pages}), "1004", social.Facebook, "1004 AQIC-a-plain-token-that-reads-as-base64"},
		{"the page's of an Instagram account", shapeA(base64Of("token"), map[string]any{"metadata": pages}), "2002", social.Instagram, "2002 page-token"},
		{"an Instagram account is no page", shapeA(base64Of("token"), map[string]any{"metadata": pages}), "2002", social.Facebook, "2002 token"},
		{"a page without a token", shapeA(base64Of("token"), map[string]any{"metadata": pages}), "55", social.Facebook, "55 token"},
		{"another page", shapeA(base64Of("token"), map[string]any{"metadata": pages}), "77", social.Facebook, "77 token"},
		{"pages are Facebook's", shapeA(base64Of("token"), map[string]any{"metadata": pages}), "1001", social.LinkedIn, "1001 token"},
		{"a page's token when the connection has none", shapeA("", map[string]any{"metadata": pages}), "1001", social.Facebook, "1001 page-token"},

		{"plain", shapeB("AQV.plain-token"), "1001", social.LinkedIn, "1001 AQV.plain-token"},
		{"plain, and misleading", shapeB(misleading), "1001", social.LinkedIn, "1001 " + misleading},
		{"plain with a line end", shapeB("a\nb"), "1001", social.LinkedIn, "unauthorized"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			connection, err := social.ConnectionOf(connected(t, test.data))
			if err != nil {
				t.Fatal(err)
			}
			account, err := connection.Account(t.Context(), test.channel, test.platform, decrypt, now())
			got := outcome(err)
			if err == nil {
				got = account.ID + " " + sent(t, account)
			}
			if got != test.want {
				t.Errorf("%s (%v), want %s", got, err, test.want)
			}
		})
	}
}

func TestMalformedConnection(t *testing.T) {
	t.Parallel()
	for _, data := range []map[string]any{
		{},
		{"accessToken": secret},
		{"platform": "facebook", "accessToken": map[string]any{"a": secret}},
		{"platform": "facebook", "accessToken": secret, "expiresAt": secret},
		{"platform": "facebook", "accessToken": secret, "expiresAt": true},
		{"platform": "facebook", "accessToken": secret, "metadata": map[string]any{"pages": secret}},
	} {
		_, err := social.ConnectionOf(connected(t, data))
		var malformed *table.MalformedError
		if !errors.As(err, &malformed) || strings.Contains(err.Error(), secret) {
			t.Errorf("%v: %v", data, err)
		}
	}
}

// Nothing is decrypted that is not needed, and what goes wrong there is told as it is.
func TestDecryptOnlyWhatIsNeeded(t *testing.T) {
	t.Parallel()
	failure := errors.New("KMS is asked too often")
	never := func(context.Context, []byte) ([]byte, error) { return nil, failure }
	encrypted := map[string]any{"platform": "facebook", "accessToken": base64Of(ciphertext("a")), "metadata": map[string]any{
		"pages": []any{map[string]any{"id": "1001", "access_token": "page-token"}},
	}}
	connection, err := social.ConnectionOf(connected(t, encrypted))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := connection.Account(t.Context(), "1001", social.Facebook, never, now()); err != nil {
		t.Errorf("a page's token: %v", err)
	}
	if _, err := connection.Account(t.Context(), "1002", social.Facebook, never, now()); !errors.Is(err, failure) {
		t.Errorf("the connection's token: %v", err)
	}
	if _, err := connection.Account(t.Context(), "1002", social.Facebook, nil, now()); err == nil {
		t.Error("nothing decrypts")
	}
}

func TestConnectionKey(t *testing.T) {
	t.Parallel()
	if got := social.ConnectionKey("u1", social.Twitter).String(); got != "USER#u1 / SOCIAL#TWITTER" {
		t.Error(got)
	}
}
