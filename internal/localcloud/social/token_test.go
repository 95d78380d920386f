package social_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/url"
	"strings"
	"testing"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/social"
)

func TestTokens(t *testing.T) {
	t.Parallel()
	for _, platform := range platforms {
		w := open(t, social.Config{})
		isOwn := platform == "blog" || platform == "newsletter"
		for _, test := range []struct {
			name, token string
			refused     bool
		}{
			{"none", "", !isOwn}, {"revoked", "revoked", true}, {"revoked one of many", "revoked-7", true},
		} {
			got := w.publish(platform, "1", test.token, test.name)
			if (got.code == 401) != test.refused || got.body == "" {
				t.Errorf("%s: %s: %d %s", platform, test.name, got.code, got.body)
			}
		}
		if posts := w.posts(); isOwn != (len(posts) == 1) || isOwn && posts[0].AccountID != platform {
			t.Errorf("%s: posted without a token: %v", platform, posts)
		}
		got := w.ask("POST", platform+"/2/tweets", "", "{}", "Authorization", "Basic abc")
		if (got.code == 401) == isOwn {
			t.Errorf("%s: another scheme: %d %s", platform, got.code, got.body)
		}
		for _, query := range []string{
			"access_token=t", "ACCESS_TOKEN=t", "oauth2_access_token=t", "oauth_token=t", "token=t", "x=" + tokenOf("1"), "api_key=1",
		} {
			got := w.ask("POST", platform+"/v23.0/1/feed?"+query, tokenOf("1"), "{}")
			if got.code != 400 || !strings.Contains(got.body, "refuses tokens in URLs") || strings.Contains(got.body, tokenOf("1")) {
				t.Errorf("%s: a token in the URL (%s): %d %s", platform, query, got.code, got.body)
			}
		}
		if got := w.ask("POST", platform+"/v23.0/"+url.PathEscape(tokenOf("1"))+"/feed", tokenOf("1"), "{}"); got.code != 400 || !strings.Contains(got.body, "refuses tokens in URLs") {
			t.Errorf("%s: a token in the path: %d %s", platform, got.code, got.body)
		}
	}
}

func TestAnOwnerWhoCannotBeFoundOutIsNotNobody(t *testing.T) {
	t.Parallel()
	away := true
	w := open(t, social.Config{Owner: func(context.Context, string, string) (string, bool, error) {
		if away {
			return "", false, errors.New("the table is away")
		}
		return "7", true, nil
	}})
	ask := func(code int) {
		t.Helper()
		for _, test := range []struct{ method, path, body string }{
			{"POST", "twitter/2/tweets", `{"text":"a"}`},
			{"GET", "twitter/2/users/7/tweets", ""},
			{"GET", "twitter/2/users/me", ""},
			{"POST", "blog", `{"key":"a","title":"T","text":"a"}`},
		} {
			if got := w.ask(test.method, test.path, "token", test.body); got.code != code && (code != 200 || got.code != 201) {
				t.Errorf("%s %s: %d %s, want %d", test.method, test.path, got.code, got.body, code)
			}
		}
	}
	ask(503)
	if posts := w.posts(); len(posts) > 0 {
		t.Errorf("posted for whom nobody knows: %v", posts)
	}
	away = false
	ask(200)
	if posts := w.posts(); len(posts) != 2 || posts[0].AccountID != "7" || posts[1].AccountID != "7" {
		t.Errorf("afterwards there are %v, want one on X and one on the blog, of 7", posts)
	}
}

func TestTheGraphTakesATokenInTheBody(t *testing.T) {
	t.Parallel()
	w := open(t, social.Config{})
	const asForm = "application/x-www-form-urlencoded"
	w.run("", []check{
		{"JSON", "POST", "facebook/v23.0/7/feed", `{"message":"a","access_token":"hidden"}`, nil, 200, `"id":"7_`},
		{"form", "POST", "facebook/v23.0/7/feed", form("message", "b", "access_token", "hidden"), []string{"Content-Type", asForm}, 200, `"id":"7_`},
		{"revoked", "POST", "facebook/v23.0/7/feed", `{"message":"a","access_token":"revoked"}`, nil, 401, `"code":190`},
		{"Instagram", "POST", "instagram/v23.0/7/media", `{"image_url":"https://a.example/b","access_token":"hidden"}`, nil, 200, `"id":`},
		{"X does not", "POST", "twitter/2/tweets", `{"text":"a","access_token":"hidden"}`, nil, 401, "Unauthorized"},
		{"LinkedIn does not", "POST", "linkedin/rest/posts", `{"access_token":"hidden"}`, restli(), 401, "EMPTY_ACCESS_TOKEN"},
	})
}

// TestATokenIsNeverShown looks for the token in all that can be seen.
func TestATokenIsNeverShown(t *testing.T) {
	t.Parallel()
	w := open(t, social.Config{})
	const secret = "EAAGm0PX4ZCpsBA"
	for _, platform := range platforms {
		if got := w.publish(platform, "1", secret, "Hello"); got.code/100 != 2 || strings.Contains(got.body, secret) {
			t.Errorf("%s: %d %s", platform, got.code, got.body)
		}
	}
	record, err := json.Marshal(w.posts())
	if err != nil || strings.Contains(string(record), secret) {
		t.Errorf("the record tells the token: %s", record)
	}
	for _, post := range w.posts() {
		tells := post.Platform == "twitter" || post.Platform == "blog" || post.Platform == "newsletter"
		if tells != strings.HasPrefix(post.AccountID, "token-") {
			t.Errorf("%s: the account %s", post.Platform, post.AccountID)
		}
	}
}
