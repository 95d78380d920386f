package social_test

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/bayon-coagent/event-consumers/internal/social"
)

// listing is how a platform lists posts.
type listing struct {
	platform string
	path     string // the request, without what tells the time
	answer   func(items ...string) string
	item     func(id, text string, created time.Time) string
	want     func(id string) social.Published
}

func listings() []listing {
	data := func(items ...string) string { return `{"data":[` + strings.Join(items, ",") + `]}` }
	return []listing{
		{
			platform: social.Facebook,
			path:     "/v23.0/1001/posts?fields=id%2Cmessage%2Ccreated_time%2Cpermalink_url&limit=50&since=1772441940",
			answer:   data,
			item: func(id, text string, created time.Time) string {
				return fmt.Sprintf(`{"id":%q,"message":%q,"created_time":%q,"permalink_url":"https://www.facebook.com/p/%s"}`,
					id, text, created.Format("2006-01-02T15:04:05-0700"), id)
			},
			want: func(id string) social.Published {
				return social.Published{PostID: id, URL: "https://www.facebook.com/p/" + id}
			},
		},
		{
			platform: social.Instagram,
			path:     "/v23.0/1001/media?fields=id%2Ccaption%2Cpermalink%2Ctimestamp&limit=50",
			answer:   data,
			item: func(id, text string, created time.Time) string {
				return fmt.Sprintf(`{"id":%q,"caption":%q,"timestamp":%q,"permalink":"https://www.instagram.com/p/%s"}`,
					id, text, created.Format("2006-01-02T15:04:05-0700"), id)
			},
			want: func(id string) social.Published {
				return social.Published{PostID: id, URL: "https://www.instagram.com/p/" + id}
			},
		},
		{
			platform: social.LinkedIn,
			path:     "/rest/posts?q=author&author=urn%3Ali%3Aperson%3A1001&count=50&sortBy=CREATED",
			answer:   func(items ...string) string { return `{"elements":[` + strings.Join(items, ",") + `]}` },
			item: func(id, text string, created time.Time) string {
				return fmt.Sprintf(`{"id":%q,"commentary":%q,"createdAt":%d}`, id, text, max(created.UnixMilli(), 0))
			},
			want: func(id string) social.Published {
				return social.Published{PostID: id, URL: "https://www.linkedin.com/feed/update/" + id}
			},
		},
		{
			platform: social.Twitter,
			path:     "/2/users/1001/tweets?max_results=50&start_time=2026-03-02T08%3A59%3A00Z&tweet.fields=created_at%2Centities",
			answer:   data,
			item: func(id, text string, created time.Time) string {
				return fmt.Sprintf(`{"id":%q,"text":%q,"created_at":%q}`, id, text, created.Format("2006-01-02T15:04:05.000Z"))
			},
			want: func(id string) social.Published {
				return social.Published{PostID: id, URL: "https://x.com/i/status/" + id}
			},
		},
	}
}

func TestFind(t *testing.T) {
	t.Parallel()
	const text = "Open house\n\n#realestate"
	since := now()
	for _, listing := range listings() {
		item, answer := listing.item, listing.answer
		full := make([]string, 50)
		for i := range full {
			full[i] = item(strconv.Itoa(i), "something else", since.Add(time.Minute))
		}
		older := append(append([]string{}, full[1:]...), item("0", "something else", since.Add(-time.Hour)))
		tests := []struct {
			name, answer, want string
		}{
			{"it", answer(item("6", "other", since), item("7", text, since.Add(time.Second))), "7"},
			{"it with other blanks", answer(item("7", "Open house #realestate ", since)), "7"},
			{"it within the minute between clocks", answer(item("7", text, since.Add(-time.Minute))), "7"},
			{"the same text before", answer(item("7", text, since.Add(-time.Minute-time.Second))), "none"},
			{"another text", answer(item("7", "Open house\n\n#realestate #tx", since)), "none"},
			{"nothing", answer(), "none"},
			{"no list", `{}`, "none"},
			{"a full list of newer ones", answer(full...), "cannot find"},
			{"a full list with an older one", answer(older...), "none"},
			{"it without a time", answer(strings.NewReplacer("1970-01-01", "yesterday").Replace(item("7", text, time.Unix(0, 0).UTC()))), "cannot find"},
			{"it without an id", answer(item("", text, since)), "cannot find"},
			{"HTML", html, "unavailable"},
			{"another type", `{"data":"none","elements":7}`, "unavailable"},
		}
		for _, test := range tests {
			network := at(t, listing.platform, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.URL.RequestURI() != listing.path {
					t.Errorf("asked %s", r.URL.RequestURI())
				}
				w.Write([]byte(test.answer))
			}))
			got, found, err := network.Find(t.Context(), account(), social.Post{Text: text}, since)
			told := outcome(err)
			if err == nil {
				told = "none"
			}
			if found {
				told = got.PostID
			}
			if told != test.want || found && got != listing.want(got.PostID) {
				t.Errorf("%s, %s: %s (%v), want %s", listing.platform, test.name, told, got, test.want)
			}
		}
		for _, test := range []struct {
			answer reply
			want   string
		}{
			{reply{status: 401}, "unauthorized"},
			{reply{status: 429}, "limited 15m0s"},
			{reply{status: 500}, "unavailable"},
			{reply{cut: true}, "unavailable"},
		} {
			_, found, err := at(t, listing.platform, test.answer).Find(t.Context(), account(), social.Post{Text: text}, since)
			if found || outcome(err) != test.want {
				t.Errorf("%s: %v", listing.platform, err)
			}
		}
	}
	if _, _, err := at(t, social.LinkedIn, reply{status: 403}).Find(t.Context(), account(), social.Post{}, since); outcome(err) != "cannot find" {
		t.Errorf("without LinkedIn's permission to read: %v", err)
	}
	if _, _, err := at(t, social.Facebook, reply{status: 403}).Find(t.Context(), account(), social.Post{}, since); outcome(err) != "unauthorized" {
		t.Errorf("without Facebook's: %v", err)
	}
}

// X lists a text not as it was given.
func TestFindOnX(t *testing.T) {
	t.Parallel()
	tests := []struct{ text, listed, urls string }{
		{
			"Cosy & bright <3 https://bayon.example/a?b=1",
			"Cosy &amp; bright &lt;3 https://t.co/abc",
			`{"url":"https://t.co/abc","expanded_url":"https://bayon.example/a?b=1"}`,
		},
		{
			"See bayon.example and https://bayon.example/x/ now",
			"See https://t.co/a and https://t.co/b now https://t.co/c",
			`{"url":"https://t.co/a","expanded_url":"http://bayon.example"},{"url":"https://t.co/b","expanded_url":"https://bayon.example/x/"},` +
				`{"url":"https://t.co/c","expanded_url":"https://x.com/agent/status/7/photo/1","media_key":"3_1"},{"url":"","expanded_url":"x"}`,
		},
	}
	tests = append(tests, struct{ text, listed, urls string }{
		"Sold https://x.com/agent/status/6/photo/1", "Sold https://t.co/a https://t.co/b",
		`{"url":"https://t.co/a","expanded_url":"https://x.com/agent/status/6/photo/1"},{"url":"https://t.co/b","expanded_url":"https://x.com/agent/status/7/photo/1"}`,
	})
	for _, test := range tests {
		listed := fmt.Sprintf(`{"data":[{"id":"7","text":%q,"created_at":"2026-03-02T09:00:01.000Z","entities":{"urls":[%s]}}]}`, test.listed, test.urls)
		_, found, err := at(t, social.Twitter, reply{body: listed}).Find(t.Context(), account(), social.Post{Text: test.text}, now())
		if !found || err != nil {
			t.Errorf("%q is not found: %v", test.text, err)
		}
		_, found, err = at(t, social.Twitter, reply{body: listed}).Find(t.Context(), account(), social.Post{Text: test.text + "2"}, now())
		if found || err != nil {
			t.Errorf("another text is found: %v", err)
		}
	}
}

func TestLinkedInText(t *testing.T) {
	t.Parallel()
	const text = `3 beds (2 baths) [new] {x} <a> * _ ~ @b \ | # #1 #open_house #`
	const want = `3 beds \\(2 baths\\) \\[new\\] \\{x\\} \\u003ca\\u003e \\* \\_ \\~ \\@b \\\\ \\| \\# #1 #open\\_house \\#`
	route := routes()[2]
	got := requests(t, route, social.Post{Text: text})[0]
	if !strings.Contains(got, strings.ReplaceAll(strings.ReplaceAll(want, `\\u003c`, `\\\u003c`), `\\u003e`, `\\\u003e`)) {
		t.Errorf("the text becomes %s", got)
	}
	for _, listed := range []string{text, `3 beds \(2 baths\) \[new\] \{x\} \<a\> \* \_ \~ \@b \\ \| \# #1 #open\_house \#`} {
		answer := fmt.Sprintf(`{"elements":[{"id":"urn:li:share:7","commentary":%q,"publishedAt":%d}]}`, listed, now().UnixMilli())
		_, found, err := at(t, social.LinkedIn, reply{body: answer}).Find(t.Context(), account(), social.Post{Text: text}, now())
		if !found || err != nil {
			t.Errorf("%s is not found: %v", listed, err)
		}
	}
}
