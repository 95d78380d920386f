package social_test

import (
	"bytes"
	"encoding/gob"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"github.com/bayon-coagent/event-consumers/internal/social"
)

// tokenOf accepts posts, and keeps the token that comes with them.
func tokenOf(token *atomic.Value) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		token.Store(strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "))
		w.Write([]byte(`{"id":"1"}`))
	})
}

// shown is a value in every form that one may be printed in.
func shown(t testing.TB, value any) string {
	t.Helper()
	var all strings.Builder
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%t", "%p", "%T"} {
		fmt.Fprintf(&all, verb+"\n", value)
	}
	fmt.Fprintln(&all, value)
	if encoded, err := json.Marshal(value); err == nil {
		all.Write(encoded)
	}
	var log bytes.Buffer
	core := zapcore.NewCore(zapcore.NewJSONEncoder(zapcore.EncoderConfig{}), zapcore.AddSync(&log), zapcore.DebugLevel)
	zap.New(core).Info("", zap.Any("value", value), zap.Reflect("reflected", value))
	all.Write(log.Bytes())
	return all.String()
}

// hidden fails if the token can be seen, in whichever alphabet.
func hidden(t testing.TB, what string, value any) {
	t.Helper()
	text := shown(t, value)
	for _, form := range []string{secret, base64Of(secret), fmt.Sprintf("%x", secret), fmt.Sprintf("%X", secret), secret[:12]} {
		if strings.Contains(text, form) {
			t.Errorf("%s shows the token: %s", what, text)
		}
	}
}

func TestTokenIsHidden(t *testing.T) {
	t.Parallel()
	token := social.NewToken(secret)
	type private struct {
		account social.Account
		token   *social.Token
	}
	connection, err := social.ConnectionOf(connected(t, map[string]any{
		"platform": "facebook", "accessToken": base64Of(secret), "metadata": map[string]any{"pages": []any{map[string]any{"id": "1", "access_token": secret}}},
	}))
	if err != nil {
		t.Fatal(err)
	}
	for what, value := range map[string]any{
		"a token": token, "its pointer": &token, "an account": account(), "a list": []social.Account{account()},
		"a map": map[string]social.Token{"a": token}, "a struct that keeps it to itself": private{account(), &token},
		"a pointer to that": &private{account(), &token}, "a connection": connection, "its pointer ": &connection,
		"an error": fmt.Errorf("an account: %v, %+v", account(), token),
	} {
		hidden(t, what, value)
	}
	if encoded, err := json.Marshal(account()); err != nil || string(encoded) != `{"ID":"1001","Token":"[token]"}` {
		t.Errorf("%s, %v", encoded, err)
	}
	var binary bytes.Buffer
	if err := gob.NewEncoder(&binary).Encode(account()); err == nil && strings.Contains(binary.String(), secret) {
		t.Error("gob shows the token")
	}
	if !social.NewToken("").IsZero() || token.IsZero() {
		t.Error("no token is one, or a token is none")
	}
}

// Every failure there is, of a network that repeats the token wherever it can.
func TestErrorsHideToken(t *testing.T) {
	t.Parallel()
	echo := func(status int) reply {
		words := `"Malformed access token ` + secret + ` and ` + secret[:16] + `"`
		return reply{
			status: status,
			header: map[string]string{"Retry-After": secret, "Location": "https://elsewhere.invalid/?access_token=" + secret, "x-restli-id": "urn " + secret},
			body: `{"error":{"message":` + words + `,"code":100,"error_user_msg":` + words + `},"detail":` + words + `,"message":` + words + `,"title":` + words +
				`,"id":` + words + `,"data":{"id":` + words + `},"status_code":` + words + `}`,
		}
	}
	answers := []reply{{cut: true}, {body: secret}, {status: 400, body: secret}}
	for _, status := range []int{200, 201, 301, 302, 307, 400, 401, 403, 404, 408, 409, 418, 422, 429, 500, 502, 503, 504, 599} {
		answers = append(answers, echo(status))
	}
	tell := func(what string, err error) {
		t.Helper()
		for ; err != nil; err = errors.Unwrap(err) {
			hidden(t, what, err)
		}
	}
	failed := 0
	for _, answer := range answers {
		for _, route := range routes() {
			for _, step := range []string{route.publishing, route.preparing} {
				_, _, err := route.publish(t, step, answer)
				tell(route.platform, err)
				if err != nil {
					failed++
				}
			}
			network := at(t, route.platform, answer)
			_, _, err := network.Find(t.Context(), account(), social.Post{Text: "a"}, now())
			tell(route.platform, err)
			_, err = network.Metrics(t.Context(), account(), "7")
			tell(route.platform, err)
		}
		_, err := at(t, social.Blog, answer).Publish(t.Context(), account(), social.Post{Key: "key-1"})
		tell(social.Blog, err)
	}
	if _, err := of(t, social.Facebook, "http://"+secret+".invalid:1:2").Publish(t.Context(), account(), social.Post{Text: "a"}); err == nil {
		t.Error("an address that is none is one")
	} else {
		tell("an address that is none", err)
	}
	if failed < 150 {
		t.Errorf("only %d failures", failed)
	}
}
