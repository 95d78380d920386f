package social_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/social"
)

func TestServices(t *testing.T) {
	t.Parallel()
	for _, platform := range []string{"blog", "newsletter"} {
		w := open(t, social.Config{})
		article := encode(map[string]any{
			"key": "k-1", "title": "Market", "html": "<p>Up</p>", "text": "Up", "images": []string{"https://a.example/1.jpg"}, "recipients": []string{"maria@example.com"},
		})
		first := w.ask("POST", platform, tokenOf("7"), article, "Idempotency-Key", "k-1")
		again := w.ask("POST", platform+"/", tokenOf("7"), article, "Idempotency-Key", "k-1")
		inBody := w.ask("POST", platform, tokenOf("7"), article)
		if first.code != 201 || again.code != 200 || inBody.code != 200 || again.body != first.body || inBody.body != first.body {
			t.Errorf("%s: %d %s, then %d %s, then %d %s", platform, first.code, first.body, again.code, again.body, inBody.code, inBody.body)
		}
		want := []social.Post{{
			Number: 1, Platform: platform, AccountID: "7", PostID: first.text(t, "id"), Text: "Up", HTML: "<p>Up</p>", Title: "Market",
			Images: []string{"https://a.example/1.jpg"}, Recipients: []string{"maria@example.com"}, PostedAt: newClock().time(),
			Request: social.Request{Method: "POST", URL: "http://127.0.0.1:4599/_social/" + platform},
		}}
		if diff := cmp.Diff(want, w.posts()); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		w.run(tokenOf("7"), []check{
			{"another article under the key", "POST", platform, `{"key":"k-1","title":"Other","text":"Up"}`, nil, 422, "another article"},
			{"another key", "POST", platform, `{"key":"k-2","text":"Up"}`, nil, 201, "url"},
			{"no key", "POST", platform, `{"text":"Up"}`, nil, 201, "url"},
			{"HTML alone", "POST", platform, `{"html":"<p>"}`, nil, 201, "url"},
			{"an account", "POST", platform, `{"text":"Up","accountId":"forbidden"}`, nil, 403, "not for this account"},
			{"nothing", "POST", platform, `{"title":"T"}`, nil, 400, "text or html is required"},
			{"no JSON", "POST", platform, `{`, nil, 400, "no article"},
			{"a text for a list", "POST", platform, `{"text":"Up","images":"a"}`, nil, 400, "no article"},
			{"image that cannot be fetched", "POST", platform, `{"text":"Up","images":["https://a.example/missing"]}`, nil, 400, "images"},
			{"no URL", "POST", platform, `{"text":"Up","images":["a.jpg"]}`, nil, 400, "images"},
			{"longest title", "POST", platform, encode(map[string]any{"text": "a", "title": strings.Repeat("ä", 500)}), nil, 201, "id"},
			{"long title", "POST", platform, encode(map[string]any{"text": "a", "title": strings.Repeat("ä", 501)}), nil, 400, "title"},
			{"long text", "POST", platform, encode(map[string]any{"text": strings.Repeat("a", 1<<20+1)}), nil, 400, "too long"},
			{"long key", "POST", platform, encode(map[string]any{"text": "a", "key": strings.Repeat("a", 256)}), nil, 400, "key"},
			{"many recipients", "POST", platform, encode(map[string]any{"text": "a", "recipients": make([]string, 1001)}), nil, 400, "recipients"},
			{"another method", "GET", platform, ``, nil, 404, "GET"},
			{"another path", "POST", platform + "/posts", `{}`, nil, 404, "/posts"},
		})
		if got := w.ask("POST", platform, tokenOf("8"), article); got.code != 201 {
			t.Errorf("%s: another's key: %d %s", platform, got.code, got.body)
		}
	}
}
