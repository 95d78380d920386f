package social_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bayon-coagent/event-consumers/internal/social"
)

const secret = "EAASecretTokenOfTheAgent0123456789"

func now() time.Time { return time.Date(2026, time.March, 2, 9, 0, 0, 0, time.UTC) }

func account() social.Account { return social.Account{ID: "1001", Token: social.NewToken(secret)} }

func config(url string) social.Config {
	return social.Config{
		HTTP:            &http.Client{Transport: &http.Transport{}},
		FacebookBaseURL: url + "/", InstagramBaseURL: url, LinkedInBaseURL: url, XBaseURL: url,
		BlogURL: url + "/blog", NewsletterURL: url + "/newsletter",
		FacebookVersion: "v23.0", LinkedInVersion: "202606", Now: now,
		Pause: func(ctx context.Context, _ time.Duration) error { return ctx.Err() },
	}
}

// at is the network of a platform, at a server that stands for it.
func at(t testing.TB, platform string, handler http.Handler) social.Network {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return of(t, platform, server.URL)
}

func of(t testing.TB, platform, url string) social.Network {
	t.Helper()
	network, ok := social.New(config(url)).For(platform)
	if !ok {
		t.Fatalf("there is no %s", platform)
	}
	return network
}

// reply is what a stand-in for a network answers.
type reply struct {
	status int // 0 is 200
	header map[string]string
	body   string
	cut    bool
}

func (r reply) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	io.Copy(io.Discard, request.Body)
	if r.cut {
		panic(http.ErrAbortHandler)
	}
	for name, value := range r.header {
		w.Header().Set(name, value)
	}
	if r.status != 0 {
		w.WriteHeader(r.status)
	}
	io.WriteString(w, r.body)
}

// scripted stands for a network: it answers each request, by its method and path, and keeps what it was asked.
type scripted struct {
	t       testing.TB
	replies map[string]http.Handler

	mutex sync.Mutex
	asked []string // method, path with query, body
}

func (s *scripted) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		s.t.Error(err)
	}
	s.mutex.Lock()
	s.asked = append(s.asked, strings.TrimSpace(r.Method+" "+r.URL.RequestURI()+" "+string(body)))
	s.mutex.Unlock()
	for _, values := range [][]string{{r.URL.String(), string(body)}, r.Header.Values("Referer")} {
		if strings.Contains(strings.Join(values, " "), secret) {
			s.t.Errorf("%s %s has the token beyond the header", r.Method, r.URL)
		}
	}
	next, ok := s.replies[r.Method+" "+r.URL.Path]
	if !ok {
		s.t.Errorf("unexpected %s %s", r.Method, r.URL)
		next = reply{status: http.StatusNotFound}
	}
	next.ServeHTTP(w, r)
}

func (s *scripted) requests() []string {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return slices.Clone(s.asked)
}

// jpeg begins as a JPEG image does.
const jpeg = "\xff\xd8\xff\xe0 an image"

// route is where a platform's posts are made, and what has to be answered on the way there.
type route struct {
	platform   string
	publishing string // the request that makes the post
	published  reply
	want       social.Published
	before     map[string]http.Handler // the steps before
	preparing  string                  // one of them
}

func routes() []route {
	upload := reply{body: jpeg}
	return []route{
		{
			platform: social.Facebook, publishing: "POST /v23.0/1001/feed", published: reply{body: `{"id":"1001_7"}`},
			want:      social.Published{PostID: "1001_7", URL: "https://www.facebook.com/1001_7"},
			preparing: "POST /v23.0/1001/photos", before: map[string]http.Handler{"POST /v23.0/1001/photos": reply{body: `{"id":"55"}`}},
		},
		{
			platform: social.Instagram, publishing: "POST /v23.0/1001/media_publish", published: reply{body: `{"id":"9"}`},
			want:      social.Published{PostID: "9", URL: "https://www.instagram.com/p/abc/"},
			preparing: "POST /v23.0/1001/media", before: map[string]http.Handler{
				"POST /v23.0/1001/media": reply{body: `{"id":"55"}`},
				"GET /v23.0/55":          reply{body: `{"status_code":"FINISHED"}`},
				"GET /v23.0/9":           reply{body: `{"permalink":"https://www.instagram.com/p/abc/"}`},
			},
		},
		{
			platform: social.LinkedIn, publishing: "POST /rest/posts",
			published: reply{status: http.StatusCreated, header: map[string]string{"x-restli-id": "urn:li:share:7"}},
			want:      social.Published{PostID: "urn:li:share:7", URL: "https://www.linkedin.com/feed/update/urn:li:share:7"},
			preparing: "POST /rest/images", before: map[string]http.Handler{
				"GET /a.jpg": upload, "GET /b.jpg": upload, "PUT /upload": reply{status: http.StatusCreated},
				"POST /rest/images": http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					fmt.Fprintf(w, `{"value":{"uploadUrl":"http://%s/upload","image":"urn:li:image:5"}}`, r.Host)
				}),
			},
		},
		{
			platform: social.Twitter, publishing: "POST /2/tweets",
			published: reply{status: http.StatusCreated, body: `{"data":{"id":"7","text":"Open house"}}`},
			want:      social.Published{PostID: "7", URL: "https://x.com/i/status/7"},
			preparing: "POST /2/media/upload", before: map[string]http.Handler{
				"GET /a.jpg": upload, "GET /b.jpg": upload, "POST /2/media/upload": reply{body: `{"data":{"id":"5"}}`},
			},
		},
	}
}

// publish makes a post with two images at a stand-in that answers one step of the route so.
func (r route) publish(t testing.TB, step string, answer http.Handler) (social.Published, *scripted, error) {
	t.Helper()
	script := &scripted{t: t, replies: map[string]http.Handler{r.publishing: r.published}}
	for path, before := range r.before {
		script.replies[path] = before
	}
	if step != "" {
		script.replies[step] = answer
	}
	server := httptest.NewServer(script)
	t.Cleanup(server.Close)
	published, err := of(t, r.platform, server.URL).Publish(t.Context(), account(), post(server.URL))
	return published, script, err
}

func post(url string) social.Post {
	return social.Post{Key: "schedule-1#channel", Text: "Open house", Images: []string{url + "/a.jpg", url + "/b.jpg"}}
}

// outcome is the kind of an error, as short words.
func outcome(err error) string {
	var limited *social.RateLimitedError
	var unauthorized *social.UnauthorizedError
	var refused *social.RefusedError
	var unavailable *social.UnavailableError
	var uncertain *social.UncertainError
	switch {
	case err == nil:
		return "done"
	case errors.Is(err, social.ErrCannotFind):
		return "cannot find"
	case errors.As(err, &limited) && !limited.Permanent():
		return "limited " + limited.RetryAfter.String()
	case errors.As(err, &unauthorized) && unauthorized.Permanent():
		return "unauthorized"
	case errors.As(err, &refused) && refused.Permanent():
		return "refused"
	case errors.As(err, &unavailable) && !unavailable.Permanent() && unavailable.Denied:
		return "denied"
	case errors.As(err, &unavailable) && !unavailable.Permanent():
		return "unavailable"
	case errors.As(err, &uncertain) && !uncertain.Permanent():
		return "uncertain"
	}
	return err.Error()
}

func TestPublish(t *testing.T) {
	t.Parallel()
	for _, route := range routes() {
		t.Run(route.platform, func(t *testing.T) {
			t.Parallel()
			published, script, err := route.publish(t, "", nil)
			if err != nil || published != route.want {
				t.Errorf("published %v, %v", published, err)
			}
			count := 0
			for _, asked := range script.requests() {
				if strings.HasPrefix(asked, route.publishing+" ") {
					count++
				}
			}
			if count != 1 {
				t.Errorf("%d posts of %q", count, script.requests())
			}
		})
	}
}

// requests are what a network is asked for a post, each as "method path body".
func requests(t *testing.T, route route, posted social.Post) []string {
	t.Helper()
	script := &scripted{t: t, replies: map[string]http.Handler{route.publishing: route.published}}
	for path, before := range route.before {
		script.replies[path] = before
	}
	server := httptest.NewServer(script)
	defer server.Close()
	for i, image := range posted.Images {
		posted.Images[i] = server.URL + image
	}
	if _, err := of(t, route.platform, server.URL).Publish(t.Context(), account(), posted); err != nil {
		t.Fatal(err)
	}
	asked := make([]string, 0, len(script.requests()))
	for _, one := range script.requests() {
		asked = append(asked, strings.ReplaceAll(one, server.URL, "https://host"))
	}
	return asked
}

func TestRequests(t *testing.T) {
	t.Parallel()
	routes := routes()
	single := routes[0]
	single.publishing, single.published = single.preparing, reply{body: `{"id":"55","post_id":"1001_7"}`}
	single.before = nil
	const linkedInHead = `{"author":"urn:li:person:1001","commentary":"Sale \\(now\\) #tx","visibility":"PUBLIC",` +
		`"distribution":{"feedDistribution":"MAIN_FEED","targetEntities":[],"thirdPartyDistributionChannels":[]},`
	const linkedInTail = `"lifecycleState":"PUBLISHED","isReshareDisabledByAuthor":false}`
	tests := []struct {
		name   string
		route  route
		images []string
		want   []string
	}{
		{"facebook without images", routes[0], nil, []string{`POST /v23.0/1001/feed {"message":"Sale (now) #tx","published":true}`}},
		{"facebook with one", single, []string{"/a.jpg"}, []string{
			`POST /v23.0/1001/photos {"url":"https://host/a.jpg","caption":"Sale (now) #tx","published":true}`,
		}},
		{"facebook with two", routes[0], []string{"/a.jpg", "/b.jpg"}, []string{
			`POST /v23.0/1001/photos {"url":"https://host/a.jpg","published":false}`,
			`POST /v23.0/1001/photos {"url":"https://host/b.jpg","published":false}`,
			`POST /v23.0/1001/feed {"message":"Sale (now) #tx","published":true,"attached_media":[{"media_fbid":"55"},{"media_fbid":"55"}]}`,
		}},
		{"instagram with one", routes[1], []string{"/a.jpg"}, []string{
			`POST /v23.0/1001/media {"image_url":"https://host/a.jpg","caption":"Sale (now) #tx"}`,
			`GET /v23.0/55?fields=status_code`,
			`POST /v23.0/1001/media_publish {"creation_id":"55"}`,
			`GET /v23.0/9?fields=permalink`,
		}},
		{"instagram with two", routes[1], []string{"/a.jpg", "/b.jpg"}, []string{
			`POST /v23.0/1001/media {"image_url":"https://host/a.jpg","is_carousel_item":true}`,
			`POST /v23.0/1001/media {"image_url":"https://host/b.jpg","is_carousel_item":true}`,
			`GET /v23.0/55?fields=status_code`,
			`GET /v23.0/55?fields=status_code`,
			`POST /v23.0/1001/media {"caption":"Sale (now) #tx","media_type":"CAROUSEL","children":"55,55"}`,
			`GET /v23.0/55?fields=status_code`,
			`POST /v23.0/1001/media_publish {"creation_id":"55"}`,
			`GET /v23.0/9?fields=permalink`,
		}},
		{"linkedin without images", routes[2], nil, []string{`POST /rest/posts ` + linkedInHead + linkedInTail}},
		{"linkedin with one", routes[2], []string{"/a.jpg"}, []string{
			"GET /a.jpg",
			`POST /rest/images?action=initializeUpload {"initializeUploadRequest":{"owner":"urn:li:person:1001"}}`,
			"PUT /upload " + jpeg,
			`POST /rest/posts ` + linkedInHead + `"content":{"media":{"id":"urn:li:image:5"}},` + linkedInTail,
		}},
		{"linkedin with two", routes[2], []string{"/a.jpg", "/b.jpg"}, []string{
			"GET /a.jpg",
			`POST /rest/images?action=initializeUpload {"initializeUploadRequest":{"owner":"urn:li:person:1001"}}`,
			"PUT /upload " + jpeg,
			"GET /b.jpg",
			`POST /rest/images?action=initializeUpload {"initializeUploadRequest":{"owner":"urn:li:person:1001"}}`,
			"PUT /upload " + jpeg,
			`POST /rest/posts ` + linkedInHead + `"content":{"multiImage":{"images":[{"id":"urn:li:image:5"},{"id":"urn:li:image:5"}]}},` + linkedInTail,
		}},
		{"x without images", routes[3], nil, []string{`POST /2/tweets {"text":"Sale (now) #tx"}`}},
		{"x with one", routes[3], []string{"/a.jpg"}, []string{
			"GET /a.jpg",
			`POST /2/media/upload {"media":"/9j/4CBhbiBpbWFnZQ==","media_category":"tweet_image","media_type":"image/jpeg"}`,
			`POST /2/tweets {"text":"Sale (now) #tx","media":{"media_ids":["5"]}}`,
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got := requests(t, test.route, social.Post{Text: "Sale (now) #tx", Images: test.images})
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("the requests (-want +got):\n%s", diff)
			}
		})
	}
}

func TestHeaders(t *testing.T) {
	t.Parallel()
	for _, route := range routes() {
		t.Run(route.platform, func(t *testing.T) {
			t.Parallel()
			_, _, err := route.publish(t, route.publishing, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.Header.Get("Authorization") != "Bearer "+secret || r.Header.Get("Content-Type") != "application/json" || !r.Close {
					t.Errorf("the headers are %v", r.Header)
				}
				if route.platform == social.LinkedIn && (r.Header.Get("LinkedIn-Version") != "202606" || r.Header.Get("X-Restli-Protocol-Version") != "2.0.0") {
					t.Errorf("the headers are %v", r.Header)
				}
				route.published.ServeHTTP(w, r)
			}))
			if err != nil {
				t.Error(err)
			}
		})
	}
}

func TestServices(t *testing.T) {
	t.Parallel()
	for _, platform := range []string{social.Blog, social.Newsletter} {
		t.Run(platform, func(t *testing.T) {
			t.Parallel()
			service := at(t, platform, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.Method+r.URL.Path != "POST/"+platform || r.Header.Get("Idempotency-Key") != "key-1" || r.Header.Get("Authorization") != "Bearer "+secret {
					t.Errorf("%s %s with %v", r.Method, r.URL, r.Header)
				}
				var got map[string]any
				if err := json.NewDecoder(r.Body).Decode(&got); err != nil {
					t.Error(err)
				}
				want := map[string]any{"key": "key-1", "title": "Spring", "html": "<p>a</p>", "text": "a", "images": []any{}}
				if platform == social.Newsletter {
					want["recipients"] = []any{"ann@example.com"}
				}
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("the request (-want +got):\n%s", diff)
				}
				reply{status: http.StatusCreated, body: `{"id":12,"url":"https://blog.example/12"}`}.ServeHTTP(w, r)
			}))
			article := social.Post{Key: "key-1", Title: "Spring", HTML: "<p>a</p>", Plain: "a", Recipients: []string{"ann@example.com"}}
			got, err := service.Publish(t.Context(), account(), article)
			if want := (social.Published{PostID: "12", URL: "https://blog.example/12"}); err != nil || got != want {
				t.Errorf("published %v, %v", got, err)
			}
			if _, found, err := service.Find(t.Context(), account(), article, now()); found || err != nil {
				t.Errorf("found %v, %v", found, err)
			}
			if _, err := service.Metrics(t.Context(), account(), "12"); outcome(err) != "refused" {
				t.Errorf("metrics: %v", err)
			}
		})
	}
}

func TestNotConfigured(t *testing.T) {
	t.Parallel()
	networks := social.New(social.Config{})
	for _, platform := range []string{social.Facebook, social.Instagram, social.LinkedIn, social.Twitter, social.Blog, social.Newsletter} {
		network, ok := networks.For(platform)
		if !ok {
			t.Fatalf("there is no %s", platform)
		}
		published := social.Post{Key: "key-1", Text: "a", Images: []string{"https://a/b.jpg"}, Recipients: []string{"ann@example.com"}}
		_, err := network.Publish(t.Context(), account(), published)
		if outcome(err) != "refused" || !strings.Contains(err.Error(), "not configured") {
			t.Errorf("%s: %v", platform, err)
		}
	}
	if _, ok := networks.For("tiktok"); ok {
		t.Error("there is a network that nobody wrote")
	}
	if social.IsSocial(social.Blog) || !social.IsSocial(social.Twitter) {
		t.Error("a blog is a social network, or X is none")
	}
}

// What an account or a post lacks is told without asking the network.
func TestNothingToAskWith(t *testing.T) {
	t.Parallel()
	for _, route := range routes() {
		network := at(t, route.platform, &scripted{t: t})
		tests := []struct {
			account social.Account
			want    string
		}{
			{social.Account{ID: "1001"}, "unauthorized"},
			{social.Account{ID: "", Token: account().Token}, "refused"},
			{social.Account{ID: "..", Token: account().Token}, "refused"},
			{social.Account{ID: "1001", Token: social.NewToken("two\r\nlines")}, "unauthorized"},
		}
		for _, test := range tests {
			_, err := network.Publish(t.Context(), test.account, social.Post{Text: "a", Images: []string{"https://a.invalid/b.jpg"}})
			if got := outcome(err); got != test.want && test.account.ID != "1001" || test.account.Token.IsZero() && got != test.want {
				t.Errorf("%s, %q: %v", route.platform, test.account.ID, err)
			}
			if _, _, err := network.Find(t.Context(), test.account, social.Post{}, now()); outcome(err) != test.want {
				t.Errorf("%s, %q: find: %v", route.platform, test.account.ID, err)
			}
			if _, err := network.Metrics(t.Context(), social.Account{ID: "1001", Token: test.account.Token}, test.account.ID); outcome(err) != test.want {
				t.Errorf("%s, %q: metrics: %v", route.platform, test.account.ID, err)
			}
		}
	}
	if _, err := at(t, social.Instagram, &scripted{t: t}).Publish(t.Context(), account(), social.Post{Text: "a"}); outcome(err) != "refused" {
		t.Errorf("instagram without images: %v", err)
	}
	if _, err := at(t, social.Newsletter, &scripted{t: t}).Publish(t.Context(), account(), social.Post{Key: "k"}); outcome(err) != "refused" {
		t.Errorf("a newsletter without recipients: %v", err)
	}
	if _, err := at(t, social.Blog, &scripted{t: t}).Publish(t.Context(), account(), social.Post{}); outcome(err) != "refused" {
		t.Errorf("an article without a key: %v", err)
	}
}
