package social_test

import (
	"encoding/base64"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/social"
)

func TestXPosts(t *testing.T) {
	t.Parallel()
	w := open(t, social.Config{})
	token := tokenOf("x-7")
	body, contentType := multipartForm(t, "media", []byte("image"))
	formed := w.ask("POST", "twitter/2/media/upload", token, body, "Content-Type", contentType)
	coded := w.ask("POST", "twitter/2/media/upload", token, encode(map[string]any{"media": base64.StdEncoding.EncodeToString([]byte("image")), "media_category": "tweet_image"}))
	images := []string{formed.text(t, "data", "id"), coded.text(t, "data", "id")}
	first := w.publish("twitter", "", token, "Open house https://a.example/a?b=c&d=e at 3 < 4 & more")
	w.clock.pass(time.Hour)
	second := w.ask("POST", "twitter/2/tweets", token, encode(map[string]any{"text": "Two", "media": map[string]any{"media_ids": images}}))
	for _, got := range []response{first, second} {
		if got.code != 201 || got.text(t, "data", "edit_history_tweet_ids", "0") != got.text(t, "data", "id") {
			t.Errorf("%d %s", got.code, got.body)
		}
	}
	request := social.Request{Method: "POST", URL: "http://127.0.0.1:4599/_social/twitter/2/tweets"}
	want := []social.Post{
		{Number: 1, Platform: "twitter", AccountID: "x-7", PostID: first.text(t, "data", "id"), Text: "Open house https://a.example/a?b=c&d=e at 3 < 4 & more",
			Images: []string{}, PostedAt: newClock().time(), Request: request},
		{Number: 2, Platform: "twitter", AccountID: "x-7", PostID: second.text(t, "data", "id"), Text: "Two",
			Images: images, PostedAt: newClock().time().Add(time.Hour), Request: request},
	}
	if diff := cmp.Diff(want, w.posts()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}

	list := w.ask("GET", "twitter/2/users/x-7/tweets?tweet.fields=created_at,entities,author_id&max_results=5", token, "")
	text := list.text(t, "data", "1", "text")
	short := list.text(t, "data", "1", "entities", "urls", "0", "url")
	if text != "Open house "+short+" at 3 &lt; 4 &amp; more" || !strings.HasPrefix(short, "https://t.co/") || len(short) != 23 ||
		list.text(t, "data", "1", "entities", "urls", "0", "expanded_url") != "https://a.example/a?b=c&d=e" ||
		list.text(t, "data", "1", "entities", "urls", "0", "start") != "11" || list.text(t, "data", "1", "entities", "urls", "0", "end") != "34" {
		t.Errorf("links are shortened: %s", list.body)
	}
	if got := list.text(t, "data", "0", "text"); !strings.HasPrefix(got, "Two https://t.co/") {
		t.Errorf("images have a link: %s", got)
	}
	if list.text(t, "data", "1", "created_at") != "2026-11-24T08:30:00.000Z" || list.text(t, "meta", "result_count") != "2" ||
		list.text(t, "meta", "newest_id") != second.text(t, "data", "id") || list.text(t, "data", "0", "author_id") != "x-7" {
		t.Errorf("the list: %s", list.body)
	}
	since := w.ask("GET", "twitter/2/users/x-7/tweets?start_time="+url.QueryEscape("2026-11-24T09:00:00Z"), token, "")
	if since.text(t, "meta", "result_count") != "1" || since.text(t, "data", "0", "id") != second.text(t, "data", "id") {
		t.Errorf("since: %s", since.body)
	}
	if got := w.ask("GET", "twitter/2/users/x-8/tweets", token, ""); got.body != `{"meta":{"result_count":0}}` {
		t.Errorf("another's posts: %s", got.body)
	}
	if got := w.ask("GET", "twitter/2/users/me", token, ""); got.text(t, "data", "id") != "x-7" {
		t.Errorf("me: %s", got.body)
	}
}

// TestPostsOfATokenThatNobodyIsKnownToOwn shows that they can be found all the same.
func TestPostsOfATokenThatNobodyIsKnownToOwn(t *testing.T) {
	t.Parallel()
	w := open(t, social.Config{})
	w.publish("twitter", "", "one", "Hello")
	w.publish("twitter", "", "two", "Hello")
	for token, want := range map[string]string{"one": "1", "two": "1", "three": "0", tokenOf("x-7"): "0"} {
		if got := w.ask("GET", "twitter/2/users/x-7/tweets", token, ""); got.text(t, "meta", "result_count") != want {
			t.Errorf("%s: %s", token, got.body)
		}
	}
	if posts := w.posts(); posts[0].AccountID == posts[1].AccountID {
		t.Errorf("two tokens are one account: %v", posts)
	}
}

func TestXRefusesDuplicates(t *testing.T) {
	t.Parallel()
	w := open(t, social.Config{})
	post := func(account, text string) int { return w.publish("twitter", "", tokenOf(account), text).code }
	for _, test := range []struct {
		account, text string
		pass          time.Duration
		code          int
	}{
		{"x-7", "Hello", 0, 201}, {"x-7", "Hello", 0, 403}, {"x-8", "Hello", 0, 201}, {"x-7", "Hello!", 0, 201},
		{"x-7", "Hello", 24 * time.Hour, 403}, {"x-7", "Hello", 1, 201},
	} {
		w.clock.pass(test.pass)
		if got := post(test.account, test.text); got != test.code {
			t.Errorf("%+v: %d", test, got)
		}
	}
	if got := w.publish("twitter", "", tokenOf("x-7"), "Hello"); !strings.Contains(got.body, "You are not allowed to create a Tweet with duplicate content.") {
		t.Errorf("%s", got.body)
	}
}

func TestXChecks(t *testing.T) {
	t.Parallel()
	w := open(t, social.Config{})
	token := tokenOf("x-7")
	foreign := w.ask("POST", "twitter/2/media/upload", tokenOf("x-8"), `{"media":"YQ=="}`).text(t, "data", "id")
	own := w.ask("POST", "twitter/2/media/upload", token, `{"media":"YQ=="}`).text(t, "data", "id")
	media := func(ids ...string) string {
		return encode(map[string]any{"text": strings.Repeat("m", len(ids)+1), "media": map[string]any{"media_ids": ids}})
	}
	large, contentType := multipartForm(t, "media", make([]byte, 5<<20+1))
	largest, largestType := multipartForm(t, "media", make([]byte, 5<<20))
	const posts, upload = "twitter/2/tweets", "twitter/2/media/upload"
	w.run(token, []check{
		{"nothing", "POST", posts, `{}`, nil, 400, "text or media is required"},
		{"blank", "POST", posts, `{"text":" "}`, nil, 400, "text or media is required"},
		{"no JSON", "POST", posts, `{`, nil, 400, "invalid-request"},
		{"unknown field", "POST", posts, `{"text":"a","status":"b"}`, nil, 400, "unknown field"},
		{"a number for a text", "POST", posts, `{"text":7}`, nil, 400, "invalid-request"},
		{"image alone", "POST", posts, `{"media":{"media_ids":["` + own + `"]}}`, nil, 201, "https://t.co/"},
		{"most images", "POST", posts, media(own, own, own, own), nil, 201, "data"},
		{"too many images", "POST", posts, media(own, own, own, own, own), nil, 400, "between 1 and 4"},
		{"no images", "POST", posts, media(), nil, 400, "between 1 and 4"},
		{"unknown image", "POST", posts, media("1"), nil, 400, "Your media IDs are invalid."},
		{"another's image", "POST", posts, media(foreign), nil, 400, "Your media IDs are invalid."},
		{"largest image", "POST", upload, largest, []string{"Content-Type", largestType}, 200, "media_key"},
		{"image too large", "POST", upload, large, []string{"Content-Type", contentType}, 400, "between 1 and"},
		{"empty image", "POST", upload, `{"media":""}`, nil, 400, "between 1 and"},
		{"no base64", "POST", upload, `{"media":"§"}`, nil, 400, "base64"},
		{"no upload", "POST", upload, `[]`, nil, 400, "object"},
		{"no form", "POST", upload, `x`, []string{"Content-Type", "text/plain"}, 400, "neither"},
		{"few posts", "GET", "twitter/2/users/x-7/tweets?max_results=4", "", nil, 400, "max_results"},
		{"many posts", "GET", "twitter/2/users/x-7/tweets?max_results=101", "", nil, 400, "max_results"},
		{"no time", "GET", "twitter/2/users/x-7/tweets?start_time=yesterday", "", nil, 400, "start_time"},
		{"unknown fields", "GET", "twitter/2/tweets/1?tweet.fields=shoesize", "", nil, 400, "tweet.fields"},
		{"no such post", "GET", "twitter/2/tweets/missing-1", "", nil, 200, "Could not find tweet"},
		{"posts of who is limited", "GET", "twitter/2/users/limited/tweets", "", nil, 429, "Too Many Requests"},
		{"another resource", "GET", "twitter/2/lists/1", "", nil, 404, "does not support"},
	})
}

func TestXCountsCharactersByWeight(t *testing.T) {
	t.Parallel()
	w := open(t, social.Config{})
	token := tokenOf("x-7")
	const family, flag, keycap, woman = "👨‍👩‍👧‍👦", "🇺🇸", "1️⃣", "👩🏽"
	for _, test := range []struct {
		name, unit string
		fits       int // so many units weigh no more than 280
	}{
		{"Latin", "a", 280}, {"umlaut", "ä", 280}, {"decomposed umlaut", "a\u0308", 280}, {"Cyrillic", "я", 280}, {"dash", "–", 280}, {"quote", "’", 280},
		{"Georgian", "\u10ff", 280}, {"beyond Georgian", "\u1100", 140}, {"Japanese", "家", 140}, {"bullet", "•", 140}, {"euro", "€", 140}, {"trade mark", "™", 140},
		{"emoji", "🏠", 140}, {"family", family, 140}, {"flag", flag, 140}, {"keycap", keycap, 140}, {"skin tone", woman, 140},
		{"link", "https://a.example/" + strings.Repeat("b", 300) + " ", 11}, {"short link", "http://a.b ", 11},
	} {
		for _, more := range []int{0, 1} {
			text := strings.TrimSpace(strings.Repeat(test.unit, test.fits+more))
			if strings.HasPrefix(test.unit, "http") { // eleven links weigh 253, the blanks 11
				text = strings.Repeat(test.unit, test.fits) + strings.Repeat("c", 280-253-11+more)
			}
			got := w.publish("twitter", "", token, text)
			if (got.code == 201) != (more == 0) || more == 1 && !strings.Contains(got.body, "Your Tweet text is too long") {
				t.Errorf("%s: %d and %d more: %d %s", test.name, test.fits, more, got.code, got.body)
			}
		}
	}
}
