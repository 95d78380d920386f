package social_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/social"
)

func TestFacebookPosts(t *testing.T) {
	t.Parallel()
	w := open(t, social.Config{})
	const asForm = "application/x-www-form-urlencoded"
	text := w.ask("POST", "facebook/v23.0/7/feed", "t", `{"message":"Open house","published":true}`).text(t, "id")
	w.clock.pass(time.Hour)
	one := w.ask("POST", "facebook/v23.0/7/photos", "t", form("url", "https://a.example/1.jpg", "caption", "One"), "Content-Type", asForm)
	var ids []string
	for _, image := range []string{"https://a.example/1.jpg", "https://a.example/2.jpg"} {
		ids = append(ids, w.ask("POST", "facebook/v23.0/7/photos", "t", encode(map[string]any{"url": image, "published": false})).text(t, "id"))
	}
	w.clock.pass(time.Hour)
	two := w.ask("POST", "facebook/v23.0/7/feed", "t", encode(map[string]any{
		"message": "Two", "attached_media": []any{map[string]string{"media_fbid": ids[0]}, map[string]string{"media_fbid": ids[1]}},
	})).text(t, "id")
	formed := w.ask("POST", "facebook/v23.0/7/feed", "t", form("message", "Three", "attached_media[0]", `{"media_fbid":"`+ids[1]+`"}`), "Content-Type", asForm).text(t, "id")

	begin := newClock().time()
	request := func(edge string) social.Request {
		return social.Request{Method: "POST", URL: "http://127.0.0.1:4599/_social/facebook/v23.0/7/" + edge}
	}
	want := []social.Post{
		{Number: 1, Platform: "facebook", AccountID: "7", PostID: text, Text: "Open house", PostedAt: begin, Request: request("feed"), Images: []string{}},
		{Number: 2, PostID: one.text(t, "post_id"), Text: "One", PostedAt: begin.Add(time.Hour), Request: request("photos"), Images: []string{"https://a.example/1.jpg"}},
		{Number: 3, PostID: two, Text: "Two", PostedAt: begin.Add(2 * time.Hour), Request: request("feed"), Images: []string{"https://a.example/1.jpg", "https://a.example/2.jpg"}},
		{Number: 4, PostID: formed, Text: "Three", PostedAt: begin.Add(2 * time.Hour), Request: request("feed"), Images: []string{"https://a.example/2.jpg"}},
	}
	for i := range want {
		want[i].Platform, want[i].AccountID = "facebook", "7"
	}
	if diff := cmp.Diff(want, w.posts(), cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}

	list := w.ask("GET", "facebook/v23.0/7/posts?fields=id,message,created_time,permalink_url&since="+"1795512000"+"&limit=2", "t", "")
	if list.text(t, "data", "0", "id") != formed || list.text(t, "data", "1", "message") != "Two" || list.text(t, "data", "2", "id") != "" ||
		list.text(t, "data", "1", "created_time") != "2026-11-24T10:30:00+0000" || !strings.HasPrefix(list.text(t, "data", "0", "permalink_url"), "https://www.facebook.com/7_") {
		t.Errorf("the newest two: %s", list.body)
	}
	late := w.ask("GET", "facebook/v23.0/7/feed?since=2026-11-24T09:30:01Z", "t", "")
	if !strings.Contains(late.body, two) || strings.Contains(late.body, text) || strings.Contains(late.body, one.text(t, "post_id")) {
		t.Errorf("since: %s", late.body)
	}
	if other := w.ask("GET", "facebook/v23.0/8/posts", "t", ""); other.body != `{"data":[]}` {
		t.Errorf("another page: %s", other.body)
	}
}

func TestFacebookChecks(t *testing.T) {
	t.Parallel()
	w := open(t, social.Config{})
	foreign := w.ask("POST", "facebook/v23.0/8/photos", "t", `{"url":"https://a.example/1.jpg","published":false}`).text(t, "id")
	message := func(length int) string { return encode(map[string]any{"message": strings.Repeat("ä", length)}) }
	w.run("t", []check{
		{"longest", "POST", "facebook/v23.0/7/feed", message(63206), nil, 200, `"id":"7_`},
		{"too long", "POST", "facebook/v23.0/7/feed", message(63207), nil, 400, `"code":100`},
		{"nothing", "POST", "facebook/v23.0/7/feed", `{}`, nil, 400, "Missing message or attachment"},
		{"no JSON", "POST", "facebook/v23.0/7/feed", `[`, nil, 400, "no JSON object"},
		{"no form", "POST", "facebook/v23.0/7/feed", `message=%zz`, []string{"Content-Type", "application/x-www-form-urlencoded"}, 400, "no form"},
		{"no multipart form", "POST", "facebook/v23.0/7/feed", `x`, []string{"Content-Type", "multipart/form-data; boundary=b"}, 400, "no multipart form"},
		{"later", "POST", "facebook/v23.0/7/feed", `{"message":"a","published":false}`, nil, 400, "posts for later"},
		{"unknown image", "POST", "facebook/v23.0/7/feed", `{"message":"a","attached_media":[{"media_fbid":"1"}]}`, nil, 400, "no unpublished photo"},
		{"another page's image", "POST", "facebook/v23.0/7/feed", `{"message":"a","attached_media":[{"media_fbid":"` + foreign + `"}]}`, nil, 400, "no unpublished photo"},
		{"no image's id", "POST", "facebook/v23.0/7/feed", `{"message":"a","attached_media":["x"]}`, nil, 400, "media_fbid"},
		{"no list", "POST", "facebook/v23.0/7/feed", `{"message":"a","attached_media":"["}`, nil, 400, "must be an array"},
		{"image that cannot be fetched", "POST", "facebook/v23.0/7/photos", `{"url":"https://a.example/missing.jpg"}`, nil, 400, `"code":324`},
		{"no image", "POST", "facebook/v23.0/7/photos", `{"caption":"a"}`, nil, 400, `"code":324`},
		{"caption too long", "POST", "facebook/v23.0/7/photos", `{"url":"https://a.example/1","caption":"` + strings.Repeat("a", 63207) + `"}`, nil, 400, "caption"},
		{"no version", "POST", "facebook/7/feed", message(1), nil, 400, "Unknown path"},
		{"another edge", "POST", "facebook/v23.0/7/videos", `{}`, nil, 400, "does not support /7/videos"},
		{"another method", "DELETE", "facebook/v23.0/7", ``, nil, 400, "Unsupported delete request"},
		{"no such post", "GET", "facebook/v23.0/missing-1", ``, nil, 400, `"error_subcode":33`},
		{"no such field", "GET", "facebook/v23.0/7_1?fields=id,shoesize", ``, nil, 400, "nonexisting field (shoesize)"},
		{"no metric", "GET", "facebook/v23.0/7_1/insights", ``, nil, 400, `"code":3001`},
		{"no such metric", "GET", "facebook/v23.0/7_1/insights?metric=post_clicks,post_engaged_users", ``, nil, 400, "valid insights metric"},
		{"no time", "GET", "facebook/v23.0/7/posts?since=soon", ``, nil, 400, "since"},
		{"no number", "GET", "facebook/v23.0/7/posts?limit=0", ``, nil, 400, "limit"},
		{"too many", "GET", "facebook/v23.0/7/posts?limit=101", ``, nil, 400, "limit"},
		{"most", "GET", "facebook/v23.0/7/posts?limit=100", ``, nil, 200, "data"},
		{"page that is forbidden", "GET", "facebook/v23.0/forbidden/posts", ``, nil, 403, `"code":200`},
		{"post of a page that is limited", "GET", "facebook/v23.0/limited_1", ``, nil, 429, `"code":4`},
	})
}
