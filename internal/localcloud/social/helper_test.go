package social_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/social"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/store"
)

// clock is the time, as the tests hold it.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func newClock() *clock { return &clock{now: time.Date(2026, 11, 24, 8, 30, 0, 0, time.UTC)} }

func (c *clock) time() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// world is a sandbox and who asks it.
type world struct {
	t       testing.TB
	sandbox *social.Sandbox
	handler http.Handler
	clock   *clock
}

func open(t testing.TB, config social.Config) *world {
	t.Helper()
	if config.Space == nil {
		memory, err := store.OpenMemory()
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = memory.Close() })
		config.Space = memory.Space("social")
	}
	if config.Owner == nil {
		config.Owner = func(_ context.Context, _, token string) (string, bool, error) {
			account, known := strings.CutPrefix(token, ownToken)
			return account, known, nil
		}
	}
	w := &world{t: t, clock: newClock()}
	config.Now = w.clock.time
	sandbox, err := social.New(config)
	if err != nil {
		t.Fatal(err)
	}
	w.sandbox, w.handler = sandbox, sandbox.Handler()
	return w
}

// ownToken is what a token begins with that tells its owner to these tests.
const ownToken = "secret-token-of-"

// response is an answer; its code is 0 when the connection was cut.
type response struct {
	code   int
	header http.Header
	body   string
}

// text is a member of the answer, by the names that lead to it.
func (r response) text(t testing.TB, names ...string) string {
	t.Helper()
	var value any
	if err := json.Unmarshal([]byte(r.body), &value); err != nil {
		t.Fatalf("%d %s", r.code, r.body)
	}
	for _, name := range names {
		switch within := value.(type) {
		case map[string]any:
			value = within[name]
		case []any:
			value = nil
			if i := int(name[0] - '0'); i < len(within) {
				value = within[i]
			}
		}
	}
	switch found := value.(type) {
	case nil:
		return ""
	case float64:
		return fmt.Sprintf("%.0f", found)
	default:
		return fmt.Sprint(found)
	}
}

// ask sends a request to the sandbox; the headers are names and values in turn.
func (w *world) ask(method, path, token, body string, headers ...string) (got response) {
	w.t.Helper()
	request := httptest.NewRequest(method, "http://127.0.0.1:4599/_social/"+path, strings.NewReader(body))
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	request.Header.Set("Content-Type", "application/json")
	for i := 0; i < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	answer := httptest.NewRecorder()
	defer func() {
		switch reason := recover(); reason {
		case nil:
		case http.ErrAbortHandler:
			got = response{}
		default:
			panic(reason)
		}
	}()
	w.handler.ServeHTTP(answer, request)
	return response{answer.Code, answer.Header(), answer.Body.String()}
}

func (w *world) posts() []social.Post {
	w.t.Helper()
	posts, err := w.sandbox.Posts()
	if err != nil {
		w.t.Fatal(err)
	}
	return posts
}

func encode(value any) string {
	encoded, err := json.Marshal(value)
	if err != nil {
		panic(err)
	}
	return string(encoded)
}

// restli are the headers that LinkedIn asks for.
func restli() []string {
	return []string{"LinkedIn-Version", "202611", "X-Restli-Protocol-Version", "2.0.0"}
}

// linkedInPost is a post that LinkedIn takes, with some members replaced; nil leaves one away.
func linkedInPost(author string, members map[string]any) string {
	post := map[string]any{
		"author": author, "commentary": "Hello", "visibility": "PUBLIC", "lifecycleState": "PUBLISHED", "isReshareDisabledByAuthor": false,
		"distribution": map[string]any{"feedDistribution": "MAIN_FEED", "targetEntities": []any{}, "thirdPartyDistributionChannels": []any{}},
	}
	for name, value := range members {
		post[name] = value
		if value == nil {
			delete(post, name)
		}
	}
	return encode(post)
}

// platforms are all.
var platforms = []string{"facebook", "instagram", "linkedin", "twitter", "blog", "newsletter"}

// publish makes a post as a client does, but for the images that are uploaded, and returns the last answer. The account of
// X, blog and newsletter is the owner of the token.
func (w *world) publish(platform, account, token, text string) response {
	w.t.Helper()
	switch platform {
	case "facebook":
		return w.ask("POST", "facebook/v23.0/"+account+"/feed", token, encode(map[string]any{"message": text, "published": true}))
	case "instagram":
		made := w.ask("POST", "instagram/v23.0/"+account+"/media", token, encode(map[string]any{"image_url": "https://a.example/b.jpg", "caption": text}))
		if made.code != 200 {
			return made
		}
		w.clock.pass(3 * time.Second)
		return w.ask("POST", "instagram/v23.0/"+account+"/media_publish", token, encode(map[string]any{"creation_id": made.text(w.t, "id")}))
	case "linkedin":
		return w.ask("POST", "linkedin/rest/posts", token, linkedInPost("urn:li:person:"+account, map[string]any{"commentary": text}), restli()...)
	case "twitter":
		return w.ask("POST", "twitter/2/tweets", token, encode(map[string]any{"text": text}))
	default:
		return w.ask("POST", platform, token, encode(map[string]any{"key": "k-" + text, "title": "T", "text": text}))
	}
}

// tokenOf is a token that belongs to an account where the platform knows that.
func tokenOf(account string) string { return ownToken + account }

// form encodes names and values as a form.
func form(pairs ...string) string {
	values := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		values.Set(pairs[i], pairs[i+1])
	}
	return values.Encode()
}

// multipartForm encodes one file, and returns it with its type.
func multipartForm(t testing.TB, name string, content []byte) (body, contentType string) {
	t.Helper()
	var encoded bytes.Buffer
	writer := multipart.NewWriter(&encoded)
	file, err := writer.CreateFormFile(name, "a.jpg")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(file, bytes.NewReader(content)); err != nil {
		t.Fatal(err)
	}
	if err := writer.Close(); err != nil {
		t.Fatal(err)
	}
	return encoded.String(), writer.FormDataContentType()
}

// check is a request and what must come of it.
type check struct {
	name, method, path, body string
	headers                  []string
	code                     int
	want                     string // what the answer holds
}

func (w *world) run(token string, checks []check) {
	w.t.Helper()
	for _, test := range checks {
		before := len(w.posts())
		got := w.ask(test.method, test.path, token, test.body, test.headers...)
		if got.code != test.code || !strings.Contains(got.body, test.want) {
			w.t.Errorf("%s: %d %s, want %d %s", test.name, got.code, got.body, test.code, test.want)
		}
		if made := len(w.posts()) - before; got.code >= 400 && made > 0 {
			w.t.Errorf("%s: refused, but posted", test.name)
		}
	}
}
